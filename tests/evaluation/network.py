"""How the network over senses and things (relay/detectors/network.py) is learned: the same sums as there, on batches, with jax's gradients."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from math import ceil

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from relay.detectors.network import FIRST, NOTHING, REACH, UNKNOWN, Network, in_order, shapes_of
from relay.detectors.senses import Meant

_POINTS, _FILTERS = 64, 128
_ROUNDS, _BATCH, _STEP, _DECAY = 10, 64, 2e-3, 1e-3
# Texts in which a sense or a thing stands at least, and a word's form or ending.
_SELDOM, _SELDOM_FORMS = 3, 5
# At random, so that nothing is learned by heart; of the words some as if they weren't known, as many of a letter's are.
_WORDS_UNKNOWN = 0.1
_WORDS_LEFT_OUT, _FORMS_LEFT_OUT = 0.15, 0.3
_THINGS_LEFT_OUT, _SENTENCES_LEFT_OUT, _ANSWERS_LEFT_OUT = 0.2, 0.2, 0.4
_SENTENCES = 40  # of a text, that are learned from
_SIZES = (32, 64, 96, 128, 192, 256, 384, 512)  # senses of a text, that are learned from, at most

Array = NDArray[np.float32] | NDArray[np.int64] | NDArray[np.uint64]
Weights = dict[str, jax.Array]


def learn_network(
    meant: Sequence[Meant],
    things: Sequence[Mapping[int, Sequence[int]]],
    told: NDArray[np.int64],
    worth: NDArray[np.float64],
    counts: tuple[int, int],
) -> Network:
    """The network that tells best what a text is.

    Args:
        meant: by the words of each text.
        things: of each text, by the sentence in which they stand.
        told: the number of each text's class, from 1 on; 0 for none.
        worth: what each counts.
        counts: how many things there are, and how many classes.
    """
    senses = _in_texts([one.senses for one in meant], _SELDOM)
    forms = _in_texts([one.forms[one.forms > 0] for one in meant], _SELDOM_FORMS)
    known = in_order(np.concatenate([senses, forms]))
    untaught = Network(known=known, **{name: np.zeros(0) for name in shapes_of(0, 0, 0, 0, 0)})
    rows = [untaught.rows(one)[: _SIZES[-1]] for one in meant]
    places = [np.minimum(one.sentences[: _SIZES[-1]], _SENTENCES) for one in meant]
    weights = _begun(len(known) - 1, *counts)
    weights["points"] = (
        weights["points"].at[FIRST:].multiply(np.isin(known[:-1], senses)[:, None])
    )  # forms begin as nothing
    moments = {name: (jnp.zeros_like(some), jnp.zeros_like(some)) for name, some in weights.items()}
    random, key = np.random.default_rng(0), jax.random.PRNGKey(1)
    worth = worth / worth.mean()
    total = _ROUNDS * ceil(len(rows) / _BATCH)
    number = 0
    for _ in range(_ROUNDS):
        for chosen, size in _batches(np.array([len(some) for some in rows]), random):
            number += 1
            key, here = jax.random.split(key)
            batch = _batch([rows[one] for one in chosen], [places[one] for one in chosen], size)
            there = _things([things[one] for one in chosen], counts[0])
            pad = (0, _BATCH - len(chosen))
            weights, moments = _step(
                weights,
                moments,
                (*batch, there, np.pad(told[chosen], pad), np.pad(worth[chosen], pad)),
                here,
                number,
                total,
            )
    learned = {name: np.array(some) for name, some in weights.items()}
    learned["points"][NOTHING] = 0  # which learning never reaches, nor things that hardly any text has
    learned["things"][_texts_with(things, counts[0]) < _SELDOM] = 0
    # What a text is is told against what it isn't: with that, no row of nothing is left.
    learned["out"] = (learned["out"] - learned["out"][..., :1])[..., 1:]
    learned["out_bias"] = (learned["out_bias"] - learned["out_bias"][:1])[1:]
    return Network(known=known, **learned)


def _in_texts(numbers: Sequence[NDArray[np.uint64]], fewest: int) -> NDArray[np.uint64]:
    """Those that stand in so many texts at least, in order."""
    found, texts = np.unique(np.concatenate([np.unique(some) for some in numbers]), return_counts=True)
    return found[texts >= fewest]


def _texts_with(things: Sequence[Mapping[int, Sequence[int]]], count: int) -> NDArray[np.int64]:
    """In how many texts each thing stands."""
    of_texts = [list({*chain.from_iterable(some.values())}) for some in things]
    return np.bincount(np.array(list(chain.from_iterable(of_texts)), np.int64), minlength=count)


def _begun(known: int, things: int, classes: int) -> Weights:
    """Small numbers at random, as large as what they are summed over asks for (He et al. 2015); none for biases."""
    shapes = shapes_of(known, things, _POINTS, _FILTERS, classes + 1)  # one more, of what belongs to none
    keys = iter(jax.random.split(jax.random.PRNGKey(0), len(shapes)))
    spread = {
        "points": 0.1,
        "things": 0.05,
        "near": (2 / ((2 * REACH + 1) * _POINTS)) ** 0.5,
        "beside": (1 / (3 * _FILTERS)) ** 0.5,
        "out": 0.05,
    }
    return {name: spread.get(name, 0.0) * jax.random.normal(next(keys), shape) for name, shape in shapes.items()}


def _batches(lengths: NDArray[np.int64], random: np.random.Generator) -> Iterator[tuple[NDArray[np.int64], int]]:
    """All texts in batches of about one length, in an order of chance, with the size that they are padded to."""
    order = np.argsort(lengths + random.random(len(lengths)) * 8, kind="stable")
    batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
    for number in random.permutation(len(batches)):
        longest = lengths[batches[number]].max()
        yield batches[number], next(size for size in _SIZES if longest <= size)


def _batch(rows: Sequence[Array], places: Sequence[Array], size: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Rows of points, of shape (texts, size, 3), and sentences (texts, size): row 0, sentence _SENTENCES where there are no more."""
    of_points = np.zeros((_BATCH, size, 3), np.int32)
    of_sentence = np.full((_BATCH, size), _SENTENCES, np.int32)
    for number, (some, where) in enumerate(zip(rows, places, strict=True)):
        of_points[number, : len(some)], of_sentence[number, : len(some)] = some, where
    return of_points, of_sentence


