"""The letter about a recalled post: it stands below the copy, asks to delete it, and says nothing of its content."""

from dataclasses import replace

import pytest

from relay.delivery.notice_facts import Answer, RecallFacts
from relay.store import stops
from tests.builders import make_member
from tests.unit.delivery.test_notice_texts import BASE, LANGUAGES, read

FACTS = RecallFacts(by_author=True, own=False)


def letter(facts=FACTS, language="en"):
    return read(replace(BASE, kind="recall", recall=facts, below=None if facts.own else "<17@x.example>"), language)


def answered(word, outcome, language="en", **counts):
    one = Answer(word=word, about=BASE.reference, outcome=outcome, **counts)
    mail = read(replace(BASE, kind="answer", answers=(one,), member=make_member()), language)
    return mail.get_content().replace("\n", " ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("by_author", [True, False])
@pytest.mark.parametrize("own", [True, False])
def test_it_can_be_written_to_everybody_in_every_language(language, by_author, own):
    mail = letter(replace(FACTS, by_author=by_author, own=own), language)
    assert (mail["Auto-Submitted"], mail["X-WEN-Reference"]) == ("auto-generated", BASE.reference)
    assert BASE.reference in mail.get_content()
    assert "{" not in mail.get_content()


def test_it_answers_the_copy_that_its_reader_has():
    assert (letter()["In-Reply-To"], letter()["References"]) == ("<17@x.example>", "<17@x.example>")
    assert letter(replace(FACTS, own=True))["In-Reply-To"] is None


def test_it_says_who_recalled_it():
    assert "Its author has recalled" in letter().get_content()
    assert "A moderator has recalled this post" in letter(replace(FACTS, by_author=False)).get_content()
    assert "A moderator has recalled your post" in letter(replace(FACTS, by_author=False, own=True)).get_content()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_has_its_answer(language):
    said = {answered("RECALL", outcome, language) for outcome in ("done", "held", "already", "barred", "unknown")}
    assert len(said) == 5


def test_the_answer_counts_and_a_withdrawal_names_the_stronger_word():
    text = answered("RECALL", "done", cancelled=2, number=9)
    assert "2 copies that had not gone out are stopped." in text
    assert "9 members who have it, or may have it, are asked to delete it." in text
    assert f"write RECALL {BASE.reference}" in answered("WITHDRAW", "done", gone=3)
    assert "RECALL" not in answered("WITHDRAW", "done", cancelled=3)


def test_the_author_of_a_correction_hears_what_became_of_the_post_that_it_corrects():
    facts = replace(BASE, corrects="CAFR-2026-000100")
    receipt = read(replace(facts, kind="receipt", members=3, countries=2)).get_content().replace("\n", " ")
    assert "takes the place of CAFR-2026-000100" in receipt
    for kind in ("hold", "withhold"):
        text = read(replace(facts, kind=kind)).get_content().replace("\n", " ")
        assert "CAFR-2026-000100, which it was to correct, stays as it is" in text
        assert "write RECALL CAFR-2026-000100 to central-africa-request@relay.example" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_corrects_in_vain_is_told(language):
    said = answered("CORRECTS", "unknown", language)
    assert all(word in said for word in ("CORRECTS", BASE.reference))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("word", ["STOP-LIST", "RESUME-LIST"])
def test_every_end_of_an_emergency_word_has_its_answer(word, language):
    said = {answered(word, outcome, language) for outcome in ("done", "already", "told", "barred", "unknown")}
    assert len(said) == 5
    assert all(BASE.reference in one for one in said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_writes_to_a_stopped_list_is_told(language):
    for kind in ("receipt", "hold"):
        facts = replace(BASE, kind=kind, members=3, countries=2)
        plain = read(facts, language).get_content()
        assert len(read(replace(facts, stopped=("Central Africa",)), language).get_content()) > len(plain)
    assert "is stopped for now" not in read(replace(BASE, kind="withhold", stopped=("X",))).get_content()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_receipt_of_a_stopped_list_claims_no_delivery(language):
    facts = replace(BASE, kind="receipt", members=3, countries=2)
    went, waits = read(facts, language), read(replace(facts, stopped=("Central Africa",)), language)
    assert went["Subject"] != waits["Subject"]
    assert went.get_content() not in waits.get_content()
    assert "{" not in waits.get_content()


def test_the_receipt_of_a_stopped_list_says_where_it_is_to_go():
    waits = read(replace(BASE, kind="receipt", members=3, countries=2, removed=1, stopped=("Central Africa",)))
    assert waits["Subject"] == f"Taken: {BASE.reference}"
    assert "is to go to 3 members in 2 countries; 1 attachment removed" in waits.get_content().replace("\n", " ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", stops.REASONS)
def test_who_is_told_that_a_list_was_stopped_reads_which_by_whom_and_why(language, why):
    for word in ("STOP-LIST", "RESUME-LIST"):
        told = Answer(word=word, about="central-africa", outcome="told", operator="ops-account", why=why, number=7)
        mail = read(replace(BASE, kind="answer", answers=(told,), member=make_member()), language)
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Subject"].endswith(": central-africa")
        assert "ops-account" in mail.get_content()
        assert "7" in mail.get_content()


def test_it_names_the_member_who_did_it():
    told = Answer(word="STOP-LIST", about="central-africa", outcome="told", member="Claire Ndongo", why="leak")
    text = read(replace(BASE, kind="answer", answers=(told,), member=make_member())).get_content()
    assert "By whom: Claire Ndongo." in text
    assert "Why: something got out that should not have." in text


def test_a_key_that_is_given_while_its_list_is_stopped_brings_nothing_at_once():
    one = Answer(word="KEY", about="AB12", outcome="done")
    facts = replace(BASE, kind="answer", answers=(one,), member=make_member())
    assert "What waited for it comes now." in read(facts).get_content()
    assert "comes now" not in read(replace(facts, stopped=("Central Africa",))).get_content()
