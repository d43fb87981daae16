"""How the time that something takes grows with its input."""

import math
from collections.abc import Callable
from typing import TypeVar

Input = TypeVar("Input")
ROUNDS = 6


def assert_linear(seconds: Callable[[Input], float], small: Input, large: Input) -> None:
    """Eight times the input may take eight times the time; what is quadratic would take sixty-four times as long.

    Small and large are measured in turns and the best of each counts, so that a busy moment of the machine hits both; what
    is quadratic stays above the bound in every round. Once large is below it, to measure it again could only find it lower.
    """
    fast, slow = seconds(small), math.inf
    for _ in range(ROUNDS):
        slow, fast = min(slow, seconds(large)), min(fast, seconds(small))
        if slow < 24 * fast + 0.02:
            return
    raise AssertionError(f"{slow:.3f} s for eight times the input that takes {fast:.3f} s")
