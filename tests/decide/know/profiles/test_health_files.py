import msgspec
import pytest

from fieldfare.know.profiles.health import Metric
from fieldfare.know.profiles.health_files import HealthFile, ThresholdsEntry


def test_every_metric_has_its_threshold_and_no_other_word_is_taken() -> None:
    assert set(ThresholdsEntry.__struct_fields__) == {each.value for each in Metric}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"thresholds": {"happiness": 1}}, HealthFile)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"thresholds": {"match_rate": 80}}, HealthFile)
