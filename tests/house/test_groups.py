"""Tests that share what a module makes run in one process, where processes run side by side."""

import os

import pytest


def test_the_tests_of_this_folder_are_one_group(request: pytest.FixtureRequest) -> None:
    marker = request.node.get_closest_marker("xdist_group")
    assert marker is not None
    assert marker.args == ("tests/house",)
    beside_others = "PYTEST_XDIST_WORKER" in os.environ
    assert request.node.nodeid.endswith("@tests/house") is beside_others, "pytest-xdist goes by the name of a test"
