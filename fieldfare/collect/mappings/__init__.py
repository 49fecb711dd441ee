"""The shipped mappings of other systems' exports: YAML beside this module, in the same language as a workspace's own.

A workspace's own mapping of the same name replaces one. They follow the public documentation of the exports and were
tested on samples made after it, never on a real account's files: try one with ``--dry-run`` first.
"""

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def shipped_mappings() -> dict[str, bytes]:
    """Return the text of every shipped mapping by its name, sorted."""
    found = (resource for resource in files(__package__).iterdir() if resource.name.endswith(".yaml"))
    return dict(sorted((resource.name.removesuffix(".yaml"), resource.read_bytes()) for resource in found))
