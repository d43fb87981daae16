"""A suspect's name, number or marking in every disguise that a message offers: it is found as if it stood there plainly."""

import base64

import pytest

from relay.policy.post import Progress, Scan
from relay.scan.frames import advance
from relay.scan.stages import scan_octets
from tests.builders import unweighed_rules
from tests.documents import annotated, core, docx, opendocument, paragraph, pdf, pptx, xlsx
from tests.scanning import FACTS, HEADER, mail, message, multipart, part

RULES = unweighed_rules()
NAME = "The suspect Okello Zurumba was arrested"
NUMBER = "The suspect's phone is +254 712 345 678"
CERTAIN = {"T1", "M1", "N1", "N2", "O1", "O2", "O3"}


def _codes(octets: bytes) -> set[str]:
    result = Scan(progress=Progress.NOTHING, message=None)
    for stage in scan_octets(octets, RULES, FACTS):
        result = advance(result, stage)
    return {one.code for one in result.findings}


def _text(text: str) -> bytes:
    return message(text.encode(), "text/plain; charset=utf-8")


def _page(source: str) -> bytes:
    return message(source.encode(), "text/html; charset=utf-8")


def _file(octets: bytes, name: str) -> bytes:
    body = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    more = f'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="{name}"\r\n'
    return mail(part(b"Forty kilograms of scales."), part(body, "application/octet-stream", more))


def _headed(more: str) -> bytes:
    return message(b"Forty kilograms of scales were seized.", more=more)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _among(text: str, sign: str) -> str:
    return sign.join(text)


def _raised(text: str, first: int) -> str:
    """The text with its ASCII digits in another script's, of which `first` is the zero."""
    return "".join(chr(first + int(char)) if char.isdigit() else char for char in text)


def _odd(text: str, alike: str = "aаeеoоcсpрxх") -> str:
    pairs = dict(zip(alike[::2], alike[1::2], strict=True))
    return "".join(pairs.get(char, char) for char in text)


SIGNS = {
    "zero width": "\u200b", "joiner": "\u200d", "word joiner": "\u2060", "soft hyphen": "\u00ad", "selector": "\ufe0f",
    "tag": "\U000e0041", "mark of direction": "\u200e", "isolate": "\u2068", "grapheme joiner": "\u034f", "filler": "\u115f", "nothing": "\ufeff",
}  # fmt: skip
PLAIN = {"the name": (NAME, "N1"), "the number": (NUMBER, "N2"), "a marking": ("TLP:RED", "M1")}
SCRIPTS = {
    "full width": 0xFF10, "arabic": 0x660, "persian": 0x6F0, "devanagari": 0x966, "bengali": 0x9E6, "thai": 0xE50,
    "khmer": 0x17E0, "myanmar": 0x1040, "bold": 0x1D7CE, "monospace": 0x1D7F6,
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), PLAIN.values(), ids=PLAIN)
@pytest.mark.parametrize("sign", SIGNS.values(), ids=SIGNS)
def test_invisible_signs_hide_nothing(text, code, sign):
    """Rows 50 and 67; evasion 1: between any two letters."""
    assert code in _codes(_text(_among(text, sign)))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The \u202etcepsus\u202c Okello Zurumba was arrested", "N1"), ("\u2067The suspect Okello Zurumba\u2069 was arrested", "N1"),
        ("\u202aThe suspect's phone is\u202c +254 \u202d712 345 678\u202c", "N2"), ("\u202eDER:PLT\u202c", "H7"),
        ("The suspect's phone is \u202e876 543 217 452+\u202c", "N2"),
    ],
)  # fmt: skip
def test_a_turned_direction_hides_nothing(text, code):
    """Row 50; evasion 2: overrides and isolates, as they are written and as they are shown."""
    assert code in _codes(_text(text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (_odd(NAME), "N1"), (_odd(NUMBER), "N2"), ("Тhе suѕресt Оkеllо Zurumbа was arrested", "N1"), ("ТLР:RЕD", "M1"),
        ("Ｔｈｅ　ｓｕｓｐｅｃｔ　Ｏｋｅｌｌｏ　Ｚｕｒｕｍｂａ　ｗａｓ　ａｒｒｅｓｔｅｄ", "N1"), ("𝐓𝐡𝐞 𝐬𝐮𝐬𝐩𝐞𝐜𝐭 𝐎𝐤𝐞𝐥𝐥𝐨 𝐙𝐮𝐫𝐮𝐦𝐛𝐚 𝐰𝐚𝐬 𝐚𝐫𝐫𝐞𝐬𝐭𝐞𝐝", "N1"),
        ("Thé sùspéct Òkéllö Zürümbá wãs arrésted", "N1"), ("The s\u0336u\u0336s\u0336p\u0336e\u0336c\u0336t\u0336 Okello Zurumba was arrested", "N1"),
        ("The suspect's phone is ＋２５４ ７１２ ３４５ ６７８", "N2"), ("𝕋𝕃ℙ:ℝ𝔼𝔻", "M1"), ("THE SUSPECT OKELLO ZURUMBA WAS ARRESTED", "N1"),
        ("suspect named peter otieno seen at the border", "N1"), ("T L P : R E D", "M1"), ("TLP:R3D", "M1|H2"), ("[ tlp - red ]", "M1"), ("TLP ROJO", "M1"),
    ],
)  # fmt: skip
def test_look_alike_letters_hide_nothing(text, code):
    """Rows 50 and 51; evasions 3 and 13: other alphabets, full width, mathematical letters, accents, capitals, figures for letters."""
    assert set(code.split("|")) & _codes(_text(text))


