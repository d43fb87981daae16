"""Shingles: what is chosen of a text depends on its words alone, and a passage's digests never outlive its own words."""

import itertools
import random
from time import thread_time

import pytest

from relay.policy.post import Finding
from relay.policy.shingle import (
    APART,
    DIGEST_OCTETS,
    LONGEST_PASSAGE,
    PASSAGES,
    WORDS,
    chosen,
    digest,
    every_shingle,
    line_of,
    passages,
    shingles,
    words_of,
)
from tests.growth import assert_linear

TEXT = "The man who sold the ivory at the market last week is Jonas Beispiel of Exampleville, as his brother has said twice."
NAME = Finding(code="N1", rule="a.rule", place="text", start=TEXT.index("Jonas"), end=TEXT.index(" of Exampleville"))


def some_words(count, seed=0):
    source = random.Random(seed)
    return ["".join(source.choices("abcdefghij", k=source.randint(1, 7))) for _ in range(count)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A Café, in PARIS.", "a cafe in paris"),
        ("> quoted\n> over lines", "quoted over lines"),
        ("se\u00adcret wo\u200brds", "secret words"),
        ("s e i z e d today", "seized today"),
        ("２０ ｋｇ", "20 kg"),
    ],
)
def test_words_are_compared_whatever_they_wear(one, other):
    assert words_of(one) == words_of(other)


def test_letters_of_scripts_without_spaces_are_words():
    assert words_of("穿山甲 scales") == ["穿", "山", "甲", "scales"]


@pytest.mark.parametrize("count", range(WORDS + APART + 3))
def test_a_short_text_has_all_its_shingles(count):
    found = chosen(some_words(count))
    if count < WORDS:
        assert found == []
    elif count <= WORDS + APART - 1:
        assert found == list(range(count - WORDS + 1))


def test_of_a_few_in_a_row_one_is_chosen_and_about_a_third_of_all():
    words = some_words(2_000)
    places = chosen(words)
    assert max(after - before for before, after in itertools.pairwise(places)) <= APART
    assert len(places) < 0.45 * len(words)


def test_a_run_that_two_texts_share_is_always_seen():
    for seed in range(50):
        shared = some_words(WORDS + APART - 1, seed)
        one = [*some_words(40, seed + 100), *shared, *some_words(40, seed + 200)]
        other = [*some_words(30, seed + 300), *shared, *some_words(50, seed + 400)]
        assert {digest(one, place) for place in chosen(one)} & {digest(other, place) for place in chosen(other)}


def test_digests_have_a_size_and_are_told_once():
    assert {len(one) for one in shingles(TEXT)} == {DIGEST_OCTETS}
    assert len(shingles(f"{TEXT} {TEXT} {TEXT}")) <= len(set(every_shingle([f"{TEXT} {TEXT}"])))


def test_a_passage_has_every_shingle_of_it_and_eight_words_on_each_side_and_no_other():
    [passage] = passages(TEXT, [NAME])
    words = words_of(TEXT)
    first = words.index("jonas")
    assert (passage.code, passage.words, passage.before) == ("N1", 2, WORDS)
    assert passage.whole == digest(words, first, 2)
    assert passage.windows == tuple(digest(words, place) for place in range(first - WORDS, first + 3))


@pytest.mark.parametrize(("first", "last"), [("The", "man"), ("twice", "twice")])
def test_a_passage_at_the_edge_has_fewer(first, last):
    start = TEXT.index(first)
    end = TEXT.index(last, start) + len(last)
    [passage] = passages(TEXT, [Finding(code="N1", rule="a.rule", place="text", start=start, end=end)])
    assert 0 < len(passage.windows) < WORDS + passage.words + 1
    assert set(passage.windows) <= every_shingle([TEXT])


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("", 0, 0),
        ("Jonas Beispiel sold it.", 0, 5),  # too short to be known again
        (TEXT, 0, 0),
        (TEXT, 5_000, 5_010),
        ("word " * 300, 0, 5 * (LONGEST_PASSAGE + 1)),
    ],
)
def test_what_can_t_be_known_again_is_no_passage(text, start, end):
    assert list(passages(text, [Finding(code="N1", rule="a.rule", place="text", start=start, end=end)])) == []


def test_passages_are_few():
    assert len(list(passages(TEXT, [NAME] * 1_000))) == PASSAGES


def test_a_word_s_line():
    text = "First line of it.\n\nThe third line\nand a fourth"
    assert [line_of(text, place) for place in (0, 3, 4, 6, 7, 9, 99)] == [1, 1, 3, 3, 4, 4, 1]


def test_time_grows_with_the_text():
    def seconds(text):
        start = thread_time()
        shingles(text)
        list(passages(text, [NAME] * 20))
        return thread_time() - start

    line = "some words and others in a row\n"
    assert_linear(seconds, line * 200, line * 1_600)
