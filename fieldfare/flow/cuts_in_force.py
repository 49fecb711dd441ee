"""Keeps the cuts in force what the state says, for whoever is about to change people. Reads; decides nothing.

Every transaction that changes people asks at its start. So a version that another process published, or one whose
commit came through while its answer was lost, is in force for it; and one that was rolled back never is.
"""

from sqlalchemy import Connection

from fieldfare.know.cuts import store as cut_store
from fieldfare.know.cuts.model import CutsInForce


def refresh(connection: Connection, cuts: CutsInForce) -> bool:
    """Put the newest versions in force; return whether somebody has not been brought to them yet."""
    if not cuts.wanted:
        return False
    seq = cut_store.last_seq(connection)
    if seq != cuts.seq:
        cuts.replace(cut_store.latest(connection, cuts.wanted), seq)
    return cut_store.is_waking(connection)
