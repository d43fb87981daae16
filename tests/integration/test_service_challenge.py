"""Mail without proof to a list that takes the word of its author's mailbox: only the registered address can let it out."""

import itertools
import re
import smtplib
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage

import pytest

from relay.app import AT_ONCE, EVENED
from tests.integration.clients import make_post, octets_of, transact
from tests.integration.nameserver import NameServer
from tests.integration.service import (
    ANA,
    CENTRAL,
    CLAIRE,
    DOMAIN,
    EASTERN,
    EVA,
    JEAN,
    MARIA,
    PATIENCE,
    PAUL,
    SPECIES,
    House,
    eventually,
    open_house,
)
from tests.programs import need

OK = "250 2.0.0 Ok"
UNKNOWN = "550 5.1.1 No such address here, or not for you"
REFUSED = "550 5.7.1 Refused by policy"
NOT_OPEN = "550 5.7.1 This question is not open to this address (any more): if the message is yours, send it again"
NOT_UNDERSTOOD = "550 5.6.0 Write YES, or NO, alone on the first line of your answer, as plain text"
STRANGER = "nobody@elsewhere.example"
ALERT = "Sixty pangolins were seized at the airport and brought to a rescue centre.\n"
AUTHORS = [f"author{number}@douanes.example" for number in range(13)]
MEMBERS = "address,name,agency,agency_type,country,language,lists,nominated_by,confirmed_by,role\n" + "".join(
    f"{one},Author Example,Douanes,customs,CM,fr,central-africa,one@network.example,two@network.example,member\n"
    for one in AUTHORS
)
_unused = itertools.count()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    zone = {("_dmarc.strict.example", "TXT"): ('"v=DMARC1; p=reject"',)}
    folder = tmp_path_factory.mktemp("relay")
    with (
        NameServer(zone) as nameserver,
        open_house(folder, settings={("smtp", "resolver"): nameserver.address}) as opened,
    ):
        (folder / "authors.csv").write_text(MEMBERS, "utf-8")
        opened.site.run("members", "import", str(folder / "authors.csv"), "--no-welcome")
        opened.site.edit_list("central-africa", "\nactive = true", '\nactive = true\nproofs = ["auth", "challenge"]')
        opened.service.reload()
        yield opened


@dataclass(frozen=True)
class Scene:
    """One member of whom a message is, and what comes of it."""

    house: House
    author: str

    def post(self, subject, text=ALERT, author=""):
        number = f"<{abs(hash((subject, author or self.author, text)))}@douanes.example>"
        return octets_of(
            make_post(author or self.author, f"{subject} of {author or self.author}", text, message_id=number)
        )

    def hand_in(self, octets, *to, mail_from="", server="127.0.0.2"):
        """What a mail server that nobody knows does; the last reply."""
        with smtplib.SMTP(timeout=PATIENCE, source_address=(server, 0)) as client:
            client.connect("127.0.0.1", self.house.service.ports["smtp"])
            client.ehlo_or_helo_if_needed()
            return transact(client, mail_from or self.author, octets, *to)

    @property
    def letters(self):
        """The questions that the author was asked, and how they ended."""
        return [
            mail
            for mail in self.house.smarthost.mails
            if mail.recipient == self.author and re.fullmatch(r"C-\d{6}", mail.reference)
        ]

    def letter(self, number=1):
        """Wait for one of them."""
        return eventually(lambda: (found := self.letters) and len(found) >= number and found[number - 1])

    def answer(self, letter, word, author="", to="", **fields):
        message = EmailMessage()
        message["From"], message["To"] = author or self.author, to or sealed_address(letter)
        message["Subject"] = f"Re: {letter.message['Subject']}"
        for name, value in fields.items():
            message[name.replace("_", "-")] = value
        message.set_content(f"{word}\n\n> quoted\n")
        return self.hand_in(octets_of(message), to or sealed_address(letter), mail_from=author or self.author)

    @property
    def posts(self):
        return [row for row in self.house.site.rows("posts", "list") if row["author"] == self.author]

    @property
    def held(self):
        return [row for row in self.house.site.rows("held", "list") if row["author"] == self.author]

    def copies(self, reference=""):
        """Who has got a copy of any post of the author's."""
        copied = [
            mail for mail in self.house.smarthost.mails if mail.is_copy and self.author in mail.message["Subject"]
        ]
        return sorted(mail.recipient for mail in copied if reference in mail.reference)

    def audited(self, event, challenge):
        rows = self.house.site.run("audit", "export").rows
        return [
            row["facts"] for row in rows if row.get("event") == event and row["facts"].get("challenge") == challenge
        ]


def sealed_address(letter):
    [mailbox] = letter.message["Reply-To"].addresses
    return str(mailbox.addr_spec)


