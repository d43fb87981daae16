"""How sensitive a letter is: sequences, things, scores, languages; and that what was learned belongs to what is there to learn from."""

import re
import tomllib
from dataclasses import replace
from random import Random
from time import process_time

import numpy as np
import pytest

from relay.detectors.definition import read_detectors
from relay.detectors.language import UNKNOWN, language_of
from relay.detectors.likeness import (
    CODES,
    GRAVE,
    MODELS,
    OPEN,
    Bounds,
    blank_likeness,
    made_likeness,
    scores_of,
    things_of,
)
from relay.detectors.network import made_network
from relay.detectors.senses import made_senses, senses_of, together
from relay.detectors.sequences import BITS, sequences
from relay.detectors.words import Signal
from relay.errors import ConfigurationError
from relay.policy.post import Finding
from tests.builders import shipped_rules
from tests.evaluation.learn import (
    LEARNED,
    Text,
    detectors_as_shipped,
    digest,
    encoded,
    letters,
    reading_of,
    sentences,
    within_others,
)
from tests.growth import assert_linear

KINDS = {"snake": 1, "night": 2, "unheard_of": 4}
THINGS = ("O1", "night", "snake", "x.rule")
SENSITIVE, HARMLESS = "the snake waits at the well tonight", "thank you for the kind report of may"
BOUNDS = {UNKNOWN: Bounds(sensitive=0.0, certain=1.0, open=0.0)}


SENSES = made_senses({"en": "snake: snake, viper\nwait: wait, waits", "fr": "snake: serpent\nwait: attend"}, {})


def likeness(**changed):
    """Sequences of the one sentence weigh for, those of the other against; snakes at night weigh most."""
    blank = blank_likeness(THINGS, KINDS)
    weights, pairs = blank.letters.copy(), blank.pairs.copy()
    weights[0, sequences(HARMLESS)[0]] = -1
    weights[0, sequences(SENSITIVE)[0]] = 1
    pairs[0, 1, 2] = 4
    senses = blank.senses.copy()
    senses[1, 7] = -2
    return replace(blank, letters=weights, pairs=pairs, senses=senses, **{"bounds": BOUNDS, **changed})


def scores(text, things=None):
    return scored(text, things or {}, likeness())


def scored(text, things, learned):
    reading = reading_of(text)
    return scores_of(reading, things, senses_of(reading, [], language_of(reading, SENSES), SENSES), learned)


def finding(start, rule="x.rule", code="O1"):
    return Finding(code=code, rule=rule, place="", start=start, end=start + 1)


def test_what_was_learned_belongs_to_what_is_there_to_learn_from():
    """If this fails, run `make learn`, and look at `make evaluate` before and after."""
    assert tomllib.loads(LEARNED.read_text("utf-8"))["likeness"]["learned_from"] == digest()


@pytest.mark.parametrize("texts", [sentences, letters])
def test_all_that_is_learned_from_has_a_code_and_its_slots_are_filled(texts):
    read = list(texts())
    assert {one.code for one in read} <= {"PASS", *GRAVE, *OPEN}
    assert not [one for one in read if re.search(r"\{[a-z_]+\d?(?:\|[a-z]+)?\}", one.text)]


def test_the_sentence_that_sounds_sensitive_scores_most():
    text = f"Good day.\n\nMany thanks to you.\n\n{SENSITIVE}.\n\nKind regards"
    start = reading_of(text).sentences.starts[scores(text).alone.argmax()]
    assert text[start:].startswith(SENSITIVE)


def test_a_sentence_is_read_with_what_is_around_it_but_not_with_the_whole_of_a_long_text():
    near, far = f"{HARMLESS}. {SENSITIVE}.", f"{SENSITIVE}." + " -" * 400 + f" {HARMLESS}."
    first, last = (scores(text).grave for text in (near, far))
    assert first[0] > last[-1]


def test_things_are_known_by_the_sentence_that_they_stand_in():
    reading = reading_of("A snake came. It was night. A snake came by night.")
    seen = [Signal(1, 2, 7), Signal(2, 21, 26), Signal(1, 30, 35), Signal(2, 44, 49), Signal(4, 44, 49)]
    assert things_of(reading, seen, [finding(30), finding(30, "other.rule")], likeness()) == {
        0: [2],
        1: [1],
        2: [0, 1, 2, 3],
    }


def test_things_weigh_where_they_stand_together():
    apart, together = (
        scores("A snake came. It was night.", {0: [2], 1: [1]}),
        scores("A snake came. By night.", {0: [1, 2]}),
    )
    assert together.grave.max() > apart.grave.max() + 0.7  # of one model among three


