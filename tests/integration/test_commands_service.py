"""Commands beside a running service: what it is told takes effect at once, and what it did can be looked up."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import datetime

import dkim
import pytest

from tests.integration.clients import make_post, send
from tests.integration.service import ANA, CENTRAL, CLAIRE, JEAN, MARIA, PAUL, eventually, open_house
from tests.integration.test_service_relay import dns as published_keys

EX_USAGE, EX_DATAERR, EX_TEMPFAIL = 64, 65, 75
OTHERS = sorted([PAUL, JEAN, MARIA, CLAIRE])
STATES = ["digest", "queued", "leased", "sending", "delivered", "failed", "expired", "cancelled", "possible_duplicates"]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("commands"), ANA) as opened:
        yield opened


def post(house, subject):
    """Send a post; its reference."""
    reply = send(house.service, ANA, make_post(ANA, subject, "Two tusks.\n", message_id=f"<{subject}@douanes.example>"))
    assert reply.startswith("250 2.0.0 "), reply
    return reply.split()[2]


def status(house):
    [row] = house.site.rows("queue", "status")
    return row


def copies(house, reference):
    """The rows of a post's copies by recipient."""
    rows = house.site.rows("queue", "list", "--reference", reference)
    return {row["recipient"]: row for row in rows if row["kind"] == "copy"}


@pytest.fixture
def waiting(house, request):
    """A post whose copies wait for their next attempt, since the smarthost asked to try again later."""
    house.smarthost.sink.behave = lambda stage, argument: "451 4.3.0 later" if stage == "rcpt" else None
    reference = post(house, request.node.name.replace("_", "-"))
    eventually(
        lambda: {(row["status"], row["attempts"]) for row in copies(house, reference).values()} == {("queued", 1)}
    )
    house.smarthost.sink.behave = None
    return reference


def test_a_second_service_on_the_same_data_is_75(house):
    done = house.site.try_run("serve")
    assert done.code == EX_TEMPFAIL
    assert str(house.site.data) in done.sentence


def test_posts_list_and_show_have_the_contracts_row(house):
    reference = post(house, "listed")
    eventually(lambda: house.site.rows("posts", "show", reference)[0]["deliveries"] == {"delivered": 4})
    [row] = [row for row in house.site.rows("posts", "list") if row["reference"] == reference]
    assert list(row)[:8] == [
        "reference",
        "list",
        "author",
        "message_id",
        "received_at",
        "decision",
        "marking",
        "reasons",
    ]
    assert (row["list"], row["author"], row["message_id"]) == (CENTRAL, ANA, "<listed@douanes.example>")
    assert TIME.fullmatch(row["received_at"])
    assert datetime.fromisoformat(row["received_at"]).tzinfo
    assert (row["decision"], row["marking"], row["deliveries"]) == ("relay", "TLP:GREEN", {"delivered": 4})
    assert row["reasons"] == [{"code": "P1", "rule": "nothing.found", "place": "whole message"}]
    assert len(house.site.rows("posts", "list", "--limit", "1")) == 1


def test_queue_status_counts_every_state(house):
    row = status(house)
    assert list(row) == [*STATES, "oldest_seconds", "due_seconds", "lists", "stopped", "smarthost_away_since", "alarms"]
    assert row["delivered"] >= 0


def test_queue_list_shows_who_waits_and_why(house, waiting):
    rows = copies(house, waiting)
    assert sorted(rows) == OTHERS
    assert {(row["list"], row["last_reply"]) for row in rows.values()} == {("central-africa", "451 4.3.0 later")}
    shown = [row[name] for row in rows.values() for name in ("created_at", "next_attempt_at")]
    shown += [row[name] for row in house.site.rows("nodes", "list") for name in ("since", "seen_at")]
    assert all(TIME.fullmatch(one) for one in shown)


def test_queue_status_tells_of_what_waits_how_long_it_does_and_for_which_list(house, waiting):
    row = status(house)
    assert row["lists"]["central-africa"]["queued"] >= len(OTHERS)
    assert row["oldest_seconds"]["queued"] >= 0
    table = house.site.run("queue", "status").out
    [line] = [line for line in table.splitlines() if line.startswith("queued ")]
    assert line.split()[1] == str(row["queued"])
    assert any(line.startswith("central-africa ") and "queued" in line for line in table.splitlines())


