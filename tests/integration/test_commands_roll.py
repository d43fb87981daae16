"""`wen-relay members import` and its kind: many members at once, tried first and then done, all or nothing."""

import json
from datetime import UTC, datetime

import pytest

from tests.integration.service import ANA, CLAIRE, JEAN, MARIA, MEMBERS, PAUL

EX_DATAERR, EX_NOINPUT = 65, 66
HEADER, _, _ = MEMBERS.partition("\n")
NEW = "new@douanes.example"
GOOD = f"{NEW},New,Douanes,customs,CM,fr,central-africa,{PAUL},b@n.example,member"


def write(site, *lines, header=HEADER):
    file = site.folder / "roll.csv"
    file.write_text("\n".join((header, *lines)) + "\n", "utf-8")
    return str(file)


def audit(site):
    return site.run("audit", "export").out


def test_a_dry_run_says_who_would_be_added_and_changes_nothing(fresh):
    before = audit(fresh), fresh.run("queue", "list", "--json").out
    done = fresh.run("members", "import", write(fresh, GOOD), "--dry-run")
    assert "1 member would be added; nothing was changed." in done.err
    assert (audit(fresh), fresh.run("queue", "list", "--json").out) == before
    assert fresh.try_run("members", "show", NEW).code == EX_NOINPUT
    assert [row["address"] for row in fresh.rows("members", "import", write(fresh, GOOD))] == [NEW]
    assert audit(fresh) != before[0]


@pytest.mark.parametrize("address", [JEAN, "not-an-address"])
def test_a_dry_run_judges_as_the_import_does(site, address):
    file = write(site, GOOD, GOOD.replace(NEW, address))
    tried, done = (site.try_run("members", "import", file, *words) for words in (["--dry-run"], []))
    assert (tried.code, tried.sentence) == (done.code, done.sentence)
    assert (tried.code, "line 3: " in tried.sentence, address in tried.sentence) == (EX_DATAERR, True, True)


def test_an_address_twice_in_a_file_is_found_whatever_its_case(site):
    done = site.try_run("members", "import", write(site, GOOD, GOOD.replace(NEW, NEW.upper())))
    assert (done.code, "line 3: " in done.sentence, "stands on line 2 already" in done.sentence) == (65, True, True)


def test_a_name_that_looks_like_a_formula_leaves_as_text_and_comes_back_as_it_was(fresh):
    """Row 80."""
    evil = GOOD.replace(",New,", ",=HYPERLINK(1),")
    fresh.run("members", "import", write(fresh, evil))
    exported = fresh.run("members", "export").out
    assert '"\'=HYPERLINK(1)"' in exported
    [shown] = fresh.rows("members", "show", NEW)
    fresh.run("members", "remove", NEW)
    line = next(line for line in exported.splitlines() if NEW in line)
    fresh.run("members", "import", write(fresh, line, header=exported.splitlines()[0]))
    assert fresh.rows("members", "show", NEW) == [shown]
    assert ANA in exported


def welcomed(site):
    return {row["recipient"] for row in site.rows("queue", "list") if row["kind"] == "welcome"}


@pytest.mark.parametrize(("words", "expected"), [([], {NEW}), (["--no-welcome"], set())])
@pytest.mark.parametrize("command", ["import", "sync"])
def test_who_is_new_gets_the_rules_unless_they_had_them_otherwise(vouched, command, words, expected):
    before = welcomed(vouched)
    line = GOOD.replace(PAUL, CHIEF).replace("b@n.example", BOSS)
    vouched.run("members", command, write(vouched, line), *words)
    assert welcomed(vouched) == before | expected


# — sync —

CHIEF, BOSS = "chief@network.example", "boss@network.example"
POWERS = (
    f"{CHIEF},Chief Example,Network,police,CM,en,central-africa,one@network.example,two@network.example,member;focal-point",
    f"{BOSS},Boss Example,Network,police,CM,en,central-africa,one@network.example,two@network.example,member;admin",
)


