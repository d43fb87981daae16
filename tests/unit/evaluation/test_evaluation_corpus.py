"""The labelled corpus is sound: every slot fills, labels fit their codes, and nothing stands in two halves."""

from collections import Counter
from datetime import date
from itertools import combinations
from random import Random

import pytest

from tests.evaluation.corpus import APART, HELD, KINDS, LABELS, WITHHELD, fill, letters_apart, read_skeletons
from tests.evaluation.slots import HALVES, LANGUAGES, REGIONS, Slots, plain

SKELETONS = read_skeletons()
LETTERS = letters_apart()
TODAY = date(2026, 3, 2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_has_a_value_in_every_language(language):
    known = [
        *Slots._OWN,
        *(key for key in REGIONS["tune"]["language"]["en"] if key not in {"home", "abroad", "title", "case"}),
    ]
    for half in HALVES:
        slots = Slots(language, half, Random(1), TODAY)
        assert all(slots.value(name) for name in known)
        assert slots.fill("{person|upper}") == slots.value("person").upper()
        with pytest.raises(KeyError):
            slots.fill("{nonsense}")


def test_a_skeleton_is_told_by_its_id():
    assert [one for one, count in Counter(skeleton.id for skeleton in SKELETONS).items() if count > 1] == []


def test_a_label_fits_its_codes():
    def fits(skeleton):
        codes = set(skeleton.codes)
        return (
            skeleton.label in LABELS
            and skeleton.kind in KINDS
            and skeleton.language in LANGUAGES
            and codes <= WITHHELD | HELD
            and (skeleton.label == "withhold") == bool(codes & WITHHELD)
            and (skeleton.label == "relay") == (not codes)
            and bool(skeleton.technique or skeleton.kind != "adversarial")
        )

    assert [skeleton.id for skeleton in (*SKELETONS, *LETTERS) if not fits(skeleton)] == []


def test_a_skeleton_fills_the_same_way_every_time():
    for skeleton in (*SKELETONS, *LETTERS):
        message = fill(skeleton, 0, TODAY)
        assert message.text.strip(), skeleton.id
        assert fill(skeleton, 0, TODAY) == message, skeleton.id


def test_no_letter_that_is_kept_apart_is_learned_from():
    learned, apart = (
        [line.split("\t")[1] for path in folder.glob("*.tsv") for line in path.read_text("utf-8").splitlines()]
        for folder in (APART.parent / "letters", APART)
    )
    assert len(set(apart)) == len(apart) == len(LETTERS) > 500
    assert set(learned).isdisjoint(apart)


def names_of(half):
    """Every name of a person, company, vessel or place, as typed without accents; countries and goods are everybody's."""
    regions = REGIONS[half]
    tables = [*regions["people"].values(), *regions["language"].values(), regions["shared"]]
    lists = [(key, names) for table in tables for key, names in table.items() if isinstance(names, list)]
    kept = [
        names
        for key, names in lists
        if key not in {"home", "abroad", "country", "species", "species_common", "quantity"}
    ]
    return Counter(plain(name).casefold() for names in kept for name in names)


@pytest.mark.parametrize(("one", "other"), list(combinations(HALVES, 2)))
def test_no_name_is_in_two_halves(one, other):
    assert set(names_of(one)) & set(names_of(other)) == set()


def test_the_corpus_is_large_in_many_languages_and_says_nothing_twice():
    assert sum(skeleton.copies for skeleton in SKELETONS) >= 1200
    assert len({skeleton.language for skeleton in SKELETONS}) >= 10
    texts = Counter((skeleton.subject, skeleton.text, skeleton.html, skeleton.technique) for skeleton in SKELETONS)
    assert [text for text, count in texts.items() if count > 1] == []


def test_each_language_has_every_label_in_each_half():
    seen = {(skeleton.language, skeleton.half, skeleton.label) for skeleton in SKELETONS}
    assert seen >= {(language, half, label) for language in LANGUAGES for half in HALVES for label in LABELS}
