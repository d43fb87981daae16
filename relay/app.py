"""The composition root: settings become a running service; start, reload, drain, stop.

Longer than most files, so that all that is started, reloaded and stopped stands on one page.

flock ─ resources ─ recover ─ scanners ─ doors ─ courier ─ jobs ─ "ready"      SIGHUP reload      SIGTERM drain
"""

import asyncio
import contextlib
import gc
import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Literal
from zlib import crc32

from relay import gauges, heap, jobs
from relay.actions.admit import admit, is_gateway, takes_from_servers
from relay.actions.bounce import REPORT_OCTETS, bounce
from relay.actions.certify import recognise, represented
from relay.actions.deliver import Outbox
from relay.actions.leases import BEAT
from relay.actions.leave import leave_by_click
from relay.actions.login import authenticate, enter, find_account
from relay.actions.prove import prove
from relay.actions.receive import receive
from relay.afterwards import Afterwards
from relay.delivery.bounce import read_post_path
from relay.detectors.facts import Facts
from relay.errors import Busy, ConfigurationError, DnsError, RelayError, Unavailable
from relay.intake.handler import Doors
from relay.intake.limits import (
    CLAIMS,
    CLAIMS_OF_ONE,
    LETTERS,
    LETTERS_OF_ONE,
    RETURN_OCTETS,
    RETURNS,
    RETURNS_AT_ONCE,
    RETURNS_OF_ONE,
    RETURNS_OF_POST,
    HourlyRate,
    Storm,
)
from relay.intake.server import SmtpServer, configured
from relay.intake.tls import load_tls
from relay.lookout import Lookout
from relay.mail.address import Address
from relay.mail.auth_results import AuthenticationResults
from relay.mail.envelope import Client, Envelope
from relay.mail.reply import NO_ANSWER, NO_SCANNER, NO_SUCH_ADDRESS, TAKEN, TOO_BIG, Reply
from relay.maillog import bug, note, tell
from relay.measures import Key, Report
from relay.policy.post import Scan
from relay.policy.vocabulary import patterns_of
from relay.presence import Presence
from relay.processors import on_one
from relay.reads import read_less_at_once
from relay.resources import Resources, load_definitions, load_resources, load_smarthost
from relay.roster.destination import Purpose
from relay.roster.login import Login, SubmissionDoors
from relay.roster.member import Member
from relay.scan.pool import ScannerPool
from relay.senders.evidence import NOTHING, Evidence
from relay.senders.lookup import Lookup
from relay.settings import Settings, is_within, load_settings
from relay.store import leases, mailing_lists, stops
from relay.store.disk import Reserve, only_one
from relay.ticking import every
from relay.transport.connections import Pace
from relay.transport.courier import Courier
from relay.transport.wake import bind_ear, listen
from relay.web.health import Health, judge_delivery
from relay.web.leave import leave_desk
from relay.web.metrics import MetricsDesk, page, this_process
from relay.web.reports import Reporter, others
from relay.web.server import WebServer

ROLES = gauges.ROLES
DRAIN = timedelta(seconds=20)
READ_UP = 5.0  # seconds in which reports that were answered are still begun when all ends
SCANNER_WAIT = timedelta(seconds=30)
# Objects after which the collector looks for garbage: Python's 700 are a few copies, of which most are still being sent.
COLLECTED_AFTER = 10_000
# Messages of one member that are read or wait for it: each holds one of the threads that all members share.
AT_ONCE = 16
# Clicks that leave a list, in an hour: in all, and with the addresses of one member. They aren't counted by their client, because
# behind a proxy all come from one.
CLICKS, CLICKS_OF_ONE = 20_000, 30


# Seconds from the end of a scan to the answer, for who has no proof: what is looked up and written in between for a member and for
# nobody takes some milliseconds more or less, and must not tell them apart. A big message takes longer to seal and to write down.
EVENED = 0.5
EVENED_OCTETS = 10_000_000  # for each second more