@pytest.fixture
def scene(house):
    """A member of whom no other test makes anything."""
    return Scene(house, AUTHORS[next(_unused)])


def everybody_but(author):
    return sorted({PAUL, JEAN, MARIA, CLAIRE, ANA, *AUTHORS} - {author})


def test_the_registered_address_owns_up_and_the_post_goes_out_with_a_receipt(scene):
    octets = scene.post("Wobbleglimmer", ALERT + "Zzyzzx.\n")
    assert scene.hand_in(octets) == OK
    letter = scene.letter()
    assert letter.message["Subject"] == f"Est-ce vous qui avez envoyé ceci ? {letter.reference}"
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert letter.received.mail_from == ""
    assert re.fullmatch(rf"central-africa-request\+[a-z2-7]{{24}}@{DOMAIN}", sealed_address(letter))
    for word in ("127.0.0.2", "YES", CENTRAL):
        assert word in letter.text()
    for secret in (b"Wobbleglimmer", b"Zzyzzx", b"pangolin"):
        assert secret not in letter.received.octets
    assert scene.posts == scene.held == scene.copies() == []
    assert scene.answer(letter, "oui.") == OK
    [row] = scene.posts
    reference = row["reference"]
    assert (row["proof"], row["decision"]) == ("challenge", "relay")
    eventually(lambda: scene.house.smarthost.copies(reference) == everybody_but(scene.author))
    scene.house.smarthost.notice(reference, "relay")
    [entry] = scene.audited("challenge.confirmed", letter.reference)
    assert entry["post"] == reference
    assert scene.answer(letter, "YES") == NOT_OPEN
    assert scene.hand_in(octets) == OK  # the same once more, as a server does that has lost our reply
    assert len(scene.letters) == 1
    assert len(scene.posts) == 1


def test_what_a_moderator_has_to_see_calls_them_only_once_its_author_has_owned_up(scene):
    calls = [mail for mail in scene.house.smarthost.mails if mail.recipient == PAUL and not mail.is_copy]
    assert scene.hand_in(scene.post("Held", f"[TLP:PURPLE]\n{ALERT}")) == OK
    letter = scene.letter()
    assert scene.held == []
    assert [mail for mail in scene.house.smarthost.mails if mail.recipient == PAUL and not mail.is_copy] == calls
    assert scene.answer(letter, "YES") == OK
    [row] = scene.held
    assert row["proof"] == "challenge"
    eventually(lambda: [mail for mail in scene.house.smarthost.about(row["reference"]) if mail.recipient == PAUL])
    scene.house.smarthost.notice(row["reference"], "hold")
    assert scene.copies() == []


def test_no_destroys_it_and_the_record_shows_that_somebody_forges(scene):
    assert scene.hand_in(scene.post("Pangolins")) == OK
    letter = scene.letter()
    assert scene.answer(letter, "NON") == OK
    ended = scene.letter(2)
    assert ended.reference == letter.reference
    assert "détruit" in ended.text()
    [entry] = scene.audited("challenge.denied", letter.reference)
    assert entry["client"] == "127.0.0.2"
    assert scene.house.service.events("challenge.answered")[-1]["answer"] == "no"
    assert scene.answer(letter, "YES") == scene.answer(letter, "NO") == NOT_OPEN
    assert scene.posts == scene.copies() == []


def test_a_wrong_answer_is_told_in_the_session_and_changes_nothing(scene):
    """Row 89."""
    assert scene.hand_in(scene.post("Pangolins")) == OK
    letter = scene.letter()
    assert scene.answer(letter, "Who are you?") == NOT_UNDERSTOOD
    assert scene.answer(letter, "YES", author=PAUL) == NOT_OPEN
    assert scene.answer(letter, "YES", author=STRANGER) == NOT_OPEN
    assert scene.answer(letter, "YES", Auto_Submitted="auto-replied") == OK  # dropped: nobody's absence owns up
    local, _, domain = sealed_address(letter).partition("@")
    other = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"
    assert scene.answer(letter, "YES", to=other) == UNKNOWN
    assert scene.posts == scene.copies() == []
    assert scene.answer(letter, "YES") == OK
    eventually(lambda: scene.copies() == everybody_but(scene.author))


def test_a_withhold_is_a_withhold_and_its_notice_goes_to_the_registered_address(scene):
    assert scene.hand_in(scene.post("Grave", f"TLP:RED\n{ALERT}Zzyzzx.\n")) == OK
    [row] = scene.posts
    assert (row["decision"], row["proof"]) == ("withhold", "none")
    notice = scene.house.smarthost.notice(row["reference"], "withhold")
    assert notice.recipient == scene.author
    assert "sans rien qui prouve" in notice.text()
    assert scene.letters == scene.copies() == []


