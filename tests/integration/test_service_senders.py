"""Mail from any mail server: what the author's own domain has signed for the list is relayed, and nothing else from anybody."""

import re
import smtplib
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import dkim
import pytest

from relay.intake.limits import CLAIMS_OF_ONE, STRANGER_OCTETS
from relay.mail.reply import TAKEN
from tests.dkim_signing import COVERED, key_record, rsa_key, signed
from tests.integration.clients import send, transact
from tests.integration.nameserver import NameServer
from tests.integration.service import (
    ANA,
    CENTRAL,
    CLAIRE,
    EASTERN,
    EVA,
    JEAN,
    MARIA,
    PATIENCE,
    PAUL,
    SPECIES,
    eventually,
    open_house,
)
from tests.integration.test_service_gateway import Proxied

SERVER, OTHER, PROXY = "127.0.0.2", "127.0.0.4", "127.0.0.3"
UNKNOWN = "550 5.1.1 No such address here, or not for you"
REFUSED = "550 5.7.1 Refused by policy"
NO_ANSWER = "451 4.4.3 The DNS does not answer, please try again later"
NOW = datetime.now(UTC)
MEMBERS = {ANA, PAUL, JEAN, MARIA, CLAIRE, EVA}
ALERT = b"Sixty pangolins were seized at the airport and brought to a rescue centre.\r\n"


def text(record):
    """A TXT record as a zone file has it."""
    return (" ".join(f'"{record[start : start + 255]}"' for start in range(0, len(record), 255)),)


ZONE = {
    ("s1._domainkey.douanes.example", "TXT"): text(key_record(rsa_key())),
    ("old._domainkey.douanes.example", "TXT"): text(key_record(rsa_key(1024))),
    ("s1._domainkey.elsewhere.example", "TXT"): text(key_record(rsa_key())),
    ("s1._domainkey.wildlife.example", "TXT"): text(key_record(rsa_key())),
    ("s1._domainkey.police.example", "TXT"): text(key_record(rsa_key())),
    ("_dmarc.wildlife.example", "TXT"): text("v=DMARC1; p=reject"),
}


@pytest.fixture(scope="module")
def nameserver():
    with NameServer(dict(ZONE)) as opened:
        yield opened


@pytest.fixture(scope="module")
def house(tmp_path_factory, nameserver):
    settings = {
        ("relay", "postmaster"): "ops@agency.example",
        ("smtp", "resolver"): nameserver.address,
        ("smtp", "proxies"): [PROXY],
    }
    with open_house(tmp_path_factory.mktemp("relay"), ANA, settings=settings) as opened:
        for name, proofs in (("central-africa", '["auth", "dkim"]'), ("eastern-africa", '["auth", "dmarc"]')):
            opened.site.edit_list(name, "\nactive = true", f"\nactive = true\nproofs = {proofs}")
        opened.service.reload()
        yield opened


