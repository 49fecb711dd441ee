"""What is asked of versions: the files that are to be, whose hand it is, decisions. Their checks are pure."""

import msgspec

from fieldfare.ground.errors import CallerError

_LONGEST = 500


class ApplyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Files that are to hold, as text by path. ``only`` takes some of them; ``base`` refuses when another holds."""

    files: dict[str, str]
    by: str = ""
    reason: str = ""
    only: tuple[str, ...] = ()
    base: int | None = None
    trigger_on_change: bool = False


class RollbackRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A version to go back to, whole or in some files."""

    version: int
    by: str
    reason: str
    only: tuple[str, ...] = ()
    base: int | None = None


class DecisionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Whose approval or rejection of which version, and why."""

    version: int
    by: str
    reason: str


def signed(by: str, reason: str, *, needs_reason: bool) -> tuple[str, str]:
    """Return name and reason, trimmed. Raises ``CallerError`` ``version_unsigned`` when one is missing or too long."""
    name, why = by.strip(), reason.strip()
    if not name or (needs_reason and not why):
        missing = "a reason" if name else "a name"
        text = f"A change of the workspace is signed, and {missing} is missing. Give `by` and `reason`."
        raise CallerError("version_unsigned", text, field="reason" if name else "by")
    if len(name) > _LONGEST or len(why) > _LONGEST or not (name + why).isprintable():
        text = f"Name and reason are one line each, of at most {_LONGEST} characters. Shorten them."
        raise CallerError("version_unsigned", text, field="by")
    return name, why
