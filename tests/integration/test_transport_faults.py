"""The SMTP client against servers that fail in every way we could think of."""

import asyncio
import socket
from dataclasses import replace
from itertools import count

import pytest

from relay.delivery.delivery import Action, Outcome
from relay.transport.sink import DROP, STALL, Sink
from relay.transport.smtp import Connection
from relay.transport.wire import STANDARD_TIMEOUTS, SmarthostError, Timeouts
from tests.faults import PIPELINING, Talk, raw_server, saying
from tests.ports import free_port
from tests.sending import (
    OK,
    SOON,
    at,
    parcel,
    run,
    send,
    smarthost,
    through_raw,
    through_sink,
    verp,
)


@pytest.mark.parametrize(
    ("stage", "reached"),
    [("mail", [True, False, False]), ("rcpt", [True, True, False]), ("data", [True, True, False])],
)
@pytest.mark.parametrize("fault", [DROP, "421 4.3.2 shutting down"])
def test_a_loss_before_the_dot_is_an_attempt_of_the_message_that_was_talked_about_and_of_no_later_one(
    stage: str, reached: list[bool], fault: str
) -> None:
    seen = count(1)
    sink = Sink(behave=lambda now, _: fault if now == stage and next(seen) == 2 else None)
    outcomes = through_sink(sink, verp(3))
    assert [outcome.reached for outcome in outcomes] == reached
    assert [outcome.action for outcome in outcomes] == [Action.DELIVERED, Action.DELAYED, Action.DELAYED]
    assert not any(outcome.ambiguous for outcome in outcomes)
    assert len(sink.received) == 1


@pytest.mark.parametrize("stage", ["dot", "after-dot"])
def test_a_lost_reply_to_the_dot_is_told_as_doubtful(stage: str) -> None:
    sink = Sink(behave=at(stage, DROP))
    doubtful, *others = through_sink(sink, verp(3))
    assert (doubtful.action, doubtful.reached) == (Action.DELAYED, True)
    assert doubtful.reply.startswith("no reply after the message was sent")
    assert [(outcome.action, outcome.reached) for outcome in others] == [(Action.DELAYED, False)] * 2
    assert len(sink.received) == (1 if stage == "after-dot" else 0)


def test_a_421_to_the_dot_is_an_answer() -> None:
    outcomes = through_sink(Sink(behave=at("dot", "421 4.3.2 shutting down")), verp(2))
    assert outcomes[0] == Outcome(action=Action.DELAYED, reply="421 4.3.2 shutting down")
    assert not outcomes[1].reached


def test_a_demand_for_a_login_is_not_held_against_the_copy() -> None:
    outcomes = through_sink(Sink(behave=at("mail", "530 5.7.0 log in first")), verp(1))
    assert outcomes == [Outcome(action=Action.DELAYED, reply="530 5.7.0 log in first", reached=False)]


def test_a_message_cut_off_in_its_middle_is_an_attempt_and_cannot_have_arrived() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await saying(PIPELINING, OK, OK, b"354 go on\r\n")(reader, writer)
        await reader.readexactly(100_000)
        writer.transport.abort()

    octets = (b"a" * 70 + b"\r\n") * 1_000_000
    outcomes = through_raw(talk, [parcel(octets=octets)])
    assert [(outcome.action, outcome.reached, outcome.ambiguous) for outcome in outcomes] == [
        (Action.DELAYED, True, False)
    ]


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello there\r\n",
        b"250-ok\r\n251 ok\r\n",
        b"250 ok\n",
        b"250-more\r\n" * 101,
        b"354 what\r\n",
        b"250 " + b"a" * 10_000_000 + b"\r\n",
        b"a" * 10_000_000,
        b"\0\xff\r\n",
    ],
    ids=["words", "codes differ", "bare LF", "101 lines", "misplaced 354", "10 MB line", "10 MB without end", "binary"],
)
def test_after_a_reply_that_is_garbage_nothing_is_sent(garbage: bytes) -> None:
    outcomes = through_raw(saying(PIPELINING, garbage, OK, b"354 go on\r\n", OK), verp(2))
    assert [(outcome.action, outcome.reached) for outcome in outcomes] == [(Action.DELAYED, False)] * 2
    assert all(len(outcome.reply) <= 300 for outcome in outcomes)


def test_garbage_in_place_of_the_last_250_is_doubtful() -> None:
    (outcome,) = through_raw(saying(PIPELINING, OK, OK, b"354 go on\r\n", b"thanks!\r\n"), [parcel()])
    assert (outcome.action, outcome.reached) == (Action.DELAYED, True)


