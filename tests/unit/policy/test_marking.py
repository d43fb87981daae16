"""The Traffic Light Protocol in every dress: what is a marking, what is talk, and what is neither."""

from time import thread_time
from timeit import timeit

import pytest

from relay.policy.marking import FINDINGS_PER_RULE, MarkingWords, find_markings, strictest
from relay.policy.post import Finding, View
from relay.policy.shape import close_up, fold, shape
from relay.roster.mailing_list import Tlp
from tests.builders import WORDS, make_finding
from tests.growth import assert_linear

LONG = "which the officers of the airport unit found on Monday in a lorry that came from the north"


def found(text: str, place: str = "text") -> list[tuple[str, str]]:
    return [(one.code, one.rule) for one in find_markings(View(text=text, place=place), WORDS)]


def certain(text: str, place: str = "text") -> Tlp | None:
    return strictest(find_markings(View(text=text, place=place), WORDS))


TLP_WORDS = {label: words for label, words in WORDS.labels.items() if label in set(Tlp)}


@pytest.mark.parametrize(("label", "words"), TLP_WORDS.items())
def test_every_label_counts_in_every_case(label, words):
    for word in words:
        for text in (f"TLP:{word}", f"TLP {word}".upper(), f"[tlp: {word.lower()}]", f"TLP-{word.title()}"):
            assert certain(f"{LONG}\n\n{text}\n\n{LONG}") == label, text


@pytest.mark.parametrize("name", [name for name in WORDS.names if not name.endswith(":")])
def test_every_name_counts_in_every_case(name):
    for label, words in TLP_WORDS.items():
        for text in (f"{name}:{words[0]}", f"{name} {words[0]}".upper(), f"[{name.lower()}] {words[0]}"):
            assert certain(f"{LONG}\n\n{text}\n\n{LONG}") == label, text


@pytest.mark.parametrize("connector", WORDS.connectors)
def test_every_connector_may_stand_between(connector):
    assert certain(f"TLP {connector}: RED") is Tlp.RED
    assert certain(f"TLP-{connector.upper()} ROUGE") is Tlp.RED


