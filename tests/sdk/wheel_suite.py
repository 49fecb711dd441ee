"""Runs the suite inside the installed ``segment-analytics-python`` wheel against a door.

``wheel_suite.py ADDRESS SHARE SHARES [NAME ...]``: much of it waits, so it runs in shares, side by side; names choose
single tests.

An adapter on the SDK's own session sends what goes to its default host to the door; nothing else is changed, so its
POSTs are real. Prints the counts as JSON. Runs in the environment of the peers, which does not know Fieldfare.
"""

import importlib
import json
import pkgutil
import sys
import unittest
from collections.abc import Iterable, Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from segment.analytics import request
from segment.analytics import test as peer

HOST = "https://api.segment.io"


class ToDoor(HTTPAdapter):
    """Sends requests for the default host to the door."""

    def __init__(self, address: str) -> None:
        self.posts = 0
        self._address = address
        super().__init__()

    def send(self, prepared: requests.PreparedRequest, *arguments: Any, **more: Any) -> requests.Response:
        assert prepared.url is not None
        prepared.url = prepared.url.replace(HOST, self._address, 1)
        self.posts += 1
        return super().send(prepared, *arguments, **more)


def _tests(suite: Iterable[Any]) -> Iterator[unittest.TestCase]:
    for each in suite:
        if isinstance(each, unittest.TestCase):
            yield each
        else:
            yield from _tests(each)


def main(address: str, share: str, shares: str, *only: str) -> None:
    adapter = ToDoor(address)
    request._session.mount(HOST, adapter)
    # The suite imports a package of which the standard library has the same.
    sys.modules.setdefault("mock", importlib.import_module("unittest.mock"))
    names = [module.name for module in pkgutil.iter_modules(peer.__path__, "segment.analytics.test.")]
    tests = sorted(_tests(unittest.defaultTestLoader.loadTestsFromNames(names)), key=lambda test: test.id())
    chosen = [test for test in tests if not only or test.id().rpartition(".")[2] in only]
    suite = unittest.TestSuite(chosen[int(share) :: int(shares)])
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
    wrong = [test.id().rpartition(".")[2] for test, _ in (*result.failures, *result.errors)]
    print(json.dumps({"run": result.testsRun, "wrong": wrong, "skipped": len(result.skipped), "posts": adapter.posts}))


if __name__ == "__main__":
    main(*sys.argv[1:])
