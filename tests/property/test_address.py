"""Addresses under arbitrary input."""

import unicodedata

import idna
from hypothesis import given
from hypothesis import strategies as st

from relay.mail.address import Address, parse_address, parse_international_address, parse_mailbox, parse_path

ATOM = st.text("abcXYZ019#$&'*+-/^_`{|}~", min_size=1, max_size=12)
LABEL = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,8}[A-Za-z0-9])?", fullmatch=True)
LOCAL = st.lists(ATOM, min_size=1, max_size=4).map(".".join)
DOMAIN = st.tuples(st.lists(LABEL, min_size=1, max_size=3), st.from_regex(r"[a-z]{2,8}", fullmatch=True)).map(
    lambda labels: ".".join([*labels[0], labels[1]])
)
TRICKS = st.text('ana@customs.example<>()[]"\\,;:=?%! \t\r\n\0\x7f\u200b\u202eа＠．é', max_size=60)


@given(TRICKS | st.text(max_size=60))
def test_an_address_reads_itself_back_and_holds_no_control(text):
    address = parse_address(text)
    if address is not None:
        assert str(address) == text[: len(address.local)] + "@" + address.domain
        assert parse_address(str(address)) == address
        assert str(address).isascii()
        assert str(address).isprintable()
        assert not set(' "\\<>(),;:[]%!') & set(str(address))


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "C"]), min_size=1, max_size=12))
def test_an_address_in_any_letters_is_written_in_one_way_alone(local):
    address = parse_international_address(f"{local}@customs.example")
    if address is not None:
        assert str(address) == f"{local}@customs.example"
        assert unicodedata.normalize("NFKC", str(address)) == str(address)
        assert unicodedata.normalize("NFC", address.key) == address.key
        assert parse_international_address(address.key) == address
        assert str(address).isprintable()
        assert not set(' "\\<>(),;:[]%!') & set(str(address))


@given(LOCAL, DOMAIN)
def test_what_the_grammar_makes_is_read_and_compared_without_case(local, domain):
    address = parse_address(f"{local}@{domain}")
    if "xn--" in domain.lower():
        return
    assert address is not None
    assert parse_address(str(address)) == address
    assert parse_address(f"{local.upper()}@{domain.swapcase()}") == address
    assert address.key == str(address).lower()
    assert len({address, Address(local=local.lower(), domain=domain.upper())}) == 1


@given(st.from_regex(r"xn--[a-z0-9-]{0,12}[a-z0-9]", fullmatch=True))
def test_an_a_label_that_is_accepted_is_the_one_form_of_its_name(label):
    if parse_address(f"ana@{label}.example") is not None:
        assert idna.encode(idna.decode(label)).decode() == label


@given(st.binary(max_size=80) | TRICKS.map(lambda text: text.encode("utf-8", "replace")), st.booleans())
def test_a_path_is_read_without_ever_raising(argument, null_allowed):
    path = parse_path(argument, null_allowed=null_allowed)
    if path is not None:
        assert path.address is not None or null_allowed
        assert path.address is None or parse_international_address(str(path.address)) == path.address
        assert all(f"{name}{value}".isprintable() for name, value in path.parameters)


@given(LOCAL, DOMAIN, st.sampled_from(["<{}>", " <{}>"]))
def test_a_path_holds_the_address_between_its_brackets(local, domain, form):
    text = f"{local}@{domain}"
    path = parse_path(form.format(text).encode())
    assert (path.address if path else None) == parse_address(text)


@given(TRICKS | st.text(max_size=60))
def test_a_mailbox_is_read_without_ever_raising_and_holds_a_true_address(text):
    mailbox = parse_mailbox(text)
    if mailbox is not None:
        assert parse_international_address(str(mailbox.address)) == mailbox.address


@given(TRICKS, LOCAL, DOMAIN)
def test_whatever_stands_before_it_a_mailbox_s_address_is_the_last_one_in_brackets(before, local, domain):
    mailbox = parse_mailbox(f"{before} <{local}@{domain}>")
    assert mailbox is None or mailbox.address == parse_address(f"{local}@{domain}")
