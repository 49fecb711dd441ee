"""What an answer by text message asks for: out, back in, help, or something that a person must read. Pure.

The words are the union of what Twilio blocks by itself, what the FCC counts per se, and what carriers demand. A whole
answer that is such a word counts at once, whatever its case, accents and punctuation, and with a word of politeness
beside it. Other wording counts by law when a reasonable person would understand it: those answers go to *review*.
This module withdraws nothing.
"""

import re
import unicodedata

from fieldfare.act.delivery.model import Keyword

STOP_WORDS = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "end", "quit", "revoke", "optout", "opt out", "opt-out", "cancel",
     "remove", "arret", "td", "alto", "pare", "abmelden", "stopp"}
)  # fmt: skip
"""Twilio: STOP, STOPALL, UNSUBSCRIBE, END, QUIT, REVOKE, OPTOUT, CANCEL. The FCC: OPT OUT too. Carriers: ARRET, REMOVE,
TD. And the words of a few languages."""
START_WORDS = frozenset({"start", "unstop", "yes", "subscribe", "resume"})
HELP_WORDS = frozenset({"help", "info", "aide", "hilfe"})
REPLY_TRAPS = frozenset({"yes", "start", "unstop"})
"""Words that providers take for a wish to get messages again, so a template should not ask for them."""

_POLITE = frozenset({"please", "pls", "now", "thanks", "thank", "you", "it", "bitte", "danke", "merci", "por", "favor"})
_STRONG = frozenset({"stop", "stopall", "unsubscribe", "optout", "revoke", "abmelden", "arret"})
_PHRASES = (
    r"\bopt\W?(me )?out\b",
    r"\b(do not|don ?t|dont|never|no more|quit|cancel|end)\b.{0,24}\b(text|texting|texts|messag\w+|sms|contact\w*)\b",
    r"\b(take|remove|delete)\b.{0,12}\b(me|my number|my phone)\b",
    r"\bleave me alone\b",
    r"\bwrong (number|person)\b",
    r"\bnot interested\b",
    r"\b(keine|nicht mehr)\b.{0,30}\b(sms|nachrichten|schreiben|melden)\b",
    r"\b(ne|plus)\b.{0,20}\b(sms|messages)\b",
)
_LIKE = tuple(re.compile(phrase) for phrase in _PHRASES)


def keyword_of(text: str) -> Keyword:
    """Return what an answer asks for."""
    plain = _plain(text)
    words = plain.split()
    core = " ".join(word for word in words if word not in _POLITE) if len(words) > 1 else plain
    for wanted, known in ((Keyword.STOP, STOP_WORDS), (Keyword.START, START_WORDS), (Keyword.HELP, HELP_WORDS)):
        if plain in known or core in known:
            return wanted
    if _STRONG & set(words) or any(like.search(plain) for like in _LIKE):
        return Keyword.REVIEW
    return Keyword.NONE


def says_how_to_leave(text: str) -> bool:
    """Whether a text tells its reader a word that leads out."""
    return re.search(r"\b(stop|unsubscribe|opt\W?out|abmelden|arret)\b", _plain(text)) is not None


def _plain(text: str) -> str:
    """Return the text in lower case, without accents, punctuation and doubled blanks."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w-]+|_", " ", kept).split())
