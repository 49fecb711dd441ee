"""Money in minor units: how many of them make one of a currency, and how an amount is said. Pure.

Amounts are kept in minor units everywhere. A euro has a hundred of them, a yen is one itself, a dinar has a thousand
(ISO 4217).
"""

_NO_DIGITS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"}
    | {"RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THREE_DIGITS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def digits_of(currency: str | None) -> int:
    """Return how many digits a currency has after the point; two when it is unknown."""
    code = (currency or "").upper()
    return 0 if code in _NO_DIGITS else 3 if code in _THREE_DIGITS else 2


def major(minor: float, currency: str) -> float:
    """Return an amount in units of its currency."""
    return minor / 10.0 ** digits_of(currency)


def said(minor: float, currency: str, sign: str = "") -> str:
    """Return an amount with its currency; ``sign`` ``+`` puts one before those that are gained too."""
    return f"{major(minor, currency):{sign},.{digits_of(currency)}f} {currency}"
