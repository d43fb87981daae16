"""A post that asks to be acknowledged: what stands above it, the letters about it, and who is named to whom."""

from dataclasses import replace
from datetime import timedelta

import pytest

from relay.delivery.notice_facts import Acknowledgements, Answer
from tests.builders import make_member
from tests.unit.delivery.test_compose_copy import COPY, ENGLISH, FRAME, HTML, composed, content
from tests.unit.delivery.test_digest import digest, entry, text_of
from tests.unit.delivery.test_notice_texts import BASE, LANGUAGES, NOW, read

REQUEST = "central-africa-request@relay.example"
TAP = f"mailto:{REQUEST}?subject=ACK%20CAFR-2026-000123"
FOUND = Acknowledgements(
    due=NOW + timedelta(hours=4),
    acknowledged=(("Awa Mbarga", "Douanes", NOW),),
    missing=2,
    others=(("Bela Ondo", "Police"),),
)


def answered(word, outcome, language="en", found=FOUND):
    one = Answer(word=word, about=BASE.reference, outcome=outcome)
    facts = replace(BASE, kind="answer", answers=(one,), member=make_member())
    return read(replace(facts, acknowledgements={BASE.reference: found}), language).get_content().replace("\n", " ")


def test_a_copy_says_how_and_a_touch_writes_the_answer():
    text = content(composed(frame=replace(FRAME, ack_due=NOW + timedelta(hours=4))))
    until = ENGLISH.moment(NOW + timedelta(hours=4))
    assert until.endswith(" UTC")
    assert text.splitlines()[1].startswith(f"[ACK] Its author asks you to acknowledge this by {until}: send ACK CAFR")
    assert text.splitlines()[2] == TAP
    assert "ACK" not in content(composed())
    page = (
        composed(replace(COPY, parts=(*COPY.parts, HTML)), replace(FRAME, ack_due=NOW))
        .get_body(("html",))
        .get_content()
    )
    assert f'<a href="{TAP}">{TAP}</a>' in page


def test_a_digest_says_so_too():
    text = text_of(digest(entry(ack_due=NOW)))
    assert "mailto:central-africa-request@relay.example?subject=ACK%20CAFR-2026-000001" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letters_have_numbers_and_no_names(language):
    reminder = read(replace(BASE, kind="reminder", below="<17@x.example>"), language)
    assert reminder["In-Reply-To"] == "<17@x.example>"
    assert f"ACK {BASE.reference}" in reminder.get_content().replace("\n", " ")
    told = read(replace(BASE, kind="acknowledged", acknowledgements={BASE.reference: FOUND}), language)
    assert f"ACKS {BASE.reference}" in told.get_content().replace("\n", " ")
    for name in ("Mbarga", "Ondo", "Douanes", "Police"):
        assert name not in told.get_content()
    assert (told["In-Reply-To"], "{" in told.get_content()) == (None, False)


def test_who_asks_is_told_what_is_theirs_to_know():
    everything = answered("ACKS", "done")
    assert "- Awa Mbarga, Douanes:" in everything
    assert "2 members have it and have not." in everything
    assert "- Bela Ondo, Police" in everything
    assert "Ondo" not in answered("ACKS", "done", found=replace(FOUND, others=()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_has_its_answer(language):
    said = {answered("ACK", outcome, language) for outcome in ("done", "already", "rejected", "unknown")}
    assert len(said) == 4
    assert answered("ACKS", "unknown", language) != answered("ACKS", "done", language)
