"""The shapes of lifecycle.yaml and outcomes.yaml."""

import msgspec
import pytest

from fieldfare.know.lifecycle.files import LifecycleFile, OutcomesFile


def test_nothing_is_a_lifecycle_without_stages() -> None:
    assert msgspec.convert({}, LifecycleFile) == LifecycleFile([], shipped=False)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"stages": [{"stage": "a"}]}, LifecycleFile),
        ({"stages": [{"stage": "a", "enter": {}, "leave": {}}]}, LifecycleFile),
        ({"outcomes": [{"outcome": "a", "stage": "b", "kpi": "c"}]}, OutcomesFile),
        ({"outcomes": [{"outcome": "a", "stage": "b", "kpi": "c", "target": {"above": 3}}]}, OutcomesFile),
    ],
)
def test_the_shapes_refuse_what_they_do_not_know(value: object, kind: type[msgspec.Struct]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, kind)
