"""What words mean: whole words, stems, words that nothing parts, names; and what stands together."""

import re
from collections import Counter
from time import process_time
from zlib import crc32

import numpy as np
import pytest

from relay.detectors.definition import read_detectors
from relay.detectors.senses import BITS, Meant, made_senses, senses_of, together
from relay.detectors.words import Signal
from relay.errors import ConfigurationError
from relay.policy.shape import fold, shape
from tests.builders import shipped_rules
from tests.evaluation.learn import DETECTORS, reading_of
from tests.growth import assert_linear

TABLES = {
    "en": "arrest: arrest, arrests\ndid+arrest: arrested\nhe: he\nmail: mail",
    "de": "did+arrest: verhaftet\narrest: verhaft*\nhouse+search: hausdurchsuch*\nhe: er",
    "ar": "search: تفتيش, فتش\nhouse: منزل\ndo: يتم\narrest: اعتقال*",
    "zh": "arrest: 逮捕\ndid+arrest: 已逮捕\nhe: 他\nivory: 象牙",
    "vi": "arrest: bắt giữ\nkeep: giữ\ncatch: bắt\nhe: anh ta",
}
SENSES = made_senses(TABLES, {"name": 1, "maybe_name": 2, "capital": 4, "other": 8})
_WORDS = "NAME CAPITAL UNKNOWN 0 00000 . 。 , ! ~ arrest did he mail house search do ivory keep catch will"
NAMES = {crc32(name.encode()): name for name in _WORDS.split()}


def read(text, language, signals=()):
    """The senses by their names, parted where a sentence ends."""
    numbers, of_sentence, _ = senses_of(reading_of(text), signals, language, SENSES)
    told = [NAMES[int(number)] for number in numbers]
    return [
        " ".join(one for one, place in zip(told, of_sentence, strict=True) if place == here)
        for here in dict.fromkeys(of_sentence)
    ]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "He arrested 12.", "he did arrest 0 ."),
        ("en", "Arrests, 123456!", "arrest , 00000 !"),
        ("de", "Er verhaftet", "he did arrest"),
        ("de", "verhaftest verhaftungen", "arrest UNKNOWN"),  # a stem has a short ending
        ("de", "Hausdurchsuchung Unbekanntes wort", "house search CAPITAL UNKNOWN"),
        ("de", "Mail", "mail"),  # English words are written everywhere
        ("ar", "وتفتيش المنزل سيتم", "search house will do"),
        ("ar", "واعتقالات", "arrest"),
        ("zh", "12月他已逮捕", "0 UNKNOWN he did arrest"),
        ("zh", "abc象牙,3象牙", "UNKNOWN ivory , 0 ivory"),
        ("en", "mail 他已逮捕 وتفتيش", "mail he did arrest search"),  # a script tells its language
        ("en", "§ mail ¶ keep", "~ mail ~ keep"),  # of rare signs one is as good as another
        ("en", "ivory", "ivory"),  # of English itself a sense is a word
        ("zh", "他已逮捕。象牙 mail", "he did arrest 。 ivory mail"),
        ("vi", "Anh ta bị bắt giữ, giữ", "he UNKNOWN arrest , keep"),
        ("vi", "anh ta bi bat giu", "he UNKNOWN arrest"),  # typed without accents
        ("xx", "arrest verhaftet", "arrest UNKNOWN"),  # of a language that has no table
        ("", "arrest", "arrest"),
        ("fr", "", ""),
    ],
)
def test_words_have_the_sense_that_the_tables_say(language, text, expected):
    assert " ".join(read(text, language)) == expected


def test_a_name_is_a_name_whatever_its_words_mean():
    text = "He saw Arrest House, Arrest"
    signals = [Signal(1, 7, 13), Signal(2, 14, 19), Signal(4, 21, 27), Signal(8, 0, 2)]
    assert read(text, "en", signals) == ["he UNKNOWN NAME , arrest"]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 1, "NAME UNKNOWN UNKNOWN he did arrest ivory"),
        (1, 3, "UNKNOWN NAME he did arrest ivory"),
        (7, 9, "UNKNOWN UNKNOWN UNKNOWN he did arrest NAME"),
    ],
)
def test_where_nothing_parts_words_a_name_ends_where_it_ends(start, end, expected):
    assert read("某王伟他已逮捕象牙", "zh", [Signal(1, start, end)]) == [expected]


def test_senses_stand_in_their_sentences():
    assert read("He. Arrested!", "en") == ["he .", "did arrest !"]


