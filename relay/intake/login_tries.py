"""How long a login must wait for the failed ones before it. No clock: times are arguments, in seconds.

Failures are counted for the account in this network, strictly; for the account in all networks and for the network with all
accounts, leniently, since a botnet spreads its guesses and the members of a whole country's mobile carrier share one
address. A delay doubles with each failure up to a bound, and nothing is ever locked: app passwords hold 128 random bits, so a
guesser gains nothing by the tries that are left, and must not gain the power to keep a member out. Where an account has
logged in before, its password is looked at first and only a wrong one waits.

Accounts are counted as they are written, whether anybody has them or not. Where the account has logged in before, a wrong password
waits as long, counts from its question on among those that wait, and is turned away at the same tick where enough of them do: so
no delay tells who is a member to whoever shares a carrier's address with them.
"""

from collections import Counter, OrderedDict
from dataclasses import dataclass
from hashlib import blake2b

from relay.intake.limits import Storm, network_of

REMEMBERED = 8_192  # failures and successes of each kind; the one that was quiet the longest is forgotten first
HALVED_AFTER = 1_800.0  # seconds in which half of the failures are forgiven
WAITING = 3  # logins of one account from one network that may wait at once; the delay would mean nothing otherwise


@dataclass(frozen=True, slots=True)
class Leniency:
    """What failures of one kind cost: so many are free, the next waits one unit, each after it twice as long."""

    free: int
    most: int

    def units(self, failures: float) -> int:
        """The delay after so many failures, in units."""
        beyond = round(failures) - self.free
        return 0 if beyond < 0 else min(self.most, 1 << min(beyond, 30))


PAIR = Leniency(free=3, most=32)
ACCOUNT = Leniency(free=50, most=8)
NETWORK = Leniency(free=200, most=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """What is known of one login before its password is looked at. `turn_away` means that enough of them wait already."""

    units: int
    known: bool
    turn_away: bool


class _Failures:
    """Failures by key, forgotten when they are old and bounded in number."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def of(self, key: bytes, now: float) -> float:
        count, last = self._counts.get(key, (0.0, now))
        return float(count * 0.5 ** ((now - last) / HALVED_AFTER))

    def add(self, key: bytes, now: float) -> None:
        self._counts[key] = (self.of(key, now) + 1, now)
        self._counts.move_to_end(key)
        if len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)


class LoginTries:
    """The account of one server's logins. Keys are digests: a name of any length costs sixteen octets."""

    __slots__ = ("_accounts", "_known", "_networks", "_pairs", "_storm", "_waiting")

    def __init__(self) -> None:
        self._pairs, self._accounts, self._networks = _Failures(), _Failures(), _Failures()
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._waiting: Counter[bytes] = Counter()
        self._storm = Storm()

    def weigh(self, login: str, ip: str, now: float) -> Weighing:
        """Say how long this login waits: before its password is looked at, or after, where it is known."""
        pair, account, network = _keys(login, ip)
        units = max(
            PAIR.units(self._pairs.of(pair, now)),
            ACCOUNT.units(self._accounts.of(account, now)),
            NETWORK.units(self._networks.of(network, now)),
        )
        return Weighing(units=units, known=pair in self._known, turn_away=units > 0 and self._waiting[pair] >= WAITING)

    def wait(self, login: str, ip: str) -> None:
        """One more waits; `waited` must follow."""
        self._waiting[_keys(login, ip)[0]] += 1

    def waited(self, login: str, ip: str) -> None:
        """One that waited has its turn, or has gone."""
        pair = _keys(login, ip)[0]
        self._waiting[pair] -= 1
        if self._waiting[pair] <= 0:
            del self._waiting[pair]

    def failed(self, login: str, ip: str, now: float) -> None:
        """Count a wrong password, or an unknown account."""
        pair, account, network = _keys(login, ip)
        self._pairs.add(pair, now)
        self._accounts.add(account, now)
        self._networks.add(network, now)

    def succeeded(self, login: str, ip: str) -> None:
        """Remember where this account is at home. No failure is forgotten: who shares the address would notice that it was."""
        pair = _keys(login, ip)[0]
        self._known[pair] = None
        self._known.move_to_end(pair)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def worth_a_line(self, now: float) -> int:
        """Count a failure that could be logged; its number in this minute when it is worth a line, else 0."""
        return self._storm.worth_a_line(now)


def _keys(login: str, ip: str) -> tuple[bytes, bytes, bytes]:
    """The account in its network, the account, the network."""
    account, network = login.casefold().encode("utf-8", "replace"), network_of(ip).encode("ascii")
    return tuple(_digest(one) for one in (network + b" " + account, account, network))  # type: ignore[return-value]


def _digest(octets: bytes) -> bytes:
    return blake2b(octets, digest_size=16).digest()