@pytest.mark.parametrize(
    "text",
    [
        "TLP:RED",
        "tlp:red",
        "Tlp : Red",
        "TLP RED",
        "TLPRED",
        "TLP-RED",
        "TLP_RED",
        "TLP=RED",
        "TLP/RED",
        "TLP|RED",
        "TLP>RED",
        "TLP→RED",
        "TLP•RED",
        "TLP::RED",
        "TLP:\tRED",
        "TLP:" + " " * 20 + "RED",
        "TLP:\nRED",
        "TLP\nRED",
        "TLP\n\n\nRED",
        "TLP  \nRED",
        "TLP:  \nRED",
        "TLP:\t\nRED",
        "TLP: (RED)",
        "TLP: [RED]",
        "TLP «RED»",
        "TLP “RED”",
        "TLP: *RED*",
        "**TLP:RED**",
        "*** TLP:RED ***",
        "=== TLP:RED ===",
        "_TLP:RED_",
        "<TLP:RED>",
        "{TLP:RED}",
        "【TLP:RED】",
        "#TLP:RED",
        "> TLP:RED",
        "| TLP | RED |",
        "T.L.P. RED",
        "T.L.P.: R.E.D.",
        "T L P : R E D",
        "T-L-P R-E-D",
        "T_L_P:R_E_D",
        "T L P R E D",
        "T · L · P : R · E · D",
        "TL P:RED",
        "TLP: R E D",
        "ＴＬＰ：ＲＥＤ",
        "TLP：RED",
        "TLP∶RED",  # ratio
        "TLP꞉RED",  # modifier letter colon
        "TLPːRED",  # length mark
        "TLP׃RED",  # Hebrew
        "TLP–RED",
        "TLP—RED",
        "TLP−RED",
        "TLP\u2011RED",
        "TLP:\u00a0RED",
        "TLP:\u3000RED",
        "TLP:R\u200bED",
        "T\u200cL\u200dP\ufeff:RED",
        "TLP:R\u00adED",
        "TLP:R\u2060E\u034fD",
        "TLP:RE\ufe0fD",
        "TLP:R\u0336E\u0336D\u0336",  # struck through
        "TLP:R\u20e3E\u20e3D\u20e3",  # in key caps
        "T\U000e0041LP:RED",  # a tag character
        "TLP:R\x00E\x08D",
        "TLP:R\u0080ED",
        "\u202aTLP:RED\u202c",
        "\u2066TLP\u2069:\u2067RED\u2069",
        "\u202eDER:PLT\u202c",  # shown as TLP:RED
        "\u200fTLP:RED\u200f",
        "TLP:RÉD",
        "ТLР:RЕD",  # Cyrillic Т, Р, Е
        "ТLР:rеd",
        "ΤLΡ:RΕD",  # Greek
        "tlρ:rεd",
        "ᎢᏞᏢ:ᎡᎬᎠ",  # Cherokee
        "ꓔꓡꓑ:ꓣꓰꓓ",  # Lisu
        "ᴛʟᴘ:ʀᴇᴅ",
        "𝐓𝐋𝐏:𝐑𝐄𝐃",
        "𝓣𝓛𝓟:𝓡𝓔𝓓",
        "𝕋𝕃ℙ:ℝ𝔼𝔻",
        "ⓉⓁⓅ:ⓇⒺⒹ",
        "🄃🄻🄿".replace("🄃", "🅃") + ":🅁🄴🄳",
        "🆃🅻🅿:🆁🅴🅳",
        "🇹🇱🇵:🇷🇪🇩",
        "TŁP:RED",
        "ᵀᴸᴾ:RED",
        "TLP:🔴",
        "TLP: 🔴 RED",
        "🔴 TLP",
        "TLP:RED\u2028next",
        "TLP level: RED",
        "TLP 2.0: RED",
        "TLP v2.0 level RED",
        "TLP2:RED",
        "TLP is RED",
        "RED TLP",
        "[RED] (TLP)",
        "Code RED – TLP",
        "Traffic Light Protocol: RED",
        "Traffic-light protocol (TLP): RED",
        "traffic\nlight protocol RED",
        "Protocole feux tricolores : ROUGE",
        "TLP : ROUGE",
        "TLP:ROJO",
        "TLP:Vermelho",
        "TLP: КРАСНЫЙ",
        "ТЛП: красный",
        "протокол светофора: красный",
        "TLP：红色",
        "TLP红",
        "TLP级别为红色",
        "交通灯协议：红",
        "本文件为TLP:RED级别",
        "TLP: أحمر",
        "TLP: الأحمر",
        "احمر TLP".replace("احمر", "أحمر"),
        "بروتوكول إشارة المرور: أحمر",
        "TLP:ĐỎ",
        "TLP: màu đỏ",
        "TLP:NYEKUNDU",
        "TLP: rangi nyekundu",
        "TLP:MERAH",
        "TLP: warna merah",
        "TLP:ROT",
        "TLP:ROOD",
        "TLP:ROSSO",
        "TLP:TLP:RED",
        "TLP:GREEN/RED",
        "TLP: GREEN / RED",
        "TLP: CLEAR | GREEN | AMBER | RED",
        "TLP:GREEN\nTLP:RED",
        "TLP:GREEN/RED ivory",
        "IvoryTLP:RED",
        "IvoireTLP : ROUGE",
        "UNCLASSIFIEDTLP:RED",
        "T\nL\nP\n:\nR\nE\nD\n",
        "T\n\nL\n\nP\n\nR\n\nE\n\nD\n",
        "> T\n> L\n> P\n> R\n> E\n> D\n",
    ],
)
def test_red_is_certain_however_it_is_dressed_up(text):
    assert certain(text) is Tlp.RED
    assert certain(f"{LONG}.\n\n{text}\n\n{LONG}") is Tlp.RED
    assert certain(text, "subject") is Tlp.RED
    assert certain(text, "header keywords") is Tlp.RED


