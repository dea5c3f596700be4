"""A real PostgreSQL server in a temporary folder, reached by a socket in it: no port, no other user's data.

It starts in about a second. PostgreSQL refuses to run as root, who therefore runs it as ``postgres`` (or
``nobody``). The kernel ends it when the process that started it dies, in whatever way.

``python tests/servers/postgres_server.py`` prints a URL and serves until its standard input ends (for
``benchmarks/frontier.py``); commits then wait for the disk, as they should.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

HOW_TO_INSTALL = "apt-get install -y --no-install-recommends postgresql"
PATIENCE_S = 60
"""How long it may take to start: many times what it takes on a machine busy with other tests."""
_PR_SET_PDEATHSIG = 1


def programs() -> Path:
    """Return the folder of ``initdb`` and ``postgres``: Debian keeps them off the PATH."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].split(".")[0])
    )
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise AssertionError(f"PostgreSQL is not installed. Run this once:\n  sudo {HOW_TO_INSTALL}")


@contextlib.contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """Serve for the length of the block; give an SQLAlchemy URL.

    ``durable``: commits wait for the disk. Tests need not: no power cut is played here.
    """
    binaries, account = programs(), _account()
    with tempfile.TemporaryDirectory(prefix="mandegar-pg-", ignore_cleanup_errors=True) as name:
        folder, data = Path(name), Path(name) / "data"
        if account:
            os.chown(folder, account["user"], account["group"])
        common: dict[str, Any] = {
            "cwd": folder,
            "stdin": subprocess.DEVNULL,
            "env": _environment(),
            **account,
        }
        made = subprocess.run(
            [binaries / "initdb", "--no-sync", "--auth=trust", "--username=mandegar", "--encoding=UTF8",
             "--locale=C", f"--pgdata={data}"],
            capture_output=True, text=True, check=False, **common,
        )  # fmt: skip
        assert made.returncode == 0, made.stdout + made.stderr
        settings = {"listen_addresses": "", "unix_socket_directories": name, "max_connections": "50"}
        if not durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        told = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        log = folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [binaries / "postgres", "-D", data, *told],
                stdout=output, stderr=subprocess.STDOUT, preexec_fn=_end_with_parent, **common,  # noqa: PLW1509 - no threads yet
            )  # fmt: skip
        try:
            _wait(process, name, log)
            yield f"postgresql+psycopg://mandegar@/postgres?host={name}"
        finally:
            # At once: whoever is still connected is cut off, and nothing needs to be kept.
            process.send_signal(signal.SIGQUIT)
            process.wait(PATIENCE_S)


def _wait(process: subprocess.Popen[bytes], folder: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            psycopg.connect(host=folder, user="mandegar", dbname="postgres", connect_timeout=5).close()
        except psycopg.OperationalError:
            over = process.poll() is not None or time.monotonic() > until
            assert not over, f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-3000:]}"
            time.sleep(0.02)
        else:
            return


def _account() -> dict[str, Any]:
    """Return whom to run it as: for root somebody else."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise AssertionError("PostgreSQL does not run as root, and there is no user postgres or nobody")


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def _end_with_parent() -> None:
    _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def main() -> None:
    with postgres_server(durable=True) as url:
        print(url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
