"""Clients that show a TLS certificate instead of a password: members' programs, and agencies' mail servers."""

import re
import smtplib
import socket
import ssl
import subprocess
from contextlib import contextmanager

import pytest

from tests.certificates import DAY, make_identity
from tests.integration.clients import make_post, octets_of, transact
from tests.integration.postfix import Postfix, need_postfix
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
    Service,
    Site,
    eventually,
    open_house,
)
from tests.programs import need

ALERT = "Sixty pangolins were seized at the airport and brought to a rescue centre.\n"
DOORS = ("submission", "submissions", "smtp")
UNKNOWN = "550 5.1.1 No such address here, or not for you"
DIFFERS = "550 5.7.1 From: and MAIL FROM must be the one address you logged in with"
REFUSED = "550 5.7.1 Refused by policy"
LOGIN_FIRST = "530 5.7.0 Authentication required"
PROXY = "127.0.0.3"


class Identities:
    """Who has which certificate. Only some are registered."""

    def __init__(self, folder):
        self.folder = folder
        self.ana, self.paul, self.jean = (make_identity(folder, name) for name in ("ana", "paul", "jean"))
        self.stranger = make_identity(folder, "ana-too", address=ANA)  # says it is Ana's; nobody has registered it
        self.police = make_identity(folder, "mx.police.example")
        self.wide = make_identity(folder, "mx.douanes.example")


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return Identities(tmp_path_factory.mktemp("identities"))


@pytest.fixture(scope="module")
def house(tmp_path_factory, people):
    with open_house(tmp_path_factory.mktemp("relay"), ANA, PAUL, settings={("smtp", "proxies"): [PROXY]}) as opened:
        run = opened.site.run
        run("members", "certificate", "add", ANA, str(people.ana.shown))
        run("members", "certificate", "add", PAUL, str(people.paul.shown))
        gateway = ("--certificate", str(people.police.shown), "--agency", "Police")
        run("gateways", "add", "mx.police.example", *gateway, "--address", PAUL)
        gateway = ("--certificate", str(people.wide.shown), "--agency", "Douanes")
        run(
            "gateways",
            "add",
            "mx.douanes.example",
            *gateway,
            "--domain",
            "douanes.example",
            "--domain",
            "parcs.example",
        )
        yield opened


@contextmanager
def session(service, identity, door="submission", *, proxied=""):
    """A client under TLS that has shown a certificate; None shows none."""
    context = ssl.create_default_context(cafile=str(service.certificate))
    if identity:
        context.load_cert_chain(identity.file)
    if door == "submissions":
        client = smtplib.SMTP_SSL("localhost", service.ports[door], context=context, timeout=PATIENCE)
    else:
        client = _Proxied(proxied) if proxied else smtplib.SMTP(timeout=PATIENCE)
        client._host = "localhost"
        client.connect("localhost", service.ports[door])
        client.starttls(context=context)
    with client:
        client.ehlo("client.example")
        yield client


class _Proxied(smtplib.SMTP):
    def __init__(self, ip):
        self._header = f"PROXY TCP4 {ip} 198.51.100.1 49153 25\r\n".encode()
        super().__init__(timeout=PATIENCE, source_address=(PROXY, 0))

    def _get_socket(self, host, port, timeout):
        connected = socket.create_connection(("127.0.0.1", port), timeout, (PROXY, 0))
        connected.sendall(self._header)
        return connected


def hand_in(client, message, *to, mail_from=ANA):
    """MAIL, RCPT and DATA, up to the first refusal; the last reply."""
    return transact(client, mail_from, octets_of(message), *to)


def post(subject, author=ANA):
    return make_post(author, subject, ALERT, message_id=f"<{subject.replace(' ', '.')}@client.example>")


def deliver(house, identity, subject, *to, door="submission", author=ANA, mail_from="", proxied=""):
    with session(house.service, identity, door, proxied=proxied) as client:
        return hand_in(client, post(subject, author), *to, mail_from=mail_from or author)


def taken(reply):
    match = re.fullmatch(r"250 2\.0\.0 ((?:CAFR|EAFR)-\d{4}-\d{6})", reply)
    assert match, reply
    return match.group(1)


def audited(house, event):
    return [row["facts"] for row in house.site.run("audit", "export").rows if row.get("event") == event]


