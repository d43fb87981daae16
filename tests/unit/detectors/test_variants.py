"""What is written to be read by people only is put back; ordinary text is left alone."""

from dataclasses import replace
from datetime import date
from time import process_time

import pytest

from relay.detectors.facts import Facts
from relay.detectors.find import find_sensitive
from relay.detectors.language import UNKNOWN
from relay.detectors.likeness import Bounds
from relay.detectors.spoken import in_digits
from relay.detectors.variants import decoded_runs, put_back
from relay.policy.shape import Version, fold, shape, versions_of
from tests.builders import shipped_rules
from tests.growth import assert_linear


def _put_back(text: str) -> str | None:
    shaped = shape(text)
    version = put_back(Version(shaped, fold(shaped)))
    assert version is None or version.folded == fold(version.text)
    return version and version.text


@pytest.mark.parametrize(
    ("hidden", "plain"),
    [
        ("call 2 0 2 5 5 5 0 1 4 3 now", "call 2025550143 now"), ("2-0-2-5-5-5-0", "2025550"), ("2*0*2*5*5*5*0", "2025550"),
        ("2\n0\n2\n5\n5\n5\n0", "2025550"), ("555_014_3322", "555 014 3322"), ("555·014·3322", "555 014 3322"),
        ("tel 202 555\n> 0143", "tel 202 555 0143"), ("一三八一二三四五六七八", "13812345678"),
        ("two zero two five five five zero one", "20255501"), ("Two, oh, two – five five/five zero", "2025550"),
        ("cero nueve uno dos tres cuatro cinco", "0912345"), ("nove meia sete oito um dois três", "9678123"),
        ("soixante dix sept quatre vingt douze trente et un quatre vingt", "77923180"), ("sifuri saba moja mbili tatu nne tano", "0712345"),
        ("nol delapan satu dua tiga empat lima", "0812345"), ("thirty four fifty five sixty six twelve", "34556612"),
        ("null eins sieben sechs eins zwei drei", "0176123"), ("nul zes een twee drie vier vijf", "0612345"), ("không chín một hai ba bốn năm", "0912345"),
        ("восемь девять один два три четыре пять", "8912345"), ("صفر تسعة واحد اثنان ثلاثة أربعة خمسة", "0912345"), ("账号 陆贰贰贰零贰壹", "账号 6222021"),
        ("出生于一九八八年五月二十三日", "出生于1988年5月23日"), ("一九九〇年十二月三号生", "1990年12月3号生"), ("一九九〇年三月十日", "1990年3月10日"),
        ("né le trois mai mil neuf cent quatre-vingt-huit", "ne le 3 mai 1988"), ("born on the third of May nineteen eighty-eight", "born on the 3 of May 1988"),
        ("el tres de mayo de mil novecientos ochenta y ocho", "el 3 de mayo de 1988"), ("três de maio de mil novecentos e oitenta e oito", "3 de maio de 1988"),
        ("am dritten Mai neunzehnhundertachtundachtzig", "am 3 Mai 1988"), ("drie mei negentienhonderdachtentachtig", "3 mei 1988"),
        ("третьего мая тысяча девятьсот восемьдесят восьмого года", "3 мая 1988 года"), ("ثلاثة مايو ألف وتسعمائة وثمانية وثمانين", "3 مايو 1988"),
        ("tatu Mei elfu moja mia tisa themanini na nane", "3 Mei 1988"), ("tiga Mei seribu sembilan ratus delapan puluh delapan", "3 Mei 1988"),
        ("sinh năm một chín tám tám", "sinh nam 1988"), ("sinh năm một nghìn chín trăm tám mươi tám", "sinh nam 1988"), ("in two thousand and seven", "in 2007"), ("十二月二十三日", "12月23日"),
        ("diez - cuarenta y siete - trescientos doce - seiscientos cinco", "1047312605"), ("восемь, девятьсот семнадцать, пятьсот сорок два", "8917542"),
        ("dua belas, tiga puluh empat, seratus dua", "1234102"), ("oh seven, two hundred four, nine one two", "07204912"), ("née le dix-sept mai dix-neuf cent quatre-vingt-huit", "nee le 17 mai 1988"), ("nineteen hundred and eighty-eight", "1988"), ("kumi na tano Mei nineteen eighty", "15 Mei 1980"), ("de mil novecientos ochenta", "de 1980"), ("May nineteen eighty-eight. Two tusks", "May 1988. Two tusks"), ("mil neuf cent quatre-vingt-huit, deux enfants", "1988, deux enfants"), ("nineteen ninety and two thousand and ten", "1990 and 2010"), ("zweitausendzehn", "2010"), ("tweeduizendtien", "2010"),
        ("DNI cuatro 5 siete 8 nueve 0 uno 2", "DNI 45789012"), ("two nine, 45, zero 17, eight", "29450178"), ("L eins 2 drei 4 fünf 6 sieben", "L 1234567"),
        ("nul zes, vierentwintig, daarna twaalf, dan vijf", "0624125"), ("восемь девятьсот тринадцать, потом сорок четыре ноль семь", "89134407"),
        ("nol delapan satu tiga, lalu lima dua dua satu", "08135221"), ("六二二八，四八零，再四零二，末六一八", "6228480402618"),
        ("四4零0三1零2一九八五", "440031021985"), ("幺三八，零零一三，八零零零", "13800138000"),
        ("ana (at) agency (dot) example", "ana@agency.example"), ("ana [at] agency[.]example", "ana@agency.example"),
        ("ana at agency dot example", "ana@agency.example"), ("ana arroba agencia punto com", "ana@agencia.com"),
        ("see drive dot google dot com slash drive slash abc", "see drive.google.com/drive/abc"), ("WeTransfer point com barre oblique x1", "WeTransfer.com/x1"),
        ("mega punto nz barra file", "mega.nz/file"), ("dropbox punkt com Schrägstrich abc", "dropbox.com/abc"), ("t chấm me gạch chéo nhom", "t.me/nhom"),
        ("диск точка яндекс точка ru слэш д", "диск.яндекс.ru/д"),
        ("the sus-\npect", "the suspect"), ("the sus-\n> pect", "the suspect"),
        ("see U3VzcGVjdCBKb2huIERvZQ== now", "see Suspect John Doe now"), ("see 5375737065637420446f65 now", "see Suspect Doe now"),
    ],
)  # fmt: skip
def test_each_way_of_hiding_is_put_back(hidden: str, plain: str) -> None:
    assert _put_back(hidden) == plain


