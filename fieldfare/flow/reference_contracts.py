"""Write the reference page of the shipped contracts, so that it cannot differ from the code.

``docs/reference/contracts.md`` is this text; a test compares them. How contracts are written and versioned is explained
by hand on the pages that it links to.
"""

from typing import Any

from fieldfare.collect.contracts import INTERNAL_PURPOSES, Contract
from fieldfare.collect.vocabulary import shipped_contracts

_HEAD = """# The shipped contracts

This page is made from the code: do not edit it, run `python -m fieldfare.cli.reference docs/reference`.

These event names are known without a contract of your own. An event that arrives under a name of the second column is
stored under the first. Types are wide and no field is required, so that real senders are not refused; fields that do
not stand here are kept unless `collect.yaml` says otherwise. A contract of your own replaces one whole, its synonyms
included ([how](../how-to/write-contracts.md)). Nothing here is of a sensitivity that is not allowed by default.

Purposes that need nobody's consent, and may be named without standing in `consent.yaml`: {purposes}.

| event | also called | what has happened |
|---|---|---|
"""


def render_contracts_reference() -> str:
    """Return the whole page as Markdown."""
    contracts = shipped_contracts()
    head = _HEAD.format(purposes=", ".join(f"`{name}`" for name in sorted(INTERNAL_PURPOSES)))
    rows = [f"| [`{one.event}`](#{_anchor(one.event)}) | {_names(one)} | {one.description} |" for one in contracts]
    return head + "\n".join(rows) + "\n" + "".join(_section(one) for one in contracts)


def _section(contract: Contract) -> str:
    lines = [
        "",
        f"## {contract.event}",
        "",
        "| field | type | sensitivity | purposes | unit |",
        "|---|---|---|---|---|",
    ]
    properties: dict[str, Any] = contract.schema.get("properties", {})
    for name, field in contract.fields.items():
        purposes = ", ".join(field.purposes)
        unit = field.unit or ""
        lines.append(f"| `{name}` | {_type(properties.get(name))} | {field.sensitivity} | {purposes} | {unit} |")
    return "\n".join(lines) + "\n"


def _anchor(event: str) -> str:
    return event.lower().replace(" ", "-")


def _names(contract: Contract) -> str:
    return ", ".join(f"`{name}`" for name in contract.synonyms)


def _type(node: Any) -> str:
    told = node.get("type", "any") if isinstance(node, dict) else "any"
    types = [told] if isinstance(told, str) else [kind for kind in told if kind != "null"]
    words = " or ".join(types)
    if isinstance(node, dict) and "minimum" in node:
        words += f", {node['minimum']} to {node['maximum']}"
    return (
        f"{words}, at most {node['maxLength']} characters" if isinstance(node, dict) and "maxLength" in node else words
    )
