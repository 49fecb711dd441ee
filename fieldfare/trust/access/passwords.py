"""Passwords: what may be one, and their argon2 hashes. Says nothing of who holds which.

Long and any characters, as NIST SP 800-63B asks: no composition rules, no forced change. Hashing costs a fraction of a
second and tens of megabytes on purpose, so a process hashes two at a time and lets others wait.
"""

import threading
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from fieldfare.ground.errors import CallerError

SHORTEST, LONGEST = 12, 256
_DIFFERENT = 5
"""Fewest different characters."""
AT_ONCE = 2


def check_password(password: str, name: str) -> None:
    """Raise ``CallerError`` ``password_weak`` for one that would be guessed."""
    told = password.casefold()
    plain = name.split("@", 1)[0].casefold()
    if not SHORTEST <= len(password) <= LONGEST:
        why = f"it has {len(password)} characters; between {SHORTEST} and {LONGEST} are wanted"
    elif len(set(told)) < _DIFFERENT:
        why = f"it has fewer than {_DIFFERENT} different characters"
    elif told.strip() in {name.casefold(), plain * 2} or told.replace(plain, "", 1).strip("0123456789!.-_ ") == "":
        why = "it is made of the name"
    else:
        return
    text = f"This password is easily guessed: {why}. Take a longer one, such as four words that do not belong together."
    raise CallerError("password_weak", text, field="password")


def hash_of_nobody(hasher: PasswordHasher) -> str:
    """Return a hash that no password is known for and that costs as much to compare with as a true one."""
    salt, digest = (b64encode(bytes(length)).decode().rstrip("=") for length in (hasher.salt_len, hasher.hash_len))
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2{hasher.type.name.lower()}$v={ARGON2_VERSION}${costs}${salt}${digest}"


class Passwords:
    """Hashes passwords and compares them."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Hash at argon2's recommended cost; tests give a cheap hasher."""
        self._hasher = hasher if hasher is not None else PasswordHasher()
        self._gate = threading.BoundedSemaphore(AT_ONCE)
        self._nobody = hash_of_nobody(self._hasher)

    def hash(self, password: str) -> str:
        """Return the hash of a password, with its own salt and costs."""
        with self._gate:
            return self._hasher.hash(password)

    def is_right(self, stored: str | None, password: str) -> bool:
        """Return whether the password is the stored one. Takes as long when there is none, so nobody learns that."""
        with self._gate:
            try:
                self._hasher.verify(stored if stored is not None else self._nobody, password[: LONGEST + 1])
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None

    def is_dated(self, stored: str) -> bool:
        """Return whether the hash was made at another cost than now."""
        return self._hasher.check_needs_rehash(stored)
