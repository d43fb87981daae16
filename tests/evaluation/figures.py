"""Counts with their Wilson bounds, and which of the goals they meet."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from tests.evaluation.corpus import Skeleton

_Z = 1.959963984540054  # the normal quantile of a two-sided 95 % interval
# Slots whose value proves itself by a check digit; three countries' personal numbers have none.
_CHECKED = re.compile(r"\{(?:iban|card|mrz|imei|wallet|national_id)\d?(?:\||\})")
_UNCHECKED_LANGUAGES = frozenset({"vi", "sw", "id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided for one message: the decision's word, its reasons as "code rule (place)", and the milliseconds it took.

    `cpu_ms` is the processor's time alone, which other programs of a busy machine don't lengthen; 0 where it isn't known.
    """

    id: str
    skeleton: Skeleton
    decision: str
    reasons: tuple[str, ...]
    size: int
    elapsed_ms: float
    cpu_ms: float = 0.0

    @property
    def wrong(self) -> bool:
        """Whether it isn't what the policy says; stricter than "hold" counts too."""
        return self.decision != self.skeleton.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many of so many."""

    count: int
    total: int

    @property
    def share(self) -> float:
        """0 to 1; 0 of none is 0."""
        return self.count / self.total if self.total else 0.0

    @property
    def bounds(self) -> tuple[float, float]:
        """The 95 % interval of the share (Wilson, Journal of the American Statistical Association 22 (1927), 209)."""
        if not self.total:
            return 0.0, 1.0
        n, share = self.total, self.share
        middle = (share + _Z * _Z / (2 * n)) / (1 + _Z * _Z / n)
        half = _Z / (1 + _Z * _Z / n) * sqrt(share * (1 - share) / n + _Z * _Z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        if not self.total:
            return "-"
        low, high = self.bounds
        return f"{self.count}/{self.total} {self.share:.1%} ({low * 100:.1f}-{high * 100:.1f})"


def rate(verdicts: Iterable[Verdict], of: Callable[[Verdict], bool], told: Callable[[Verdict], bool]) -> Rate:
    """How many of those `of` are also `told`."""
    chosen = [one for one in verdicts if of(one)]
    return Rate(count=sum(map(told, chosen)), total=len(chosen))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of them doesn't exceed; 0.0 of none."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] if ordered else 0.0


# — whom a figure is about, and what it tells —


def labelled(label: str) -> Callable[[Verdict], bool]:
    """The class of a label. What evades is a class of its own."""
    return lambda one: one.skeleton.label == label and not evades(one)


def evades(one: Verdict) -> bool:
    """Adversarial and not to be relayed."""
    return one.skeleton.kind == "adversarial" and one.skeleton.label != "relay"


def marked(one: Verdict) -> bool:
    """Withheld for its marking, which stands there openly."""
    return "M1" in one.skeleton.codes and not evades(one)


def proves_itself(one: Verdict) -> bool:
    """Withheld, with an identifier that has a check digit."""
    skeleton = one.skeleton
    held_back = skeleton.label == "withhold" and "N2" in skeleton.codes and not evades(one)
    return (
        held_back
        and skeleton.language not in _UNCHECKED_LANGUAGES
        and bool(_CHECKED.search(skeleton.text + skeleton.subject))
    )


def relayed(one: Verdict) -> bool:
    """It went out."""
    return one.decision == "relay"


def held(one: Verdict) -> bool:
    """It waits for a moderator."""
    return one.decision == "hold"


def stopped(one: Verdict) -> bool:
    """It went nowhere, and nobody will look at it."""
    return one.decision not in {"relay", "hold"}


def blocked(one: Verdict) -> bool:
    """It didn't go out at once."""
    return not relayed(one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One goal: what was measured against what was wished."""

    name: str
    measured: float
    limit: float
    unit: str = "%"

    @property
    def met(self) -> bool:
        """Whether it was reached."""
        return self.measured <= self.limit


def goals(verdicts: Sequence[Verdict]) -> tuple[Goal, ...]:
    """The goals for one half, with the times of messages of at most 8 KB."""
    languages = sorted({one.skeleton.language for one in verdicts})

    def worst(of: Callable[[Verdict], bool], told: Callable[[Verdict], bool]) -> tuple[float, str]:
        shares = (
            (rate((one for one in verdicts if one.skeleton.language == language), of, told).share, language)
            for language in languages
        )
        return max(shares, default=(0.0, ""))

    leak, leaking = worst(labelled("withhold"), relayed)
    block, blocking = worst(labelled("relay"), blocked)
    times = [one.elapsed_ms for one in verdicts if one.size <= 8192]

    def percent(of: Callable[[Verdict], bool], told: Callable[[Verdict], bool]) -> float:
        return rate(verdicts, of, told).share * 100

    return (
        Goal(name="explicit markings relayed", measured=percent(marked, relayed), limit=0.0),
        Goal(name="identifiers with a check digit relayed", measured=percent(proves_itself, relayed), limit=0.0),
        Goal(name="withhold class relayed", measured=percent(labelled("withhold"), relayed), limit=1.0),
        Goal(name=f"withhold class relayed, worst language ({leaking})", measured=leak * 100, limit=2.0),
        Goal(name="relay class withheld", measured=percent(labelled("relay"), stopped), limit=0.5),
        Goal(name="relay class held", measured=percent(labelled("relay"), held), limit=3.5),
        Goal(name=f"relay class not relayed, worst language ({blocking})", measured=block * 100, limit=8.0),
        Goal(name="adversarial relayed", measured=percent(evades, relayed), limit=3.0),
        Goal(name="time of a message up to 8 KB, p50", measured=percentile(times, 0.5), limit=5.0, unit="ms"),
        Goal(name="time of a message up to 8 KB, p99", measured=percentile(times, 0.99), limit=20.0, unit="ms"),
        Goal(name="longest time of any message", measured=max(times, default=0.0), limit=20_000.0, unit="ms"),
    )
