"""No run of eight letters or digits of a post can stand in its notice: nothing that a message chose comes through."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.delivery.catalogue import read_catalogue
from relay.delivery.notice import compose_notice
from relay.delivery.notice_facts import NoticeFacts
from relay.mail.address import Address
from relay.policy.channels import Advice, Channel, Door, Rule, SendAgain
from relay.policy.decision import Reason
from relay.roster.definition import read_list

ROOT = Path(__file__).parents[2]
CATALOGUES = [
    read_catalogue((ROOT / "config" / "locales" / f"{one}.po").read_text("utf-8"), one)
    for one in ("en", "fr", "es", "pt")
]
LIST = read_list((ROOT / "lists" / "central-africa.toml").read_text("utf-8"), "central-africa.toml", "relay.example")
CODES = ["T1", "M1", "N1", "N2", "O1", "O2", "O3", "H1", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9", "Z9"]
OUR_PLACES = [
    "subject",
    "text",
    "text, line 6",
    "attachment 2",
    "quoted text",
    "text, hidden part",
    "attachment 12, page 345",
]
HOSTILE_PLACES = (
    st.text()
    | st.text().map("header {}".format)
    | st.text().map("text, {}".format)
    | st.text().map("attachment {}".format)
    | st.integers().map("text, line {}".format)
    | st.text().map("attachment 1, {}, page 2".format)
    | st.sampled_from(
        ["Jean Ekottobang, line 6", "header x-ekottobang", "attachment ekottobang.pdf", "text\r\nBcc: x@evil.example"]
    )
)
FACTS = st.builds(
    NoticeFacts,
    kind=st.sampled_from(["withhold", "hold", "expiry", "call", "waiting"]),
    reference=st.just("CAFR-2026-000123"),
    recipient=st.just(Address(local="i.ekotto", domain="customs.example")),
    recipient_name=st.just("Inès Ékotto"),
    domain=st.just("relay.example"),
    written_at=st.just(datetime(2026, 3, 1, 14, 3, tzinfo=UTC)),
    queued_at=st.just(datetime(2026, 3, 1, 14, 3, tzinfo=UTC)),
    lists=st.just((LIST,)),
    received_at=st.just(datetime(2026, 3, 1, 14, 2, tzinfo=UTC)),
    advice=st.none()
    | st.builds(
        Advice,
        rule=st.sampled_from(Rule),
        doors=st.lists(st.builds(Door, channel=st.sampled_from(Channel)), max_size=3).map(tuple),
    ),
    send_again=st.none() | st.sampled_from(SendAgain),
    was_held=st.booleans(),
    held_until=st.none() | st.just(datetime(2026, 3, 4, 14, 2, tzinfo=UTC)),
)


def runs(octets: bytes) -> set[str]:
    """All runs of letters and digits of eight or more, in header values and text, case-folded."""
    message = message_from_bytes(octets, policy=policy.default)
    whole = "\n".join([*map(str, message.values()), message.get_content()])
    return set(re.findall(r"[^\W_]{8,}", whole.casefold()))


def with_places(facts: NoticeFacts, found: list[tuple[str, str]]) -> NoticeFacts:
    return replace(facts, reasons=tuple(Reason(code, "some.rule", place) for code, place in found))


@settings(deadline=None)  # a busy machine is no fault
@given(
    FACTS,
    st.sampled_from(CATALOGUES),
    st.lists(st.tuples(st.sampled_from(CODES), HOSTILE_PLACES), min_size=1, max_size=6),
)
def test_no_string_of_a_message_comes_through_a_place(facts, catalogue, found):
    hostile = compose_notice(with_places(facts, found), catalogue)
    # An empty post of the same author, list and reasons can only be named by our own words for places.
    ours = [(code, place) for code in dict(found) for place in ("", *OUR_PLACES, "header", "attachment 1, page 2")]
    empty = set().union(*(runs(compose_notice(with_places(facts, [one]), catalogue)) for one in ours))
    assert runs(hostile) <= empty | runs(
        compose_notice(with_places(facts, [(code, "") for code, _ in found]), catalogue)
    )
    section = hostile.partition(b"\r\n\r\n")[0]
    assert b"evil" not in hostile
    assert len(section.split(b"\r\n")) <= 14


@settings(deadline=None)  # a busy machine is no fault
@given(
    FACTS,
    st.sampled_from(CATALOGUES),
    st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from(OUR_PLACES)), max_size=40),
)
def test_every_notice_is_short_ascii_lines_that_parse(facts, catalogue, found):
    octets = compose_notice(with_places(facts, found), catalogue)
    assert octets.isascii()
    assert all(len(line) <= 76 for line in octets.split(b"\r\n"))
    assert not message_from_bytes(octets, policy=policy.default).defects