@pytest.mark.parametrize(
    "text",
    [
        "", "Two tusks were seized at the airport, on 12 November 2026.", "one two three", "+1 202 555 0143", "ana@agency.example",
        "well-known men", "Well-\nKnown", "1, 2, 3, 4, 5, 6", "12_11_2026", "2026_11_24 notes", "meet at noon (at the office)", "supercalifragilistic",
        "12345678901234567890", "AAAAAAAAAAAAAAAAAAAAAAAA", "The dot of the i is at the top", "ce point de contact, le point de la situation", "barra punto y barra", "1.5, 2.5, 3.5 kg", "d41d8cd98f00b204e9800998ecf8427e",
        "one hundred and twelve birds", "one hundred, two hundred and fifty, three hundred and nine birds", "сто, двести, триста рублей", "一三五六七年", "trois mille cinq cents kilos", "deux cent trente-quatre mille", "first, second and third", "in two thousand twenty", "三月", "十年",
        "/srv/photos/2026/november/first", "零一二三", "first two, then three", "three boats, then four men, then five dogs, six", "two 40 ft containers of five 12 kg", "on 12 three boats, 4 five men 7", "siete sacos 12 45 30 20 kg", "2026 1200 三 3400",
    ],
)  # fmt: skip
def test_ordinary_text_hides_nothing(text: str) -> None:
    assert _put_back(text) is None


def _rules_in_a_harmless_letter(text: str) -> set[tuple[str, str]]:
    """What is found in a text that sounds as harmless as any."""
    shipped = shipped_rules().detectors
    harmless = {UNKNOWN: Bounds(sensitive=99.0, certain=99.0, open=99.0)}
    detectors = replace(shipped, likeness=replace(shipped.likeness, bounds=harmless))
    found = find_sensitive(versions_of(text), "text", detectors, Facts(on=date(2026, 11, 24)))
    return {(one.code, one.rule) for one in found}