def test_queue_list_can_be_asked_for_a_state_a_list_and_an_age(house, waiting):
    def found(*words):
        return {row["recipient"] for row in house.site.rows("queue", "list", "--reference", waiting, *words)}

    assert found("--status", "queued", "--list", "central-africa") >= set(OTHERS)
    assert found("--status", "cancelled") == found("--list", "eastern-africa") == found("--older-than", "1h") == set()
    assert found("--older-than", "0s") >= set(OTHERS)
    assert house.site.try_run("queue", "list", "--older-than", "long").code == EX_USAGE


def test_a_suspended_members_waiting_copy_is_never_sent_and_the_others_are(house, waiting):
    house.site.run("members", "suspend", JEAN, "--reason", "left the service")
    try:
        assert copies(house, waiting)[JEAN]["status"] == "cancelled"
        house.site.run("queue", "retry", waiting)
        eventually(lambda: house.smarthost.copies(waiting) == sorted(set(OTHERS) - {JEAN}))
        later = post(house, "while-suspended")
        eventually(lambda: house.smarthost.copies(later) == sorted(set(OTHERS) - {JEAN}))
    finally:
        house.site.run("members", "reinstate", JEAN)


def test_cancelled_copies_are_not_sent(house, waiting):
    assert house.site.rows("queue", "cancel", waiting) == [{"deliveries": 4}]
    assert {row["status"] for row in copies(house, waiting).values()} == {"cancelled"}
    house.site.run("queue", "retry", "--all")
    later = post(house, "after-the-cancelled")
    eventually(lambda: house.smarthost.copies(later) == OTHERS)
    assert house.smarthost.copies(waiting) == []


def test_retry_sends_at_once_what_failed(house):
    house.smarthost.sink.behave = lambda stage, argument: (
        "550 5.1.1 gone" if (stage, argument) == ("rcpt", JEAN) else None
    )
    reference = post(house, "failed-at-first")
    eventually(lambda: copies(house, reference)[JEAN]["status"] == "failed")
    house.smarthost.sink.behave = None
    assert house.site.rows("queue", "retry", reference)[0]["deliveries"] >= 1
    eventually(lambda: house.smarthost.copies(reference) == OTHERS)
    assert house.site.rows("queue", "retry", "--all")[0]["deliveries"] >= 0


def test_a_new_password_works_at_once_and_none_does_after_removal(house):
    words = ["--name", "Nia", "--agency", "Douanes", "--agency-type", "customs", "--country", "CM", "--language", "en"]
    words += ["--lists", "species-id", "--nominated-by", PAUL, "--confirmed-by", CLAIRE, "--issue-password"]
    nia = "nia@douanes.example"
    [issued] = house.site.rows("members", "add", nia, *words)
    house.site.passwords[nia] = issued["password"]
    message = make_post(nia, "Hello", "What is it?\n", message_id="<nia@douanes.example>")
    assert send(house.service, nia, message, "species-id@relay.example").startswith("250 2.0.0 SPECIES-")
    eventually(lambda: [mail for mail in house.smarthost.mails if mail.message["Auto-Submitted"] == "auto-generated"])
    house.site.run("members", "remove", nia)
    with pytest.raises(Exception, match="535"):
        send(house.service, nia, message, "species-id@relay.example")


def test_the_audit_log_is_whole_and_says_who_did_what(house):
    done = house.site.run("audit", "verify", "--json")
    assert done.rows == [{"valid": True, "problems": []}]
    entries = [json.loads(line) for line in house.site.run("audit", "export").out.splitlines()]
    text = json.dumps(entries)
    assert {"post.decided", "member.suspended", "member.reinstated", "lists.synced"} <= set(
        re.findall(r'"([a-z]+\.[a-z_]+)"', text)
    )
    assert ANA not in text  # entries name members by random id


