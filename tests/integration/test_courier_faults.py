"""The courier when the smarthost, the network or the database fails it."""

import asyncio
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from relay.errors import Unavailable
from relay.transport.connections import Pace
from relay.transport.courier import FIRST_CHUNK
from relay.transport.sink import DROP, STALL, Sink
from relay.transport.wire import Timeouts
from tests.ports import free_port
from tests.shelf import AGES, BRISK, Shelf, courier, recipients, run, until, working


def test_a_killed_and_restarted_smarthost_loses_nothing_and_doubles_only_what_is_known_to_be_doubtful() -> None:
    async def test() -> None:
        shelf, sink = Shelf(300), Sink()
        port = await sink.start()
        async with working(courier(shelf, port)):
            for received in (40, 120, 200):
                await sink.wait_for(received, 20)
                await sink.stop()
                await until(lambda: bool(shelf.notes))
                shelf.notes.clear()
                await sink.start(port=port)
            await until(lambda: shelf.all("delivered"))
        await sink.stop()
        got = recipients(sink)
        assert set(got) == {parcel.recipient for parcel in shelf.parcels.values()}
        assert all(times <= 1 + shelf.doubtful[recipient] for recipient, times in got.items())

    run(test())


def test_while_the_smarthost_is_away_waits_grow_and_no_attempt_is_counted() -> None:
    async def test() -> None:
        shelf = Shelf(100, retry=timedelta())
        async with working(courier(shelf, free_port())):
            await until(lambda: len(shelf.notes) >= 6)
        waits = [facts["retry_seconds"] for event, facts in shelf.notes if event == "delivery.smarthost_away"]
        assert waits[:6] == [0.01, 0.02, 0.04, 0.08, 0.08, 0.08]
        assert not +shelf.attempts  # plus leaves out the zeros
        assert shelf.limits[1:6] == [FIRST_CHUNK] * 5

    run(test())


def test_a_wake_does_not_shorten_the_wait_of_a_smarthost_that_is_away() -> None:
    async def test() -> None:
        shelf = Shelf(1, retry=timedelta())
        carrier = courier(shelf, free_port(), pace=Pace(first_wait=AGES, longest_wait=AGES))
        async with working(carrier):
            await until(lambda: bool(shelf.notes))
            for _ in range(20):
                carrier.wake()
                await asyncio.sleep(0.005)
            assert len(shelf.limits) == 1

    run(test())


def test_one_slow_recipient_holds_up_no_other_connection() -> None:
    async def test() -> None:
        shelf = Shelf()
        shelf.put("snail")
        sink = Sink(behave=lambda stage, what: STALL if (stage, what) == ("rcpt", "snail@parks.example") else None)
        carrier = courier(shelf, await sink.start(), pace=BRISK)
        async with working(carrier):
            await until(lambda: shelf.states[0] == "sending" and sink.connections == 1)
            for _ in range(100):
                shelf.put()
            carrier.wake()
            await sink.wait_for(100, 20)
            await until(lambda: Counter(shelf.states.values()) == {"delivered": 100, "sending": 1})
            await carrier.drain(timedelta())
        await sink.stop()
        assert shelf.states[0] == "queued"
        assert not shelf.attempts[0]

    run(test())


