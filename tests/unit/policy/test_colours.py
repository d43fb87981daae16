"""Labels that stand without their scheme's name, in twelve languages."""

from time import process_time

import pytest

from relay.policy.colours import colours
from relay.policy.marking import find_markings
from relay.policy.post import View
from relay.policy.shape import Version, fold, shape
from relay.roster.mailing_list import Tlp
from tests.builders import WORDS
from tests.growth import assert_linear


def raised(text: str, place: str = "text") -> set[str | None]:
    findings = find_markings(View(text=f"Good morning to all.\n\n{text}\n\nRegards", place=place), WORDS)
    assert all(one.code == "H2" for one in findings)
    return {one.label for one in findings}


@pytest.mark.parametrize(
    "text",
    [
        "As the case is open, I would ask everyone to handle this mail as Amber.", "Everything below is AMBER.",
        "Our office has graded the information hereunder as AMBER.", "The list below is for you, AMBER+STRICT please.", "This is an AMBER message.",
        "Please don’t forward, amber.", "This message is AMBER/STRICT.",
        "Please find enclosed the route map; it is amber, so only for those who need it.",
        "Je vous prie de considérer ce courriel comme ambre.", "La liste, que je vous envoie en ambre, ne doit pas quitter le service.",
        "Pido que consideren este correo como ámbar.", "Va anexo el mapa; es ámbar, o sea solo para quien lo necesite.",
        "Solicito que considerem este e-mail como âmbar.", "O meu serviço atribuiu nível âmbar às informações que se seguem.",
        "Ich bitte darum, diese Mail als Amber zu betrachten.", "Alles unterhalb der Linie ist AMBER.",
        "Ik verzoek u deze mail als amber te beschouwen.", "Mijn dienst heeft onderstaande informatie als amber gerubriceerd.",
        "Изложенное выше имеет янтарный уровень, просьба не пересылать.", "Направляю фотографии, они, кстати, янтарные по TLP.",
        "كل ما ورد أعلاه كهرماني حسب بروتوكول TLP، فالرجاء عدم إعادة توجيهه.", "以上内容均为琥珀级,请不要转发。", "本文件定为AMBER。",
        "Toàn bộ phần trên là hổ phách, mong các anh đừng chuyển tiếp.", "Yote niliyoandika hapo juu ni AMBER, msisambaze tafadhali.",
        "Semua yang tertulis di atas amber, tolong jangan diteruskan.",
    ],
)  # fmt: skip
def test_amber_without_the_scheme_s_name_raises(text: str) -> None:
    assert Tlp.AMBER in raised(text)


@pytest.mark.parametrize(
    "text",
    [
        "The names in brackets are Red, the rest of my note is green.", "This report is RED, not to be copied.",
        "Ce qui suit est rouge : l'informateur rencontre l'acheteur jeudi.", "Lo que sigue es rojo.", "O que segue é vermelho.",
        "Ab hier Rot: Der Hinweisgeber trifft den Käufer.", "Vanaf hier rood: de informant komt donderdag.",
        "Уровень этой информации: красный.", "Коллеги, это красное, строго между нами.", "تصنيف هذه المعلومات: أحمر.", "本信息密级颜色:红色。",
        "Kiwango cha taarifa hii: nyekundu.", "Tingkat informasi ini: merah.",
    ],
)  # fmt: skip
def test_red_without_the_scheme_s_name_raises_where_it_is_said_of_this_message(text: str) -> None:
    assert Tlp.RED in raised(text)


@pytest.mark.parametrize(
    "text",
    [
        "The beads are of amber and glass.", "The IUCN Red List status is in the report.", "Dear Amber, see the attached report.", "The vessel MV Amber is in the report below.",
        "Adjunto el informe con los cambios marcados en rojo.", "La Croix-Rouge et ce rapport.", "Red sandalwood is in the attached list.", "Scales: amber, black tip, 27 cm.",
        "ID request, spider in amber-coloured resin.", "The casque is yellow inside and red outside.", "The suitcase was red.",
        "Casco maciço, amarelo por dentro e vermelho por fora, só em Rhinoplax vigil.", "Operación Pico Rojo, ya finalizada.",
        "Папка «Янтарь» передана в суд.", "Muestra de aceite color ámbar, etiqueta blanca, olor rancio.",
        "Vảy dài 5–7 cm, gờ dọc mờ, màu hổ phách: nhiều khả năng Phataginus.", "La Lista Roja y la Cruz Roja figuran en este informe.",
        "The colours are CLEAR, GREEN, AMBER, AMBER+STRICT and RED.", "Das Blut im Kofferraum war Rote-Rüben-Saft.",
        "LOS QUE NO CONTESTEN SE DAN DE BAJA DE LA RED. FIN.", "AMBER and RED must never be sent to this list, use CENcomm.",
    ],
)  # fmt: skip
def test_colours_of_things_and_talk_raise_nothing(text: str) -> None:
    assert raised(text) == set()


@pytest.mark.parametrize("place", ["subject", "header subject"])
def test_a_subject_is_read_too(place: str) -> None:
    findings = find_markings(View(text="Case 12: please treat this mail as amber", place=place), WORDS)
    assert [(one.rule, one.place) for one in findings] == [("tlp.amber.in_prose", place)]


@pytest.mark.parametrize("piece", ["red ", "this is amber. ", "amber ", "RED, ", "琥珀", "this note "])
def test_finding_colours_takes_linear_time(piece: str) -> None:
    def seconds(count: int) -> float:
        text = shape(piece * count)
        version = Version(text, fold(text))
        begun = process_time()
        list(colours(version))
        return process_time() - begun

    assert_linear(seconds, 250, 2_000)
