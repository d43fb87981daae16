"""Who signs is no party: the author's own block in its real forms, and the last block of a desk's message; never what the text alone claims."""

from datetime import date

import pytest

from relay.detectors.facts import Facts
from relay.detectors.find import find_sensitive
from relay.policy.shape import versions_of
from tests.builders import unweighed_rules

DETECTORS = unweighed_rules().detectors
ON = date(2026, 11, 24)
NEWS = "On 3 November 2026 customs seized 40 kg of pangolin scales at the airport."


def _codes(text: str, *names: str, address: str = "officer.12@agency.example") -> set[str]:
    facts = Facts(on=ON, names=names, addresses=(address,))
    return {one.code for one in find_sensitive(versions_of(text), "text", DETECTORS, facts)}


@pytest.mark.parametrize(
    ("author", "block"),
    [
        ("Esther Wanjala", "Esther Wanjala."),
        ("Esther Wanjala", "Dr. Esther N. WANJALA, Ph.D.\nSenior Warden\n+254 712 345 678"),
        ("Esther Wanjala", "Tel. +254 712 345 678, Esther Wanjala"),
        ("Bambang Setiawan", "Kompol Bambang Setiawan, S.I.K., M.H.\nKasat Reskrim\nHP 0812 3456 7890"),
        ("Bambang Setiawan", "tks, Bambang Setiawan +62 812-3456-7890"),
        ("Đặng Thị Hồng", "Đại úy ĐẶNG THỊ HỒNG\nĐội phó\n+84 912 345 678"),
        ("باسم الرشيدي", "باسم الرشيدي\nمدير الإدارة\n+249 912 345 678"),
        ("欧阳建军", "欧阳建军 +86 138 1234 5678"),
        ("María José Fuentes Prado", "Cap. María José FUENTES PRADO\nJefa de Unidad\nCel. +593 99 123 4567"),
    ],
)
def test_the_authors_own_block_passes_in_its_real_forms(author: str, block: str) -> None:
    assert _codes(f"{NEWS}\n\n{block}", author) == set()


def test_an_address_tells_the_name_where_the_header_does_not() -> None:
    assert _codes(f"{NEWS}\n\nEsther Wanjala Otieno\nWarden", "", address="esther.wanjala@agency.example") == set()
    assert _codes(f"{NEWS}\n\nĐặng Thị Hồng", "Duty desk", address="dang.thi@agency.example") == set()


@pytest.mark.parametrize(
    "end",
    [
        "Esther Wanjala", "Esther Wanjala\nWarden, Wildlife Service\n+254 712 345 678", "Esther Wanjala, +254 712 345 678",
        "Insp. Esther Wanjala\n\n> On Monday we found 3 tusks.", "Esther Wanjala, Customs\n\n--\nMembers only",
        "Esther Wanjala\nWarden\n\nAm 3. November 2026 schrieb Anna Kowalczyk:\n> Danke.", "С уважением,\nЗарина Умарова\nинспектор",
        "Зарина Умарова, +996 555 825 385", "Any help is welcome. Esther Wanjala", "كلموني للتفاصيل. هشام العتيبي", "هشام العتيبي، نقيب",
        "何俊杰\n履约联络员\n边防检查站\n电话+86 138 2562 8373\n\n保密声明：本邮件所含信息仅供收件人阅读。",
        "Esther Wanjala\nWarden\n+254 712 345 678\n\nConfidentiality notice: this message is for the addressee only.",
    ],
)  # fmt: skip
def test_a_desk_signs_with_its_last_block(end: str) -> None:
    assert _codes(f"{NEWS}\n\n{end}", "Duty desk") == set()


@pytest.mark.parametrize(
    "text",
    [
        f"{NEWS}\nSuspects:\nEsther Wanjala", f"{NEWS} Suspect details:\n\nEsther Wanjala\n+254 712 345 678", "Suspects\n\nEsther Wanjala",
        f"{NEWS}\n\n- Esther Wanjala\n- Peter Kamau", f"{NEWS}\n\nEsther Wanjala is under arrest.", f"{NEWS}\n\nThe driver:\nEsther Wanjala",
        f"{NEWS}\n\nArrested: Esther Wanjala", f"{NEWS}\n\nName: Esther Wanjala\nDOB 4 May 1990",
    ],
)  # fmt: skip
def test_a_list_of_people_is_no_signature(text: str) -> None:
    assert _codes(text, "Duty desk")


def test_another_persons_name_at_the_end_is_not_believed() -> None:
    assert _codes(f"{NEWS}\n\nEsther Wanjala", "Grace Auma") == {"H4"}
    assert _codes(f"{NEWS} Suspect Grace Odhiambo, +254 712 345 678.", "Grace Auma") >= {"N1"}


@pytest.mark.parametrize(
    ("author", "text"),
    [
        ("Mohamed Ali Hassan", "The suspect Mohamed Ali Juma was arrested on Tuesday."),
        ("José Luis García", "El detenido José Luis Pérez vendía marfil."),
        ("Jean Pierre Ondoua", "Le trafiquant Jean Pierre Mbarga a été interpellé."),
    ],
)
def test_a_suspect_who_shares_two_names_with_the_author_is_somebody_else(author: str, text: str) -> None:
    assert "N1" in _codes(text, author)


@pytest.mark.parametrize("author", ["Duty Desk", ""])
def test_a_name_below_a_line_that_accuses_is_no_signature(author: str) -> None:
    text = f"{NEWS}\n\nHe bought the ivory from the poachers.\n\nJuma Hassan Mushi\n+255 755 123 456"
    assert _codes(text, *filter(None, [author]))


@pytest.mark.parametrize(
    "text",
    [
        "Our suspect called our duty desk from +255 755 123 456.",
        "The poacher rang the hotline from +255 755 123 456.",
        "Le suspect a appelé notre permanence depuis le +237 677 12 34 56.",
    ],
)
def test_a_suspects_number_counts_though_a_desk_is_named(text: str) -> None:
    assert "N2" in _codes(text, "Ana Example")
