"""`wen-relay check`: the contract's line for every decision, and no message on which it fails."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay.actions.check import check
from relay.resources import load_resources
from relay.scan.pool import ScannerPool
from relay.settings import load_settings
from tests.builders import DEFINITIONS, address
from tests.integration.clients import make_post, octets_of
from tests.integration.service import ANA, CENTRAL, EASTERN, EVA, JEAN, SPECIES, Site
from tests.scanning import ONE_DETECTOR

FIELDS = ["file", "list", "decision", "marking", "reasons", "removed", "channels", "elapsed_ms"]
PLAIN = octets_of(make_post(ANA, "Seizure", "Two tusks.\n", message_id="<1@douanes.example>"))
RED = octets_of(make_post(ANA, "[TLP:RED] Seizure", "Two tusks.\n"))
PURPLE = octets_of(make_post(ANA, "[TLP:PURPLE] Seizure", "Two tusks.\n"))
AUTOMATIC = octets_of(make_post(ANA, "Out of office", "Back on Monday.\n", Auto_Submitted="auto-replied"))
TWO_AUTHORS = PLAIN.replace(f"From: {ANA}".encode(), f"From: {ANA}, {JEAN}".encode())


def with_attachment():
    message = make_post(ANA, "Seizure", "Two tusks.\n")
    message.add_attachment(b"\x00\x01\x02", maintype="application", subtype="octet-stream", filename="a.bin")
    return octets_of(message)


DECISIONS = [
    (PLAIN, "relay", "TLP:GREEN", "P1"),
    (RED, "withhold", "TLP:RED", "M1"),
    (PURPLE, "hold", "TLP:GREEN", "H2"),
    (TWO_AUTHORS, "refuse", None, "R3"),
    (AUTOMATIC, "discard", None, "D1"),
]


@pytest.fixture(scope="module")
def decided(site, tmp_path_factory):
    """The lines for a message of each decision, by that word, and for one to no list: of one command, since its scanner takes a second to start."""
    folder = tmp_path_factory.mktemp("decisions")
    named = {decision: octets for octets, decision, _, _ in DECISIONS}
    named["to no list"] = PLAIN.replace(CENTRAL.encode(), b"somebody@agency.example")
    for name, octets in named.items():
        (folder / name).write_bytes(octets)
    rows = site.rows("check", *(str(folder / name) for name in named))
    return dict(zip(named, rows, strict=True))


@pytest.mark.parametrize(("octets", "decision", "marking", "code"), DECISIONS)
def test_each_decision_is_told_with_exactly_the_contracts_fields_and_exit_0(decided, octets, decision, marking, code):
    row = decided[decision]
    assert list(row) == FIELDS
    assert (row["list"], row["decision"], row["marking"]) == (CENTRAL, decision, marking)
    assert code in [reason["code"] for reason in row["reasons"]]
    assert all(list(reason) == ["code", "rule", "place"] for reason in row["reasons"])
    assert row["removed"] == []
    assert bool(row["channels"]) == (decision == "withhold")
    assert row["elapsed_ms"] > 0


def test_a_batch_of_files_is_told_in_its_order_a_row_per_file_and_list(site, tmp_path):
    both = PLAIN.replace(f"To: {CENTRAL}".encode(), f"To: {SPECIES}\r\nCc: {CENTRAL}".encode())
    for name, octets in {
        "a": PLAIN,
        "b": RED,
        "c": both,
        "d": with_attachment(),
        "e": PLAIN.replace(b"\r\n", b"\n"),
    }.items():
        (tmp_path / name).write_bytes(octets)
    rows = site.rows("check", *(str(tmp_path / name) for name in "abcde"))
    told = [(row["file"][-1], row["list"], row["decision"], row["removed"]) for row in rows]
    assert told == [
        ("a", CENTRAL, "relay", []),
        ("b", CENTRAL, "withhold", []),
        *(("c", one, "relay", []) for one in (SPECIES, CENTRAL)),
        ("d", CENTRAL, "relay", ["attachment 1"]),
        ("e", CENTRAL, "relay", []),
    ]


def test_with_a_sender_their_right_to_post_is_judged_too(judge):
    decisions = {}
    for sender in (ANA, EVA, "nobody@press.example"):
        [answer] = judge(PLAIN.replace(f"From: {ANA}".encode(), f"From: {sender}".encode()), sender)
        decisions[sender] = answer.decision.word
    assert decisions == {ANA: "relay", EVA: "refuse", "nobody@press.example": "refuse"}


def test_a_sender_who_is_not_the_author_is_refused(site):
    [row] = site.rows("check", "-", "--sender", JEAN, stdin=PLAIN)
    assert (row["file"], row["decision"], row["reasons"][0]["code"]) == ("-", "refuse", "R2")


def test_how_a_message_comes_is_not_asked(site):
    site.edit_list("central-africa", "\nactive = true", '\nactive = true\nproofs = ["dkim"]')
    try:
        for words in ((), ("--sender", ANA)):
            [row] = site.rows("check", *words, "-", stdin=PLAIN)
            assert row["decision"] == "relay"
    finally:
        site.edit_list("central-africa", '\nproofs = ["dkim"]', "")


def test_a_named_list_is_judged_instead_of_those_addressed(site):
    [row] = site.rows("check", "-", "--list", EASTERN, stdin=PLAIN)
    assert row["list"] == EASTERN


def test_without_a_list_among_the_recipients_it_is_a_post_to_the_routed_alerts(decided):
    row = decided["to no list"]
    assert (row["list"], row["decision"]) == ("alerts@relay.example", "relay")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nowhere.eml",), 66),
        (("-", "--list", "nothing@relay.example"), 66),
        (("-", "--sender", "x"), 65),
        ((".",), 65),
    ],
)
def test_what_cannot_be_checked_is_one_sentence(site, words, code):
    done = site.try_run("check", *words, stdin=PLAIN)
    assert done.code == code
    assert words[-1] in done.sentence or code == 65


def test_checking_stores_and_sends_nothing(site):
    before = {path: path.read_bytes() for path in site.data.rglob("*.db")}
    site.run("check", "-", stdin=RED)
    site.run("check", "-", "--sender", ANA, stdin=PLAIN)
    assert {path: path.read_bytes() for path in site.data.rglob("*.db")} == before
    assert site.rows("posts", "list") == []


@pytest.fixture(scope="module")
def judge(site):
    """Check octets in this process, with one pool for all of them."""
    resources = load_resources(load_settings(site.file))
    scan = resources.settings.scan
    pool = ScannerPool(
        processes=1,
        memory=scan.memory,
        deadline=scan.deadline,
        definitions=DEFINITIONS,
    )
    pool.start()

    def judged(octets, sender=""):
        by = address(sender) if sender else None
        return check(resources, pool.scan, octets, sender=by, list_address=None, now=datetime.now(UTC))

    yield judged
    pool.close()
    resources.database.close()


PIECES = [
    RED,
    PURPLE,
    with_attachment(),
    b"\r\n\r\n",
    b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"--b\r\n",
    b"--b--",
    b"\0",
    b"\r",
]
PIECES += [
    b"From: a@b.example\r\n",
    b"=?utf-8?b?",
    b"Content-Transfer-Encoding: base64\r\n",
    b"<html><p",
    "ＴＬＰ：ＲＥＤ".encode(),
    b"TLP:",
]
GARBAGE = st.lists(st.one_of(st.binary(max_size=200), st.sampled_from(PIECES)), max_size=12).map(b"".join)


@given(octets=GARBAGE)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_every_file_however_broken_gets_a_decision(judge, octets):
    for answer in judge(octets):
        row = answer.to_json("x.eml")
        assert row["decision"] in {"relay", "hold", "withhold", "refuse", "discard"}
        assert row["reasons"]
        json.dumps(row)


@given(noise=st.binary(max_size=60), at=st.integers(min_value=0, max_value=len(RED)))
@settings(max_examples=150, deadline=None)
def test_noise_in_a_marked_post_never_makes_it_go_out_with_its_marking_whole(judge, noise, at):
    marking = RED.index(b"[TLP:RED]")
    at = marking + 9 + at % (len(RED) - marking - 9)
    for answer in judge(RED[:at] + noise.replace(b"\r", b"").replace(b"\n", b"") + RED[at:]):
        assert answer.decision.word != "relay"


def test_what_identifies_a_person_is_withheld_with_its_rule_and_place_and_none_of_its_words(tmp_path):
    whole = Site(tmp_path, 25, detectors=True)
    whole.enrol()
    text = "The suspect Quandu Vurdo was arrested at the port.\nPassport A1234567\n"
    [row] = whole.rows("check", "-", stdin=octets_of(make_post(ANA, "Seizure", text)))
    assert row["decision"] == "withhold"
    assert {("N1", "text, line 1"), ("N2", "text, line 2")} <= {(one["code"], one["place"]) for one in row["reasons"]}
    assert "Vurdo" not in str(row)
    assert "A1234567" not in str(row)


def test_a_detector_of_the_site_that_misses_its_example_stops_the_check(tmp_path):
    site = Site(tmp_path, 25)
    own = site.data / "config" / "policy" / "detectors" / "links.toml"
    own.write_text(ONE_DETECTOR.replace("An informant.", "A man."), "utf-8")
    done = site.try_run("check", "-", stdin=PLAIN)
    assert done.code == 78
    assert "links.toml: “a.rule” does not find its example “A man.”" in done.sentence
