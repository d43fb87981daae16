"""Addresses: what is one, what is a trick, and what a From field may hold."""

import pytest

from relay.mail.address import (
    Address,
    Mailbox,
    parse_address,
    parse_international_address,
    parse_mailbox,
    parse_path,
)
from tests.builders import address


@pytest.mark.parametrize(
    "text",
    [
        "ana@customs.example",
        "a@b.example",
        "chief+alerts@police.example",
        "first.middle.last@mail.customs.example",
        "o'neill_#$&*/?=^`{|}~-@customs.example",
        "a" * 64 + "@customs.example",
        "ana@" + "a" * 63 + ".example",
        "ana@3com.example",
        "ana@xn--bcher-kva.example",
        "ana@xn--80akhbyknj4f.xn--p1ai",
    ],
)
def test_a_plain_address_is_read_as_it_is_written(text):
    assert str(parse_address(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ana",
        "@customs.example",
        "ana@",
        "ana@customs",  # one label only
        "ana@@customs.example",
        "ana@b@customs.example",
        ".ana@customs.example",
        "ana.@customs.example",
        "an..a@customs.example",
        '"ana"@customs.example',
        '"ana@police.example"@customs.example',
        "an a@customs.example",
        " ana@customs.example",
        "ana@customs.example ",
        "ana@customs.example.",
        "ana@.customs.example",
        "ana@customs..example",
        "ana@-customs.example",
        "ana@customs-.example",
        "ana@cus_toms.example",
        "ana@customs.example:25",
        "ana@[127.0.0.1]",
        "ana@[IPv6:::1]",
        "ana@127.0.0.1",
        "ana@customs.123",
        "ana%police.example@customs.example",
        "police.example!ana@customs.example",
        "@relay.example:ana@customs.example",
        "ana(comment)@customs.example",
        "<ana@customs.example>",
        "=?utf-8?q?ana?=@customs.example",
        "ana@=?utf-8?q?customs?=.example",
        "ana\r\n@customs.example",
        "ana\0@customs.example",
        "ana@customs.example\n",
        "ana\x1b@customs.example",
        "ana\x7f@customs.example",
        "аna@customs.example",  # Cyrillic а
        "ana@customs.ехample",  # Cyrillic е and х
        "ana＠customs.example",  # full-width @
        "ana@customs．example",  # full-width full stop
        "ana@bücher.example",
        "ana\ud800@customs.example",
        "a" * 65 + "@customs.example",
        "ana@" + "a" * 64 + ".example",
        "ana@" + ".".join(["a" * 60] * 5),
    ],
)
def test_whatever_two_readers_could_read_differently_is_no_address(text):
    """Rows 5, 28 and 30."""
    assert parse_address(text) is None


