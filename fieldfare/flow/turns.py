"""Turns: one at a time, in the order of asking. For those who may not change documents at the same moment.

An ordinary lock lets the thread that gives it up take it again at once, so a busy pipeline would keep a replay waiting
for ever, and a replay the pipeline. Here whoever waits is next. Whoever has the turn may take it again inside.
"""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar


class Turns:
    """A lock that is handed on in the order of asking, as a context manager."""

    def __init__(self) -> None:
        """Start with nobody's turn."""
        self._changed = threading.Condition()
        self._asked = self._served = 0
        self._owner: int | None = None
        self._depth = 0

    def __enter__(self) -> None:
        """Wait for the turn."""
        me = threading.get_ident()
        with self._changed:
            if self._owner != me:
                number = self._asked
                self._asked += 1
                while number != self._served:
                    self._changed.wait()
                self._owner = me
            self._depth += 1

    def __exit__(self, *_error: object) -> None:
        """Hand the turn on."""
        with self._changed:
            self._depth -= 1
            if self._depth == 0:
                self._owner = None
                self._served += 1
                self._changed.notify_all()


class _HasTurns(Protocol):
    @property
    def turns(self) -> Turns: ...


_S = TypeVar("_S", bound=_HasTurns)
_P = ParamSpec("_P")
_R = TypeVar("_R")


def in_turn(method: Callable[Concatenate[_S, _P], _R]) -> Callable[Concatenate[_S, _P], _R]:
    """Let a method run only while its object has the turn."""

    @wraps(method)
    def inside(self: _S, /, *arguments: _P.args, **named: _P.kwargs) -> _R:
        with self.turns:
            return method(self, *arguments, **named)

    return inside
