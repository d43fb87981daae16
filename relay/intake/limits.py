"""The numbers that bound one server, and the small accounts kept against them. No clock: times are arguments."""

import ipaddress
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

ERRORS = 20  # Postfix's smtpd_hard_error_limit
COMMANDS = 500
LETTERS, LETTERS_OF_ONE = 60, 6  # to the postmaster in an hour: in all, and from one network
RETURNS, RETURNS_OF_ONE = 100_000, 120  # messages to copies' own return paths in an hour: in all, and to one of them
RETURNS_OF_POST = 600  # to one that a post's copies share, whatever stands behind its seal
RETURNS_AT_ONCE, RETURN_OCTETS = 250, 16 << 20  # to such paths: that were answered and wait to be read
CLAIMS, CLAIMS_OF_ONE = 20_000, 120  # messages that the DNS is asked about in an hour: in all, and from one network
STRANGER_OCTETS = (
    1 << 20
)  # of a message from a client without a login or our trust: enough for a report of ours that came back
IDLE_COMMANDS = 100  # Postfix's smtpd_junk_command_limit
LOGIN_TRIES = 3
STORM = 20  # events of one kind in a minute that are worth a line each in the log
_MINUTE = 60.0

_IDLE_VERBS = frozenset({"NOOP", "RSET", "HELP", "VRFY", "EXPN", "EHLO", "HELO"})


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeLimits:
    """What one server takes.

    `idle` bounds the wait for one whole command line, or for one reply to be read; `handshake` that for TLS,
    `proxy_header` that for a PROXY header. `login_delay` is the first delay of a login after failed ones (`login_tries`);
    what tells a stranger how a login stands is said a whole number of `login_tick` after they asked.
    A message must come at `data_rate` octets a second, averaged over each `data_window`, and be there after
    `data_longest`. After `session_longest` a connection ends at its next pause.
    """

    max_message_octets: int
    max_in_flight_octets: int
    max_recipients: int
    max_connections: int
    max_connections_per_ip: int
    idle: timedelta = timedelta(minutes=5)  # RFC 5321 §4.5.3.2.7
    handshake: timedelta = timedelta(seconds=30)
    login_delay: timedelta = timedelta(seconds=1)
    login_tick: timedelta = timedelta(milliseconds=20)
    proxy_header: timedelta = timedelta(seconds=5)
    data_rate: int = 1024
    data_window: timedelta = timedelta(minutes=1)
    data_longest: timedelta = timedelta(hours=1)
    session_longest: timedelta = timedelta(hours=2)


class OctetBudget:
    """Octets of messages that may be in memory at once, over all sessions; or one member's share of them."""

    __slots__ = ("_free", "_whole")

    def __init__(self, octets: int, whole: "OctetBudget | None" = None) -> None:
        self._free = octets
        self._whole = whole

    @property
    def free(self) -> int:
        """What is left."""
        return self._free

    def take(self, octets: int) -> bool:
        """Take so many, or none when they are not there."""
        if octets > self._free or not (self._whole is None or self._whole.take(octets)):
            return False
        self._free -= octets
        return True

    def give_back(self, octets: int) -> None:
        """End a use that `take` began."""
        self._free += octets
        if self._whole:
            self._whole.give_back(octets)


class Reservation:
    """One message's share of the budget; it grows with the message and is released once."""

    __slots__ = ("_budget", "_octets")

    def __init__(self, budget: OctetBudget) -> None:
        self._budget = budget
        self._octets = 0

    def grow_to(self, octets: int) -> bool:
        """Hold at least so many; False when the budget has no room, and nothing changes."""
        missing = octets - self._octets
        if missing <= 0:
            return True
        if not self._budget.take(missing):
            return False
        self._octets = octets
        return True

    def hand_over(self) -> "Reservation":
        """Pass what is held on to a new owner, who will release it; this one holds nothing any more."""
        heir = Reservation(self._budget)
        heir._octets, self._octets = self._octets, 0
        return heir

    def release(self) -> None:
        """Give all back."""
        self._budget.give_back(self._octets)
        self._octets = 0


