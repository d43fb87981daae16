"""What raises without being a marking in its place: contradictions, sentences, slips of the pen; and talk, which doesn't."""

import pytest

from relay.policy.marking import find_markings
from relay.policy.post import View
from relay.roster.mailing_list import Tlp
from tests.builders import WORDS

LONG = "which the officers of the airport unit found on Monday in a lorry that came from the north"


def found(text: str, place: str = "text") -> list[tuple[str, str]]:
    return [(one.code, one.rule) for one in find_markings(View(text=text, place=place), WORDS)]


def raises(text: str, place: str = "text") -> set[str]:
    """The labels above GREEN that a text is found to carry, however surely."""
    findings = find_markings(View(text=text, place=place), WORDS)
    return {one.label for one in findings if one.label and Tlp(one.label).level > Tlp.GREEN.level}


@pytest.mark.parametrize(
    "text",
    [
        "TLP: ☐ CLEAR ☐ GREEN ☐ AMBER ☒ RED",
        "TLP\nCLEAR: no\nGREEN: no\nRED: yes",
        "TLP:WHITE...RED",
        "TLP:GREEN -> RED",
        "TLP:GREEN - RED",
        "TLP: GREEN or RED?",
        "TLP : VERT ou ROUGE ?",
        "TLP:VERDE o ROJO",
        "TLP:GREEN+AMBER",
        "TLP:GREEN\nRED",
        "TLP:GREEN (was AMBER)",
        "TLP:GREEN (was AMBER) - seizure of forty kilograms of scales",
        "TLP:GREEN, now RED, do not forward",
        "tlp: green or red?",
        "TLP:绿色或红色",
        "[TLP:GREEN] RED",
    ],
)
def test_a_stricter_label_joined_to_a_label_is_a_contradiction(text):
    for place in ("text", "subject"):
        findings = find_markings(View(text=f"{text}\n\n{LONG}." if place == "text" else text, place=place), WORDS)
        contradiction = [one for one in findings if one.rule == "tlp.contradictory"]
        assert contradiction, (place, findings)
        assert {(one.code, one.label) for one in contradiction} == {("H2", None)}
        assert raises(text, place)


def test_every_label_of_a_form_is_raised():
    form = "TLP marking (tick one): [ ] CLEAR [ ] GREEN [ ] AMBER [X] RED"
    assert raises(form) == {Tlp.AMBER, Tlp.RED}
    assert raises("TLP: ☐ CLEAR ☐ GREEN ☐ AMBER ☒ RED") == {Tlp.AMBER, Tlp.RED}


def test_a_lower_label_joined_to_a_stricter_one_changes_nothing():
    assert found("TLP:GREEN (was CLEAR)") == [("M1", "tlp.green")]
    assert found("TLP:RED or GREEN") == [("M1", "tlp.red")]
    assert found("TLP:GREEN (VERT)") == [("M1", "tlp.green")]


@pytest.mark.parametrize(
    "text",
    [
        "[TLP:GREEN] Red panda skins",
        "[CAFR][TLP:GREEN] RED SANDALWOOD SEIZED",
        "[TLP:GREEN] Red Notice published",
        "[TLP:VERT] Ambre, ivoire et corail saisis à Exampleville",
        "[TLP:GREEN] Red-eared sliders and amber jewellery",
        "TLP:GREEN\n\nRed sandalwood logs were seized at the port on Monday.",
        "TLP:GREEN\n\nAmber: 30 kg\nIvory: 12 kg",
        "TLP:GREEN\nAmber (raw), 30 kg",
        "TLP:GREEN - red, white and black corals were seized",
        "TLP:VERDE\nRojo era el camión.",
        "TLP: GREEN | Date: 3 June | Ref: 12",
    ],
)
def test_colours_of_goods_behind_a_label_do_not_contradict_it(text):
    for place in ("text", "subject"):
        assert found(text, place) == [("M1", "tlp.green")]
    assert found(
        text.replace("[CAFR]", "").replace("GREEN", "CLEAR").replace("VERT", "BLANC").replace("VERDE", "BLANCO")
    ) == [("M1", "tlp.clear")]


