"""Every error code, gate reason, option, YAML key and route occurs in the documents."""

import importlib
import importlib.util
from enum import StrEnum
from typing import Any

import msgspec
import typer

from tests.house import documented
from tests.house.exemptions import hold
from tests.house.sources import Finding, source, sources, texts

PENDING: dict[str, str] = {}
"""Modules that do not exist yet. The check complains once they do: then remove them here."""


def _module(name: str) -> Any:
    """Import a module of the product, or return ``None`` while it is pending."""
    return None if name in PENDING else importlib.import_module(name)


def _documents() -> str:
    return "\n".join(text for _, text in texts(".md", under="docs/"))


def _check(law: str, kind: str, names: set[str]) -> None:
    hold(law, documented.undocumented(kind, names, _documents()))


def arrived(pending: dict[str, str]) -> list[str]:
    """Return the pending modules that exist."""
    found = []
    for name in pending:
        try:
            found += [name] if importlib.util.find_spec(name) else []
        except ModuleNotFoundError:
            continue
    return found


def test_nothing_is_pending_that_exists() -> None:
    assert arrived(PENDING) == [], "these exist now: remove them from PENDING"


def test_error_codes_are_documented() -> None:
    codes = {code for each in sources("fieldfare") for code in documented.error_codes(each)}
    _check("error_codes", "the error code", codes)


def test_error_codes_are_literals() -> None:
    found = [finding for each in sources("fieldfare") for finding in documented.unclear_codes(each)]
    hold("unclear_codes", found)


def test_gate_reasons_are_documented() -> None:
    model = _module("fieldfare.decide.gate.model")
    _check("gate_reasons", "the gate's reason", documented.enum_values(model.Reason))


def test_dead_letter_reasons_are_documented() -> None:
    model = _module("fieldfare.collect.model")
    _check("dead_reasons", "the dead letter's reason", documented.enum_values(model.DeadReason))


def test_commands_and_options_are_documented() -> None:
    main = _module("fieldfare.cli.main")
    names = documented.options(typer.main.get_command(main.app)) if main else set()
    _check("options", "the command or option", names)


def test_workspace_keys_are_documented() -> None:
    workspace = _module("fieldfare.flow.workspace")
    kinds = dict(workspace.KINDS).values() if workspace else ()
    keys = {key for kind in kinds for key in documented.struct_keys(kind.struct)}
    _check("yaml_keys", "the workspace key", keys)


def test_routes_are_documented() -> None:
    served = {path for each in sources("fieldfare") for path in documented.routes(each)}
    _check("routes", "the route", served)
    found = [finding for each in sources("fieldfare") for finding in documented.unclear_routes(each)]
    hold("unclear_routes", found)


def test_planted_a_name_without_document_is_reported() -> None:
    documents = "codes: `log_full`, route `/v1/track`, option `--data DIR`"
    assert documented.undocumented("x", {"log_full", "/v1/track", "--data"}, documents) == []
    for name in ("log", "/v1", "--dat", "track", "log_busy"):
        assert documented.undocumented("x", {name}, documents) == [Finding("docs", f"x `{name}` is written nowhere")]


def test_planted_codes_are_collected_and_unclear_ones_reported() -> None:
    text = "raise errors.ConfigError('bad_key', f'{x}')\nTransientError(code='log_full', message='')"
    assert documented.error_codes(source("a.py", text)) == {"bad_key", "log_full"}
    assert documented.unclear_codes(source("a.py", text)) == []
    assert documented.unclear_codes(source("a.py", "TransientError(error.code, '')")) == []
    for bad in ("CallerError(code, '')", "CallerError('Bad Key', '')", "CallerError(f'a_{x}', '')"):
        assert len(documented.unclear_codes(source("a.py", bad))) == 1


def test_planted_routes_are_collected() -> None:
    text = "Route('/v1/track', f)\n@router.get('/api/{id:int}')\ndef f(): ...\n{}.get('/no')\nx = cache.get('/no')"
    assert documented.routes(source("a.py", text)) == {"/v1/track", "/api/{id}"}
    assert len(documented.unclear_routes(source("a.py", "Route(f'/v1/{kind}', f)"))) == 1


def test_planted_options_are_collected() -> None:
    app, group = typer.Typer(), typer.Typer()
    app.add_typer(group, name="dead")

    @app.command()
    def demo(data: str = "", *, serve: bool = True) -> None: ...

    @group.command()
    def discard(place: str, *, reason: str = "") -> None: ...

    found = documented.options(typer.main.get_command(app))
    assert {"fieldfare demo", "--data", "--serve", "--no-serve", "fieldfare dead discard", "--reason"} <= found
    assert "--install-completion" not in found


class _Inner(msgspec.Struct):
    within: str | None = None


class _Outer(msgspec.Struct, rename={"where": "if"}):
    where: list[_Inner]
    steps: dict[str, "_Outer"] = {}


class _Reason(StrEnum):
    CAP = "cap_reached"


def test_planted_keys_and_reasons_are_collected() -> None:
    assert documented.struct_keys(_Outer) == {"if", "steps", "within"}
    assert documented.enum_values(_Reason) == {"cap_reached"}


def test_planted_an_arrived_module_is_reported() -> None:
    assert arrived({"fieldfare.ground.clock": "", "fieldfare.nowhere.at_all": ""}) == ["fieldfare.ground.clock"]
