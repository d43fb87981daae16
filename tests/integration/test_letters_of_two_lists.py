"""What is written about a post that went to two lists: each reader learns of their own alone."""

from datetime import UTC, datetime

import pytest

from relay.actions.receive import receive
from relay.delivery.delivery import Action, Outcome
from relay.mail.address import parse_address
from relay.mail.auth_results import AuthenticationResults, Method
from relay.mail.envelope import Client, Envelope
from relay.store import members, recalls
from tests.builders import make_message
from tests.integration.test_outbox import AUTHOR, outbox, relay_with, scanned

JEAN, MARIA = "jean@parcs.example", "maria@museo.example"
PEOPLE = {AUTHOR: "central-africa;species-id", JEAN: "central-africa", MARIA: "species-id"}
TAKEN = Outcome(action=Action.DELIVERED, reply="250 2.0.0 Ok")


class House:
    """A relay with two lists and one reader on each, and a moment that goes on."""

    def __init__(self, resources):
        self.resources = resources

    def post(self, body, *lists):
        """Accept a post; its reference."""
        author = parse_address(AUTHOR)
        envelope = Envelope(mail_from=author, rcpt_to=tuple(parse_address(f"{name}@relay.example") for name in lists))
        client = Client(ip="192.0.2.1", helo_name="client.example", tls=True, login=author)
        proof = AuthenticationResults(method=Method.AUTH, address=author)
        octets = make_message(body, sender=AUTHOR)
        return receive(self.resources, scanned, envelope, client, proof, octets, datetime.now(UTC)).text.split()[-1]

    def hand_over(self):
        """What leaves now, by its recipient."""
        left, box = {}, outbox(self.resources)
        while parcels := box.begin(box.claim(100).parcels):
            box.settle([(parcel, TAKEN) for parcel in parcels])
            left |= {parcel.recipient: bytes(parcel.head) + bytes(parcel.octets) for parcel in parcels}
        return left

    def recall(self, reference):
        node, now = self.resources.settings.relay.node, datetime.now(UTC)

        def carry_out(connection):
            author = members.find(connection, parse_address(AUTHOR))
            recalls.recall(connection, node, author, reference, "error", now)

        self.resources.database.write(carry_out)


@pytest.fixture
def house(tmp_path):
    with relay_with(PEOPLE, tmp_path) as resources:
        house = House(resources)
        house.hand_over()
        yield house


def test_a_letter_about_a_recall_names_its_reader_s_own_list_alone(house):
    reference = house.post("Sixty kilograms.\r\n", "central-africa", "species-id")
    house.hand_over()
    house.recall(reference)
    left = house.hand_over()
    for reader, own, other in ((JEAN, b"central-africa", b"species-id"), (MARIA, b"species-id", b"central-africa")):
        assert own + b"@relay.example" in left[reader]
        assert other not in left[reader]