@pytest.mark.parametrize(
    "text",
    [
        "Le présent message et ses pièces jointes relèvent du niveau rouge du protocole TLP.",
        "This email is marked red under the Traffic Light Protocol and is for named recipients only.",
        "Red under TLP - not for disclosure, restricted to participants only.",
        "Informação marcada como vermelha segundo o protocolo TLP, apenas para os destinatários.",
        "Información con marca roja (TLP), sólo para los destinatarios nombrados en este mensaje.",
        "RED: TLP",
        "TLP, red. Only for you.",
        "TLP 4 (RED)",
        "Marking of this e-mail under the Traffic Light Protocol shall be considered as red for all recipients",
        "TLP designation for everything below this line should be understood to be at the red level",
        "Under the Traffic Light Protocol, which all of our units apply, the report about the port and\nthe annexes are red.",
        "The TLP of all annexes is RED whatever the cover says, colleagues.",
        "本报告按照TLP的规定属于红色。",
        "TLP ............................ RED",
        "tlp ............................ red",
        f"TLP : {'-' * 40} RED",
        f"TLP{' ' * 40}RED",
        "TLP\tDate\nRED\ttoday",
        "TLP\nDate\nRED\ntoday",
        "Traffic-light: RED",
        "Traffic Light RED",
        "Protocole de feux de signalisation : rouge",
        "Protocolo de Luces de Tráfico: ROJO",
        "Protocolo semáforo: rojo",
        "TPL:RED",
        "T1P:RED",
        "TIP:RED",
        "T|P:RED",
        "Traffic Light system: RED",
        "Traffic light marking: red",
        "Trafic Light Protocol: RED",
        "feu tricolore : rouge",
        "TLP%3ARED",
        "TLP&#58;RED",
        "TLP&colon;&#82;&#x45;D",
        "<b>TLP</b>:<b>RED</b>",
    ],
)
def test_a_name_and_red_in_one_sentence_raise(text):
    assert raises(text) == {Tlp.RED}
    assert raises(f"{LONG}.\n{text}\n\n{LONG}.") == {Tlp.RED}
    assert raises(text.replace("\n", " "), "subject") == {Tlp.RED} or "\n" in text


@pytest.mark.parametrize(
    "text",
    [
        "One tip: red sandalwood is often declared as rosewood.",
        "The lorry ran a red traffic light at the border post. The light was amber before.",
        "Traffic lights: red sandalwood logs were hidden in a load of them.",
        "The TLP has four labels: CLEAR, GREEN, AMBER and RED.",
        "See TLP 2.0 for the meaning of RED, AMBER, GREEN.",
        "The TLP is explained in the annex, and red pandas in the guide.",
        "A pap of red millet was found in the bag.",
        "El TLP y la Lista Roja.",
        "Le TLP, la Liste rouge et la CITES.",
    ],
)
def test_weak_names_and_colours_of_things_are_no_marking(text):
    assert found(text) == []


@pytest.mark.parametrize("text", ["TLP:R", "TLP R", "[TLP R]"])
def test_one_letter_for_a_label_is_an_unknown_marking(text):
    assert found(f"{text}\n\n{LONG}.") == [("H2", "tlp.unknown")]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("PAP:RED", "pap.red"),
        ("pap-amber", "pap.amber"),
        ("PAP : ROUGE", "pap.red"),
        ("TLP:GREEN PAP:RED", "pap.red"),
        (f"This report is PAP:AMBER, {LONG}.", "pap.amber"),
        ("Permissible Actions Protocol: RED", "pap.red"),
    ],
)
def test_what_the_reader_may_not_do_is_another_scheme_and_holds(text, rule):
    held = [one for one in find_markings(View(text=text, place="subject"), WORDS) if one.code == "H2"]
    assert [(one.rule, one.label) for one in held] == [(rule, None)]
    assert found("PAP:GREEN, PAP:CLEAR and a pap smear") == []


def test_red_text_of_a_page_s_source_does_not_join_words():
    assert found("5 < 7 & 10 > 3: 100% TLP") == []


