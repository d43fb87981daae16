"""One member's messages on their way to the scanners: they wait for each other, and never for long take what others need."""

import threading
from contextlib import ExitStack

import pytest

from relay.app import AT_ONCE, Turn
from relay.errors import Busy
from relay.intake.handler import POSTS_AT_ONCE
from tests.integration.service import eventually


def test_of_one_member_s_messages_one_is_read_a_few_wait_and_the_next_is_put_off_at_once():
    """Somebody who sends photos over a hundred connections would else hold every thread in which posts are judged."""
    turn, done, served = Turn(), threading.Event(), []

    def take():
        with turn.taken():
            assert done.wait(20)
            served.append(threading.get_ident())

    threads = [threading.Thread(target=take) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    try:
        eventually(lambda: turn._places._value == 0)
        with ExitStack() as stack, pytest.raises(Busy):
            stack.enter_context(turn.taken())
        assert AT_ONCE <= POSTS_AT_ONCE // 4, "and most threads are left to the others"
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert len(served) == AT_ONCE
    with turn.taken():
        assert turn._places._value == AT_ONCE - 1
