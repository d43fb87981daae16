"""A relay's story: acts, blows that fall meanwhile, starts anew; after each of them the invariants are looked at.

One relay goes through many trials, each of which begins with what the last one left: so a trial costs one start, and whatever
damage one does is still there for the next to stumble over.
"""

import json
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from relay.errors import Unavailable
from relay.store.engine import Database
from relay.transport import wake
from tests.crash.acts import Act, new_message
from tests.crash.blows import CALLS, KILL, Blow, census, traced
from tests.crash.invariants import database, faults, is_at_rest
from tests.crash.lives import Command, Life, children, comes_to_be, until
from tests.postgresql import Server, name_in
from tests.running import LIST, PATIENCE, Site, Smarthost, send_post

BROKEN = "restart the relay"  # the log's sentence after the disk failed
_SETTLED = ("delivery.sent", "delivery.delayed", "delivery.failed", "delivery.expired")
SOON = 5.0  # seconds
SCANNERS = 2  # [scan] processes
_ALL = ("",)  # one process with every role


@dataclass(frozen=True, slots=True)
class Trial:
    """One blow and what it did: the act, whether it fell at all, and what was answered first (None: nothing)."""

    act: str
    blow: Blow
    fell: bool
    reply: str | None


@dataclass(slots=True)
class Story:
    """See the module. `roles` are those that have a process each; with SQLite one has all."""

    site: Site
    smarthost: Smarthost
    roles: tuple[str, ...] = _ALL
    settings: Mapping[str, str] = field(default_factory=dict)  # as environment variables
    port: int = 0  # of what stands before the next mail server; 0: nothing does
    server: Server | None = None  # the database's, where there is one
    lives: dict[str, Life] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    trials: list[Trial] = field(default_factory=list)
    last_reply: str | None = None

    @property
    def life(self) -> Life:
        """The process that takes mail."""
        return self.lives["smtp" if "smtp" in self.roles else ""]

    def wake(self) -> None:
        """Have every process live; those that were killed, or whose disk failed, are started anew."""
        for role in self.roles:
            if (old := self.lives.get(role)) is not None and not old.over:
                if not self.is_broken:
                    continue
                old.end(9)  # asked politely, it would try for a while to write down what it has sent
            self._live(role)

    def sleep(self) -> None:
        """Stop every process in good order."""
        for life in self.lives.values():
            assert life.over or life.end(15) == 0
        self.lives.clear()

    def close(self) -> None:
        """End whatever lives."""
        for life in self.lives.values():
            life.end(9)

    def send(self, octets: bytes) -> str:
        """Send a post to the list; its reference, "" when it wasn't taken (`last_reply`)."""
        return self.last_reply.split()[2] if self.write(octets, LIST) and self.last_reply else ""

    def write(self, octets: bytes, to: str) -> bool:
        """Send a message to an address of the relay; whether it was taken. What was answered to a post is a promise."""
        self.last_reply = send_post(self.site, self.life.ports["submission"], octets, to)
        taken = (self.last_reply or "").startswith("250 2.0.0")
        if taken and to == LIST:
            assert self.last_reply is not None
            self.answered.add(self.last_reply.split()[2])
        return taken

    def wish(self, reader: str, digest: str) -> None:
        """Set when posts come to a member."""
        assert Command(self.site, "members", "wishes", reader, "--digest", digest).end() == 0

    def decided(self, reference: str) -> str:
        """What was decided about a post, as it stands now."""
        query = "SELECT d.decision FROM decisions d JOIN posts p ON p.id = d.post_id WHERE p.reference = :reference"
        return str(self.ask(query, reference=reference))

    def ask(self, query: str, **values: object) -> Any:
        """One value of the database; None when there is none."""
        with database(self.site) as relay, relay.read() as connection:
            return connection.execute(text(query), values).scalar()

    def has_settled(self, reference: str) -> bool:
        """Whether nothing of a post is due or under way; what waits for another try is."""
        query = (
            "SELECT count(*) FROM deliveries d JOIN posts p ON p.id = d.post_id "
            "WHERE p.reference = :reference AND d.status IN ('queued', 'leased', 'sending')"
        )
        return self.ask(query, reference=reference) == 0

    @property
    def possible_duplicates(self) -> int:
        """How many mails may have come twice, as the relay counts them."""
        return int(self.ask("SELECT sum(possible_duplicate) FROM deliveries") or 0)

    def rest(self) -> None:
        """Wait until the queue is at rest. What waits for another try gets it now: that time passes is not what is tried here."""
        until(self.database_answers)
        with database(self.site) as relay:

            def is_quiet() -> bool:
                with relay.read() as connection:
                    if is_at_rest(connection):
                        return True
                _hurry(relay)
                wake.send(self.site.data / "run" / "wake")
                return False

            until(is_quiet)

    def database_answers(self) -> bool:
        """Whether it can be read now."""
        with suppress(Unavailable):
            return bool(self.ask("SELECT 1"))
        return False

    def let_time_pass(self) -> None:
        """Make what waits for another try due at once."""
        with database(self.site) as relay:
            _hurry(relay)

    def census(self, act: Act, whom: str = "main", *, at_start: bool = False) -> dict[str, int]:
        """How often the busiest thread of a process makes each system call during an act, when nothing breaks."""
        trace = self._trace()
        self._make_ready(act, at_start=at_start)
        with traced(self._pids(whom), ("-e", f"trace={','.join(CALLS)}"), trace):
            self._act(act, None, at_start=at_start)
        self.look(act, Blow("", "", "", whom))
        return census(trace)

    def suffer(self, act: Act, blow: Blow, *, at_start: bool = False) -> Trial:
        """One trial: the act under the blow, the start anew, the act again where it was not confirmed, and a look."""
        trace = self._trace()
        self._make_ready(act, at_start=at_start)
        with ExitStack() as stack:
            if blow.whom != "command":  # which the act itself starts
                stack.enter_context(traced(self._pids(blow.whom), blow.options, trace))
            confirmed, reply = self._act(act, blow, at_start=at_start), self.last_reply
        assert not (self.is_broken and self.send(new_message(self, "Ivory."))), f"a promise after {blow}"
        fell = blow.whom == "command" or blow.has_fallen(trace.read_text("ascii"))
        until(self.database_answers)
        self.wake()
        if not confirmed:
            act.again(self)
        self.look(act, blow)
        self.trials.append(Trial(act=type(act).__name__, blow=blow, fell=fell, reply=reply))
        return self.trials[-1]

    def look(self, act: Act, blow: Blow) -> None:
        """Let the queue come to rest and see that nothing is broken."""
        self.rest()
        found = [*faults(self.site, self.smarthost.sink.received, self.answered, self._folders), *act.wrong(self, blow)]
        assert not found, f"after {blow} at {blow.when}, {act}: {found}"

    def _trace(self) -> Path:
        """Where strace's output goes: beside the relay's own files."""
        path = self.site.data.with_name(f"{self.site.data.name}.trace")
        path.unlink(missing_ok=True)
        return path

    def _make_ready(self, act: Act, *, at_start: bool) -> None:
        """Everything ready for an act; at a start, processes that have not begun."""
        self.wake()
        self.rest()
        act.prepare(self)
        self.last_reply = None
        if at_start:
            self.sleep()
            for role in self.roles:
                self._live(role, stopped=True)
        else:
            self.rest()

    def _act(self, act: Act, blow: Blow | None, *, at_start: bool) -> bool:
        """Do it, and wait until all came of it that can."""
        settled, troubles = self._settled(), self.troubles()
        if at_start:
            for life in self.lives.values():
                life.go_on()
        confirmed = act.do(self, blow)
        if blow and blow.whom in {"parent", "scanners"}:  # what comes of it depends on how far they had come
            return confirmed
        if confirmed or (blow and blow.what == KILL and blow.whom in {"main", *self.roles}):
            # An error may have hit what wakes a thread, which then sleeps until the next tick: that is looked at without strace.
            seconds = PATIENCE if blow is None or blow.what == KILL else SOON
            came = comes_to_be(
                lambda: (
                    any(life.over for life in self.lives.values())
                    or self.is_broken
                    or self._settled() >= settled + act.mails
                    or self.troubles() > troubles
                ),
                seconds,
            )
            assert came or seconds == SOON, f"nothing came of {act}"
        return confirmed

    def _live(self, role: str, *, stopped: bool = False) -> None:
        self.lives[role] = Life(
            self.site, self.port or self.smarthost.port, only=role, settings=self.settings, stopped=stopped
        )

    def _pids(self, whom: str) -> list[int]:
        if whom == "command":
            return []
        if whom == "main":
            return [life.pid for life in self.lives.values()]
        if whom == "backends":
            until(lambda: len(self._backends()) >= len(self.roles))  # after a server's new start each role comes again
            return self._backends()
        if whom in self.roles:
            return [self.lives[whom].pid]
        parents = self.life.children
        if whom == "parent":
            return parents
        until(lambda: len(self._scanners()) == SCANNERS)  # whoever has just served makes room for a fresh one
        return self._scanners()

    @property
    def _folders(self) -> tuple[Path, ...]:
        return (self.server.folder,) if self.server else ()

    def _backends(self) -> list[int]:
        """The database server's processes that serve this relay."""
        assert self.server is not None
        name = name_in(self.site.database).encode()

        def serves(pid: int) -> bool:
            with suppress(OSError):  # one that has just ended
                return name in Path(f"/proc/{pid}/cmdline").read_bytes()
            return False

        return [pid for pid in self.server.children() if serves(pid)]

    def _scanners(self) -> list[int]:
        return [pid for parent in self.life.children for pid in children(parent)]

    @property
    def is_broken(self) -> bool:
        """Whether a process that lives has said that its disk failed."""
        return BROKEN in self._log().rpartition('"service.ready"')[2]

    def _log(self) -> str:
        return (self.site.data / "service.log").read_text("utf-8")

    def troubles(self) -> int:
        """How often deliveries met trouble of ours: an error has fallen by then, and what it hit may wait for minutes."""
        return self._log().count('"delivery.trouble"')

    def _settled(self) -> int:
        """How many deliveries were settled, by the log: before a kill nobody else may hold the database open."""
        rows = [json.loads(line) for line in self._log().splitlines() if line.startswith("{") and '"delivery.' in line]
        return sum(len(row["recipients"]) for row in rows if row["event"] in _SETTLED)


def _hurry(relay: Database) -> None:
    """What is due later is due now."""
    query = text("UPDATE deliveries SET next_attempt_at = :now WHERE status = 'queued' AND next_attempt_at > :now")
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    relay.write(lambda connection: connection.execute(query, {"now": now}).rowcount)
