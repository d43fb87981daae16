"""What is done again and again goes on, whatever goes wrong once and whatever the machine's clock is set to."""

import threading
from datetime import timedelta

from relay.ticking import every

PATIENCE = 30.0


def test_it_is_called_at_once_and_again_until_it_is_ended_whatever_it_raises():
    calls, twice = [], threading.Event()

    def job():
        calls.append(threading.current_thread().name)
        if len(calls) == 3:
            twice.set()
        raise KeyError("once")

    end = every(timedelta(milliseconds=1), job, name="tick", at_once=True)
    assert twice.wait(PATIENCE)
    end()
    assert set(calls) == {"tick"}
    assert "tick" not in {thread.name for thread in threading.enumerate()}


def test_the_first_call_waits_for_the_pause_and_an_end_waits_for_the_call_that_is_under_way():
    began, go, done = threading.Event(), threading.Event(), []

    def job():
        began.set()
        assert go.wait(PATIENCE)
        done.append(True)

    every(timedelta(hours=1), job, name="late")()
    assert not began.is_set()
    end = every(timedelta(milliseconds=1), job, name="now")
    assert began.wait(PATIENCE)
    threading.Timer(0.01, go.set).start()
    end()
    assert done
