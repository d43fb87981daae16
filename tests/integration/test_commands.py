"""The commands: one sentence and the right exit code for what is wrong, and the contract's rows for what is right."""

import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import closing

import pytest

from tests.integration.command import command
from tests.integration.service import ANA, CENTRAL, CLAIRE, DOMAIN, EVA, JEAN, MEMBERS, PAUL, Site

EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_CANTCREAT, EX_TEMPFAIL, EX_CONFIG = 64, 65, 66, 73, 75, 78
HEADER, _, _ = MEMBERS.partition("\n")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("commands"), 25)
    made.enrol()
    return made


@pytest.fixture
def fresh(site, tmp_path):
    """A copy of the site that a test may spoil."""
    shutil.copytree(site.data, tmp_path / "data")
    copy = object.__new__(Site)
    copy.folder, copy.data, copy.file = tmp_path, tmp_path / "data", tmp_path / "data" / "relay.toml"
    copy.file.write_text(copy.file.read_text("utf-8").replace(str(site.data), str(copy.data)), "utf-8")
    return copy


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
    ("section", "key", "value"), [("smtp", "port", "many"), ("scan", "deadline", "soon"), ("relay", "domain", "a b"), ("log", "level", 3)]
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
    [("nonsense",), ("lists", "nonsense"), ("lists", "show", "--nonsense"), ("members", "add", ANA), ("init",), ("check",)]
    + [("serve", "--only", "smtp,sewing"), ("members", "suspend"), ("queue", "retry")],
)
def test_wrong_usage_is_64_and_never_a_traceback(site, words):
    done = site.try_run(*words) if len(words) > 1 else command(*words, folder=site.folder)
    assert done.code == EX_USAGE, done
    assert done.err.strip()
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "words",
    [("members", "show", "nobody@press.example"), ("members", "suspend", "nobody@press.example"), ("members", "remove", "n@p.example")]
    + [("posts", "show", "CAFR-2026-999999"), ("queue", "cancel", "CAFR-2026-999999"), ("queue", "retry", "CAFR-2026-999999")]
    + [("check", "nowhere.eml"), ("members", "password", "n@p.example"), ("members", "suspend", "--agency", "Nobody's")],
)
def test_what_does_not_exist_is_66(site, words):
    done = site.try_run(*words)
    assert done.code == EX_NOINPUT
    assert words[-1] in done.sentence


def test_a_second_init_is_a_conflict_and_changes_nothing(fresh):
    before = {path: path.read_bytes() for path in fresh.data.rglob("*") if path.is_file()}
    done = command("init", "--data", str(fresh.data), "--domain", "other.example", folder=fresh.folder)
    assert done.code == EX_CANTCREAT
    assert str(fresh.data) in done.sentence
    assert {path: path.read_bytes() for path in fresh.data.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("option", "value"), [("--lists", "no-such-list"), ("--domain", "not a domain"), ("--admin", "nobody")])
def test_init_refuses_what_it_cannot_use(tmp_path, option, value):
    options = {"--data": str(tmp_path / "data"), "--domain": DOMAIN, option: value}
    done = command("init", *(word for pair in options.items() for word in pair), folder=tmp_path)
    assert done.code in {EX_DATAERR, EX_CONFIG}
    assert value in done.sentence


def test_init_prints_the_first_administrators_secret_once_and_keeps_its_files_private(tmp_path):
    words = ("init", "--data", "data", "--domain", DOMAIN, "--admin", "chief@agency.example")
    done = command(*words, "--json", folder=tmp_path)
    [row] = done.rows
    assert (done.code, row["administrator"], row["lists"]) == (0, "chief@agency.example", ["central-africa", "species-id"])
    for path in (tmp_path / "data").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
        assert path.is_dir() or row["secret"].encode() not in path.read_bytes()


@pytest.mark.parametrize("name", ["quest?ion", "two\nlines"])
def test_init_refuses_a_directory_whose_name_its_settings_could_not_hold(tmp_path, name):
    done = command("init", "--data", str(tmp_path / name), "--domain", DOMAIN, folder=tmp_path)
    assert (done.code, list(tmp_path.iterdir())) == (EX_DATAERR, [])
    assert "name another directory" in done.sentence


@pytest.mark.parametrize("name", ["with a space, é", "per%20cent", 'quo"te', "back\\slash", "ha#sh"])
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
    (fresh.data / "relay.db").unlink()
    for words in (("queue", "status"), ("members", "list"), ("serve",)):
        done = fresh.try_run(*words)
        assert done.code == EX_CONFIG, done
        assert "wen-relay migrate" in done.sentence
    assert fresh.try_run("migrate").code == 0
    assert fresh.rows("members", "list") == []


def test_a_port_in_use_is_75_and_named(fresh):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        fresh.configure("smtp", "submission_port", port)
        done = fresh.try_run("serve")
    assert done.code == EX_TEMPFAIL
    *_, sentence = done.err.splitlines()
    assert f"port can't be opened: " in sentence
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
            done = subprocess.run([*without_power, *relay], cwd=fresh.folder, capture_output=True, text=True, timeout=60)
            assert (done.returncode, done.stderr.count("\n")) == (EX_TEMPFAIL, 1), done
    finally:
        for path in (fresh.data, *fresh.data.rglob("*")):
            path.chmod(0o700)


