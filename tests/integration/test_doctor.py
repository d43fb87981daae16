"""`wen-relay doctor` on relays that are well and on such as are not, each fault made for real."""

import os
import re
import shutil
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from relay.doctor import doors, files, machine, proofs, records
from relay.doctor.examine import examine
from relay.doctor.names import look_at_dns, look_at_members_domains, record_of
from relay.doctor.people import look_at_people
from relay.doctor.senders import look_at_senders
from relay.settings import load_settings
from relay.store.keys import load_keys
from relay.transport import dns, smtp
from relay.transport.sink import Sink
from tests.certificates import make_identity
from tests.faults import tls_contexts
from tests.integration.nameserver import NameServer
from tests.integration.postfix import settle
from tests.integration.service import ANA, DOMAIN, Service, Site, Smarthost, eventually
from tests.integration.test_service_relay import dns as published_keys
from tests.ports import free_port
from tests.postgresql import Server, require

EX_CONFIG = 78
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def levels(findings, check=""):
    found = {}
    for finding in findings:
        assert (finding.level == "ok") == (not finding.advice), finding
        if not check or finding.check == check:
            found.setdefault(finding.check, []).append(finding.level)
    return found


# — files —


def test_a_fresh_relay_has_nothing_wrong_with_its_files_but_the_recovery_key(fresh):
    settings = load_settings(fresh.file)
    found = [
        *files.look_at_data(settings),
        *files.look_at_keys(settings),
        *files.look_at_settings(settings, fresh.file),
    ]
    assert [one.check for one in found if one.level != "ok"] == ["recovery key"]
    (fresh.data / "recovery.key").unlink()
    assert "recovery key" not in levels(files.look_at_keys(settings))


@pytest.mark.parametrize(
    ("name", "mode", "check"),
    [
        ("", 0o701, "data"),
        ("relay.db", 0o640, "data"),
        ("lists/central-africa.toml", 0o620, "data"),
        ("lists", 0o702, "data"),
        ("keys/audit.pem", 0o640, "keys"),
        ("keys", 0o750, "keys"),
        ("relay.toml", 0o620, "settings"),
    ],
)
def test_a_file_that_others_may_read_or_change_is_wrong_and_named(fresh, name, mode, check):
    path = fresh.data / name if name else fresh.data
    path.chmod(mode)
    settings = load_settings(fresh.file)
    found = [
        *files.look_at_data(settings),
        *files.look_at_keys(settings),
        *files.look_at_settings(settings, fresh.file),
    ]
    bad = [one for one in found if one.level == "wrong"]
    assert {one.check for one in bad} == {check}
    assert all(str(path) in one.finding and str(path) in one.advice for one in bad)


def test_settings_are_judged_where_they_lie_not_by_the_link_to_them(fresh):
    link = fresh.folder / "linked.toml"
    link.symlink_to(fresh.file)
    fresh.file.chmod(0o606)
    assert levels(files.look_at_settings(load_settings(link), link)) == {"settings": ["wrong"]}


def test_settings_with_a_password_may_not_be_read_by_everybody(fresh):
    fresh.file.chmod(0o604)
    assert levels(files.look_at_settings(load_settings(fresh.file), fresh.file)) == {"settings": ["ok"]}
    fresh.configure("database", "url", "postgresql+psycopg://relay:secret@db.example/relay")
    fresh.file.chmod(0o604)
    assert levels(files.look_at_settings(load_settings(fresh.file), fresh.file)) == {"settings": ["wrong"]}


def test_a_directory_above_in_which_others_may_rename_is_wrong(fresh):
    fresh.folder.chmod(0o777)
    assert levels(files.look_at_data(load_settings(fresh.file)), "way") == {"way": ["wrong"]}
    fresh.folder.chmod(0o1777)
    assert levels(files.look_at_data(load_settings(fresh.file)), "way") == {"way": ["ok"]}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_of_another_user_and_a_key_that_the_relay_cant_read_are_wrong(fresh, tmp_path):
    os.chown(fresh.data / "relay.db", 65534, 65534)
    assert levels(files.look_at_data(load_settings(fresh.file)), "owner") == {"owner": ["wrong"]}
    for path in (fresh.data, *fresh.data.rglob("*")):
        os.chown(path, 65534, 65534)
    secret = tmp_path / "password"
    secret.write_text("secret", "ascii")
    secret.chmod(0o600)
    for key, value in (("password_file", str(secret)), ("username", "relay"), ("tls", "required")):
        fresh.configure("delivery", key, value)
    settings = load_settings(fresh.file)
    assert levels(files.look_at_data(settings), "owner") == {"owner": ["ok"]}
    assert levels(files.look_at_keys(settings), "password") == {"password": ["ok", "wrong"]}
    os.chown(secret, 65534, 65534)
    assert levels(files.look_at_keys(settings), "password") == {"password": ["ok"]}
    secret.chmod(0o604)
    assert levels(files.look_at_keys(settings), "password") == {"password": ["wrong"]}


