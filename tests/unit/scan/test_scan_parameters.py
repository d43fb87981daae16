"""Content-Type and Content-Disposition, in all the ways people's programs write them."""

import pytest

from relay.scan.parameters import read_field_value


@pytest.mark.parametrize(
    ("body", "name", "text"),
    [
        (b"a/b; name=saisie.pdf", "name", "saisie.pdf"),
        (b"a/b; name=saisie du 3 (1).pdf; x=y", "name", "saisie du 3 (1).pdf"),
        (b'a/b; name="a;b=c.pdf"', "name", "a;b=c.pdf"),
        (rb'a/b; name="a\"b\\.pdf"', "name", r'a"b\.pdf'),
        (b"a/b; filename*=utf-8''%e2%82%ac%20rates", "filename", "€ rates"),
        (b"a/b; filename*=koi8-r'ru'%C2%C9%D7%CE%C9", "filename", "бивни"),
        (b'a/b; filename*0="TLP"; filename*1=":RED.pdf"', "filename", "TLP:RED.pdf"),
        (b"a/b; filename*1*=%3ARED; filename*0*=utf-8''TLP", "filename", "TLP:RED"),
        (b'a/b; name="=?utf-8?b?VExQOlJFRA==?="', "name", "TLP:RED"),
        (b'a/b; name="=?utf-8?q?TLP:?= =?utf-8?q?RED?="', "name", "TLP:RED"),
        (b"a/b; charset=us-ascii (Plain text)", "charset", "us-ascii"),
        (b'a/b; CharSet = "utf-8"', "charset", "utf-8"),
        (b'a/b;;; ;charset="utf-8";', "charset", "utf-8"),
        (b"a/b; filename*=''", "filename", ""),
        (b"a/b; filename*=x-none''%ff%41", "filename", "ÿA"),
    ],
)
def test_a_parameter_is_read_in_every_way_of_writing_it(body, name, text):
    assert read_field_value(body).first(name) == text


def test_all_variants_of_a_name_are_kept():
    read = read_field_value(b"a/b; filename=plain.pdf; filename*=utf-8''TLP%3ARED.pdf")
    assert read.all("filename") == ("plain.pdf", "TLP:RED.pdf")


@pytest.mark.parametrize(
    "body",
    [
        b"m/x; boundary=a; boundary=b",
        b'm/x; boundary="a"b',
        b"m/x; boundary=a b",
        b"m/x; boundary=a; boundary*0=b",
        b"m/x; boundary",
    ],
)
def test_a_parameter_that_can_be_read_in_two_ways_is_doubtful(body):
    assert "boundary" in read_field_value(body).doubtful


@pytest.mark.parametrize(
    "body",
    [
        b"text/plain; charset=utf-8",
        b'multipart/mixed; boundary="a b"',
        b'a/b; name="x.pdf" ; size=3',
        b"a/b; name=my file.pdf",
    ],
)
def test_everyday_parameters_are_not_doubtful(body):
    assert not read_field_value(body).doubtful


@pytest.mark.parametrize(
    ("body", "value"),
    [(b"Text/HTML", "text/html"), (b" text/plain (a comment) ; x=y", "text/plain"), (b"", ""), (b";;;", "")],
)
def test_the_main_value_comes_in_lower_case_without_comments(body, value):
    assert read_field_value(body).value == value


def test_a_field_with_endless_parameters_is_read_up_to_a_limit():
    assert len(read_field_value(b"a/b" + b"; a=b" * 10_000).parameters) == 100
