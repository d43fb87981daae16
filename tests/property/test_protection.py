"""What stands outside of an encrypted message holds no word of it, whatever its subject and its author's name are; inside is all of it."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.delivery.catalogue import read_catalogue
from relay.delivery.compose import CleanCopy, Frame, compose_copy
from relay.delivery.delivery import CONTENT, Kind
from relay.delivery.notice import _SUBJECTS, _WRITERS
from relay.delivery.protection import protect
from relay.policy.post import CleanPart
from relay.roster.mailing_list import Tlp
from tests.builders import address, make_list

ROOT = Path(__file__).parents[2]
ENGLISH = read_catalogue((ROOT / "config" / "locales" / "en.po").read_text("utf-8"), "en")
NOW = datetime(2026, 3, 2, tzinfo=UTC)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=120)


def composed(subject: str, name: str, text: str) -> bytes:
    copy = CleanCopy(
        author_name=name,
        author_address=address("ana@customs.example"),
        subject=subject,
        message_id="<1@customs.example>",
        date=NOW,
        references=("<0@customs.example>",),
        parts=(CleanPart(media_type="text/plain", text=text),),
    )
    frame = Frame(
        reference="CAFR-2026-000001",
        mailing_list=make_list(),
        tag="CAFR",
        marking=Tlp.GREEN,
        removed=(),
        received_at=NOW,
        language="en",
        domain="relay.example",
        subject_within=True,
    )
    return compose_copy(copy, frame, ENGLISH)


EMPTY = protect(composed("", "", "")).outside


@settings(deadline=None)  # a busy machine is no fault
@given(TEXTS, TEXTS, TEXTS)
def test_the_outside_is_the_same_for_every_subject_name_and_text(subject, name, text):
    octets = composed(subject, name, text)
    divided = protect(octets)
    assert divided.outside == EMPTY
    whole, inside = (message_from_bytes(one, policy=policy.default) for one in (octets, divided.inside))
    assert [inside[field] for field in ("Subject", "From", "Reply-To", "To", "Date")] == [
        whole[field] for field in ("Subject", "From", "Reply-To", "To", "Date")
    ]
    assert inside.get_content() == whole.get_content()
    assert max(map(len, divided.inside.split(b"\r\n"))) < 998


@given(
    st.sampled_from(
        ["[CAFR][TLP:RED] x", "[FOO][BAR] x", "[CAFR] [TLP:GREEN]", "[TLP:GREEN][CAFR]x", "Re: [CAFR][TLP:GREEN] x"]
    )
)
def test_only_our_own_stamp_is_shown(subject):
    assert b"Subject: [CAFR][TLP:GREEN] ...\r\n" in protect(composed(subject, "Ana", "x")).outside


def test_every_kind_of_delivery_either_holds_content_or_is_a_letter_made_from_facts():
    words = {Kind.NOTICE: "withhold", Kind.POSTMASTER: None, Kind.ALARM: None}  # the last two are no member's
    letters = {words.get(kind, kind.value) for kind in set(Kind) - CONTENT} - {None}
    assert letters <= _WRITERS.keys()
    assert letters <= _SUBJECTS.keys()
    assert {"copy", "whole", "digest"} == {one.value for one in CONTENT}


def test_the_payload_says_what_the_outside_shows():
    divided = protect(composed("Harbour", "Ana", "x"))
    shown = re.findall(rb"HP-Outer: ([A-Za-z-]+):", divided.inside)
    assert shown == re.findall(rb"(?m)^([A-Za-z-]+):", divided.outside)
