"""The letters about a post that should not have gone out: what each reader is told, and that none tells who reported it."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from relay.delivery.notice_facts import Answer, BreachFacts, Leak
from relay.mail.address import Address
from tests.builders import make_member
from tests.unit.delivery.test_notice_texts import BASE, LANGUAGES, LIST, NOW, read

LEAK = Leak(state="reported", cause="report", of=BASE.reference)
REQUEST = "central-africa-request@relay.example"


def told(kind, leak=LEAK, language="en", **changes):
    mail = read(replace(BASE, kind=kind, leak=leak, **changes), language)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-WEN-Reference"] == BASE.reference
    return mail.get_content().replace("\n", " ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_can_be_written_about_everything_that_can_be(language):
    for kind, state, cause in product(
        ("spill", "spilled", "deletion"), ("reported", "confirmed", "dismissed"), ("report", "request")
    ):
        if kind == "spilled" and (state, cause) not in {
            ("confirmed", "report"),
            ("confirmed", "request"),
            ("dismissed", "report"),
        }:
            continue
        for own, answer, again, write in product((True, False), repeat=4):
            leak = Leak(
                state=state, cause=cause, of="CAFR-2026-000100", own=own, answer=answer, may_decide=own, posts=3, asked=7, others=("CAFR-2026-000130",),
                again=again, may_write=write,
            )  # fmt: skip
            text = told(kind, leak, language, author_country="CM", members=7)
            assert "{" not in text
            assert BASE.reference in text


def test_only_who_may_decide_is_told_how():
    assert "CONFIRM-SPILL" not in told("spill", author_country="CM")
    text = told("spill", replace(LEAK, may_decide=True), author_country="CM")
    for words in (f"CONFIRM-SPILL {BASE.reference}", f"DISMISS-SPILL {BASE.reference}", REQUEST):
        assert words in text


def test_who_has_a_copy_is_told_where_to_delete_it_and_what_to_answer():
    confirmed = replace(LEAK, state="confirmed", posts=3, others=("CAFR-2026-000130", "CAFR-2026-000131"))
    text = told("deletion", confirmed)
    assert f"DELETED {BASE.reference} to {REQUEST}" in text
    assert "which answer or quote it: CAFR-2026-000130, CAFR-2026-000131" in text
    assert "answer or quote" not in told("deletion", replace(confirmed, others=()))
    assert "not heard from you" not in text
    assert "not heard from you" in told("deletion", replace(confirmed, again=True))


def test_who_left_the_posts_list_answers_to_another_of_theirs_and_who_cannot_write_is_told_another_way():
    elsewhere = Address(local="savanna-request", domain="relay.example")
    assert f"to {elsewhere}" in told("deletion", replace(LEAK, state="confirmed"), request=elsewhere)
    text = told("deletion", replace(LEAK, state="confirmed", may_write=False))
    assert "DELETED" not in text
    assert "focal point" in text


def test_an_author_hears_what_became_of_theirs_and_the_author_of_an_answer_why():
    confirmed = replace(LEAK, state="confirmed", own=True, asked=4)
    text = told("spilled", confirmed)
    assert "has been destroyed here" in text
    assert "4 members are asked." in text
    assert "delete your own copy" in text
    assert "delete your own copy" not in told("spilled", replace(confirmed, own=False))  # the focal point has none
    answer = replace(confirmed, answer=True, of="CAFR-2026-000100")
    assert "answers or quotes CAFR-2026-000100" in told("spilled", answer)
    dismissed = told("spilled", replace(answer, state="dismissed"))
    assert "goes out now" in dismissed
    assert "delete" not in dismissed


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("hours", [71, 1, 0, -24])
def test_administrators_hear_how_much_time_is_left(language, hours):
    entry = BreachFacts(
        of=BASE.reference,
        reported_at=NOW,
        confirmed_at=NOW,
        deadline=NOW + timedelta(hours=72),
        hours_left=hours,
        recipients=1,
        deleted=0,
    )
    mail = read(replace(BASE, kind="breach", reference="BREACH-2026-000001", lists=(), breach=entry), language)
    text = mail.get_content().replace("\n", " ")
    assert "{" not in text
    assert "wen-relay breaches notify BREACH-2026-000001" in text
    assert BASE.reference in text
    if language == "en":
        assert ("The time is over" in text) == (hours <= 0)
        assert (f"{hours} hour" in text) == (hours > 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_reporters_deciders_and_recipients_are_answered(language):
    outcomes = {
        "SPILL": ("done", "decided", "confirmed", "dismissed", "unknown"),
        "CONFIRM-SPILL": ("confirmed", "decided", "barred", "unknown"),
        "DISMISS-SPILL": ("dismissed", "decided", "barred", "unknown"),
        "DELETED": ("done", "unknown"),
    }
    facts = replace(BASE, kind="answer", reference="A-000007", member=make_member(), every_list=(LIST,))
    for word, these in outcomes.items():
        texts = set()
        for outcome in these:
            answer = Answer(word=word, about=BASE.reference, outcome=outcome)
            text = read(replace(facts, answers=(answer,)), language).get_content()
            assert "{" not in text
            assert BASE.reference in text
            texts.add(text)
        assert len(texts) == len(these)