class Turn:
    """One member's way to the scanners: one message at a time, a few more wait, all others are put off at once."""

    def __init__(self) -> None:
        """Nobody is there yet."""
        self._places = threading.Semaphore(AT_ONCE)
        self._scanner = threading.Lock()

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a scanner.

        Raises:
            Busy: too many wait, or this one has waited for too long.
        """
        if not self._places.acquire(blocking=False):
            raise Busy("too many of this member's messages wait to be read")
        try:
            if not self._scanner.acquire(timeout=SCANNER_WAIT.total_seconds()):
                raise Busy("this member's other message is still being read")
            try:
                yield
            finally:
                self._scanner.release()
        finally:
            self._places.release()


class Service:
    """One running `wen-relay serve`. Everything that a reload changes is behind `resources`, one reference."""

    def __init__(self, site_file: Path, resources: Resources, roles: tuple[str, ...]) -> None:
        """Take the loaded resources; nothing is opened yet."""
        self.resources = resources
        self._site_file = site_file
        self._roles = roles
        settings = resources.settings
        self._scanners = ScannerPool(
            processes=settings.scan.processes,
            memory=settings.scan.memory,
            deadline=settings.scan.deadline,
            definitions=load_definitions(resources.settings, resources.ruleset),
            measures=resources.measures,
        )
        self._reserve = Reserve(settings.disks.values(), settings.smtp.min_free_octets, note)
        self._turns: dict[str, Turn] = {}
        self._letters = HourlyRate(LETTERS, LETTERS_OF_ONE)
        self._forged = Storm()
        self._clicks = HourlyRate(CLICKS, CLICKS_OF_ONE)
        self._returns = HourlyRate(RETURNS, RETURNS_OF_ONE)
        self._shared_returns = HourlyRate(RETURNS, RETURNS_OF_POST)
        self._reports = Afterwards(RETURNS_AT_ONCE, RETURN_OCTETS)
        self._strangers = HourlyRate(CLAIMS, CLAIMS_OF_ONE)
        self._courier: Courier | None = None
        self._outbox: Outbox | None = None
        self._server: SmtpServer | None = None
        self._wake: Callable[[], None] = lambda: None  # the courier's, where this process delivers
        self._presence = Presence(lambda: self.resources, roles, alone=settings.database_url.startswith("sqlite"))
        self._lookout = Lookout(roles)
        self._away_since: float | None = None  # monotonic seconds
        self._stopping = asyncio.Event()
        self._replaced = False
        self._changing = threading.Lock()  # held while `resources` is read to be replaced
        self._reloads: set[asyncio.Task[None]] = set()

    async def run(self, ready: Callable[[dict[str, int]], None]) -> None:
        """Serve until SIGTERM or SIGINT; `ready` gets the ports once every door is open."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._start_reload)
        async with AsyncExitStack() as stack:
            stack.callback(tell(self.resources.measures.heard))
            stack.callback(tell(self._lookout.heard))
            await asyncio.to_thread(self._prepare)
            stack.push_async_callback(asyncio.to_thread, self._finish)
            ports = await self._open_doors(stack)
            heap.settle()
            ready(ports)
            note("service.ready", doors=[f"{name}:{port}" for name, port in ports.items()])
            await self._stopping.wait()
            note("service.draining")
        note("service.stopped")
        if self._replaced:
            raise Unavailable(
                "another process has taken this node's name: give each node a [relay] node name of its own"
            )

    def _prepare(self) -> None:
        """Synchronise the lists and take up what the last run left."""
        resources, now = self.resources, self.resources.now()
        self._presence.enter()
        patterns_of(resources.ruleset.words)  # compiled now, so that the first post doesn't wait for it
        node = resources.settings.relay.node
        resources.database.write(
            lambda connection: mailing_lists.sync(connection, node, tuple(resources.known_lists.values()), now)
        )
        resources.database.announces = "delivery" not in self._roles
        if "delivery" in self._roles:
            recovered = resources.database.write(lambda connection: leases.recover(connection, node, now))
            if recovered:
                note("delivery.recovered", possible_duplicates=recovered)

    def _finish(self) -> None:
        """Sign the end of the audit chain and take leave of the other processes; the database closes last."""
        with self._changing, contextlib.suppress(RelayError):
            jobs.sign_head(self.resources, self.resources.now())
            self._presence.leave()
        self.resources.database.close()

    async def _open_doors(self, stack: AsyncExitStack) -> dict[str, int]:
        """Open what the roles name, in an order in which each finds what it needs; they close in reverse."""
        ports: dict[str, int] = {}
        # Until all is closed: what is still being sent while a node drains is to be taken over by nobody.
        beating = every(BEAT, partial(self._beat, asyncio.get_running_loop()), name="beat")
        stack.push_async_callback(asyncio.to_thread, beating)
        if "delivery" in self._roles:
            await self._start_delivery(stack)
        if "smtp" in self._roles:
            await asyncio.to_thread(self._scanners.start)
            stack.push_async_callback(asyncio.to_thread, self._scanners.close)
            if walls := self._scanners.sandbox():
                note("scanner.sandbox", seccomp=walls.seccomp, unprivileged=walls.unprivileged)
            ports |= await self._start_smtp(stack)
        if "web" in self._roles and (port := self.resources.settings.web.port) != 0:
            host, any_free = self.resources.settings.web.host, port == "auto"
            desk = leave_desk(self._leave, self.resources.catalogues.values())
            doors = partial(self._submission_doors, ports)
            metrics = MetricsDesk(lambda: self.resources.settings.web.metrics, self._page_of_metrics)
            web = WebServer(host, 0 if any_free else int(port), self._health, doors, desk, metrics)
            stack.push_async_callback(asyncio.to_thread, web.close)
            ports["web"] = web.port
        elif "web" not in self._roles:
            run = self.resources.settings.data / "run"
            reporter = await asyncio.to_thread(Reporter, run, "-".join(self._roles), self._report)
            stack.push_async_callback(asyncio.to_thread, reporter.close)
        ticking = every(jobs.TICK, self._tick, name="tick", at_once=True)
        stack.push_async_callback(asyncio.to_thread, ticking)
        return ports

    async def _start_smtp(self, stack: AsyncExitStack) -> dict[str, int]:
        listeners, limits = configured(self.resources.settings.smtp)
        server = SmtpServer(
            listeners=listeners,
            limits=limits,
            doors=Doors(
                authenticate=self._authenticate,
                find_account=lambda login: find_account(self.resources, login),
                enter=self._enter,
                admit=self._admit,
                receive=self._receive,
                note=note,
                has_room=self._reserve.has_room,
                trusts=lambda client: is_gateway(self.resources.settings, client),
                recognise=lambda certificate: recognise(self.resources, certificate, self.resources.now()),
                represented=lambda gateway, address: represented(
                    self.resources, gateway, address, self.resources.now()
                ),
                takes_from_servers=lambda: takes_from_servers(self.resources),
                is_proxy=lambda ip: is_within(ip, self.resources.settings.smtp.proxies),
                measures=self.resources.measures,
            ),
            tls=load_tls(self.resources.settings, self.resources.now()),
            hostname=self.resources.settings.relay.domain,
        )
        stack.push_async_callback(asyncio.to_thread, self._read_what_waits)
        ports = await server.start()
        self._server = server
        stack.push_async_callback(server.close)
        stack.push_async_callback(server.drain, DRAIN)
        return {str(kind): port for kind, port in ports.items()}

    async def _start_delivery(self, stack: AsyncExitStack) -> None:
        settings = self.resources.settings
        outbox = Outbox(lambda: self.resources, boot=secrets.token_hex(4))
        courier = Courier(
            smarthost=load_smarthost(settings),
            connections=settings.delivery.connections,
            claim=outbox.claim,
            begin=outbox.begin,
            settle=outbox.settle,
            note=note,
            pace=Pace(clock=self.resources.database.now),
        )
        self._wake, self._courier, self._outbox = courier.wake, courier, outbox
        ear = bind_ear(settings.data / "run" / "wake")
        stack.callback((await listen(ear, courier.wake)).close)
        deaf = await asyncio.to_thread(self.resources.database.listen, courier.wake)
        stack.push_async_callback(asyncio.to_thread, deaf)
        running = asyncio.get_running_loop().create_task(courier.run())
        running.add_done_callback(
            lambda _: self._stopping.set()
        )  # a courier that can't go on ends the service, and says why below

        async def finish() -> None:
            await courier.drain(DRAIN)
            try:
                await running
            except Exception as error:
                bug(error, "delivery")
                raise
            with jobs.trouble_noted("give_back"):
                await asyncio.to_thread(outbox.leases.give_back)

        stack.push_async_callback(finish)

    def _authenticate(self, login: str, password: str) -> Login | None:
        return authenticate(self.resources, login, password, self.resources.now())

    def _enter(self, password_id: str) -> Login | None:
        return enter(self.resources, password_id, self.resources.now())

    def _admit(
        self,
        address: Address,
        member: Member | None,
        client: Client,
        mail_from: Address | None,
        earlier: Sequence[Address],
    ) -> Reply | None:
        resources = self.resources
        refused = admit(resources, address, member, client, mail_from, earlier, resources.now())
        to = resources.destination(address) if refused is NO_SUCH_ADDRESS else None
        forged = to is not None and to.purpose is Purpose.RETURN_PATH
        if forged:
            self.resources.measures.count("bounces", "forged")
            if number := self._forged.worth_a_line(monotonic()):
                note("bounce.forged", ip=client.ip, number=number)
        return refused

    def _receive(
        self, envelope: Envelope, client: Client, authentication: AuthenticationResults | None, octets: bytes
    ) -> Reply:
        """The journey's steps 4 to 10. One member holds one scanner at a time, so that nobody can take them all."""
        resources, now = self.resources, self.resources.now()
        to = resources.destination(envelope.rcpt_to[0])
        purpose = to.purpose if to else None
        is_letter = purpose is Purpose.POSTMASTER
        if purpose is Purpose.RETURN_PATH and (reply := self._put_by(envelope.rcpt_to[0], octets, now)):
            return reply
        scanned = 0.0

        def scan(octets: bytes, facts: Facts) -> Scan:
            if is_letter and not self._letters.allows(client.ip, monotonic()):
                raise Busy("enough was written to the postmaster in this hour")
            nonlocal scanned
            # Who has proved nothing by now leaves nothing here: their posts, answers and letters each hold one scanner together.
            author = None if is_letter or isinstance(proof, Evidence) else proof.address.key
            turn = self._turns.setdefault(author or str(purpose), Turn())
            with resources.measures.timed("stage_seconds", "scan"), turn.taken():
                try:
                    return self._scanners.scan(octets, facts, last=author is None)
                finally:
                    scanned = monotonic()

        proof: AuthenticationResults | Evidence = NOTHING
        try:
            with resources.measures.timed("stage_seconds", "prove"):
                proof = authentication or prove(resources, self._enquire, envelope, client, octets, now)
            return receive(resources, scan, envelope, client, proof, octets, now)
        except Busy:
            note("post.busy")
            return NO_SCANNER
        except DnsError:
            note("post.no_answer", ip=client.ip)
            return NO_ANSWER
        finally:
            self._wake()  # also when something failed behind the commit: what is committed is due
            if scanned and isinstance(proof, Evidence) and purpose is Purpose.POST:
                until = scanned + EVENED + len(octets) / EVENED_OCTETS
                threading.Event().wait(until - monotonic())  # which nobody sets: what is left of the time

    def _put_by(self, return_path: Address, octets: bytes, now: datetime) -> Reply | None:
        """Bound what comes to a return path, and answer at one that copies share; None for what is read before the answer.

        Who has such a path could learn by the time to the answer to whom else the post went.
        """
        path = read_post_path(return_path, self.resources.keys.verp)
        whose = str(path.post_id) if path else return_path.key
        if not (self._shared_returns if path else self._returns).allows_one(whose, monotonic()):
            note("bounce.ignored", why="too many")
            return NO_SCANNER
        if path is None:
            return None
        if len(octets) > REPORT_OCTETS:
            return TOO_BIG
        if self._reports.take(len(octets), partial(self._read_later, return_path, octets, now)):
            return TAKEN
        note("bounce.ignored", why="too many at once")
        return NO_SCANNER

    def _read_later(self, return_path: Address, octets: bytes, now: datetime) -> None:
        try:
            bounce(self.resources, return_path, octets, now)
        except RelayError:
            note("bounce.ignored", why="unavailable")
        finally:
            self._wake()

    def _read_what_waits(self) -> None:
        """The reports that were answered, before all ends."""
        if undone := self._reports.close(READ_UP):
            note("bounce.ignored", why="stopped", number=undone)

    @contextlib.contextmanager
    def _enquire(self, client: Client) -> Iterator[Lookup]:
        """The DNS for one message without a login."""
        if not self._strangers.allows(client.ip, monotonic()):
            raise Busy("enough was asked for this client in this hour")
        with self.resources.enquiries.of_one_message() as lookup:
            yield lookup

    def _health(self) -> Health:
        """Whether posts can be taken and leave: database and disk serve, scanners live, the courier takes up what is due."""
        try:
            waiting = jobs.oldest_due(self.resources, self.resources.now())
            with self.resources.database.read() as connection:
                stopped = len(stops.stopped(connection)) or None
        except RelayError:
            return Health("unavailable")
        if "smtp" in self._roles and not self._reserve.has_room(0):
            return Health("unavailable", why="disk")
        ready = "smtp" not in self._roles or self._scanners.ready()
        if not (ready and self.resources.database.can_write):
            return Health("unavailable")
        alarms = self.resources.settings.alarms
        health = judge_delivery(waiting, self._away_for(), alarms) if self._courier else Health("ok")
        return replace(health, lists_stopped=stopped)

    def _away_for(self) -> timedelta | None:
        """Since so long the smarthost is away, as far as anybody has looked; None while it isn't."""
        if self._courier is None or not self._courier.smarthost_is_away:
            self._away_since = None
            return None
        self._away_since = self._away_since or monotonic()
        return timedelta(seconds=monotonic() - self._away_since)

    def _page_of_metrics(self) -> bytes:
        """What this process and those beside it report, and how the database stands."""
        own = self._report()
        own = replace(own, gauges={**own.gauges, **gauges.of_database(self.resources, self.resources.now())})
        reports = {"relay" if self._roles == ROLES else "-".join(self._roles): own}
        return page(reports | dict(others(self.resources.settings.data / "run")))

    def _report(self) -> Report:
        measures = self.resources.measures
        asked: dict[Key, float] = dict(gauges.of_machine(self.resources))
        if self._server:
            asked["connections_open", ()] = self._server.connections_open
            asked["intake_has_room", ()] = int(self._reserve.has_room(0))
            asked["scanners_ready", ()] = int(self._scanners.ready())
        if self._courier:
            asked["smarthost_away", ()] = int(self._courier.smarthost_is_away)
        self._measure_ends()
        return Report(
            counts=measures.counts(),
            times=measures.times(),
            gauges=measures.marks() | asked,
            process=this_process(),
        )

    def _submission_doors(self, open_here: Mapping[str, int]) -> SubmissionDoors:
        """Where mail programs connect: the ports that are open in this process, or that another one has by the settings."""
        settings = self.resources.settings
        wished = {"submission": settings.smtp.submission_port, "submissions": settings.smtp.submissions_port}
        ports = {name: open_here.get(name) or (0 if port == "auto" else port) for name, port in wished.items()}
        return SubmissionDoors(host=settings.public_host, **ports)

    def _leave(self, path: str) -> Literal["taken", "too many"]:
        """A click on a list's one-click address."""

        def allowed(member_id: str) -> bool:
            return self._clicks.allows_one(member_id, monotonic())

        try:
            return leave_by_click(self.resources, path, self.resources.now(), allowed)
        finally:
            self._wake()

    def _tick(self) -> None:
        """Take up new keys, in every role; do what is due, in that of the jobs, where this process leads."""
        now = self.resources.now()
        with self._changing:
            self.resources = jobs.renew(self.resources, now, make=self._presence.leading() is not None)
        if leading := self._presence.leading():
            jobs.run_due(leading, now)
        self._measure_ends()
        with jobs.trouble_noted("look"):
            self._lookout.tick(self.resources, now, leads=leading is not None, away=self._away_for() is not None)
        self._wake()

    def _measure_ends(self) -> None:
        with jobs.trouble_noted("measure"):
            if self._outbox:
                self._outbox.measure_ends()

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        with jobs.trouble_noted("beat"):
            if not self._presence.beat():
                self._replaced = True
                loop.call_soon_threadsafe(self._stopping.set)
            if self._outbox and self._outbox.beat():
                self._wake()

    def _start_reload(self) -> None:
        """SIGHUP: read anew beside the event loop, so that no session waits for files and the database."""
        task = asyncio.get_running_loop().create_task(asyncio.to_thread(self._reload))
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    def _reload(self) -> None:
        """Build new resources, validate all of them, swap one reference; on a fault keep the old and say why."""
        with self._changing:
            try:
                self._replace()
            except RelayError as error:
                note("service.reload_refused", reason=str(error))
            except Exception as error:  # noqa: BLE001  (a bug here must not take the old settings away)
                bug(error, "reload")

    def _replace(self) -> None:
        fresh = load_resources(load_settings(self._site_file), self.resources.database)
        fresh = replace(fresh, measures=self.resources.measures)
        definitions = load_definitions(fresh.settings, fresh.ruleset)
        parent = self._scanners.try_out(definitions) if self._server else None
        try:
            self._swap(fresh)
        except BaseException:
            if parent:
                parent.close()
            raise
        if parent:
            self._scanners.use(parent)
        note("service.reloaded")

    def _swap(self, fresh: Resources) -> None:
        tls = load_tls(fresh.settings, self.resources.now()) if self._server else None
        node, definitions = fresh.settings.relay.node, tuple(fresh.known_lists.values())
        fresh.database.write(lambda connection: mailing_lists.sync(connection, node, definitions, fresh.now()))
        self.resources = fresh
        if self._server and tls:
            self._server.use(tls)


