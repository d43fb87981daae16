"""The SMTP client against a sink: every copy has its own fate, and arrives octet for octet."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.delivery.delivery import Action, Outcome
from relay.transport.sink import DROP, STALL, Sink
from relay.transport.smtp import Parcel
from relay.transport.wire import Timeouts
from tests.faults import GREETING, PIPELINING, saying
from tests.sending import (
    MESSAGE,
    OK,
    at,
    connected,
    parcel,
    run,
    send,
    through_raw,
    through_sink,
    verp,
)

BODIES = st.lists(
    st.one_of(st.sampled_from([b".", b"..", b"", b".\0", b"\xff."]), st.binary(max_size=12)).map(
        lambda octets: octets.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n"
    ),
    min_size=1,
).map(b"".join)


def test_a_copy_arrives_as_it_was_given() -> None:
    sink = Sink()
    outcomes = through_sink(sink, [parcel("ama"), parcel("kofi", mail_from="")])
    assert outcomes == [Outcome(action=Action.DELIVERED, reply="250 2.0.0 taken")] * 2
    assert [(got.mail_from, got.rcpt_to, got.octets) for got in sink.received] == [
        ("list@relay.example", ("ama@parks.example",), MESSAGE),
        ("", ("kofi@parks.example",), MESSAGE),
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(BODIES, min_size=1, max_size=5), st.booleans())
def test_any_octets_survive_the_way(bodies: list[bytes], pipelining: bool) -> None:
    sink = Sink(extensions=("PIPELINING", "8BITMIME") if pipelining else ("8BITMIME",))
    outcomes = through_sink(
        sink, [parcel(octets=body, mail_from=f"b+{n}@relay.example") for n, body in enumerate(bodies)]
    )
    assert {outcome.action for outcome in outcomes} == {Action.DELIVERED}
    assert [got.octets for got in sink.received] == bodies


def test_an_address_outside_ascii_is_sent_by_smtputf8_apart_from_others_or_waits_and_is_never_rewritten() -> None:
    able, unable = Sink(extensions=("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN")), Sink()
    parcels = [parcel("ama"), parcel("кофи"), parcel("eva")]  # one text, three members
    assert {outcome.action for outcome in through_sink(able, parcels)} == {Action.DELIVERED}
    first, second = able.received
    assert (first.rcpt_to, "SMTPUTF8" in first.asked) == (("ama@parks.example", "eva@parks.example"), False)
    assert (second.rcpt_to, second.asked[0]) == (("кофи@parks.example",), "SMTPUTF8")
    assert second.asked_of == (("NOTIFY=FAILURE",),)
    outcomes = through_sink(unable, parcels)
    assert [outcome.action for outcome in outcomes] == [Action.DELIVERED, Action.DELAYED, Action.DELIVERED]
    assert "SMTPUTF8" in outcomes[1].reply
    assert [got.rcpt_to for got in unable.received] == [("ama@parks.example", "eva@parks.example")]


def test_ten_megabytes_arrive_whole() -> None:
    sink = Sink()
    octets = (b"." * 998 + b"\r\n") * 10_000
    assert through_sink(sink, [parcel(octets=octets)])[0].action is Action.DELIVERED
    assert sink.received[0].octets == octets


def test_recipients_of_the_same_octets_and_sender_share_a_transaction_of_100_at_most() -> None:
    sink = Sink()
    outcomes = through_sink(sink, [parcel(f"m{n}") for n in range(150)])
    assert {outcome.action for outcome in outcomes} == {Action.DELIVERED}
    assert [len(got.rcpt_to) for got in sink.received] == [100, 50]


def test_where_the_server_knows_reports_failures_are_asked_for_with_headers_alone() -> None:
    """RFC 3461: what comes back brings no text along, and names the address that we know; a notice has nowhere to come back to."""
    sink = Sink(extensions=("PIPELINING", "8BITMIME", "DSN"))
    through_sink(sink, [parcel("ama"), parcel("kofi+a=b"), parcel("eva", mail_from="")])
    copy, notice = sink.received
    assert copy.asked == ("RET=HDRS",)
    assert copy.asked_of == (
        ("NOTIFY=FAILURE", "ORCPT=rfc822;ama@parks.example"),
        ("NOTIFY=FAILURE", "ORCPT=rfc822;kofi+2Ba+3Db@parks.example"),
    )
    assert (notice.asked, notice.asked_of) == ((), ((),))
    plain = Sink()
    through_sink(plain, [parcel("ama")])
    assert "RET=HDRS" not in plain.received[0].asked
    assert plain.received[0].asked_of == ((),)


def test_equal_octets_that_are_not_the_same_object_travel_apart() -> None:
    sink = Sink()
    through_sink(sink, [parcel("ama"), parcel("kofi", octets=bytes(bytearray(MESSAGE)))])
    assert len(sink.received) == 2


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
@pytest.mark.parametrize(
    ("reply", "action"),
    [
        ("451 4.3.0 later", Action.DELAYED),
        ("550 5.1.1 nobody", Action.FAILED),
        ("552 5.2.2 full", Action.DELAYED),
        ("452 4.2.2 full", Action.DELAYED),
    ],
)
def test_one_bad_recipient_among_many_spoils_nothing(reply: str, action: Action, extensions: tuple[str, ...]) -> None:
    sink = Sink(behave=at("rcpt", reply, argument="m7@parks.example"), extensions=extensions)
    outcomes = through_sink(sink, [parcel(f"m{n}") for n in range(50)])
    assert outcomes.pop(7) == Outcome(action=action, reply=reply, to_rcpt=True)
    assert {outcome.action for outcome in outcomes} == {Action.DELIVERED}
    assert len(sink.received[0].rcpt_to) == 49


@pytest.mark.parametrize("reply", ["452 4.5.3 too many", "452 too many", "552 5.5.3 too many"])
def test_whom_a_server_refuses_because_others_came_before_has_not_been_tried(reply: str) -> None:
    asked = count(1)
    sink = Sink(behave=lambda stage, _: reply if stage == "rcpt" and next(asked) > 10 else None)
    outcomes = through_sink(sink, [parcel(f"m{n}") for n in range(12)])
    assert [outcome.reached for outcome in outcomes] == [True] * 10 + [False] * 2
    assert len(sink.received[0].rcpt_to) == 10


def test_a_recipient_whom_a_server_refuses_before_any_other_has_been_tried() -> None:
    outcomes = through_sink(Sink(behave=at("rcpt", "452 4.5.3 too many")), [parcel("ama"), parcel("kofi")])
    assert [outcome.answered for outcome in outcomes] == [True, True]


@pytest.mark.parametrize("extensions", [("PIPELINING",), ()])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(("reply", "action"), [("450 4.2.0 later", Action.DELAYED), ("554 5.7.1 no", Action.FAILED)])
def test_a_refusal_at_any_stage_is_that_copys_alone(
    stage: str, reply: str, action: Action, extensions: tuple[str, ...]
) -> None:
    sink = Sink(behave=at(stage, reply), extensions=extensions)
    outcomes = through_sink(sink, verp(3))
    assert outcomes[0] == Outcome(action=action, reply=reply, to_rcpt=stage == "rcpt")
    assert [outcome.action for outcome in outcomes[1:]] == [Action.DELIVERED] * 2
    assert [got.rcpt_to for got in sink.received] == [("m1@parks.example",), ("m2@parks.example",)]


def test_a_354_after_all_recipients_were_refused_is_answered_with_the_dot_alone() -> None:
    refusals = at("rcpt", "550 5.1.1 nobody", argument="m0@parks.example")
    sink = Sink(behave=lambda stage, what: "354 go on" if stage == "data" else refusals(stage, what))
    outcomes = through_sink(sink, verp(2))
    assert [outcome.action for outcome in outcomes] == [Action.FAILED, Action.DELIVERED]
    assert [got.rcpt_to for got in sink.received] == [("m1@parks.example",)]


def test_a_transaction_left_open_is_reset_before_the_next_send() -> None:
    async def test() -> None:
        sink = Sink(behave=at("data", "451 4.3.0 later"))
        async with connected(await sink.start()) as connection:
            first = await connection.send([parcel("ama", mail_from="a@relay.example")])
            second = await connection.send([parcel("kofi", mail_from="b@relay.example")])
        await sink.stop()
        assert [first[0][1].action, second[0][1].action] == [Action.DELAYED, Action.DELIVERED]
        assert [(got.mail_from, got.rcpt_to) for got in sink.received] == [("b@relay.example", ("kofi@parks.example",))]

    run(test())


def test_an_8_bit_message_fails_where_the_server_takes_none_and_the_others_leave() -> None:
    eight_bit = parcel("ama", octets="Subject: défenses\r\n\r\n".encode())
    sink = Sink(extensions=("PIPELINING",))
    outcomes = through_sink(sink, [eight_bit, parcel("kofi")])
    assert [outcome.action for outcome in outcomes] == [Action.FAILED, Action.DELIVERED]
    assert len(sink.received) == 1


def test_envelopes_leave_in_one_group_and_each_message_with_the_next_envelope() -> None:
    """The server holds every reply back until the whole group has come; a client that waits would never go on."""
    groups: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await saying(PIPELINING)(reader, writer)
        groups.append(await reader.readuntil(b"DATA\r\n"))
        writer.write(OK + OK + b"354 go on\r\n")
        groups.append(await reader.readuntil(b"DATA\r\n"))
        writer.write(OK + OK + OK + b"354 go on\r\n")
        groups.append(await reader.readuntil(b"\r\n.\r\n"))
        writer.write(OK)

    outcomes = through_raw(talk, verp(2))
    assert {outcome.action for outcome in outcomes} == {Action.DELIVERED}
    assert [group.split(b" ")[0] for group in groups] == [b"MAIL", b"Subject:", b"Subject:"]


def test_a_server_without_pipelining_gets_one_command_at_a_time() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        for answer in (b"250 raw.example\r\n", OK, OK, b"354 go on\r\n"):
            line = await reader.read(1000)
            assert line.count(b"\r\n") == 1
            writer.write(answer)
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(OK)

    assert through_raw(talk, [parcel()])[0].action is Action.DELIVERED


BASE = "list-bounces+post@relay.example"


def sharing(number: int, **more: Any) -> list[Parcel]:
    """Copies with a return path of their own each, and one that they could share."""
    return [replace(one, shared_from=BASE, **more) for one in verp(number)]


def test_where_the_server_makes_each_recipients_path_copies_share_a_transaction() -> None:
    sink = Sink(extensions=("PIPELINING", "8BITMIME", "XVERP"))
    outcomes = through_sink(sink, sharing(3))
    assert {outcome.action for outcome in outcomes} == {Action.DELIVERED}
    [got] = sink.received
    assert (got.mail_from, len(got.rcpt_to)) == (BASE, 3)
    assert got.asked == ("XVERP=+=",)


def test_elsewhere_and_for_one_alone_copies_have_a_path_of_their_own() -> None:
    for sink, number in ((Sink(), 3), (Sink(extensions=("PIPELINING", "XVERP")), 1)):
        through_sink(sink, sharing(number))
        assert [got.mail_from for got in sink.received] == [f"list-bounces+{n}@relay.example" for n in range(number)]


@pytest.mark.parametrize("extensions", [("PIPELINING", "XVERP"), ("XVERP",)])
def test_where_the_server_refuses_the_paths_it_offered_copies_go_by_their_own(extensions: tuple[str, ...]) -> None:
    sink = Sink(behave=at("mail", "555 5.5.4 Unsupported option: XVERP", argument=BASE), extensions=extensions)
    more = [replace(one, key=-1 - one.key, head=b"X-One: 1\r\n") for one in sharing(2)]
    outcomes = through_sink(sink, [*sharing(3), *more])
    assert {outcome.action for outcome in outcomes} == {Action.DELIVERED}
    paths = [f"list-bounces+{n}@relay.example" for n in (0, 1, 2, 0, 1)]
    assert [(got.mail_from, got.asked, len(got.rcpt_to)) for got in sink.received] == [(path, (), 1) for path in paths]


def test_a_refusal_of_the_shared_path_for_now_is_everybodys_who_shares_it() -> None:
    sink = Sink(behave=at("mail", "451 4.3.0 later", argument=BASE), extensions=("PIPELINING", "XVERP"))
    assert {outcome.action for outcome in through_sink(sink, sharing(3))} == {Action.DELAYED}
    assert sink.received == []


def test_who_was_put_off_before_goes_alone() -> None:
    sink = Sink(extensions=("PIPELINING", "XVERP"))
    through_sink(sink, [*sharing(2), *(replace(one, key=-1 - one.key) for one in sharing(2, alone=True))])
    assert sorted(len(got.rcpt_to) for got in sink.received) == [1, 1, 2]
    sink = Sink()
    through_sink(sink, [parcel("ama"), replace(parcel("kofi"), alone=True)])
    assert len(sink.received) == 2


@pytest.mark.parametrize("fault", [STALL, DROP, "421 4.3.0 closing"])
def test_a_recipient_over_whom_the_server_stops_is_put_off_and_the_others_were_not_tried(fault: str) -> None:
    sink = Sink(behave=at("rcpt", fault, argument="m3@parks.example"))
    soon = Timeouts(shared=timedelta(milliseconds=200))

    async def test() -> list[Outcome]:
        port = await sink.start()
        try:
            return await send(port, [parcel(f"m{n}") for n in range(6)], soon)
        finally:
            await sink.stop()

    outcomes = run(test())
    assert [outcome.blamed for outcome in outcomes] == [False] * 3 + [True] + [False] * 2
    assert [outcome.reached for outcome in outcomes] == [False] * 3 + [True] + [False] * 2
    assert not any(outcome.ambiguous for outcome in outcomes)
    assert sink.received == []