def test_a_suspended_author_can_not_own_up(scene):
    assert scene.hand_in(scene.post("Pangolins")) == OK
    letter = scene.letter()
    scene.house.site.run("members", "suspend", scene.author, "--reason", "test")
    assert scene.answer(letter, "YES") == NOT_OPEN
    assert scene.posts == scene.copies() == []
    scene.house.site.run("members", "reinstate", scene.author)


def test_the_dialogue_is_the_same_for_everybody_and_strangers_get_no_mail(scene, house):
    """Row 90."""
    suspended, other = Scene(house, AUTHORS[next(_unused)]), Scene(house, AUTHORS[next(_unused)])
    house.site.run("members", "suspend", suspended.author, "--reason", "test")
    dropped = len(house.service.events("challenge.dropped"))
    nobody = (STRANGER, EVA, suspended.author, "author@elsewhere.example")
    for author in (scene.author, *nobody, other.author):
        assert scene.hand_in(scene.post("Same", author=author), mail_from=author) == OK, author
    scene.letter()
    other.letter()
    assert not [mail for mail in house.smarthost.mails if mail.recipient in nobody and not mail.is_copy]
    rules = [event["rules"] for event in house.service.events("challenge.dropped")[dropped:]]
    assert rules == [["membership.not_entitled"]] * 4
    assert STRANGER.encode() not in house.service.log
    assert STRANGER not in house.site.run("audit", "export").out
    house.site.run("members", "reinstate", suspended.author)


def test_the_time_until_the_reply_does_not_tell_members_from_strangers(scene):
    """Row 90. Four at a time, so that one wait is enough for all; of one kind, so that what one takes slows no other kind."""

    def take_time(numbered):
        number, author = numbered
        octets = scene.post(f"Timed {number}", author=author)
        start = time.monotonic()
        assert scene.hand_in(octets, mail_from=author) == OK
        return time.monotonic() - start

    kinds = (scene.author, STRANGER)
    with ThreadPoolExecutor(4) as senders:
        took = {kind: list[float]() for kind in kinds}
        for first in (0, 4):
            for kind in kinds:
                took[kind] += senders.map(take_time, [(number, kind) for number in range(first, first + 4)])
    member, stranger = (statistics.median(took[kind]) for kind in kinds)
    assert min(member, stranger) >= EVENED
    assert abs(member - stranger) < EVENED / 4, took


def test_a_forger_makes_us_write_a_few_letters_and_no_more(scene):
    """Row 88."""

    def forge(number):
        return scene.hand_in(scene.post(f"Forged {number}"), server=f"127.0.1.{number % 50 + 1}")

    with ThreadPoolExecutor(AT_ONCE) as forgers:
        assert set(forgers.map(forge, range(100))) == {OK}
    letter = scene.letter()
    assert len(scene.letters) == 1
    assert scene.answer(letter, "NO") == OK
    assert " 99 " in scene.letter(2).text()
    for asked in (2, 3, 4):
        assert forge(100 + asked) == OK
        assert scene.answer(scene.letter(2 * asked - 1), "NO") == OK
        scene.letter(2 * asked)
    dropped = len(scene.house.service.events("challenge.dropped"))
    assert forge(200) == OK
    assert scene.house.service.events("challenge.dropped")[dropped]["rules"] == ["challenge.enough"]
    assert scene.posts == scene.copies() == []
    assert len(scene.letters) == 8


def test_what_is_wrong_with_the_message_or_its_domain_is_refused_for_everybody(scene):
    octets = scene.post("Pangolins")
    assert scene.hand_in(octets, mail_from=STRANGER) == REFUSED
    assert scene.hand_in(scene.post("Pangolins", author=STRANGER)) == REFUSED
    assert scene.hand_in(octets.replace(b"From: ", b"From: paul@police.example, ", 1)) == REFUSED
    forged = "somebody@strict.example"
    assert scene.hand_in(scene.post("Pangolins", author=forged), mail_from=forged) == REFUSED
    for closed in (EASTERN, SPECIES):
        assert scene.hand_in(octets, closed) == UNKNOWN
    for for_the_proven in (f"alerts@{DOMAIN}", f"central-africa-request@{DOMAIN}", f"practice@{DOMAIN}"):
        assert scene.hand_in(octets, for_the_proven) == REFUSED
    assert scene.letters == scene.posts == scene.copies() == []


def test_swaks_from_another_server_is_asked_about_too(scene, tmp_path):
    need("swaks")
    file = tmp_path / "post.eml"
    file.write_bytes(scene.post("From swaks"))
    done = subprocess.run(
        ["swaks", "--server", f"127.0.0.1:{scene.house.service.ports['smtp']}", "--local-interface", "127.0.0.3", "--from",
         scene.author, "--to", CENTRAL, "--data", f"@{file}", "--tls", "--timeout", "30"],
        capture_output=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert OK.encode() in done.stdout
    assert "127.0.0.3" in scene.letter().text()
