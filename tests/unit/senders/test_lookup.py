"""Small questions to the DNS: does a domain take mail, and is it in the DNS at all?"""

import pytest

from relay.senders.lookup import never_in_the_dns, takes_no_mail


@pytest.mark.parametrize(
    ("servers", "refused"),
    [((".",), True), ((), False), (("mx.douanes.example.org",), False), ((".", "mx.douanes.example.org"), False)],
)
def test_a_domain_takes_no_mail_when_its_one_mx_has_no_name(servers, refused):
    assert (
        takes_no_mail(
            lambda name, kind: servers if (name, kind) == ("douanes.example.org", "MX") else (), "douanes.example.org"
        )
        is refused
    )


@pytest.mark.parametrize(
    ("domain", "never"),
    [
        ("douanes.example", True),
        ("a.b.TEST", True),
        ("localhost", True),
        ("example.org", False),
        ("douanes.example.org", False),
    ],
)
def test_reserved_names_are_in_no_dns(domain, never):
    assert never_in_the_dns(domain) is never