@pytest.mark.parametrize(
    "text",
    [
        "Dear all,\n\nTLP:RED material goes by another channel, thank you.",
        "Never send TLP:RED information to this list, thanks to all colleagues.",
        "Here, never send TLP:RED.",
        "TLP:RED must never be posted on this list, use your National Central Bureau instead.",
        "Please never send TLP:AMBER or TLP:RED to this list.",
        "Where do TLP:AMBER nominal data go?",
        "Wohin schicken wir TLP:AMBER Daten?",
        "куда отправлять данные TLP:AMBER?",
        "Waar gaan TLP:AMBER persoonsgegevens naartoe?",
        "Reminder: information marked TLP:AMBER or TLP:RED must never be sent to this list. Use CENcomm.",
        "Rappel : ne jamais envoyer d’informations TLP:AMBER ou TLP:RED sur cette liste.",
        "Ne pas envoyer de TLP:RED sur cette liste, utilisez CENcomm",
        "N'envoyez jamais d'informations TLP:ROUGE sur cette liste, merci à tous les collègues.",
        "no envíen TLP:ROJO por esta lista",
        "No envíen nunca información TLP:ROJO a esta lista, muchas gracias a todos los colegas.",
        "não enviem TLP:VERMELHO aqui",
        "Nunca enviem informações TLP:VERMELHO para esta lista, muito obrigado a todos os colegas.",
        "TLP:RED material goes by I-24/7, not here",
        "Please send TLP:RED information by CENcomm.",
        "Les informations TLP:ROUGE passent par I-24/7.",
        "Les informations TLP:ROUGE ne doivent jamais être envoyées sur cette liste.",
        "The limit is clear; never send TLP:RED to this list.",
    ],
)
def test_rules_on_what_may_be_sent_are_talk(text):
    assert found(text) == []
    assert found(f"{LONG}.\n\n{text}\n\n{LONG}.") == []
    assert found(text, "quoted text") == []


@pytest.mark.parametrize(
    "text",
    [
        "This is TLP:RED.",
        "This is TLP:RED, do not send it to the list.",
        "This message is TLP:RED and must never be sent to anybody else.",
        "ce message est TLP:RED, ne pas diffuser",
        "treat as TLP:RED, do not forward",
        "NE PAS DIFFUSER TLP:ROUGE",
        "Do not send, TLP:RED",
        "Do not send: TLP:RED",
        "Do not send this TLP:RED report to anybody, colleagues.",
        "Never send the TLP:RED report on, colleagues.",
        "The attached TLP:RED report must never be sent to this list.",
        "TLP:RED - details go by I-24/7",
        "TLP:RED. Send nothing by CENcomm.",
        "[TLP:RED] must never be sent on",
        "Este mensaje es TLP:ROJO, no lo envíen por otro canal",
        "Do not forward TLP:RED",
        "We send TLP:RED by CENcomm and here it is",
        "This list is TLP:RED, where do we go?",
        "TLP:RED. Where to send?",
        "Where was the TLP:RED report sent?",
        "If asked, this is TLP:RED, do not forward",
        "3) TLP:RED, where do we send it?",
        "Names TLP:RED, use when you must, do not share",
        "Names for colleagues TLP:RED, not to be forwarded when you share",
        "If you share the names TLP:RED, do not post them",
        "Si vous envoyez, TLP:RED, ne pas partager",
        "Die Namen, TLP:RED, bitte nicht weiterleiten, wenn",
        "данные и имена TLP:RED не пересылать, если",
        "姓名TLP:RED，如何发送？",
        "Sí, es TLP:RED, no reenviar",
        "Sí, la información es TLP:RED, no la envíen aquí",
        "إن المعلومات هي TLP:RED، لا ترسل هنا",
        "إن المعلومات هي TLP:RED، لا ترسل",
        "Never post TLP:RED here; this report is such, keep it to yourselves",
        "Do not send TLP:RED to this list; which the attached is",
        "Where should we send the names, TLP:RED?",
        "Wohin gehen die Namen: TLP:RED?",
        "Where should we send the names - TLP:RED?",
        "姓名发到哪里，TLP:RED？",
        "If so, TLP:RED, do not forward",
        "When sent it is TLP:RED, do not share",
        "Si un document est TLP:RED, on ne le transmet pas.",
        "Wie geschickt, TLP:RED?",
        "I could not send TLP:RED via CENcomm so here it is: scales",
        "Could not send TLP:RED report via CENcomm, so it follows",
        "TLP:RED information sent by SIENA yesterday",
        "TLP:RED information not sent by CENcomm follows",
        "Sending you TLP:RED material because CENcomm is down",
        "No pude enviar TLP:ROJO por CENcomm, sigue el informe",
        "Voici des informations TLP:ROUGE, ne pas les envoyer sur cette liste",
        "Never send ivory by post. TLP:RED",
        # A marking with its handling instruction: the rule is about this message, since it names no list.
        "TLP:RED must not be sent outside the team.",
        "TLP:RED may not be posted",
        "TLP:ROUGE ne doit pas être transmis aux tiers",
        "TLP:ROJO no debe enviarse a terceros",
        "TLP:VERMELHO não deve ser enviado a terceiros",
        "TLP:RED shall go to named recipients by other channel",
        "não enviem TLP:VERMELHO",
        "DO NOT POST TLP:RED",
        "NE PAS ENVOYER TLP:ROUGE",
        "Do not send TLP:RED outside this group of five.",
        "Do not send TLP:RED outside this group.",
        # A rule, and then something else in the same sentence.
        "TLP:RED goes through CENcomm, so here it is in short: courier tomorrow",
        "TLP:RED goes by CENcomm, courier arrives tomorrow",
        "Never send TLP:RED to this list, but the courier arrives tomorrow",
        f"TLP:RED material goes by another channel, {LONG}.",
        f"Never send TLP:RED information to this list, {LONG}.",
    ],
)
def test_what_speaks_of_this_message_is_no_talk(text):
    assert raises(text) == {Tlp.RED}
    assert raises(text, "subject") == {Tlp.RED}
    assert raises(text, "quoted text") == {Tlp.RED}


