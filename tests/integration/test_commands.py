"""What can be wrong with settings, requests and the machine: one sentence, and the right exit code of sysexits.h."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import closing

import pytest

from tests.integration.command import command
from tests.integration.nameserver import NameServer
from tests.integration.service import ANA, DOMAIN

EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_CANTCREAT, EX_TEMPFAIL, EX_CONFIG = 64, 65, 66, 73, 75, 78


def line_of(path, text):
    return next(number for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if text in line)


# — what is wrong with the settings —


def test_without_a_settings_file_a_command_says_how_to_make_one(tmp_path):
    done = command("lists", "show", folder=tmp_path)
    assert done.code == EX_CONFIG
    assert "wen-relay init" in done.sentence


def test_a_settings_file_that_is_not_there_is_named(tmp_path):
    done = command("lists", "show", "--config", "nowhere.toml", folder=tmp_path)
    assert done.code == EX_CONFIG
    assert "nowhere.toml" in done.sentence


def test_a_wrong_settings_key_is_named_with_file_line_and_the_nearest_right_one(fresh):
    fresh.configure("smtp", "submision_port", 2587)
    done = fresh.try_run("lists", "show")
    assert done.code == EX_CONFIG
    assert f"relay.toml:{line_of(fresh.file, 'submision_port')}: " in done.sentence
    assert "“submission_port”" in done.sentence


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [("smtp", "port", "many"), ("scan", "deadline", "soon"), ("relay", "domain", "a b"), ("log", "level", 3)],
)
def test_a_wrong_settings_value_is_named_with_its_line(fresh, section, key, value):
    fresh.configure(section, key, value)
    done = fresh.try_run("lists", "show")
    assert done.code == EX_CONFIG
    assert f"relay.toml:{line_of(fresh.file, f'{key} = ')}: {section}.{key}: " in done.sentence


def test_a_wrong_environment_variable_is_named(site):
    done = site.try_run("lists", "show", environment={"RELAY_SMTP__MAX_RECIPIENTS": "many"})
    assert done.code == EX_CONFIG
    assert "RELAY_SMTP__MAX_RECIPIENTS" in done.sentence


def test_a_wrong_list_key_is_named_with_file_line_and_the_nearest_right_one(fresh):
    fresh.edit_list("species-id", "ceiling =", "celing =")
    done = fresh.try_run("lists", "validate")
    assert done.code == EX_CONFIG
    path = fresh.data / "lists" / "species-id.toml"
    assert f"species-id.toml:{line_of(path, 'celing')}: " in done.sentence
    assert "“ceiling”" in done.sentence


def test_a_slip_in_one_definition_takes_no_command_of_an_emergency_away(fresh):
    fresh.edit_list("species-id", "ceiling =", "celing =")
    words = (
        ("lists", "stop", "central-africa"),
        ("queue", "status"),
        ("nodes", "list"),
        ("lists", "resume", "central-africa"),
    )
    for each in words:
        done = fresh.try_run(*each)
        assert done.code == 0, done.err
        assert "species-id.toml:" in done.err.splitlines()[0], "what is wrong is said all the same"
    for each in (("posts", "recall"), ("queue", "cancel")):
        further = ("--moderator", "nobody@police.example") if each[1] == "recall" else ()
        assert "celing" not in fresh.try_run(*each, "CAFR-2026-000999", *further).err.splitlines()[-1]


@pytest.mark.parametrize("text", ["not = = toml\n", "\x00", "[relay\n"])
def test_a_file_that_is_no_toml_is_named_with_its_line(fresh, text):
    fresh.file.write_text(text)
    done = fresh.try_run("queue", "status")
    assert done.code == EX_CONFIG
    assert "relay.toml:1: " in done.sentence


def test_a_missing_key_file_is_a_configuration_error(fresh):
    (fresh.data / "keys" / "verp.key").unlink()
    done = fresh.try_run("lists", "show")
    assert done.code == EX_CONFIG
    assert "verp.key" in done.sentence


# — what is wrong with the request —


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("lists", "nonsense"),
        ("lists", "show", "--nonsense"),
        ("members", "add", ANA),
        ("init",),
        ("check",),
        ("serve", "--only", "smtp,sewing"),
        ("members", "suspend"),
        ("queue", "retry"),
    ],
)
def test_wrong_usage_is_64_and_never_a_traceback(site, words):
    done = site.try_run(*words) if len(words) > 1 else command(*words, folder=site.folder)
    assert done.code == EX_USAGE, done
    assert done.err.strip()
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "words",
    [
        ("members", "show", "nobody@press.example"),
        ("members", "suspend", "nobody@press.example"),
        ("members", "remove", "n@p.example"),
        ("posts", "show", "CAFR-2026-999999"),
        ("queue", "cancel", "CAFR-2026-999999"),
        ("queue", "retry", "CAFR-2026-999999"),
        ("check", "nowhere.eml"),
        ("members", "password", "n@p.example"),
        ("members", "suspend", "--agency", "Nobody's"),
    ],
)
def test_what_does_not_exist_is_66(site, words):
    done = site.try_run(*words)
    assert done.code == EX_NOINPUT
    assert words[-1] in done.sentence


def test_a_dkim_key_is_not_destroyed_before_the_dns_has_the_one_in_its_place(fresh):
    old = next(path.stem.split("-")[2] for path in (fresh.data / "keys").glob("dkim-rsa*.pem"))
    with NameServer({}) as server:
        fresh.configure("smtp", "resolver", server.address)
        added = {row["algorithm"]: row for row in fresh.rows("keys", "dkim-add")}
        refused = fresh.try_run("keys", "dkim-remove", old)
        new, stranger = added["rsa-sha256"], added["ed25519-sha256"]
        assert (refused.code, new["name"] in refused.sentence) == (73, True)
        server.records = {(new["name"], "TXT"): (stranger["record"],)}
        assert fresh.try_run("keys", "dkim-remove", old).code == 73, "another key stands there"
        server.records = None
        assert fresh.try_run("keys", "dkim-remove", old).code == 75
        server.records = {(new["name"], "TXT"): (new["record"],)}
        assert fresh.try_run("keys", "dkim-remove", old).code == 0


def test_a_second_init_is_a_conflict_and_changes_nothing(fresh):
    before = {path: path.read_bytes() for path in fresh.data.rglob("*") if path.is_file()}
    done = command("init", "--data", str(fresh.data), "--domain", "other.example", folder=fresh.folder)
    assert done.code == EX_CANTCREAT
    assert str(fresh.data) in done.sentence
    assert {path: path.read_bytes() for path in fresh.data.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("option", "value"), [("--lists", "no-such-list"), ("--domain", "not a domain"), ("--admin", "nobody")]
)
def test_init_refuses_what_it_cannot_use(tmp_path, option, value):
    options = {"--data": str(tmp_path / "data"), "--domain": DOMAIN, option: value}
    done = command("init", *(word for pair in options.items() for word in pair), folder=tmp_path)
    assert done.code in {EX_DATAERR, EX_CONFIG}
    assert value in done.sentence


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://relay:secret-word@db.example/relay",
        "postgresql+psycopg://relay:secret/word?@db.example/relay",
        "postgresql+psycopg:///relay?host=db.example&password=secret-word",
    ],
)
def test_init_takes_no_password_among_its_words(tmp_path, url):
    done = command("init", "--data", str(tmp_path / "data"), "--domain", DOMAIN, "--database", url, folder=tmp_path)
    assert (done.code, list(tmp_path.iterdir())) == (64, [])
    assert "~/.pgpass" in done.sentence
    assert "secret" not in done.err + done.out


def test_init_makes_no_relay_among_other_things(tmp_path):
    (tmp_path / "holiday.jpg").touch()
    done = command("init", "--data", str(tmp_path), "--domain", DOMAIN, folder=tmp_path)
    assert (done.code, "holiday.jpg" in done.sentence) == (73, True), done
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_init_prints_the_first_administrators_secret_once_and_keeps_its_files_private(tmp_path):
    words = ("init", "--data", "data", "--domain", DOMAIN, "--admin", "chief@agency.example")
    done = command(*words, "--json", folder=tmp_path)
    [row] = done.rows
    assert (done.code, row["administrator"], row["lists"]) == (
        0,
        "chief@agency.example",
        ["central-africa", "species-id"],
    )
    for path in (tmp_path / "data").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
        assert path.is_dir() or row["secret"].encode() not in path.read_bytes()


def test_init_refuses_a_directory_whose_name_its_settings_could_not_hold(tmp_path):
    done = command("init", "--data", str(tmp_path / "two\nlines"), "--domain", DOMAIN, folder=tmp_path)
    assert (done.code, list(tmp_path.iterdir())) == (EX_DATAERR, [])
    assert "name another directory" in done.sentence


@pytest.mark.parametrize("name", ["with a space, é", "per%20cent", "quest?ion", 'quo"te', "back\\slash", "ha#sh"])
def test_a_data_directory_may_have_an_odd_name(tmp_path, name):
    done = command("init", "--data", name, "--domain", DOMAIN, folder=tmp_path)
    assert done.code == 0, done
    assert command("members", "list", "--config", f"{name}/relay.toml", folder=tmp_path).code == 0
    assert [path.name for path in tmp_path.iterdir()] == [name]


# — what is wrong with the machine —


def test_a_database_that_is_no_database_is_75(fresh):
    (fresh.data / "relay.db").write_bytes(b"This is no database. " * 500)
    for words in (("queue", "status"), ("members", "list"), ("serve",)):
        done = fresh.try_run(*words)
        assert done.code == EX_TEMPFAIL, done
        assert "database" in done.sentence


def test_a_damaged_database_is_75(fresh):
    path = fresh.data / "relay.db"
    octets = path.read_bytes()
    path.write_bytes(octets[:4096] + b"\xa5" * (len(octets) - 4096))
    for words in (("queue", "status"), ("members", "list"), ("posts", "list"), ("lists", "show")):
        done = fresh.try_run(*words)
        assert done.code == EX_TEMPFAIL, done
        assert "database" in done.sentence


def test_a_database_without_its_tables_is_named_and_not_our_bug(fresh):
    (fresh.data / "relay.db").write_bytes(b"")
    for words in (("queue", "status"), ("members", "list"), ("serve",)):
        done = fresh.try_run(*words)
        assert done.code == EX_CONFIG, done
        assert "wen-relay migrate" in done.sentence
    assert fresh.try_run("migrate").code == 0
    assert fresh.rows("members", "list") == []


def test_a_database_that_is_missing_or_damaged_is_75_named_and_not_made_anew(fresh):
    file = fresh.data / "relay.db"
    whole = file.read_bytes()
    for trouble, said in (
        (file.unlink, "is missing: restore it"),
        (lambda: file.write_bytes(b"x" * 9999), "is damaged"),
    ):
        trouble()
        for words in (("audit", "verify"), ("migrate",), ("members", "list"), ("serve",)):
            done = fresh.try_run(*words)
            assert (done.code, said in done.sentence) == (EX_TEMPFAIL, True), done
        assert not file.exists() or file.read_bytes() != whole


def test_a_port_in_use_is_75_and_named(fresh):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        fresh.configure("smtp", "submission_port", port)
        done = fresh.try_run("serve")
    assert done.code == EX_TEMPFAIL
    *_, sentence = done.err.splitlines()
    assert "port can't be opened: " in sentence
    assert str(port) in sentence


def test_data_that_may_not_be_written_is_75(fresh):
    without_power = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("setpriv is absent, and nothing is read-only to root")
        without_power = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
    for path in sorted(fresh.data.rglob("*"), reverse=True):
        path.chmod(0o500 if path.is_dir() else 0o400)
    fresh.data.chmod(0o500)
    try:
        for words in (("members", "suspend", ANA), ("serve",)):
            relay = [sys.executable, "-m", "relay", *words, "--config", str(fresh.file)]
            done = subprocess.run(
                [*without_power, *relay], check=False, cwd=fresh.folder, capture_output=True, text=True, timeout=60
            )
            assert (done.returncode, done.stderr.count("\n")) == (EX_TEMPFAIL, 1), done
    finally:
        for path in (fresh.data, *fresh.data.rglob("*")):
            path.chmod(0o700)
