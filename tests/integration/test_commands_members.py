"""`wen-relay lists` and `wen-relay members`: the contract's rows, all-or-nothing imports, and a member's whole life."""

import re

import pytest

from tests.integration.service import ANA, CENTRAL, CLAIRE, EVA, JEAN, MEMBERS, PAUL

EX_DATAERR, EX_NOINPUT, EX_CANTCREAT = 65, 66, 73
HEADER, _, _ = MEMBERS.partition("\n")


def test_lists_show_has_the_contracts_row_for_every_list(site):
    rows = {row["name"]: row for row in site.rows("lists", "show")}
    central = rows["central-africa"]
    assert (central["address"], central["tag"], central["ceiling"], central["members"]) == (
        CENTRAL,
        "CAFR",
        "TLP:GREEN",
        5,
    )
    assert "CM" in central["countries"]
    assert (rows["south-east-asia"]["active"], rows["south-east-asia"]["members"]) == (False, 0)


def test_lists_sync_changes_nothing_the_second_time(fresh):
    assert fresh.rows("lists", "sync") == [{"changed": []}]
    fresh.edit_list("eastern-africa", 'title = "Eastern Africa"', 'title = "East Africa"')
    assert fresh.rows("lists", "validate") == [{"valid": True, "lists": 14, "active": 3}]
    assert [fresh.rows("lists", "sync") for _ in range(2)] == [[{"changed": ["eastern-africa"]}], [{"changed": []}]]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("new@douanes.example,New,Douanes,customs,CM,fr,no-such-list,a@n.example,b@n.example,member", "“no-such-list”"),
        (
            "new@douanes.example,New,Douanes,customs,CM,fr,central-africa,a@n.example,a@n.example,member",
            "two different people",
        ),
        ("new@douanes.example,New,Douanes,spying,CM,fr,central-africa,a@n.example,b@n.example,member", "“spying”"),
        ("not-an-address,New,Douanes,customs,CM,fr,central-africa,a@n.example,b@n.example,member", "“not-an-address”"),
        ("new@douanes.example,New,Douanes,customs,CM,fr", "cells"),
        (f"{JEAN},Jean,Parcs,ranger,GA,fr,central-africa,a@n.example,b@n.example,member", JEAN),
        *(
            (f"{own},New,Douanes,customs,CM,fr,central-africa,a@n.example,b@n.example,member", own)
            for own in (CENTRAL, "Species-ID-owner@relay.example", "abuse@relay.example", "alerts@relay.example")
        ),
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
    options = [
        "--name",
        "Awa Nova",
        "--agency",
        "Douanes",
        "--agency-type",
        "customs",
        "--country",
        "CM",
        "--language",
        "fr",
    ]
    options += [
        "--lists",
        "central-africa,species-id",
        "--nominated-by",
        PAUL,
        "--confirmed-by",
        CLAIRE,
        "--role",
        "member",
    ]
    awa = "awa@douanes.example"
    [added] = fresh.rows(
        "members", "add", awa, *options, "--role", "moderator", "--valid-until", "2199-12-31", "--issue-password"
    )
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
    assert [row["address"] for row in site.rows("members", "export")] == sorted(
        [ANA, PAUL, JEAN, CLAIRE, EVA, "maria@aduanas.example"]
    )


def test_a_membership_is_said_to_have_an_end_where_that_end_was_set(fresh):
    said = [
        fresh.run("members", *words).err.strip()
        for words in (("renew", PAUL, "--valid-until", "2099-06-30"), ("suspend", PAUL, "--reason", "on leave"), ("reinstate", PAUL),
                      ("remove", PAUL), ("renew", CLAIRE))
    ]  # fmt: skip
    assert said == [
        f"{PAUL} is renewed until 2099-06-30.",
        f"{PAUL} is suspended.",
        f"{PAUL} is reinstated.",
        f"{PAUL} is removed.",
        f"{CLAIRE} is renewed without an end.",
    ]


def test_a_password_that_takes_the_place_of_another_says_so(fresh):
    replaces = "This replaces the one named “mail”, which has ended."
    assert [replaces in fresh.run("members", "password", PAUL).err for _ in range(2)] == [False, True]
    [row] = fresh.rows("members", "password", PAUL, "--name", "phone")
    assert row["replaced"] is False
    assert len(fresh.rows("members", "passwords", PAUL)) == 2


def test_a_whole_agency_is_suspended_at_once(fresh):
    rows = fresh.rows("members", "suspend", "--agency", "police", "--reason", "reorganised")
    assert {(row["address"], row["state"]) for row in rows} == {(PAUL, "suspended"), (CLAIRE, "suspended")}


def test_a_whole_agency_is_reinstated_for_the_reason_that_was_given(fresh):
    agency = ("--agency", "police", "--country", "cm")
    fresh.run("members", "suspend", *agency, "--reason", "reorganised")
    done = fresh.try_run("members", "reinstate", *agency)
    assert "“reorganised”" in done.err
    [row] = fresh.rows("members", "reinstate", *agency, "--reason", "reorganised")
    assert (row["address"], row["state"]) == (PAUL, "active")


def test_whoever_vouches_and_gets_no_mail_of_it_is_named(fresh):
    words = ["members", "add", "new@douanes.example", "--name", "New Example", "--agency", "Douanes"]
    words += ["--agency-type", "customs", "--country", "CM", "--language", "fr", "--lists", "central-africa"]
    done = fresh.run(*words, "--nominated-by", CLAIRE, "--confirmed-by", "deputy@agency.example")
    assert "tell them yourself: deputy@agency.example." in done.err
    assert CLAIRE not in done.err


def test_a_last_day_that_is_over_is_refused(fresh):
    done = fresh.try_run("members", "renew", ANA, "--valid-until", "2020-01-01")
    assert (done.code, "2020-01-01 is over already" in done.sentence) == (EX_DATAERR, True), done


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("address,name,agency,agency_typ", "did you mean “agency_type”?"),
        ("address;name;agency", "the column “agency_type” is missing"),
        ("address,name,address", "the column “address” stands there twice"),
        ("address,name,shoe_size", "the columns are address"),
    ],
)
def test_a_wrong_header_is_answered_with_what_to_do(fresh, header, sentence):
    file = fresh.folder / "new.csv"
    file.write_text(f"{header}\n", "utf-8")
    done = fresh.try_run("members", "import", str(file))
    assert (done.code, sentence in done.sentence) == (65, True), done
    assert fresh.try_run("members", "import", str(fresh.folder / "none.csv")).code == 66


def test_who_has_not_accepted_the_rules_is_listed(fresh):
    rows = fresh.rows("members", "list", "--rules-missing", "--country", "GA")
    assert {row["address"] for row in rows} == {JEAN, CLAIRE}
    fresh.run("members", "suspend", JEAN)
    assert len(fresh.rows("members", "list", "--rules-missing", "--country", "GA")) == 1