@pytest.mark.parametrize(
    "text", ["TLP:RED must not be sent outside the team.", "TLP:ROUGE ne doit pas être transmis aux tiers"]
)
def test_a_handling_instruction_behind_a_marking_leaves_it_certain(text):
    assert ("M1", "tlp.red") in found(f"{text}\n\nCourier tomorrow.")
    assert ("M1", "tlp.red") in found(text, "subject")


@pytest.mark.parametrize(
    "text",
    [
        "What is TLP:RED?",
        "TLP:RED or TLP:GREEN?",
        "No TLP:RED here.",
        "Not TLP:RED.",
        "Pas de TLP:ROUGE ici.",
        "Sem TLP:VERMELHO nesta lista.",
        "Sin TLP:ROJO",
        "Question about TLP:RED",
        "Use CENcomm for TLP:RED.",
        "Was ist TLP:ROT?",
        "请勿在此发送TLP:RED。",
        "Tafadhali usitume TLP:RED",
        "Do not send TLP:RED",
    ],
)
def test_a_short_line_that_talks_of_a_label_holds_and_is_not_certain(text):
    assert ("H2", "tlp.red.in_prose") in found(f"Dear all,\n\n{text}\n\nRegards")
    assert ("M1", "tlp.red") not in found(f"Dear all,\n\n{text}\n\nRegards")


@pytest.mark.parametrize(
    "text", ["TLP:RED?", "CONFIDENTIAL TLP:RED", "TLP:RED only", "Marking: TLP:RED", "Douala TLP:RED"]
)
def test_a_short_line_that_says_nothing_else_is_a_marking(text):
    assert ("M1", "tlp.red") in found(f"Dear all,\n\n{text}\n\nRegards")


LEGEND = "(TLP:RED = for named persons only; TLP:AMBER = organisation; TLP:GREEN = community; TLP:CLEAR = public)"


def test_a_legend_under_an_explicit_lower_marking_is_talk():
    assert found(f"TLP:GREEN\n{LEGEND}\nTen kilograms") == [("M1", "tlp.green")]
    assert found("TLP:GREEN\n\nTLP:RED = named persons only; TLP:AMBER = the organisation") == [("M1", "tlp.green")]
    colons = "TLP:RED: individual recipients only\nTLP:AMBER: the organisation\nTLP:GREEN: the community\n"
    assert found(f"[TLP:CLEAR]\n\n{colons}") == [("M1", "tlp.clear")]


