"""Markings with a grammar: handling codes, slashes, Australian suffixes, stars; and what only looks like one."""

import pytest

from relay.policy.marking import find_markings
from relay.policy.post import View
from tests.builders import WORDS

BODY = "On 18 November our officers seized 214 kg of scales at the port.\nTwo persons were arrested.\n"


def found(text: str, place: str = "text") -> set[tuple[str, str]]:
    return {(one.code, one.rule) for one in find_markings(View(text=text, place=place), WORDS)}


@pytest.mark.parametrize(
    "line",
    """Handling code: H1|Handling Code H3|HANDLING CODES: H1, H2|SIENA handling: H2|Code de traitement : H2|Código de manejo: H1|Código de tratamento H3|Europol H2|H1 (Europol)|Code: H2
Evaluation: B2 / H1|A1 H2|X4, H3|Grading B2-H1|Код обработки: H1|处理代码：H2""".replace("\n", "|").split("|"),
)
def test_handling_codes_beside_their_own_words_are_certain(line):
    assert ("M1", "restricted.handling_code") in found(f"{line}\n\n{BODY}")
    assert ("M1", "restricted.handling_code") in found(f"Seizure at the port [{line}]", "subject")


def test_the_code_without_a_restriction_holds():
    assert found(f"Handling code: H0\n\n{BODY}") == {("H2", "held.handling_code")}
    assert found("Seizure (A1 H0)", "subject") == {("H2", "held.handling_code")}


@pytest.mark.parametrize(
    "line",
    """H1|Hyundai H1 van, white|A Hummer H1 and a Haval H2 were seized.|4x4 Hyundai H1|The driver had an H1B visa.|H1 visa|visa code H1|The relay held it with reason code H2, why?
Code H2 (our own reason) is a hold.|Reason: H3, text, line 4|HS code 0507.10|Avian influenza H1, H2 and H3 subtypes|Training on handling codes H0, H1, H2 and H3 will be held in June.|h2 headings|Gate H1|H10 handling code
Fiat Siena, 12 kg|Grade A1 cashew nuts|Never send handling code H3 material to this list.""".replace("\n", "|").split(
        "|"
    ),
)
def test_other_things_of_that_name_are_none(line):
    assert not found(f"{line}\n\n{BODY}")
    assert not found(f"{BODY}{line}\n")
    assert not found(line, "subject")


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("SECRET//NOFORN", "classified.in_marking_place"),
        ("SECRET//REL TO USA, FVEY", "classified.in_marking_place"),
        ("TOP SECRET//SI//NOFORN", "classified.in_marking_place"),
        ("(S//NF) Two ships left.", "classified.in_marking_place"),
        ("CUI//LES", "restricted.in_marking_place"),
        ("CUI//SP-LEI", "restricted.in_marking_place"),
        ("U//LES", "restricted.in_marking_place"),
        ("UNCLASSIFIED // LES // NOFORN", "restricted.in_marking_place"),
        ("UNCLASSIFIED//LAW ENFORCEMENT SENSITIVE", "restricted.in_marking_place"),
        ("(U//LES) On Monday two lorries left the park.", "restricted.in_marking_place"),
    ],
)
def test_lines_with_slashes_are_certain(line, rule):
    assert ("M1", rule) in found(f"{line}\n\n{BODY}")
    assert [one for one in found(line, "subject") if one[0] == "M1"]


@pytest.mark.parametrize(
    "line", ["UNCLASSIFIED//FOUO", "U//FOUO", "CUI//SBU", "(U//FOUO) On Monday", "UNCLASSIFIED//WHATEVER"]
)
def test_lesser_limits_between_slashes_hold(line):
    assert found(f"{line}\n\n{BODY}") == {("H2", "held.marking")}


@pytest.mark.parametrize(
    "line",
    [
        "See https://www.example.org/A//B",
        "http://x.example/CUI//LES.html",
        "12 kg // 30 kg",
        "A//B",
        "DOUALA//YAOUNDE",
        "Never send CUI//LES to this list.",
    ],
)
def test_other_slashes_mean_nothing(line):
    assert not found(f"{BODY}\n{line}\n{BODY}")


@pytest.mark.parametrize(
    ("marking", "expected"),
    [
        ("[SEC=PROTECTED]", ("M1", "classified.label")),
        (
            "[SEC=PROTECTED, CAVEAT=SH:CABINET, CAVEAT=RI:REL AFG/DZA, EXPIRES=2020-10-01, DOWNTO=OFFICIAL]",
            ("M1", "classified.label"),
        ),
        ("[SEC=TOP-SECRET]", ("M1", "classified.label")),
        ("[sec = secret]", ("M1", "classified.label")),
        ("【SEC＝PROTECTED】", ("M1", "classified.label")),
        ("[SEC=IN-CONFIDENCE:LEGAL]", ("M1", "restricted.label")),
        ("[SEC=OFFICIAL:Sensitive]", ("M1", "restricted.label")),
        (r"[SEC=OFFICIAL\:Sensitive, ACCESS=Legal-Privilege]", ("M1", "restricted.label")),
        ("[DLM=Sensitive:Legal]", ("M1", "restricted.label")),
        ("[SEC=UNCLASSIFIED, DLM=For-Official-Use-Only]", ("H2", "held.label")),
        ("[SEC=PURPLE]", ("H2", "label.unmapped")),
        ("[SEC=OFFICIAL, CAVEAT=SH:CABINET]", ("H2", "label.unmapped")),
    ],
)
def test_the_australian_suffix_counts_in_subject_text_and_header(marking, expected):
    assert expected in found(f"Seizure at the port {marking}", "subject")
    assert expected in found(f"{BODY}\n{marking}")
    assert expected in found(
        f"VER=2025.1, NS=gov.au, {marking.strip('[]【】')}, ORIGIN=ana@example.org", "header x-protective-marking"
    )


@pytest.mark.parametrize(
    "marking",
    [
        "[SEC=OFFICIAL]",
        "[SEC=UNOFFICIAL]",
        "[SEC=UNCLASSIFIED]",
        "SEC=OFFICIAL",
        "[sec 30]",
        "https://x.example/?sec=abc",
        "sec = 30",
        "12 sec = 1 round",
    ],
)
def test_what_is_official_passes_and_seconds_are_no_marking(marking):
    assert not found(f"Seizure at the port {marking}", "subject")
    assert not found(f"{BODY}{marking}\n")


@pytest.mark.parametrize("line", ["编号：001   机密★10年", "秘密★1年", "绝密 ★ 长期", "（机密★5年）"])
def test_a_star_behind_a_level_is_certain_anywhere(line):
    assert ("M1", "classified.in_marking_place") in found(f"{BODY}\n{line}\n{BODY}")


@pytest.mark.parametrize("line", ["★★★ seizure ★★★", "五星★酒店", "秘密夹层", "机密文件柜里藏匿"])
def test_other_stars_and_secrets_are_none(line):
    assert not found(f"{BODY}\n{line}\n{BODY}")
