"""What the tests of this folder share: the process that forks those that are killed."""

import os
from collections.abc import Iterator

import pytest

from tests.crash.forking import Forking
from tests.crash.killing import forking_environ


@pytest.fixture(scope="session")
def forking() -> Iterator[Forking]:
    """Return the forking process; it imports once."""
    made = Forking(forking_environ(os.environ))
    yield made
    made.close()
