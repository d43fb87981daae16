"""Whether an author may stay in From is asked of the DNS before anything is known of the post: who watches the questions learns no verdict."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from relay.actions.receive import receive
from relay.mail.address import parse_address
from relay.mail.auth_results import AuthenticationResults, Method
from relay.mail.envelope import Client, Envelope
from relay.policy.post import Progress, Scan
from relay.scan.frames import advance
from relay.scan.stages import scan_octets
from relay.transport.enquiry import Enquiries
from tests.builders import make_message
from tests.integration.clocked import Clocked
from tests.integration.nameserver import NameServer
from tests.scanning import RULES

AUTHOR = "ana@douanes.example"
NOW = datetime.now(UTC)
WALK = [("_dmarc.douanes.example", "TXT"), ("_dmarc.example", "TXT")]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    people = ((AUTHOR, "customs", "CM", "fr", "central-africa;eastern-africa", "member"),)
    site = Clocked.made(tmp_path_factory.mktemp("made") / "relay", people, NOW)
    yield site
    site.resources.database.close()


@pytest.mark.parametrize("author_from", ["author", "list"])
@pytest.mark.parametrize(
    ("subject", "local", "decided"),
    [
        ("Relayed", "central-africa", "relay"),
        ("TLP:RED Withheld", "central-africa", "withhold"),
        ("[TLP:PURPLE] Held", "central-africa", "hold"),
        ("Routed", "alerts", "relay"),
        ("TLP:RED Routed", "alerts", "withhold"),
    ],
)
def test_the_question_is_the_same_whatever_is_decided_and_comes_first(site, subject, local, decided, author_from):
    lists = {name: replace(one, author_from=author_from) for name, one in site.resources.known_lists.items()}
    author, asked_first = parse_address(AUTHOR), []
    with NameServer({}) as nameserver:
        resources = replace(site.resources, known_lists=lists, enquiries=Enquiries(nameserver.address))

        def scanned(octets, facts):
            asked_first.extend(nameserver.asked)
            scan = Scan(progress=Progress.NOTHING, message=None)
            for stage in scan_octets(octets, RULES, facts):
                scan = advance(scan, stage)
            return scan

        octets = make_message(f"{subject} {author_from} {local}.\r\n", sender=AUTHOR, subject=subject)
        envelope = Envelope(mail_from=author, rcpt_to=(parse_address(f"{local}@relay.example"),))
        client = Client(ip="192.0.2.1", helo_name="client.example", tls=True, login=author)
        proof = AuthenticationResults(method=Method.AUTH, address=author)
        assert receive(resources, scanned, envelope, client, proof, octets, NOW).code == 250
    decisions = site.rows("SELECT decision FROM decisions ORDER BY post_id DESC, decision LIMIT 1")
    assert decisions == [(decided,)]
    assert asked_first == nameserver.asked == (WALK if author_from == "author" else [])
