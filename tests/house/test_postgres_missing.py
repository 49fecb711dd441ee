"""Without PostgreSQL its tests are skipped with a reason, and fail on CI."""

import pytest

from tests.postgres_server import give_up


def test_locally_the_test_is_skipped() -> None:
    with pytest.raises(pytest.skip.Exception, match="no initdb"):
        give_up("no initdb here", ci="")


@pytest.mark.parametrize("ci", ["true", "1", "True"])
def test_on_ci_the_test_fails(ci: str) -> None:
    with pytest.raises(pytest.fail.Exception, match="no initdb"):
        give_up("no initdb here", ci=ci)
