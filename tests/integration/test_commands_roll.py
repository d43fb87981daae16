"""`wen-relay members import` and its kind: many members at once, tried first and then done, all or nothing."""

import pytest

from tests.integration.service import ANA, JEAN, MEMBERS, PAUL

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