@pytest.mark.parametrize("zero", SCRIPTS.values(), ids=SCRIPTS)
def test_digits_of_every_script_are_digits(zero):
    """Row 67; evasion 4: a suspect's telephone number."""
    assert "N2" in _codes(_text(_raised(NUMBER, zero)))


@pytest.mark.parametrize(
    "number",
    [
        "0 7 1 2 3 4 5 6 7 8", "0.7.1.2.3.4.5.6.7.8", "0-7-1-2-3-4-5-6-7-8", "0712/345/678", "0712\u00a0345\u00a0678", "0_712_345_678", "0712·345·678",
        "zero seven one two three four five six seven eight", "zéro sept un deux trois quatre cinq six sept huit", "zéro six, soixante-douze, trente-quatre, cinquante-six, dix-huit",
        "cero siete uno dos tres cuatro cinco seis siete ocho", "zero sete um dois três quatro cinco seis sete oito",
        "sifuri saba moja mbili tatu nne tano sita saba nane", "zero-seven-one-two-three-four-five-six-seven-eight",
        "+254\n712 345\n678", "+254 712\n> 345 678", "+254 712 345 \n678", "00254712345678", "wa.me/254712345678", "tel:+254712345678", "零七一二三四五六七八",
    ],
)  # fmt: skip
def test_a_number_pulled_apart_is_a_number(number):
    """Row 67; evasions 5 and 6: spaced, dotted, dashed, spelled, broken over lines, in quoted lines."""
    assert _codes(_text(f"The suspect's phone number is {number} and he was arrested.")) & {"N2"}


