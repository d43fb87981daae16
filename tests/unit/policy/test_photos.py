"""What becomes of photos: as the list says, and as a scanner saw."""

import pytest

from relay.policy.decide import decide
from relay.policy.decision import Hold, Reason, Relay, Withhold
from relay.policy.photos import CONFIRMATIONS, of_a_photo
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


FACE = make_finding("H6", rule="photo.face", place="attachment 2")


def test_a_photo_with_a_face_stays_behind_and_the_text_goes():
    decision = decided("Scales.\n", FACE)
    assert decision == Relay(
        reasons=(Reason("H6", "photo.face", "attachment 2"),), marking=Tlp.GREEN, removed=("attachment 2",)
    )


@pytest.mark.parametrize(
    "wishes", [{"strict": True}, {"photos": "hold"}, {"photos": "confirm"}, {"overrides": {"H6": "hold"}}]
)
def test_where_a_list_wants_to_look_first_the_post_is_held_with_its_photo(wishes):
    decision = decided("NO FACES, NO DOCUMENTS\n", FACE, **wishes)
    assert isinstance(decision, Hold)
    assert decision.removed == ()


def test_a_photo_with_a_face_and_no_text_is_held_for_there_is_nothing_else_to_send():
    assert isinstance(decided(" \n", FACE), Hold)


@pytest.mark.parametrize(
    "text",
    [
        "Two men arrested with 12 kg of scales.",
        "Deux personnes interpellées au port.",
        "Tres detenidos en el puerto.",
        "Dois homens detidos no porto.",
        "Задержаны двое мужчин.",
        "Watu wawili wamekamatwa bandarini.",
        "两名男子被捕",
        "تم القبض على رجلين",
    ],
)
def test_a_photo_beside_words_of_an_arrest_stays_behind(text):
    decision = decided(text)
    assert isinstance(decision, Relay)
    assert (decision.reasons[0].rule, decision.removed) == ("photo.with_arrest", ("attachment 2",))
    assert decided(text, images=()).removed == ()
    assert decided(f"> {text}\nScales.").removed == ()


@pytest.mark.parametrize(
    "text",
    ["The goods were detained, no arrests.", "Arrêté ministériel no 12.", "Duas presas de elefante.", "sin detenidos"],
)
def test_words_that_only_look_like_it_do_not_matter(text):
    assert decided(text).removed == ()


def test_writing_on_a_photo_counts_as_anywhere_where_it_is_certain_and_is_for_a_look_otherwise():
    found = [
        make_finding(code, rule="some.rule", place="attachment 1")
        for code in ("M1", "O3", "H2", "N1", "N2", "H4", "H9")
    ]
    assert [one.code for one in of_a_photo(found)] == ["M1", "O3", "H2", "H6", "H6", "H6", "H6"]


def test_what_may_be_a_name_on_a_photo_is_left_to_the_list():
    [kept] = of_a_photo([make_finding("H4", rule="residual.name")])
    assert (kept.code, kept.rule) == ("H4", "residual.name")
