"""What a gateway's Authentication-Results prove, and all that looks like it and proves nothing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.mail.auth_results import (
    FIELDS,
    Method,
    MethodResult,
    is_disproved_by_gateway,
    proof_by_gateway,
    read_results,
)
from relay.mail.message import split_header
from tests.builders import address

ID = "mx.agency.example"
AUTHOR = address("ana@customs.example")


def proof(*fields: str | bytes, author=AUTHOR):
    octets = b"".join(
        b"Authentication-Results: " + (one if isinstance(one, bytes) else one.encode()) + b"\r\n" for one in fields
    )
    return proof_by_gateway(split_header(octets + b"From: x\r\n\r\n"), ID, author)


@pytest.mark.parametrize(
    ("field", "method"),
    [
        (f"{ID}; dkim=pass header.d=customs.example", Method.DKIM),
        (f"{ID}; dkim=pass header.i=@customs.example", Method.DKIM),
        (f"{ID}; dkim=pass header.i=ana@customs.example", Method.DKIM),
        (f'{ID}; dkim=pass header.i="ana@customs.example"', Method.DKIM),
        (f'{ID}; dkim=pass reason="2048-bit key" header.d=customs.example header.s=2026 header.b=a/+=b', Method.DKIM),
        (f"{ID} 1; spf=pass smtp.mailfrom=customs.example; DKIM=Pass header.D=CUSTOMS.example;", Method.DKIM),
        (f"{ID} (amavis (nested \\) here)); (why) dkim (x) = (y) pass (z) header . d = customs.example", Method.DKIM),
        (f"{ID};\r\n\tdkim=pass\r\n header.d=customs.example", Method.DKIM),
        (f"\r\n {ID}; dkim=pass header.d=customs.example", Method.DKIM),
        (f"{ID}; dkim/1=pass header.d=customs.example", Method.DKIM),
        (f"{ID}; dkim=fail header.d=list.example; dkim=pass header.d=customs.example", Method.DKIM),
        (f"{ID}; dkim=neutral header.d=customs.example; dkim=pass header.d=customs.example", Method.DKIM),
        (f"{ID}; dmarc=pass (p=reject dis=none) header.from=customs.example", Method.DMARC),
        (f"{ID}; dmarc=none header.from=customs.example; dkim=pass header.d=customs.example", Method.DKIM),
        (f"{ID}; spf=pass smtp.remote-ip=2001:db8::1; dmarc=pass header.from=customs.example", Method.DMARC),
    ],
)
def test_a_gateways_finding_is_a_proof(field, method):
    assert proof(field) is method


@pytest.mark.parametrize(
    "field",
    [
        *(
            f"{ID}; dkim={result} header.d=customs.example"
            for result in ["fail", "none", "neutral", "policy", "temperror", "permerror", "passed"]
        ),
        f"{ID}; dkim=pass header.d=evil.example",
        f"{ID}; dkim=pass header.d=mail.customs.example",
        f"{ID}; dkim=pass header.d=example",
        f"{ID}; dkim=pass header.d=customs.example.evil.example",
        f"{ID}; dkim=pass header.d=customs-example",
        f"{ID}; dkim=pass header.d=cust0ms.example",
        f"{ID}; dkim=pass header.d=customs.example.",
        f"{ID}; dkim=pass header.d=customs.example,evil.example",
        f"{ID}; dkim=pass header.d=evil.example header.i=@customs.example",
        f"{ID}; dkim=pass header.i=@customs.example@evil.example",
        f"{ID}; dkim=pass header.d=customs.example header.d=customs.example",
        f"{ID}; dkim=pass header.d=evil.example header.d=customs.example",
        f"{ID}; dkim=pass header.from=customs.example",
        f"{ID}; dkim=pass smtp.d=customs.example",
        f"{ID}; dkim=pass",
        f"{ID}; dkim=pass (header.d=customs.example)",
        f"{ID}; dkim=pass reason=header.d=customs.example",
        f'{ID}; dkim=pass reason="header.d=customs.example"',
        f"{ID}; (dkim=pass header.d=customs.example)",
        f"{ID}; x=y (; dkim=pass header.d=customs.example",
        f"{ID}; dkim=(fail)pass) header.d=customs.example",
        f"{ID}; dkim=pass header.d=customs.example (",
        f"{ID}; dkim=pass header.d=customs.example;(",
        f"{ID}; dkim=pass header.d=customs.example \\",
        f"{ID}; dkim/2=pass header.d=customs.example",
        f"{ID} 2; dkim=pass header.d=customs.example",
        f"{ID}; none; dkim=pass header.d=customs.example",
        f"{ID}; none",
        f"{ID}",
        f"{ID};",
        f"{ID} dkim=pass header.d=customs.example",
        f"{ID}; spf=pass smtp.mailfrom=customs.example",
        f"{ID}; dmarc=pass header.from=other.example",
        f"{ID}; dmarc=pass header.from=sub.customs.example",
        f"{ID}; dmarc=pass",
        f"{ID}; dmarc=fail header.from=customs.example; dkim=pass header.d=customs.example",
        f"{ID}; dmarc=temperror; dkim=pass header.d=customs.example",
        f"{ID}; dmarc=pass header.from=other.example; dkim=pass header.d=customs.example",
        f"{ID}; dmarc=fail header.from=customs.example; dmarc=pass header.from=customs.example",
        f"{ID}; dkim=pass header.d=customs.example; junk",
        f"{ID}; dkim=pass header.d=cüstoms.example",
        f"{ID}; dkim=pass header.d=customs.example (café)",
        # Not this gateway's name, or not as it writes it.
        "dkim=pass header.d=customs.example",
        "other.example; dkim=pass header.d=customs.example",
        f"{ID}.evil.example; dkim=pass header.d=customs.example",
        f"x{ID}; dkim=pass header.d=customs.example",
        f"{ID.upper()}; dkim=pass header.d=customs.example",
        f'"{ID}"; dkim=pass header.d=customs.example',
        f"(x) {ID}; dkim=pass header.d=customs.example",
        f"{ID}/1; dkim=pass header.d=customs.example",
    ],
)
def test_what_only_looks_like_a_proof_is_none(field):
    """Rows 43 and 44: failed, of another domain, of another server, or readable in two ways."""
    assert proof(field) is None


def test_the_topmost_of_its_fields_decides_and_none_may_disagree():
    sound, silent = f"{ID}; dkim=pass header.d=customs.example", f"{ID}; spf=pass smtp.mailfrom=customs.example"
    failed, unclear = f"{ID}; dkim=fail header.d=customs.example", f"{ID}; (dkim=pass"
    assert proof(sound, silent) is Method.DKIM
    assert proof(f"{ID}; dmarc=pass header.from=customs.example", sound) is Method.DMARC
    assert proof(silent, sound) is None
    for against in (failed, unclear, f"{ID}; dmarc=fail header.from=customs.example"):
        assert proof(sound, against) is None
        assert proof(against, sound) is None


def test_fields_of_others_neither_help_nor_harm_but_a_heap_of_them_proves_nothing():
    sound, foreign = f"{ID}; dkim=pass header.d=customs.example", "other.example; dkim=fail header.d=customs.example"
    assert proof(foreign, sound, foreign) is Method.DKIM
    assert proof(f"{ID}.other.example; dkim=fail header.d=customs.example", sound) is Method.DKIM
    assert proof(foreign, foreign) is None
    assert proof(*[foreign] * FIELDS, sound) is None
    assert proof() is None


def test_a_domain_is_compared_in_its_ascii_form():
    author = address("ana@xn--bcher-kva.example")
    assert proof(f"{ID}; dkim=pass header.d=XN--bcher-kva.example", author=author) is Method.DKIM
    assert proof(f"{ID}; dkim=pass header.d=bücher.example", author=author) is None


def test_the_results_of_a_field_are_read_in_full():
    assert read_results(b'mx; dkim=pass reason="it\\"s" header.d=a.b; spf=none', "mx") == (
        MethodResult(method="dkim", result="pass", properties=(("reason", 'it"s'), ("header.d", "a.b"))),
        MethodResult(method="spf", result="none", properties=()),
    )
    assert read_results(b"mx ; None", "mx") == ()


@given(st.binary(max_size=200) | st.text('(); =."\\dkimpas/1 \t', max_size=120).map(str.encode))
@example(b"(" * 10_000)
@example(b";dkim=pass header.d=" + b"a" * 10_000)
@example(b'; a=b reason="' + b'\\"' * 5_000)
def test_reading_never_raises(octets):
    read_results(b"mx" + octets, "mx")
    proof_by_gateway(split_header(b"Authentication-Results: " + octets + b"\r\n\r\n"), "mx", AUTHOR)


@pytest.mark.parametrize(
    ("fields", "disproved"),
    [
        ((), False),
        ((f"{ID}; none",), False),
        ((f"{ID}; spf=pass smtp.mailfrom=customs.example; dmarc=none header.from=customs.example",), False),
        (("elsewhere.example; dmarc=fail header.from=customs.example",), False),
        ((f"{ID}; dkim=pass header.d=customs.example",), False),
        ((f"{ID}; dmarc=fail header.from=customs.example",), True),
        ((f"{ID}; dmarc=temperror header.from=customs.example",), True),
        ((f"{ID}; dkim=fail header.d=customs.example",), True),
        ((f"{ID}; spf=pass; dmarc=pass header.from=other.example",), True),
        ((f"{ID}; none", f"{ID}; dmarc=fail header.from=customs.example"), True),
        ((f"{ID}; =",), True),
        ((f"{ID}; none",) * (FIELDS + 1), True),
    ],
)
def test_a_gateway_may_say_that_it_is_somebody_else(fields, disproved):
    octets = "".join(f"Authentication-Results: {one}\r\n" for one in fields).encode()
    assert is_disproved_by_gateway(split_header(octets + b"From: x\r\n\r\n"), ID, AUTHOR) is disproved
