"""What a letter sounds like: sequences, scores, languages; and that what was learned belongs to what is there to learn from."""

import tomllib
from time import process_time

import numpy as np
import pytest

from relay.detectors.definition import EXAMPLES_ON, read_detectors
from relay.detectors.facts import Facts
from relay.detectors.find import find_sensitive
from relay.detectors.language import UNKNOWN, language_of
from relay.detectors.likeness import (
    BITS,
    LIKENESS_KINDS,
    Likeness,
    find_alike,
    made_likeness,
    scores_of,
    sequences,
)
from relay.errors import ConfigurationError
from relay.policy.shape import versions_of
from tests.builders import shipped_rules
from tests.evaluation.learn import LEARNED, Text, digest, encoded, learn, reading_of, written
from tests.growth import assert_linear

KINDS = {name: 1 << place for place, name in enumerate(LIKENESS_KINDS)}
TODAY = EXAMPLES_ON
DETECTOR = """
[words.snake]
en = ["snake"]
[[detector]]
rule = "x.snake"
code = "O1"
all = ["snake"]
must = ["a snake", "the snake", "our snake"]
must_not = ["a", "b", "c"]
"""
SENSITIVE, HARMLESS = "the snake waits at the well tonight", "thank you for the kind report of may"


def likeness(above=1.0, below=-1.0):
    texts = [Text(one, code, 0, whole=True) for one, code in ((SENSITIVE, "T1"), (HARMLESS, "PASS"))]
    learned = learn(texts)
    return Likeness(weights=learned.weights, bias=learned.bias, above={UNKNOWN: above}, below={UNKNOWN: below})


def alike(text, **bounds):
    reading = reading_of(text)
    return [(one.kind, text[one.start : one.end]) for one in find_alike(reading, likeness(**bounds), KINDS)]


def test_what_was_learned_belongs_to_what_is_there_to_learn_from():
    """If this fails, run `make learn`, and look at `make evaluate` before and after."""
    assert tomllib.loads(LEARNED.read_text("utf-8"))["likeness"]["learned_from"] == digest()


@pytest.mark.parametrize("folder", ["sentences", "letters"])
def test_all_that_is_learned_from_has_a_code(folder):
    assert {one.code for one in written(folder)} == {"T1", "O1", "O2", "O3", "N1", "PASS"}


def test_a_text_that_sounds_like_a_sensitive_one_is_sensitive_where_it_does_most():
    found = alike(f"Good day.\n\nMany thanks to you.\n\n{SENSITIVE}.\n\nKind regards", above=0.0)
    assert [(kind, text.strip()) for kind, text in found] == [(KINDS["like_sensitive"], f"{SENSITIVE}.")]


def test_a_text_that_sounds_like_a_harmless_one_is_harmless_once_it_is_long_enough():
    assert alike(HARMLESS) == []
    assert [kind for kind, _ in alike(f"{HARMLESS}. " * 4)] == [KINDS["like_harmless"]] * 4


def test_a_sentence_is_read_with_what_is_around_it_but_not_with_the_whole_of_a_long_text():
    near, far = f"{HARMLESS}. {SENSITIVE}.", f"{SENSITIVE}." + " -" * 400 + f" {HARMLESS}."
    first, last = (scores_of(reading_of(text), likeness())[0] for text in (near, far))
    assert first[0] > last[-1]


def test_digits_are_all_the_same_and_several_spaces_are_one():
    same = [sequences(text)[0].tolist() for text in ("ab 12 c", "ab  12\n\tc", "ab\u00a098 c")]
    assert same[0] == same[1] == same[2] != sequences("ab 1 c")[0].tolist()


@pytest.mark.parametrize("text", ["", "a", " ", "\ud800", "字"])
def test_no_text_is_too_short_or_too_odd(text):
    hashes, starts = sequences(text)
    assert len(hashes) == len(starts) == max(0, len(text) - 1)
    assert alike(text) == []


def test_scores_are_found_in_linear_time():
    learned = shipped_rules().detectors.likeness

    def seconds(text):
        reading = reading_of(text)
        begun = process_time()
        list(find_alike(reading, learned, KINDS))
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
        (UNKNOWN, "Manis tricuspis 40 kg"),
    ],
)
def test_a_language_is_told_by_its_script_and_little_words(language, text):
    assert language_of(reading_of(text)) == language


def test_what_was_learned_is_read_as_it_was_written():
    learned = likeness()
    table = tomllib.loads(encoded(learned))["likeness"]
    again = made_likeness(**{name: value for name, value in table.items() if name != "learned_from"})
    assert np.abs(again.weights - learned.weights).max() <= table["step"] / 2 + 1e-6
    assert (again.above, again.below) == (learned.above, learned.below)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"weights": "eJwDAAAAAAE="}, f"it needs {1 << BITS} weights"),
        ({"weights": "AAAA"}, "its weights can't be unpacked"),
        ({"weights": "?"}, ""),
        ({"above": {"en": 1.0}}, "it needs a bound above and one below"),
    ],
)
def test_a_damaged_file_stops_the_start(changed, fault):
    table = tomllib.loads(encoded(likeness()))["likeness"] | changed
    lines = [f"{name} = {value!r}" for name, value in table.items() if not isinstance(value, dict)]
    for name in ("above", "below"):
        lines += [f"[likeness.{name}]", *(f"'{language}' = {bound}" for language, bound in table[name].items())]
    with pytest.raises(ConfigurationError, match=f"x.toml: likeness: {fault}"):
        read_detectors({"x.toml": "\n".join(["[likeness]", *lines])})


def test_a_rule_of_everyday_words_is_not_believed_where_the_sentence_and_its_letter_sound_harmless():
    """The same word, among what officers write every day, and in a sentence that doesn't sound so."""
    letter = (
        "Thank you for the photos. The seizure of 14 October at the airport was confirmed by the laboratory as Manis tricuspis, "
        "Appendix II. Two persons of 31 and 44 years were arrested, and the court date is 3 May. The report gives the weights. "
    ) * 2
    detectors = read_detectors({"detector.toml": DETECTOR, "learned.toml": LEARNED.read_text("utf-8")})

    def rules(text):
        return [one.rule for one in find_sensitive(versions_of(text), "text", detectors, Facts(on=TODAY))]

    kind, plan = (
        "The laboratory confirmed the species of the snake.",
        "Tonight the buyer of the snake will be arrested by our team.",
    )
    assert [rules(kind), rules(f"{letter}\n{kind}"), rules(f"{letter}\n{plan}")] == [["x.snake"], [], ["x.snake"]]
