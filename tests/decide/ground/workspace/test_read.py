"""Every kind of bad YAML is a problem with a line; good YAML gives plain values and the line of every key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.workspace.read import MAX_BYTES, dotted, read_yaml

GOOD = b"""\
a: 1
b:
  - x
  - y: 2.5
    z: 2024-01-02
c: {d: yes, e: 'no', f: ~, g: true}
21: "08:00"
h: 21:00
"""


def test_good_yaml_gives_plain_values() -> None:
    read = read_yaml("f.yaml", GOOD)
    assert read.problems == []
    assert read.value == {
        "a": 1,
        "b": ["x", {"y": 2.5, "z": "2024-01-02"}],
        "c": {"d": "yes", "e": "no", "f": None, "g": True},
        "21": "08:00",
        "h": "21:00",
    }


def test_every_path_has_its_line() -> None:
    lines = read_yaml("f.yaml", GOOD).lines
    assert lines[()] == 1
    assert lines["b",] == 2
    assert lines["b", 1] == 4
    assert lines["b", 1, "z"] == 5
    assert lines["c", "e"] == 6


@pytest.mark.parametrize(
    ("raw", "line", "part"),
    [
        (b"", 1, "empty"),
        (b"# only\n# comments\n", 1, "empty"),
        (b"\xef\xbb\xbf", 1, "empty"),
        (b"a: 1\nb: \xff\xfe\n", 2, "UTF-8"),
        (b"a:\n\t- b\n", 2, "tab"),
        (b"a: 1\nb: 2\na: 3\n", 3, "twice, first on line 1"),
        (b"a: {b: 1, b: 2}\n", 1, "twice"),
        (b"a: 1\nb: &x 2\n", 2, "anchor"),
        (b"a: 1\nb: *x\n", 2, "alias"),
        (b"*x : 1\n", 1, "alias"),
        (b"a: !!python/object:os.system 1\n", 1, "tag"),
        (b"a: !secret 1\n", 1, "tag"),
        (b"? [a, b]\n: c\n", 1, "used as a key"),
        (b"a: 1\n---\nb: 2\n", 2, "second document"),
        (b"a: 'x\n", 1, "broken"),
        (b"a: 1\nb: c: d\n", 2, "broken"),
        (b"a: @x\n", 1, "broken"),
        (b"a: [1, 2\n", 1, "broken"),
        (b'a: "\\UFFFFFFFF"\n', 1, "not YAML"),
        (b"a: 1\x00\n", 1, "not YAML"),
        (b"%YAML 9.9\n---\na: 1\n", 1, "broken"),
        (b"a: 1\nb: .nan\n", 2, "number"),
        (b"a: 1e999\n", 1, "number"),
        (b"a: 99999999999999999999\n", 1, "number"),
        (b"a: " + b"[" * 60 + b"]" * 60, 1, "48 levels"),
        (b"a: " + b"[" * 20_000, 1, "48 levels"),
        (b"a: " + b"x" * MAX_BYTES, 1, "bytes"),
    ],
)
def test_bad_yaml_is_a_problem_with_its_line(raw: bytes, line: int, part: str) -> None:
    problems = read_yaml("audiences/x.yaml", raw).problems
    assert [p for p in problems if part in p.what and p.line >= line], [str(p) for p in problems]
    assert all(p.file == "audiences/x.yaml" and p.fix for p in problems)


def test_a_bomb_of_anchors_expands_nothing() -> None:
    levels = [b"a0: &a0 [x, x]"]
    levels += [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12)]
    read = read_yaml("f.yaml", b"\n".join(levels))
    assert len(read.lines) < 200
    assert any("anchor" in p.what for p in read.problems)


def test_no_message_quotes_a_value() -> None:
    for raw in (b"password: 99999999999999999999", b"password: !hunter2 x", b"password: *hunter2", b"p: {hunter2: 'x"):
        for problem in read_yaml("f.yaml", raw).problems:
            assert "hunter2" not in str(problem)
            assert "9999" not in str(problem)


def test_duplicate_keys_keep_the_first_value_and_report_all() -> None:
    read = read_yaml("f.yaml", b"a: 1\na: {b: 1, b: 2}\na: 3\nc: 4\n")
    assert read.value == {"a": 1, "c": 4}
    assert [p.line for p in read.problems] == [2, 3]


def test_dotted() -> None:
    assert dotted(("steps", 2, "send", "channel")) == "steps[2].send.channel"
    assert dotted(()) == ""


@given(st.binary(max_size=200))
def test_no_bytes_raise(raw: bytes) -> None:
    read = read_yaml("f.yaml", raw)
    assert read.problems or read.lines


@given(st.lists(st.sampled_from(list("ab:-[]{},&*!|>'\"%@`#\n \t?~<1.\\u")), max_size=60).map("".join))
def test_no_text_raises(text: str) -> None:
    read = read_yaml("f.yaml", text.encode())
    assert read.problems or read.lines


def test_what_is_kept_of_a_file_is_given_to_nobody_twice() -> None:
    first = read_yaml("a.yaml", b"a: {b: [1, 2.5, true, null, x]}\n")
    first.value["a"]["b"].append("changed")
    first.lines.clear()
    second = read_yaml("a.yaml", b"a: {b: [1, 2.5, true, null, x]}\n")
    assert second.value == {"a": {"b": [1, 2.5, True, None, "x"]}}
    assert second.lines
    assert read_yaml("b.yaml", b"a: [\n").problems == read_yaml("b.yaml", b"a: [\n").problems != []


def test_a_text_that_cannot_be_encoded_is_read_all_the_same() -> None:
    raw = b'a: "\\ud800"\n'
    assert read_yaml("a.yaml", raw).value == read_yaml("a.yaml", raw).value
