"""The shipped event names: contracts as YAML beside this module, loaded once. A workspace's own contract replaces one.

Each file holds a list ``contracts`` of entries of the same form as a file of the workspace's ``contracts`` folder, and
before it the values that entries share. Nothing shipped is of a sensitivity that is not allowed by default: a contract
that nobody wrote must not take values away.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec
from ruamel.yaml import YAML

from fieldfare.collect.contracts import Contract
from fieldfare.collect.files import ContractFile
from fieldfare.collect.parse_files import parse_contract


@lru_cache(maxsize=1)
def shipped_contracts() -> tuple[Contract, ...]:
    """Return the shipped contracts, compiled, sorted by event."""
    found: list[Contract] = []
    for resource in files(__package__).iterdir():
        if resource.name.endswith(".yaml"):
            found.extend(_compile(item) for item in YAML(typ="safe").load(resource.read_text("utf-8"))["contracts"])
    return tuple(sorted(found, key=lambda contract: contract.event))


def _compile(item: dict[str, Any]) -> Contract:
    contract, problems = parse_contract(msgspec.convert(item, ContractFile))
    assert contract is not None, problems
    return msgspec.structs.replace(contract, shipped=True)
