"""The network over senses: what it hears is what it was taught with, whatever the pieces that a text is heard in."""

from time import process_time

import jax
import numpy as np
import pytest

from relay.detectors import network as heard_with
from relay.detectors.network import (
    FIRST,
    NOTHING,
    UNKNOWN,
    Network,
    blank_network,
    heard,
    in_order,
    made_network,
    shapes_of,
    written_network,
)
from relay.detectors.senses import Meant
from tests.evaluation import network as learned_with
from tests.growth import assert_linear

CLASSES, THINGS = 2, 9
KNOWN = in_order(np.array([*range(5, 25), *range(100, 120)]))  # senses, and forms
SHAPES = shapes_of(len(KNOWN) - 1, THINGS, 6, 7, CLASSES)


def some_network(seed=0):
    random = np.random.default_rng(seed)
    arrays = {name: random.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}
    arrays["points"][0] = 0  # what stands outside a text
    return Network(known=KNOWN, **arrays)


def some_text(sentences, seed=0):
    """Words of which some have senses and forms that are unknown, and things, in sentences of which some have none."""
    random = np.random.default_rng(seed)
    of_sentence = np.sort(random.integers(0, sentences, 5 * sentences))
    things = {
        int(number): sorted(set(random.integers(0, THINGS, random.integers(1, 4)).tolist()))
        for number in np.flatnonzero(random.random(sentences) < 0.5)
    }
    forms = random.integers(95, 125, (len(of_sentence), 2))
    return meant_by(random.integers(0, 30, len(of_sentence)), of_sentence, forms), things


def meant_by(senses, of_sentence, forms=None):
    none = np.zeros((len(senses), 2))
    return Meant(senses.astype(np.uint64), of_sentence, (none if forms is None else forms).astype(np.uint64))


def whole(count):
    return np.zeros(count, np.int64), np.full(count, count - 1)


@pytest.mark.parametrize("seed", range(5))
def test_it_hears_what_it_was_taught_with(monkeypatch, seed):
    """The sums of relay/ are those that gradients were taken of, with nothing left out, and no word unknown."""
    monkeypatch.setattr(learned_with, "_left_out", lambda key, some, share, shape=None: some)
    monkeypatch.setattr(learned_with, "_WORDS_UNKNOWN", 0.0)
    network, (meant, things) = some_network(), some_text(12, seed)
    meant = Meant(*(some[meant.sentences != 7] for some in meant))
    things[7] = [0, 3]  # a sentence without words
    weights = {name: getattr(network, name) for name in SHAPES}
    rows, places = (some[None] for some in (network.rows(meant), meant.sentences))
    there = learned_with._things([things], THINGS)[:1]
    taught = learned_with._classes(weights, rows, places, there, jax.random.PRNGKey(0))
    near, _ = heard(meant, things, whole(12), network)
    assert near[:, 0] == pytest.approx(np.asarray(taught)[0], rel=1e-3)
    assert (near == near[:, :1]).all()


@pytest.mark.parametrize(("words", "sentences"), [(3, 2), (7, 1000), (1000, 5)])
def test_the_pieces_that_a_text_is_heard_in_make_no_difference(monkeypatch, words, sentences):
    network, text = some_network(), some_text(60)
    here = np.arange(60)
    windows = np.maximum(0, here - here % 7), np.minimum(59, here + 9)
    expected = heard(*text, windows, network)
    monkeypatch.setattr(heard_with, "_WORDS", words)
    monkeypatch.setattr(heard_with, "_SENTENCES", sentences)
    for one, other in zip(heard(*text, windows, network), expected, strict=True):
        assert one == pytest.approx(other, rel=1e-4)


def test_a_sentence_is_heard_with_its_window_and_alone_without():
    network, (meant, things) = some_network(), some_text(30)
    changed = meant.senses.copy(), meant.forms.copy()
    for some in changed:
        some[meant.sentences == 20] = 6
    of_senses, of_forms = meant._replace(senses=changed[0]), meant._replace(forms=changed[1])
    for other in ((of_senses, things), (of_forms, things), (meant, {**things, 20: [2, 5, 6] * 9})):
        near, alone = heard(meant, things, whole(30), network)
        near_changed, alone_changed = heard(*other, whole(30), network)
        assert (near != near_changed).any()
        far = np.abs(np.arange(30) - 20) > 1
        assert (alone[:, far] == alone_changed[:, far]).all()
        by_itself = np.arange(30), np.arange(30)
        expected = heard(meant, things, by_itself, network)[0][:, :15]
        assert (heard(*other, by_itself, network)[0][:, :15] == expected).all()


