"""Who signs an act: the signed-in user, whatever the body says; only the command line says it itself.

A body's or query's ``actor`` and ``by`` have the type :data:`Actor`. While it is read, the name of the caller takes its
place; a call with the installation's token keeps what it says, and what is missing is refused by whoever keeps records.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from fieldfare.web.guard import CALLER

MOST_NAME = 500


def acting(told: Any) -> Any:
    """Return the name that an act is recorded under."""
    caller = CALLER.get()
    return told if caller is None or caller.signs is None else caller.signs


class Signs:
    """Marks a field whose value is the caller's name."""


_TOLD = "Who does it. Of a signed-in user and of a token it is their own name, whatever stands here."

Actor = Annotated[
    str,
    BeforeValidator(acting),
    Field(min_length=1, max_length=MOST_NAME, validate_default=True, description=_TOLD),
    Signs(),
]
"""Who does it. Give it the default ``""``, so that whoever is signed in may leave it out."""

MaybeActor = Annotated[
    str | None,
    BeforeValidator(acting),
    Field(max_length=MOST_NAME, validate_default=True, description=_TOLD),
    Signs(),
]
"""Who does it, where it need not be said. A parameter that is left out is not validated: give it to :func:`acting`."""