def test_a_changed_entry_of_the_audit_log_is_found(fresh):
    assert fresh.run("audit", "verify").code == 0
    with closing(sqlite3.connect(fresh.data / "relay.db")) as database, database:
        database.execute("UPDATE audit SET facts = replace(facts, 'central-africa', 'eastern-africa')")
    done = fresh.try_run("audit", "verify")
    assert done.code == EX_DATAERR
    assert "was changed" in done.sentence


def test_keys_are_rotated_beside_the_service_and_what_it_held_opens_all_the_same(house):
    """The service doesn't know the new key yet: it opens with it at once, and takes it up with its next tick."""
    reply = send(
        house.service, ANA, make_post(ANA, "[TLP:PURPLE] kept", "Two tusks.\n", message_id="<kept@douanes.example>")
    )
    reference = reply.split()[2]
    [rotated] = house.site.rows("keys", "rotate")
    [made] = rotated["made"]
    assert (rotated["posts"] >= 1, rotated["shut"]) == (True, 0)
    rows = house.site.rows("keys", "status")
    assert {row["kind"] for row in rows} == {"audit", "dkim", "duplicates", "recovery", "vault", "verp"}
    assert [row["posts"] for row in rows if row["kind"] == "vault"] == [0, rotated["posts"]]
    assert [row["file"] for row in rows if row["posts"]] == [made]
    house.site.run("held", "release", reference, "--moderator", PAUL)
    eventually(lambda: house.smarthost.copies(reference) == OTHERS)
    [entry] = [
        row
        for row in map(json.loads, house.site.run("audit", "export").out.splitlines())
        if row.get("event") == "keys.rotated"
    ]
    assert entry["facts"]["files"] == [made]


def test_a_missing_vault_key_is_named_with_the_number_of_posts_that_need_it(house):
    post(house, "needed")
    [newest] = [row["file"] for row in house.site.rows("keys", "status") if row["kind"] == "vault"][-1:]
    path = house.site.data / "keys" / newest
    aside = path.with_name("aside")
    path.rename(aside)
    try:
        done = house.site.try_run("keys", "status", "--json")
    finally:
        aside.rename(path)
    rows = [json.loads(line) for line in done.out.splitlines()]
    [missing] = [row for row in rows if row["since"] is None]
    assert (missing["file"], missing["posts"] >= 1) == (newest, True)
    assert f"{newest} is missing" in done.err


def test_dkim_keys_change_while_copies_always_bear_one_that_verifies(house):
    """The old pair signs until it is taken away; the last key of an algorithm stays."""
    old = sorted(path.stem.split("-")[2] for path in (house.site.data / "keys").glob("dkim-*.pem"))
    added = {row["selector"]: row for row in house.site.rows("keys", "dkim-add")}
    assert {row["algorithm"] for row in added.values()} == {"rsa-sha256", "ed25519-sha256"}
    assert all(row["record"].startswith('"v=DKIM1; k=') for row in added.values())
    assert house.site.try_run("keys", "dkim-add").code == 65  # one of this day is there
    for present in (set(old) | set(added), set(added)):
        house.service.reload()
        reference = post(house, f"signed-by-{len(present)}")
        eventually(lambda reference=reference: house.smarthost.copies(reference))
        octets = next(mail for mail in house.smarthost.about(reference) if mail.is_copy).received.octets
        found = [dkim.DKIM(octets) for _ in present]
        lookup = published_keys(house.site.data / "keys")
        assert all(one.verify(idx=place, dnsfunc=lookup) for place, one in enumerate(found))
        assert {one.signature_fields[b"s"].decode() for one in found} == present
        for selector in old if len(present) > len(added) else ():
            house.site.run("keys", "dkim-remove", selector, "--force")
    refused = [house.site.try_run("keys", "dkim-remove", one) for one in (*added, "nobody")]
    assert [(done.code, "dkim-add" in done.err) for done in refused] == [(65, True), (65, True), (65, False)]
    entries = [row["facts"] for row in house.site.run("audit", "export").rows if "dkim" in str(row.get("event"))]
    assert [sorted(facts["selectors"]) for facts in entries] == [sorted(added), [old[0]], [old[1]]]