def test_a_data_directory_that_is_gone_is_one_line(fresh):
    fresh.data.rename(fresh.folder / "away")
    settings = load_settings(fresh.folder / "away" / "relay.toml")
    assert levels(files.look_at_data(settings)) == {"data": ["wrong"]}
    assert levels(machine.look_at_space(settings)) == {"disk space": ["wrong"]}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize(("outer", "who"), [(0o755, "nobody"), (0o700, "root")])
def test_who_may_not_look_is_told_who_may_and_nothing_else(fresh, outer, who):
    with TemporaryDirectory() as folder:
        data = shutil.copytree(fresh.data, Path(folder) / "data")
        settings = load_settings(fresh.file)
        settings = settings.model_copy(update={"relay": settings.relay.model_copy(update={"data": data})})
        os.chown(data, 65534, 65534)
        Path(folder).chmod(outer)
        os.seteuid(65533)
        try:
            found = list(examine(settings, fresh.file, NOW, dumps_forbidden=True, resolver="127.0.0.1:1"))
        finally:
            os.seteuid(0)
    assert levels(found) == {"data": ["wrong"]}
    assert found[0].advice == f"sudo -u {who} wen-relay doctor"


def test_countries_where_nobody_can_be_let_in_are_named_and_how_many_accepted_the_rules(fresh):
    settings = load_settings(fresh.file)
    more = fresh.folder / "more.csv"
    more.write_text(DECIDERS.replace(";moderator;admin", ";focal-point"), "utf-8")
    fresh.run("members", "import", str(more))
    rules, vouching = look_at_people(settings, NOW)
    assert "0 of 9 members have accepted them" in rules.finding
    assert vouching.level == "warning"
    assert "CM, GA, GQ, UG:" in vouching.finding  # KE has a focal point and, as every country, an administrator


def test_all_is_looked_at_though_there_is_no_data(fresh, server):
    fresh.configure("delivery", "port", free_port())
    shutil.move(fresh.file, fresh.folder / "relay.toml")
    shutil.rmtree(fresh.data)
    settings = load_settings(fresh.folder / "relay.toml")
    now = datetime.now(UTC)
    found = levels(examine(settings, fresh.folder / "relay.toml", now, dumps_forbidden=True, resolver=server.address))
    assert {check: levels for check, levels in found.items() if "wrong" in levels}.keys() >= {
        *("data", "keys", "lists", "database", "disk space", "smarthost")
    }
    assert "SPF" in found


# — records —


def test_a_missing_key_a_wrong_list_and_a_missing_database_are_named(fresh):
    settings = load_settings(fresh.file)
    assert levels(records.look_at_rules(settings)) == {"lists": ["ok"]}
    (fresh.data / "keys" / "verp.key").unlink()
    keys, finding = records.load_signing_keys(settings)
    assert (keys, finding.level) == ((), "wrong")
    assert "verp.key" in finding.finding
    (fresh.data / "lists" / "central-africa.toml").write_text("nonsense", "ascii")
    [finding] = records.look_at_rules(settings)
    assert finding.level == "wrong"
    assert "central-africa.toml" in finding.finding
    (fresh.data / "relay.db").rename(fresh.data / "relay.db.away")
    chain, finding = records.open_database(settings)
    assert (chain, finding.level) == (None, "wrong")
    assert not (fresh.data / "relay.db").exists()


def test_a_database_with_another_schema_is_wrong(fresh):
    with closing(sqlite3.connect(fresh.data / "relay.db")) as database:
        database.execute("DELETE FROM alembic_version")
        database.commit()
    chain, finding = records.open_database(load_settings(fresh.file))
    assert (chain, finding.level) == (None, "wrong")
    assert "wen-relay migrate" in finding.advice


