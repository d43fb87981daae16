"""A line CORRECTS that names no post: its author is told once their post is kept, and what the line says is written down nowhere."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from relay.actions.enrol import add_member
from relay.actions.establish import establish
from relay.actions.open import opened
from relay.actions.receive import receive
from relay.mail.address import parse_address
from relay.mail.auth_results import AuthenticationResults, Method
from relay.mail.envelope import Client, Envelope
from tests.builders import make_message
from tests.integration.test_outbox import AUTHOR, outbox, scanned

NAMED = "SUSPECT-1984-123456789012"


@pytest.fixture
def resources(tmp_path):
    """A relay with one member, without a service."""
    made = establish(tmp_path / "relay", "relay.example", ("central-africa",), "", None, datetime.now(UTC))
    row = {
        "address": AUTHOR, "name": "Ana Example", "agency": "Douanes", "agency_type": "customs", "country": "CM", "language": "en",
        "lists": "central-africa", "nominated_by": "one@network.example", "confirmed_by": "two@network.example",
    }  # fmt: skip
    with opened(str(made.site_file)) as resources:
        add_member(resources, row, with_password=False, now=datetime.now(UTC))
        yield resources


def post(resources, body):
    """Accept a post to central-africa; its reference."""
    author = parse_address(AUTHOR)
    envelope = Envelope(mail_from=author, rcpt_to=(parse_address("central-africa@relay.example"),))
    client = Client(ip="192.0.2.1", helo_name="client.example", tls=True, login=author)
    proof = AuthenticationResults(method=Method.AUTH, address=author)
    octets = make_message(f"CORRECTS {NAMED}\r\n{body}", sender=AUTHOR)
    return receive(resources, scanned, envelope, client, proof, octets, datetime.now(UTC)).text.split()[-1]


def written_down(resources):
    """The files of the relay that have what the line names."""
    folder = resources.settings.data
    return [path.name for path in folder.rglob("*") if path.is_file() and NAMED.encode() in path.read_bytes()]


def answers(resources):
    with resources.database.read() as connection:
        return list(connection.execute(text("SELECT facts FROM deliveries WHERE kind = 'answer'")).scalars())


def test_of_a_withheld_post_the_line_is_written_down_nowhere_and_nobody_is_answered(resources):
    post(resources, "TLP:RED\r\nThe informant lands at noon.\r\n")
    assert (answers(resources), written_down(resources)) == ([], [])


def test_of_a_post_that_goes_out_the_author_is_told_by_its_own_reference(resources):
    reference = post(resources, "Sixty kilograms.\r\n")
    assert len(answers(resources)) == 1
    assert written_down(resources) == []
    left = [bytes(one.octets) for one in outbox(resources).claim(9).parcels]
    [answer] = [one for one in left if b"Answer to your message" in one]
    assert reference.encode() in answer
    assert NAMED.encode() not in answer
