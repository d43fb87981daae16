"""The courier between a queue in memory and a sink: nothing lost, nothing sent twice, nothing asked for in vain."""

import asyncio
from collections import Counter
from datetime import timedelta

from relay.transport.connections import Pace
from relay.transport.courier import CHUNK, FIRST_CHUNK, Work
from relay.transport.sink import Sink
from relay.transport.smtp import Parcel
from tests.ports import free_port
from tests.shelf import AGES, Shelf, courier, recipients, run, until, working


def test_all_that_is_due_is_sent_once_and_settled_in_small_chunks() -> None:
    async def test() -> None:
        shelf, sink = Shelf(500), Sink()
        async with working(courier(shelf, await sink.start())):
            await until(lambda: shelf.all("delivered"))
        await sink.stop()
        assert recipients(sink) == Counter({parcel.recipient: 1 for parcel in shelf.parcels.values()})
        assert max(shelf.begun) <= CHUNK
        assert max(shelf.limits) <= 3 * CHUNK
        assert sink.connections <= 3
        assert not shelf.notes

    run(test())


def test_it_never_polls_and_a_wake_from_any_thread_sends_at_once() -> None:
    async def test() -> None:
        shelf, sink = Shelf(), Sink()
        carrier = courier(shelf, await sink.start())
        async with working(carrier):
            await until(lambda: len(shelf.limits) == 1)
            for sent in (1, 2):
                claims = len(shelf.limits)
                await asyncio.sleep(0.3)  # a stretch of idleness, in which a poll would show
                assert len(shelf.limits) == claims
                shelf.put()
                await asyncio.to_thread(carrier.wake)
                await sink.wait_for(sent, 10)
                await until(lambda: shelf.all("delivered"))
                assert len(shelf.limits) == claims + 1
        await sink.stop()
        assert sink.connections == 1

    run(test())


def test_what_falls_due_later_is_sent_then_without_a_wake() -> None:
    async def test() -> None:
        shelf, sink = Shelf(), Sink()
        shelf.put(delay=timedelta(seconds=0.2))
        shelf.put(delay=AGES)
        async with working(courier(shelf, await sink.start())):
            await sink.wait_for(1, 10)
            await until(lambda: shelf.states == {0: "delivered", 1: "queued"})
        await sink.stop()
        assert len(shelf.limits) <= 3

    run(test())


def test_a_passed_due_time_that_yields_nothing_is_not_asked_for_in_a_loop() -> None:
    async def test() -> None:
        shelf = Shelf(1)
        asked: list[int] = []

        def held_by_another_node(limit: int) -> Work:
            asked.append(limit)
            return Work(parcels=(), next_due=shelf.due[0])

        carrier = courier(shelf, free_port())
        carrier._claim = held_by_another_node
        async with working(carrier):
            await asyncio.sleep(0.3)  # a stretch in which a loop would show
        assert len(asked) == 1

    run(test())


def test_drain_lets_running_chunks_finish_and_claims_no_more() -> None:
    async def test() -> None:
        shelf, sink = Shelf(1000), Sink()
        carrier = courier(shelf, await sink.start())
        task = asyncio.create_task(carrier.run())
        await sink.wait_for(1, 10)
        await carrier.drain(timedelta(seconds=20))
        await task
        await sink.stop()
        assert "sending" not in shelf.states.values()
        assert sum(recipients(sink).values()) == Counter(shelf.states.values())["delivered"]

    run(test())


def test_what_was_withdrawn_between_claim_and_begin_is_not_sent() -> None:
    async def test() -> None:
        shelf, sink = Shelf(3), Sink()
        carrier = courier(shelf, await sink.start())
        begin = shelf.begin

        def withdraw_then_begin(parcels: tuple[Parcel, ...]) -> tuple[Parcel, ...]:
            shelf.states[1] = "cancelled"
            return begin(parcels)

        carrier._begin = withdraw_then_begin
        async with working(carrier):
            await until(lambda: shelf.all("delivered", "cancelled"))
        await sink.stop()
        assert sorted(recipients(sink)) == ["m0@parks.example", "m2@parks.example"]

    run(test())


def test_an_idle_connection_takes_its_leave() -> None:
    async def test() -> None:
        stages: list[str] = []
        shelf, sink = Shelf(1), Sink(behave=lambda stage, _: stages.append(stage))
        async with working(courier(shelf, await sink.start(), pace=Pace(idle=timedelta(milliseconds=20)))):
            await until(lambda: "quit" in stages)
        await sink.stop()
        assert stages.count("quit") == 1

    run(test())


def test_a_connection_is_renewed_after_so_many_messages() -> None:
    async def test() -> None:
        shelf, sink = Shelf(100), Sink()
        pace = Pace(messages=FIRST_CHUNK)
        async with working(courier(shelf, await sink.start(), connections=1, pace=pace)):
            await until(lambda: shelf.all("delivered"))
        await sink.stop()
        assert 3 <= sink.connections <= 5  # chunks become bigger

    run(test())


def test_a_courier_that_never_ran_can_be_woken_stopped_and_drained() -> None:
    async def test() -> None:
        carrier = courier(Shelf(), free_port())
        carrier.wake()
        carrier.stop()
        await carrier.drain(timedelta())
        await carrier.run()
        carrier.wake()

    run(test())
