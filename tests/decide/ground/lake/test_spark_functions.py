"""Every function that our expressions call by name has a body for Spark; ``tests/scale`` runs them there."""

import re
from pathlib import Path

from fieldfare.ground.lake.spark_functions import FUNCTIONS
from fieldfare.know.audiences import lake_json


def test_every_function_called_has_a_body() -> None:
    assert lake_json.__file__ is not None
    called = set(re.findall(r'_builtin\("(\w+)"', Path(lake_json.__file__).read_text(encoding="utf-8")))
    assert called
    assert called <= {each.partition("(")[0] for each in FUNCTIONS}
