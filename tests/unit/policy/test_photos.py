"""What becomes of photos while nobody looks at them: as the list says."""

import pytest

from relay.policy.decide import decide
from relay.policy.decision import Hold, Reason, Relay, Withhold
from relay.policy.photos import CONFIRMATIONS
from relay.policy.post import CleanImage, CleanPart, Finding
from relay.roster.mailing_list import Tlp
from tests.builders import RULESET, make_finding, make_list, make_post, make_scan

PHOTO = CleanImage(octets=b"\xff\xd8", place="attachment 2", start=0, end=0, encoding="base64")


def decided(text: str = "Scales.\n", *findings: Finding, images: tuple[CleanImage, ...] = (PHOTO,), **wishes: object):
    parts = (CleanPart(media_type="text/plain", text=text),)
    scan = make_scan(*findings, parts=parts, images=images)
    [(_, decision)] = decide(make_post(scan=scan, lists=(make_list(**wishes),)), RULESET)
    return decision


def test_a_photo_passes_where_the_list_says_nothing():
    assert decided() == Relay(reasons=(Reason("P1", "nothing.found", "whole message"),), marking=Tlp.GREEN)


@pytest.mark.parametrize(("wish", "rule"), [("hold", "photo.for_a_moderator"), ("confirm", "photo.not_confirmed")])
def test_a_list_can_have_it_held(wish, rule):
    decision = decided(photos=wish)
    assert isinstance(decision, Hold)
    assert (decision.reasons, decision.removed) == ((Reason("H6", rule, "attachment 2"),), ())
    assert isinstance(decided(photos=wish, images=()), Relay)


@pytest.mark.parametrize("words", CONFIRMATIONS.values())
@pytest.mark.parametrize("text", ["{}", "TLP:GREEN\n\n{}\nScales.", "Dear all,\r\n  {}. ", "\n\n\n\n\n\n{}"])
def test_the_authors_word_lets_it_pass_in_any_language(words, text):
    assert isinstance(decided(text.format(words), photos="confirm"), Relay)
    assert isinstance(decided(text.format(words.lower().replace(",", " –")), photos="confirm"), Relay)
    assert isinstance(decided(text.format(words), photos="hold"), Hold)


@pytest.mark.parametrize(
    "text",
    [
        "> NO FACES, NO DOCUMENTS\nScales.",
        "I can't say NO FACES, NO DOCUMENTS",
        "NO FACES",
        "NO DOCUMENTS, NO FACES",
        "a\nb\nc\nd\ne\nNO FACES, NO DOCUMENTS",
        "",
    ],
)
def test_other_words_do_not(text):
    assert isinstance(decided(text, photos="confirm"), Hold)


def test_a_list_that_withholds_pictures_that_nobody_checked_does_so():
    assert isinstance(decided(photos="hold", overrides={"H6": "withhold"}), Withhold)
    assert isinstance(decided(photos="hold", overrides={"H6": "relay"}), Hold)


def test_a_photo_changes_nothing_about_a_withhold():
    decision = decided("NO FACES, NO DOCUMENTS", make_finding("M1", Tlp.RED), photos="confirm")
    assert isinstance(decision, Withhold)
