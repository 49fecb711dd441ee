"""Compile templates. Pure; what needs other files is checked in ``flow``.

Blocks are put in before (see ``blocks``). Every part is compiled, MJML through HTML, and the names it uses are looked
up, so that a message does not fail for everybody on the day.
"""

import re
from typing import Any

from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from fieldfare.act.delivery.blocks import MARK
from fieldfare.act.delivery.liquid import compile_html, compile_plain, known_filters
from fieldfare.act.delivery.mjml import Wrong, html_of
from fieldfare.act.delivery.render import ROOTS
from fieldfare.act.delivery.template_files import FallbackFile, TemplateFile, WordingFile
from fieldfare.act.delivery.wording import (
    OWN,
    Limit,
    LocationField,
    Template,
    Wording,
    is_locale,
    locale_name,
)
from fieldfare.ground.workspace.model import Path, Problem, parse_duration
from fieldfare.ground.workspace.suggest import nearest, quoted

_LONG_FORM = frozenset({"default", "max_length", "one_of"})
_FIELD = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
PLACE_NAMES = frozenset({"name", "title"})
"""What ``location`` has without being declared."""
_Words = TemplateFile | WordingFile | FallbackFile


def parse_template(file: TemplateFile) -> tuple[Template | None, list[Problem]]:
    """Return the compiled template, or ``None`` with everything that is wrong."""
    compiler = _Compiler(file)
    wordings = {OWN: compiler.wording((), file, None)}
    fallbacks: dict[str, Wording] = {}
    if file.fallback is not None:
        fallbacks[OWN] = compiler.wording(("fallback",), file.fallback, None)
    for name, words in file.locales.items():
        at: Path = ("locales", name)
        if not is_locale(name):
            what, why = f"`{name}` is no locale", "A profile's language is compared with it"
            compiler.problems.append(Problem(at, what, why, "Write a language such as `de`, or `de-at`"))
        wordings[locale_name(name)] = compiler.wording(at, words, locale_name(name))
        if words.fallback is not None:
            fallback = compiler.wording((*at, "fallback"), words.fallback, locale_name(name))
            fallbacks[locale_name(name)] = fallback
        compiler.problems += _same_parts(at, file, words)
    reason, human = compiler.line("reason", file.reason), compiler.line("human", file.human)
    last_useful, found = _last_useful(file)
    problems = [*_variables(file), *_fields(file), *compiler.problems, *found, *_whole(file)]
    if problems:
        return None, problems
    long = {name: value for name, value in file.variables.items() if is_long_form(value)}
    defaults = {name: default_of(value) for name, value in file.variables.items()}
    return Template(
        name=file.template,
        channel=file.channel,
        purpose=file.purpose,
        wordings=wordings,
        fallbacks=fallbacks,
        defaults=defaults,
        required=frozenset(name for name, value in defaults.items() if value is None),
        limits={name: _limit(long.get(name, {})) for name in file.variables},
        location_fields={
            name: LocationField(default=field.default, locked=field.locked, max_length=field.max_length)
            for name, field in file.location_fields.items()
        },
        reason=reason,
        human=human,
        last_useful_us=last_useful,
        is_tracked=file.track,
        incentive=file.incentive,
        tags=tuple(file.tags),
    ), []


def is_long_form(value: Any) -> bool:
    """Whether a variable is declared with its bounds, and not by its default alone."""
    return isinstance(value, dict) and bool(value) and set(value) <= _LONG_FORM


def default_of(value: Any) -> Any:
    """Return the default of a variable as it stands in a file; ``None``: the step must set it."""
    return value.get("default") if is_long_form(value) else value


class _Compiler:
    """Compiles the parts of one template and collects what is wrong."""

    def __init__(self, file: TemplateFile) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._known = (*ROOTS, *file.variables)

    def wording(self, at: Path, words: _Words, language: str | None) -> Wording:
        """Return the compiled parts of one wording."""
        html = words.html
        if words.mjml is not None:
            if html is not None:
                why = "Both are the HTML of the message"
                self.problems.append(Problem((*at, "mjml"), "`mjml` and `html` are both set", why, "Remove one"))
            made = html_of(words.mjml, language)
            if isinstance(made, Wrong):
                what = f"`mjml` is wrong on its line {made.line}: {made.what}"
                self._blocks((*at, "mjml"), words.mjml, "mjml")
                self.problems.append(Problem((*at, "mjml"), what, "", made.fix))
                return Wording()
            html = made
        key = "html" if words.mjml is None else "mjml"
        return Wording(
            subject=self._compiled(at, "subject", words.subject),
            text=self._compiled(at, "text", words.text),
            html=self._compiled(at, key, html, is_html=True),
        )

    def line(self, name: str, source: str | None) -> BoundTemplate | None:
        """Return a compiled line of the template itself."""
        return self._compiled((), name, source)

    def _compiled(self, at: Path, part: str, source: str | None, *, is_html: bool = False) -> BoundTemplate | None:
        if source is None:
            return None
        path = (*at, part)
        if self._blocks(path, source, part):
            return None
        try:
            compiled = (compile_html if is_html else compile_plain)(source)
        except LiquidError as error:
            what = f"`{part}` is not Liquid: {error.message}{_line(error)}"
            self.problems.append(
                Problem(path, what, "It cannot be filled with values", "Correct the tag or filter there")
            )
            return None
        self._uses(path, compiled)
        return compiled

    def _blocks(self, path: Path, source: str, part: str) -> bool:
        """Tell blocks that were not put in; return whether there are any."""
        names = {match[1] for match in MARK.finditer(source)}
        wanted = part if part in {"html", "mjml"} else "text"
        for name in sorted(names):
            what = f"there is no block `{name}` with `{wanted}`"
            why = "A block is put in with the same part of `blocks/`"
            self.problems.append(
                Problem(path, what, why, f"Add `{wanted}` to `blocks/{name}.yaml`, or correct the name")
            )
        return bool(names)

    def _uses(self, path: Path, template: BoundTemplate) -> None:
        """Tell names and filters that do not exist."""
        used = template.analyze()
        for name in sorted(set(used.globals) - set(self._known)):
            why = f"A template may use {quoted(self._known)}"
            fix = nearest(name, self._known) or f"Write `profile.{name}` for a trait, or list it under `variables`"
            self.problems.append(Problem(path, f"`{name}` is not known", why, fix))
        for name in sorted(set(used.filters) - known_filters()):
            fix = nearest(name, known_filters()) or "Remove it"
            self.problems.append(Problem(path, f"`{name}` is not a filter that may be used", "", fix))
        places = PLACE_NAMES | set(self._file.location_fields)
        for variable in used.globals.get("location", ()):
            name = str(variable.segments[1]) if len(variable.segments) > 1 else ""
            if name not in places:
                what = f"`location.{name}` is not known" if name else "`location` is used whole"
                fix = nearest(name, places) or "Declare it under `location_fields`, with its default"
                self.problems.append(Problem(path, what, f"A place has {quoted(places)} here", fix))