@pytest.mark.parametrize(
    "text",
    [
        LEGEND,
        f"TLP:RED\n\n{LEGEND}",
        "TLP:GREEN\n\nTLP:RED = for named persons only",
        "TLP:GREEN\n\nTLP:AMBER: the organisation behind it\nTLP:RED: the persons behind it",
        "TLP:GREEN\n\nTLP:RED = Awa, TLP:AMBER = Koffi",
        # Portions of a document, each with its marking: words of a legend, and others.
        "TLP:RED: two persons cross at Garoua.\nTLP:AMBER: their organisation.\nTLP:GREEN: ivory only, 14 kg.\nTLP:CLEAR: public",
        "TLP:GREEN\n\nTLP:RED = the persons named in the annex cross tomorrow\nTLP:AMBER = their organisation uses white trucks",
        "TLP:GREEN\nTLP:RED: named persons only: Awa.\nTLP:AMBER: organisation\nTLP:CLEAR: public",
        # A legend's own entries are no explicit lower marking.
        "- TLP:RED: not for disclosure\n- TLP:AMBER: limited disclosure\n- TLP:GREEN: community\n- TLP:CLEAR: whatever",
    ],
)
def test_other_explanations_of_labels_still_raise(text):
    assert Tlp.RED in raises(text)


def test_a_legend_alone_holds_and_sets_no_marking():
    lines = (
        "- TLP:RED: not for disclosure, restricted to participants only\n- TLP:AMBER: limited disclosure\n"
        "- TLP:GREEN: limited disclosure, restricted to the community\n- TLP:CLEAR: disclosure is not limited"
    )
    for text in (LEGEND, lines):
        assert not [one for one in find_markings(View(text=text, place="text"), WORDS) if one.code == "M1"]


@pytest.mark.parametrize(
    "legend",
    [
        "TLP:CLEAR (BLANC) : public.\nTLP:GREEN (VERT) : communauté.\nTLP:AMBER (AMBRE) : organisme.\nTLP:RED (ROUGE) : destinataires nommés.",
        "TLP:CLEAR - für alle\nTLP:GREEN - Gemeinschaft\nTLP:AMBER - Organisation\nTLP:RED - nur genannte Empfänger",
        "TLP:CLEAR：公众\nTLP:GREEN：社区\nTLP:AMBER：组织及客户\nTLP:RED：仅限收件人",
        "TLP:RED\tNamed recipients only\nTLP:AMBER\tThe organisation, whoever\nTLP:GREEN\tCommunity\nTLP:CLEAR\tAll",
    ],
)
def test_a_legend_in_other_words_under_a_lower_marking_is_never_certain(legend):
    assert {one for one in found(f"TLP:GREEN\n\n{LONG}.\n\n{legend}\n") if one[0] == "M1"} <= {
        ("M1", "tlp.green"),
        ("M1", "tlp.clear"),
    }


def test_a_legend_with_dashes_under_a_lower_marking_is_talk():
    dashes = (
        "TLP:RED - named recipients only\nTLP:AMBER - their organisation\nTLP:GREEN - the community\nTLP:CLEAR - public"
    )
    assert found(f"TLP:GREEN\n\n{dashes}\n\nTen kilograms") == [("M1", "tlp.green")]


@pytest.mark.parametrize(
    "text",
    [
        "TLP:GREEN/AMBER ivory Douala",
        "TLP:GREEN/RED ivory",
        "TLP:GREEN+RED ivory",
        "TLP: GREEN or RED ivory",
        "TLP:GREEN - RED Douala",
        "TLP GREEN AMBER RED",
        "TLP CLEAR GREEN AMBER RED",
        "TLP:GREEN except the annex (RED)",
        "TLP:GREEN (annex: RED)",
        "TLP:GREEN / annexe ROUGE",
        "TLP:GREEN EXCEPT THE ANNEX (RED)",
        "TLP GREEN text, AMBER attachment",
        "TLP:CLEAR until 1 Dec then RED",
        "TLP:GREEN+STRICT",
        "TLP:CLEAR+STRICT",
        "TLP:GREEN (STRICT)",
    ],
)
def test_a_lower_label_with_a_stricter_one_somewhere_behind_it_is_not_just_the_lower_one(text):
    for place in ("text", "subject"):
        findings = find_markings(View(text=text, place=place), WORDS)
        assert [one for one in findings if one.code == "H2" or Tlp(one.label or "TLP:CLEAR").level > Tlp.GREEN.level]


