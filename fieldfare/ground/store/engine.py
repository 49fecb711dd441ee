"""Making an engine, the same way for state and log: an error shows no parameter, a lost connection no traceback.

SQLAlchemy's pool logs what goes wrong while it puts away a connection that is lost already. Whoever used the connection
raises that failure in our own words, so the pool stays silent.
"""

import logging
from typing import Any

from sqlalchemy import Engine, create_engine

STATEMENTS = 512
"""Prepared statements that a connection to SQLite keeps: some have a text for each of several numbers of rows."""


def open_engine(url: str, *, alone_s: float | None = None) -> Engine:
    """Return the engine of a URL; it connects when it is used. Connections to a server are looked at before use.

    ``alone_s``: there is one connection, and whoever wants it meanwhile waits for it, at most so long.
    """
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL + 1)
    # Last in, first out: a connection's cache stays warm, and connections that are seldom needed stay small. A database
    # in memory has one connection for all.
    pool: dict[str, Any] = {} if url == "sqlite://" else {"pool_use_lifo": True}
    if alone_s is not None:
        pool |= {"pool_size": 1, "max_overflow": 0, "pool_timeout": alone_s}
    if url.startswith("sqlite"):
        pool["connect_args"] = {"cached_statements": STATEMENTS}
    return create_engine(url, pool_pre_ping=url.startswith("postgresql"), hide_parameters=True, **pool)
