"""What a later message inherits from a withheld post: a reply and a quotation its marking, anybody's words a passage."""

import hmac
from time import thread_time

import pytest

from relay.policy.decision import Reason
from relay.policy.post import CleanPart, Finding
from relay.policy.shingle import every_shingle, passages
from relay.policy.thread import (
    CLASSIFIED,
    KEPT,
    MARKING,
    PASSAGE,
    Recollection,
    given_out,
    inherited,
    memories,
    memories_of_refused,
    quotation,
    what_is_said,
    without_signatures,
)
from relay.roster.mailing_list import Tlp
from tests.builders import make_facts, make_finding, make_scan
from tests.growth import assert_linear

MARKED = (
    "TLP:AMBER\nTwo containers with eleven tonnes of scales left the southern port on Monday night. The carrier's local agent knew of "
    "the load and asked the crew to hurry. We expect a second load before the end of the month.\n"
)
NAMED = "The man who sold the ivory at the market last week is Jonas Beispiel of Exampleville, as his brother has said twice.\n"
ANOTHER = "Officers of the northern district found fourteen snares and two carcasses during a walk along the river last Thursday.\n"


def keyed(octets, key=b"a key"):
    return hmac.digest(key, octets, "sha256")[:16]


def older(octets):
    return keyed(octets, b"the key before")


KEYS = (keyed, older)


def scan_of(text, *findings, message_id="<1@customs.example>", references=(), **changes):
    return make_scan(
        *findings,
        parts=(CleanPart(media_type="text/plain", text=text),),
        message=make_facts(message_id=message_id, references=references),
        **changes,
    )


def withheld_for(*rules, code="M1"):
    return tuple(Reason(code, rule, "text, line 1") for rule in rules or ("tlp.amber",))


def marked(text=MARKED, label=Tlp.AMBER, reasons=None, public=frozenset(), under=keyed, **facts):
    scan = scan_of(text, make_finding("M1", label), **facts)
    return memories(scan, reasons or withheld_for(), public, under)


def named(text=NAMED, words="Jonas Beispiel", code="N1", **finding):
    start = text.index(words)
    found = Finding(code=code, rule="a.rule", place="text", start=start, end=start + len(words))
    return memories(scan_of(text, passages=tuple(passages(text, [found]))), withheld_for(code=code), frozenset(), keyed)


def hear(kept, text, *, own=False, message_id="<2@police.example>", references=(), public=frozenset(), keys=KEYS):
    """What a later message inherits from what was kept of one post."""
    scan = scan_of(text, message_id=message_id, references=references)
    said = what_is_said(scan.parts, message_id, references, keys)
    found = [Recollection(memory=one, post_id=1, own=own) for one in kept if one.hash in said.hashes]
    return inherited(found, said, keys, public)


def quote(text):
    return "".join(f"> {line}\n" for line in text.splitlines())


# Markings


def test_a_reply_inherits_the_marking_whatever_it_says():
    """Row 52: a lower marking in the answer changes nothing."""
    assert hear(marked(), ANOTHER, references=("<0@x.example>", "<1@customs.example>")) == (
        Finding(code="M1", rule=MARKING, place="header references", label="TLP:AMBER"),
    )
    assert hear(marked(), ANOTHER, own=True, references=("<1@customs.example>",))
    assert hear(marked(), ANOTHER, references=("<3@customs.example>",)) == ()


def test_a_quotation_inherits_it_too_without_the_marking_s_own_line():
    text = f"See below.\n\n{quote(MARKED.partition(chr(10))[2])}"
    [finding] = hear(marked(), text)
    assert (finding.code, finding.rule, finding.label, finding.place) == ("M1", MARKING, "TLP:AMBER", "quoted text")


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(
    "begin",
    [
        "-----Original Message-----",
        "---------- Message transféré ---------",
        "De : Ana <ana@customs.example>\nEnvoyé : lundi",
    ],
)
def test_what_mail_programs_pass_on_is_quoted(begin, own):
    assert hear(marked(), f"Look.\n\n{begin}\n\n{MARKED}", own=own)


def test_somebody_else_s_copy_of_the_text_inherits_it():
    [finding] = hear(marked(), MARKED.partition("\n")[2])
    assert finding.place == "text, line 1"


def test_the_author_s_own_new_version_is_judged_afresh():
    assert hear(marked(), MARKED.replace("AMBER", "GREEN"), own=True) == ()
    assert hear(marked(), MARKED.partition("\n")[2] + ANOTHER, own=True) == ()