BY_LABEL_AND_FORM = {("H4", "phone.unknown"), ("H4", "phone.unknown_national")}
SPELT = "nul zes, twaalf, dan vierendertig, dan zesenvijftig, zeven acht"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("telefoon 0612 345 678", set()),
        (f"telefoon {SPELT}", BY_LABEL_AND_FORM),
        ("namba sifuri saba, moja mbili, na kisha tatu nne, halafu tano sita saba nane", BY_LABEL_AND_FORM),
        (f"telefoon van de winkel 0201 234 567. Telefoon {SPELT}", BY_LABEL_AND_FORM),
        ("het adres is symposium2027 [at] herpconf.org", set()),
        ("本法自一九八九年三月一日起施行", set()),
        ("一九九三年五月二十九日国务院发出通知,禁止犀牛角和虎骨贸易", set()),
    ],
)
def test_a_number_that_is_spelt_counts_though_the_letter_sounds_harmless(
    text: str, found: set[tuple[str, str]]
) -> None:
    letter = f"Beste collega's, dank voor de foto's. De zakken liggen in het depot. {text}. Het verslag volgt.\n\nMet vriendelijke groet"
    assert _rules_in_a_harmless_letter(letter) == found


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("The advert was posted from 181.164.203.177.", "number.internet_address"),
        ("Оплата на TQx7vNd3LrW9bKmE5sYhZ2fCpA8uJtG4Vo.", "number.wallet_by_form"),
        ("钱包TQx7vNd3LrW9bKmE5sYhZ2fCpA8uJtG4Vo收款", "number.wallet_by_form"),
        ("Cadastro 415.227.903-11 no formulário.", "number.identity_by_form"),
    ],
)
def test_numbers_that_look_like_no_other_are_held_whatever_the_letter_sounds_like(text: str, rule: str) -> None:
    assert _rules_in_a_harmless_letter(f"Thank you for the photos.\n\n{text}\n\nKind regards") == {("H4", rule)}


@pytest.mark.parametrize(
    "text",
    [
        "Please add 185.12.64.110 to your allow list.", "Client host [185.12.64.110] blocked using a list", "Firmware version 21.10.14.100",
        "Permit number 3Fx9aBcD7eGhJkLmNpQrStUvWxY12345", "Processo 123.456.789-10/2024", "see https://news.example/1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
    ],
)  # fmt: skip
def test_numbers_of_programs_and_papers_are_nobody_s(text: str) -> None:
    assert _rules_in_a_harmless_letter(f"Thank you for the photos.\n\n{text}\n\nKind regards") == set()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Notification_2004-05-12.txt", "attachment 1, name"),
        ("2004-05-12T08:00:00Z", "attachment 1, properties"),
        ("permit;date;species\nKE 001;12.03.2004;Loxodonta africana", "attachment 1"),
        ("The first carcass was found on 12.05.2003", "attachment 1"),
    ],
)
def test_days_of_long_ago_are_nobody_s_birthday_without_somebody_beside_them(text: str, place: str) -> None:
    shipped = shipped_rules().detectors.unweighed()
    assert find_sensitive(versions_of(text), place, shipped, Facts(on=date(2026, 11, 24)), form="attached") == ()


def test_runs_are_decoded_a_line_for_each() -> None:
    assert decoded_runs("U3VzcGVjdCBKb2huIERvZQ== and 5375737065637420446f65") == "Suspect John Doe\nSuspect Doe"
    assert decoded_runs("nothing of that sort, d41d8cd98f00b204e9800998ecf8427e") == ""


@pytest.mark.parametrize(
    "piece",
    [
        "one two three four five six seven ",
        "nineteen ",
        "one 2 three 4 ",
        "12 ",
        "mil cent ",
        "elfu mia ",
        "and ",
        "zweitausendelf x six x ",
    ],
)
def test_numbers_in_words_are_read_in_linear_time(piece: str) -> None:
    def seconds(text: str) -> float:
        begun = process_time()
        in_digits(text)
        return process_time() - begun

    assert_linear(seconds, piece * 300, piece * 2_400)
    assert_linear(seconds, f"one two three {piece * 600}", f"one two three {piece * 4_800}")
    assert_linear(seconds, f"{piece * 150}{'six x ' * 150}", f"{piece * 1_200}{'six x ' * 1_200}")


@pytest.mark.parametrize("piece", ["a dot ", "a dot com slash ", "x.com slash a ", "at a dot "])
def test_addresses_in_words_are_read_in_linear_time(piece: str) -> None:
    def seconds(text: str) -> float:
        version = Version(text, text)
        begun = process_time()
        put_back(version)
        return process_time() - begun

    assert_linear(seconds, piece * 300, piece * 2_400)


@pytest.mark.parametrize(
    "text",
    [
        "the photos are at drive dot google dot com slash drive slash abc",
        "las fotos: we punto tl barra t-abc",
        "ảnh ở zalo chấm me gạch chéo g gạch chéo abc",
    ],
)
def test_a_share_told_in_words_is_a_link_out_of_control(text: str) -> None:
    found = find_sensitive(versions_of(text), "text", shipped_rules().detectors, Facts(on=date(2026, 11, 24)))
    assert "H8" in {one.code for one in found}