@pytest.mark.parametrize("door", DOORS)
def test_a_member_posts_by_their_certificate_alone_at_every_door(house, people, door):
    reference = taken(deliver(house, people.ana, f"At {door}", door=door))
    wanted = sorted({PAUL, JEAN, MARIA, CLAIRE})
    eventually(lambda: house.smarthost.copies(reference) == wanted)
    [row] = house.site.rows("posts", "show", reference)
    assert (row["author"], row["proof"], row["decision"]) == (ANA, "certificate", "relay")
    assert [facts["proof"] for facts in audited(house, "post.decided") if facts["reference"] == reference] == [
        "certificate"
    ]


def test_a_renewed_certificate_with_the_same_key_needs_no_registering(house, people, tmp_path):
    renewed = make_identity(tmp_path, "renewed", key=people.ana.key, until=60 * DAY)
    assert taken(deliver(house, renewed, "Renewed"))


@pytest.mark.parametrize("dates", [{"until": -DAY / 2}, {"since": DAY / 2}])
@pytest.mark.parametrize("door", ["submission", "smtp"])
def test_a_certificate_out_of_its_dates_proves_nothing(house, people, tmp_path, dates, door):
    old = make_identity(tmp_path, "old", key=people.ana.key, **dates)
    assert deliver(house, old, "Out of date", door=door) == (LOGIN_FIRST if door == "submission" else UNKNOWN)


@pytest.mark.parametrize("door", DOORS)
def test_another_members_certificate_with_my_address_proves_nothing(house, people, door):
    """Row 70."""
    refusal = UNKNOWN if door == "smtp" else DIFFERS
    assert deliver(house, people.paul, "As Ana", door=door) == refusal
    assert deliver(house, people.paul, "From Ana", door=door, mail_from=PAUL) == DIFFERS


@pytest.mark.parametrize("door", ["submission", "submissions"])
def test_a_certificate_that_nobody_registered_is_as_if_there_were_none(house, people, door):
    """Row 70. Also one that says it is the member's; and whoever shows it can still log in with a password."""
    assert deliver(house, people.stranger, "Unknown", door=door) == LOGIN_FIRST
    assert deliver(house, None, "None", door=door) == LOGIN_FIRST
    with session(house.service, people.stranger, door) as client:
        client.login(ANA, house.site.passwords[ANA])
        reference = taken(hand_in(client, post(f"With a password at {door}")))
    assert house.site.rows("posts", "show", reference)[0]["proof"] == "auth"


def test_an_unknown_certificate_at_the_door_for_servers_is_a_strangers(house, people):
    assert deliver(house, people.stranger, "Unknown", door="smtp") == UNKNOWN


def test_a_certificate_of_one_member_does_not_hinder_the_login_of_another(house, people):
    with session(house.service, people.ana) as client:
        client.login(PAUL, house.site.passwords[PAUL])
        assert hand_in(client, post("Ana in Paul's session")) == DIFFERS
        assert taken(hand_in(client, post("Paul himself", PAUL), mail_from=PAUL))


def test_external_is_offered_to_whom_the_certificate_stands_for_and_names_nobody_else(house, people):
    with session(house.service, people.stranger) as client:
        assert "EXTERNAL" not in client.esmtp_features["auth"]
        assert client.docmd("AUTH", "EXTERNAL =")[0] == 504
    with session(house.service, people.ana) as client:
        assert "EXTERNAL" in client.esmtp_features["auth"]
        assert client.docmd("AUTH", "EXTERNAL cGF1bEBwb2xpY2UuZXhhbXBsZQ==")[0] == 535
        assert client.docmd("AUTH", "EXTERNAL =") == (235, b"2.7.0 Authentication succeeded")
        assert client.docmd("AUTH", "EXTERNAL =")[0] == 503
        assert taken(hand_in(client, post("By EXTERNAL")))


def test_what_is_not_a_certificate_in_clear_is_nothing(house):
    with smtplib.SMTP("localhost", house.service.ports["submission"], timeout=PATIENCE) as client:
        client.ehlo("client.example")
        assert client.docmd("AUTH", "EXTERNAL =")[0] == 538


def test_a_suspension_holds_in_a_session_that_is_open(house, people):
    site = house.site
    site.run("members", "certificate", "add", JEAN, str(people.jean.shown))
    with session(house.service, people.jean) as client:
        assert client.mail(JEAN)[0] == client.rcpt(CENTRAL)[0] == 250
        site.run("members", "suspend", JEAN)
        try:
            assert client.data(octets_of(post("Suspended", JEAN)))[0] == 550
            assert deliver(house, people.jean, "Suspended", author=JEAN) == LOGIN_FIRST
        finally:
            site.run("members", "reinstate", JEAN)
    assert taken(deliver(house, people.jean, "Reinstated", author=JEAN))