def test_a_database_of_postgresql_is_judged_alike_and_its_url_is_not_told(fresh):
    require()
    found = []
    with Server(durable=True) as server:
        url = server.database()
        fresh.configure("database", "url", url)
        settings = load_settings(fresh.file)
        found.append(records.open_database(settings))
        fresh.run("migrate")
        found.append(records.open_database(settings))
    found.append(records.open_database(settings))
    assert [finding.level for _, finding in found] == ["wrong", "ok", "wrong"]
    assert [chain is not None for chain, _ in found] == [False, True, False]
    assert not [finding for _, finding in found if url in finding.finding + finding.advice]


@pytest.mark.parametrize(
    ("newest", "signed_at", "expected"),
    [
        (None, None, "ok"),
        (NOW, NOW - timedelta(hours=1), "ok"),
        (NOW, NOW + timedelta(days=1), "ok"),
        (NOW, NOW - timedelta(hours=3), "warning"),
        (NOW, None, "warning"),
    ],
)
def test_entries_that_wait_long_for_a_signature_are_warned_of(newest, signed_at, expected):
    chain = records.Chain(newest=newest, signed_at=signed_at)
    assert levels(records.look_at_audit(chain)) == {"audit": [expected]}


# — disk, certificate, gateways —


def test_little_room_is_warned_of_and_less_than_the_reserve_is_wrong(fresh):
    free = os.statvfs(fresh.data).f_bavail * os.statvfs(fresh.data).f_frsize
    for reserve, expected in ((1, "ok"), (free // 2, "warning"), (free * 2, "wrong")):
        fresh.configure("smtp", "min_free_octets", reserve)
        assert levels(machine.look_at_space(load_settings(fresh.file))) == {"disk space": [expected]}


def make_certificate(folder, host, first_day, last_day):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    certificate = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first_day)
        .not_valid_after(last_day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("host", "first_day", "last_day", "expected"),
    [
        (f"mx.{DOMAIN}", -DAY, 30 * DAY, "ok"),
        (f"*.{DOMAIN}", -DAY, 30 * DAY, "ok"),
        (f"not{DOMAIN}", -DAY, 30 * DAY, "warning"),
        (f"mx.{DOMAIN}", -DAY, 13 * DAY, "warning"),
        (f"mx.{DOMAIN}", -30 * DAY, -DAY, "wrong"),
        (f"mx.{DOMAIN}", DAY, 30 * DAY, "wrong"),
    ],
)
def test_a_certificate_is_judged_by_its_days_and_its_name(fresh, host, first_day, last_day, expected):
    make_certificate(fresh.folder, host, NOW + first_day, NOW + last_day)
    fresh.configure("smtp", "tls_certificate", str(fresh.folder / "tls.pem"))
    fresh.configure("smtp", "tls_key", str(fresh.folder / "tls.key"))
    assert levels(doors.look_at_certificate(load_settings(fresh.file), NOW)) == {"TLS": [expected]}


def test_a_key_of_another_certificate_is_wrong(fresh):
    make_certificate(fresh.folder, DOMAIN, NOW - DAY, NOW + 30 * DAY)
    key = (fresh.folder / "tls.key").read_bytes()
    make_certificate(fresh.folder, DOMAIN, NOW - DAY, NOW + 30 * DAY)
    (fresh.folder / "tls.key").write_bytes(key)
    fresh.configure("smtp", "tls_certificate", str(fresh.folder / "tls.pem"))
    fresh.configure("smtp", "tls_key", str(fresh.folder / "tls.key"))
    assert levels(doors.look_at_certificate(load_settings(fresh.file), NOW)) == {"TLS": ["wrong"]}


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        ([], ["ok"]),
        (["192.0.2.7"], ["warning"]),
        (["192.0.2.0/24"], ["warning"]),
        (["192.0.2.7", "10.0.0.0/8"], ["warning", "wrong"]),
    ],
)
def test_a_trusted_gateway_is_always_warned_of_since_it_queues_posts_in_clear(fresh, networks, expected):
    fresh.configure("smtp", "trusted_gateways", networks)
    fresh.configure("smtp", "authserv_id", "mx.agency.example" if networks else "")
    found = list(doors.look_at_trust(load_settings(fresh.file)))
    assert levels(found) == {"gateways": expected}
    assert expected == ["ok"] or "in clear" in found[0].finding


def test_a_wide_network_of_proxies_is_wrong(fresh):
    fresh.configure("smtp", "proxies", ["10.0.0.0/8"])
    assert levels(doors.look_at_trust(load_settings(fresh.file)), "proxies") == {"proxies": ["wrong"]}


