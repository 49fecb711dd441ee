"""From ``consent.yaml`` to the consent policy, with every problem at once. Pure; reads no file."""

from collections.abc import Iterator

from fieldfare.ground.workspace.model import Path, Problem, parse_share
from fieldfare.ground.workspace.suggest import quoted
from fieldfare.trust.consent.files import ConsentFile, PurposeEntry
from fieldfare.trust.consent.model import (
    EVERY,
    Basis,
    ConsentPolicy,
    Notice,
    Page,
    Platform,
    Purpose,
    StopReach,
    Tcf,
)
from fieldfare.trust.consent.page_words import WORDS
from fieldfare.trust.consent.span import parse_span

_PERMILLE = 1_000


def parse_consent(file: ConsentFile) -> tuple[ConsentPolicy | None, list[Problem]]:
    """Return the policy, or ``None`` and the problems."""
    problems: list[Problem] = []
    purposes = {name: _purpose(name, entry, problems) for name, entry in file.purposes.items()}
    problems.extend(_names(file))
    problems.extend(_pages(file))
    share = parse_share(file.mismatch_above)
    if isinstance(share, str):
        problems.append(
            Problem(("mismatch_above",), f"`{file.mismatch_above}` is no share", "a limit needs a number", share)
        )
        share = 0.0
    tcf = file.tcf
    policy = ConsentPolicy(
        purposes=purposes,
        stop_reach=StopReach(file.stop_reach),
        gpc=tuple(file.gpc),
        gpp=tuple(file.gpp),
        platforms={
            name: Platform({theirs: tuple(ours) for theirs, ours in entry.purposes.items()}, entry.channels)
            for name, entry in file.platforms.items()
        },
        tcf=None if tcf is None else Tcf({ours: tuple(wanted) for ours, wanted in tcf.purposes.items()}, tcf.vendor),
        pages={language: Page(words) for language, words in file.pages.items()},
        confirm_days=file.confirm_within_days,
        mismatch_permille=round(share * _PERMILLE),
    )
    return (None, problems) if problems else (policy, [])


def _purpose(name: str, entry: PurposeEntry, problems: list[Problem]) -> Purpose:
    path: Path = ("purposes", name)
    problems.extend(_channels(entry, path))
    problems.extend(_notices(entry, path))
    span = None if entry.expires_after is None else parse_span(entry.expires_after)
    if isinstance(span, str):
        what = f"`{entry.expires_after}` is no length of time"
        problems.append(Problem((*path, "expires_after"), what, "a grant must end somewhere", span))
        span = None
    required = entry.consent == "required"
    if required and entry.legal_basis not in {None, Basis.CONSENT.value}:
        what = f"consent is required, and `legal_basis` is `{entry.legal_basis}`"
        fix = "Write `consent: not_required`, or leave `legal_basis` out."
        problems.append(Problem((*path, "legal_basis"), what, "what needs consent rests on consent", fix))
    if not required and entry.legal_basis == Basis.CONSENT.value:
        what = "`legal_basis` is `consent`, and consent is not required"
        problems.append(
            Problem((*path, "legal_basis"), what, "what rests on consent needs it", "Write `consent: required`.")
        )
    return Purpose(
        name=name,
        description=entry.description,
        channels=tuple(entry.channels),
        required=required,
        notice_version=entry.notice_version,
        basis=Basis(entry.legal_basis or ("consent" if required else "contract")),
        by_location=entry.by_location,
        notices=tuple(Notice(each.version, each.language, each.text) for each in entry.notices),
        expires_after=span,
        double_opt_in=frozenset(entry.double_opt_in),
        title=entry.title,
        words={language: (each.title, each.description) for language, each in entry.words.items()},
        is_listed=entry.in_preference_centre,
    )


def _channels(entry: PurposeEntry, path: Path) -> Iterator[Problem]:
    for index, channel in enumerate(entry.channels):
        where = (*path, "channels", index)
        if channel == EVERY:
            yield Problem(where, "`*` is no channel", "an empty list means every channel", "Leave `channels` out.")
        elif channel in entry.channels[:index]:
            yield Problem(where, f"`{channel}` stands twice", "once is enough", "Remove one of them.")
    for index, channel in enumerate(entry.double_opt_in):
        if entry.channels and channel not in entry.channels:
            where, what = (*path, "double_opt_in", index), f"the purpose cannot be granted for `{channel}`"
            yield Problem(where, what, "nothing could be confirmed there", f"Use one of {quoted(entry.channels)}.")


def _notices(entry: PurposeEntry, path: Path) -> Iterator[Problem]:
    known: set[tuple[str, str]] = set()
    for index, notice in enumerate(entry.notices):
        key = notice.version, notice.language
        if key in known:
            what = f"version `{notice.version}` in `{notice.language}` stands twice"
            why = "a version says one thing in one language"
            yield Problem((*path, "notices", index), what, why, "Give the changed text a new version.")
        known.add(key)
    versions = sorted({version for version, _ in known})
    if entry.notice_version is not None and versions and entry.notice_version not in versions:
        what = f"`notice_version` is `{entry.notice_version}`, and `notices` have {quoted(versions)}"
        why = "the text that people are shown would not be kept"
        yield Problem((*path, "notice_version"), what, why, "Add its text, or name one of these.")


def _names(file: ConsentFile) -> Iterator[Problem]:
    """Tell names of purposes that are not declared."""
    named: list[tuple[Path, str]] = [
        ((key, i), each) for key in ("gpc", "gpp") for i, each in enumerate(getattr(file, key))
    ]
    named += [(("tcf", "purposes", each), each) for each in (file.tcf.purposes if file.tcf is not None else ())]
    for platform, entry in file.platforms.items():
        for theirs, ours in entry.purposes.items():
            named += [(("platforms", platform, "purposes", theirs, i), each) for i, each in enumerate(ours)]
    known = quoted(sorted(file.purposes))
    for path, name in named:
        if name not in file.purposes:
            what = f"there is no purpose `{name}`"
            yield Problem(path, what, f"`purposes` have {known}", "Declare it, or correct the name.")


def _pages(file: ConsentFile) -> Iterator[Problem]:
    for language, words in file.pages.items():
        for key in words:
            if key not in WORDS["en"]:
                what, known = f"the preference centre has no words `{key}`", quoted(sorted(WORDS["en"]))
                yield Problem(("pages", language, key), what, f"it has {known}", "Correct the key.")