def test_cutting_the_smarthost_off_settles_what_is_known_and_what_is_doubtful() -> None:
    async def test() -> None:
        shelf, answered = Shelf(5), count(1)
        sink = Sink(behave=lambda stage, _: STALL if stage == "after-dot" and next(answered) == 3 else None)
        task = asyncio.create_task(courier(shelf, await sink.start()).run())
        await sink.wait_for(3, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await sink.stop()
        assert Counter(shelf.states.values()) == {"delivered": 2, "queued": 3}
        assert list(shelf.doubtful) == ["m2@parks.example"]

    run(test())


def test_cutting_off_ends_the_wait_for_a_greeting() -> None:
    async def test() -> None:
        shelf, sink = Shelf(1), Sink(behave=lambda stage, _: STALL)
        carrier = courier(shelf, await sink.start())
        task = asyncio.create_task(carrier.run())
        await until(lambda: sink.connections == 1)
        await carrier.drain(timedelta())
        await task
        await sink.stop()
        assert shelf.states == {0: "queued"}

    run(test())


@pytest.mark.parametrize("call", ["claim", "begin", "settle"])
def test_a_database_that_is_away_for_a_while_costs_nothing_but_time(call: str) -> None:
    async def test() -> None:
        shelf, sink = Shelf(30), Sink()
        shelf.faults[call] = [Unavailable("the database is locked")] * 3
        async with working(courier(shelf, await sink.start())):
            await until(lambda: shelf.all("delivered"))
        await sink.stop()
        assert set(recipients(sink).values()) == {1}
        assert [event for event, _ in shelf.notes] == ["delivery.trouble"] * 3

    run(test())


def test_a_database_that_stays_away_does_not_keep_the_courier_from_ending() -> None:
    async def test() -> None:
        shelf, sink = Shelf(1), Sink()
        shelf.faults["settle"] = [Unavailable("the disk is gone")] * 1_000_000
        carrier = courier(shelf, await sink.start())
        task = asyncio.create_task(carrier.run())
        await until(lambda: bool(shelf.notes))
        await carrier.drain(timedelta())
        await task
        await sink.stop()
        assert shelf.notes[-1][1]["retry_seconds"] is None
        assert shelf.states == {0: "sending"}

    run(test())


@pytest.mark.parametrize("call", ["claim", "begin", "settle"])
def test_a_bug_ends_the_courier_rather_than_send_again_and_again(call: str) -> None:
    async def test() -> None:
        shelf, sink = Shelf(1), Sink()
        shelf.faults[call] = [KeyError("no such column")]
        with pytest.raises(KeyError):
            await courier(shelf, await sink.start()).run()
        await sink.stop()
        assert len(sink.received) == (1 if call == "settle" else 0)

    run(test())


def test_a_kept_connection_that_died_unseen_is_replaced_without_a_wait() -> None:
    async def test() -> None:
        shelf, sink = Shelf(1), Sink()
        port = await sink.start()
        carrier = courier(shelf, port, pace=Pace(first_wait=AGES))
        async with working(carrier):
            await until(lambda: shelf.all("delivered"))
            await sink.stop()
            await sink.start(port=port)
            shelf.put()
            carrier.wake()
            await until(lambda: shelf.all("delivered"))
        await sink.stop()
        assert not shelf.notes

    run(test())


def test_a_server_that_takes_one_message_a_connection_gets_one_a_connection() -> None:
    async def test() -> None:
        shelf, sink = Shelf(10), Sink()
        served: Counter[int] = Counter()

        def behave(stage: str, _: str) -> str | None:
            if stage == "mail":
                served[sink.connections] += 1
            return "421 4.7.0 one message each" if stage == "mail" and served[sink.connections] > 1 else None

        sink.behave = behave
        async with working(courier(shelf, await sink.start(), connections=1, pace=Pace(first_wait=AGES))):
            await until(lambda: shelf.all("delivered"))
        await sink.stop()
        assert set(recipients(sink).values()) == {1}
        assert sink.connections == 10

    run(test())


@pytest.mark.parametrize("answer", [DROP, "421 4.7.0 not now"])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("poisons", [1, 3, 25])
def test_parcels_that_break_every_connection_do_not_keep_the_others_back(poisons: int, stage: str, answer: str) -> None:
    async def test() -> None:
        shelf, poisoned = Shelf(retry=AGES), False
        for _ in range(poisons):
            shelf.put("poison")
        for _ in range(30):
            shelf.put()

        def behave(at: str, what: str) -> str | None:
            nonlocal poisoned
            if at == "mail":
                poisoned = int(what.partition("+")[2].partition("@")[0]) < poisons
            return answer if at == stage and poisoned else None

        sink = Sink(behave=behave)
        async with working(courier(shelf, await sink.start(), connections=1)):
            await until(lambda: Counter(shelf.states.values())["delivered"] == 30)
        await sink.stop()
        assert {shelf.states[key] for key in range(poisons)} <= {"queued", "leased"}
        assert set(recipients(sink).values()) == {1}

    run(test())


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("stage", ["dot", "after-dot"])
def test_a_reply_to_the_dot_that_is_lost_again_and_again_stops_nothing(number: int, stage: str) -> None:
    async def test() -> None:
        shelf, faults = Shelf(number, retry=timedelta()), count()
        sink = Sink(behave=lambda at, _: DROP if at == stage and next(faults) < 4 else None)
        async with working(courier(shelf, await sink.start(), connections=1)):
            await until(lambda: shelf.all("delivered"))
        await sink.stop()
        got = recipients(sink)
        assert all(times <= 1 + shelf.doubtful[recipient] for recipient, times in got.items())

    run(test())


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_a_smarthost_that_ends_every_session_is_waited_for_and_not_stormed(stage: str) -> None:
    async def test() -> None:
        shelf = Shelf(100, retry=timedelta())
        sink = Sink(behave=lambda at, _: "421 4.3.2 overloaded" if at == stage else None)
        async with working(courier(shelf, await sink.start(), connections=1)):
            await until(lambda: len([one for one in shelf.notes if one[0] == "delivery.smarthost_away"]) >= 4)
            connections = sink.connections
        await sink.stop()
        waits = [facts["retry_seconds"] for event, facts in shelf.notes if event == "delivery.smarthost_away"]
        assert waits[:4] == [0.01, 0.02, 0.04, 0.08]
        assert connections <= 2 * (len(waits) + 1)

    run(test())


def test_a_smarthost_that_falls_silent_is_told_of_and_waited_for() -> None:
    async def test() -> None:
        shelf = Shelf(1, retry=AGES)
        sink = Sink(behave=lambda stage, _: STALL if stage == "connect" else None)
        pace = Pace(timeouts=Timeouts(greeting=timedelta(milliseconds=50)))
        async with working(courier(shelf, await sink.start(), pace=pace)):
            await until(lambda: bool(shelf.notes))
        await sink.stop()
        assert shelf.notes[0][0] == "delivery.smarthost_away"
        assert "no reply" in str(shelf.notes[0][1]["reason"])

    run(test())


def test_one_recipient_that_a_server_keeps_waiting_delays_no_other() -> None:
    """Neither those of its own transaction, nor those behind it on the same connection."""

    async def test() -> None:
        shelf, sink = (
            Shelf(60, retry=AGES),
            Sink(behave=lambda stage, what: STALL if (stage, what[:3]) == ("rcpt", "m7@") else None),
        )
        pace = replace(BRISK, patience=timedelta(milliseconds=100), timeouts=Timeouts(shared=timedelta(seconds=30)))
        async with working(courier(shelf, await sink.start(), connections=1, pace=pace)):
            await until(lambda: Counter(shelf.states.values()) == {"delivered": 59, "sending": 1})
            assert shelf.states[7] == "sending"
            assert not shelf.notes
            await sink.stop()
        assert recipients(sink) == Counter({one.recipient: 1 for key, one in shelf.parcels.items() if key != 7})
        assert shelf.attempts[7] == 1

    run(test())


def test_what_a_server_answered_before_it_hung_up_is_told_once_while_the_next_connection_gets_no_greeting() -> None:
    async def test() -> None:
        shelf, taken = Shelf(4, retry=AGES), count(1)

        def behave(stage: str, _: str) -> str | None:
            if stage == "mail":
                return DROP if next(taken) == 3 else None
            return STALL if stage == "connect" and sink.connections > 1 else None

        sink = Sink(behave=behave, extensions=())
        pace = replace(BRISK, patience=timedelta(milliseconds=20), timeouts=Timeouts(greeting=timedelta(seconds=0.3)))
        async with working(courier(shelf, await sink.start(), connections=1, pace=pace)):
            await until(lambda: bool(shelf.notes))
        await sink.stop()
        assert recipients(sink) == Counter({"m0@parks.example": 1, "m1@parks.example": 1})
        assert shelf.attempts == Counter({0: 1, 1: 1, 2: 0, 3: 0})

    run(test())


def test_recipients_who_share_a_transaction_wait_only_so_long_for_one_of_them() -> None:
    async def test() -> None:
        shelf = Shelf(0, retry=AGES)
        for _ in range(30):
            shelf.put(mail_from="list-bounces+post@relay.example")
        sink = Sink(behave=lambda stage, what: STALL if (stage, what[:3]) == ("rcpt", "m7@") else None)
        pace = replace(BRISK, timeouts=Timeouts(shared=timedelta(milliseconds=100)))
        async with working(courier(shelf, await sink.start(), connections=1, pace=pace)):
            await until(lambda: Counter(shelf.states.values()) == {"delivered": 29, "queued": 1})
        await sink.stop()
        assert recipients(sink) == Counter({one.recipient: 1 for key, one in shelf.parcels.items() if key != 7})
        assert shelf.attempts[7] == 1

    run(test())


def test_chunks_grow_where_the_server_is_fast_and_are_small_where_it_is_slow() -> None:
    async def sizes(seconds: float) -> list[int]:
        shelf, sink = Shelf(400), Sink(behave=lambda stage, _: time.sleep(seconds) if stage == "dot" else None)
        async with working(courier(shelf, await sink.start(), connections=1)):
            await until(lambda: len(shelf.begun) >= 4)
        await sink.stop()
        return shelf.begun

    assert max(asyncio.run(sizes(0.0))) > FIRST_CHUNK
    assert min(asyncio.run(sizes(0.02))[1:]) < FIRST_CHUNK
