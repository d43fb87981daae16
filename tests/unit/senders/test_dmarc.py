"""DMARC by RFC 9989: which record counts, what it asks for, and for whom."""

import pytest

from relay.errors import DnsError
from relay.senders.dmarc import Wish, find_policy, is_aligned, organisation_of, publishes_none, read_record, walk
from tests.dkim_signing import lookup_in


def zone(**records):
    """DMARC records by domain, `_` standing for `.`."""
    return {(f"_dmarc.{name.replace('_', '.')}", "TXT"): (text,) for name, text in records.items()}


def wish(domain, records):
    return find_policy(domain, lookup_in(records)).wish


@pytest.mark.parametrize(
    "text",
    [
        "v=DMARC2; p=reject",
        "v=dmarc1; p=reject",
        "p=reject; v=DMARC1",
        "V=DMARC1; p=reject",
        "v=DMARC1 p=reject",
        "v=spf1 -all",
        "",
        "v=DMARC1; p=reject; p=none",
        "v=DMARC1; p=none; reject",
        "v=DMARC1; p=rej\ufffdect",
    ],
)
def test_what_is_no_record_is_none(text):
    assert read_record(text, "a.example") is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("v=DMARC1; p=reject", Wish.REJECT),
        ("v=DMARC1;p=Quarantine;", Wish.QUARANTINE),
        (" v = DMARC1 ; p = none ", Wish.NONE),
        ("v=DMARC1; p=reject; t=y", Wish.QUARANTINE),
        ("v=DMARC1; p=quarantine; t=y", Wish.NONE),
        ("v=DMARC1; p=reject; t=n", Wish.REJECT),
        ("v=DMARC1; p=reject; pct=0; rf=afrf; ri=60; unknown=1", Wish.REJECT),
        ("v=DMARC1; sp=reject", Wish.NONE),
        ("v=DMARC1; p=maybe; rua=mailto:d@a.example", Wish.NONE),
        ("v=DMARC1; p=maybe", Wish.NONE),
    ],
)
def test_a_domain_s_own_record_counts_first(text, wanted):
    assert wish("a.example", zone(a_example=text)) is wanted


SUFFIX = zone(gov_example="v=DMARC1; p=reject; sp=none; np=reject; psd=y")


@pytest.mark.parametrize(
    ("domain", "records", "wanted"),
    [
        # The organisation's record holds for what is below: sp=, else p=; for names that don't exist np=.
        ("mail.a.example", zone(a_example="v=DMARC1; p=reject"), Wish.REJECT),
        ("mail.a.example", zone(a_example="v=DMARC1; p=none; sp=quarantine"), Wish.QUARANTINE),
        ("mail.a.example", zone(a_example="v=DMARC1; p=none; sp=none; np=reject"), Wish.REJECT),
        (
            "mail.a.example",
            zone(a_example="v=DMARC1; p=none; np=reject") | {("mail.a.example", "MX"): ("mx.a.example",)},
            Wish.NONE,
        ),
        ("a.b.c.a.example", zone(a_example="v=DMARC1; p=reject"), Wish.REJECT),
        # The lowest domain with psd=n is the organisation, whatever stands above it.
        (
            "x.unit.a.example",
            zone(unit_a_example="v=DMARC1; p=quarantine; psd=n", a_example="v=DMARC1; p=reject"),
            Wish.QUARANTINE,
        ),
        # Without psd= it is the highest.
        (
            "x.unit.a.example",
            zone(unit_a_example="v=DMARC1; p=quarantine", a_example="v=DMARC1; p=reject"),
            Wish.REJECT,
        ),
        # A public suffix speaks for those below it that have no record of their own.
        ("a.gov.example", SUFFIX | {("a.gov.example", "A"): ("192.0.2.1",)}, Wish.NONE),
        ("a.gov.example", SUFFIX, Wish.REJECT),
        ("a.gov.example", SUFFIX | zone(a_gov_example="v=DMARC1; p=quarantine"), Wish.QUARANTINE),
        ("x.a.gov.example", SUFFIX | zone(a_gov_example="v=DMARC1; p=quarantine"), Wish.QUARANTINE),
        # It speaks for itself by p=.
        ("gov.example", SUFFIX, Wish.REJECT),
        ("a.example", {}, Wish.NONE),
        # Of two records none counts.
        ("a.example", {("_dmarc.a.example", "TXT"): ("v=DMARC1; p=reject", "v=DMARC1; p=reject")}, Wish.NONE),
        ("a.example", {("_dmarc.a.example", "TXT"): ("v=DMARC1; p=reject", "another text")}, Wish.REJECT),
    ],
)
def test_the_record_that_counts_is_found_by_the_tree_walk(domain, records, wanted):
    assert wish(domain, records) is wanted


# authheaders' cases as facts: the policies that its tests publish, and what comes of them by the tree walk.
PUBLISHED = zone(
    example_com="v=DMARC1; p=reject; rua=mailto:d@example.com",
    example_org="v=DMARC1; p=none",
    example_net="v=DMARC1; p=none; sp=reject",
    example_biz="v=DMARC1; p=none; sp=quarantine; np=reject",
    nop_example_org="v=DMARC1; sp=quarantine; np=reject",
    bad_example_com="v=DMARC1; p=none; reject",
    gov="v=DMARC1; p=reject; sp=none; np=reject; rua=mailto:d@cisa.example; psd=y",
) | {("sub2.example.biz", "A"): ("192.0.2.7",)}