def _line(error: LiquidError) -> str:
    """Return the line inside the part, when Liquid knows it."""
    token = error.token
    if token is None or token.start_index < 0:
        return ""
    return f" (its line {token.source.count(chr(10), 0, token.start_index) + 1})"


def _whole(file: TemplateFile) -> list[Problem]:
    """Tell messages that lack a part that they need."""
    problems = []
    if file.text is None and file.html is None and file.mjml is None:
        why = "Its plain text is written, or made from its HTML"
        problems.append(Problem((), "the message has no words", why, "Write `text`, `html` or `mjml`"))
    fallback = file.fallback
    if fallback is not None and fallback.text is None and fallback.html is None and fallback.mjml is None:
        problems.append(Problem(("fallback",), "the fallback has no words", "It is a whole message", "Write `text`"))
    if file.channel == "email" and not file.subject:
        problems.append(Problem((), "`subject` is missing", "An e-mail has a subject line", "Write `subject:`"))
    return problems


def _same_parts(at: Path, file: TemplateFile, words: WordingFile) -> list[Problem]:
    """Tell a locale with other parts than the template's own: it would mix languages, or lose the HTML."""

    def has(one: _Words) -> dict[str, bool]:
        is_html = one.html is not None or one.mjml is not None
        return {"subject": one.subject is not None, "text or HTML": one.text is not None or is_html, "HTML": is_html}

    own, theirs = has(file), has(words)
    problems = []
    for part, wanted in own.items():
        if wanted and not theirs[part]:
            why = "A message is in one language, with all its parts"
            problems.append(Problem(at, f"the locale has no {part}", why, "Add it, or remove the locale"))
    return problems


def _variables(file: TemplateFile) -> list[Problem]:
    problems = []
    for name, value in file.variables.items():
        at: Path = ("variables", name)
        if name in ROOTS or not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name):
            what = f"`{name}` cannot be a variable"
            why = f"{quoted(ROOTS)} are given, and a name is letters, digits and `_`"
            problems.append(Problem(at, what, why, "Choose another name"))
        if not is_long_form(value):
            continue
        most, allowed = value.get("max_length"), value.get("one_of")
        if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
            what = f"`max_length: {most}` is no number of characters"
            problems.append(Problem((*at, "max_length"), what, "", "Write a whole number from 1"))
        elif allowed is not None and (not isinstance(allowed, list) or not allowed):
            problems.append(Problem((*at, "one_of"), "`one_of` is no list of values", "", "List the values"))
        elif value.get("default") is not None:
            broken = _limit(value).broken_by(value["default"])
            if broken is not None:
                what = f"the default of `{name}` is out of bounds: {broken}"
                problems.append(Problem((*at, "default"), what, "", "Correct the default or the bounds"))
    return problems


def _limit(value: dict[str, Any]) -> Limit:
    told = {}
    if isinstance(value.get("max_length"), int):
        told["max_length"] = value["max_length"]
    return Limit(**told, one_of=tuple(str(each) for each in value.get("one_of") or ()))


def _fields(file: TemplateFile) -> list[Problem]:
    problems = []
    for name, field in file.location_fields.items():
        at: Path = ("location_fields", name)
        if name in PLACE_NAMES or not _FIELD.match(name):
            what = f"`{name}` cannot be a field of a place"
            why = f"{quoted(PLACE_NAMES)} are given, and a name is lowercase letters, digits and `_`"
            problems.append(Problem(at, what, why, "Choose another name"))
        if len(field.default) > field.max_length:
            what = f"the default has {len(field.default)} characters, and `max_length` is {field.max_length}"
            problems.append(Problem((*at, "default"), what, "", "Shorten it, or raise the bound"))
    return problems


def _last_useful(file: TemplateFile) -> tuple[int | None, list[Problem]]:
    if file.last_useful is None:
        return None, []
    duration = parse_duration(file.last_useful)
    if isinstance(duration, str) or duration.us == 0:
        fix = duration if isinstance(duration, str) else "Write how long, for example `4 hours`"
        what = f"`last_useful: {file.last_useful}` is not a length of time"
        return None, [Problem(("last_useful",), what, "Later than that the message is not sent", fix)]
    return duration.us, []