# — the smarthost —


def test_a_smarthost_that_is_away_is_wrong_and_one_that_takes_little_is_warned_of(fresh):
    fresh.configure("delivery", "port", free_port())
    assert levels(doors.look_at_smarthost(load_settings(fresh.file))) == {"smarthost": ["wrong"]}
    for extensions, expected in ((("SIZE 10240000",), "warning"), (("SIZE 0",), "ok"), ((), "ok")):
        smarthost = Smarthost(Sink(extensions=extensions))
        try:
            fresh.configure("delivery", "port", smarthost.port)
            assert levels(doors.look_at_smarthost(load_settings(fresh.file))) == {"smarthost": [expected]}
            assert not smarthost.mails
        finally:
            smarthost.close()


@pytest.mark.parametrize(("extensions", "advised"), [(("SIZE",), True), (("SIZE", "XVERP"), False)])
def test_how_copies_leave_faster_is_told_where_the_smarthost_makes_no_return_paths(fresh, extensions, advised):
    smarthost = Smarthost(Sink(extensions=extensions))
    try:
        fresh.configure("delivery", "port", smarthost.port)
        [finding] = doors.look_at_smarthost(load_settings(fresh.file))
        assert finding.level == "ok"
        assert ("smtpd_authorized_verp_clients" in finding.finding) == advised
    finally:
        smarthost.close()


def test_the_copies_that_can_share_transactions_are_counted_where_not_all_can(fresh):
    """`central-africa` leaves room for 18 characters."""
    person = ("--name", "Ana", "--agency", "Police", "--agency-type", "police", "--country", "CM")
    vouched = ("--nominated-by", "one@network.example", "--confirmed-by", "two@network.example")
    wishes = ("--language", "fr", "--lists", "central-africa")

    def shared():
        [finding] = doors.look_at_smarthost(load_settings(fresh.file))
        counted = re.search(r"(\d+) of (\d+) copies", finding.finding)
        return (int(counted[1]), int(counted[2])) if counted else None

    smarthost = Smarthost(Sink(extensions=("XVERP",)))
    try:
        fresh.configure("delivery", "port", smarthost.port)
        short, number = shared()
        for address, fits in (("ada@police.example", 1), ("adam@police.example", 0)):
            fresh.run("members", "add", address, *person, *wishes, *vouched)
            short, number = short + fits, number + 1
            assert shared() == (short, number)
        fresh.configure("delivery", "verp", "never")
        assert shared() is None
    finally:
        smarthost.close()


def test_a_smarthost_without_the_required_tls_is_wrong(fresh):
    smarthost = Smarthost()
    try:
        fresh.configure("delivery", "port", smarthost.port)
        fresh.configure("delivery", "tls", "required")
        [finding] = doors.look_at_smarthost(load_settings(fresh.file))
        assert (finding.level, "STARTTLS" in finding.finding) == ("wrong", True)
    finally:
        smarthost.close()


