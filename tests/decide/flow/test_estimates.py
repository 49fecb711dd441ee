"""Of how many one is looked at."""

import pytest

from fieldfare.flow.estimates import one_in


@pytest.mark.parametrize(("count", "of"), [(0, 1), (1_000, 1), (1_001, 2), (2_000, 2), (2_001, 4), (1_000_000, 1_024)])
def test_about_so_many_remain(count: int, of: int) -> None:
    assert one_in(count, 1_000) == of