@pytest.mark.parametrize("sentences", [0, 1, 3])
def test_a_text_without_words_says_nothing(sentences):
    nothing = meant_by(np.zeros(0), np.zeros(0, np.int64))
    near, alone = heard(nothing, {}, whole(sentences), some_network())
    assert near.shape == alone.shape == (CLASSES, sentences)
    assert (near == some_network().out_bias[:, None]).all()


def test_a_blank_network_hears_nothing():
    assert not np.any(heard(*some_text(5), whole(5), blank_network(THINGS, CLASSES)))


def test_what_was_written_is_read_again():
    network = some_network()
    texts, steps = written_network(network)
    again = made_network(texts, steps, THINGS, CLASSES)
    assert (again.known == network.known).all()
    for name, step in zip(SHAPES, steps, strict=True):
        scale = again.step if name == "points" else 1
        assert np.abs(scale * getattr(again, name) - getattr(network, name)).max() <= step / 2 + 1e-6


def test_rows_are_those_of_senses_and_forms_that_are_known():
    forms = np.array([[100, 119], [99, 120], [0, 0], [101, 0]])
    rows = some_network().rows(meant_by(np.array([5, 24, 4, 25]), np.zeros(4, np.int64), forms))
    assert rows.tolist() == [
        [FIRST, FIRST + 20, FIRST + 39],
        [FIRST + 19, NOTHING, NOTHING],
        [UNKNOWN, NOTHING, NOTHING],
        [UNKNOWN, FIRST + 21, NOTHING],
    ]


def test_it_learns_what_is_there_to_learn(monkeypatch):
    """Which of two senses comes first, and whether a thing is there at all."""
    monkeypatch.setattr(learned_with, "_ROUNDS", 20)  # of few texts
    random = np.random.default_rng(0)
    texts, told = [], []
    for number in range(400):
        numbers = random.integers(10, 30, 12).astype(np.uint64)
        numbers[[3, 4]] = [[5, 6], [6, 5]][number % 2]
        things = {0: [3], 2: [5, 7 if number % 3 == 0 else 6]}
        texts.append((meant_by(numbers, np.repeat([0, 1, 2], 4)), things))
        told.append(2 if number % 3 == 0 else number % 2)
    learned_from = [list(some) for some in zip(*texts[:300], strict=True)]
    network = learned_with.learn_network(*learned_from, np.array(told[:300]), np.ones(300), (THINGS, CLASSES))
    heard_most = [[0, *heard(*text, whole(3), network)[0][:, 0]] for text in texts[300:]]
    right = np.argmax(heard_most, 1) == told[300:]
    assert right.mean() > 0.95


@pytest.mark.parametrize("place", [0, 1])
def test_it_learns_how_words_are_written(monkeypatch, place):
    """Whether a word, or its ending, is there, where all senses are the same."""
    monkeypatch.setattr(learned_with, "_ROUNDS", 20)
    random = np.random.default_rng(0)
    texts, told = [], np.arange(400) % 2
    for number in range(400):
        forms = random.integers(10, 20, (12, 2))
        forms[random.integers(12), place] = 7 + number % 2
        texts.append((meant_by(np.full(12, 5), np.repeat([0, 1, 2], 4), forms), {}))
    learned_from = [list(some) for some in zip(*texts[:300], strict=True)]
    network = learned_with.learn_network(*learned_from, told[:300], np.ones(300), (THINGS, CLASSES))
    right = [
        (heard(*text, whole(3), network)[0][0, 0] > 0) == told
        for text, told in zip(texts[300:], told[300:], strict=True)
    ]
    assert np.mean(right) > 0.95


@pytest.mark.parametrize("length", [1, 30])
def test_long_texts_are_heard_in_linear_time(length):
    network = some_network()

    def seconds(count):
        numbers, of_sentence = np.full(count * length, 6, np.uint64), np.repeat(np.arange(count), length)
        here = np.arange(count)
        begun = process_time()
        things = {number: [1, 2] for number in range(count)}
        heard(
            meant_by(numbers, of_sentence),
            things,
            (np.maximum(0, here - 300), np.minimum(count - 1, here + 300)),
            network,
        )
        return process_time() - begun

    assert_linear(seconds, 2_000, 16_000)
