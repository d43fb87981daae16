"""Finding markings under arbitrary text: never raises, and no dressing-up loses a marking."""

import unicodedata
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.policy.marking import find_markings, strictest
from relay.policy.post import View
from relay.policy.shape import close_up, fold, shape
from relay.policy.vocabulary import patterns_of
from relay.roster.mailing_list import Tlp
from tests.builders import WORDS
from tests.growth import assert_linear

INVISIBLE = [char for char in map(chr, range(0x110000)) if unicodedata.category(char) in {"Cf", "Mn", "Me"}]
PLACES = st.sampled_from(
    [
        "text",
        "subject",
        "header x-tlp",
        "header sio-label",
        "header msip_labels",
        "header x-protective-marking",
        "attachment 1, properties",
        "header keywords",
        "attachment 1, name",
        "quoted text",
    ]
)
MARKINGS = sorted(word for table in ("classified", "restricted", "held") for word in WORDS.banners[table])
WORDY = st.lists(
    st.sampled_from([*WORDS.names, *WORDS.connectors, *(word for words in WORDS.labels.values() for word in words)])
    | st.sampled_from(MARKINGS)
    | st.sampled_from(["//", "SEC=", "H1", "handling ", "MSIP_Label_0a1b2c3d_Name=", "★", ", "])
    | st.sampled_from([":", " ", "\n", "[", "]", "(", ")", "/", ".", ",", "-", "\u202e", "\u202c", "=?", "ı", "İ", "ß"])
    | st.text(max_size=3),
    max_size=15,
).map("".join)
PROSE = st.text("abcdefg hijk,.\n", max_size=60)


@given(WORDY | st.text(max_size=200), PLACES)
def test_finding_never_raises_and_stays_inside_the_text(text, place):
    longest = len("TLP:") + max(len(shape(text)), len(close_up(shape(text))))
    for finding in find_markings(View(text=text, place=place), WORDS):
        assert 0 <= finding.start < finding.end <= longest
        assert finding.code in {"M1", "H2"}
        assert finding.label is None or finding.label in set(Tlp)
        assert finding.place.startswith(place)


@given(st.text(max_size=200))
def test_folding_keeps_every_character_s_place(text):
    assert len(fold(shape(text))) == len(shape(text))
    assert shape(shape(text)) == shape(text)


@given(st.data(), st.sampled_from([one for one in WORDS.labels.items() if one[0] in set(Tlp)]), PROSE)
def test_invisible_characters_never_lose_a_marking(data, entry, prose):
    label, words = entry
    marked = f"TLP:{data.draw(st.sampled_from(words))}"
    for _ in range(data.draw(st.integers(1, 6))):
        position = data.draw(st.integers(0, len(marked)))
        marked = marked[:position] + data.draw(st.sampled_from(INVISIBLE)) + marked[position:]
    assert strictest(find_markings(View(text=f"{prose}\n\n{marked}\n\n{prose}", place="text"), WORDS)) == label


@given(st.data(), st.sampled_from(["RED", "ROUGE", "AMBER", "Ámbar", "КРАСНЫЙ"]), PROSE, PROSE)
def test_whatever_stands_around_it_a_label_above_the_ceiling_raises(data, word, before, after):
    sign = data.draw(st.sampled_from([":", ": ", " : ", "=", " ", "-"]))
    found = find_markings(View(text=f"{before} TLP{sign}{word} {after}", place="text"), WORDS)
    assert any(finding.label in {Tlp.RED, Tlp.AMBER} for finding in found)


@given(st.text("TLPRED:abc \n", max_size=120), st.sampled_from([Tlp.RED, Tlp.AMBER]))
def test_one_more_marked_line_never_lowers_the_marking(text, label):
    before = strictest(find_markings(View(text=text, place="text"), WORDS))
    after = strictest(find_markings(View(text=f"{text}\n\n{label}\n", place="text"), WORDS))
    assert after is not None
    assert after.level >= max(label.level, before.level if before else 0)


@given(WORDY, st.sampled_from(["", ". " * 150]))
def test_a_quick_look_leaves_out_nothing_that_the_patterns_find(text, more):
    patterns, folded = patterns_of(WORDS), fold(shape(text + more))
    for finder in (patterns.name, patterns.weak, patterns.other):
        found = [match.span() for match in finder.pattern.finditer(folded)]
        assert [match.span() for match in finder.finditer(folded)] == found
        assert patterns.may_stand_in(folded) or not found


@example(" a - b - c", "")
@given(st.text("aB.-_ :=1\n\u00e9\u2019", max_size=30), st.sampled_from(["", "\u2019"]))
def test_a_quick_look_leaves_out_no_word_that_is_spelt_out(text, more):
    """Behind a word that is spelt out for certain every text is looked at thoroughly."""
    assert close_up(f"{text}\n\nx y z\n{more}") == f"{close_up(text)}\n\nxyz\n{more}"