@pytest.mark.parametrize(
    "domain",
    [
        "xn--a.example",  # decodes to nothing that IDNA 2008 allows
        "xn--ls8h.example",  # a symbol
        "xn--0.example",
        "xn--99999999999.example",
        "xn--a-ecp.example-.example",
        "xn--" + "a" * 59 + ".example",
    ],
)
def test_an_a_label_that_idna_2008_does_not_allow_is_refused(domain):
    assert parse_address(f"ana@{domain}") is None


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("ana@bücher.example", "xn--bcher-kva.example"),
        ("ana@BÜCHER.Example", "xn--bcher-kva.example"),
        ("ana@почта.рф", "xn--80a1acny.xn--p1ai"),
        ("ana@日本ごa.example", "xn--a-x8ts07rncb.example"),
        ("ana@customs.example", "customs.example"),
        ("ana@xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_a_domain_in_its_own_letters_is_the_same_as_its_a_labels(text, domain):
    found = parse_international_address(text)
    assert found is not None
    assert str(found) == f"ana@{domain}"
    assert found == parse_address(f"ana@{domain}")


@pytest.mark.parametrize(
    "text",
    [
        "añа@customs.example",  # Cyrillic а
        "ana@customs.ехample",  # Cyrillic е and х among Latin letters
        "ana@αbc.example",  # Greek α
        "ana@xn--xample-9uf.example",  # the same, as an A-label
        "ana＠customs.example",  # full-width @
        "ana@customs．example",  # full-width full stop
        "ana@customs。example",  # ideographic full stop
        "ana@ｃustoms.example",  # full-width c
        "ana@\u212aenya.example",  # the Kelvin sign, whose small letter is k
        "ana@bu\u0308cher.example",  # not composed
        "ana@custo\u200bms.example",
        "ana@bücher\u202e.example",
        "ana@-bücher.example",
        "ana@bücher_x.example",
        "ana@bücher..example",
        "ana@ü" + "a" * 62 + ".example",
        "ana@" + "ü." * 200 + "example",
        "@bücher.example",
        "bücher.example",
        "=?utf-8?q?ana?=@bücher.example",
        '"ana"@bücher.example',
        "ana@\ud800.example",
    ],
)
def test_letters_that_only_look_like_a_domain_are_no_address(text):
    """Row 30."""
    assert parse_international_address(text) is None


@pytest.mark.parametrize(
    "local",
    [
        "zoé",
        "Ñandú.Pérez",
        "søren+alerts",
        "nguyễn",
        "şahin",
        "ɛsi.kɔfi",
        "надежда.к",
        "γεωργία",
        "עדי",
        "أحمد",
        "مُحَمَّد",
        "सीता",
        "ครู",
        "山田.2",
        "やまだ-山",
        "አበበ",
        "ნინო",
        "ホーム",
        "김철수",
        "վարդան",
        "é" * 32,
    ],
)
def test_a_local_part_may_have_the_letters_of_one_script(local):
    found = parse_international_address(f"{local}@customs.example")
    assert found is not None
    assert str(found) == f"{local}@customs.example"
    assert found.key == f"{local.lower()}@customs.example"
    assert not found.is_ascii
    assert found == parse_international_address(f"{local.upper().lower()}@Customs.example")
    assert parse_address(f"{local}@customs.example") is None


@pytest.mark.parametrize(
    "local",
    [
        "chiеf",  # Cyrillic е
        "αna",
        "сара",  # Cyrillic, every letter like a Latin one
        "ОСА",
        "АВЕ",  # like Latin ones only in capitals
        "том",
        "ΚΑΤΕ",
        "Оке",  # as it is written: neither all small nor all capital
        "ьоь",
        "гоѕа",
        "арё",  # with an accent that Latin letters have
        "ονα",
        "ոս",
        "ꭰꮃ",  # Cherokee
        "ısa",  # dotless, like i
        "İsa",
        "ɑna",  # Latin alpha
        "ǃana",
        "ana\u0301",  # not composed
        "é\u0301",  # a mark more
        "x\u0301",  # a mark that composes with nothing
        "\u0301ana",
        "أ.\u064eب",  # a mark that begins a word
        "ｚoé",  # full width
        "ﬁé",  # a ligature
        "é²",
        "é٣",  # another script's digit
        "é①",
        "é😀",
        "é\u200d",
        "é\u200b",
        "é\u202e",
        "é\u00ad",
        "é\ufe0f",
        "é\u00a0a",
        "é a",
        "é..a",
        ".é",
        "é.",
        "é@a",
        '"é"',
        "é%a",
        "é!a",
        "é(a)",
        "=?utf-8?q?é?=",
        "é\r\na",
        "é\0",
        "é\u2028a",
        "é\ud800",
        "\ue000é",
        "é" * 33,  # octets count
        "кёиwe",
        "山田.taro",
        "pau丨",  # a Chinese stroke, like l
        "カ山",  # katakana, like a Chinese sign
        "ဝဝ",
        "𐌀𐌁",  # Old Italic
        "ⵏⵔ",  # Tifinagh
        "김\u115f",  # a filler
        "ក\u17b4",  # a vowel that isn't seen
        "مح\u0640مد",  # stretched
        "مُ\u064f",  # a mark twice
        "م1\u064f",  # on a digit
        "김 철수",
        "김철수עדי",
    ],
)
def test_letters_that_are_read_in_two_ways_are_no_local_part(local):
    """Row 30."""
    assert parse_international_address(f"{local}@customs.example") is None


def test_letters_are_compared_by_their_small_form_and_never_by_what_else_they_may_stand_for():
    german = parse_international_address("straße@customs.example")
    assert german == parse_international_address("Straße@customs.example")
    assert german != address("strasse@customs.example")
    assert parse_international_address("zoé@customs.example") != address("zoe@customs.example")


def test_an_address_can_be_shown_as_people_write_it():
    found = parse_international_address("инна@таможня.рф")
    assert found is not None
    assert (str(found), found.in_letters) == ("инна@xn--80amrfdv0h.xn--p1ai", "инна@таможня.рф")
    assert address("ana@customs.example").in_letters == "ana@customs.example"


def test_a_path_and_a_from_field_may_have_such_an_address():
    path = parse_path("<zoé@douanes.example> SMTPUTF8".encode())
    assert path is not None
    assert (str(path.address), path.utf8) == ("zoé@douanes.example", True)
    mailbox = parse_mailbox('"Zoé Example" <zoé@douanes.example>')
    assert mailbox is not None
    assert str(mailbox.address) == "zoé@douanes.example"


def test_the_domain_is_made_lower_case_and_the_local_part_kept():
    assert str(parse_address("Ana.Example@Customs.EXAMPLE")) == "Ana.Example@customs.example"


def test_addresses_are_compared_whole_and_without_regard_to_case():
    """Row 29."""
    assert address("CHIEF@Police.Example") == address("chief@police.example")
    assert hash(address("CHIEF@Police.Example")) == hash(address("chief@police.example"))
    assert address("chief@police.example") != address("chief+x@police.example")
    assert address("chief@police.example") != address("c.hief@police.example")
    assert address("chief@police.example") != address("chief@mail.police.example")
    assert address("chief@police.example") != "chief@police.example"
    assert Address(local="Ana", domain="Customs.example").key == "ana@customs.example"


@pytest.mark.parametrize(
    ("argument", "text", "parameters"),
    [
        (b"<ana@customs.example>", "ana@customs.example", ()),
        (b" <ana@customs.example>", "ana@customs.example", ()),
        (
            b"<ana@customs.example> SIZE=1000 body=8BITMIME",
            "ana@customs.example",
            (("SIZE", "1000"), ("BODY", "8BITMIME")),
        ),
        (b"<ana@customs.example> SMTPUTF8", "ana@customs.example", (("SMTPUTF8", None),)),
        ("<ana@bücher.example> SIZE=1".encode(), "ana@xn--bcher-kva.example", (("SIZE", "1"),)),
        (b"<ana@customs.example> ", "ana@customs.example", ()),
    ],
)
def test_a_path_is_read_with_its_parameters(argument, text, parameters):
    path = parse_path(argument)
    assert path is not None
    assert str(path.address) == text
    assert path.parameters == parameters


def test_the_null_path_counts_only_where_it_is_allowed():
    assert parse_path(b"<>") is None
    path = parse_path(b"<> SIZE=1", null_allowed=True)
    assert path is not None
    assert path.address is None
    assert path.parameters == (("SIZE", "1"),)


@pytest.mark.parametrize(
    "argument",
    [
        b"",
        b"ana@customs.example",
        b"  <ana@customs.example>",
        b"<ana@customs.example",
        b"<ana@customs.example>SIZE=1",
        b"<ana@customs.example> SIZE=1 SIZE=2",
        b"<ana@customs.example> SIZE=",
        b"<ana@customs.example> =1",
        b"<ana@customs.example> SIZE=a=b",
        b"<ana@customs.example>>",
        b"<<ana@customs.example>>",
        b"< ana@customs.example>",
        b"<ana@customs.example\0>",
        b"<ana@customs.example\r>",
        b"<ana@customs.example>\r\nRCPT TO:<eve@evil.example>",
        b"<ana@customs.example>\tSIZE=1",
        b"<ana@customs.example>\x7f",
        "<añа@customs.example>".encode(),
        b"<\xff\xfe@customs.example>",
        "<ana@customs.example> SIZE=é".encode(),
        "<ana@customs.example>\u2003SIZE=1".encode(),
        "<ana@customs.example> SIZE=1\u2003BODY=7BIT".encode(),
        b'<"ana\\\r\n"@customs.example>',
        b"<=?utf-8?q?ana=0d=0a?=@customs.example>",
        b"<@relay.example:ana@customs.example>",
        b"<ana%customs.example@relay.example>",
        b"<ana@[127.0.0.1]>",
        b'<"ana@customs.example"@relay.example>',
    ],
)
def test_a_broken_path_is_none(argument):
    assert parse_path(argument, null_allowed=True) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ana@customs.example", ""),
        ("  ana@customs.example  ", ""),
        ("<ana@customs.example>", ""),
        ("Ana Example <ana@customs.example>", "Ana Example"),
        ("A. B. Example <ana@customs.example>", "A. B. Example"),
        ("ana@customs.example (Ana Example)", "Ana Example"),
        ("Ana <ana@customs.example> (on duty)", "Ana"),
        ("Ana (Customs) Example <ana@customs.example>", "Ana Example"),
        ('"Example, Ana" <ana@customs.example>', "Example, Ana"),
        ('"eve@evil.example" <ana@customs.example>', "eve@evil.example"),
        (r'"Ana \"Scales\" Example" <ana@customs.example>', 'Ana "Scales" Example'),
        ("Anaïs Exemple <ana@customs.example>", "Anaïs Exemple"),
        ("安娜 <ana@customs.example>", "安娜"),
        ("=?utf-8?q?Ana?= <ana@customs.example>", "=?utf-8?q?Ana?="),
        ('""<ana@customs.example>', ""),
    ],
)
def test_one_mailbox_is_read_with_its_name(text, name):
    assert parse_mailbox(text) == Mailbox(name=name, address=address())


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Ana Example",
        "ana@customs.example, eve@evil.example",
        "Ana <ana@customs.example>, Eve <eve@evil.example>",
        "ana@customs.example; eve@evil.example",
        "<ana@customs.example> <eve@evil.example>",
        "<ana@customs.example><eve@evil.example>",
        "eve@evil.example <ana@customs.example>",
        "Officers: ana@customs.example;",
        "Officers: Ana <ana@customs.example>, Eve <eve@evil.example>;",
        "undisclosed-recipients:;",
        "=?utf-8?q?ana=40customs.example?=",
        "=?utf-8?q?Ana_=3Cana=40customs.example=3E?=",
        "Ana <=?utf-8?q?ana?=@customs.example>",
        "Ana <ana@customs.example> Eve",
        "Ana <ana@customs.example",
        "Ana ana@customs.example>",
        "Ana <ana @customs.example>",
        "Ana <ana(comment)@customs.example>",
        "Ana (unbalanced <ana@customs.example>",
        "Ana ((nested)) <ana@customs.example>",
        r"Ana (quoted \) pair) <ana@customs.example>",
        'Ana "open <ana@customs.example>',
        "Example, Ana <ana@customs.example>",
        "Ana <@relay.example:ana@customs.example>",
        "Ana <>",
        "ana@customs.example <>",
        "ana@customs.example\r\nBcc: eve@evil.example",
        '"Ana\r\nBcc: eve@evil.example" <ana@customs.example>',
    ],
)
def test_anything_but_one_clear_mailbox_is_none(text):
    assert parse_mailbox(text) is None
