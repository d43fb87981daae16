"""A throw-away PostgreSQL server: made by initdb where the tests first need one, as an unprivileged user, gone when they end.

with Server() as server: Database.open(server.database())
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest

from tests.ports import free_port

PATIENCE = 60.0  # seconds that the server may take for anything on a busy machine

# Root may not run a server; Debian's package has made a user who may.
USER: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
NAME = "postgres" if USER else pwd.getpwuid(os.geteuid()).pw_name


def programs() -> Path | None:
    """Where the newest installed server's programs are; None where there is none."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), *Path("/usr/bin").glob("initdb")]
    return max(found, key=_version).parent if found else None


def _version(initdb: Path) -> int:
    return int(initdb.parts[-3]) if initdb.parts[-3].isdecimal() else 0


def require() -> None:
    """Skip the test where there is no PostgreSQL, unless this machine was to have everything."""
    if programs() is None:
        assert os.environ.get("CI") != "true", "PostgreSQL is missing: apt-get install postgresql"
        pytest.skip("there is no PostgreSQL: apt-get install postgresql")


class Server:
    """A server on a free port of loopback.

    Args:
        durable: whether it calls fsync; only a test about durability needs that.
        settings: more lines of postgresql.conf.
    """

    def __init__(self, *, durable: bool = False, settings: Mapping[str, object] | None = None) -> None:
        found = programs()
        assert found is not None
        self._programs = found
        self.folder = Path(tempfile.mkdtemp(prefix="wen-postgresql-"))
        if USER:
            shutil.chown(self.folder, USER["user"], USER["group"])
        self.data = self.folder / "data"
        self.port = free_port()
        self._run("initdb", "--no-sync", "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--username", NAME)
        own = {"port": self.port, "listen_addresses": "'127.0.0.1'", "unix_socket_directories": f"'{self.folder}'"}
        own |= {"autovacuum": "off"}  # statistics of some moment would change plans that tests look at
        own |= {} if durable else {"fsync": "off", "full_page_writes": "off"}
        lines = "".join(f"{name} = {value}\n" for name, value in {**own, **(settings or {})}.items())
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(lines)
        self.start()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "--wait", "--silent", "--log", log)

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; `immediate` is what a crash leaves."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode", mode)

    @property
    def parent(self) -> int:
        """The process that all others are children of."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def children(self) -> list[int]:
        """Its other processes."""
        parent = self.parent
        return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]

    def freeze(self) -> None:
        """Let every process of it stand still: it takes connections and answers nothing."""
        # The parent first: a child that ends from then on stays there until its parent looks after it.
        os.kill(self.parent, signal.SIGSTOP)
        for pid in self.children():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        for pid in self.children():
            os.kill(pid, signal.SIGCONT)
        os.kill(self.parent, signal.SIGCONT)

    def database(self, template: str = "template0") -> str:
        """Make a new database, a copy of another if one is named; its URL."""
        name = f"relay_{secrets.token_hex(6)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def url(self, name: str) -> str:
        """The URL of a database."""
        return f"postgresql+psycopg://{NAME}@127.0.0.1:{self.port}/{name}"

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected."""
        self.ask(f"DROP DATABASE {name_in(url)} WITH (FORCE)")

    def ask(self, sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement outside any transaction."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user=NAME, dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(sql)  # type: ignore[call-overload]  # tests write their SQL themselves
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Stop it and remove all it wrote."""
        if (self.data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._programs / program), "-D", str(self.data), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE, cwd=self.folder, **USER)


def name_in(url: str) -> str:
    """The name of the database in its URL."""
    return url.rpartition("/")[2]