@pytest.mark.parametrize(
    ("domain", "wanted", "found"),
    [
        ("example.com", Wish.REJECT, True),
        ("sub.example.net", Wish.REJECT, True),
        ("sub.example.biz", Wish.REJECT, True),  # doesn't exist
        ("sub2.example.biz", Wish.QUARANTINE, True),
        ("example.gov", Wish.REJECT, True),  # doesn't exist, one below the suffix
        ("nop.example.org", Wish.NONE, True),  # neither p= nor rua=: no policy, so "none" as theirs
        (
            "bad.example.com",
            Wish.REJECT,
            True,
        ),  # theirs: permerror. A record that can't be read is none, and the one above counts
        ("example.edu", Wish.NONE, False),
    ],
)
def test_authheaders_cases_come_out_as_there(domain, wanted, found):
    policy = find_policy(domain, lookup_in(PUBLISHED))
    assert (policy.wish, policy.found) == (wanted, found)


def test_a_walk_asks_eight_questions_at_most():
    lookup = lookup_in({})
    assert walk("a.b.c.d.e.f.g.h.i.j.mail.example.com", lookup) == ()
    assert [name for name, _ in lookup.asked] == [
        "_dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "_dmarc.g.h.i.j.mail.example.com",
        "_dmarc.h.i.j.mail.example.com",
        "_dmarc.i.j.mail.example.com",
        "_dmarc.j.mail.example.com",
        "_dmarc.mail.example.com",
        "_dmarc.example.com",
        "_dmarc.com",
    ]


@pytest.mark.parametrize(("labels", "questions"), [(1, 1), (2, 2), (7, 7), (8, 8), (9, 8), (100, 8)])
def test_a_short_name_is_asked_label_by_label(labels, questions):
    lookup = lookup_in({})
    walk(".".join("abcdefghij"[place % 10] for place in range(labels)), lookup)
    assert len(lookup.asked) == questions


def test_a_walk_ends_at_a_record_that_says_so():
    lookup = lookup_in(zone(b_example="v=DMARC1; psd=n"))
    walk("a.b.example", lookup)
    assert len(lookup.asked) == 2


@pytest.mark.parametrize(
    ("domain", "records", "wanted"),
    [
        ("mail.a.example", {}, "mail.a.example"),
        ("mail.a.example", zone(a_example="v=DMARC1; p=none"), "a.example"),
        ("x.y.a.gov", zone(gov="v=DMARC1; psd=y"), "a.gov"),
        ("gov", zone(gov="v=DMARC1; psd=y"), "gov"),
        ("x.unit.a.example", zone(unit_a_example="v=DMARC1; psd=n", a_example="v=DMARC1"), "unit.a.example"),
    ],
)
def test_an_organisation_is_found_without_a_list_of_suffixes(domain, records, wanted):
    assert organisation_of(domain, walk(domain, lookup_in(records))) == wanted


@pytest.mark.parametrize(
    ("domain", "strict", "wanted"),
    [
        ("mail.a.example", False, True),
        ("other.a.example", False, True),
        ("a.example", False, True),
        ("MAIL.a.example", True, True),
        ("other.a.example", True, False),
        ("b.example", False, False),
        ("a.example.evil.example", False, False),
        ("nota.example", False, False),
    ],
)
def test_a_domain_is_aligned_with_its_own_organisation_s(domain, strict, wanted):
    lookup = lookup_in(zone(a_example="v=DMARC1; p=reject"))
    policy = find_policy("mail.a.example", lookup)
    assert is_aligned(domain, policy, strict=strict, lookup=lookup) is wanted


def test_two_organisations_below_a_public_suffix_are_not_aligned():
    lookup = lookup_in(zone(gov_example="v=DMARC1; p=reject; psd=y"))
    policy = find_policy("a.gov.example", lookup)
    assert not is_aligned("b.gov.example", policy, strict=False, lookup=lookup)
    assert is_aligned("x.a.gov.example", policy, strict=False, lookup=lookup)


def test_no_answer_is_no_policy_and_no_lack_of_one():
    with pytest.raises(DnsError):
        find_policy("a.example", lookup_in({("_dmarc.example", "TXT"): ("?",)}))


@pytest.mark.parametrize(
    ("records", "free"),
    [
        ({}, True),
        (zone(police_example="v=spf1 -all"), True),
        (zone(police_example="v=DMARC1; p=none"), False),
        (zone(police_example="v=DMARC1; p=reject"), False),
        (zone(example="v=DMARC1; p=reject; psd=y"), False),
        ({("_dmarc.police.example", "TXT"): ("?",)}, False),
        ({("_dmarc.example", "TXT"): ("?",)}, False),
    ],
)
def test_only_a_domain_that_is_known_to_have_no_record_at_all_publishes_none(records, free):
    assert publishes_none("police.example", lookup_in(records)) is free