@pytest.mark.parametrize(
    "text",
    [
        "TLP:AMBER+STRICT",
        "TLP:AMBER + STRICT",
        "TLP:AMBER-STRICT",
        "TLP:AMBER/STRICT",
        "TLP:AMBER (STRICT)",
        "TLP:AMBER: STRICT",
        "TLP AMBER STRICT",
        "TLPAMBERSTRICT",
        "TLP: strict amber",
        "TLP:AMBRE+STRICT",
        "TLP: ambre stricte",
        "TLP:ÁMBAR ESTRICTO",
        "TLP:ÂMBAR+ESTRITO",
        "TLP:ＡＭＢＥＲ＋ＳＴＲＩＣＴ",
        "TLP:AMBER+STRıCT",
    ],
)
def test_amber_strict_is_not_read_as_amber(text):
    assert certain(text) is Tlp.AMBER_STRICT


def test_a_sentence_after_amber_does_not_make_it_strict():
    assert certain("TLP:AMBER. Strict deadlines apply.") is Tlp.AMBER


@pytest.mark.parametrize(
    "text",
    [
        "TLP:RED",
        "[TLP:RED] Seizure of forty kilograms of scales",
        "TLP:RED Seizure of forty kilograms of scales",
        "TLP:RED seizure of forty kilograms of scales",
        "TLP:RED - Seizure of forty kilograms of scales",
        "Re: TLP:RED seizure of forty kilograms of scales",
        "Re: Fwd: [CAFR] TLP:RED seizure of forty kilograms of scales",
        "[CAFR][TLP:RED] Seizure of forty kilograms of scales",
        "回复：TLP:RED seizure of forty kilograms of scales",
        "TR : RE : [CAFR] TLP RED saisie de quarante kilos d'écailles",
        "Seizure of forty kilograms of scales TLP:RED",
        "Seizure of forty kilograms of scales [TLP:RED]",
        "Seizure of forty kilograms of scales (TLP RED)",
        "Seizure (TLP:RED) of forty kilograms of scales",
        "Seizure of forty kilograms of scales - TLP:RED!",
    ],
)
def test_at_a_subjects_edges_and_in_brackets_red_is_certain(text):
    assert certain(text, "subject") is Tlp.RED
    assert certain(text, "header subject") is Tlp.RED


@pytest.mark.parametrize(
    "text",
    [
        f"TLP:RED\n\n{LONG}",
        f"{LONG}\n\nTLP:RED",
        f"{LONG}\nTLP:RED\n{LONG}",
        f"Classification: TLP:RED\n\n{LONG}",
        f"TLP:RED {LONG}",  # the text's first words
        f"{LONG}.\n\nTLP:RED Information on a network\nin the north",
        f"{LONG}. TLP:RED",
        f"{LONG} - TLP:RED",
        f"{LONG} (TLP:RED) {LONG}",
        f"{LONG} [TLP:RED] {LONG}",
        f"Restrictions on handling this document: TLP:RED\n{LONG}",
        f"Kind regards\nAna Example\nTLP:RED only\n{LONG}",
        "> > TLP:RED\n> text",
        f"{LONG}\r\n\r\nTLP:RED\r\n",
    ],
)
def test_in_a_marking_s_place_of_a_text_red_is_certain(text):
    assert certain(text) is Tlp.RED
    assert certain(text, "quoted text") is Tlp.RED
    assert certain(text, "text, hidden part") is Tlp.RED