def test_a_turn_of_phrase_is_no_quotation():
    assert hear(marked(), "We expect a second load before the end of the year, as everybody does.\n") == ()
    assert hear(marked(), ANOTHER) == ()


def test_a_short_text_is_known_too_and_what_is_shorter_by_its_answers_alone():
    short = "Eleven tonnes of scales left the southern port last night."
    assert hear(marked(short), f"> {short} Today.")
    kept = marked("Eleven tonnes left the port.")
    assert [one.label for one in kept] == ["TLP:AMBER"]
    assert hear(kept, "When?", references=("<1@customs.example>",))


def test_a_sentence_that_many_write_is_no_copy_of_a_long_text_but_a_quotation():
    disclaimer = (
        "This message is meant for its addressees alone, who must not pass it on without the consent of its author.\n"
    )
    kept = marked(MARKED + ANOTHER + disclaimer + " ".join(f"word{number}" for number in range(200)))
    assert hear(kept, "Something else.\n" + disclaimer) == ()
    assert hear(kept, "Something else.\n" + quote(disclaimer))


def test_classified_stays_classified():
    kept = marked(label=None, reasons=withheld_for("classified.in_marking_place"))
    [finding] = hear(kept, "What now?", references=("<1@customs.example>",))
    assert (finding.code, finding.rule, finding.label) == ("M1", CLASSIFIED, None)


def test_a_marking_of_another_scheme_has_no_label_even_beside_one_that_has():
    scan = scan_of(MARKED, make_finding("M1", Tlp.AMBER), make_finding("M1"))
    assert {one.label for one in memories(scan, withheld_for(), frozenset(), keyed)} == {None}


def test_what_members_have_had_is_not_remembered_and_not_recognised():
    public = every_shingle([MARKED])
    assert len(marked(public=public)) == 1  # its Message-ID
    assert hear(marked(), MARKED, public=public) == ()


def test_signatures_are_not_remembered():
    signature = (
        "\n-- \nAna Example, senior officer of the customs of Exampleland, telephone on working days, room four\n"
    )
    assert hear(marked(MARKED + signature), ANOTHER + signature) == ()
    assert hear(marked(MARKED + signature), ANOTHER + signature.replace("-- \n", "")) == ()
    quoted = quote(f"{ANOTHER}{signature}")
    assert hear(marked(f"TLP:RED\n{quoted}"), f"Thanks.\n{quote(signature)}") == ()


def test_the_key_before_is_known_for_one_period():
    kept = marked(under=older)
    assert hear(kept, MARKED)
    assert hear(kept, ANOTHER, references=("<1@customs.example>",))
    assert hear(kept, MARKED, keys=(keyed,)) == ()


def test_attachments_texts_are_remembered():
    scan = scan_of("TLP:RED, see the file.", make_finding("M1", Tlp.RED), shingles=tuple(every_shingle([ANOTHER])))
    assert hear(memories(scan, withheld_for(), frozenset(), keyed), ANOTHER)


def test_a_moderator_s_refusal_is_remembered():
    parts = (CleanPart(media_type="text/plain", text=ANOTHER),)
    kept = memories_of_refused(parts, "<1@customs.example>", frozenset(), keyed)
    assert hear(kept, quote(ANOTHER))[0].label is None
    assert hear(kept, "Yes.", references=("<1@customs.example>",))


def test_one_that_only_inherited_its_marking_is_remembered_by_its_message_id():
    scan = scan_of(f"Look.\n{quote(MARKED)}", make_finding("M1", Tlp.AMBER, rule=MARKING))
    [kept] = memories(scan, withheld_for(MARKING), frozenset(), keyed)
    assert hear([kept], "What?", references=("<1@customs.example>",))[0].label == "TLP:AMBER"


def test_the_author_s_text_stays_theirs_when_somebody_else_has_quoted_it():
    said = what_is_said((CleanPart(media_type="text/plain", text=MARKED),), None, (), KEYS)
    kept = marked(f"Look at this, please.\n{quote(MARKED)}")
    found = [Recollection(memory=one, post_id=1, own=True) for one in marked() if one.hash in said.hashes]
    found += [Recollection(memory=one, post_id=2, own=False) for one in kept if one.hash in said.hashes]
    assert len({one.post_id for one in found}) == 2
    assert inherited(found, said, KEYS, frozenset()) == ()


# Passages


