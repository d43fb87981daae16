"""What is done again and again goes on, whatever goes wrong once and whatever the machine's clock is set to."""

import threading
from datetime import timedelta

from apscheduler.schedulers import base

from relay import ticking
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
    assert not set(calls) & {thread.name for thread in threading.enumerate()}


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


def test_a_clock_that_is_set_back_by_an_hour_stops_nothing(monkeypatch):
    """As far as the scheduler can tell, now is an hour before what it had planned."""
    calls, again = [], threading.Event()
    real = ticking.datetime

    class SetBack(real):
        @classmethod
        def now(cls, tz=None):
            return real.now(tz) - timedelta(hours=len(calls) > 0)

    def job():
        calls.append(True)
        if len(calls) == 3:
            again.set()

    monkeypatch.setattr(ticking, "datetime", SetBack)
    monkeypatch.setattr(base, "datetime", SetBack)
    end = every(timedelta(milliseconds=10), job, name="tick", at_once=True)
    assert again.wait(PATIENCE)
    end()