def test_a_250_in_place_of_the_354_means_that_nothing_is_sent() -> None:
    (outcome,) = through_raw(saying(PIPELINING, OK, OK, OK), [parcel()])
    assert (outcome.action, outcome.reached, outcome.ambiguous) == (Action.DELAYED, True, False)


def test_what_a_hostile_server_says_is_kept_printable() -> None:
    reply = "550 \x1b[31mno\x07 é".encode() + b" x" * 400 + b"\r\n"
    (outcome,) = through_raw(saying(PIPELINING, OK, reply, b"554 no\r\n"), [parcel()])
    assert outcome.action is Action.FAILED
    assert outcome.reply.startswith("550 ?[31mno? ? x")
    assert len(outcome.reply) == 300


def test_a_server_that_falls_silent_is_given_up() -> None:
    """Wherever it does; all at once, since each is waited for."""
    # Only what the server is silent about is short, so that a slow machine is not taken for a silent server.
    silent = {"mail": "command", "rcpt": "command", "data": "data", "dot": "dot", "after-dot": "dot"}

    async def meet(stage: str) -> Outcome:
        sink = Sink(behave=at(stage, STALL))
        port = await sink.start()
        (outcome,) = await send(port, [parcel()], replace(STANDARD_TIMEOUTS, **{silent[stage]: SOON}))
        await sink.stop()
        return outcome

    async def test() -> list[Outcome]:
        return list(await asyncio.gather(*map(meet, silent)))

    told = dict(zip(silent, run(test()), strict=True))
    assert {stage for stage, outcome in told.items() if outcome.action is not Action.DELAYED} == set()
    assert {stage for stage, outcome in told.items() if not outcome.reached} == {"mail"}
    assert {stage for stage, outcome in told.items() if "no reply within 1 s" not in outcome.reply} == set()


def test_a_reply_that_drips_in_is_not_waited_for_beyond_its_time() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await saying(PIPELINING)(reader, writer)
        while True:
            writer.write(b"2")
            await writer.drain()
            await asyncio.sleep(0.01)  # the server's own slowness, not a wait for something to happen

    (outcome,) = through_raw(talk, [parcel()], Timeouts(command=SOON))
    assert not outcome.reached


def test_a_server_that_stops_reading_is_given_up() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await saying(PIPELINING, OK, OK, b"354 go on\r\n")(reader, writer)
        await asyncio.Event().wait()

    octets = (b"a" * 70 + b"\r\n") * 1_000_000
    (outcome,) = through_raw(talk, [parcel(octets=octets)], Timeouts(block=SOON))
    assert outcome == Outcome(action=Action.DELAYED, reply="the server stopped reading", blamed=True)


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (saying(), "closed"),
        (saying(b"502 what?\r\n"), "EHLO refused: 502"),
        (saying(b"421 busy\r\n"), "421 busy"),
    ],
)
def test_a_session_that_does_not_begin_is_an_error(talk: Talk, words: str) -> None:
    async def test() -> None:
        async with raw_server(talk) as port:
            with pytest.raises(SmarthostError, match=words):
                await Connection.open(smarthost(port))

    run(test())


@pytest.mark.parametrize("banner", ["421 4.3.2 busy", "554 5.3.2 go away"])
def test_a_greeting_other_than_220_is_an_error(banner: str) -> None:
    async def test() -> None:
        sink = Sink(behave=at("connect", banner))
        port = await sink.start()
        with pytest.raises(SmarthostError, match=banner):
            await Connection.open(smarthost(port))
        await sink.stop()

    run(test())


def test_a_refused_connection_and_a_black_hole_are_errors() -> None:
    async def test() -> None:
        with pytest.raises(SmarthostError, match=r"can't connect to 127\.0\.0\.1:\d+: Connection refused$"):
            await Connection.open(smarthost(free_port()))
        sink = Sink(behave=at("connect", STALL))
        port = await sink.start()
        with pytest.raises(SmarthostError, match="no reply within"):
            await Connection.open(smarthost(port), Timeouts(greeting=SOON))
        await sink.stop()

    run(test())


def test_a_name_that_nobody_knows_is_an_error(monkeypatch) -> None:
    def knows_nothing(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", knows_nothing)  # a machine's own resolver may take its time
    with pytest.raises(SmarthostError, match="can't connect"):
        run(Connection.open(replace(smarthost(25), host="no-such-host.invalid")))