def post(subject="Pangolins", author=ANA, to=CENTRAL, *, more=b"", date=NOW):
    """A post as a mail server would hand it in, before it is signed."""
    return (
        (
            f"From: {author}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {format_datetime(date)}\r\n"
            f"Message-ID: <{abs(hash((subject, author, to)))}@{author.rpartition('@')[2].strip('>')}>\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        ).encode()
        + more
        + b"\r\n"
        + ALERT
    )


def sign(octets, domain="douanes.example", **options):
    return signed(octets, domain=domain, at=options.pop("at", NOW), **options)


def hand_in(house, octets, *to, mail_from=ANA, tls=True, source=SERVER, proxied="", times=1):
    """Send these very octets; the last reply."""
    context = ssl.create_default_context(cafile=str(house.service.certificate))
    client = smtplib.SMTP(timeout=PATIENCE, source_address=(source, 0))
    if proxied:
        client = Proxied(proxied, timeout=PATIENCE, source_address=(PROXY, 0))
    with client:
        client._host = "localhost"
        client.connect("127.0.0.1", house.service.ports["smtp"])
        if tls:
            client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
        for _ in range(times):
            try:
                reply = transact(client, mail_from, octets, *to)
            except smtplib.SMTPServerDisconnected:
                return "disconnected"
    return reply


def refusals(house):
    rows = house.site.run("audit", "export").rows
    return [row for row in rows if row.get("event") == "post.refused"]


def rules(house):
    """Why the last message was refused."""
    return [reason[1] for reason in refusals(house)[-1]["facts"]["reasons"]]


def taken(reply):
    match = re.fullmatch(r"250 2\.0\.0 ([A-Z]+-\d{4}-\d{6})", reply)
    assert match, reply
    return match.group(1)


@contextmanager
def silent(nameserver):
    """The DNS fails for as long as this lasts."""
    records, nameserver.records = nameserver.records, None
    try:
        yield
    finally:
        nameserver.records = records


def test_a_post_that_its_author_s_domain_has_signed_goes_to_every_other_member_and_the_record_names_the_proof(house):
    reference = taken(hand_in(house, sign(post("Signed"))))
    eventually(lambda: house.smarthost.copies(reference) == sorted({PAUL, JEAN, MARIA, CLAIRE}))
    [row] = house.site.rows("posts", "show", reference)
    assert (row["author"], row["proof"], row["decision"]) == (ANA, "dkim", "relay")
    [entry] = [
        row for row in house.site.run("audit", "export").rows if reference in str(row) and "post.decided" in str(row)
    ]
    assert (entry["facts"]["proof"], entry["facts"]["client"]) == ("dkim", SERVER)


def test_a_domain_that_asks_for_nobody_else_to_be_believed_is_known_by_dmarc(house):
    octets = sign(post("By DMARC", EVA, EASTERN), "wildlife.example")
    reference = taken(hand_in(house, octets, EASTERN, mail_from=EVA))
    [row] = house.site.rows("posts", "show", reference)
    assert row["proof"] == "dmarc"


def test_a_moderator_sees_the_proof_of_what_is_held(house):
    held = post("Held").replace(ALERT, b"[TLP:PURPLE]\r\n" + ALERT)
    [row] = house.site.rows("held", "show", taken(hand_in(house, sign(held))))
    assert row["proof"] == "dkim"


def test_a_signature_without_a_policy_is_not_enough_where_a_list_asks_for_dmarc(house):
    """The words are those for a stranger; the audit log says why."""
    octets = sign(post("No policy", ANA, SPECIES))
    house.site.edit_list("species-id", "\nactive = true", '\nactive = true\nproofs = ["dmarc"]')
    house.service.reload()
    try:
        assert hand_in(house, octets, SPECIES) == REFUSED
        assert rules(house) == ["author.proof_not_enough"]
        both = sign(post("For two lists", ANA, f"{CENTRAL}, {SPECIES}"))
        assert hand_in(house, both, CENTRAL, SPECIES) == REFUSED
        assert rules(house) == ["author.proof_not_enough"]
    finally:
        house.site.edit_list("species-id", '\nproofs = ["dmarc"]', "")
        house.service.reload()


def test_a_login_is_not_enough_where_a_list_asks_for_signatures(house):
    house.site.edit_list("species-id", "\nactive = true", '\nactive = true\nproofs = ["dkim"]')
    house.service.reload()
    try:
        assert send(house.service, ANA, sign(post("By login", to=SPECIES)), SPECIES) == UNKNOWN
        assert rules(house) == ["author.proof_not_enough"]
        taken(hand_in(house, sign(post("By signature", to=SPECIES)), SPECIES))
    finally:
        house.site.edit_list("species-id", '\nproofs = ["dkim"]', "")
        house.service.reload()


def test_what_a_server_hands_in_may_be_as_big_as_a_post(house):
    """A photo of a member's own server's; while no list takes such posts, strangers are held to a megabyte."""
    photo = b"".join(b"%073d\r\n" % place for place in range(20_000))
    octets = post("Big").replace(ALERT, ALERT + photo)
    assert len(octets) > STRANGER_OCTETS
    assert taken(hand_in(house, sign(octets)))
    assert hand_in(house, octets, "postmaster@relay.example", mail_from="").startswith("552 ")


def test_a_list_that_knows_its_authors_by_logins_alone_is_as_unknown_as_none(house):
    assert hand_in(house, sign(post(to=SPECIES)), SPECIES) == UNKNOWN
    assert hand_in(house, sign(post(to=SPECIES)), "no-such-list@relay.example") == UNKNOWN


def test_mail_in_clear_is_asked_to_encrypt_from_anywhere_but_this_machine(house):
    taken(hand_in(house, sign(post("On loopback")), tls=False))
    octets = sign(post("From afar"))
    assert hand_in(house, octets, tls=False, proxied="192.0.2.25").startswith("451 4.7.10 ")
    taken(hand_in(house, octets, proxied="192.0.2.25"))


def test_one_network_has_so_many_messages_in_an_hour_judged_and_no_other_pays_for_it(house):
    for _ in range(CLAIMS_OF_ONE // 10):
        assert hand_in(house, post("A flood"), proxied="192.0.2.66", times=10) == REFUSED
    assert hand_in(house, post("A flood"), proxied="192.0.2.66") == "451 4.3.2 Busy, please try again in a moment"
    assert hand_in(house, post("A flood"), proxied="192.0.2.67") == REFUSED


PROVES_NOBODY = {
    "no signature": (post, "dkim.no_signature"),
    "another domain's signature": (lambda: sign(post(), "elsewhere.example"), "dkim.no_signature"),
    "another text": (lambda: sign(post()).replace(b"pangolins", b"elephants"), "dkim.body_changed"),
    "another subject": (lambda: sign(post()).replace(b"Subject: P", b"Subject: p"), "dkim.header_changed"),
    "Reply-To put in front": (lambda: b"Reply-To: eve@elsewhere.example\r\n" + sign(post()), "dkim.field_not_signed"),
    "Subject put in front": (lambda: b"Subject: another\r\n" + sign(post()), "dkim.ambiguous"),
    "Subject not signed": (
        lambda: sign(post(), fields=tuple(one for one in COVERED if one != "subject")),
        "dkim.field_not_signed",
    ),
    "the body in part": (lambda: sign(post(), length=True) + b"More.\r\n", "dkim.body_in_part"),
    "no key": (lambda: sign(post(), selector="none"), "dkim.no_key"),
    "a weak key": (lambda: sign(post(), key=rsa_key(1024), selector="old"), "dkim.weak_key"),
    "old": (lambda: sign(post(), at=NOW - timedelta(days=6)), "dkim.old"),
    "of tomorrow": (lambda: sign(post(), at=NOW + timedelta(days=1)), "dkim.in_the_future"),
    "mail to somebody else": (lambda: sign(post(to="chief@douanes.example")), "dkim.meant_for_others"),
    "signed for somebody else": (lambda: sign(post(), identity="chief@douanes.example"), "dkim.identity"),
}


@pytest.mark.parametrize("trick", PROVES_NOBODY)
def test_what_proves_nobody_is_refused_in_a_stranger_s_words(house, trick):
    """Rows 33 and 43: in the session, no bounce, nothing scanned; the audit log says why."""
    make, rule = PROVES_NOBODY[trick]
    assert hand_in(house, make()) == REFUSED
    assert rules(house) == ["author.not_authenticated", rule]
    assert refusals(house)[-1]["facts"]["client"] == SERVER
    assert {mail.recipient for mail in house.smarthost.mails} <= MEMBERS


SPOOFED = {
    "two addresses": f"From: {ANA}, eve@elsewhere.example\r\n",
    "a name that is an address": f'From: "{ANA}" <eve@elsewhere.example>\r\n',
    "an address in front of another": f"From: {ANA} <eve@elsewhere.example>\r\n",
    "a space before the colon": f"From : {ANA}\r\n",
    "a byte order mark": f"\ufeffFrom: {ANA}\r\n",
    "an encoded word as address": "From: =?utf-8?q?ana=40douanes=2Eexample?=\r\n",
    "an encoded word in the address": "From: <=?utf-8?q?ana?=@douanes.example>\r\n",
    "a group": f"From: officers:{ANA};\r\n",
    "an empty group": "From: officers:;\r\n",
    "two fields": f"From: {ANA}\r\nFrom: eve@elsewhere.example\r\n",
    "two fields, the other one first": f"From: eve@elsewhere.example\r\nFrom: {ANA}\r\n",
    "none": "",
    "empty": "From:\r\n",
    "a comment that does not end": f"From: {ANA} (Ana\r\n",
    "only Sender": f"Sender: {ANA}\r\n",
    "a folded first line": f" X: y\r\nFrom: {ANA}\r\n",
}


@pytest.mark.parametrize("spoof", SPOOFED)
@pytest.mark.parametrize("domain", ["elsewhere.example", "douanes.example"])
def test_a_from_that_two_readers_could_read_differently_is_nobody_s(house, spoof, domain):
    """Row 40: whoever signs it, and whether MAIL FROM is the member or the other."""
    _, _, rest = post("Spoofed").partition(b"\r\n")
    octets = signed_anyhow(SPOOFED[spoof].encode() + rest, domain)
    assert hand_in(house, octets, mail_from=ANA, source=OTHER) == REFUSED
    assert hand_in(house, octets, mail_from="eve@elsewhere.example", source=OTHER) == REFUSED
    assert {mail.recipient for mail in house.smarthost.mails} <= MEMBERS


def signed_anyhow(octets, domain):
    """Signed as if it had one From; where there is none to be signed, in front of it as it is."""
    sound = post("Spoofed", ANA)
    try:
        return sign(octets, domain)
    except (dkim.DKIMException, IndexError):
        return sign(sound, domain).removesuffix(sound) + octets


@pytest.mark.parametrize(
    "hidden", [b"X-A: q\rFrom: eve@elsewhere.example\r\n", b"X-A: q\nFrom: eve@elsewhere.example\r\n"]
)
def test_a_second_from_behind_a_bare_line_end_ends_the_session(house, hidden):
    """Row 40: dkimpy reads on over it, and Python's own parser begins a new line there."""
    reply = hand_in(house, sign(post("Hidden", more=hidden)))
    assert not reply.startswith("2")


def test_many_signatures_are_not_many_questions(house, nameserver):
    """Row 43."""
    octets = post("Many signatures")
    own = sign(octets).removesuffix(octets)
    many = b"".join(own.replace(b"s=s1", b"s=m%d" % place) for place in range(100))
    before = len(nameserver.asked)
    assert hand_in(house, many + octets) == REFUSED
    assert len(nameserver.asked) - before <= 3


def test_no_answer_of_the_dns_puts_a_post_off_and_is_no_refusal(house, nameserver):
    octets = sign(post("Later"), selector="s2")
    nameserver.records |= {("s2._domainkey.douanes.example", "TXT"): ZONE["s1._domainkey.douanes.example", "TXT"]}
    before = len(refusals(house))
    with silent(nameserver):
        assert hand_in(house, octets) == NO_ANSWER
    assert len(refusals(house)) == before
    assert house.service.events("post.no_answer")
    taken(hand_in(house, octets))


def test_members_and_strangers_are_told_and_asked_about_alike(house, nameserver):
    """What is asked of the DNS depends on the message alone, and so do the words; only who is proved is looked up."""
    asked, heard = [], []
    for author in ("ana@douanes.example", "nobody@douanes.example", "ana@unknown.example"):
        for octets in (post("Alike", author), sign(post("Alike", author), author.partition("@")[2], selector="s9")):
            before = len(nameserver.asked)
            heard.append(hand_in(house, octets, mail_from=author))
            asked.append([kind for _, kind in nameserver.asked[before:]])
    assert set(heard) == {REFUSED}
    assert asked[0::2] == [[]] * 3
    # One question: remembered from the first author on, where the domain is the same.
    assert asked[1::2] == [["TXT"], [], ["TXT"]]


def test_a_proven_stranger_and_a_member_of_another_list_get_the_same_words(house):
    stranger = "nobody@elsewhere.example"
    assert hand_in(house, sign(post(author=stranger), "elsewhere.example"), mail_from=stranger) == REFUSED
    assert hand_in(house, sign(post(author=EVA), "wildlife.example"), mail_from=EVA) == REFUSED
    assert [[reason[0] for reason in one["facts"]["reasons"]] for one in refusals(house)[-2:]] == [["R1"]] * 2


def test_a_post_to_several_lists_needs_a_proof_that_is_enough_for_all(house):
    both = post("Both", EVA, f"{CENTRAL}, {EASTERN}")
    assert hand_in(house, sign(both, "wildlife.example"), EASTERN, CENTRAL, mail_from=EVA) == REFUSED
    assert rules(house) == ["membership.not_entitled"]


@pytest.mark.parametrize("mail_from", ["bounces+7@list.example", PAUL])
def test_mail_from_must_be_the_author(house, mail_from):
    assert hand_in(house, sign(post()), mail_from=mail_from) == REFUSED
    assert rules(house) == ["author.not_authenticated", "author.not_mail_from"]


def test_the_null_sender_reaches_no_list(house):
    """Row 31."""
    assert hand_in(house, sign(post()), mail_from="") == UNKNOWN


def test_the_same_message_again_gets_its_reference_again(house):
    octets = sign(post("Sent twice"))
    assert hand_in(house, octets) == hand_in(house, octets)


def test_what_dkim_lets_change_makes_no_second_post(house):
    """Somebody in Cc has the signed message: with a field or a space more it still passes, and is known again."""
    octets = sign(post("Handed in again"))
    reference = taken(hand_in(house, octets))
    for changed in (
        octets.replace(b"were seized", b"were  \tseized"),
        octets.replace(b"centre.\r\n", b"centre. \r\n\r\n \r\n"),
        b"Received: from elsewhere.example\r\n" + octets,
        b"X-Anything: more\r\n" + octets,
    ):
        assert taken(hand_in(house, changed)) == reference


def test_a_withdrawn_list_setting_closes_the_door_at_the_next_reload(house):
    house.site.edit_list("central-africa", 'proofs = ["auth", "dkim"]', 'proofs = ["auth"]')
    house.service.reload()
    try:
        assert hand_in(house, sign(post())) == UNKNOWN
    finally:
        house.site.edit_list("central-africa", 'proofs = ["auth"]', 'proofs = ["auth", "dkim"]')
        house.service.reload()


REQUEST = CENTRAL.replace("@", "-request@")
NOT_DONE = "n'a pas été exécuté"
CHIEF = "chief@douanes.example"
FOCAL_POINT = f"""\
address,name,agency,agency_type,country,language,lists,nominated_by,confirmed_by,role
{CHIEF},Chief Example,Douanes,customs,CM,fr,central-africa,one@network.example,two@network.example,member;focal-point
"""


def answer_to(house, words, author=ANA, *, by_login=False):
    """Ask something of the list that takes DKIM, by such a signature or a login; the answer's text."""
    before = len(answers(house, author))
    octets = post(words, author, REQUEST).replace(ALERT, b"\r\n")
    if by_login:
        reply = send(house.service, author, octets, REQUEST)
    else:
        reply = hand_in(house, sign(octets), REQUEST, mail_from=author)
    assert reply == str(TAKEN)
    return eventually(lambda: answers(house, author)[before:])[0]


def answers(house, author):
    sent = [one for one in house.smarthost.mails if one.recipient == author]
    return [" ".join(one.text().split()) for one in sent if str(one.message["Subject"]).startswith("Réponse")]


def turned_down(house):
    rows = [row for row in house.site.run("audit", "export").rows if row.get("event") == "request.turned_down"]
    return [(row["facts"]["word"], row["facts"]["proof"]) for row in rows]


def test_a_signature_withdraws_no_post_of_a_list_that_wants_a_login_but_reports_every_leak(house):
    both = post("For the two lists", ANA, f"{CENTRAL}, {SPECIES}")
    house.site.edit_list("species-id", "\nactive = true", '\nactive = true\nproofs = ["auth"]')
    house.service.reload()
    reference = taken(send(house.service, ANA, both, CENTRAL, SPECIES))
    eventually(lambda: house.smarthost.copies(reference))
    one = taken(hand_in(house, sign(post("For the one list"))))
    assert NOT_DONE in answer_to(house, f"WITHDRAW {reference}")
    assert NOT_DONE in answer_to(house, f"SEND {reference}")
    assert NOT_DONE not in answer_to(house, f"WITHDRAW {one}")
    assert NOT_DONE not in answer_to(house, f"SPILL {reference}")
    assert reference in str(
        [row for row in house.site.run("audit", "export").rows if row.get("event") == "post.spill_reported"]
    )


def test_words_that_were_signed_are_done_once_however_often_somebody_hands_them_in(house):
    """Who was in Cc has the signed mail for five days. By then the member may want something else."""
    no_receipts = sign(post("RECEIPTS OFF", to=REQUEST).replace(ALERT, b"\r\n"))
    before = len(answers(house, ANA))
    assert hand_in(house, no_receipts, REQUEST) == str(TAKEN)
    eventually(lambda: answers(house, ANA)[before:])
    answer_to(house, "RECEIPTS ON", by_login=True)
    for again in (no_receipts, b"X-Anything: more\r\n" + no_receipts):
        assert hand_in(house, again, REQUEST) == str(TAKEN)
    answer_to(house, "WHOAMI", by_login=True)  # what comes after them is answered after them
    assert len(answers(house, ANA)) == before + 3
    assert len(house.service.events("request.repeated")) == 2
    relayed = taken(hand_in(house, sign(post("With a receipt"))))
    eventually(lambda: [one for one in house.smarthost.about(relayed) if not one.is_copy])


def test_a_signature_of_the_domain_vouches_for_nobody_and_suspends_nobody(house, tmp_path):
    """A colleague whose server lets them write any From must not become the focal point, at whichever list they ask."""
    more = tmp_path / "more.csv"
    more.write_text(FOCAL_POINT, "utf-8")
    house.site.run("members", "import", str(more))
    house.site.passwords[CHIEF] = house.site.rows("members", "password", CHIEF)[0]["password"]
    for words in (f"GONE {PAUL}", "PEOPLE CM", "ATTEST CM", "NO M-000001", "CONFIRM-SPILL CAFR-2026-000001"):
        assert NOT_DONE in answer_to(house, words, CHIEF)
        assert turned_down(house)[-1] == (words.split()[0], "dkim")
    assert house.site.rows("members", "show", PAUL)[0]["state"] == "active"
    assert "Paul Example" in answer_to(house, "PEOPLE CM", CHIEF, by_login=True)