def test_a_certificate_that_is_taken_away_ends_in_a_session_that_is_open(house, people, tmp_path):
    """Row 72."""
    second = make_identity(tmp_path, "second")
    [added] = house.site.rows("members", "certificate", "add", ANA, str(second.shown))
    with session(house.service, second) as client:
        assert taken(hand_in(client, post("Before")))
        house.site.run("members", "certificate", "remove", ANA, added["pin"][:12])
        assert hand_in(client, post("After")) == REFUSED
    assert deliver(house, second, "After again") == LOGIN_FIRST
    assert audited(house, "post.refused")[-1]["reasons"][0][:2] == ["R2", "author.not_authenticated"]
    assert taken(deliver(house, people.ana, "The other one stays"))


def test_a_gateway_speaks_for_the_addresses_it_is_pinned_for_and_for_nobody_else(house, people):
    reference = taken(deliver(house, people.police, "For Paul", author=PAUL, door="smtp"))
    assert house.site.rows("posts", "show", reference)[0]["proof"] == "certificate.mx.police.example"
    assert deliver(house, people.police, "For Claire, of the same agency", author=CLAIRE, door="smtp") == UNKNOWN
    assert deliver(house, people.police, "For Ana", door="smtp") == UNKNOWN
    assert deliver(house, people.police, "For Ana", door="submission") == DIFFERS
    assert deliver(house, people.police, "Paul as Claire", author=CLAIRE, mail_from=PAUL, door="smtp") == DIFFERS


def test_a_gateways_domain_stands_for_its_own_agencys_members_only(house, people):
    """Row 71."""
    assert taken(deliver(house, people.wide, "In the domain", door="smtp"))
    assert taken(deliver(house, people.wide, "On submission, too"))
    refused = deliver(house, people.wide, "Another agency's", author=JEAN, door="smtp")
    assert refused == UNKNOWN
    assert deliver(house, people.wide, "A stranger's", author="nobody@douanes.example", door="smtp") == UNKNOWN
    assert deliver(house, people.wide, "Below", author="ana@sub.douanes.example", door="smtp") == UNKNOWN


def test_a_gateways_members_keep_to_their_lists(house, people):
    assert deliver(house, people.wide, "Not hers", EASTERN, door="smtp") == UNKNOWN


def test_a_gateway_may_bring_a_report_and_reach_no_list_with_it(house, people):
    with session(house.service, people.wide, "smtp") as client:
        assert client.mail("")[0] == 250
        assert client.rcpt(CENTRAL)[0] == 550
    with session(house.service, people.wide) as client:
        assert client.mail("")[0] == 550


def test_a_certificate_works_behind_a_listed_proxy(house, people):
    reference = taken(deliver(house, people.ana, "Proxied", door="smtp", proxied="192.0.2.25"))
    [facts] = [one for one in audited(house, "post.decided") if one["reference"] == reference]
    assert (facts["client"], facts["proof"]) == ("192.0.2.25", "certificate")


def test_a_gateway_that_is_removed_is_a_stranger_in_its_open_session(house, people, tmp_path):
    site, third = house.site, make_identity(tmp_path, "third")
    words = ("--certificate", str(third.shown), "--agency", "wildlife", "--domain", "wildlife.example")
    site.run("gateways", "add", "mx.wildlife.example", *words)
    with session(house.service, third, "smtp") as client:
        assert taken(hand_in(client, post("Eva's", EVA), EASTERN, mail_from=EVA))
        assert client.mail(EVA)[0] == client.rcpt(EASTERN)[0] == 250
        site.run("gateways", "remove", "mx.wildlife.example")
        assert client.data(octets_of(post("Eva's second", EVA))) == (550, b"5.7.1 Refused by policy")
        assert hand_in(client, post("Eva's third", EVA), EASTERN, mail_from=EVA) == REFUSED


def test_every_change_is_audited_with_the_operator_and_by_id(house, people, tmp_path):
    other = make_identity(tmp_path, "other")
    [row] = house.site.rows("members", "certificate", "add", MARIA, str(other.shown))
    [shown] = house.site.rows("members", "show", MARIA)
    assert [one["pin"] for one in shown["certificates"]] == [row["pin"]]
    house.site.run("members", "certificate", "remove", MARIA, row["pin"])
    added, removed = audited(house, "certificate.added")[-1], audited(house, "certificate.removed")[-1]
    assert added == removed
    assert (added["member"], added["pin"]) == (shown["id"], row["pin"])
    assert added["operator"]
    assert "@" not in str(added)
    gateway = next(one for one in audited(house, "gateway.added") if one["gateway"] == "mx.police.example")
    assert len(gateway["members"]) == len(gateway["pins"]) == 1
    assert gateway["operator"]
    rows = {one["name"]: one for one in house.site.rows("gateways", "list")}
    assert rows["mx.police.example"]["addresses"] == [PAUL]
    assert rows["mx.douanes.example"]["domains"] == ["douanes.example", "parcs.example"]


