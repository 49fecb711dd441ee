"""The shipped audiences: YAML files beside this module, to be copied into a workspace and changed there."""

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def shipped_files() -> dict[str, str]:
    """Return the text of each file by the audience's name, sorted."""
    folder = files(__package__).joinpath("shipped")
    found = {each.name.removesuffix(".yaml"): each for each in folder.iterdir() if each.name.endswith(".yaml")}
    return {name: found[name].read_text("utf-8") for name in sorted(found)}
