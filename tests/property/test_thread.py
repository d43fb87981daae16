"""Thread memory under arbitrary texts: a quotation is known, a cleaned text passes, and the author's own version too."""

import hmac

from hypothesis import assume, given
from hypothesis import strategies as st

from relay.policy.post import CleanPart, Finding
from relay.policy.shingle import APART, WORDS, passages, words_of
from relay.policy.thread import Recollection, inherited, memories, what_is_said
from relay.roster.mailing_list import Tlp
from tests.builders import make_finding, make_scan
from tests.unit.policy.test_thread import withheld_for

words = st.text("abcdefghijklmnopqrstuvwxyzéñش中", min_size=2, max_size=9)
sentences = st.lists(words, min_size=WORDS + APART, max_size=60)
NAMES = st.lists(st.text("ABCDEFGH", min_size=10, max_size=14), min_size=1, max_size=4)


def keyed(octets):
    return hmac.digest(b"a key", octets, "sha256")[:16]


def parts(text):
    return (CleanPart(media_type="text/plain", text=text),)


def hear(kept, text, *, own):
    said = what_is_said(parts(text), None, (), [keyed])
    found = [Recollection(memory=one, post_id=1, own=own) for one in kept if one.hash in said.hashes]
    return inherited(found, said, [keyed], frozenset())


def marked(text):
    scan = make_scan(make_finding("M1", Tlp.RED), parts=parts(text))
    return memories(scan, withheld_for(), frozenset(), keyed)


@given(st.lists(words, min_size=WORDS + 2 * APART, max_size=80), st.booleans())
def test_a_whole_text_is_known_when_it_is_quoted_and_its_author_s_own_version_passes(spelt, own):
    text = " ".join(spelt)
    assume(len(set(words_of(text))) > WORDS + APART)
    assert hear(marked(text), f"Hello.\n> {text}\nBye.", own=own)
    assert hear(marked(text), text, own=True) == ()


@given(sentences, sentences, NAMES, st.booleans())
def test_a_passage_is_known_wherever_it_stands_and_a_cleaned_text_passes(before, after, name, own):
    written = " ".join(name)
    text = " ".join([*before, written, *after])
    start = text.index(written)
    found = Finding(code="N1", rule="a.rule", place="text", start=start, end=start + len(written))
    scan = make_scan(parts=parts(text), passages=tuple(passages(text, [found])))
    kept = memories(scan, withheld_for(code="N1"), frozenset(), keyed)
    near = " ".join([*before[-WORDS:], written, *after[:WORDS]])
    for again in (text, near, f"Hello.\n> {text}", f"Hello there, {near} and so on"):
        assert {finding.code for finding in hear(kept, again, own=own)} == {"N1"}
    for cleaned in (" ".join([*before, *after]), " ".join([*before, "somebody", *after]), text.replace(name[-1], "X")):
        assert hear(kept, cleaned, own=own) == ()