# — lists and members —


def test_lists_show_has_the_contracts_row_for_every_list(site):
    rows = {row["name"]: row for row in site.rows("lists", "show")}
    central = rows["central-africa"]
    assert (central["address"], central["tag"], central["ceiling"], central["members"]) == (CENTRAL, "CAFR", "TLP:GREEN", 5)
    assert "CM" in central["countries"]
    assert (rows["south-east-asia"]["active"], rows["south-east-asia"]["members"]) == (False, 0)


def test_lists_sync_changes_nothing_the_second_time(fresh):
    assert fresh.rows("lists", "sync") == [{"changed": []}]
    fresh.edit_list("eastern-africa", 'title = "Eastern Africa"', 'title = "East Africa"')
    assert fresh.rows("lists", "validate") == [{"valid": True, "lists": 4, "active": 3}]
    assert [fresh.rows("lists", "sync") for _ in range(2)] == [[{"changed": ["eastern-africa"]}], [{"changed": []}]]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("new@douanes.example,New,Douanes,customs,CM,fr,no-such-list,a@n.example,b@n.example,member", "“no-such-list”"),
        ("new@douanes.example,New,Douanes,customs,CM,fr,central-africa,a@n.example,a@n.example,member", "two different people"),
        ("new@douanes.example,New,Douanes,spying,CM,fr,central-africa,a@n.example,b@n.example,member", "“spying”"),
        ("not-an-address,New,Douanes,customs,CM,fr,central-africa,a@n.example,b@n.example,member", "“not-an-address”"),
        ("new@douanes.example,New,Douanes,customs,CM,fr", "cells"),
        (f"{JEAN},Jean,Parcs,ranger,GA,fr,central-africa,a@n.example,b@n.example,member", JEAN),
    ],
)
def test_an_import_with_one_wrong_line_names_it_and_adds_nobody(site, tmp_path, line, words):
    good = "good@douanes.example,Good,Douanes,customs,CM,fr,central-africa,a@n.example,b@n.example,member"
    (tmp_path / "new.csv").write_text(f"{HEADER}\n{good}\n{line}\n", "utf-8")
    done = site.try_run("members", "import", str(tmp_path / "new.csv"))
    assert done.code == EX_DATAERR
    assert "line 3: " in done.sentence
    assert words in done.sentence
    assert site.try_run("members", "show", "good@douanes.example").code == EX_NOINPUT


def test_an_import_with_a_wrong_column_names_line_1(site, tmp_path):
    (tmp_path / "new.csv").write_text(HEADER.replace("agency_type", "agency type") + "\n", "utf-8")
    done = site.try_run("members", "import", str(tmp_path / "new.csv"))
    assert (done.code, "line 1: " in done.sentence) == (EX_DATAERR, True)


def test_a_members_life_from_add_to_remove(fresh):
    options = ["--name", "Awa Nova", "--agency", "Douanes", "--agency-type", "customs", "--country", "CM", "--language", "fr"]
    options += ["--lists", "central-africa,species-id", "--nominated-by", PAUL, "--confirmed-by", CLAIRE, "--role", "member"]
    awa = "awa@douanes.example"
    [added] = fresh.rows("members", "add", awa, *options, "--role", "moderator", "--valid-until", "2199-12-31", "--issue-password")
    assert set(added) == {"address", "password"}
    assert re.fullmatch(r"([a-z0-9]{6}-){4}[a-z0-9]{6}", added["password"])
    again = fresh.try_run("members", "add", awa, *options)
    assert (again.code, awa in again.sentence) == (EX_CANTCREAT, True)
    [shown] = fresh.rows("members", "show", awa)
    assert (shown["state"], shown["roles"], shown["valid_until"]) == ("active", ["member", "moderator"], "2199-12-31")
    assert awa in [row["address"] for row in fresh.rows("members", "list", "--list", "species-id")]
    states = [
        fresh.rows("members", *words)[0]["state"]
        for words in (("suspend", awa, "--reason", "on leave"), ("reinstate", awa), ("renew", awa), ("remove", awa))
    ]
    assert states == ["suspended", "active", "active", "left"]
    assert fresh.try_run("members", "reinstate", awa).code == EX_CANTCREAT
    assert awa not in fresh.run("members", "export").out


def test_what_is_exported_is_what_was_imported(site):
    lines = site.run("members", "export").out.splitlines()
    assert len(lines) == 7
    assert [row["address"] for row in site.rows("members", "export")] == sorted([ANA, PAUL, JEAN, CLAIRE, EVA, "maria@aduanas.example"])


def test_a_whole_agency_is_suspended_at_once(fresh):
    rows = fresh.rows("members", "suspend", "--agency", "police", "--reason", "reorganised")
    assert {(row["address"], row["state"]) for row in rows} == {(PAUL, "suspended"), (CLAIRE, "suspended")}
