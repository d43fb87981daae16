"""Sentences with a label that mark something, and those that only talk about labels: what was learned, and that it belongs to what there is to learn from."""

import tomllib
from base64 import b64encode
from dataclasses import replace
from datetime import date
from zlib import compress

import numpy as np
import pytest

from relay.detectors.definition import read_detectors
from relay.detectors.facts import Facts
from relay.detectors.senses import made_senses
from relay.detectors.talk import SORTS, Talk, Talking, features_of, made_talk
from relay.errors import ConfigurationError
from relay.policy.post import View
from relay.policy.shape import versions_of
from relay.scan.search import find_in
from tests.builders import shipped_rules
from tests.evaluation.learn import packed
from tests.evaluation.talk import LEARNED, digest, encoded, labelled

SENSES = made_senses({"en": "mark: mark, treat\nask: ask, asks", "fr": "mark: traiter"}, {})
FACTS = Facts(on=date(2026, 11, 24))
MARKS, TALKS, LABEL = "treat this mail as red", "who asks what red is", "red"


def talk(**changed):
    """Of one sentence all weighs for a marking, of the other against."""
    weights = tuple(np.zeros(1 << bits) for bits in SORTS)
    for text, weight in ((MARKS, 1), (TALKS, -1)):
        for some, places in zip(weights, features(text), strict=True):
            some[places] = weight
    return Talk(**{"weights": weights, "steps": (1.0,) * len(SORTS), "bias": 0.0, "bound": 0.0, **changed})


def features(text):
    return features_of(version(text), span(text), SENSES)


def span(text):
    start = text.index(LABEL)
    return start, start + len(LABEL)


def sounds(talking, text):
    return talking(version(text), span(text))


def version(text):
    return versions_of(text)[0]


def held(text):
    found = find_in(View(text=f"Good morning.\n\n{text}\n\nRegards", place="text"), shipped_rules(), FACTS)
    return [one.rule for one in found if one.rule.startswith("tlp.")]


def test_what_was_learned_belongs_to_what_is_there_to_learn_from():
    """If this fails, run `make learn`, and look at `make evaluate` before and after."""
    assert tomllib.loads(LEARNED.read_text("utf-8"))["talk"]["learned_from"] == digest()


def test_every_language_has_sentences_of_both_sorts_each_once():
    some = list(labelled())
    assert len({one.text for one in some}) == len(some)
    for language in {one.language for one in some}:
        for marks in (True, False):
            assert sum(one.marks == marks for one in some if one.language == language) >= 50


def test_a_sentence_that_sounds_like_those_that_mark_marks():
    talking = Talking(talk(), SENSES)
    assert not sounds(talking, MARKS)
    assert sounds(talking, TALKS)
    assert not sounds(Talking(talk(bound=-100.0), SENSES), TALKS)


def test_it_makes_a_difference_on_which_side_of_the_label_a_word_stands():
    *same, before = features("mark red ask")
    *likewise, behind = features("ask red mark")
    assert not set(before) & set(behind)
    assert set(features("mark red")[2]) | set(features("red ask")[2]) == set(before)
    assert (
        len(features("mark mail mail mail mail mail red")[2]) == 5
    )  # both senses, and the three that are nearest by their place
    assert all(some.min() >= 0 and some.max() < 1 << 18 for some in (*same, *likewise, before, behind))


def test_a_sentence_means_what_its_words_mean_in_its_own_language():
    one, other = (
        features("red is what they treat with the mail"),
        features("red est ce que vous nous traiter dans la mail"),
    )
    assert set(one[2]) & set(other[2])


def test_who_writes_of_labels_in_every_sentence_waits():
    talking = Talking(talk(), SENSES)
    answers = [sounds(talking, f"{TALKS} {number}") for number in range(60)]
    assert answers == [True] * 50 + [False] * 10
    assert all(sounds(talking, f"{TALKS} {number}") for number in range(50))  # each was asked once


def test_long_sentences_count_no_more_than_short_ones():
    short, long = (talk().score(features(text)) for text in (MARKS, " ".join([MARKS] * 20)))
    assert short > 0
    assert long < 2 * short


