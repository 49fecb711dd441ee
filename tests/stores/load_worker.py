"""A process that loads a file into the stores of a folder, slowly enough to be killed; for the resume tests."""

import sys
from pathlib import Path

import msgspec

from fieldfare.assembly.loads import StateLoadNotes
from fieldfare.collect.load import LoadOptions, load
from fieldfare.collect.mapping import FileMapping
from fieldfare.collect.model import Envelope
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.log.ports import Entry
from fieldfare.ground.log.sqlite import SqliteLog
from fieldfare.ground.store import metadata, open_state


def seal(envelope: Envelope) -> Entry:
    """Return the envelope as an entry, in clear: the tests look into it."""
    return Entry(envelope.received_at, msgspec.msgpack.encode(envelope))


def main(folder: Path, file: Path, mapping: FileMapping) -> None:
    """Load the file; say after every round that there was one."""
    state = open_state(f"sqlite:///{folder / 'state.sqlite'}")
    metadata.create_all(state.engine)
    log = SqliteLog(folder / "log.sqlite")

    def told() -> bool:
        print("round", flush=True)
        return False

    load(file, mapping, log.append, seal, SystemClock(), StateLoadNotes(state), LoadOptions(stop=told))
    print("done", flush=True)
    log.close()
    state.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), msgspec.json.decode(sys.argv[3], type=FileMapping))