@pytest.fixture
def trusted_server(tmp_path, monkeypatch):
    """The TLS of a server that this machine trusts, as `localhost`."""
    server, _ = tls_contexts(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.pem"))
    smtp._system_authorities.cache_clear()
    yield server
    smtp._system_authorities.cache_clear()


@pytest.mark.parametrize(("extensions", "level"), [(("REQUIRETLS",), "ok"), ((), "wrong")])
def test_a_list_that_wants_tls_all_the_way_needs_a_smarthost_that_promises_it(fresh, trusted_server, extensions, level):
    smarthost = Smarthost(Sink(tls=trusted_server, extensions=extensions))
    try:
        for key, value in (("smarthost", "localhost"), ("port", smarthost.port), ("tls", "required")):
            fresh.configure("delivery", key, value)
        assert "onward TLS" not in levels(doors.look_at_smarthost(load_settings(fresh.file)))
        fresh.edit_list("central-africa", "\nactive = true", '\nactive = true\ntls = "required"')
        assert levels(doors.look_at_smarthost(load_settings(fresh.file)))["onward TLS"] == [level]
    finally:
        smarthost.close()


def test_members_whose_addresses_need_smtputf8_are_named_where_the_smarthost_has_none(fresh):
    for extensions, names in (((), 0), ((), 1), (("SMTPUTF8",), 0)):
        smarthost = Smarthost(Sink(extensions=extensions))
        try:
            fresh.configure("delivery", "port", smarthost.port)
            found = [one for one in doors.look_at_smarthost(load_settings(fresh.file)) if one.check == "SMTPUTF8"]
            assert [one.level for one in found] == ["wrong"] * names
            assert all("инна@police.example" in one.finding for one in found)
        finally:
            smarthost.close()
        if not extensions and not names:
            vouched = ("--nominated-by", "one@network.example", "--confirmed-by", "two@network.example")
            person = ("--name", "Inna", "--agency", "Police", "--agency-type", "police", "--country", "CM")
            wishes = ("--language", "fr", "--lists", "central-africa")
            fresh.run("members", "add", "инна@police.example", *person, *wishes, *vouched)


def test_who_answers_for_the_smarthost_is_told_what_that_takes(fresh, tmp_path, monkeypatch):
    fresh.edit_list("central-africa", "\nactive = true", '\nactive = true\ntls = "required"')
    smarthost = Smarthost()
    try:
        fresh.configure("delivery", "port", smarthost.port)
        refused = fresh.try_run("lists", "validate")  # in clear, no copy of it could ever leave
        assert (refused.code, "central-africa" in refused.err, "onward_tls" in refused.err) == (78, True, True)
        fresh.configure("delivery", "onward_tls", "smarthost")
        has_postfix = shutil.which("postconf", path="/usr/sbin:/usr/bin") is not None
        monkeypatch.setenv("MAIL_CONFIG", str(tmp_path))  # where postconf looks for main.cf
        for level, found in (("dane-only", "ok"), ("may", "warning" if has_postfix else "ok")):
            (tmp_path / "main.cf").write_text(f"smtp_tls_security_level = {level}\n", "utf-8")
            settle(tmp_path)
            [finding] = [one for one in doors.look_at_smarthost(load_settings(fresh.file)) if one.check == "onward TLS"]
            assert (finding.level, "dane-only" in finding.advice) == (found, True)
        fresh.edit_list("central-africa", 'tls = "required"', "")
        fresh.edit_list("central-africa", 'ceiling = "TLP:GREEN"', 'ceiling = "TLP:AMBER"')
        [finding] = [one for one in doors.look_at_smarthost(load_settings(fresh.file)) if one.check == "onward TLS"]
        assert (finding.level, finding.finding.startswith("central-africa: ")) == ("warning", True)
    finally:
        smarthost.close()


# — the DNS —


def zone(keys):
    """The records of a relay whose DNS is in order."""
    names = {(f"{key.selector}._domainkey.{DOMAIN}", "TXT"): (record_of(key),) for key in keys}
    return names | {
        (DOMAIN, "MX"): (f"20 backup.{DOMAIN}.", f"10 mx.{DOMAIN}."),
        (f"mx.{DOMAIN}", "A"): ("192.0.2.25",),
        ("25.2.0.192.in-addr.arpa", "PTR"): (f"mx.{DOMAIN}.",),
        (DOMAIN, "TXT"): ('"site-verification=1"', '"v=spf1 mx -all"'),
        (f"_dmarc.{DOMAIN}", "TXT"): ('"v=DMARC1; p=reject"',),
    }


@pytest.fixture(scope="module")
def signing_keys(site):
    return load_keys(site.data / "keys").dkim


@pytest.fixture(scope="module")
def name_server():
    with NameServer({}) as server:
        yield server


@pytest.fixture
def server(name_server, signing_keys):
    """The name server, with all records in order."""
    name_server.records = zone(signing_keys)
    return name_server


def test_domains_of_members_that_take_no_mail_are_named_and_no_others(server):
    server.records |= {("nomail.example", "MX"): ("0 .",), ("mail.example", "MX"): ("0 .", "10 mx.mail.example.")}
    domains = ("mail.example", "nomail.example", "none.example")
    [found] = look_at_members_domains(server.address, domains)
    assert (found.level, found.finding.partition(":")[0]) == ("warning", "nomail.example")
    assert list(look_at_members_domains(server.address, ("mail.example",))) == []
    server.records = None
    assert list(look_at_members_domains(server.address, ())) == []


def test_a_domain_whose_records_are_in_order_has_nothing_to_mend(site, server, signing_keys):
    found = list(look_at_dns(server.address, DOMAIN, signing_keys))
    assert [one for one in found if one.level != "ok"] == []
    assert {one.check for one in found} == {"MX", "PTR", "SPF", "DKIM", "DMARC"}
    for name in ("MX", "A", "PTR"):
        assert [asked for asked in server.asked if asked[1] == name]
    assert published_keys(site.data / "keys")(f"{signing_keys[0].selector}._domainkey.{DOMAIN}.".encode())


def test_the_record_that_the_doctor_prints_is_the_key_as_a_verifier_needs_it(site, server, signing_keys):
    lookup = published_keys(site.data / "keys")
    for key in signing_keys:
        name = f"{key.selector}._domainkey.{DOMAIN}"
        strings = re.findall(r'"([^"]*)"', record_of(key))
        assert all(len(one) < 256 for one in strings)
        assert "".join(strings).encode() == lookup(f"{name}.".encode())


@pytest.mark.parametrize(
    ("name", "kind", "rows", "check", "expected"),
    [
        (DOMAIN, "MX", (), "MX", "warning"),
        (DOMAIN, "MX", ("0 .",), "MX", "warning"),
        (f"mx.{DOMAIN}", "A", (), "MX", "wrong"),
        ("25.2.0.192.in-addr.arpa", "PTR", (), "PTR", "warning"),
        ("25.2.0.192.in-addr.arpa", "PTR", ("host-25.isp.example.",), "PTR", "warning"),
        (DOMAIN, "TXT", (), "SPF", "warning"),
        (DOMAIN, "TXT", ('"v=spf1 mx -all"', '"v=spf1 a -all"'), "SPF", "wrong"),
        (DOMAIN, "TXT", ('"v=spf1 mx +all"',), "SPF", "wrong"),
        (f"_dmarc.{DOMAIN}", "TXT", (), "DMARC", "warning"),
        (f"_dmarc.{DOMAIN}", "TXT", ('"v=DMARC1; p=none"',), "DMARC", "warning"),
        (f"_dmarc.{DOMAIN}", "TXT", ('"v=DMARC1; p=reject"', '"v=DMARC1; p=none"'), "DMARC", "warning"),
    ],
)
def test_each_record_that_is_missing_or_bad_is_told(server, signing_keys, name, kind, rows, check, expected):
    server.records = zone(signing_keys) | {(name, kind): rows}
    bad = [one for one in look_at_dns(server.address, DOMAIN, signing_keys) if one.level != "ok"]
    assert [(one.check, one.level) for one in bad] == [(check, expected)]


def test_what_a_record_says_cannot_play_tricks_on_a_terminal(server, signing_keys):
    server.records = zone(signing_keys) | {(DOMAIN, "TXT"): (r'"v=spf1 \027[2J\010 -all"',)}
    [spf] = [one for one in look_at_dns(server.address, DOMAIN, signing_keys) if one.check == "SPF"]
    assert spf.finding == "v=spf1 \ufffd[2J\ufffd -all"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((), "warning"),
        (('"v=DKIM1; k=rsa; p="',), "wrong"),
        (('"v=DKIM1; k=rsa; p=AAAA"',), "wrong"),
        (('"p=é"',), "wrong"),
    ],
)
def test_a_selector_without_its_key_or_with_another_is_told_with_what_to_publish(server, signing_keys, rows, expected):
    for key in signing_keys:
        name = f"{key.selector}._domainkey.{DOMAIN}"
        server.records = zone(signing_keys) | {(name, "TXT"): rows}
        [bad] = [one for one in look_at_dns(server.address, DOMAIN, signing_keys) if one.level != "ok"]
        assert (bad.check, bad.level) == ("DKIM", expected)
        assert f"{name}. TXT {record_of(key)}" in bad.advice


