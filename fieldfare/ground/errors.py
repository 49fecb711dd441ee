"""The failures, by who must act. Answers (refusals, dead letters) are values and do not live here.

Every failure carries a stable lowercase ``code`` and a message that says what happened, why it is wrong and what to do.
"""

MOST_QUOTED = 80
"""A message quotes no more characters of what was sent."""


class FieldfareError(Exception):
    """A failure with a stable code."""

    def __init__(self, code: str, message: str) -> None:
        """Keep the code beside the message."""
        super().__init__(message)
        self.code = code
        self.message = message


class CallerError(FieldfareError):
    """The caller sent something unusable (HTTP 4xx); ``field`` names the place, ``status`` the HTTP status.

    ``retry_after_s``: the wait in seconds after which the same is heard again, where there is one.
    """

    def __init__(
        self, code: str, message: str, *, field: str | None = None, status: int = 400, retry_after_s: int | None = None
    ) -> None:
        """Keep the field, the HTTP status and the wait."""
        super().__init__(code, message)
        self.field = field
        self.status = status
        self.retry_after_s = retry_after_s


class ConfigError(FieldfareError):
    """The workspace or the installation is wrong; the message names file, line and key."""


class TransientError(FieldfareError):
    """Trying again later may succeed; ``retry_after_s`` is the wait in seconds that the other side asked for."""

    def __init__(self, code: str, message: str, *, retry_after_s: float | None = None) -> None:
        """Keep the wait."""
        super().__init__(code, message)
        self.retry_after_s = retry_after_s


class PermanentError(FieldfareError):
    """Trying again cannot succeed."""


class ConflictError(FieldfareError):
    """Somebody else changed or holds what this call needs."""


def cut(told: str) -> str:
    """Return what was sent as a message quotes it: whole, or its beginning and how long it is."""
    if len(told) <= MOST_QUOTED:
        return f"`{told}`"
    return f"`{told[:MOST_QUOTED]}…` (cut, {len(told):,} characters)"


def broken_by(error: Exception) -> tuple[str, str]:
    """Return the code and a plain reason of what ended a piece of work and is no failure of ours.

    ``system``: the machine refused. ``defect``: a bug. Neither holds a value or a path.
    """
    if isinstance(error, MemoryError):
        return "system", "The machine has no memory left for it. Give it more, or let less run beside it."
    if isinstance(error, OSError) and error.strerror is not None:
        return "system", f"The machine refused it: {error.strerror}. See to that; the server's log has more."
    return "defect", f"This is a defect: {type(error).__name__}. The server's log has more."
