"""`verp = "never"`: copies share a transaction and a return path, and what comes back to it is believed of those alone who had the post."""

import re
import smtplib
from concurrent.futures import ThreadPoolExecutor

import pytest

from relay.delivery.bounce import read_post_path
from relay.intake.limits import RETURNS_OF_ONE, RETURNS_OF_POST
from tests.builders import address
from tests.integration.clients import make_post, send, transact
from tests.integration.service import ANA, CENTRAL, CLAIRE, EVA, JEAN, MARIA, PATIENCE, PAUL, eventually, open_house
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


def failed(house, reference):
    """Who counts as one whom the post didn't reach."""
    rows = house.site.rows("queue", "list", "--reference", reference)
    return {row["recipient"] for row in rows if row["status"] == "failed"}


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
    eventually(lambda: failed(house, reference) == {PAUL, MARIA})
    assert counts(house, reference) == {"delivered": 2, "failed": 2}


def test_whom_a_server_writes_behind_the_path_has_failed_whoever_the_report_names(house, sent):
    reference, _, path = sent
    local, _, domain = path.partition("@")
    assert come_back(house, f"{local}+jean=parcs.example@{domain}", named("j@elsewhere.example")) == TAKEN
    eventually(lambda: failed(house, reference) == {JEAN})


def test_what_is_said_in_free_text_is_believed_of_one_who_had_the_post(house, sent):
    reference, _, path = sent
    said = f"From: MAILER-DAEMON@mx.example\r\nSubject: failure notice\r\n\r\nHi. This is the qmail-send program at mx.example.\r\nI'm afraid I wasn't able to deliver your message to the following addresses.\r\n\r\n<{CLAIRE}>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n"
    assert come_back(house, path, said.encode()) == TAKEN
    eventually(lambda: failed(house, reference) == {CLAIRE})


@pytest.mark.parametrize("who", [ANA, EVA, "stranger@crime.example"], ids=["author", "elsewhere", "stranger"])
def test_a_report_about_somebody_to_whom_the_post_never_went_changes_nothing(house, sent, who):
    reference, _, path = sent
    local, _, domain = path.partition("@")
    for where, octets in ((path, named(who)), (f"{local}+o=crime.example@{domain}", named(PAUL))):
        before = len(whys(house))
        assert come_back(house, where, octets) == TAKEN
        eventually(lambda before=before: whys(house)[before:] == ["nobody's copy"])
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


def test_however_many_name_a_member_in_free_text_they_are_answered_as_if_they_named_a_stranger(house, sent):
    """A member who has the path can write what they like to it, and must not learn who else got the post."""
    _, _, path = sent
    before = len(whys(house))
    for who in (PAUL, "stranger@crime.example"):
        hello = f"From: x@y.example\r\nSubject: hello\r\n\r\nHello {who}\r\n".encode()
        with ThreadPoolExecutor(6) as at_once:
            assert set(at_once.map(lambda _, hello=hello: come_back(house, path, hello), range(6))) == {TAKEN}
    eventually(lambda: sorted(whys(house)[before:]) == ["nobody's copy"] * 6 + ["unclear"] * 6)


def test_a_post_s_path_takes_more_than_a_copy_s_own_and_no_more_whatever_is_written_behind_it(house, sent):
    _, _, path = sent
    local, _, domain = path.partition("@")
    octets = report("delayed", "4.4.1")
    with smtplib.SMTP("localhost", house.service.ports["smtp"], timeout=PATIENCE) as client:
        client.ehlo()
        replies = [
            transact(client, "", octets, f"{local}+{number}=crime.example@{domain}")
            for number in range(RETURNS_OF_POST + 1)
        ]
    assert set(replies[: RETURNS_OF_ONE + 1]) == {TAKEN}
    assert replies[-1].startswith("451 ")
    assert "too many" in whys(house)


def test_what_was_answered_is_read_before_the_service_ends(house, sent):
    reference, _, path = sent
    for _ in range(3):
        come_back(house, path, f"From: x@y.example\r\n\r\nHello {PAUL}\r\n".encode())
    assert come_back(house, path, named(JEAN)) == TAKEN
    house.service.stop()
    assert failed(house, reference) == {JEAN}