@pytest.mark.parametrize(
    ("text", "content_type", "code"),
    [
        ("The suspect Okello \r\nZurumba was arrested", "text/plain; format=flowed", "N1"), ("The suspect Oke \r\nllo Zurumba was arrested", "text/plain; format=flowed; delsp=yes", "N1"),
        ("> The suspect Okello\r\n> Zurumba was arrested", "text/plain", "N1"), (">> > The suspect's phone is +254\r\n>> > 712 345 678", "text/plain", "N2"),
        ("The suspect Okello Zurum-\r\nba was arrested", "text/plain", "N1"), ("TLP:\r\nRED", "text/plain", "M1"),
        ("The suspect\r\nOkello Zurumba\r\nwas arrested", "text/plain", "N1"),
    ],
)  # fmt: skip
def test_broken_and_quoted_lines_hide_nothing(text, content_type, code):
    """Row 67; evasion 6: lines that a mail program broke, joined, quoted."""
    assert code in _codes(message(text.encode(), content_type))


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (f"<p>Scales</p><p style='display:none'>{NAME}</p>", "N1"), (f"<p>Scales</p><p style='color:#fff;background:#fff'>{NUMBER}</p>", "N2"),
        (f"<p>Scales</p><p style='font-size:0px'>{NAME}</p>", "N1"), (f"<p>Scales</p><!-- {NAME} -->", "N1"), (f"<p>Scales</p><img src='cid:1' alt=\"{NUMBER}\">", "N2"),
        (f'<p title="{NAME}">Scales</p>', "N1"), (f'<p data-note="{NAME}">Scales</p>', "N1"), (f"<title>{NAME}</title><p>Scales</p>", "N1"),
        (f'<style>p::after {{content: "{NAME}"}}</style><p>Scales</p>', "N1"), (f'<p>Scales</p><script>var a = "{NAME}"</script>', "N1"),
        (f"<p>Scales</p><svg><text>{NAME}</text></svg>", "N1"), (f'<form><input type=hidden value="{NAME}"></form>Scales', "N1"),
        ("<p>The sus<b>pect Oke</b>llo Zur<span>um</span>ba was arrested</p>", "N1"), ("<p>The suspect&#39;s phone is +254 7<i>12</i> 34<b>5</b> 678</p>", "N2"),
        ("<p>" + "".join(f"&#{ord(char)};" for char in NAME) + "</p>", "N1"), ("<p>The sus&shy;pect Okello&nbsp;Zu&ZeroWidthSpace;rumba was arrested</p>", "N1"),
        (f"<p>Scales <a href='data:text/plain;base64,{_base64(NAME)}'>x</a></p>", "N1"), ("<p><a href='tel:+254712345678'>The suspect's phone</a></p>", "N2|H4"),
        ("<table><tr><td>Suspect</td><td>Okello Zurumba</td></tr><tr><td>Phone</td><td>+254 712 345 678</td></tr></table>", "N1"),
        ("<p>TL<b>P:</b>R<i>E</i>D</p>", "M1"), ("<p>Scales</p><div hidden>TLP:RED</div>", "M1"),
    ],
)  # fmt: skip
def test_a_page_hides_nothing(source, code):
    """Row 56; evasion 7: what isn't seen, attributes, comments, style, entities, tags inside of words, cells, addresses."""
    assert set(code.split("|")) & _codes(_page(source))


def _both(text: str, source: str) -> bytes:
    return mail(part(text.encode()), part(source.encode(), "text/html"), subtype="alternative")


@pytest.mark.parametrize(
    "octets",
    [
        _both("Scales", f"<p>{NAME}</p>"), _both(NAME, "<p>Scales</p>"), _both("", f"<p>{NAME}</p>"),
        mail(part(b"Scales"), part(_base64(f"<p>{NAME}</p>").encode(), "text/html", "Content-Transfer-Encoding: base64\r\n"), subtype="alternative"),
    ],
)  # fmt: skip
def test_both_forms_of_a_text_are_read(octets):
    """Row 55; evasion 8: what only one of them says."""
    assert "N1" in _codes(octets)


def _around(before: str = "", after: str = "") -> bytes:
    body, content_type = multipart(part(b"Scales"))
    return message(before.encode() + b"\r\n" + body + after.encode(), content_type)