@pytest.mark.parametrize(
    "text",
    [
        "TLP:GREEN Strict controls at the port of Douala",
        "TLP:GREEN - strict liability applies",
        "[TLP:VERT] Saisie de corail rouge",
        "[TLP:VERT] SAISIE DE CORAIL ROUGE",
        "TLP:GREEN | Red sandalwood seized",
        "TLP:GREEN/Red sandalwood seized",
        "[TLP:GREEN] IUCN RED LIST species seized",
        "[TLP:VERDE] Decomiso de coral rojo y ámbar en el puerto",
        "[TLP:GREEN] Amber 38 kg",
        "TLP:VERT ambre 12 kg",
        "[TLP:GREEN] Ambre (12 kg) à Roissy",
        "TLP:GREEN Янтарь, 38 кг",
        "TLP:GREEN 琥珀 12公斤",
        "TLP:GREEN, amber, ivory and coral seized",
    ],
)
def test_colours_and_strictness_of_things_do_not_contradict_a_label(text):
    assert found(text, "subject") == [("M1", "tlp.green")]
    assert found(f"{text}\n\n{LONG}.") == [("M1", "tlp.green")]


@pytest.mark.parametrize(
    "table",
    [
        "| Ref | TLP | Date |\n| 12 | RED | 24 Nov |",
        "| Ref | TLP | Date |\n|-----|-----|------|\n| 12 | RED | 24 Nov |",
        "+-----+-----+\n| Ref | TLP |\n+-----+-----+\n| 12 | RED |",
        "TLP | Date\nRED | 24 Nov",
        "Ref\tTLP\tNote\n12\tRED\tivory",
        "Ref\tTLP level\tNote\n12\tRED\tivory",
        "Ref;TLP;Date\n12;RED;24 Nov",
        "Ref   TLP   Date\n12    RED   24 Nov",
        f"TLP\tNote\nGREEN\t{LONG * 3}\nGREEN\t{LONG * 3}\nRED\tivory",
        f"Note\tTLP\n{LONG * 10}\tRED",
    ],
)
def test_a_label_in_the_column_of_a_scheme_is_a_marking(table):
    assert ("M1", "tlp.red") in found(table)
    assert ("M1", "tlp.red") in found(f"{LONG}.\n\n{table}\n\n{LONG}.")


@pytest.mark.parametrize(
    "table",
    [
        "Risk\tTLP\nRED\tGREEN\n",
        "| Colour | TLP | Ref |\n| RED | GREEN | 12 |",
        "Ref\tTLP\tColour\n12\tGREEN\tRED",
        "TLP | Ref\nGREEN | 12\n\nSeized | RED coral",
    ],
)
def test_a_colour_in_another_column_is_none(table):
    assert found(table) == [("M1", "tlp.green")]


@pytest.mark.parametrize(
    "text",
    ["Marking:  TLP\nRED", "Marking:  TLP:\nRED", "Class | TLP:\nRED", "Ref\tTLP\nRED", "Risk\tTLP\nRED\t-"],
)
def test_a_label_below_what_only_looks_like_a_table_still_raises(text):
    assert raises(text) == {Tlp.RED}
    assert raises(f"{LONG}.\n\n{text}\n\n{LONG}.") == {Tlp.RED}


@pytest.mark.parametrize(
    "line", ["Page 1 of 1 | TLP:RED | Wildlife Service", "OFFICIAL | TLP:RED | 24 November 2026 | Douala"]
)
def test_a_cell_of_a_page_s_footer_is_a_marking_s_place(line):
    assert ("M1", "tlp.red") in found(f"{LONG}\nand so on, as was said.\n{line}")


def test_a_reference_to_the_scheme_s_page_is_no_unknown_label():
    assert found("TLP: see https://first.org/tlp") == []
    assert found("TLP: see www.first.org/tlp for the definitions.\n10 kg") == []


