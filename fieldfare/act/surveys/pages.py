"""The page of a survey. Pure: values in, HTML out; no script, nothing loaded, no cookie.

It works without JavaScript and by keyboard alone: one group of radio buttons in a fieldset whose legend is the
question, a button, errors in a summary that leads to the group. A link may choose an answer beforehand (``?a=9``); it
is sent only by the button.
"""

from collections.abc import Mapping
from html import escape

from fieldfare.act.surveys.answer import NUMBERS, options_of
from fieldfare.act.surveys.model import MOST_COMMENT, Kind, Survey, Words
from fieldfare.act.surveys.words import WORDS

_STYLE = """
body{font:1.125rem/1.6 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;
background:#fff}
h1{font-size:1.6rem}fieldset{border:1px solid #767676;border-radius:.4rem;margin:0 0 1.25rem;padding:.75rem 1rem}
legend,.label{font-weight:700;padding:0 .4rem}
.row{display:flex;flex-wrap:wrap;gap:.25rem}
.row label{flex-direction:column;justify-content:center;min-width:44px;padding:.25rem}
label{display:flex;align-items:center;min-height:44px;cursor:pointer}
input[type=radio]{width:1.5rem;height:1.5rem;margin:0 .6rem;accent-color:#1f4d3a}
textarea{font:inherit;width:100%;box-sizing:border-box;min-height:6rem;border:1px solid #767676;border-radius:.4rem}
button{font:inherit;min-height:44px;padding:.6rem 1.4rem;border:2px solid #1f4d3a;border-radius:.4rem;
background:#1f4d3a;color:#fff;cursor:pointer}
:focus-visible{outline:3px solid #0b4a6f;outline-offset:3px}
.ends{display:flex;justify-content:space-between;color:#4a4a4a;margin:.2rem 0}
.problem{border:2px solid #a4001d;border-radius:.4rem;padding:.5rem 1rem;margin-bottom:1.25rem}
.problem h2{font-size:1.15rem;color:#a4001d;margin:.3rem 0}
"""
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{title} | {brand}</title><style>{style}</style></head>
<body><main id="main"><h1>{title}</h1>{body}</main></body></html>
"""


def language_for(survey: Survey | None, wanted: str | None) -> str:
    """Return the language of a page: the wanted one where the survey or what is shipped has it, else English."""
    short = (wanted or "").replace("_", "-").partition("-")[0].lower()
    known = {*WORDS, *(survey.locales if survey is not None else ())}
    return short if short in known else "en"


class SurveyPages:
    """The pages of one survey in one language; ``None``: of a link that leads to none."""

    def __init__(self, brand: str, survey: Survey | None, language: str | None) -> None:
        """Choose the words."""
        self._brand, self._survey = brand, survey
        self.language = language_for(survey, language)
        self._words = WORDS["en"] | WORDS.get(self.language, {})

    def ask(self, survey: Survey, form: str, *, problem: str | None = None, asked: Mapping[str, str]) -> str:
        """Return the page with the question; ``asked``: what is chosen and written already."""
        words = _said(survey, self.language)
        body = [self._problem(problem)] if problem is not None else []
        body.append('<form method="post">')
        body.append(f'<input type="hidden" name="form" value="{escape(form)}">')
        if survey.kind is Kind.WORDS:
            body.append(f"<p>{escape(words.question)}</p>")
        else:
            body.append(self._choices(survey, words, asked.get("answer", ""), is_wrong=problem == "problem_missing"))
        if survey.has_comment:
            body.append(self._comment(survey, asked.get("comment", "")))
        body.append(f"<p><button>{self._say('send')}</button></p></form>")
        return self._page("title", "".join(body))

    def thanks(self, survey: Survey) -> str:
        """Return the page after an answer."""
        said = _said(survey, self.language).thanks
        return self._page("thanks", f'<p role="status">{escape(said) if said else self._say("thanks_text")}</p>')

    def message(self, key: str) -> str:
        """Return a page that says one thing: ``later``, ``too_late``, ``unknown``."""
        return self._page(key, f'<p role="status">{self._say(f"{key}_text")}</p>')

    def _choices(self, survey: Survey, words: Words, chosen: str, *, is_wrong: bool) -> str:
        described = ' aria-describedby="problem"' if is_wrong else ""
        options = "".join(
            f'<label for="a.{value}"><input type="radio" id="a.{value}" name="answer" value="{value}"'
            f"{' checked' if value == chosen else ''}{described}>"
            f"{self._option(survey, words, value)}</label>"
            for value in options_of(survey)
        )
        ends = ""
        if words.low or words.high:
            ends = f'<div class="ends"><span>{escape(words.low)}</span><span>{escape(words.high)}</span></div>'
        row = ' class="row"' if survey.kind in NUMBERS else ""
        return f"<fieldset><legend>{escape(words.question)}</legend><div{row}>{options}</div>{ends}</fieldset>"

    def _option(self, survey: Survey, words: Words, value: str) -> str:
        if survey.kind is Kind.YES_NO:
            return self._say(value)
        return escape(words.choices.get(value, survey.words.choices.get(value, value)))

    def _comment(self, survey: Survey, written: str) -> str:
        label = self._say("words" if survey.kind is Kind.WORDS else "comment")
        field = f'<textarea id="comment" name="comment" maxlength="{MOST_COMMENT}">{escape(written)}</textarea>'
        return f'<p><label class="label" for="comment">{label}</label>{field}</p>'

    def _problem(self, key: str) -> str:
        survey = self._survey
        options = options_of(survey) if survey is not None else ()
        target = f"a.{options[0]}" if options else "comment"
        return (
            f'<div class="problem" role="alert"><h2>{self._say("problem")}</h2>'
            f'<p id="problem"><a href="#{target}">{self._say(key)}</a></p></div>'
        )

    def _say(self, key: str) -> str:
        return escape(self._words[key].replace("{brand}", self._brand))

    def _page(self, title: str, body: str) -> str:
        return _PAGE.format(
            language=escape(self.language),
            title=self._say(title),
            brand=escape(self._brand),
            style=_STYLE,
            body=body,
        )


def _said(survey: Survey, language: str) -> Words:
    """Return the words in a language; what it leaves out is said as in the survey's own."""
    words = survey.locales.get(language)
    if words is None:
        return survey.words
    own = survey.words
    return Words(
        question=words.question or own.question,
        low=words.low or own.low,
        high=words.high or own.high,
        thanks=words.thanks or own.thanks,
        choices=own.choices | words.choices,
    )