def _calendar(line: str) -> bytes:
    return mail(part(b"Scales"), part(f"BEGIN:VCALENDAR\r\n{line}\r\nEND:VCALENDAR\r\n".encode(), "text/calendar"))


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (_around(before=NAME), "N1"), (_around(after=NAME), "N1"),
        (message(b"The sus=\r\npect Okel=\r\nlo =5Aurumba was arrested", "text/plain", "Content-Transfer-Encoding: quoted-printable\r\n"), "N1"),
        (message(_base64(NAME).encode() + b"\r\n!!junk", "text/plain", "Content-Transfer-Encoding: base64\r\n"), "N1"),
        (message(NAME.encode(), "text/plain", "Content-Transfer-Encoding: x-rot\r\n"), "N1|H1"), (message(NAME.encode(), "text/plain; charset=x-none"), "N1"),
        (message(NAME.encode("utf-16"), "text/plain; charset=utf-16"), "N1"), (message(NAME.encode("utf-16-le"), "text/plain; charset=utf-16le"), "N1"),
        (message(NAME.replace("suspect", "sus+AHAAZQ-ct").encode(), "text/plain; charset=utf-7"), "N1"),
        (message("Подозреваемый Цыренов Баир задержан".encode("koi8-r"), "text/plain; charset=koi8-r"), "N1"),
        (message("Подозреваемый Цыренов Баир задержан".encode(), "text/plain; charset=iso-8859-1"), "N1"),
        (message("Подозреваемый Цыренов Баир задержан".encode("windows-1251"), "text/plain"), "N1"),
        (message("犯罪嫌疑人张建国被刑事拘留。".encode("gb18030"), "text/plain; charset=gb2312"), "N1"),
        (message(b"The sus\x00pect Okello Zur\x08umba was arrested", "text/plain"), "N1"),
    ],
)  # fmt: skip
def test_the_way_a_message_is_put_together_hides_nothing(octets, code):
    """Rows 49 and 57: before and after the parts, soft breaks, junk, charsets that are other than they say."""
    assert set(code.split("|")) & _codes(octets)


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (_headed("Comments: " + NAME + "\r\n"), "N1"), (_headed("Keywords: " + NUMBER + "\r\n"), "N2"), (_headed("X-Note: " + NAME + "\r\n"), "N1"),
        (_headed("Subject: " + NAME + "\r\n"), "N1"), (_headed('Cc: "The suspect Okello Zurumba was arrested" <b@agency.example>\r\n'), "N1"),
        (_headed(f"X-Note: =?utf-8?b?{_base64(NAME)}?=\r\n"), "N1"), (_headed("Subject: =?utf-8?q?The_sus?= =?utf-8?q?pect_Okello_Zur?= =?utf-8?q?umba_was_arrested?=\r\n"), "N1"),
        (_headed("Subject: =?utf-7?q?The_sus+AHA-ect_Okello_Zurumba_was_arrested?=\r\n"), "N1"), (_headed("Subject: =?x-none?q?TLP=3ARED?=\r\n"), "M1"),
        (HEADER.replace(b"Seizure at the port", NAME.encode()) + b"\r\nScales", "N1"), (HEADER.replace(b"Ana Example", b"TLP:RED") + b"\r\nScales", "M1"),
        (_calendar("DESCRIPTION:The suspect Okello Zur\r\n umba was arrested"), "N1"), (_calendar("SUMMARY:" + NUMBER), "N2"),
        (_file(b"BEGIN:VCARD\r\nVERSION:3.0\r\nNOTE:The suspect Okello Zurumba was arrested\r\nEND:VCARD\r\n", "a.vcf"), "N1"),
    ],
)  # fmt: skip
def test_fields_and_cards_hide_nothing(octets, code):
    """Rows 49 and 66; evasion 14: every field, encoded or not, given twice, calendars and cards."""
    assert code in _codes(octets)


