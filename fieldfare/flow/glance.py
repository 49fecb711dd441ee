"""The beginning of a stored document, for those who ask only where somebody is at home and in which audiences.

Reading that much takes a sixth of what the whole document takes. Whatever is unusual is left to the whole decoding and
its errors. Decides nothing and stores nothing.
"""

import msgspec

from fieldfare.flow.work import decode_document
from fieldfare.ground.instants import Instant
from fieldfare.know.profiles.model import SCHEMA, Document


class Glance(msgspec.Struct, array_like=True):
    """The first fields of a document, in its order; what nobody asks for stays as it lies there."""

    schema: int
    traits: msgspec.Raw
    measures: msgspec.Raw
    memberships: dict[str, Instant]
    wakes: msgspec.Raw
    first_seen_at: Instant | None
    last_seen_at: Instant | None
    home_location: str | None


_decode = msgspec.msgpack.Decoder(Glance).decode


def glance_at(profile_id: int, body: bytes) -> Glance | Document:
    """Return what a stored body begins with. Raises as :func:`fieldfare.flow.work.decode_document` does."""
    try:
        found = _decode(body)
    except msgspec.MsgspecError:
        return decode_document(profile_id, body)
    return found if found.schema == SCHEMA else decode_document(profile_id, body)