def test_a_dns_that_fails_or_is_away_is_one_warning_and_no_list_of_failures(server, signing_keys, monkeypatch):
    monkeypatch.setattr(dns, "PATIENCE", timedelta(seconds=0.5))
    server.records = None
    assert levels(look_at_dns(server.address, DOMAIN, signing_keys)) == {"DNS": ["warning"]}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{closed.getsockname()[1]}"
    assert levels(look_at_dns(nobody, DOMAIN, signing_keys)) == {"DNS": ["warning"]}


# — the whole —


def test_a_list_that_is_open_to_all_servers_needs_a_door_and_a_resolver(fresh, server):
    def look():
        return [(one.check, one.level) for one in look_at_senders(load_settings(fresh.file))]

    assert look() == [("senders", "ok")]
    fresh.edit_list("central-africa", "\nactive = true", '\nactive = true\nproofs = ["auth", "dkim"]')
    fresh.configure("smtp", "resolver", server.address)
    assert look() == [("senders", "ok")]
    server.records, kept = None, server.records
    assert look() == [("senders", "wrong")]
    server.records = kept
    fresh.configure("smtp", "port", 0)
    assert look() == [("senders", "wrong"), ("senders", "ok")]


def test_a_resolver_across_the_internet_is_warned_of(fresh, monkeypatch):
    fresh.edit_list("central-africa", "\nactive = true", '\nactive = true\nproofs = ["dmarc"]')
    fresh.configure("smtp", "resolver", "9.9.9.9")
    monkeypatch.setattr(dns.Dns, "records", lambda *_: ())
    [found] = look_at_senders(load_settings(fresh.file))
    assert (found.level, "DNSSEC" in found.advice) == ("warning", True)


