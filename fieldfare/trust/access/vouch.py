"""Whom a provider's answer lets in: from its claims and the users there are, the user as they are now. Pure.

A user is known by the provider's own id of them (issuer and subject), never by a name that could be given to somebody
else. Somebody who was invited and has no password yet is taken over when the provider has verified the e-mail address
that is their sign-in name. Others become users only when a claim gives them a role.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Instant
from fieldfare.trust.access.admit import is_name, kept_name
from fieldfare.trust.access.model import Oidc, Role, User


class Vouched(NamedTuple):
    """The user as they are now, and whether they are new."""

    user: User
    is_new: bool


def name_in(claims: Mapping[str, Any]) -> str | None:
    """Return the sign-in name that claims tell: the e-mail address, when the provider has verified it."""
    email = claims.get("email")
    name = kept_name(email) if isinstance(email, str) and claims.get("email_verified") is True else ""
    return name if is_name(name) else None


def roles_in(claims: Mapping[str, Any], oidc: Oidc) -> tuple[Role, ...]:
    """Return the roles that the claim gives."""
    told = claims.get(oidc.roles_claim) if oidc.roles_claim is not None else None
    values = told if isinstance(told, list) else [told]
    return tuple(sorted({oidc.roles[each] for each in values if isinstance(each, str) and each in oidc.roles}))


def vouched(
    claims: Mapping[str, Any], oidc: Oidc, known: User | None, named: User | None, new_id: str, now: Instant
) -> Vouched:
    """Return who signs in; ``known``: the user of the subject, ``named``: the user of the verified address.

    Raises ``CallerError`` ``vouched_unknown``.
    """
    subject = str(claims["sub"])
    if known is not None and known.disabled_at is None:
        return Vouched(known, is_new=False)
    name, roles = name_in(claims), roles_in(claims, oidc)
    is_invited = named is not None and named.password is None and named.issuer is None and named.disabled_at is None
    if known is None and named is not None and is_invited:
        return Vouched(msgspec.structs.replace(named, issuer=oidc.issuer, subject=subject), is_new=False)
    if known is None and named is None and name is not None and roles:
        shown = claims.get("name")
        made = User(
            id=new_id,
            name=name,
            display_name=shown if isinstance(shown, str) and shown.strip() else name,
            roles=roles,
            created_at=now,
            issuer=oidc.issuer,
            subject=subject,
        )
        return Vouched(made, is_new=True)
    text = "The provider vouches for you, and nobody has let you in here. Ask whoever manages users for an invitation."
    raise CallerError("vouched_unknown", text, status=403)
