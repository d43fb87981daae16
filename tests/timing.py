"""Can two things be told apart by the time that they take? By ranks, so that a busy machine's stragglers count for little."""

from collections.abc import Callable, Collection, Sequence

ROUNDS = 3
# Of 40 samples each, alike things differ by so much once in some half a million comparisons, by their standard deviation of 0.065.
BOUND = 0.31


def superiority(some: Sequence[float], others: Sequence[float]) -> float:
    """How often one of `some` takes longer than one of `others`: 0.5 for what is alike (Mann and Whitney's U by all pairs)."""
    wins = sum((one > other) + 0.5 * (one == other) for one in some for other in others)
    return wins / (len(some) * len(others))


def are_told_apart(some: Sequence[float], others: Sequence[float]) -> bool:
    """Whether the times of two kinds differ by more than chance brings."""
    return abs(superiority(some, others) - 0.5) > BOUND


def always(told_apart: Callable[[], Collection[str]]) -> set[str]:
    """What is told apart in each of three rounds: a real difference is there every time, what else the machine does is not."""
    found = set(told_apart())
    for _ in range(ROUNDS - 1):
        found = found & set(told_apart()) if found else found
    return found
