"""On which processors processes stay."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from relay import processors


def places(first: int, number: int) -> list[set[int]]:
    """Where so many processes stay that begin to look at the same place, one after the other."""
    found = []
    with ExitStack() as stack:
        for _ in range(number):
            stack.enter_context(processors.on_one(first))
            found.append(os.sched_getaffinity(0))
    return found


def test_each_process_has_a_processor_of_its_own_as_long_as_there_are_any_and_it_is_free_again_when_it_ends(
    monkeypatch,
):
    monkeypatch.setattr(processors, "NAME", f"test in {os.getpid()}")
    allowed = sorted(os.sched_getaffinity(0))
    with ThreadPoolExecutor(1) as thread:  # that this one stays as it is
        *alone, crowded = thread.submit(places, 1, len(allowed) + 1).result()
        again = thread.submit(places, 1, 1).result()
    first = {allowed[1 % len(allowed)]}
    assert sorted(map(sorted, alone)) == [[one] for one in allowed]
    assert [alone[0], crowded, *again] == [first] * 3
    assert sorted(os.sched_getaffinity(0)) == allowed