def test_a_word_is_known_by_its_form_and_ending_and_names_and_numbers_by_none():
    forms = senses_of(reading_of("Er verhaftet Anna 12"), [Signal(1, 13, 17)], "de", SENSES).forms.tolist()
    first, (arrest, *_) = (
        [crc32(f"de {form}".encode()) for form in some] for some in (("er", "-er"), ("verhaftet", "-"))
    )
    assert forms[0] == first
    assert forms[1] == forms[2] == [arrest, crc32(b"de -ftet")]  # "did" and "arrest"
    assert forms[3:] == [[0, 0]] * 2


def meant_by(numbers, places):
    return Meant(numbers, places, np.zeros((len(numbers), 2), np.uint64))


def test_each_sense_counts_and_each_two_in_a_sentence():
    numbers, places = np.array([5, 7, 5, 9], np.uint64), np.array([0, 0, 0, 2])
    hashes, of_sentence = together(meant_by(numbers, places))
    assert Counter(of_sentence.tolist()) == {0: 3 + 2 + 1, 2: 1}
    assert hashes.min() >= 0
    assert hashes.max() < 1 << BITS
    assert hashes[0] == hashes[2] != hashes[1]
    other = together(meant_by(np.array([7, 5, 5], np.uint64), places[:3]))[0]
    assert set(other) & set(hashes) > set(hashes[:2])  # the two together count the same, which comes first does not
    assert hashes[4] != hashes[5]


def test_of_a_sentence_without_end_only_its_first_senses_are_looked_at_two_by_two():
    numbers = np.arange(500, dtype=np.uint64) * 7919 % 500
    hashes, _ = together(meant_by(numbers, np.zeros(500, np.int64)))
    assert len(hashes) == 500 + 499 + 60 * 59 / 2
    first, _ = together(meant_by(numbers[:60], np.zeros(60, np.int64)))
    assert set(first) <= set(hashes)


@pytest.mark.parametrize(
    "text",
    [
        "他们被逮捕象牙 mail arrest 人员在仓库",
        "".join(map(chr, range(0x4E00, 0x4E80))),
        "verhaftungswellen und ",
        "bat giu ",
    ],
)
@pytest.mark.parametrize("language", ["zh", "vi", "de"])
def test_senses_are_found_in_linear_time(text, language):
    shipped = shipped_rules().detectors.senses

    def seconds(text):
        reading = reading_of(text)
        begun = process_time()
        together(senses_of(reading, [], language, shipped))
        return process_time() - begun

    assert_linear(seconds, text * 40, text * 320)


@pytest.mark.parametrize("text", ["a" * 5000, "字" * 3000, "\ud800 ab", "ا" * 3000, "1" * 5000])
@pytest.mark.parametrize("language", ["en", "zh", "ar", "vi"])
def test_no_text_is_too_odd(text, language):
    numbers, of_sentence, forms = senses_of(reading_of(text), [], language, shipped_rules().detectors.senses)
    assert len(numbers) == len(of_sentence) == len(forms) > 0


@pytest.mark.parametrize(
    "line",
    [
        "arrest",
        "arrest:x",
        "ar rest: x",
        "a+b+c+d+e: x",
        ": x",
        "a: b,c",
        "a: two words",
        "a: shor*",
        "a: 12",
        "a: b, ",
        "a: st*ar",
    ],
)
def test_a_line_that_is_none_stops_the_start(line):
    with pytest.raises(ConfigurationError, match=f"senses: “{re.escape(line)}”, of en, is no sense"):
        read_detectors({"x.toml": f"[senses]\nen = '''\nhe: he\n{line}\n'''"})


def test_a_language_may_have_several_tables_and_the_first_that_has_a_word_says_its_sense():
    tables = {
        f"{name}.toml": f"[senses]\nen = '''\n{lines}\n'''" for name, lines in (("a", "he: he"), ("b", "she: he, she"))
    }
    he, she = read_detectors(tables).senses.of(["en he", "en she"])
    assert (he, she) == ((crc32(b"he"),), (crc32(b"she"),))


@pytest.mark.parametrize("path", sorted(DETECTORS.glob("senses_*.toml")), ids=lambda path: path.stem)
def test_each_word_has_one_sense_in_its_table(path):
    words = Counter(
        word
        for line in fold(shape(path.read_text("utf-8"))).splitlines()
        if ": " in line and line[0] != "#"
        for word in line.partition(": ")[2].split(", ")
    )
    assert len(words) > 2000
    assert [word for word, count in words.items() if count > 1] == []
