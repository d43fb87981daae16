"""The door for other servers: what a trusted gateway has proved is relayed, everything else is refused in the same words."""

import re
import smtplib
import ssl

import pytest

from tests.integration.clients import make_post, octets_of, transact
from tests.integration.service import (
    ANA,
    CENTRAL,
    CLAIRE,
    EASTERN,
    EVA,
    JEAN,
    MARIA,
    PATIENCE,
    PAUL,
    eventually,
    open_house,
)

GATEWAY, STRANGER, PROXY = "127.0.0.1", "127.0.0.2", "127.0.0.3"
ID = "mx.gateway.example"
PASSED = f"{ID}; dkim=pass header.d=douanes.example"
ALERT = "Sixty pangolins were seized at the airport and brought to a rescue centre.\n"
UNKNOWN = "550 5.1.1 No such address here, or not for you"
REFUSED = "550 5.7.1 Refused by policy"
FORGED = {
    "X_WEN_Reference": "CAFR-2026-999999",
    "X_WEN_Decision": "relay",
    "List_Id": "<forged.elsewhere.example>",
    "List_Post": "<mailto:forged@elsewhere.example>",
    "List_Unsubscribe": "<https://forged.example/>",
    "ARC_Seal": "i=1; cv=none; d=forged.example; b=Zm9yZ2Vk",
    "ARC_Authentication_Results": "i=1; forged.example; dkim=pass",
    "X_Relay_Score": "forged",
    "Received_SPF": "pass (forged.example)",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    settings = {
        ("smtp", "trusted_gateways"): [f"{GATEWAY}/32", "192.0.2.25"],
        ("smtp", "authserv_id"): ID,
        ("smtp", "proxies"): [PROXY],
    }
    with open_house(tmp_path_factory.mktemp("relay"), ANA, settings=settings) as opened:
        yield opened


def hand_over(house, message, *to, mail_from=ANA, source=GATEWAY, tls=True, proxied=""):
    """Send as another mail server does; the last reply."""
    context = ssl.create_default_context(cafile=str(house.service.certificate))
    client = smtplib.SMTP(timeout=PATIENCE, source_address=(source, 0))
    if proxied:
        client = Proxied(proxied, timeout=PATIENCE, source_address=(source, 0))
    client._host = "localhost"
    with client:
        client.connect("127.0.0.1", house.service.ports["smtp"])
        if tls:
            client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
        return transact(client, mail_from, octets_of(message), *to)


class Proxied(smtplib.SMTP):
    """A client behind a TCP pass-through, which names it in a PROXY header."""

    def __init__(self, ip, **options):
        self._header = f"PROXY TCP4 {ip} 198.51.100.1 49153 25\r\n".encode()
        super().__init__(**options)

    def _get_socket(self, host, port, timeout):
        connected = super()._get_socket(host, port, timeout)
        connected.sendall(self._header)
        return connected


def post(subject="Pangolins", author=ANA, results=(PASSED,), text=ALERT, **fields):
    message = make_post(
        author, subject, text, message_id=f"<{abs(hash((subject, author, results)))}@douanes.example>", **fields
    )
    octets = octets_of(message)
    return b"".join(f"Authentication-Results: {one}\r\n".encode() for one in results) + octets


def audited(house, event, words=""):
    rows = house.site.run("audit", "export").rows
    return [row for row in rows if row.get("event") == event and words in str(row)]


def taken(house, reply):
    match = re.fullmatch(r"250 2\.0\.0 (CAFR-\d{4}-\d{6})", reply)
    assert match, reply
    return match.group(1)


def test_a_post_with_a_gateways_proof_goes_to_every_other_member_and_the_record_names_the_proof(house):
    reference = taken(house, hand_over(house, post("Through the gateway")))
    wanted = sorted({PAUL, JEAN, MARIA, CLAIRE})
    eventually(lambda: house.smarthost.copies(reference) == wanted)
    [row] = house.site.rows("posts", "show", reference)
    assert (row["author"], row["proof"], row["decision"]) == (ANA, "gateway.dkim", "relay")
    [entry] = audited(house, "post.decided", reference)
    assert (entry["facts"]["proof"], entry["facts"]["client"]) == ("gateway.dkim", GATEWAY)


def test_a_moderator_sees_the_proof_of_what_is_held(house):
    text = f"[TLP:PURPLE]\n{ALERT}"
    reference = taken(
        house, hand_over(house, post("Held", results=(f"{ID}; dmarc=pass header.from=douanes.example",), text=text))
    )
    [row] = house.site.rows("held", "show", reference)
    assert row["proof"] == "gateway.dmarc"


def test_forged_results_and_fields_never_leave_with_a_copy(house):
    """Row 44: copies are rebuilt, so nothing of what the message claimed about itself is in them."""
    foreign = ("elsewhere.example; dkim=pass header.d=forged.example", PASSED)
    reference = taken(house, hand_over(house, post("Claims of its own", results=foreign, **FORGED)))
    eventually(lambda: len(house.smarthost.copies(reference)) == 4)
    house.smarthost.notice(reference, "relay")
    for mail in house.smarthost.about(reference):
        assert b"forged" not in mail.received.octets.lower()
        assert b"authentication-results" not in mail.received.octets.lower()
        assert ID.encode() not in mail.received.octets
        assert mail.message.get_all("X-WEN-Reference") == [reference]


@pytest.mark.parametrize(
    "results",
    [
        (),
        (f"{ID}; dkim=fail header.d=douanes.example",),
        (f"{ID}; dkim=none",),
        (f"{ID}; dkim=temperror header.d=douanes.example",),
        (f"{ID}; dkim=pass header.d=evil.example",),
        (f"{ID}; dkim=pass header.d=mail.douanes.example",),
        (f"{ID}; dkim=pass header.d=d0uanes.example",),
        (f"{ID}; dmarc=pass header.from=other.example",),
        (f"{ID}; (dkim=pass header.d=douanes.example)",),
        (f"{ID.upper()}; dkim=pass header.d=douanes.example",),
        ("other.example; dkim=pass header.d=douanes.example",),
        (f"{ID}; dkim=fail header.d=douanes.example", PASSED),
        (PASSED, f"{ID}; dkim=fail header.d=douanes.example"),
    ],
)
def test_a_member_without_proof_is_refused_like_a_stranger(house, results):
    """Rows 33 and 43: 550 in the session, no bounce, and the audit log has the address and the code."""
    before = len(house.smarthost.mails)
    assert hand_over(house, post("No proof", results=results)) == REFUSED
    refused = audited(house, "post.refused")
    assert refused[-1]["facts"]["client"] == GATEWAY
    assert refused[-1]["facts"]["author"] is None
    assert [reason[0] for reason in refused[-1]["facts"]["reasons"]] == ["R2"]
    assert len(house.smarthost.mails) == before


def test_a_proven_stranger_and_a_member_of_another_list_get_the_same_words(house):
    stranger = "nobody@elsewhere.example"
    message = post(author=stranger, results=(f"{ID}; dkim=pass header.d=elsewhere.example",))
    assert hand_over(house, message, mail_from=stranger) == REFUSED
    message = post(author=EVA, results=(f"{ID}; dkim=pass header.d=wildlife.example",))
    assert hand_over(house, message, mail_from=EVA) == REFUSED
    assert hand_over(house, post(), CENTRAL, EASTERN) == REFUSED
    refused = audited(house, "post.refused")[-3:]
    assert [[reason[0] for reason in one["facts"]["reasons"]] for one in refused] == [["R1"]] * 3


@pytest.mark.parametrize("mail_from", ["bounces+7@list.example", PAUL])
def test_mail_from_must_be_the_author_at_a_gateway_too(house, mail_from):
    assert hand_over(house, post(), mail_from=mail_from) == REFUSED


def test_mail_from_compares_whole_and_without_case(house):
    assert taken(house, hand_over(house, post("Case"), mail_from=ANA.upper()))


def test_the_null_sender_reaches_no_list(house):
    """Row 31."""
    assert hand_over(house, post(), mail_from="") == UNKNOWN
    assert hand_over(house, post(), mail_from="", source=STRANGER) == UNKNOWN


def test_from_anywhere_else_nothing_is_believed_and_no_list_is_reached(house):
    assert hand_over(house, post(), source=STRANGER) == UNKNOWN
    assert hand_over(house, post(), "no-such-list@relay.example") == UNKNOWN


def test_on_the_members_doors_a_gateways_address_logs_nobody_in(house):
    with smtplib.SMTP("localhost", house.service.ports["submission"], timeout=PATIENCE) as client:
        client.starttls(context=ssl.create_default_context(cafile=str(house.service.certificate)))
        client.ehlo()
        assert client.mail(ANA)[0] == 530


def test_no_login_is_offered_or_taken_on_this_door(house):
    with smtplib.SMTP("localhost", house.service.ports["smtp"], timeout=PATIENCE) as client:
        client.starttls(context=ssl.create_default_context(cafile=str(house.service.certificate)))
        client.ehlo()
        assert not client.has_extn("auth")
        assert client.docmd("AUTH", "PLAIN AGEAYg==")[0] == 502


def test_a_gateway_behind_a_listed_proxy_is_known_by_its_own_address_and_needs_tls(house):
    """Rows 15 and 21."""
    assert hand_over(house, post("Proxied"), source=PROXY, proxied="192.0.2.25", tls=False).startswith("451 4.7.10 ")
    reference = taken(house, hand_over(house, post("Proxied"), source=PROXY, proxied="192.0.2.25"))
    [entry] = audited(house, "post.decided", reference)
    assert entry["facts"]["client"] == "192.0.2.25"
    assert hand_over(house, post("Proxied"), source=PROXY, proxied="192.0.2.26") == UNKNOWN


def test_the_same_message_again_gets_its_reference_again(house):
    message = post("Sent twice")
    assert hand_over(house, message) == hand_over(house, message)


def test_a_gateway_taken_off_the_list_is_a_stranger_after_the_next_reload(house):
    house.site.configure("smtp", "trusted_gateways", ["192.0.2.25"])
    house.service.reload()
    try:
        assert hand_over(house, post()) == UNKNOWN
    finally:
        house.site.configure("smtp", "trusted_gateways", [f"{GATEWAY}/32", "192.0.2.25"])
        house.service.reload()