def _named(parameters: str) -> bytes:
    return mail(part(b"Scales"), part(b"x", "image/png", f"Content-Disposition: attachment; {parameters}\r\n"))


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (_named('filename="suspect Okello Zurumba.png"'), "N1"), (_named('filename*0="suspect Oke"; filename*1="llo Zurumba.png"'), "N1"),
        (_named("filename*=utf-8''suspect%20Okello%20Zurumba.png"), "N1"), (_named("filename*0*=utf-8''sus%70ect%20Oke; filename*1=\"llo Zurumba.png\""), "N1"),
        (_named(f'filename="=?utf-8?b?{_base64("suspect Okello Zurumba.png")}?="'), "N1"), (_named('filename="../suspect_Okello_Zurumba.png"'), "N1"),
        (mail(part(b"Scales"), part(b"x", 'image/png; name="suspect Okello Zurumba.png"', "Content-Disposition: attachment; filename=a.png\r\n")), "N1"),
        (_named('filename="TLP_RED.png"'), "M1"), (_named('filename="\u202egnp.DER-PLT"'), "M1"),
    ],
)  # fmt: skip
def test_a_file_name_hides_nothing(octets, code):
    """Row 54; evasion 14: continued, percent-encoded, an encoded word, two that differ."""
    assert code in _codes(octets)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"See {_base64(NAME)}", "N1"), (f"See {NUMBER.encode().hex()}", "N2"), ("See https://a.example/?q=" + NAME.replace(" ", "%20"), "N1"),
        (f"See {_base64('TLP:RED, for you alone')}", "M1|H2|H7"), ("The suspect's e-mail is okello.zurumba [at] mail [dot] example", "N2"),
        ("The suspect's e-mail is okello.zurumba(at)mail(dot)example", "N2"), ("The suspect's e-mail is okello.zurumba at mail dot example", "N2"),
        ("El correo del sospechoso es okello.zurumba arroba mail punto example", "N2"),
    ],
)  # fmt: skip
def test_what_is_written_in_another_way_is_read(text, code):
    """Evasions 12 and 13: runs of base64, hexadecimal and percent signs, addresses that are spelt."""
    assert set(code.split("|")) & _codes(_text(text))


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (docx(paragraph(NAME)), "a.docx"), (docx(paragraph("x"), parts={"docProps/core.xml": core(description=NAME)}), "a.docx"),
        (docx(f"<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>{NAME}</w:t></w:r></w:p>"), "a.docx"), (docx(f"<w:p><w:del><w:r><w:delText>{NAME}</w:delText></w:r></w:del></w:p>"), "a.docx"),
        (xlsx("<row/>", f'<row><c t="inlineStr"><is><t>{NAME}</t></is></c></row>', states={2: "veryHidden"}), "a.xlsx"), (pptx("one", notes={1: NAME}), "a.pptx"),
        (opendocument("odt", f"<text:p>{NAME}</text:p>"), "a.odt"), (pdf("one", NAME), "a.pdf"), (annotated(NAME), "a.pdf"),
        (rb"{\rtf1 The sus{\b pect} Okello Zurumba was arrested}", "a.doc"), (f"{NAME};1\r\n".encode(), "a.csv"),
        (f"Subject: x\r\n\r\n{NAME}".encode(), "a.eml"),
    ],
)  # fmt: skip
def test_a_document_hides_nothing(octets, name):
    """Row 64; evasion 10: properties, deleted and hidden text, hidden sheets, notes, annotations."""
    assert "N1" in _codes(_file(octets, name))


@pytest.mark.parametrize("depth", [1, 5, 19])
def test_messages_in_messages_hide_nothing(depth):
    """Row 60: to the twentieth."""
    octets = message(NAME.encode())
    for _ in range(depth):
        octets = message(octets, "message/rfc822")
    assert "N1" in _codes(octets)


def test_the_same_message_without_the_secret_passes():
    """What is found above is the secret and not the disguise."""
    assert (
        _codes(
            _text("Forty kilograms of scales\u200b were seized at Mombasa; see https://a.example/?q=%20x and 12 34 56.")
        )
        == set()
    )