PATHOLOGICAL = {
    "labels in one line": "TLP:RED ",
    "labels in lines": "TLP:RED\n",
    "unknown labels": "TLP:PURPLE ",
    "names with a sign": "TLP:",
    "names": "TLP ",
    "names in lines": "TLP\n",
    "a name's beginning": "traffic ",
    "most of a name": "traffic light ",
    "connectors": "TLP level code ",
    "copulas": "TLP x is ",
    "chains": "TLP:RED/GREEN/",
    "brackets": "(",
    "a name with brackets": "TLP((((((((",
    "encoded words": "=?",
    "spelt out": "T L P ",
    "single letters": "a ",
    "marks": "a\u0301\u0323\u0301",
    "marks alone": "\u0301\u0323",
    "overrides": "\u202eDER:PLT",
    "look-alikes": "ТLР:RЕD ",
    "presentation forms": "\ufdfa",
    "spaces": "TLP" + " " * 30,
    "separators": "AMBER+-+-",
    "reply prefixes": "Re: [x] ",
    "line ends": "\r",
    "a form": "☐ CLEAR ☒ RED ",
    "a name and a form": "TLP: ☐ CLEAR ☐ RED no ",
    "a list of labels": "red, amber and green, ",
    "a name and a sentence": "marked red under the TLP and ",
    "a column": "TLP\n\t|\tx",
    "a table": "a | TLP | b\nc | RED | d\n",
    "headings": "TLP | ",
    "a long column": "TLP\tx\nRED\ty\nz\tz\n",
    "weak names": "traffic light: ",
    "markings of classified information": "secret\n",
    "another scheme": "PAP:RED ",
    "rules": "never send TLP:RED to this list ",
    "half a rule": "never send it to the ",
    "a legend": "TLP:RED = for named persons only; ",
    "half a legend": "TLP:RED = ",
    "references": "&#58;",
    "half a reference": "&#",
    "half a tag": "TLP<",
    "percent signs": "%3A",
    "dots": "TLP" + "." * 90,
}


def seconds(text: str, place: str) -> float:
    start = process_time()
    find_markings(View(text=text, place=place), WORDS)
    return process_time() - start


BANNERS = {
    "a stack": "T\nL\nP\n",
    "stacks of quotes": ">\n",
    "shouting": "SECRET COMPARTMENT ",
    "shouted markings": "OFFICIAL-SENSITIVE ",
    "half a marking": "LAW ENFORCEMENT ",
    "counters": "1/1 - ",
    "what is said": "classified as ",
    "what is said of a marking": "marked SECRET ",
    "columns": "SECRET   |",
    "handling codes": "handling code H1 ",
    "codes": "H1 ",
    "slashes": "//",
    "slashes in capitals": "CUI//LES",
    "capitals before slashes": "A " * 20 + "//",
    "Australian suffixes": "[SEC=PROTECTED, ",
    "stars": "机密★",
    "XML labels": "<ConfidentialityLabel><Classification>",
    "copies": "ДСП Экз. № 1\n",
    "disclaimers": "SECRET\nintended ",
}


@pytest.mark.parametrize("piece", BANNERS.values(), ids=BANNERS)
def test_banners_and_notations_take_linear_time(piece):
    assert_linear(lambda text: seconds(text, "text"), piece * (2_400 // len(piece)), piece * (19_200 // len(piece)))


LABELS = {
    "parameters": ("header sio-label", "a="),
    "sections": ("header sio-label", "a*1="),
    "quotes": ("header sio-label", 'marking="\\'),
    "open quotes": ("header sio-label", 'a="'),
    "one word": ("header sio-label", "a"),
    "blanks in a label": ("header msip_labels", "MSIP_Label_2a1b3c4d-1111_Name=" + " " * 300),
    "labels": ("header msip_labels", "MSIP_Label_2a1b3c4d-1111_Name=Confidential;"),
    "half a label": ("header msip_labels", "MSIP_Label_2a1b3c4d"),
    "values": ("header x-label", "secret "),
    "properties": ("attachment 1, properties", "label: x\n"),
    "a property": ("attachment 1, properties", "MSIP_Label_2a1b3c4d-1111_Name "),
    "blanks": ("attachment 1, properties", " "),
}


@pytest.mark.parametrize(("place", "piece"), LABELS.values(), ids=LABELS)
def test_labels_take_linear_time(place, piece):
    assert_linear(lambda text: seconds(text, place), piece * (2_400 // len(piece)), piece * (19_200 // len(piece)))


@pytest.mark.parametrize("place", ["text", "subject"])
@pytest.mark.parametrize("piece", PATHOLOGICAL.values(), ids=PATHOLOGICAL)
def test_time_grows_with_the_text_and_not_with_its_square(piece, place):
    """Row 68."""
    small, large = piece * (6_000 // len(piece)), piece * (48_000 // len(piece))
    assert_linear(lambda text: seconds(text, place), small, large)
