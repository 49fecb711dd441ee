"""A real PostgreSQL server for tests: made in a temporary folder, reached through a unix socket, thrown away.

It is not durable (``fsync=off``) unless a test says so, because tests do not cut the power. PostgreSQL refuses to run
as root, so there its programs run as Debian's user ``postgres``.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import URL, create_engine, text

_DEBIAN = Path("/usr/lib/postgresql")
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "''",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "log_min_messages": "fatal",
    "lc_messages": "C",
}


def missing() -> str | None:
    """Return why no server can be started here, or ``None`` when one can."""
    if _programs() is None:
        return "PostgreSQL is not on this machine (no initdb). Install it: apt-get install postgresql"
    if os.geteuid() == 0 and not _has_user():
        return "PostgreSQL does not run as root and there is no user `postgres`. Install Debian's postgresql"
    return None


def give_up(reason: str, *, ci: str) -> NoReturn:
    """Skip the test that asked for a server; where ``CI`` is set, fail it: there nothing may go untested unseen."""
    if ci.lower() in {"1", "true"}:
        pytest.fail(reason)
    pytest.skip(reason)


class PostgresServer:
    """One server in a folder of its own."""

    def __init__(self, **settings: str) -> None:
        """Make the folder and start the server, with other settings where they are given. Takes about two seconds."""
        programs = _programs()
        assert programs is not None, missing()
        self._programs = programs
        # Not pytest's folder: the server's user must be able to reach it, and a socket's path must be short.
        self._folder = Path(tempfile.mkdtemp(prefix="fieldfare-pg-"))
        self._made = 0
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
        data = self._folder / "data"
        self._settings = {**_SETTINGS, **settings}
        self._run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start the server; it must be stopped."""
        options = " ".join(f"-c {name}={value}" for name, value in self._settings.items())
        options += f" -c unix_socket_directories={self._folder}"
        arguments = ["-l", str(self._folder / "log"), "-w", "-t", "60", "-o", options, "start"]
        self._run("pg_ctl", "-D", str(self._folder / "data"), *arguments)

    def halt(self, mode: str) -> None:
        """Stop the server as an operator does (``fast``) or as a crash does (``immediate``); its data stays."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-w", "-m", mode, "stop")

    def pid(self) -> int:
        """Return the id of the server's first process."""
        return int((self._folder / "data" / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy URL of a database on this server."""
        socket = str(self._folder / ".s.PGSQL.5432")
        return URL.create(
            "postgresql+pg8000", username="postgres", database=database, query={"unix_sock": socket}
        ).render_as_string(hide_password=False)

    def create_database(self, like: str = "template1") -> str:
        """Create a database, empty or like another one to which nobody is connected; return its name."""
        self._made += 1
        name = f"test_{self._made}"
        self._statement(f"CREATE DATABASE {name} TEMPLATE {like}")
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        self._statement(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self.halt("immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _statement(self, statement: str) -> None:
        engine = create_engine(self.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def _run(self, program: str, *arguments: str) -> None:
        as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*as_postgres, str(self._programs / program), *arguments]
        # Output goes to a file: a pipe would stay open in the server and never end.
        with (self._folder / f"{program}.out").open("w+") as output:
            done = subprocess.run(
                command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
            )
            output.seek(0)
            assert done.returncode == 0, f"{program} failed: {output.read()}"


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


def _has_user() -> bool:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True