@pytest.fixture
def vouched(fresh):
    """A relay with a focal point and an administrator, and its members as a file."""
    fresh.run("members", "import", write(fresh, *POWERS))
    return fresh


def exported(site, *words, **replaced):
    """The export, in which the words by these addresses' local parts stand in the place of others."""
    lines = site.run("members", "export", *words).out.splitlines()
    for local, (old, new) in replaced.items():
        [place] = [number for number, line in enumerate(lines) if line.startswith(f'"{local}@')]
        assert old in lines[place]
        lines[place] = lines[place].replace(old, new)
    return lines


def sync(site, lines, *words):
    return site.try_run("members", "sync", write(site, *lines[1:], header=lines[0]), *words)


def test_what_was_exported_is_in_line_with_what_is_there(vouched):
    before = audit(vouched)
    for words in ([], ["--country", "CM"], ["--agency", "police"]):
        done = sync(vouched, exported(vouched, *words), *words)
        assert (done.code, "Nothing differs." in done.err) == (0, True), done
    assert audit(vouched) == before


def test_a_sync_is_tried_first_and_then_done_with_an_entry_for_each_person(vouched):
    lines = exported(vouched, ana=("Ana Example", "Ana Maria Example"))
    new = GOOD.split(",")
    lines.append(",".join([*new, *[""] * (lines[0].count(",") + 1 - len(new))]))
    before = audit(vouched)
    tried = sync(vouched, lines, "--dry-run", "--json")
    assert tried.rows == [
        {"change": "added", "address": NEW, "column": None, "old": None, "new": None, "vouched_by": None},
        {
            "change": "changed",
            "address": ANA,
            "column": "name",
            "old": "Ana Example",
            "new": "Ana Maria Example",
            "vouched_by": None,
        },
    ]
    assert audit(vouched) == before
    assert sync(vouched, lines, "--json").rows == tried.rows
    events = [row["event"] for row in map(json.loads, audit(vouched).splitlines()) if "event" in row]
    assert events[-2:] == ["member.changed", "member.added"]
    assert "Ana Maria" not in audit(vouched)
    [ana] = vouched.rows("members", "show", ANA)
    assert ana["name"] == "Ana Maria Example"
    assert sync(vouched, exported(vouched), "--json").rows == []


def test_nobody_is_removed_unasked_and_no_region_by_a_file_that_was_cut_off(vouched):
    """Row 79."""
    cut = exported(vouched)[:3]
    done = sync(vouched, cut)
    assert (done.code, "Not in the file, and left as they are: 6." in done.err) == (0, True), done
    done = sync(vouched, cut, "--remove-missing")
    assert (done.code, "6 of 8 would be removed: if that is meant, say so with --yes-remove 6" in done.sentence) == (
        65,
        True,
    )
    assert sync(vouched, cut, "--remove-missing", "--yes-remove", "5").code == EX_DATAERR
    assert len(vouched.rows("members", "list", "--state", "active")) == 8
    rows = sync(vouched, cut, "--remove-missing", "--yes-remove", "6", "--json").rows
    assert [row["change"] for row in rows] == ["removed"] * 6
    assert len(vouched.rows("members", "list", "--state", "active")) == 2
    assert sync(vouched, cut, "--yes-remove", "6").code == 64


def test_one_operator_with_a_file_gives_nobody_power(vouched):
    """Row 78."""
    grab = exported(vouched, ana=('"member"', '"member;admin"'))
    before = audit(vouched)
    done = sync(vouched, grab)
    assert (done.code, "needs two who may vouch for it" in done.sentence) == (EX_DATAERR, True), done
    assert audit(vouched) == before
    by = exported(
        vouched, ana=('"one@network.example","two@network.example","member"', f'"{CHIEF}","{BOSS}","member;moderator"')
    )
    assert sync(vouched, by, "--json").rows == [
        {
            "change": "changed",
            "address": ANA,
            "column": "role",
            "old": "member",
            "new": "member;moderator",
            "vouched_by": [CHIEF, BOSS],
        }
    ]
    told = {row["recipient"] for row in vouched.rows("queue", "list") if row["kind"] == "nomination"}
    assert told == {CHIEF, BOSS}
    [ana] = vouched.rows("members", "show", ANA)
    assert ana["roles"] == ["member", "moderator"]


