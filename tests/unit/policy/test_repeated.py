"""What its author is known by who sends a confirmed spill again, and what a corrected version no longer shares with it."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from relay.policy.post import CleanPart
from relay.policy.repeated import REPEATED, everything, memories_of_spill
from relay.policy.shingle import every_shingle
from relay.policy.thread import Recollection, inherited, what_is_said

WORDS = [f"word{number}" for number in range(400)]
TEXT = " ".join(WORDS[:40])


def keyed(octets):
    return hmac.digest(b"a key", octets, "sha256")[:16]


def parts(text):
    return (CleanPart(media_type="text/plain", text=text),)


def spilled(text, public=frozenset()):
    return memories_of_spill(parts(text), "<1@x.example>", everything("a", "s", parts(text), ()), public, keyed)


def hear(kept, text):
    """The rules that the author's own message inherits."""
    said = what_is_said(parts(text), "<2@x.example>", (), [keyed])
    found = [Recollection(memory=one, post_id=1, own=True) for one in kept if one.hash in said.hashes]
    return {one.rule for one in inherited(found, said, [keyed], frozenset())}


@given(
    length=st.integers(9, 60),
    before=st.lists(st.sampled_from(WORDS[200:]), max_size=20),
    behind=st.lists(st.sampled_from(WORDS[200:]), max_size=20),
    changed=st.integers(0, 59),
)
def test_a_whole_text_is_found_wherever_it_stands_and_one_with_a_changed_word_is_not(length, before, behind, changed):
    words = WORDS[:length]
    kept = spilled(" ".join(words))
    if length >= 16:
        assert hear(kept, " ".join([*before, *words, *behind])) == {REPEATED}
    assert hear(kept, " ".join(words)) == {REPEATED}
    words[changed % length] = "corrected"
    assert hear(kept, " ".join([*before, *words, *behind])) == set()


def test_a_turn_of_phrase_and_what_members_have_had_is_no_text_of_its_own():
    for kept in (spilled("Thank you, we will look into it soon"), spilled(TEXT, public=every_shingle([TEXT]))):
        assert [one for one in kept if one.whole] == []


def test_everything_is_all_that_a_message_says_and_no_signature():
    usual = everything("a", "A subject", parts(TEXT), [b"one photo"])
    assert everything("a", "a SUBJECT", parts(f"{TEXT}\n\n-- \nAna\n"), [b"one photo"]) == usual
    others = (
        everything("b", "A subject", parts(TEXT), [b"one photo"]),
        everything("a", "Another", parts(TEXT), [b"one photo"]),
        everything("a", "A subject", parts(TEXT + " more"), [b"one photo"]),
        everything("a", "A subject", parts(TEXT), []),
        everything("a", "A subject", parts(TEXT), [b"one ", b"photo"]),
    )
    assert len({usual, *others}) == 6


def test_a_page_without_plain_text_is_known_by_its_words():
    page = (CleanPart(media_type="text/html", text=f"<p>{TEXT}</p>"),)
    assert everything("a", "s", page, ()) != everything("a", "s", (), ())