class Patience:
    """How much one connection may ask for before it has to bring a message; a message that was taken renews it."""

    __slots__ = ("_commands", "_errors", "_idle")

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Start to count afresh."""
        self._commands = self._errors = self._idle = 0

    def count_command(self, verb: str) -> None:
        """One more command was sent."""
        self._commands += 1
        self._idle += verb in _IDLE_VERBS

    def count_reply(self, code: int) -> None:
        """Permanent refusals are errors of the client's; a 4yz is ours or a limit that honest clients meet."""
        self._errors += code >= 500

    @property
    def ended(self) -> bool:
        """Whether the next command is one too many."""
        return self._errors >= ERRORS or self._commands >= COMMANDS or self._idle >= IDLE_COMMANDS


class Pace:
    """When the next octets of a message must be there at the latest; in seconds of any clock that never steps."""

    __slots__ = ("_end", "_needed", "_octets", "_window", "_window_end")

    def __init__(self, now: float, limits: IntakeLimits) -> None:
        self._window = limits.data_window.total_seconds()
        self._needed = self._window * limits.data_rate
        self._end = now + limits.data_longest.total_seconds()
        self._window_end = now + self._window
        self._octets = 0

    @property
    def due(self) -> float:
        """When to look again even if nothing has come."""
        return min(self._window_end, self._end)

    def keeps_up(self, now: float, octets: int) -> bool:
        """Count octets that came (0 when `due` passed without any) and say whether the client is fast enough."""
        self._octets += octets
        if now >= self._end:
            return False
        if now < self._window_end:
            return True
        fast_enough = self._octets >= self._needed
        self._octets = 0
        self._window_end = now + self._window
        return fast_enough


class HourlyRate:
    """How often something may be done in an hour, in all and for each client network or member; each hour is counted afresh.

    It remembers no more of them than it allows in all. Thread-safe.
    """

    __slots__ = ("_each", "_hour", "_lock", "_overall", "_spent")

    def __init__(self, overall: int, each: int) -> None:
        self._overall = overall
        self._each = each
        self._hour = 0.0
        self._spent: Counter[str] = Counter()
        self._lock = threading.Lock()

    def allows(self, ip: str, now: float) -> bool:
        """Count one more of a client's network, at a time in seconds of any clock that never steps, unless it is one too many."""
        return self.allows_one(network_of(ip), now)

    def allows_one(self, whose: str, now: float) -> bool:
        """Count one more of whoever it is by name, as `allows` does."""
        with self._lock:
            if now // 3600 != self._hour:
                self._hour = now // 3600
                self._spent.clear()
            if self._spent.total() >= self._overall or self._spent[whose] >= self._each:
                return False
            self._spent[whose] += 1
            return True


class Storm:
    """Which of many events of a kind are worth a line: in a storm only each doubling is, so that nobody can fill the log."""

    __slots__ = ("_minute", "_of_minute")

    def __init__(self) -> None:
        self._minute, self._of_minute = -_MINUTE, 0

    def worth_a_line(self, now: float) -> int:
        """Count one more, at a time in seconds of any clock that never steps; its number in this minute when it is worth a line, else 0."""
        if now - self._minute >= _MINUTE:
            self._minute, self._of_minute = now, 0
        self._of_minute += 1
        beyond, rest = divmod(self._of_minute, STORM)
        return self._of_minute if beyond == 0 or (rest == 0 and beyond & (beyond - 1) == 0) else 0


class Connections:
    """How many connections are open, in all and for each client network.

    What belongs to a listed proxy itself counts in all alone: its clients' connections pass through it.
    """

    __slots__ = ("_by_network", "_limits")

    def __init__(self, limits: IntakeLimits) -> None:
        self._limits = limits
        self._by_network: Counter[str] = Counter()

    def admit(self, ip: str, *, proxy: bool = False) -> bool:
        """Count one more from this address, unless a cap is reached."""
        network = "proxy" if proxy else network_of(ip)
        full = self._by_network.total() >= self._limits.max_connections
        if full or (not proxy and self._by_network[network] >= self._limits.max_connections_per_ip):
            return False
        self._by_network[network] += 1
        return True

    def leave(self, ip: str, *, proxy: bool = False) -> None:
        """One that was admitted has ended."""
        network = "proxy" if proxy else network_of(ip)
        self._by_network[network] -= 1
        if not self._by_network[network]:
            del self._by_network[network]


def network_of(ip: str) -> str:
    """One IPv6 client commonly owns a whole /64 and would escape a cap on single addresses."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))
