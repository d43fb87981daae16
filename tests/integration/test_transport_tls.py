"""TLS on the way to the smarthost: nothing leaves without the proof that the settings demand."""

import asyncio
import base64
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from ssl import SSLContext
from typing import Literal

import pytest

from relay.delivery.delivery import Action
from relay.transport.sink import Sink
from relay.transport.smtp import Connection, Content, Parcel, Smarthost
from relay.transport.wire import SmarthostError, Timeouts
from tests.faults import GREETING, raw_server, tls_contexts
from tests.sending import SOON

PARCEL = Parcel(key=1, mail_from="", recipient="ama@parks.example", content=Content(b"Subject: rosewood\r\n\r\n"))


def smarthost(ca: SSLContext | None = None) -> Smarthost:
    return Smarthost(host="127.0.0.1", port=25, tls="required", helo_name="relay.example", ca=ca)


async def deliver(sink: Sink, host: Smarthost, parcel: Parcel = PARCEL) -> Action:
    port = await sink.start()
    try:
        connection = await Connection.open(replace(host, port=port))
        ((_, outcome),) = await connection.send([parcel])
        await connection.quit()
        return outcome.action
    finally:
        await sink.stop()


def test_a_copy_leaves_over_verified_tls(tmp_path: Path) -> None:
    server, client = tls_contexts(tmp_path)
    stages: list[str] = []
    sink = Sink(tls=server, behave=lambda stage, _: stages.append(stage))
    assert asyncio.run(deliver(sink, smarthost(client))) is Action.DELIVERED
    assert stages[:4] == ["connect", "ehlo", "starttls", "ehlo"]


def test_with_an_unknown_certificate_nothing_is_sent(tmp_path: Path) -> None:
    server, _ = tls_contexts(tmp_path)
    stages: list[str] = []
    sink = Sink(tls=server, behave=lambda stage, _: stages.append(stage))
    with pytest.raises(SmarthostError, match="certificate is not valid"):
        asyncio.run(deliver(sink, smarthost()))
    assert stages == ["connect", "ehlo", "starttls"]


def test_with_another_hosts_certificate_nothing_is_sent(tmp_path: Path) -> None:
    server, client = tls_contexts(tmp_path, "other.example")
    sink = Sink(tls=server)
    with pytest.raises(SmarthostError, match="certificate is not valid"):
        asyncio.run(deliver(sink, smarthost(client)))
    assert not sink.received


@pytest.mark.parametrize("refusal", [None, "454 4.7.0 TLS not available", "554 5.7.0 no"])
def test_when_tls_is_required_and_not_to_be_had_nothing_is_sent(tmp_path: Path, refusal: str | None) -> None:
    server, client = tls_contexts(tmp_path)
    stages: list[str] = []

    def behave(stage: str, _: str) -> str | None:
        stages.append(stage)
        return refusal if stage == "starttls" else None

    sink = Sink(tls=server if refusal else None, behave=behave)
    with pytest.raises(SmarthostError, match="STARTTLS"):
        asyncio.run(deliver(sink, smarthost(client)))
    assert not {"mail", "auth", "rcpt"} & set(stages)


@pytest.mark.parametrize("offered", [True, False])
def test_opportunistic_tls_is_used_where_offered_and_done_without_where_not(tmp_path: Path, offered: bool) -> None:
    server, _ = tls_contexts(tmp_path, "other.example")
    stages: list[str] = []
    sink = Sink(tls=server if offered else None, behave=lambda stage, _: stages.append(stage))
    host = replace(smarthost(), tls="opportunistic")
    assert asyncio.run(deliver(sink, host)) is Action.DELIVERED
    assert ("starttls" in stages) is offered


def test_the_password_is_sent_under_tls_only_and_a_refused_one_ends_the_session(tmp_path: Path) -> None:
    server, client = tls_contexts(tmp_path)
    host = replace(smarthost(client), username="relay", password="open sésame")
    said: list[tuple[str, str]] = []
    sink = Sink(tls=server, behave=lambda stage, what: said.append((stage, what)))
    assert asyncio.run(deliver(sink, host)) is Action.DELIVERED
    stages = [stage for stage, _ in said]
    assert stages.index("starttls") < stages.index("auth") < stages.index("mail")
    proof = dict(said)["auth"].removeprefix("PLAIN ")
    assert base64.b64decode(proof).decode() == "\0relay\0open sésame"
    refusing = Sink(tls=server, behave=lambda stage, _: "535 5.7.8 wrong" if stage == "auth" else None)
    with pytest.raises(SmarthostError, match="AUTH refused: 535") as caught:
        asyncio.run(deliver(refusing, host))
    assert proof not in str(caught.value)
    assert not refusing.received


