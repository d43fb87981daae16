"""`wen-relay directory`: the doors of countries as rows, as CSV, as a page; and a question to focal points at once."""

import csv
import io
from datetime import UTC, datetime

import pytest

from relay.doctor.directory import look_at_directory
from relay.settings import load_settings
from tests.integration.service import ANA, MEMBERS

HEADER = MEMBERS.partition("\n")[0]
CHIEF = "chief@network.example"


def test_the_directory_lists_doors_of_the_countries_of_active_lists(site):
    rows = site.rows("directory", "list")
    assert {"CM", "KE"} <= {row["country"] for row in rows}
    ncb = next(row for row in rows if (row["country"], row["channel"]) == ("CM", "ncb"))
    assert set(ncb) == {"country", "channel", "name", "how", "as_of", "confirmed"}
    assert (ncb["name"], ncb["confirmed"]) == ("BCN Yaoundé", False)
    assert {row["country"] for row in site.rows("directory", "list", "--country", "ke")} == {"KE"}
    assert site.try_run("directory", "list", "--country", "XX").code == 65


def test_the_export_is_csv_of_functions_and_days_that_no_spreadsheet_runs(fresh):
    own = fresh.data / "config" / "channels"
    own.mkdir(parents=True)
    door = 'country = "CM"\n[[channel]]\nid = "ncb"\nname = "=1+1"\nas_of = 2026-11-01\nstatus = "confirmed"\nsource = "x"\n'
    (own / "CM.toml").write_text(door, "utf-8")
    rows = list(csv.DictReader(io.StringIO(fresh.run("directory", "export", "--country", "CM").out)))
    assert {"channel": "ncb", "name": "'=1+1"}.items() <= rows[0].items() or any(row["name"] == "'=1+1" for row in rows)
    assert {row["country"] for row in rows} == {"CM"}
    assert {row["confirmed"] for row in rows} <= {"yes", "no"}


@pytest.mark.parametrize(("language", "words"), [("fr", "Cameroun"), ("pt", "Camarões")])
def test_the_page_is_one_file_in_the_readers_language(site, language, words):
    page = site.run("directory", "export", "--format", "html", "--country", "CM", "--language", language).out
    assert page.startswith("<!doctype html>")
    assert words in page
    assert "BCN Yaoundé" in page
    assert "example" not in page  # nobody's address
    assert site.try_run("directory", "export", "--format", "html", "--language", "de").code == 65


def test_the_doctor_finds_a_door_that_is_a_member(fresh):
    own = fresh.data / "config" / "channels"
    own.mkdir(parents=True)
    door = 'country = "CM"\n[[channel]]\nid = "ncb"\nhow = "{}"\nas_of = 2026-11-01\nstatus = "unconfirmed"\nsource = "x"\n'
    for how, levels in (("by your duty desk", ["ok"]), ("ask Ana Example", ["wrong"]), (ANA, ["wrong"])):
        (own / "CM.toml").write_text(door.format(how), "utf-8")
        found = list(look_at_directory(load_settings(fresh.file), datetime.now(UTC)))
        assert [one.level for one in found] == levels
        assert not any("Ana Example" in one.finding or ANA in one.finding for one in found)


def test_focal_points_are_asked_at_once_and_a_relay_without_any_says_so(fresh):
    done = fresh.try_run("directory", "ask")
    assert (done.code, "no focal point could be asked" in done.sentence) == (66, True)
    file = fresh.folder / "chief.csv"
    line = (
        f"{CHIEF},Chief,Network,police,CM,en,central-africa,one@network.example,two@network.example,member;focal-point"
    )
    file.write_text(f"{HEADER}\n{line}\n", "utf-8")
    fresh.run("members", "import", str(file))
    assert {"country": "CM", "letters": 1} in fresh.rows("directory", "ask")
    assert fresh.rows("directory", "ask", "--country", "cm") == [{"country": "CM", "letters": 1}]
    assert [row["recipient"] for row in fresh.rows("queue", "list") if row["kind"] == "doors"] == [CHIEF, CHIEF]
