"""People by the shipped words: who is accused, who is named without a cue, who passes in a role or because they write."""

import time
from datetime import date

import pytest

from relay.detectors.facts import Facts
from relay.detectors.find import find_sensitive
from relay.policy.shape import versions_of
from tests.builders import unweighed_rules
from tests.growth import assert_linear

DETECTORS = unweighed_rules().detectors
FACTS = Facts(on=date(2026, 11, 24), names=("Ana Example",), addresses=("ana.example@agency.example",))


def _codes(text: str) -> set[str]:
    found = find_sensitive(versions_of(text), "text", DETECTORS, FACTS)
    return {one.code for one in found if one.rule.startswith(("name.", "company."))}


@pytest.mark.parametrize(
    "text",
    [
        "We arrested Xyrrho Bzanga in Kasese with nine tusks.", "Police detained one Okello Zurumba near the park.",
        "The poacher, known as Brasko, escaped.", "Case against Dorrit Plumley: she pleaded guilty.", "John Okello, 34, was found with scales.",
        "suspect named peter otieno seen at the border", "PETER OTIENO ARRESTED IN NAIROBI WITH IVORY", "The wife of Colonel Bzanga hid it.",
        "Suspects:\n- MBARGA Jean\n- OWONA Paul", "| Name | Age |\n| Jean Mbarga | 34 | arrested",
        "Name;Status\nUbisse Fenias;detained", "Liste des interpellés\n1) NZOUBA Brel", "Фигуранты:\n1. Цыренов Баир", "Subject: Arrest of T. Mgcokoca",
        "le suspect se nomme bokassa wilfrid", "The truck is of the nephew of Minister Okello.", "海关关员李大勇收受贿赂被查", "Ranger Peter Kamau was arrested for selling ivory.",
        "Le nommé Bzanga a reconnu les faits.", "Interpellé : Zoumba Ferdinand, braconnier.", "M. Jean Essomba, chauffeur du camion, est en fuite.",
        "Les agents ont interpellé NGONO Paul dit Petit.", "Le chef de poste Paul Owona a été mis en examen pour corruption.",
        "Fue detenido Carlos Mamani Quispe, alias El Gato.", "El sujeto, identificado como Wilmer Tapia, huyó.", "La testigo Rosa Huamán declaró ayer.",
        "O arguido Zeferino Cossa confessou.", "Foi preso Manuel Sitoe, vulgo Makala.", "O motorista, Armando Langa, fugiu.",
        "Подозреваемый Петров А.В. задержан с рогами.", "Гражданин Сидоров Олег Иванович осуждён.", "Свидетель Каримов видел машину.",
        "أوقفت الجمارك المدعو سعيد المنصوري ومعه العاج.", "المتهم خالد بن سالم اعترف.", "犯罪嫌疑人张建国被刑事拘留。", "走私者王某在逃。",
        "Đối tượng Trần Văn Bình bị bắt quả tang.", "Mtuhumiwa Hamisi Juma amefikishwa mahakamani.", "Polisi walimkamata Peter Mwangi akiwa na pembe.",
        "Tersangka berinisial JS ditahan bersama Budi Hartono.", "Pelaku bernama Joko Susanto melarikan diri.", "Der Beschuldigte Uwe Krause sitzt in Haft.",
        "Gegen Stefan Huber wird ermittelt; er ist flüchtig.", "De verdachte Kees Bakker is voorgeleid.", "Verdachte: Henk de Boer",
    ],
)  # fmt: skip
def test_who_is_accused_is_certain(text: str) -> None:
    assert "N1" in _codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "Two suspects were arrested in Douala, both Cameroonian, 34 and 41 years old.", "Inspector John Okello of KWS arrested two poachers.",
        "Seized in Port Harcourt on the road to San Pedro, near Queen Elizabeth National Park.", "Vessel Maria Isabella, MSC container, Kenya Airways flight.",
        "Loxodonta africana (Blumenbach, 1797), Manis tricuspis Rafinesque, 1820; Smutsia gigantea (Illiger, 1815)", "Dear Peter,\nthank you for the photos.",
        "Speakers: Dr Jane Whitfield (UNODC), Paul Essomba (MINFOF)", "09:30 Grace Wanjiru: photos of scales", "Regards,\nPeter Kamau\nSenior Warden, KWS",
        "On Monday, Peter Kamau <p.kamau@agency.example> wrote:\n> Two men were arrested.", "From: Peter Kamau <p@a.example>\nSent: Monday\nTo: All\nSubject: scales\n\nTwo men held.",
        "Deux individus ont été interpellés à Yaoundé par la brigade de Mbalmayo.", "Le commissaire Paul Essomba a interpellé deux trafiquants.",
        "Dos ciudadanos chinos, de 34 y 41 años, fueron detenidos en el aeropuerto Jorge Chávez.", "La fiscal Rosa Huamán imputó a dos personas.",
        "Dois cidadãos vietnamitas detidos em Nacala pelo SERNIC.", "O procurador João Sitoe acusou dois caçadores.", "Двое граждан Китая задержаны в Хабаровске.",
        "Начальник отдела Иванов С.И. сообщил о двух задержанных.", "أوقفت الجمارك شخصين في مطار القاهرة.", "العقيد محمد المنصوري: توقيف شخصين.",
        "昆明海关抓获犯罪嫌疑人2名，查获象牙12公斤。", "局长王建国说，两名嫌疑人被抓。", "Hai đối tượng bị bắt tại Hải Phòng.", "Watuhumiwa wawili wamekamatwa Arusha.",
        "Dua tersangka ditangkap di Medan.", "Zwei Verdächtige am Flughafen Frankfurt festgenommen.", "Twee verdachten aangehouden in Den Haag.",
        "Ana Example\nKenya Wildlife Service", "Operation Thunder ended; the Jane Goodall Institute took the apes.", "TWO SUSPECTS ARRESTED IN DOUALA WITH IVORY",
    ],
)  # fmt: skip
def test_what_names_nobody_or_only_those_who_serve_and_write_passes(text: str) -> None:
    assert not _codes(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Peter Otieno lives near the market.", "H4"), ("Jean Mbarga, ça vous dit quelque chose ?", "H4"),
        ("The forwarder is Golden Horizon Trading Ltd.", "H3"), ("Consignee: Xyrrho Bzanga", "H3"), ("Отправитель: ООО «Восток»", "H3"),
        ("According to the press Peter Otieno was jailed.", "H5"), ("The death of ranger Peter Kamau was announced.", "H5"),
    ],
)  # fmt: skip
def test_what_a_machine_cannot_decide_is_held(text: str, code: str) -> None:
    assert code in _codes(text)


@pytest.mark.parametrize(
    "piece",
    ["John Mbarga ", "A. ", "MBARGA, Jean, ", "van der ", "Mbarga\n", "王某", "محمد بن ", "Suspect: X\n", "Inspector ", "From: A\nDate: B\n", "«A» ", "\t", " ", "|", ";\t", ">", ":\t\n"],
)  # fmt: skip
def test_hostile_texts_take_linear_time(piece: str) -> None:
    """Row 68."""

    def seconds(text: str) -> float:
        begun = time.process_time()
        _codes(text)
        return time.process_time() - begun

    assert_linear(seconds, piece * (800 // len(piece)), piece * (6_400 // len(piece)))


@pytest.mark.parametrize("text", ["", "\n", ".", "A", "'", "-- \n", "From:", "الـ", "王", "Regards,\n", "a\n> b\n"])
def test_nothing_much_is_read_without_a_fault(text: str) -> None:
    assert not _codes(text)