def test_one_wrong_line_changes_nobody(vouched):
    lines = exported(vouched, ana=("Ana Example", "Ana Maria"), paul=('"fr"', '"xx"'))
    done = sync(vouched, lines)
    assert (done.code, "nothing was changed" in done.sentence, "“xx” is not a language" in done.sentence) == (
        65,
        True,
        True,
    )
    assert vouched.rows("members", "show", ANA)[0]["name"] == "Ana Example"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [(",customs,", ",spying,", "“spying” is not an agency type"), ("b@n.example", "", "“confirmed_by” is missing")],
)
def test_what_is_wrong_with_somebody_new_undoes_what_was_changed_before(vouched, old, new, words):
    lines = exported(vouched, ana=("Ana Example", "Ana Maria"))
    cells = GOOD.replace(old, new).split(",")
    lines.append(",".join([*cells, *[""] * (lines[0].count(",") + 1 - len(cells))]))
    before = audit(vouched)
    done = sync(vouched, lines)
    assert (done.code, f"line {len(lines)}: " in done.sentence, words in done.sentence) == (EX_DATAERR, True, True), (
        done
    )
    assert audit(vouched) == before
    assert vouched.rows("members", "show", ANA)[0]["name"] == "Ana Example"


# — filters, and who was a member when —


@pytest.mark.parametrize(
    ("words", "who"),
    [
        (["--country", "cm"], {ANA, PAUL}),
        (["--country", "CM", "--agency", "POLICE"], {PAUL}),
        (["--role", "moderator"], {PAUL, CLAIRE}),
        (["--role", "moderator", "--country", "GA"], {CLAIRE}),
        (["--list", "species-id", "--agency", "Aduanas"], {MARIA}),
        (["--state", "suspended"], set()),
    ],
)
def test_members_are_listed_and_exported_by_what_they_are(site, words, who):
    assert {row["address"] for row in site.rows("members", "list", *words)} == who
    assert {row["address"] for row in site.rows("members", "export", *words)} == who


@pytest.mark.parametrize("words", [["--country", "XX"], ["--state", "asleep"], ["--role", "king"]])
def test_a_filter_that_can_not_be_meant_is_refused(site, words):
    done = site.try_run("members", "list", *words)
    assert (done.code, f"“{words[1]}”" in done.sentence) == (EX_DATAERR, True)


def test_who_was_a_member_is_told_by_the_log(fresh):
    def at(*words):
        return {row["address"]: (row["state"], row["in_force"]) for row in fresh.rows("members", "at", *words)}

    there = datetime.now(UTC).isoformat()
    fresh.run("members", "suspend", ANA, "--reason", "on leave")
    fresh.run("members", "remove", PAUL)
    now = datetime.now(UTC).isoformat()
    assert (at(there)[ANA], at(there)[PAUL], len(at(there))) == (("active", True), ("active", True), 6)
    assert (at(now)[ANA], PAUL in at(now)) == (("suspended", False), False)
    assert at(there, "--country", "CM", "--list", "species-id") == {ANA: ("active", True), PAUL: ("active", True)}
    assert at(now, "--state", "left") == {PAUL: ("left", False)}
    table = fresh.run("members", "at", now, "--state", "suspended").out.splitlines()
    assert table[-1].split()[-1] == "no"
    assert at(datetime.now(UTC).date().isoformat()) == at(datetime.now(UTC).isoformat())


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2199-01-01", "still to come"),
        ("2001-01-01", "nothing is known of what was before"),
        ("last week", "is no moment"),
    ],
)
def test_a_moment_that_the_log_can_not_tell_is_refused(site, moment, words):
    done = site.try_run("members", "at", moment)
    assert (done.code, words in done.sentence) == (EX_DATAERR, True)