def test_without_auth_plain_no_password_is_sent(tmp_path: Path) -> None:
    server, client = tls_contexts(tmp_path)
    greetings = iter([None, "250 sink.example"])
    sink = Sink(tls=server, behave=lambda stage, _: next(greetings) if stage == "ehlo" else None)
    host = replace(smarthost(client), username="relay", password="x")
    with pytest.raises(SmarthostError, match="AUTH PLAIN"):
        asyncio.run(deliver(sink, host))


def test_octets_smuggled_in_before_tls_end_the_session(tmp_path: Path) -> None:
    _, client = tls_contexts(tmp_path)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        await reader.readline()
        writer.write(b"250-raw.example\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 ready\r\n250 PIPELINING\r\n")
        assert await reader.read() == b""

    async def test() -> None:
        async with raw_server(talk) as port:
            with pytest.raises(SmarthostError, match="between STARTTLS and TLS"):
                await Connection.open(replace(smarthost(client), port=port))

    asyncio.run(test())


@pytest.mark.parametrize(("answers", "soon"), [(True, timedelta(seconds=20)), (False, SOON)])
def test_a_handshake_that_fails_or_never_ends_is_an_error(tmp_path: Path, answers: bool, soon: timedelta) -> None:
    _, client = tls_contexts(tmp_path)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        await reader.readline()
        writer.write(b"250-raw.example\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 ready\r\n")
        await reader.read(1)
        if answers:
            writer.write(b"this is no TLS\r\n")
        await asyncio.Event().wait()

    async def test() -> None:
        async with raw_server(talk) as port:
            with pytest.raises(SmarthostError, match="TLS could not be set up"):
                await Connection.open(replace(smarthost(client), port=port), Timeouts(command=soon))

    asyncio.run(test())


def offering(behave_tls: SSLContext, *keywords: str, in_clear: bool = False) -> Sink:
    """A server that says these keywords once it is under TLS, or (a lie, RFC 8689 §2) before."""
    sink = Sink(tls=behave_tls)
    greeting = "\r\n".join(["250-sink.example", *(f"250-{word}" for word in keywords), "250 STARTTLS"])
    secured: list[str] = []

    def behave(stage: str, _: str) -> str | None:
        if stage == "starttls":
            secured.append(stage)
        return greeting if stage == "ehlo" and bool(secured) is not in_clear else None

    sink.behave = behave
    return sink


def test_what_must_stay_under_tls_asks_every_further_server_for_it(tmp_path: Path) -> None:
    server, client = tls_contexts(tmp_path)
    sink = offering(server, "REQUIRETLS")
    strict = replace(PARCEL, requires_tls=True)
    assert asyncio.run(deliver(sink, smarthost(client), strict)) is Action.DELIVERED
    assert sink.received[0].asked == ("REQUIRETLS",)
    assert asyncio.run(deliver(sink, smarthost(client))) is Action.DELIVERED
    assert sink.received[1].asked == ()  # others may go on as servers agree


@pytest.mark.parametrize(
    ("keywords", "in_clear", "tls"),
    [
        ((), False, "required"),
        (("REQUIRETLS",), True, "required"),  # learnt before TLS: forgotten
        (("REQUIRETLS",), False, "opportunistic"),  # nobody knows whose promise that is
        (("REQUIRETLS",), True, "none"),
    ],
)
def test_what_must_stay_under_tls_waits_where_nobody_promises_it(
    tmp_path: Path, keywords: tuple[str, ...], in_clear: bool, tls: Literal["required", "opportunistic", "none"]
) -> None:
    server, client = tls_contexts(tmp_path)
    sink = offering(server, *keywords, in_clear=in_clear)
    host = replace(smarthost(client), tls=tls)
    assert asyncio.run(deliver(sink, host, replace(PARCEL, requires_tls=True))) is Action.DELAYED
    assert not sink.received


def test_what_must_stay_under_tls_leaves_as_it_is_where_the_operator_answers_for_the_smarthost(tmp_path: Path) -> None:
    server, client = tls_contexts(tmp_path)
    sink = offering(server, "REQUIRETLS")
    host = replace(smarthost(client), enforces_tls=True)
    assert asyncio.run(deliver(sink, host, replace(PARCEL, requires_tls=True))) is Action.DELIVERED
    assert sink.received[0].asked == ()  # a policy of its own may let more servers have it than offer REQUIRETLS
