"""What members are answered who wrote to LIST-request@."""

import re
from dataclasses import replace
from datetime import date

import pytest

from relay.delivery.notice_facts import Answer, Leak
from relay.roster.member import Role
from relay.roster.reading import Reading, Wishes
from relay.roster.request import Word
from tests.builders import make_member
from tests.unit.delivery.test_notice_texts import BASE, LANGUAGES, LIST, read

MEMBER = make_member(valid_until=date(2027, 1, 31))
FACTS = replace(BASE, kind="answer", reference="A-000007", member=MEMBER, every_list=(LIST,))


ABOUT = {"DIGEST": "WEEKLY", "INSTANT": "", "PAUSE": "2027-01-15"}


def answered(*answers, language="en", **changes):
    mail = read(replace(FACTS, answers=answers, **changes), language)
    assert mail["Auto-Submitted"] == "auto-replied"
    assert "X-WEN-Reference" not in mail
    return mail.get_content().replace("\n", " ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("word", Word)
@pytest.mark.parametrize("outcome", ["done", "unknown", "unproven"])
def test_every_word_has_an_answer_in_every_language(word, outcome, language):
    text = answered(
        Answer(word=word, about=ABOUT.get(word, "CAFR-2026-000123"), outcome=outcome, cancelled=1, gone=2),
        language=language,
    )
    assert "{" not in text


def names(text, word):
    return re.search(rf"(?<![\w-]){word}(?![\w-])", text) is not None


def test_help_names_every_word():
    vouching = {Word.NOMINATE, Word.PEOPLE, Word.ATTEST, Word.GONE, Word.YES, Word.NO, Word.CORRECT}
    deciding = {Word.CONFIRM_SPILL, Word.DISMISS_SPILL, Word.STOP_LIST, Word.RESUME_LIST}
    text = answered(Answer(word="HELP", about="", outcome="done"))
    assert {word for word in Word if not names(text, word)} == vouching | deciding
    focal_point = make_member(roles=frozenset({Role.MEMBER, Role.FOCAL_POINT}))
    assert {
        word
        for word in vouching
        if not names(answered(Answer(word="HELP", about="", outcome="done"), member=focal_point), word)
    } == set()
    moderator = make_member(roles=frozenset({Role.MODERATOR}))
    text = answered(Answer(word="HELP", about="", outcome="done"), member=moderator)
    assert {word for word in deciding if word not in text} == set()


def test_help_says_each_word_once_to_a_moderator_too():
    text = answered(
        Answer(word="HELP", about="", outcome="done"), member=make_member(roles=frozenset({Role.MODERATOR}))
    )
    assert text.count("RECALL CAFR-2026-000123") == 1
    assert "a post of mine, or of my list" in text


def test_the_rules_come_with_what_is_kept_of_a_member():
    text = answered(Answer(word="RULES", about="", outcome="done"))
    assert "What the relay keeps about you" in text
    assert "You may ask for a copy of what is kept about you" in text


def test_help_says_where_to_try_a_message_out_and_where_the_lists_people_are():
    for text in (answered(Answer(word="HELP", about="", outcome="done")), answered()):
        assert "practice@relay.example" in text
        assert "central-africa-owner@relay.example" in text


def test_what_is_not_understood_is_answered_by_the_words():
    text = answered()
    assert "not understood" in text
    assert "WITHDRAW CAFR-2026-000123" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_left_unread_is_told_by_its_line(language):
    unread = Answer(word="", about="", outcome="unread", number=7)
    assert "7" in answered(Answer(word="STOP", about="", outcome="done"), unread, language=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_reported_gone_is_named_whatever_comes_of_it(language):
    for outcome in ("done", "late"):
        assert "b@douanes.example" in answered(
            Answer(word="GONE", about="b@douanes.example", outcome=outcome), language=language
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_names_the_lines_that_are_wrong_and_only_them(language):
    text = answered(Answer(word="NOMINATE", about="WAIVER, TYPE", outcome="wrong"), language=language)
    assert "WAIVER, TYPE" in text
    assert f"{BASE.written_at:%Y-%m-%d}" in text  # an example that would be taken
    unknown = Answer(word="NOMINATE", about="", outcome="form", number=2)
    assert "COUNTRY, LANGUAGE" in answered(unknown, language=language)


def test_administrators_are_asked_for_the_country():
    form = Answer(word="NOMINATE", about="", outcome="form")
    assert "COUNTRY:" not in answered(form)
    assert "COUNTRY:" in answered(form, member=make_member(roles=frozenset({Role.ADMIN})))


def test_whoami_tells_what_is_recorded():
    text = answered(Answer(word="WHOAMI", about="", outcome="done"))
    for fact in ("Ana Example <ana@customs.example>", "Example Customs, Cameroon", "central-africa", "31 January 2027"):
        assert fact in text


def test_lists_says_which_are_ones_own():
    assert "<central-africa@relay.example> (yours)" in answered(Answer(word="LISTS", about="", outcome="done"))
    other = answered(Answer(word="LISTS", about="", outcome="done"), member=replace(MEMBER, lists=frozenset()))
    assert "(yours)" not in other


def test_a_withdrawal_says_how_many_copies_were_stopped_and_how_many_had_gone():
    text = answered(Answer(word="WITHDRAW", about="CAFR-2026-000123", outcome="done", cancelled=3, gone=1))
    assert "3 copies that had not gone out are stopped." in text
    assert "1 copy had gone out and can't be called back." in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letters_to_those_who_must_act_name_nobody(language):
    from relay.policy.decision import Reason

    reasons = (Reason("N1", "name.after_trigger.en", "text, line 6"),)
    review = read(replace(BASE, kind="review", reasons=reasons), language)
    assert "name.after_trigger.en" in review.get_content()
    leak = Leak(state="reported", cause="report", of=BASE.reference)
    spill = read(replace(BASE, kind="spill", author_country="CM", members=12, leak=leak), language)
    assert "12" in spill.get_content()
    assert "CONFIRM-SPILL" not in spill.get_content()
    for mail in (review, spill):
        assert mail["Auto-Submitted"] == "auto-generated"
        assert "CAFR-2026-000123" in mail.get_content()


def test_whoami_tells_when_posts_come_and_of_a_pause():
    whoami = Answer(word="WHOAMI", about="", outcome="done")
    assert "one by one, at once" in answered(whoami)
    weekly = Wishes(reading=Reading.WEEKLY, paused_at=BASE.written_at, paused_until=date(2099, 1, 15))
    text = answered(whoami, member=replace(MEMBER, wishes=weekly))
    assert "one digest a week" in text
    assert "no posts come until 15 January 2099" in text
    over = replace(weekly, paused_until=BASE.written_at.date())
    assert "Paused" not in answered(whoami, member=replace(MEMBER, wishes=over))


@pytest.mark.parametrize(("about", "said"), [("", "until you write RESUME"), ("2027-01-15", "until 15 January 2027")])
def test_a_pause_is_confirmed_with_its_end(about, said):
    assert said in answered(Answer(word="PAUSE", about=about, outcome="done"))


def test_whoever_comes_back_hears_how_much_they_missed_and_nothing_of_it():
    assert "got 1 post without you" in answered(Answer(word="RESUME", about="", outcome="done", missed=1))
    assert "without you" not in answered(Answer(word="RESUME", about="", outcome="done"))
