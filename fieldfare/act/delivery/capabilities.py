"""What each driver can do, told from a channel's configuration alone. Pure.

One table for the channels themselves and for ``validate``: a template that its channel could not communicate accurately
(HTML in a text message, a message with no way out) is refused before anybody gets it. This module opens nothing.
"""

import msgspec

from fieldfare.act.delivery.model import Capabilities, ChannelSpec

LONGEST_SMS = 1_600
"""Characters that Twilio takes in one message; longer ones are refused with its error 21617."""


def capabilities_of(spec: ChannelSpec) -> Capabilities:
    """Return what the channel of this configuration needs and can do."""
    is_phone = spec.address == "phone"
    match spec.driver:
        case "smtp":
            return Capabilities(
                address="email", receipts=spec.receipt_secret is not None, one_click=True, parallel=spec.parallel
            )
        case "sendgrid":
            has_proof = spec.verification_key is not None or spec.is_shadow
            return Capabilities(
                address="email", receipts=has_proof, one_click=True, parallel=spec.parallel, looks_up=True
            )
        case "twilio":
            return Capabilities(
                address="phone",
                receipts=True,
                html=False,
                subject=False,
                opt_out="reply",
                max_length=LONGEST_SMS,
                max_segments=spec.max_segments,
                inbound=True,
                parallel=spec.parallel,
                looks_up=True,
            )
        case "task":
            return Capabilities(
                address="profile",
                receipts=False,
                instant=True,
                html=False,
                links=False,
                looks_up=True,
                keeps_ids=True,
                together=True,
            )
        case "capture" if spec.stands_for not in {None, "capture"}:
            real = capabilities_of(msgspec.structs.replace(spec, driver=spec.stands_for or "", stands_for=None))
            return msgspec.structs.replace(
                real, receipts=False, inbound=False, instant=True, looks_up=True, keeps_ids=True, together=True
            )
        case "capture":
            return Capabilities(
                address=spec.address,
                receipts=False,
                instant=True,
                html=not is_phone,
                one_click=spec.address == "email",
                looks_up=True,
                keeps_ids=True,
                together=True,
            )
        case _:
            return Capabilities(
                address=spec.address,
                receipts=True,
                parallel=spec.parallel,
                looks_up=spec.lookup_url is not None,
                keeps_ids=spec.is_idempotent,
            )