def test_a_finding_s_score_is_kept_when_its_line_is_named():
    assert {one.score for one in find_markings(View(text="TLP:RED", place="text"), WORDS)} == {1.0}


@pytest.mark.parametrize(
    "text",
    [
        "Bitte nie TLP:AMBER oder TLP:RED an diese Liste senden.",
        "Zur Erinnerung: Informationen mit TLP:RED dürfen nicht über diesen Verteiler geschickt werden.",
        "Wenn etwas TLP:RED ist, bitte nicht hier posten.",
        "Was bedeutet eigentlich TLP:AMBER+STRICT?",
        "Stuur nooit TLP:RED naar deze lijst.",
        "Graag geen TLP:AMBER of hoger via deze lijst versturen, maar via CENcomm.",
        "TLP:RED mag niet naar deze lijst worden gestuurd.",
        "Wat betekent TLP:AMBER precies?",
        "Tafadhali msitume TLP:RED kwenye orodha hii.",
        "Taarifa za TLP:AMBER haziruhusiwi kutumwa hapa.",
        "Usitume taarifa yenye TLP:RED hapa, tuma kupitia CENcomm.",
        "Mohon jangan kirim TLP:RED ke milis ini.",
        "Informasi TLP:AMBER atau TLP:RED tidak boleh dikirim ke daftar ini, gunakan CENcomm.",
        "Apa arti TLP:AMBER sebenarnya?",
        "Xin đừng gửi TLP:RED vào nhóm này.",
        "Thông tin TLP:AMBER trở lên không được đăng lên danh sách này mà phải gửi qua CENcomm.",
        "TLP:AMBER nghĩa là gì?",
        "Пожалуйста, никогда не отправляйте TLP:RED в эту рассылку.",
        "Материалы с пометкой TLP:AMBER и выше сюда не посылать, только через НЦБ.",
        "Что означает TLP:AMBER?",
        "الرجاء عدم إرسال TLP:RED إلى هذه القائمة.",
        "لا ترسلوا معلومات TLP:AMBER أو TLP:RED إلى هنا، بل عبر سينكوم.",
        "ما معنى TLP:AMBER؟",
        "请勿向本邮件组发送TLP:RED信息。",
        "TLP:AMBER是什么意思?",
        "If it is TLP:RED, please don't post it here.",
        "Documents marked TLP:AMBER or higher do not belong on this list.",
        "What is the difference between TLP:AMBER and TLP:RED?",
        "Les documents marqués TLP:ROUGE ne vont pas sur cette liste.",
        "Quelle est la différence entre TLP:AMBER et TLP:RED ?",
        "Si un documento viene marcado TLP:ROJO o superior, no lo suban aquí.",
        "¿Qué significa TLP:ROJO?",
        "O que significa TLP:VERMELHO?",
    ],
)
def test_where_things_are_sent_is_talk_in_every_language(text):
    assert found(f"{LONG}.\n\n{text}\n\n{LONG}.") == []


@pytest.mark.parametrize(
    "text",
    [
        "TLP:RED - nicht an diese Liste senden",
        "TLP:RED, bitte nicht hier posten.",
        "Diese Meldung ist TLP:RED und darf nicht an diese Liste.",
        "Die Namen sind TLP:AMBER, bitte nicht weitergeben.",
        "Ik stuur dit als TLP:AMBER.",
        "Deze informatie is TLP:RED, niet naar de lijst sturen.",
        "Ujumbe huu ni TLP:RED, usitume hapa.",
        "Taarifa hii ni TLP:AMBER",
        "Pesan ini TLP:RED, jangan dikirim ke milis.",
        "Informasi ini bersifat TLP:AMBER.",
        "Thông tin này là TLP:RED, không gửi lên đây.",
        "Информация TLP:RED, в рассылку не отправлять.",
        "Это TLP:AMBER, не пересылать в рассылку.",
        "هذه المعلومات TLP:RED لا ترسلوها إلى القائمة",
        "以下信息为TLP:RED,请勿转发到列表。",
        "TLP:RED 请勿发到群里",
        "本信息属TLP:AMBER。",
        "Informasi TLP:RED",
        "Informationen TLP:RED über SIENA gesendet",
        "Informasi TLP:RED tidak dikirim lewat CENcomm",
        "Wir senden TLP:RED über CENcomm",
        "Материалы TLP:RED не отправляем через CENcomm",
        "Taarifa TLP:RED zinatumwa kupitia CENcomm",
        "资料TLP:RED不能发送",
        "Thông tin TLP:RED không gửi qua CENcomm",
        "لا ترسلوا TLP:RED",
        "Bitte kein TLP:RED an diese Liste senden, der Kurier kommt morgen",
        "It is TLP:RED, do not post it here.",
        "Es TLP:ROJO, no va a la lista.",
        "C'est TLP:ROUGE, ne pas diffuser ici.",
        "É TLP:VERMELHO, não vai para a lista.",
    ],
)
def test_what_a_message_is_or_what_was_done_is_no_talk_in_any_language(text):
    assert raises(f"{LONG}.\n\n{text}\n\n{LONG}.") <= {Tlp.RED, Tlp.AMBER}
    assert raises(f"{LONG}.\n\n{text}\n\n{LONG}.")