@pytest.mark.parametrize(
    "text",
    [
        f"{LONG}, since our rules on\nTLP:RED information do not allow it here.",
        f"{LONG}, since it is governed by the\nrules on TLP:RED.",
        "请按照TLP:RED规定处理该信息，不要在此列表发送任何类似的内容，谢谢各位同事。",
        "The TLP level of this report is RED.",
        "Le niveau TLP de ce message est ROUGE, merci de le respecter dans tous les services.",
        'The label "TLP:RED" is explained on the page of the organisation that invented it.',
        "We follow the T.L.P. RED sandalwood is something else altogether, say our colleagues.",
    ],
)
def test_red_in_a_sentence_is_not_certain_but_raises(text):
    assert ("H2", "tlp.red.in_prose") in found(text)
    assert certain(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Forty kilograms of red sandalwood and white rhino horn were seized; the way is clear.",
        "An amber (fossil resin) seizure was made at the green channel. Clear evidence, red flags.",
        "The colour codes are red, amber and green, as on a traffic light at the port.",
        "Le bois rouge a été saisi ; l'ambre gris, le perroquet vert et le rhinocéros blanc aussi.",
        "Code rouge sur la route nationale : un feu rouge grillé par le camion.",
        "Se decomisó sándalo rojo, ámbar, un loro verde y un rinoceronte blanco. Alerta roja.",
        "Foram apreendidos sândalo vermelho, âmbar, um papagaio verde e um rinoceronte branco.",
        "تم ضبط خشب الصندل الأحمر والعنبر وببغاء أخضر ووحيد القرن الأبيض في المطار",
        "Изъяты красный сандал, янтарь, зелёный попугай и белый носорог. Красный список.",
        "查获红檀、琥珀、绿鹦鹉和白犀牛角。红色名录。",
        "Thu giữ gỗ đàn hương đỏ, hổ phách, vẹt xanh và sừng tê giác trắng tại cảng.",
        "Msandali mwekundu, kaharabu, kasuku wa kijani na kifaru mweupe walikamatwa.",
        "Kayu cendana merah, ambar, burung hijau dan badak putih disita di pelabuhan.",
        "We use TLP on this list; see the rules.",
        "The TLP was explained at the training. Everybody is clear about it now.",
        "We follow the TLP. Red sandalwood was seized in Mombasa by the customs unit.",
        "In line with TLP, amber (fossil resin) seizure reports are welcome on this list.",
        "Under the Traffic Light Protocol (TLP), white rhino horn is discussed here every week.",
        "Nous respectons le TLP. Rouge et or, le drapeau flottait sur le port.",
        "Selon le TLP, ambre gris et corail sont traités ici sans délai particulier.",
        "Usamos el TLP. Rojo era el camión que transportaba las escamas.",
        "Seguimos o TLP. Vermelho era o caminhão que levava as escamas.",
        "Мы соблюдаем TLP. Красный грузовик остановили на границе.",
        "我们遵守TLP。红檀木在港口被查获。",
        "关于TLP：请参考以下网站的说明文件。",
        "نتبع TLP. الأحمر لون الشاحنة التي ضبطت في الميناء",
        "See https://www.first.org/tlp/ for what the labels mean.",
        "TLP: https://www.first.org/tlp/",
        "TLP version 2.0 was adopted in August 2022 and has four labels.",
        "TLP stands for Traffic Light Protocol.",
        "The TLP applies to this list: red sandalwood and others are discussed here.",
        "TLP",
        "TLP:",
        "TLP: ____",
        "TLP: -",
        "TLP: ...\nDear colleagues, we seized scales yesterday.",
        "TLP:\n\nDear colleagues,\n\nwe seized scales yesterday at the airport.",
        "The TLP: a short guide for every officer in this network, with examples.",
        "The TLP rate is low, and TLP read as follows: see the guide.",
        "What is TLP?",
        "a\nb\nc\nd\ne\nf\n",
        "TLP\n\nRed sandalwood logs were seized at the port of Mombasa on Monday.",
        "The XTLP:RED unit and the catlp:red device are model names.",
        "TLPs are protocols. RED",
        "Rotterdam TLPrett.",
    ],
)
def test_prose_of_real_officers_is_no_marking(text):
    assert found(text) == []
    assert found(f"{LONG}.\n\n{text}\n\n{LONG}.") == []
    assert found(text, "attachment 1, page 1") == []


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("TLP:GREEN - Red sandalwood seized", Tlp.GREEN),
        ("TLP:GREEN, red pandas seized", Tlp.GREEN),
        ("TLP:CLEAR: White rhino horn", Tlp.CLEAR),
        ("TLP:WHITE", Tlp.CLEAR),
        ("TLP VERT : saisie de bois rouge", Tlp.GREEN),
        ("TLP:VERDE", Tlp.GREEN),
        ("TLP:BLANC", Tlp.CLEAR),
        ("TLP: G R E E N", Tlp.GREEN),
    ],
)
def test_lower_labels_are_found_and_colours_behind_them_are_no_labels(text, label):
    assert [(code, rule) for code, rule in found(text) if label.value.lower().replace(":", ".") != rule] == []
    assert certain(text) is label


