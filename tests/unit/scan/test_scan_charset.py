"""Octets to text by what the message says of them."""

import pytest

from relay.scan.charset import decode, load_every_charset

SEIZURE = {
    "utf-16": "Saisie de 12 défenses à Douala",
    "utf-16-le": "Saisie de 12 défenses",
    "iso-2022-jp": "象牙が押収された",
    "koi8-r": "Изъято 12 бивней",
    "windows-1251": "Изъято 12 бивней",
    "windows-1256": "ضبط أنياب الفيل",
    "gb18030": "查获象牙十二根",
    "gb2312": "查获象牙",
    "big5": "查獲象牙",
    "shift_jis": "象牙が押収",
    "euc-kr": "상아 압수",
    "tis-620": "ยึดงาช้าง",
    "windows-1258": "Thơ đê",
    "iso-8859-15": "Prix : 12 €",
    "utf-7": "Saisie à Douala",
}


@pytest.mark.parametrize("label", SEIZURE)
def test_text_is_read_in_the_charset_that_it_names(label):
    reading = decode(SEIZURE[label].encode(label), label.upper())
    assert (reading.text, reading.defect) == (SEIZURE[label], "")


def test_windows_quotes_under_a_latin_1_label_are_read_as_every_mail_program_does():
    assert decode(b"\x93pangolin\x94", "iso-8859-1").text == "“pangolin”"


@pytest.mark.parametrize("label", ["", "us-ascii", "US-ASCII", "utf-8", "UTF8"])
def test_valid_utf_8_without_a_right_label_is_everyday(label):
    reading = decode("défense".encode(), label)
    assert (reading.text, reading.defect) == ("défense", "")


def test_utf_8_under_a_latin_1_label_is_read_both_ways():
    reading = decode("défense".encode(), "iso-8859-1")
    assert reading.text == "défense"
    assert reading.others == ("dÃ©fense",)


def test_a_short_chinese_word_is_not_taken_for_utf_8():
    octets = "联通".encode("gb2312")
    assert octets.decode("utf-8", "ignore")  # it happens to look like UTF-8 in part
    assert decode(octets, "gb2312").text == "联通"


@pytest.mark.parametrize(
    "label",
    [
        "x-klingon",
        "zlib",
        "rot13",
        "unicode_escape",
        "raw-unicode-escape",
        "idna",
        "punycode",
        "undefined",
        "base64",
        "a\0b",
        "..",
        "é" * 50,
    ],
)
def test_a_charset_that_is_none_is_named_as_doubt(label):
    assert decode(b"TLP:RED", label).defect == "structure.unknown_charset"
    assert decode(b"TLP:RED", label).text == "TLP:RED"


@pytest.mark.parametrize(
    ("octets", "label"),
    [
        (b"caf\xe9 \x81", ""),
        (b"\xff\xfeT\0L\0P\0", ""),
        (b"caf\xe9", "utf-8"),
        (b"\x00\xd8", "utf-16-le"),
        (b"\xff" * 3, "utf-16"),
        (b"\xb0", "gb18030"),
    ],
)
def test_octets_that_do_not_fit_are_named_as_doubt(octets, label):
    assert decode(octets, label).defect == "structure.charset_misfit"


@pytest.mark.parametrize("label", ["", "us-ascii", "ANSI_X3.4-1968", "unknown-8bit"])
def test_eight_bit_text_that_names_no_charset_is_everyday_windows_mail(label):
    reading = decode(b"d\xe9fense \x96 12 \x80", label)
    assert (reading.text, reading.defect) == ("défense – 12 €", "")


@pytest.mark.parametrize("charset", ["windows-1251", "gb18030", "windows-1256", "iso2022_jp"])
def test_text_that_names_no_charset_is_also_read_as_its_country_would(charset):
    text = {"windows-1256": "TLP:أحمر", "windows-1251": "TLP:КРАСНЫЙ"}.get(charset, "TLP:红色赤")
    text = "TLP:赤色" if charset == "iso2022_jp" else text
    assert text in decode(text.encode(charset), "").others


@pytest.mark.parametrize("order", ["utf-16-be", "utf-16-le"])
def test_utf_16_without_a_byte_order_mark_is_read_in_the_likelier_order(order):
    assert decode("TLP:RED".encode(order), "utf-16").text == "TLP:RED"


def test_every_codec_of_this_python_can_be_loaded_beforehand():
    load_every_charset()