def test_anybody_s_post_with_the_passage_inherits_its_code():
    for own in (True, False):
        [finding] = hear(named(), f"Good morning.\n{NAMED}", own=own)
        assert finding == Finding(code="N1", rule=PASSAGE, place="text, line 2")


def test_the_passage_is_known_in_a_new_context():
    assert hear(
        named(), "They say that the market last week is Jonas Beispiel of Exampleville, as his friends think now."
    )


def test_a_cleaned_text_passes():
    for cleaned in ("a man", "[name removed]", "J. B.", "Jonas", "Beispiel", "him", ""):
        assert hear(named(), NAMED.replace("Jonas Beispiel", cleaned)) == ()


def test_a_passage_from_trigger_to_object_is_whole_or_nothing():
    kept = named(words="The man who sold the ivory at the market last week is Jonas Beispiel")
    assert hear(kept, f"Well: {NAMED}")
    assert hear(kept, NAMED.replace("Jonas Beispiel", "known to us")) == ()
    assert hear(kept, NAMED.replace("who sold the ivory", "")) == ()


def test_only_what_it_was_withheld_for_is_remembered():
    start = NAMED.index("Jonas")
    found = Finding(code="N1", rule="a.rule", place="text", start=start, end=start + 14)
    scan = scan_of(NAMED, passages=tuple(passages(NAMED, [found])))
    assert memories(scan, withheld_for(code="O1"), frozenset(), keyed) == ()
    assert {one.rule for one in memories(scan, withheld_for(code="N1"), frozenset(), keyed)} == {PASSAGE}


def test_hashes_of_one_post_are_few():
    words = " ".join(f"w{number}" for number in range(20_000))
    assert len(marked(words)) == KEPT


# What goes out is forgotten


def forget(kept, text, *markings, message_id="<2@customs.example>"):
    said = what_is_said((CleanPart(media_type="text/plain", text=text),), message_id, (), KEYS)
    found = [Recollection(memory=one, post_id=1, own=True) for one in kept if one.hash in said.hashes]
    given = given_out(found, said, KEYS, markings)
    if given is None:
        return kept
    return tuple(
        one
        for one in kept
        if one.whole not in given.passages
        and not (one.whole is None and one.hash in given.hashes and one.label not in given.labels)
    )


def test_a_text_that_goes_out_with_a_lower_marking_is_no_longer_remembered():
    lowered = MARKED.replace("AMBER", "GREEN")
    left = forget(marked(), lowered, Tlp.GREEN)
    assert hear(left, quote(lowered)) == ()
    assert hear(left, "And?", references=("<1@customs.example>",))  # the withheld one keeps its own
    assert (
        hear(
            forget(marked(), lowered, Tlp.GREEN, message_id="<1@customs.example>"),
            "And?",
            references=("<1@customs.example>",),
        )
        == ()
    )


@pytest.mark.parametrize("markings", [(), (Tlp.AMBER,), (Tlp.RED, Tlp.AMBER)])
def test_a_text_that_goes_out_no_wider_is_remembered(markings):
    assert forget(marked(), MARKED, *markings) == marked()


def test_a_passage_that_a_moderator_let_go_is_no_longer_remembered():
    assert forget(named(), NAMED, Tlp.GREEN) == ()
    assert forget(named(), NAMED.replace("Beispiel", "B."), Tlp.GREEN) == named()
    assert hear(named(), NAMED)


# Quotations and signatures


def test_what_a_text_quotes():
    assert quotation("One.\n> two\n>> three\nfour\n").split("\n")[:2] == ["> two", ">> three"]
    assert "five" not in quotation("five\n")


def test_a_list_of_fields_is_no_quotation():
    assert quotation("Species: pangolin\nQuantity: 40 kg\nPlace: port\n").strip() == ""


def test_lines_keep_their_numbers_without_signatures():
    text = "One\n-- \nAna\nCustoms\n> two\n> -- \n> Jean\nthree"
    assert without_signatures(text) == "One\n\n\n\n> two\n\n\nthree"


def test_a_signature_ends_somewhere():
    text = "One\n--\n" + "line\n" * 40
    assert without_signatures(text).count("line") > 20


@pytest.mark.parametrize("piece", ["> ", "-- \n", "---", "a: b@\n", ">\n-- \n", "x:" * 10 + "\n", "- -", "From: a"])
def test_time_grows_with_the_text(piece):
    def seconds(text):
        start = thread_time()
        quotation(text)
        without_signatures(text)
        return thread_time() - start

    assert_linear(seconds, piece * 2_000, piece * 16_000)
