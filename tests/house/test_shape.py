"""Files and functions are short, modules say what they are for, names mean something."""

from tests.house import shape
from tests.house.exemptions import hold
from tests.house.sources import files, source, sources, texts

_CODE = (".py", ".ts", ".tsx", ".css", ".sh")


def test_files_are_short() -> None:
    found = [finding for path, text in texts(*_CODE) for finding in shape.long_files(path, text)]
    hold("long_files", found)


def test_functions_are_short() -> None:
    found = [finding for each in sources("fieldfare", "tests", "bench") for finding in shape.long_functions(each)]
    hold("long_functions", found)


def test_nearly_all_functions_are_under_the_aim() -> None:
    assert shape.short_share(sources("fieldfare")) >= shape.SHORT_SHARE


def test_modules_say_what_they_are_for() -> None:
    found = [finding for each in sources("fieldfare", "bench") for finding in shape.silent_modules(each)]
    hold("silent_modules", found)


def test_names_mean_something() -> None:
    tops = ("fieldfare/", "tests/", "bench/", "console/src/")
    found = [finding for path in files() if path.startswith(tops) for finding in shape.forbidden_names(path)]
    hold("forbidden_names", found)


def test_no_room_is_empty() -> None:
    found = shape.empty_rooms(path for path in files() if path.startswith("fieldfare/"))
    hold("empty_rooms", found)


def test_planted_a_long_file_is_reported() -> None:
    assert len(shape.long_files("a.py", "x\n" * 501)) == 1
    assert shape.long_files("a.py", "x\n" * 500) == []


def test_planted_a_long_function_is_reported() -> None:
    body = "    x = 1\n"
    assert len(shape.long_functions(source("a.py", "async def f():\n" + body * 70))) == 1
    assert shape.long_functions(source("a.py", "def f():\n" + body * 69)) == []
    assert len(shape.long_functions(source("a.py", "class A:\n  def f(self):\n" + body * 70))) == 1


def test_planted_long_functions_lower_the_share() -> None:
    assert shape.short_share([source("a.py", "def f():\n" + "    x = 1\n" * 40)]) == 0


def test_planted_a_silent_module_is_reported() -> None:
    assert len(shape.silent_modules(source("a.py", "x = 1"))) == 1
    assert len(shape.silent_modules(source("a.py", '"""Things."""'))) == 1


def test_planted_empty_names_are_reported() -> None:
    for path in ("fieldfare/utils.py", "fieldfare/core/a.py", "fieldfare/know/models.py", "fieldfare/helper.py"):
        assert len(shape.forbidden_names(path)) == 1
    assert shape.forbidden_names("fieldfare/know/model.py") == []
    assert shape.forbidden_names("fieldfare/ground/workspace/model.py") == []


def test_planted_an_empty_room_is_reported() -> None:
    found = shape.empty_rooms(["fieldfare/a/__init__.py", "fieldfare/b/__init__.py", "fieldfare/b/c.py"])
    assert [finding.place for finding in found] == ["fieldfare/a"]
