"""The pages of the preference centre and of a double opt-in. Pure: values in, HTML out; no script, nothing loaded.

They work without JavaScript and by keyboard alone, light or dark as the person's device is, and keep to WCAG 2.2 AA:
contrast of 7:1 for text, targets of at least 44 pixels, a visible focus, every group of choices in a fieldset with its
legend, and errors in a summary that leads to the choice. Words come from
:mod:`fieldfare.trust.consent.page_words` and from the brand.
"""

from collections.abc import Mapping, Sequence
from html import escape

from fieldfare.act.delivery.preferences import NO, YES, Choice
from fieldfare.ground.instants import to_iso
from fieldfare.trust.consent.model import ConsentPolicy, InForce
from fieldfare.trust.consent.page_words import WORDS

_STYLE = """
:root{color-scheme:light dark}
body{font:1.125rem/1.6 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;
background:#fff}
h1{font-size:1.6rem}a{color:#0b4a6f}
fieldset{border:1px solid #767676;border-radius:.4rem;margin:0 0 1.25rem;padding:.75rem 1rem}
legend{font-weight:700;padding:0 .4rem}
label{display:inline-flex;align-items:center;min-height:44px;padding-right:2rem;cursor:pointer}
input[type=radio]{width:1.5rem;height:1.5rem;margin:0 .6rem 0 0;accent-color:#1f4d3a}
button{font:inherit;min-height:44px;padding:.6rem 1.4rem;border:2px solid #1f4d3a;border-radius:.4rem;
background:#1f4d3a;color:#fff;cursor:pointer}
button.quiet{background:#fff;color:#1f4d3a}
:focus-visible{outline:3px solid #0b4a6f;outline-offset:3px}
.note{color:#4a4a4a;margin:.2rem 0}
.problem{border:2px solid #a4001d;border-radius:.4rem;padding:.5rem 1rem;margin-bottom:1.25rem}
.problem h2{font-size:1.15rem;color:#a4001d;margin:.3rem 0}
.skip{position:absolute;left:-100rem}.skip:focus{position:static}
details summary{min-height:44px;display:list-item;padding-top:.6rem;cursor:pointer}
@media (prefers-color-scheme:dark){
body{color:#f0f0f0;background:#121212}
a{color:#9cd0f0}fieldset{border-color:#8a8a8a}
input[type=radio]{accent-color:#8fd0b0}
button{border-color:#8fd0b0;background:#8fd0b0;color:#0c1f17}
button.quiet{background:#121212;color:#8fd0b0}
:focus-visible{outline-color:#9cd0f0}
.note{color:#c4c4c4}.problem{border-color:#ffb4b4}.problem h2{color:#ffb4b4}
}
"""
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{title} | {brand}</title><style>{style}</style></head>
<body>{before}<main id="main"><h1>{title}</h1>{body}</main></body></html>
"""


class Pages:
    """The pages in one language."""

    def __init__(self, policy: ConsentPolicy, brand: str, language: str | None) -> None:
        """Choose the words: the brand's own, else the shipped ones, else English."""
        self._brand = brand
        self.language = language_for(policy, language)
        own = policy.pages.get(self.language)
        self._words: Mapping[str, str] = {
            **WORDS["en"],
            **WORDS.get(self.language, {}),
            **(own.words if own is not None else {}),
        }

    def preferences(
        self,
        choices: Sequence[Choice],
        form: str,
        *,
        problems: Sequence[str] = (),
        asked: Mapping[str, str] | None = None,
    ) -> str:
        """Return the page of choices; ``problems``: of which nothing was saved, by key of words or field of choice."""
        body = [self._problems(problems, choices)] if problems else []
        body.append(f"<p>{self._say('intro')}</p>")
        groups = "".join(self._group(choice, problems, asked or {}) for choice in choices)
        hidden = f'<input type="hidden" name="form" value="{escape(form)}">'
        save = f'<p><button name="act" value="save">{self._say("save")}</button></p>'
        body.append(f'<form method="post" id="choices">{hidden}{groups}{save}</form>')
        stop = f'<button class="quiet" name="act" value="stop_all">{self._say("stop_all")}</button>'
        body.append(f'<form method="post">{hidden}<p class="note">{self._say("stop_all_text")}</p><p>{stop}</p></form>')
        skip = f'<a class="skip" href="#choices">{self._say("skip")}</a>'
        return self._page("title", "".join(body), before=skip)

    def saved(self, *, is_changed: bool, waits: bool) -> str:
        """Return the page after a choice is on record; ``waits``: some of it must be confirmed."""
        if not is_changed:
            return self._page("title", f'<p role="status">{self._say("unchanged")}</p>{self._back()}')
        more = f"<p>{self._say('confirm_sent')}</p>" if waits else ""
        return self._page("saved", f'<p role="status">{self._say("saved_text")}</p>{more}{self._back()}')

    def confirm(self, titles: Sequence[str], form: str) -> str:
        """Return the page that asks to confirm a double opt-in; only its button does."""
        text = self._say("confirm_text", what=", ".join(titles))
        hidden = f'<input type="hidden" name="form" value="{escape(form)}">'
        button = f"<button>{self._say('confirm_button')}</button>"
        return self._page("confirm", f'<p>{text}</p><form method="post">{hidden}{button}</form>')

    def message(self, key: str, **values: object) -> str:
        """Return a page that says one thing: ``confirmed``, ``later``, ``nothing``, ``too_late``, ``unknown``."""
        return self._page(key, f'<p role="status">{self._say(f"{key}_text", **values)}</p>')

    def too_many(self) -> str:
        """Return the page for somebody who saves very often."""
        return self._page("later", f'<p role="alert">{self._say("too_many")}</p>')

    def named(self, choice: Choice) -> str:
        """Return how a choice is called."""
        channel = self._words.get(f"channel_{choice.channel}", choice.channel.replace("_", " "))
        return self._filled("by", purpose=choice.title, channel=channel)

    def _group(self, choice: Choice, problems: Sequence[str], asked: Mapping[str, str]) -> str:
        field, chosen = escape(choice.field), asked.get(choice.field, choice.answer)
        notes = "".join(f'<p class="note">{note}</p>' for note in self._notes(choice)) + self._notice(choice)
        is_wrong = choice.field in problems
        wrong = f'<p id="{field}.problem" class="note">{self._wrong(choice)}</p>' if is_wrong else ""
        described = f' aria-describedby="{field}.problem"' if is_wrong else ""
        radios = "".join(
            f'<label for="{field}.{value}"><input type="radio" id="{field}.{value}" name="{field}" value="{value}"'
            f"{' checked' if chosen == value else ''}>{self._say(value)}</label>"
            for value in (YES, NO)
        )
        return f"<fieldset{described}><legend>{escape(self.named(choice))}</legend>{notes}{wrong}{radios}</fieldset>"

    def _notes(self, choice: Choice) -> list[str]:
        notes = [escape(choice.description)] if choice.description else []
        if choice.is_waiting:
            notes.append(self._say("waiting"))
        elif choice.state is InForce.NOT_REQUIRED:
            notes.append(self._say("needed"))
        elif choice.state is InForce.EXPIRED:
            notes.append(self._say("ended"))
        elif choice.since_at is None:
            notes.append(self._say("none"))
        else:
            notes.append(self._say("since", day=to_iso(choice.since_at)[:10]))
        return notes

    def _notice(self, choice: Choice) -> str:
        """Return what a person says yes to, folded; it stands beside the paragraphs, as none may hold it."""
        if choice.notice is None:
            return ""
        text = escape(choice.notice.text).replace("\n", "<br>")
        return f'<details class="note"><summary>{self._say("notice")}</summary>{text}</details>'

    def _problems(self, problems: Sequence[str], choices: Sequence[Choice]) -> str:
        fields = {choice.field: choice for choice in choices}
        lines = [
            f'<li><a href="#{escape(each)}.{YES}">{self._wrong(fields[each])}</a></li>'
            if each in fields
            else f"<li>{self._say(each)}</li>"
            for each in problems
        ]
        return f'<div class="problem" role="alert"><h2>{self._say("problem")}</h2><ul>{"".join(lines)}</ul></div>'

    def _wrong(self, choice: Choice) -> str:
        return self._say("problem_choice", choice=self.named(choice))

    def _back(self) -> str:
        return f'<p><a href="">{self._say("back")}</a></p>'

    def _say(self, key: str, **values: object) -> str:
        return escape(self._filled(key, **values))

    def _filled(self, key: str, **values: object) -> str:
        text = self._words[key].replace("{brand}", self._brand)
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def _page(self, title: str, body: str, before: str = "") -> str:
        return _PAGE.format(
            language=escape(self.language),
            title=self._say(title),
            brand=escape(self._brand),
            style=_STYLE,
            before=before,
            body=body,
        )


def language_for(policy: ConsentPolicy, wanted: str | None) -> str:
    """Return the language of a page: the wanted one where there are words for it, else English."""
    short = (wanted or "").replace("_", "-").partition("-")[0].lower()
    return short if short in WORDS or short in policy.pages else "en"