@pytest.mark.parametrize(
    "text",
    [
        "TLP:PURPLE",
        "[TLP:PURPLE]",
        "[TLP PURPLE] Seizure of forty kilograms of scales",
        "[TLP-PURPLE]",
        "TLP : violet",
        "TLP:R3D",
        "TLP:4MBER",
        "TLP:REDD",
        "TLP:RED2",
        "TLP:UNCLEAR",
        "TLP:EX:CHR",
        "TLP:紫色",
        "TLP:🟣",
        "TLP: P U R P L E",
        "TLP: (purple)",
        "TLP:\nPURPLE",
        "TLP:???",
        "TLP: ?",
        "TLP AMBR",
        "TLP GREN",
        "tlp yelow",
    ],
)
def test_an_unknown_label_is_an_unknown_marking(text):
    assert found(text) == [("H2", "tlp.unknown")]
    assert found(text, "subject") == [("H2", "tlp.unknown")]


def test_a_shouted_unknown_label_counts_in_a_sentence_too():
    assert found(f"This report is TLP:PURPLE, {LONG}.") == [("H2", "tlp.unknown")]
    assert found(f"This report follows TLP: purple was the lorry, {LONG}.") == []
    assert found(f"{LONG}.\n\nTLP: what it means for every officer in this network, {LONG}.") == []
    assert found(f"In the table, TLP:\nPURPLE lorries are listed, {LONG}.") == []


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("header x-tlp", "RED", [("M1", "tlp.red")]),
        ("header x-tlp", "TLP:GREEN", [("M1", "tlp.green")]),
        ("header x-tlp-label", "amber", [("M1", "tlp.amber")]),
        ("header x-tlp", "purple", [("H2", "tlp.unknown")]),
        ("header x-tlp", "\u202eDER\u202c", [("H2", "tlp.unknown"), ("M1", "tlp.red")]),
        ("header x-tlp", "", []),
        ("header x-classification", "TLP:RED", [("M1", "tlp.red")]),
        ("header x-classification", "TLP:PURPLE", [("H2", "tlp.unknown")]),
        ("header x-protective-marking", "TLP-R", [("H2", "tlp.unknown")]),
        ("header x-label", "[TLP:UNKNOWN]", [("H2", "tlp.unknown")]),
        ("header x-mailer-hints", "TLP:PURPLE", []),  # a machine's field, where a token after "tlp:" may mean anything
        ("header traffic-light-protocol", "RED", [("M1", "tlp.red")]),
        ("header x-traffic-light-protocol", "Amber", [("M1", "tlp.amber")]),
        ("header keywords", "TLP:PURPLE", [("H2", "tlp.unknown")]),
        ("header comments", f"please treat as TLP:RED {LONG}", [("M1", "tlp.red")]),
        ("header x-misp-tags", 'tlp:amber+strict, type="osint"', [("M1", "tlp.amber_strict")]),
        ("attachment 1, name", "report_TLP_RED_v2.pdf", [("M1", "tlp.red")]),
        ("attachment 2, name", "2026TLPRED.pdf", [("M1", "tlp.red")]),
        ("attachment 1, name", "TLP-PURPLE.pdf", []),
        ("attachment 1, name", "[TLP-PURPLE].pdf", [("H2", "tlp.unknown")]),
        ("attachment 1, header", "content-description: notes on TLP:RED for the unit of the port", [("M1", "tlp.red")]),
        ("text, header", "content-type: text/plain; x=tlp:purple", []),
        ("text, name", "a file about TLP:RED and nothing else than that.txt", [("M1", "tlp.red")]),
        ("attachment 1, page 1", f"We have TLP:RED information here, {LONG}", [("H2", "tlp.red.in_prose")]),
        ("attachment 1, name", "rapportTLProuge.pdf", [("M1", "tlp.red")]),
        ("attachment 1, name", "reportTLPRed_v2.pdf", [("M1", "tlp.red")]),
        ("attachment 1, name", "TLP-RED2.pdf", [("M1", "tlp.red")]),
        ("attachment 1, name", "TLPRED2026.pdf", [("M1", "tlp.red")]),
        ("attachment 1, name", "TLP_AMBER1.pdf", [("M1", "tlp.amber")]),
        ("attachment 1, name", "TLP-REDv2.pdf", [("M1", "tlp.red")]),
        ("attachment 1, name", "RapportTLPRouge2.pdf", [("M1", "tlp.red")]),
        ("attachment 1, name", "TLP-REDWOOD.pdf", []),
    ],
)
def test_the_place_decides_what_counts(place, text, expected):
    assert found(text, place) == expected


