"""`verp = "never"`: copies share a transaction and a return path, and what comes back to it is believed of those alone who had the post."""

import re

import pytest

from relay.delivery.bounce import read_post_path
from tests.builders import address
from tests.integration.clients import make_post, send
from tests.integration.service import ANA, CENTRAL, CLAIRE, EVA, JEAN, MARIA, PAUL, eventually, open_house
from tests.integration.test_service_return_path import TAKEN, UNKNOWN, come_back, counts, report

OTHERS = {PAUL, JEAN, MARIA, CLAIRE}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("relay"), ANA, settings={("delivery", "verp"): "never"}) as opened:
        yield opened


@pytest.fixture
def sent(house, request):
    """A post that went to everybody: its reference, what the smarthost took of it, and its return path."""
    before = len(house.smarthost.sink.received)
    reply = send(
        house.service, ANA, make_post(ANA, f"Seizure {request.node.name}", "Sixty kilograms of scales.\n"), CENTRAL
    )
    reference = re.fullmatch(r"250 2\.0\.0 (\S+)", reply)[1]
    eventually(lambda: counts(house, reference) == {"delivered": 4})
    taken = [one for one in house.smarthost.sink.received[before:] if one.mail_from]
    return reference, taken, taken[0].mail_from


def named(*people, action="failed", status="5.1.1"):
    """A report about several recipients."""
    one = "Final-Recipient: rfc822; paul@police.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
    assert one.encode() in report()
    groups = "".join(
        f"Final-Recipient: rfc822; {person}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n" for person in people
    )
    return report().replace(one.encode(), groups.encode())


def whys(house):
    return [event.get("why") for event in house.service.events("bounce.ignored")]


def test_who_reads_the_same_shares_a_transaction_and_all_a_return_path(house, sent):
    _, taken, path = sent
    assert {one.mail_from for one in taken} == {path}
    assert {recipient for one in taken for recipient in one.rcpt_to} == OTHERS
    assert len(taken) == len({one.octets for one in taken}) < len(OTHERS)
    key = (house.site.data / "keys" / "verp.key").read_bytes()
    assert read_post_path(address(path), key).recipient is None


def test_of_each_recipient_that_a_report_names_its_own_copy_has_failed(house, sent):
    reference, _, path = sent
    assert come_back(house, path, named(PAUL, MARIA.upper())) == TAKEN
    rows = house.site.rows("queue", "list", "--reference", reference)
    assert {row["recipient"] for row in rows if row["status"] == "failed"} == {PAUL, MARIA}
    assert counts(house, reference) == {"delivered": 2, "failed": 2}


def test_whom_a_server_writes_behind_the_path_has_failed_whoever_the_report_names(house, sent):
    reference, _, path = sent
    local, _, domain = path.partition("@")
    assert come_back(house, f"{local}+jean=parcs.example@{domain}", named("j@elsewhere.example")) == TAKEN
    [row] = [row for row in house.site.rows("queue", "list", "--reference", reference) if row["status"] == "failed"]
    assert row["recipient"] == JEAN


def test_what_is_said_in_free_text_is_believed_of_one_who_had_the_post(house, sent):
    reference, _, path = sent
    said = f"From: MAILER-DAEMON@mx.example\r\nSubject: failure notice\r\n\r\nHi. This is the qmail-send program at mx.example.\r\nI'm afraid I wasn't able to deliver your message to the following addresses.\r\n\r\n<{CLAIRE}>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n"
    assert come_back(house, path, said.encode()) == TAKEN
    rows = house.site.rows("queue", "list", "--reference", reference)
    assert {row["recipient"] for row in rows if row["status"] == "failed"} == {CLAIRE}


@pytest.mark.parametrize("who", [ANA, EVA, "stranger@crime.example"], ids=["author", "elsewhere", "stranger"])
def test_a_report_about_somebody_to_whom_the_post_never_went_changes_nothing(house, sent, who):
    reference, _, path = sent
    local, _, domain = path.partition("@")
    for where, octets in ((path, named(who)), (f"{local}+o=crime.example@{domain}", named(PAUL))):
        before = len(whys(house))
        assert come_back(house, where, octets) == TAKEN
        assert whys(house)[before:] == ["nobody's copy"]
    assert counts(house, reference) == {"delivered": 4}


def test_a_path_of_another_list_or_key_is_nobodys_address(house, sent):
    _, _, path = sent
    local, _, domain = path.partition("@")
    changed = local[:-1] + ("a" if local[-1] != "a" else "b")
    for forged in (
        f"{changed}@{domain}",
        f"{changed}+jean=parcs.example@{domain}",
        f"{local.replace('central', 'eastern')}@{domain}",
    ):
        assert come_back(house, forged) == UNKNOWN