# Whom each list needs so that somebody can decide about a leak, and be told of a breach.
DECIDERS = """\
address,name,agency,agency_type,country,language,lists,nominated_by,confirmed_by,role
faith@police.example,Faith Example,Police,police,KE,en,eastern-africa,one@network.example,two@network.example,member;moderator;admin
second@police.example,Second Example,Police,police,UG,en,eastern-africa,one@network.example,two@network.example,member;admin
otto@police.example,Otto Example,Police,police,UG,en,eastern-africa,one@network.example,two@network.example,member;deputy
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A relay that runs on fixed ports, with a smarthost."""
    smarthost = Smarthost()
    made = Site(tmp_path_factory.mktemp("running"), smarthost.port)
    made.enrol(ANA)
    more = made.folder / "more.csv"
    more.write_text(DECIDERS, "utf-8")
    made.run("members", "import", str(more))
    for section, key in (("smtp", "port"), ("smtp", "submission_port"), ("smtp", "submissions_port"), ("web", "port")):
        made.configure(section, key, free_port())
    (made.data / "recovery.key").unlink()
    try:
        with Service(made) as service:
            eventually(lambda: service.events("audit.head_signed"))
            yield made
    finally:
        smarthost.close()


def test_a_relay_that_runs_and_whose_dns_is_in_order_has_nothing_wrong(running, server):
    server.records = zone(load_keys(running.data / "keys").dkim)
    done = running.try_run("doctor", "--json", "--dns", server.address)
    rows = done.rows
    own = [row for row in rows if row["check"] not in {"swap", "hibernation", "clock", "kernel dumps"}]  # the machine's
    assert [row for row in own if row["level"] != "ok"] == []
    assert done.code == (EX_CONFIG if any(row["level"] == "wrong" for row in rows) else 0)
    assert {"service", "smarthost", "DKIM", "audit", "core dumps", "swap"} <= {row["check"] for row in rows}
    assert all(list(row) == ["check", "level", "finding", "advice"] for row in rows)


def test_the_same_as_lines_for_a_person_with_what_to_do(running, server):
    server.records = {}
    done = running.try_run("doctor", "--dns", server.address)
    lines = done.out.splitlines()
    assert all(re.match(r"(ok|warning|wrong) +[^:]+: .", line) for line in lines)
    [spf] = [line for line in lines if " SPF: " in line]
    assert spf.startswith("warning ")
    assert ' → publish: relay.example. TXT "v=spf1 mx -all"' in spf


def test_a_door_on_which_nobody_answers_is_wrong(running):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RELAY_SMTP__PORT", str(free_port()))
        found = list(doors.look_at_ports(load_settings(running.file)))
    assert levels(found) == {"service": ["wrong"]}


def test_a_relay_that_is_down_is_a_warning_and_a_port_that_another_has_is_wrong(fresh):
    assert levels(doors.look_at_ports(load_settings(fresh.file))) == {"service": ["warning"]}
    with socket.create_server(("127.0.0.1", 0)) as other:
        fresh.configure("smtp", "submission_port", other.getsockname()[1])
        assert levels(doors.look_at_ports(load_settings(fresh.file))) == {"service": ["warning", "wrong"]}


def test_what_is_wrong_gives_78_and_the_rest_is_looked_at_all_the_same(fresh, server):
    (fresh.data / "keys" / "audit.pem").chmod(0o644)
    (fresh.data / "lists" / "central-africa.toml").unlink()
    fresh.configure("delivery", "port", free_port())
    done = fresh.try_run("doctor", "--json", "--dns", server.address)
    assert done.code == EX_CONFIG
    assert done.err == ""
    wrong = {row["check"] for row in done.rows if row["level"] == "wrong"}
    assert {"keys", "smarthost"} <= wrong
    assert {"disk space", "SPF"} <= {row["check"] for row in done.rows}