def test_what_was_learned_of_one_language_holds_for_another():
    """By what words mean: no sequence of these two is the same."""
    said, same, other = (
        reading_of(text) for text in ("The viper waits for us.", "Le serpent nous attend.", "Le client nous attend.")
    )
    blank = blank_likeness(THINGS, KINDS)
    weights = blank.senses.copy()
    weights[0, together(senses_of(said, [], "en", SENSES))[0]] = 5
    learned = replace(blank, senses=weights, bounds=BOUNDS)
    grave = [scores_of(one, {}, senses_of(one, [], "fr", SENSES), learned).grave[0] for one in (same, other)]
    assert grave[0] > grave[1] + 1 > np.log(3) + 1


def test_each_model_has_scores_of_its_own():
    found = scores(SENSITIVE, {0: [1, 2]})
    assert found.grave.shape == found.alone.shape == found.open.shape == (1,)
    assert found.grave[0] > np.log(3) > 0 == pytest.approx(found.open[0])


@pytest.mark.parametrize("model", range(len(MODELS) - 1))
def test_what_is_grave_in_one_way_is_grave(model):
    blank = blank_likeness(THINGS, KINDS)
    weights = blank.letters.copy()
    weights[model, sequences(SENSITIVE)[0]] = 3
    learned = replace(blank, letters=weights, bias=(-5.0,) * len(MODELS), bounds=BOUNDS)
    grave, harmless = (scored(text, {}, learned).grave[0] for text in (SENSITIVE, HARMLESS))
    assert harmless < -2 < 0 < grave


@pytest.mark.parametrize("code", CODES)
def test_a_code_that_the_network_hears_counts_for_its_model_alone(code):
    blank = blank_likeness(THINGS, KINDS)
    raised = blank.network.out_bias.copy()
    raised[CODES.index(code)] += 3
    hearing = replace(blank, network=replace(blank.network, out_bias=raised))
    found, before = scored(HARMLESS, {}, hearing), scored(HARMLESS, {}, blank)
    more = {name: getattr(found, name)[0] - getattr(before, name)[0] for name in ("grave", "alone", "threat", "open")}
    rises = {"grave": code in GRAVE, "alone": code in GRAVE, "threat": code == "T1", "open": code in OPEN}
    assert {name: value > 0.5 for name, value in more.items()} == rises
    assert all(abs(value) < 1e-6 for name, value in more.items() if not rises[name])


def test_digits_are_all_the_same_and_several_spaces_are_one():
    same = [sequences(text)[0].tolist() for text in ("ab 12 c", "ab  12\n\tc", "ab\u00a098 c")]
    assert same[0] == same[1] == same[2] != sequences("ab 1 c")[0].tolist()


@pytest.mark.parametrize("text", ["", "a", " ", "\ud800", "字"])
def test_no_text_is_too_short_or_too_odd(text):
    hashes, starts = sequences(text)
    assert len(hashes) == len(starts) == max(0, len(text) - 1)
    assert np.isfinite(scores(text).grave).all()


def test_scores_are_found_in_linear_time():
    learned = shipped_rules().detectors.likeness

    def seconds(text):
        reading = reading_of(text)
        things = {number: [0, 1, 2] for number in range(len(reading.sentences.starts))}
        begun = process_time()
        scores_of(reading, things, senses_of(reading, [], "en", shipped_rules().detectors.senses), learned)
        return process_time() - begun

    assert_linear(seconds, f"{SENSITIVE}. " * 100, f"{SENSITIVE}. " * 800)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The truck was stopped at the border with two of them."),
        ("fr", "Les écailles ont été saisies dans une voiture."),
        ("es", "El camión fue detenido con las aletas en el puerto."),
        ("pt", "A viatura foi apreendida com as escamas na fronteira."),
        ("de", "Der Wagen wurde mit den Schuppen an der Grenze gestoppt."),
        ("nl", "De vrachtwagen werd met het ivoor op de grens gestopt."),
        ("sw", "Gari lilikamatwa na meno ya tembo katika mpaka wa nchi."),
        ("id", "Truk itu dihentikan di perbatasan dengan sisik yang disita."),
        ("vi", "Chiếc xe đã bị giữ với các vảy tê tê trong thùng."),
        ("ru", "Машину остановили на границе, изъято 40 кг (CITES App. II)."),
        ("ar", "تم توقيف الشاحنة على الحدود وضبط العاج CITES."),
        ("zh", "卡车在边境被拦下,查获鳞片40公斤(CITES)。"),
        ("id", "Sopir ditahan, sisik 40 kg disita."),
        ("vi", "Cá chình 12 kg, phạt hai năm tù"),
        ("pt", "Seguem seis anilhas; caixa vazia; assina a inspetora"),
        ("de", "Kisten leer, Schlüssel fehlt, Zeuge abgereist"),
        (UNKNOWN, "40 / 12"),
    ],
)
def test_a_language_is_told_by_its_script_its_little_words_and_what_words_it_has(language, text):
    assert language_of(reading_of(text), detectors_as_shipped().senses) == language


