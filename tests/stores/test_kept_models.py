"""Models are numbered, kept once while nothing changes, and read back only when they are of this form."""

from pathlib import Path

import msgspec
import pytest

from fieldfare.ground.errors import ConfigError
from fieldfare.know.identity.match.kept_models import KeptModels, read_model
from tests.decide.know.identity.match.example import small_model


def test_a_changed_model_gets_the_next_number(tmp_path: Path) -> None:
    kept, model = KeptModels(tmp_path / "match"), small_model()
    assert [kept.keep(model), kept.keep(model)] == ["model-0001.json", "model-0001.json"]
    assert kept.keep(msgspec.structs.replace(model, same=0.5)) == "model-0002.json"
    assert read_model(tmp_path / "match" / "model-0001.json") == model


@pytest.mark.parametrize("text", ["{}", "not JSON"])
def test_what_is_no_model_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"other\.json is no model"):
        read_model(path)
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(small_model(), version=99)))
    with pytest.raises(ConfigError, match="form 99"):
        read_model(path)