def test_a_resolver_that_is_no_address_is_a_usage_error(fresh):
    assert fresh.try_run("doctor", "--dns", "resolver.example").code == 64


@pytest.mark.parametrize(
    ("host", "public_host", "expected"),
    [
        (f"mx.{DOMAIN}", f"mx.{DOMAIN}", "ok"),
        (f"*.{DOMAIN}", f"mx.{DOMAIN}", "ok"),
        (f"*.{DOMAIN}", f"a.mx.{DOMAIN}", "wrong"),
        (f"mail.{DOMAIN}", f"mx.{DOMAIN}", "wrong"),
    ],
)
def test_a_certificate_must_hold_the_name_that_members_are_told(fresh, host, public_host, expected):
    make_certificate(fresh.folder, host, NOW - DAY, NOW + 30 * DAY)
    fresh.configure("smtp", "tls_certificate", str(fresh.folder / "tls.pem"))
    fresh.configure("smtp", "tls_key", str(fresh.folder / "tls.key"))
    fresh.configure("smtp", "public_host", public_host)
    assert levels(doors.look_at_certificate(load_settings(fresh.file), NOW)) == {"TLS": [expected]}


def test_where_programs_connect_is_told_with_the_records_that_may_say_so(fresh):
    fresh.configure("smtp", "public_host", "mx.relay.example")
    fresh.configure("smtp", "submission_port", 587)
    fresh.configure("smtp", "submissions_port", 465)
    fresh.configure("web", "public_url", "https://web.relay.example/")
    [finding] = doors.look_at_programs(load_settings(fresh.file))
    assert finding.level == "ok"
    assert "mx.relay.example:465" in finding.finding
    for record in (
        "_submissions._tcp.relay.example. SRV 0 1 465 mx.relay.example.",
        "_submission._tcp.relay.example. SRV 0 1 587 mx.relay.example.",
        "autoconfig.relay.example. CNAME web.relay.example.",
    ):
        assert record in finding.advice
    for door in ("submission_port", "submissions_port"):
        fresh.configure("smtp", door, 0)
    assert levels(doors.look_at_programs(load_settings(fresh.file))) == {"programs": ["warning"]}


# — proofs of authors —


def test_client_certificates_and_signatures_are_looked_at_as_the_settings_want_them(fresh, monkeypatch):
    assert levels(proofs.look_at_proofs(load_settings(fresh.file))) == {
        "client certificates": ["ok"],
        "signatures": ["ok"],
    }
    monkeypatch.setattr(proofs, "ask_for_certificates", lambda _: False)
    monkeypatch.setattr(proofs, "can_verify_smime", lambda: False)
    found = levels(proofs.look_at_proofs(load_settings(fresh.file)))
    assert found == {"client certificates": ["warning"], "signatures": ["warning"]}
    fresh.configure("smtp", "client_certificates", [])
    assert levels(proofs.look_at_proofs(load_settings(fresh.file)))["client certificates"] == ["ok"]


def test_what_is_registered_and_ends_soon_is_warned_of_and_a_gateway_always(fresh, tmp_path):
    settings, now = load_settings(fresh.file), datetime.now(UTC)
    assert levels(proofs.look_at_registered(settings, now)) == {"registered keys": ["ok"]}
    member = make_identity(tmp_path, "member", address=ANA, until=30 * DAY)
    gateway = make_identity(tmp_path, "gateway", until=20 * DAY)
    fresh.run("members", "certificate", "add", ANA, str(member.shown))
    fresh.run("members", "signing-key", "add", ANA, str(member.shown))
    words = ("--certificate", str(gateway.shown), "--agency", "Douanes", "--domain", "douanes.example")
    fresh.run("gateways", "add", "mx.douanes.example", *words)
    for days, expected in ((0, ["ok"]), (7, ["warning"]), (17, ["warning"] * 3), (40, ["warning"] * 3)):
        found = list(proofs.look_at_registered(settings, now + days * DAY))
        assert levels(found) == {"certificates of gateways": ["warning"], "registered keys": expected}
        assert days < 7 or "mx.douanes.example" in found[1].finding
    assert all("ended on" in one.finding for one in found[1:])
