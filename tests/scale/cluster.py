"""A real Spark standalone cluster on loopback: a master and two workers from the installed package.

Every process is in a group of its own, which is ended with it, executors and all.
"""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from threading import Event

WORKERS = 2
START_S = 90


def missing() -> str | None:
    """Return what a cluster lacks here."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed: `make test-scale` installs it"
    return None if shutil.which("java") else "there is no Java"


class Cluster:
    """A master and its workers, running."""

    def __init__(self, folder: Path) -> None:
        """Start them with their files in ``folder``; returns when all workers are there."""
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        port = _free_port()
        self.url = f"spark://127.0.0.1:{port}"
        try:
            self._start("master", ["Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"])
            self._wait_for("Starting Spark master", 1)
            for number in range(WORKERS):
                work = str(folder / f"work-{number}")
                sizes = ["--cores", "1", "--memory", "1g", "--work-dir", work, "--webui-port", "0"]
                self._start(f"worker-{number}", ["Worker", "--host", "127.0.0.1", *sizes, self.url])
            self._wait_for("Registering worker", WORKERS)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every process and wait for it."""
        for process in reversed(self._processes):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.wait()

    def _start(self, name: str, words: list[str]) -> None:
        spec = find_spec("pyspark")
        assert spec is not None
        assert spec.origin is not None
        home = Path(spec.origin).parent
        kind, *rest = words
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind.lower()}.{kind}", *rest]
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command, env=_environ(home, self._folder), stdout=log, stderr=log, start_new_session=True
            )
        self._processes.append(process)

    def _wait_for(self, said: str, times: int) -> None:
        """Wait until the master has said it so often."""
        for _ in range(START_S * 10):
            if (self._folder / "master.log").read_text(errors="replace").count(said) >= times:
                return
            Event().wait(0.1)
        told = "\n".join(log.read_text(errors="replace")[-2_000:] for log in sorted(self._folder.glob("*.log")))
        message = f"the cluster was not there after {START_S} s:\n{told}"
        raise AssertionError(message)


def _environ(home: Path, folder: Path) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        **({"JAVA_HOME": os.environ["JAVA_HOME"]} if "JAVA_HOME" in os.environ else {}),
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_DAEMON_MEMORY": "256m",
    }


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