@pytest.mark.parametrize(
    "text",
    [
        "Со второго абзаца и до конца — красный по TLP.",
        "ما ذكرته أعلاه عن المخبر أحمر بموجب TLP لأن أهله ما زالوا في القرية.",
        "Der zweite Absatz ist gelb gemäß TLP, bitte beachten.",
        "Alinea kedua merah menurut TLP, mohon dijaga.",
        "Đoạn thứ hai đỏ theo TLP, xin lưu ý.",
    ],
)
def test_a_colour_by_the_scheme_is_no_things(text):
    view = View(text=f"Good morning to everybody.\n\n{text}\n\nRegards to all", place="text")
    assert {one.code for one in find_markings(view, WORDS)} == {"H2"}


def all_talk(sentence, span):
    return True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We heard of the TLP:RED thing that they have at the port.", set()),
        ("The case goes on, treat it as amber please", set()),
        ("Case 12: please treat this mail as amber", {("H2", "tlp.amber.in_prose")}),
        ("We heard of the TLP:RED thing in the attached list.", {("H2", "tlp.red.in_prose")}),
        ("TLP:RED\n\nDear all, here is what we have.", {("M1", "tlp.red")}),
        ("The note is PAP:RED as they say at the port.", {("H2", "pap.red")}),
        (
            "Classification: TLP:GREEN or RED",
            {("M1", "tlp.green"), ("H2", "tlp.contradictory"), ("H2", "tlp.red.in_prose")},
        ),
        ("TLP:GREEN or TLP:BLUE", {("M1", "tlp.green"), ("H2", "tlp.unknown")}),
        ("TLP:GREEN except the annex (RED)", {("H2", "tlp.red.in_prose")}),
        ("Traffic light: RED", {("H2", "tlp.red.in_prose")}),
        ("TLP:RED是指定人员专用。", {("M1", "tlp.red")}),
        ("TLP:RED的意思是只限在场人员知悉。", set()),
        ("This list of names is of the TLP:RED kind.", {("H2", "tlp.red.in_prose")}),
        ("As they say on this list a TLP:RED thing goes by hand.", set()),
        (f"The {'very ' * 50} bad thing was a TLP:RED thing.", {("H2", "tlp.red.in_prose")}),
        (
            "---- Original message ----\nSubject: the TLP:RED thing of the port again\n\nGood day.",
            {("H2", "tlp.red.in_prose")},
        ),
    ],
)
def test_what_was_learned_of_talk_lets_go_of_labels_in_prose_alone(text, expected):
    view = View(text=f"Good morning to everybody.\n\n{text}\n\nRegards to all", place="text")
    assert find_markings(view, WORDS)
    assert {(one.code, one.rule) for one in find_markings(view, WORDS, talks=all_talk)} == expected


def test_of_talk_the_sentence_is_asked_with_the_sign_that_ends_it():
    asked = []
    text = "Good morning. Is the table of TLP:RED kind, as they say? Regards."
    find_markings(
        View(text=text, place="text"),
        WORDS,
        talks=lambda one, span: not asked.append((one.text, one.text[slice(*span)])),
    )
    assert set(asked) == {("Is the table of TLP:RED kind, as they say?", "TLP:RED")}