def test_a_key_stands_for_one_only_and_what_cannot_be_used_is_said(house, people, tmp_path):
    tried = house.site.try_run("members", "certificate", "add", CLAIRE, str(people.ana.shown))
    assert (tried.code, "registered already" in tried.err) == (73, True)
    words = ("--certificate", str(people.ana.shown), "--agency", "Police", "--address", PAUL)
    assert house.site.try_run("gateways", "add", "mx.other.example", *words).code == 73
    assert "mx.other.example" not in {one["name"] for one in house.site.rows("gateways", "list")}
    expired = make_identity(tmp_path, "expired", until=-DAY / 2)
    tried = house.site.try_run("members", "certificate", "add", CLAIRE, str(expired.shown))
    assert (tried.code, "not now" in tried.err) == (65, True)
    (tmp_path / "junk").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    tried = house.site.try_run("members", "certificate", "add", CLAIRE, str(tmp_path / "junk"))
    assert (tried.code, "not one X.509 certificate" in tried.err) == (65, True)
    words = ("--certificate", str(expired.shown), "--agency", "Police")
    tried = house.site.try_run("gateways", "add", "mx.other.example", *words)
    assert (tried.code, "for whom" in tried.err) == (65, True)


def test_a_list_that_wants_a_login_takes_no_certificate(house, people):
    house.site.edit_list("eastern-africa", 'ceiling = "', 'proofs = ["auth"]\nceiling = "')
    house.service.reload()
    eva = make_identity(people.folder, "eva")
    house.site.run("members", "certificate", "add", EVA, str(eva.shown))
    assert deliver(house, eva, "By certificate", EASTERN, author=EVA) == REFUSED
    assert audited(house, "post.refused")[-1]["reasons"][0][1] == "author.proof_not_enough"


def test_authorities_of_client_ca_must_have_issued_a_certificate(house, people, tmp_path):
    authority = make_identity(tmp_path, "authority", authority=True)
    issued = make_identity(tmp_path, "issued", issuer=authority, key=people.ana.key)
    other = make_identity(tmp_path, "other-authority", authority=True)
    forged = make_identity(tmp_path, "forged", issuer=other, key=people.ana.key)
    house.site.configure("smtp", "client_ca", str(authority.shown))
    house.service.reload()
    try:
        assert taken(deliver(house, issued, "Issued"))
        assert deliver(house, people.ana, "Self-made") == LOGIN_FIRST
        assert deliver(house, forged, "By another authority") == LOGIN_FIRST
        tried = house.site.try_run("members", "certificate", "add", CLAIRE, str(people.stranger.shown))
        assert (tried.code, "client_ca" in tried.err) == (65, True)
        house.site.configure("smtp", "client_ca", str(tmp_path / "junk"))
        house.service.reload("service.reload_refused")
    finally:
        house.site.configure("smtp", "client_ca", "")
        house.service.reload()
    assert taken(deliver(house, people.ana, "As before"))


def test_at_a_door_that_does_not_ask_no_certificate_is_known(house, people):
    house.site.configure("smtp", "client_certificates", ["smtp"])
    house.service.reload()
    try:
        assert deliver(house, people.ana, "Not asked") == LOGIN_FIRST
        assert taken(deliver(house, people.ana, "Asked", door="smtp"))
    finally:
        house.site.configure("smtp", "client_certificates", list(DOORS))
        house.service.reload()


@pytest.mark.parametrize("door", ["submission", "submissions"])
def test_with_msmtp_and_external(house, people, tmp_path, door):
    need("msmtp")
    for one, code in (
        (people.ana, 0),
        (people.stranger, 69),
    ):  # EX_UNAVAILABLE: EXTERNAL isn't offered to whom nobody knows
        words = ["msmtp", "--host=localhost", f"--port={house.service.ports[door]}", "--tls=on", f"--from={ANA}"]
        words += [
            f"--tls-starttls={'off' if door == 'submissions' else 'on'}",
            f"--tls-trust-file={house.service.certificate}",
        ]
        words += [
            "--auth=external",
            f"--user={ANA}",
            f"--tls-cert-file={one.shown}",
            f"--tls-key-file={one.file}",
            CENTRAL,
        ]
        octets = octets_of(post(f"With msmtp at {door} {code}"))
        done = subprocess.run(words, check=False, input=octets, capture_output=True, timeout=PATIENCE)
        assert done.returncode == code, done
    rows = house.site.rows("posts", "list", "--limit", "1")
    assert (rows[0]["author"], rows[0]["proof"]) == (ANA, "certificate")