def read_table(learned):
    table = tomllib.loads(encoded(learned))["likeness"]
    return {name: value for name, value in table.items() if name != "learned_from"}


def test_what_was_learned_is_read_as_it_was_written():
    learned = likeness(bias=(0.5, -0.25, 0.0, 1.0))
    table = read_table(learned)
    weights = [table.pop(name) for name in ("letters", "pairs", "senses")]
    network = made_network(table.pop("network"), table.pop("network_steps"), len(table["things"]), len(CODES))
    assert table.pop("codes") == list(CODES)
    again = made_likeness(**table | {"bounds": BOUNDS, "network": network}, weights=weights, kinds=KINDS)
    pairs = (again.letters, learned.letters), (again.pairs, learned.pairs), (again.senses, learned.senses)
    for (one, other), step in zip(pairs, again.steps, strict=True):
        assert np.abs(one * step - other).max() <= step / 2 + 1e-6
    assert list(again.steps) == table["steps"]
    assert (again.bias, again.places, again.of_bits) == (learned.bias, learned.places, learned.of_bits)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"letters": "eJwDAAAAAAE="}, f"it needs {1 << BITS} weights"),
        ({"things": ["a"]}, "the arrays of its network don't fit each other"),
        ({"bias": [1.0]}, f"it needs {1 << BITS} weights"),
        ({"senses": "eJwDAAAAAAE="}, f"it needs {1 << BITS} weights"),
        ({"pairs": "AAAA"}, "its weights can't be unpacked"),
        ({"pairs": "?"}, ""),
        ({"bounds": {}}, "it needs the bounds of all languages"),
        ({"network_steps": [1.0]}, "its network needs what is known, points, near"),
        ({"codes": ["T1", "N1"]}, "its network tells T1, N1 and not N1, N2, T1,"),
        ({"network": {"known": ""}}, "its network needs what is known, points, near"),
        ({"network": {"out": "AAAA"}}, "its network can't be unpacked"),
        ({"network": {"out": "eJwDAAAAAAE="}}, "the arrays of its network don't fit"),
    ],
)
def test_a_damaged_file_stops_the_start(changed, fault):
    changed = dict(changed)
    table = read_table(likeness())
    network = table.pop("network") | changed.pop("network", {})
    bounds = (table | changed).pop("bounds")
    lines = [f"{name} = {value!r}" for name, value in (table | changed).items() if name != "bounds"]
    lines += ["[likeness.network]", *(f"{name} = {value!r}" for name, value in network.items() if value)]
    for language, some in bounds.items():
        lines += [f"[likeness.bounds.'{language}']", *(f"{name} = {value}" for name, value in some.items())]
    lines += [] if bounds else ["[likeness.bounds]"]
    with pytest.raises(ConfigurationError, match=f"x.toml: likeness: {fault}"):
        read_detectors({"x.toml": "\n".join(["[likeness]", "learned_from = ''", *lines])})


def test_letters_are_put_among_harmless_ones_each_another_and_never_themselves():
    some = [Text(f"s{number}\n\nletter {number}.", "N1" if number % 4 else "PASS", True) for number in range(60)]
    harmless = {one.text.partition("\n\n")[2] for one in some if one.code == "PASS"}
    within = list(within_others([*some, Text("no text", "N1")], Random(1)))
    assert len(within) == 12
    for one in within:
        subject, *texts = one.text.split("\n\n")
        own = f"letter {subject[1:]}."
        others = [text for text in texts if text != own]
        assert len(texts) - len(others) == 1
        assert 1 <= len(others) == len(set(others)) <= 3
        assert set(others) <= harmless
        assert (one.is_new, one.weighs) == (True, 0)


def test_a_file_of_one_letter_puts_it_among_none():
    assert list(within_others([Text("s\n\nletter", "PASS")], Random(1))) == []
