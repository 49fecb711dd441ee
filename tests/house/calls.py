"""Laws of calls: time, randomness and permits have one home each; nothing is mocked and nothing sleeps."""

import ast
from collections.abc import Iterator

from tests.house.sources import Finding, Source, dotted, imported, modules_imported, nodes_of

CLOCK = "fieldfare/ground/clock.py"
IDS = "fieldfare/ground/ids.py"
JUDGE = "fieldfare/decide/gate/judge.py"

_TIME = (
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "time.ctime",
)
_RANDOM = ("uuid.uuid1", "uuid.uuid4", "os.urandom", "random", "secrets")
_RANDOM_IN_PRODUCT = ("numpy.random",)
"""Seeded arrays are fine in tests and benches; the product draws from :mod:`fieldfare.ground.ids`."""
_NEVER = ("time.sleep", "unittest.mock", "mock")
_TEST_RANDOM = ("random", "numpy.random")
"""Seeded data for tests and benches."""
_MAKERS = {"convert", "decode", "Decoder", "replace"}


def forbidden_calls(source: Source) -> list[Finding]:
    """Report the use of time, randomness, mocks and sleeps outside their home."""
    product = source.path.startswith("fieldfare/")
    banned = dict.fromkeys(_NEVER, "may be used nowhere")
    if source.path != CLOCK:
        banned |= dict.fromkeys(_TIME, f"is only for {CLOCK}; take `now` as an argument or a Clock")
    if source.path != IDS:
        names = (*_RANDOM, *_RANDOM_IN_PRODUCT) if product else [n for n in _RANDOM if n not in _TEST_RANDOM]
        banned |= dict.fromkeys(names, f"is only for {IDS}; take bytes or a fraction from there")
    used = set(_used(source.tree))
    return [
        Finding(source.path, f"`{name}` {why}")
        for name, why in sorted(banned.items())
        if any(path == name or path.startswith(f"{name}.") for path in used)
    ]


def monkeypatches(source: Source) -> list[Finding]:
    """Report tests that patch instead of passing a fake."""
    names = {
        argument.arg
        for node in source.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for argument in (*node.args.args, *node.args.kwonlyargs)
    }
    used = {dotted(node) for node in source.nodes if isinstance(node, ast.Attribute)}
    if "monkeypatch" in names or "pytest.MonkeyPatch" in used:
        return [Finding(source.path, "patches the code under test; pass a fake")]
    return []


def forged_permits(source: Source) -> list[Finding]:
    """Report a ``Permit`` that is made anywhere but in the judge."""
    if source.path == JUDGE:
        return []
    names = imported(source.tree)
    calls = [node for node in source.nodes if isinstance(node, ast.Call)]
    if any(_is_permit(call.func, names) or _makes_permit(call, names) for call in calls):
        return [Finding(source.path, f"makes a Permit; only {JUDGE} may, so judge a proposal instead")]
    return []


def _is_permit(node: ast.expr, names: dict[str, str]) -> bool:
    path = dotted(node) or ""
    first = path.split(".")[0]
    return (names.get(first, first) + path[len(first) :]).split(".")[-1] == "Permit"


def _makes_permit(call: ast.Call, names: dict[str, str]) -> bool:
    maker = (dotted(call.func) or "").split(".")[-1]
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return maker in _MAKERS and any(_is_permit(value, names) for value in values)


def _used(tree: ast.Module) -> Iterator[str]:
    """Yield every imported module and every dotted path that is used, import aliases resolved."""
    yield from modules_imported(tree)
    names = imported(tree)
    for node in nodes_of(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            path = dotted(node)
            first = path.split(".")[0] if path else ""
            if path and first in names:
                yield names[first] + path[len(first) :]