def _things(things: Sequence[Mapping[int, Sequence[int]]], count: int) -> NDArray[np.float32]:
    """Which things stand in each sentence, of shape (texts, sentences, things): 1 for each."""
    there = np.zeros((_BATCH, _SENTENCES, count), np.float32)
    for number, of_text in enumerate(things):
        for sentence, some in of_text.items():
            if sentence < _SENTENCES:
                there[number, sentence, some] = 1
    return there


def _classes(weights: Weights, rows: jax.Array, places: jax.Array, things: jax.Array, key: jax.Array) -> jax.Array:
    """How much each text sounds like each class, of shape (texts, classes)."""
    keys = jax.random.split(key, 6)
    senses, forms = rows[..., 0], rows[..., 1:]
    there = (senses > 0)[..., None]
    senses = jnp.where(there[..., 0] & jax.random.bernoulli(keys[4], _WORDS_UNKNOWN, senses.shape), UNKNOWN, senses)
    of_forms = _left_out(keys[5], weights["points"][forms] * (forms > 0)[..., None], _FORMS_LEFT_OUT, (*forms.shape, 1))
    points = (weights["points"][senses] + of_forms.sum(2)) * there
    points = _left_out(keys[0], points, _WORDS_LEFT_OUT, (*senses.shape, 1))
    near = jax.lax.conv_general_dilated(points, weights["near"], (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC"))
    answers = jax.nn.relu(near + weights["near_bias"]) * there
    strongest = jax.vmap(lambda some, where: jax.ops.segment_max(some, where, _SENTENCES + 1))(answers, places)
    said = _left_out(keys[3], things, _THINGS_LEFT_OUT) @ weights["things"]
    said = jax.nn.relu(said + weights["things_bias"]) * things.any(-1, keepdims=True)
    heard = jnp.maximum(strongest[:, :_SENTENCES], 0) + said
    words = _left_out(keys[1], heard, _SENTENCES_LEFT_OUT)
    apart = jnp.pad(words, ((0, 0), (1, 1), (0, 0)))
    beside = sum(apart[:, shift : shift + _SENTENCES] @ weights["beside"][shift] for shift in range(3))
    beside = jax.nn.relu(beside + weights["beside_bias"]) * (words.max(-1, keepdims=True) > 0)
    both = jnp.concatenate([words.max(1), beside.max(1)], -1)
    both = _left_out(keys[2], both, _ANSWERS_LEFT_OUT)
    return both @ weights["out"].reshape(both.shape[-1], -1) + weights["out_bias"]


def _left_out(key: jax.Array, some: jax.Array, share: float, shape: tuple[int, ...] | None = None) -> jax.Array:
    return some * jax.random.bernoulli(key, 1 - share, shape or some.shape) / (1 - share)


def _loss(weights: Weights, batch: tuple[jax.Array, ...], key: jax.Array) -> jax.Array:
    rows, places, things, told, worth = batch
    sure = jax.nn.log_softmax(_classes(weights, rows, places, things, key))
    return -(jnp.take_along_axis(sure, told[:, None], 1)[:, 0] * worth).sum() / _BATCH


@partial(jax.jit, static_argnums=5)
def _step(
    weights: Weights,
    moments: dict[str, tuple[jax.Array, jax.Array]],
    batch: tuple[jax.Array, ...],
    key: jax.Array,
    number: int,
    total: int,
) -> tuple[Weights, dict[str, tuple[jax.Array, jax.Array]]]:
    """One step of Adam (Kingma and Ba 2015) with decay of weights (Loshchilov and Hutter 2019), in smaller steps from one to the next."""
    slopes = jax.grad(_loss)(weights, batch, key)
    step = _STEP * 0.5 * (1 + jnp.cos(jnp.pi * number / total))
    after, later = {}, {}
    for name, slope in slopes.items():
        first, second = moments[name]
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        by = first / (1 - 0.9**number) / (jnp.sqrt(second / (1 - 0.999**number)) + 1e-8)
        after[name] = weights[name] - step * (by + _DECAY * weights[name])
        later[name] = first, second
    return after, later