def test_what_is_written_is_read_again():
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=1 << bits) for bits in SORTS]
    read = read_detectors({"talk.toml": encoded(weights, 0.25, -1.5)}).talk
    assert (read.bias, read.bound) == (0.25, -1.5)
    for some, step, written in zip(read.weights, read.steps, weights, strict=True):
        assert some * step == pytest.approx(written, abs=step)


@pytest.mark.parametrize(("counts", "steps"), [((*SORTS[:2], 17), 3), (SORTS, 2), ((*SORTS[:2], None), 3)])
def test_weights_that_are_too_few_or_packed_in_another_way_are_refused(counts, steps):
    texts = [b64encode(b"none" if bits is None else compress(b"\0" * (1 << bits))).decode() for bits in counts]
    with pytest.raises(ValueError, match="weights"):
        made_talk(texts, (1.0,) * steps, 0.0, 0.0)
    arrays = "".join(f"{name} = '{text}'\n" for name, text in zip(("letters", "senses", "sides"), texts, strict=True))
    table = f"[talk]\nlearned_from = ''\nsteps = {[1.0] * steps}\nbias = 0.0\nbound = 0.0\n{arrays}"
    with pytest.raises(ConfigurationError, match=r"talk\.toml: talk: .*make learn"):
        read_detectors({"talk.toml": table})


def test_nothing_to_weigh_is_packed_as_nothing():
    text, step = packed(np.zeros(4))
    assert step == 0
    assert text


@pytest.mark.parametrize(
    "text",
    [
        "A trainee asked on Monday who may see TLP:RED reports and who may not.",
        "Le module du matin explique la différence entre TLP:AMBER et TLP:RED.",
        "¿Alguien sabe quién puede recibir material TLP:RED en la fiscalía?",
        "Der neue Vordruck hat ein Feld für TLP, wo man GREEN oder TLP:AMBER ankreuzt.",
        "培训时有学员问TLP:AMBER和TLP:RED有什么区别。",
        "Кто в прокуратуре вправе получать материалы TLP:RED?",
    ],
)
def test_talk_that_no_rule_knows_passes(text):
    assert not held(text)


@pytest.mark.parametrize(
    "text",
    [
        "The names in the second paragraph are to be treated as TLP:AMBER, please.",
        "Les coordonnées que je vous donne plus bas relèvent du TLP:RED, gardez-les pour vous.",
        "Les ruego que traten el listado adjunto como TLP:AMBER hasta que termine la diligencia.",
        "Der Anhang mit den Kontodaten ist TLP:RED und bleibt in eurem Referat.",
        "附件第二页的信息属于TLP:RED,请勿转给任何人。",
        "Сведения в приложении считайте TLP:AMBER, дальше отдела не передавать.",
        "Is it clear that what I wrote above is TLP:RED?",
        "What is the difference between TLP:AMBER and TLP:RED for the attached list?",
        "The template has TLP:AMBER in its header, and that is right for this report.",
        "In the TLP:RED meeting it was said that the raid is on Friday at six.",
        "Вы знаете, что значит TLP:RED, список ниже именно такой?",
    ],
)
def test_what_is_marked_in_prose_holds(text):
    assert held(text)


@pytest.mark.parametrize("place", ["subject", "attachment 1, properties"])
def test_where_no_sentences_are_expected_nobody_asks(place):
    text = "A trainee asked on Monday who may see TLP:RED reports and who may not."
    assert not held(text)
    found = find_in(View(text=text, place=place), shipped_rules(), FACTS)
    assert "tlp.red.in_prose" in {one.rule for one in found}


def test_of_the_sentences_that_mark_and_were_learned_from_the_relay_lets_hardly_one_go():
    """That what the relay asks is what was learned; how it fares with others' sentences is measured where it is learned."""
    marking = [one.text for one in labelled() if one.marks]
    rules = shipped_rules()
    without = replace(rules, detectors=replace(rules.detectors, talk=None))

    def found(text, some):
        views = find_in(View(text=f"Good morning.\n\n{text}\n\nRegards", place="text"), some, FACTS)
        return any(one.rule.startswith("tlp.") for one in views)

    lost = [text for text in marking if not found(text, rules) and found(text, without)]
    assert len(lost) <= 0.01 * len(marking)