def test_a_place_in_the_text_names_its_line():
    findings = find_markings(View(text="one\r\ntwo\rTLP:RED\n\nTLP:GREEN\n", place="text"), WORDS)
    assert [one.place for one in findings] == ["text, line 3", "text, line 5"]
    assert find_markings(View(text="\nTLP:RED", place="quoted text"), WORDS)[0].place == "quoted text"


def test_offsets_lie_in_the_shaped_text():
    text = "\u200bé TLP：ＲＥＤ"
    (finding,) = find_markings(View(text=text, place="text"), WORDS)
    assert shape(text)[finding.start : finding.end] == "TLP:RED"


def test_a_thousand_labels_say_what_twenty_say():
    findings = find_markings(View(text="TLP:RED\n" * 1000 + "TLP:AMBER\n" * 1000, place="text"), WORDS)
    assert len(findings) == 2 * FINDINGS_PER_RULE
    assert strictest(findings) is Tlp.RED


def test_the_strictest_label_in_a_marking_s_place_counts():
    """Row 53: of two that contradict each other."""
    assert strictest([]) is None
    assert strictest([make_finding("M1", Tlp.GREEN), make_finding("M1", Tlp.AMBER)]) is Tlp.AMBER
    assert strictest([make_finding("H2", Tlp.RED), make_finding("M1", Tlp.GREEN)]) is Tlp.GREEN
    assert strictest([make_finding("M1"), make_finding("N1")]) is None


def test_labels_and_names_are_data():
    words = MarkingWords(names=("PAINT",), connectors=(), labels={"TLP:RED": ("SCARLET", "♥")})
    assert find_markings(View(text="PAINT:SCARLET", place="text"), words) == (
        Finding(code="M1", rule="tlp.red", place="text, line 1", start=0, end=13, label="TLP:RED"),
    )
    assert strictest(find_markings(View(text="PAINT ♥", place="text"), words)) is Tlp.RED
    assert find_markings(View(text="TLP:RED", place="text"), words) == ()


def test_folding_keeps_every_character_s_place():
    every = "".join(chr(code) for code in range(0x20000))
    shaped = shape(every)
    assert len(fold(shaped)) == len(shaped)


def test_only_words_that_are_spelt_out_are_closed_up():
    assert close_up("T L P and a b") == "TLP and a b"
    assert close_up("plan A of B.C.") == "plan A of B.C."
    assert close_up("本 T.L.P. 本") == "本 TLP 本"


def test_signs_among_the_letters_do_not_make_closing_up_slow():
    assert_linear(
        lambda size: timeit(lambda: close_up("a b c " + "\u00d7\u0483" * size + "x"), timer=thread_time, number=1),
        500,
        4000,
    )
