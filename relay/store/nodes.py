"""The processes that serve one relay, each with its last sign of life, and the one that leads its scheduled jobs.

    enter ─ sign ─ sign ─ … ─ leave              lead (a token) ─ check before each write ─ step_down

A process gives a sign of life every ten seconds; who gave none for 45 seconds counts as gone. The lead has a token, a number that
grows each time it changes hands: what a leader writes begins with a look whether its token still counts, in the same transaction
(`check`). So one that was paused and has been replaced meanwhile writes nothing any more. Times are the database's.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, insert, select, update

from relay.errors import Superseded, Unavailable
from relay.store.prepared import Prepared
from relay.store.tables import leaders, processes

SILENT = timedelta(seconds=45)  # so long somebody is believed to be there without a sign of life, or to lead
FORGOTTEN = timedelta(days=30)  # so long it is remembered that somebody ended without a word

JOBS = "jobs"  # the role whose processes lead, and what they lead
_TOKEN = Prepared(select(leaders.c.token).where(leaders.c.name == JOBS, leaders.c.token == bindparam("mine")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One role of one node: `boot` is a random word of this run; `place` tells two nodes of the same name apart."""

    node: str
    role: str
    boot: str
    place: str
    version: str
    since: datetime
    seen_at: datetime
    leads: bool

    def is_silent(self, now: datetime) -> bool:
        """Whether it counts as gone."""
        return now - self.seen_at > SILENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a process: who gives signs of life."""

    node: str
    roles: Collection[str]
    boot: str
    place: str
    version: str

    @property
    def holder(self) -> str:
        """Its name as a leader."""
        return f"{self.node}/{self.boot}"


def enter(connection: Connection, run: Run, now: datetime) -> None:
    """Take the node's name for these roles, before anything that another run under this name holds is taken up.

    Raises:
        Unavailable: a process in another place bears the name, and gave a sign of life lately.
    """
    for row in connection.execute(select(processes).where(_of(run))):
        if row.place != run.place and now - row.seen_at <= SILENT:
            raise Unavailable(
                f"a node named {run.node} runs in another place ({row.place}): give each node a [relay] node name of its own;"
                f" if that one has ended, try again in {SILENT.seconds} seconds"
            )
    connection.execute(delete(processes).where(_of(run)))
    facts = {"node": run.node, "boot": run.boot, "place": run.place, "version": run.version}
    connection.execute(
        insert(processes), [facts | {"role": role, "since": now, "seen_at": now} for role in sorted(run.roles)]
    )


def sign(connection: Connection, run: Run, now: datetime) -> bool:
    """Give a sign of life; False when another process has taken the name meanwhile, so that this one must end."""
    seen = update(processes).where(_of(run), processes.c.boot == run.boot).values(seen_at=now)
    return connection.execute(seen).rowcount == len(run.roles)


def leave(connection: Connection, run: Run) -> None:
    """Take leave: nobody need wait until this run counts as gone."""
    connection.execute(delete(processes).where(_of(run), processes.c.boot == run.boot))


def lead(connection: Connection, run: Run, now: datetime) -> int | None:
    """Take the lead, or keep it, once the node's name was taken (`enter`); the token, or None while another node leads."""
    found = connection.execute(select(leaders).where(leaders.c.name == JOBS)).first()
    until = {"until": now + SILENT}
    if found is None:
        connection.execute(insert(leaders).values(name=JOBS, holder=run.holder, token=1, **until))
        return 1
    mine = update(leaders).where(leaders.c.name == JOBS)
    if found.holder == run.holder:
        connection.execute(mine.values(**until))
        return int(found.token)
    if found.until > now and not found.holder.startswith(f"{run.node}/"):  # its own earlier run has ended
        return None
    connection.execute(mine.values(holder=run.holder, token=found.token + 1, **until))
    return int(found.token) + 1


def check(connection: Connection, token: int) -> None:
    """Make sure that this token still counts.

    Raises:
        Superseded: another process leads.
    """
    if _TOKEN.first(connection, {"mine": token}) is None:
        raise Superseded("another process has taken over the scheduled jobs")


def step_down(connection: Connection, token: int, now: datetime) -> None:
    """Give the lead back, if it is still ours; the token is never given again."""
    mine = and_(leaders.c.name == JOBS, leaders.c.token == token)
    connection.execute(update(leaders).where(mine).values(token=token + 1, holder="", until=now))


def list_processes(connection: Connection) -> tuple[Process, ...]:
    """All that are there, or ended without a word, by node and role."""
    holder = connection.execute(select(leaders.c.holder).where(leaders.c.name == JOBS)).scalar()
    rows = connection.execute(select(processes).order_by(processes.c.node, processes.c.role))
    return tuple(
        Process(**row._asdict(), leads=row.role == JOBS and holder == f"{row.node}/{row.boot}") for row in rows
    )


def forget(connection: Connection, now: datetime) -> int:
    """Forget who ended without a word long ago; how many."""
    return connection.execute(delete(processes).where(processes.c.seen_at < now - FORGOTTEN)).rowcount


def _of(run: Run) -> ColumnElement[bool]:
    return and_(processes.c.node == run.node, processes.c.role.in_(sorted(run.roles)))
