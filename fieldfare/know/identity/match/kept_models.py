"""Models kept as numbered JSON files in a folder, for reading, comparing and using again. They hold no personal value.

A model like the last one is not kept twice, so the numbers tell when something changed. Nothing is ever removed.
"""

from pathlib import Path

import msgspec

from fieldfare.ground.errors import ConfigError
from fieldfare.know.identity.match.model import VERSION, Model
from fieldfare.know.identity.match.suggest import fingerprint


class KeptModels:
    """The models of one installation."""

    def __init__(self, folder: Path) -> None:
        """Keep them in ``folder``, which is made when the first comes."""
        self._folder = folder

    def keep(self, model: Model) -> str:
        """Keep a model unless the newest is the same; return its file's name."""
        newest = max(self._folder.glob("model-*.json"), default=None)
        if newest is not None and fingerprint(read_model(newest)) == fingerprint(model):
            return newest.name
        number = int(newest.stem.removeprefix("model-")) + 1 if newest is not None else 1
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"model-{number:04d}.json"
        path.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=2))
        return path.name


def read_model(path: Path) -> Model:
    """Return the model of a file. Raises ``ConfigError`` ``model_unreadable`` when it is none of ours."""
    try:
        model = msgspec.json.decode(path.read_bytes(), type=Model)
    except OSError as error:
        why = (
            "There is no such file" if isinstance(error, FileNotFoundError) else error.strerror or "No reason was given"
        )
        text = f"{path} cannot be read. {why}. Give a file that `fieldfare identity suggest` has kept, in `match/`."
        raise ConfigError("model_unreadable", text) from error
    except msgspec.MsgspecError as error:
        text = f"{path.name} is no model: {error}. Give a file that `fieldfare identity suggest` has kept."
        raise ConfigError("model_unreadable", text) from error
    if model.version != VERSION:
        text = f"{path.name} has form {model.version}, this is form {VERSION}. Train a new one: leave --model out."
        raise ConfigError("model_unreadable", text)
    return model
