"""Settings: which source wins, and how a fault is told."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from relay import settings as module
from relay.errors import ConfigurationError
from relay.settings import Duration, Settings, find_site_file, helo_name, is_loopback, is_within, load_settings, shipped


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.upper().startswith("RELAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(module, "SECRETS", tmp_path / "no-secrets")
    monkeypatch.chdir(tmp_path)


def load(tmp_path: Path, text: str = "") -> Settings:
    site = tmp_path / "relay.toml"
    site.write_text(text, "utf-8")
    return load_settings(site)


def complaint(tmp_path: Path, text: str = "") -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, text)
    return str(caught.value).removeprefix(f"{tmp_path}/")


def test_an_empty_site_file_leaves_the_shipped_defaults(tmp_path):
    settings = load(tmp_path)
    assert settings.relay.domain == "relay.example"
    assert settings.smtp.port == 2525
    assert settings.scan.deadline == timedelta(seconds=20)
    assert settings.scan.memory == 512 * 2**20
    assert settings.retention.audit_names == timedelta(days=730.5)
    assert settings.data == Path("/var/lib/wen-relay")
    assert settings.database_url == "sqlite:////var/lib/wen-relay/relay.db"
    assert settings.smarthost_tls == "none"


def test_a_site_file_changes_single_keys_of_a_section(tmp_path):
    settings = load(
        tmp_path, '[smtp]\nport = "auto"\nmax_message_octets = "1 MiB"\n[relay]\ndomain = "Lists.Agency.Example"'
    )
    assert settings.smtp.port == "auto"
    assert settings.smtp.max_message_octets == 2**20
    assert settings.smtp.submission_port == 2587
    assert settings.relay.domain == "lists.agency.example"


def test_a_relative_data_directory_lies_beside_the_site_file(tmp_path):
    settings = load(tmp_path, '[relay]\ndata = "data"')
    assert settings.data == tmp_path.resolve() / "data"
    assert settings.database_url == f"sqlite:///{tmp_path.resolve()}/data/relay.db"


def test_a_database_url_is_used_as_it_is_and_never_shown(tmp_path):
    settings = load(tmp_path, '[database]\nurl = "postgresql+psycopg://relay:secret@db.example/relay"')
    assert settings.database_url == "postgresql+psycopg://relay:secret@db.example/relay"
    assert "secret" not in repr(settings)


def test_the_environment_wins_over_secrets_and_secrets_over_the_file(tmp_path, monkeypatch):
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "relay_smtp__port").write_text("26", "utf-8")
    (secrets / "relay_smtp__submission_port").write_text("588", "utf-8")
    monkeypatch.setattr(module, "SECRETS", secrets)
    monkeypatch.setenv("RELAY_SMTP__PORT", "27")
    settings = load(tmp_path, "[smtp]\nport = 25\nsubmission_port = 587\nsubmissions_port = 465")
    assert (settings.smtp.port, settings.smtp.submission_port, settings.smtp.submissions_port) == (27, 588, 465)


@pytest.mark.parametrize(
    "value", ["192.0.2.0/24,2001:db8::/32", " 192.0.2.0/24 , 2001:db8::/32, ", '["192.0.2.0/24", "2001:db8::/32"]']
)
def test_a_list_in_the_environment_has_commas_or_is_json(tmp_path, monkeypatch, value):
    monkeypatch.setenv("RELAY_SMTP__PROXIES", value.strip() if value.startswith("[") else value)
    assert load(tmp_path).smtp.proxies == ("192.0.2.0/24", "2001:db8::/32")


def test_a_list_in_the_file_is_a_list(tmp_path):
    assert load(tmp_path, '[smtp]\nproxies = ["192.0.2.0/24"]').smtp.proxies == ("192.0.2.0/24",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[smtp", "relay.toml:1: this is not valid TOML: "),
        ("smtp = 1", "relay.toml:1: smtp: "),
        ("[smtp]\n\nprot = 1", "relay.toml:3: unknown key “smtp.prot”; did you mean “port”?"),
        ("[smpt]\nport = 1", "relay.toml:1: unknown key “smpt”; did you mean “smtp”?"),
        ("[smtp]\nport = 65536", "relay.toml:2: smtp.port: input should be less than or equal to 65535"),
        ("[smtp]\nport = -1", "relay.toml:2: smtp.port: "),
        ('[smtp]\nport = "autto"', 'relay.toml:2: smtp.port: write a port\'s number, 0 for off, or "auto"'),
        ('[retention]\nheld = "0h"', "relay.toml:2: retention.held: "),
        ('[log]\nformat = "jsn"', "relay.toml:2: log.format: input should be 'json' or 'text'; did you mean “json”?"),
        ("[smtp]\nmax_recipients = 0", "relay.toml:2: smtp.max_recipients: "),
        (
            '[smtp]\nmax_message_octets = "25 MB"',
            "relay.toml:2: smtp.max_message_octets: write a size such as 512MiB, not “25 MB”",
        ),
        ("[smtp]\nmax_message_octets = 0", "relay.toml:2: smtp.max_message_octets: input should be greater than 0"),
        ('[scan]\ndeadline = "20"', "relay.toml:2: scan.deadline: write a duration such as 20s, 72h or 5d, not “20”"),
        ('[relay]\ndomain = "relay"', "relay.toml:2: relay.domain: write a domain such as relay.example, not “relay”"),
        ('[relay]\ndomain = "a.example\\nb"', "relay.toml:2: relay.domain: write a domain"),
        ('[relay]\npostmaster = "ops"', "relay.toml:2: relay.postmaster: write a mail address such as "),
        ('[relay]\nnode = "Node 1"', "relay.toml:2: relay.node: "),
        ('[relay]\nlanguage = "tlh"', "relay.toml:2: relay.language: "),
        ('[delivery]\ntls = "maybe"', "relay.toml:2: delivery.tls: "),
        (
            "[smtp]\nport = 25\n[delivery]\nport = 25",
            "relay.toml:4: [delivery] smarthost and port are the relay's own door",
        ),
        (
            '[delivery]\ntls = "none"\nsmarthost = "mx.example"',
            'relay.toml:2: [delivery] tls = "none" is for a smarthost on this machine',
        ),
        ('[smtp]\nproxies = ["192.0.2.7/24"]', "relay.toml:2: smtp.proxies: write networks such as 192.0.2.0/24 or"),
        ('[smtp]\nauthserv_id = "a;b"', "relay.toml:2: smtp.authserv_id: write the name that the gateway gives itself"),
        ('[smtp]\nauthserv_id = "mx.example"', "relay.toml:2: [smtp] trusted_gateways and authserv_id belong together"),
        ('[smtp]\ntrusted_gateways = ["::1"]', "relay.toml:2: [smtp] trusted_gateways and authserv_id belong together"),
        ('[smtp]\nhost = "0.0.0.0"', "relay.toml:2: [smtp] host is not this machine's loopback"),
        ('[smtp]\ntls_key = "k"', "relay.toml:2: [smtp] tls_certificate and tls_key belong together"),
        ('[smtp]\ntls_certificate = "c"\ntls_key = "k"', "relay.toml:2: the file c does not exist"),
        ('[database]\ndisk = "nowhere"', "relay.toml:2: [database] disk: there is no directory nowhere"),
        ('[delivery]\npassword_file = "p"', "relay.toml:2: [delivery] username and password_file belong together"),
        ('[delivery]\nusername = "u"', 'relay.toml:2: [delivery] a username needs tls = "required"'),
        (
            '[delivery]\nsmarthost = "mx.example"\ntls = "opportunistic"\nonward_tls = "smarthost"',
            'relay.toml:4: [delivery] onward_tls = "smarthost" needs tls = "required"',
        ),
        (
            '[delivery]\nusername = "u"\ntls = "required"',
            "relay.toml:2: [delivery] username and password_file belong together",
        ),
        ("[smtp]\nport = 2587", "relay.toml:2: [smtp] port, submission_port and submissions_port must differ"),
        (
            '[smtp]\nmax_message_octets = "1GiB"',
            "relay.toml:2: [smtp] max_in_flight_octets must be at least max_message_octets",
        ),
    ],
)
def test_a_fault_in_the_file_names_its_line_and_what_to_write(tmp_path, text, sentence):
    assert complaint(tmp_path, text).startswith(sentence)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("RELAY_SMTP__PORT", "any", "environment variable RELAY_SMTP__PORT: smtp.port: "),
        ("relay_smtp__port", "any", "environment variable RELAY_SMTP__PORT: smtp.port: "),
        (
            "RELAY_SMTP__PROT",
            "1",
            "environment variable RELAY_SMTP__PROT: unknown key “smtp.prot”; did you mean “port”?",
        ),
        ("RELAY_SCAN__DEADLINE", "20", "environment variable RELAY_SCAN__DEADLINE: scan.deadline: write a duration"),
        ("RELAY_SMTP__PROXIES", "[x", "environment variable RELAY_SMTP__PROXIES: "),
        (
            "RELAY_SMPT__PORT",
            "1",
            "environment variable RELAY_SMPT__PORT: there is no section “smpt”; did you mean RELAY_SMTP__…?",
        ),
        ("RELAY_SMTP", "x", "environment variable or secret RELAY_SMTP: write RELAY_SMTP__KEY for each key"),
    ],
)
def test_a_fault_in_the_environment_names_the_variable(tmp_path, monkeypatch, name, value, sentence):
    monkeypatch.setenv(name, value)
    assert complaint(tmp_path).startswith(sentence)


def test_all_ports_may_be_off_or_chosen_freely(tmp_path):
    settings = load(tmp_path, "[smtp]\nport = 0\nsubmission_port = 0\nsubmissions_port = 0")
    assert settings.smtp.port == 0
    assert load(tmp_path, '[smtp]\nport = "auto"\nsubmission_port = "auto"').smtp.submission_port == "auto"


def test_existing_files_of_a_certificate_open_other_hosts(tmp_path):
    (tmp_path / "c").touch()
    settings = load(tmp_path, f'[smtp]\nhost = "0.0.0.0"\ntls_certificate = "{tmp_path}/c"\ntls_key = "{tmp_path}/c"')
    assert settings.smtp.host == "0.0.0.0"


def test_the_smarthost_s_tls_is_required_unless_it_is_this_machine(tmp_path):
    assert load(tmp_path, '[delivery]\nsmarthost = "mx.example"').smarthost_tls == "required"
    assert load(tmp_path, '[delivery]\nsmarthost = "::1"').smarthost_tls == "none"
    assert load(tmp_path, '[delivery]\ntls = "opportunistic"').smarthost_tls == "opportunistic"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("192.0.2.1", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_alone(host, loopback):
    assert is_loopback(host) is loopback


def test_a_file_that_can_not_be_read_is_named(tmp_path):
    site = tmp_path / "relay.toml"
    site.write_bytes(b"[relay]\n# \xff\n")
    with pytest.raises(ConfigurationError, match="can't be read: not UTF-8"):
        load_settings(site)
    with pytest.raises(ConfigurationError, match="can't be read: Is a directory"):
        load_settings(tmp_path)


def test_settings_are_frozen(tmp_path):
    settings = load(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.smtp.port = 1  # type: ignore[misc]


def test_the_site_file_is_the_named_one_or_the_environment_s_or_the_usual_one(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CANDIDATES", (Path("relay.toml"),))
    with pytest.raises(ConfigurationError, match="no settings file"):
        find_site_file(None)
    (tmp_path / "relay.toml").touch()
    (tmp_path / "other.toml").touch()
    assert find_site_file(None) == Path("relay.toml")
    monkeypatch.setenv("RELAY_CONFIG", str(tmp_path / "other.toml"))
    assert find_site_file(None) == tmp_path / "other.toml"
    assert find_site_file(Path("relay.toml")) == Path("relay.toml")
    with pytest.raises(ConfigurationError, match=r"no settings file .*missing\.toml"):
        find_site_file(tmp_path / "missing.toml")


def test_what_is_shipped_lies_in_the_package_or_beside_it(tmp_path, monkeypatch):
    assert shipped("config", "relay.toml").is_file()
    package = tmp_path / "relay"
    (package / "_shipped").mkdir(parents=True)
    monkeypatch.setattr("relay.__file__", str(package / "__init__.py"))
    assert shipped("config") == package / "_shipped" / "config"


@pytest.mark.parametrize(("name", "helo"), [("mx1.agency.example", "mx1.agency.example"), ("box", "relay.example")])
def test_the_name_in_helo_is_a_full_one(tmp_path, monkeypatch, name, helo):
    monkeypatch.setattr("socket.getfqdn", lambda: name)
    assert helo_name(load(tmp_path)) == helo


def test_a_duration_of_ours_is_taken_as_it_is():
    assert TypeAdapter(Duration).validate_python(timedelta(minutes=5)) == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("ip", "within"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("192.0.3.7", False),
        ("2001:db8::1", True),
        ("2001:db8::2", False),
        ("fe80::1%eth0", True),
        ("::", False),
    ],
)
def test_an_address_is_found_in_either_form(ip, within):
    assert is_within(ip, ("192.0.2.0/24", "2001:db8::1", "fe80::/10")) is within
    assert not is_within(ip, ())


def test_a_server_s_disk_counts_beside_the_data_directory_s(tmp_path):
    assert load(tmp_path).disks.keys() == {"data"}
    assert load(tmp_path, '[database]\ndisk = "/"').disks == {"data": load(tmp_path).data, "database": Path("/")}
