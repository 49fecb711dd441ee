"""Laws of what must stay out: registry hosts, paths of one machine, marks of unfinished work, secrets."""

import re

from tests.house.sources import Finding


def _pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern written with ``@`` inside its words, so that this file does not break its own law."""
    return re.compile(text.replace("@", ""))


_HOSTS = _pattern(r"(?i)\b(?:files\.python@hosted\.org|(?:\w+\.)*py@pi\.org|registry\.(?:np@mjs|yarn@pkg)\.\w+)")
_MACHINE = _pattern(r"(?<![\w.~$}/-])/(?:ro@ot|ho@me|wo@rk|Us@ers|mn@t)/[\w.-]+|\b[A-Z]:\\\\?Us@ers\b")
_MARKS = _pattern(r"\b(?:TO@DO|FIX@ME|XX@X|HA@CK)\b")
_SECRETS = _pattern(r"-----BEGIN (?:[A-Z]+ )*PRI@VATE KEY-----|\bAK@IA[0-9A-Z]{16}\b|\bsk_@live_\w{16,}|\bgh@p_\w{30,}")

_LAWS = (
    (_HOSTS, "names a registry host; leave where packages come from to the installation"),
    (_MACHINE, "holds a path of one machine; take it as an argument"),
    (_MARKS, "holds a mark of unfinished work; finish it or say what does not work"),
    (_SECRETS, "holds a secret; take it from the environment"),
)


def unclean(path: str, text: str) -> list[Finding]:
    """Report what must not be kept."""
    return [Finding(path, what) for pattern, what in _LAWS if pattern.search(text)]