def serve(site_file: Path, settings: Settings, only: tuple[str, ...], ready: Callable[[dict[str, int]], None]) -> None:
    """Run the service until it is told to stop.

    Raises:
        ConfigurationError: settings, lists, keys or schema are wrong.
        Unavailable: another service runs on this data directory, or the database or a port can't be had.
    """
    roles = only or ROLES
    if only and settings.database_url.startswith("sqlite"):
        raise ConfigurationError("--only needs PostgreSQL: with SQLite one process runs every role")
    with contextlib.ExitStack() as locks:
        for role in roles:
            locks.enter_context(only_one(settings.data / "run" / f"{role}.lock"))
        # Containers don't see each other's names, and have the same path: so all that tells processes apart says where to begin.
        relay = f"{settings.relay.domain} {settings.relay.node}".encode()
        locks.enter_context(on_one(crc32(bytes(settings.data), crc32(relay)) + min(map(ROLES.index, roles))))
        resources = load_resources(settings)
        gc.set_threshold(COLLECTED_AFTER)
        read_less_at_once()
        try:
            asyncio.run(Service(site_file, resources, roles).run(ready))
        except OSError as error:
            raise Unavailable(
                f"a port can't be opened: {error.strerror}: change [smtp] or [web] in {site_file}, or stop what uses it"
            ) from None