def test_with_curl_and_external(house, people, tmp_path):
    file = tmp_path / "message.eml"
    file.write_bytes(octets_of(post("With curl")))
    need("curl")
    command = [
        "curl",
        "--silent",
        "--show-error",
        "--verbose",
        "--ssl-reqd",
        "--cacert",
        str(house.service.certificate),
    ]
    command += ["--url", f"smtps://localhost:{house.service.ports['submissions']}/client.example"]
    command += ["--cert", str(people.ana.file), "--user", f"{ANA}:", "--login-options", "AUTH=EXTERNAL"]
    command += ["--mail-from", ANA, "--mail-rcpt", CENTRAL, "--upload-file", str(file)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE, text=True)
    assert "> AUTH EXTERNAL" in done.stderr
    assert re.search(r"< 250 2\.0\.0 CAFR-", done.stderr)


def test_a_session_that_is_resumed_in_tls_is_known_by_the_certificate_of_the_first_and_no_longer_than_that(
    house, people
):
    context = ssl.create_default_context(cafile=str(house.service.certificate))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(people.paul.file)
    port = house.service.ports["submissions"]

    def talk(session):
        raw = socket.create_connection(("localhost", port), timeout=PATIENCE)
        with context.wrap_socket(raw, server_hostname="localhost", session=session) as tls:
            file = tls.makefile("rb")
            file.readline()
            tls.sendall(b"EHLO client.example\r\n")
            while not file.readline().startswith(b"250 "):
                pass
            tls.sendall(f"MAIL FROM:<{PAUL}>\r\n".encode())
            return file.readline()[:3], tls.session_reused, tls.session

    answer, reused, kept = talk(None)
    assert (answer, reused) == (b"250", False)
    assert talk(kept)[:2] == (b"250", True)
    [shown] = house.site.rows("members", "show", PAUL)
    pin = shown["certificates"][0]["pin"]
    house.site.run("members", "certificate", "remove", PAUL, pin)
    try:
        assert talk(kept)[:2] == (b"530", True)
    finally:
        house.site.run("members", "certificate", "add", PAUL, str(people.paul.shown))


def test_with_swaks_and_a_certificate(house, people, tmp_path):
    need("swaks")
    file = tmp_path / "message.eml"
    file.write_bytes(octets_of(post("With swaks")))
    command = ["swaks", "--server", "localhost", "--port", str(house.service.ports["submission"]), "--tls"]
    command += ["--tls-cert", str(people.ana.shown), "--tls-key", str(people.ana.file), "--ehlo", "client.example"]
    command += ["--from", ANA, "--to", CENTRAL, "--data", f"@{file}"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE, text=True)
    assert re.search(r"250 2\.0\.0 CAFR-", done.stdout)
    assert " -> AUTH" not in done.stdout


def test_a_real_postfix_speaks_for_its_agency_by_its_certificate(tmp_path_factory, people):
    need_postfix()
    with Postfix((ANA, PAUL, JEAN, MARIA, CLAIRE)) as postfix:
        folder = tmp_path_factory.mktemp("relay")
        site = Site(folder, postfix.port)
        site.enrol()
        words = ("--certificate", str(people.wide.shown), "--agency", "Douanes", "--domain", "douanes.example")
        site.run("gateways", "add", "mx.douanes.example", *words)
        postfix.encrypt_to_relay(people.wide.file)
        with Service(site) as service:
            postfix.start(service.ports["smtp"])
            for author in (ANA, JEAN):
                with smtplib.SMTP("127.0.0.1", postfix.front_port) as client:
                    client.sendmail(author, [CENTRAL], octets_of(post(f"Postfix for {author}", author)))
            rows = eventually(lambda: [row for row in site.rows("posts", "list") if row["author"] == ANA])
            assert [(row["proof"], row["decision"]) for row in rows] == [("certificate.mx.douanes.example", "relay")]
            [report] = eventually(lambda: [mail for mail in postfix.arrived(JEAN) if b"550 5.1.1" in mail.octets])
            assert b"pangolins" not in report.octets
            assert {row["author"] for row in site.rows("posts", "list")} == {ANA}
