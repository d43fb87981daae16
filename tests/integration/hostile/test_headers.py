"""Rows 29 to 36 and 38 to 48 on the whole relay: who may speak, and what of a post's header reaches anybody."""

import re
import smtplib
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.clients import connect, make_post, octets_of, send
from tests.integration.service import ANA, CENTRAL, CLAIRE, DOMAIN, JEAN, MARIA, PAUL, eventually, open_house

ACCEPTED = re.compile(r"250 2\.0\.0 (CAFR-\d{4}-\d{6})")
TEXT = "Two hundred kilograms of pangolin scales were seized at the port.\r\n"
OTHERS = sorted([PAUL, JEAN, MARIA, CLAIRE])
AWAY = "spy@elsewhere.example"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("hostile"), ANA, MARIA) as opened:
        yield opened


def raw(*fields, sender=f"From: {ANA}", text=TEXT):
    """A message's octets: its From line, further header lines, its text."""
    lines = [line.encode() if isinstance(line, str) else line for line in (sender, *fields) if line]
    return b"".join(line + b"\r\n" for line in lines) + b"\r\n" + text.encode()


def reference(reply):
    match = ACCEPTED.fullmatch(reply)
    assert match, reply
    return match.group(1)


def event(house, reply):
    """What the log says of a post."""
    about = reference(reply)
    return eventually(lambda: [one for one in house.service.events("post.decided") if one["reference"] == about])[0]


def copies(house, reply):
    """Wait for every copy of a post."""
    about = reference(reply)
    eventually(lambda: house.smarthost.copies(about) == OTHERS)
    return [mail for mail in house.smarthost.about(about) if mail.is_copy]


# — who speaks —


@pytest.mark.parametrize(
    "sender",
    [
        f"From: {ANA}\r\nFrom: {ANA}",
        f"From: {ANA}\r\nFrom: {JEAN}",
        f"From: {ANA}, {JEAN}",
        f"From: Officers: {ANA};",
        "From:",
        "",
        f"From : {ANA}",
        f"\ufeffFrom: {ANA}",
        f"From: {ANA}\r\n , {JEAN}",
        f"From: Ana (open <{ANA}>",
        f"From: {JEAN} <{ANA}>",
        f"From: <{JEAN}> <{ANA}>",
        f"From: =?utf-8?q?{ANA.replace('@', '=40')}?=",
        f"From: =?utf-8?q?ana?=@{ANA.partition('@')[2]}",
        f"X: 1\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nFrom: {ANA}",
        f"From: {JEAN}",
        "From: <>",
    ],
)
def test_whoever_is_not_one_clear_author_is_refused(house, sender):
    """Rows 6 and 40."""
    assert send(house.service, ANA, raw("Subject: a", sender=sender)).startswith("550 5.")


@pytest.mark.parametrize(
    "body", [f"Ana\0 <{ANA}>".encode(), f"{ANA}\0".encode(), f"Ana \xff <{ANA}>".encode("latin-1")]
)
def test_an_author_with_octets_that_mean_nothing_is_refused(house, body):
    """Rows 4 and 40."""
    octets = b"From: " + body + b"\r\nSubject: a\r\n\r\n" + TEXT.encode()
    assert send(house.service, ANA, octets).startswith("550 5.")


@pytest.mark.parametrize("name", ["Sender", "Resent-From", "Resent-Sender"])
def test_nobody_says_that_another_member_sent_it(house, name):
    """Row 42. Somebody else may stand there, an assistant for example, and is left out of the copies."""
    for other in (JEAN, f"Jean <{JEAN.upper()}>", f"{AWAY}, {JEAN}"):
        assert send(house.service, ANA, raw(f"{name}: {other}")) == send(
            house.service, ANA, raw(sender=f"From: {JEAN}")
        )
    reply = send(house.service, ANA, raw(f"{name}: {AWAY}", f"Message-ID: <{name}@douanes.example>"))
    assert all(AWAY.encode() not in mail.received.octets for mail in copies(house, reply))


@pytest.mark.parametrize(
    "mail_from", ["ana+x@{}", "a.na@{}", '"ana"@{}', "ana@xn--{}", "ana@{}.", "=?utf-8?q?ana?=@{}", "ana@mail.{}"]
)
def test_only_the_address_itself_is_the_member(house, mail_from):
    """Row 29. In the envelope and in From."""
    other = mail_from.format(ANA.partition("@")[2])
    assert send(house.service, ANA, raw(), mail_from=other).startswith(("550 5.7.1", "553 5.1.7", "501 5.5.4"))
    assert send(house.service, ANA, raw(sender=f"From: {other}")).startswith("550 5.")


def test_an_address_in_capitals_is_the_same_member_with_the_same_duplicates(house):
    """Row 29."""
    shouted = ANA.upper()
    first = send(house.service, ANA, raw("Message-ID: <case@douanes.example>"))
    again = send(
        house.service, ANA, raw("Message-ID: <case@douanes.example>", sender=f"From: {shouted}"), mail_from=shouted
    )
    assert reference(first) == reference(again)
    copies(house, first)


@pytest.mark.parametrize(
    "sender",
    [
        "ana@douаnes.example",  # Cyrillic а
        "ana@dοuanes.example",  # Greek ο
        "ana@ｄouanes.example",
        "ana@douanes．example",
        "ana＠douanes.example",
        "аna@douanes.example",
        "ana@xn--dounes-3fg.example",
    ],
)
def test_look_alikes_of_a_member_are_not_the_member(house, sender):
    """Row 30."""
    assert ANA == "ana@douanes.example"
    assert send(house.service, ANA, raw(sender=f"From: {sender}")).startswith("550 5.")


# — mail that no person wrote —


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (rejected)",
        "Precedence: bulk",
        "Precedence: auto_reply",
        "X-Autoreply: yes",
        f"List-Id: Central Africa <central-africa.{DOMAIN}>",
        f"List-Id: <alerts.{DOMAIN}>",
        "\r\n".join(f"Received: from a by b{hop}" for hop in range(51)),
    ],
)
def test_auto_replies_and_loops_are_taken_and_dropped(house, line):
    """Rows 34 and 35."""
    decided, dropped = (len(house.service.events(name)) for name in ("post.decided", "post.discarded"))
    assert send(house.service, ANA, raw(line, "Message-ID: <auto@douanes.example>")) == "250 2.0.0 Ok"
    eventually(lambda: len(house.service.events("post.discarded")) == dropped + 1)
    assert len(house.service.events("post.decided")) == decided


@pytest.mark.parametrize(
    "line", ["Auto-Submitted: no", "X-Auto-Response-Suppress: All", "List-Id: <news.other.example>"]
)
def test_what_a_person_wrote_is_not_dropped(house, line):
    """Rows 34 and 35. X-Auto-Response-Suppress asks others not to answer, and some systems put it into every mail."""
    reply = send(house.service, ANA, raw(line, f"Message-ID: <{line.partition(':')[0]}@douanes.example>"))
    copies(house, reply)


def test_a_copy_that_comes_back_stops_here(house):
    """Row 35. As when a member's mailbox sends all it gets back to the list, or another list is a member."""
    [copy, *_] = copies(house, send(house.service, ANA, raw("Message-ID: <loop@douanes.example>")))
    back = copy.received.octets
    assert send(house.service, MARIA, back).startswith("550 5.7.1 "), "the list is no member"
    back = re.sub(rb"(?m)^From: .*(\r\n\s.*)*\r\n", f"From: {MARIA}\r\n".encode(), back, count=1)
    assert send(house.service, MARIA, back) == "250 2.0.0 Ok"


def test_the_null_sender_reaches_no_list(house):
    """Rows 31 and 33."""
    with smtplib.SMTP("localhost", house.service.ports["smtp"]) as client:
        client.ehlo()
        assert client.mail("<>")[0] == 250
        assert client.rcpt(CENTRAL)[0] == 550
        assert client.mail("<>")[0] == 503
    with closing(connect(house.service)) as client:
        client.login(ANA, house.site.passwords[ANA])
        assert client.mail("<>")[0] == 550


# — what leaves —

POINTING_AWAY = (
    *("Reply-To", "Mail-Followup-To", "Mail-Reply-To", "Disposition-Notification-To", "Return-Receipt-To", "Errors-To"),
    *(
        "List-Unsubscribe",
        "List-Post",
        "List-Archive",
        "Return-Path",
        "Bcc",
        "Cc",
        "Resent-Bcc",
        "X-Confirm-Reading-To",
    ),
)
FORGED = (
    f"Authentication-Results: {DOMAIN}; dkim=pass header.d=elsewhere.example",
    "ARC-Seal: i=1; a=rsa-sha256; d=elsewhere.example; cv=none; b=QUOKKA",
    "ARC-Message-Signature: i=1; d=elsewhere.example; b=QUOKKA",
    "ARC-Authentication-Results: i=1; elsewhere.example; dkim=pass QUOKKA",
    "DKIM-Signature: v=1; d=elsewhere.example; b=QUOKKA",
    "X-WEN-Reference: CAFR-1999-QUOKKA",
    "X-WEN-Decision: QUOKKA",
    "X-Relay-Checked: QUOKKA",
    "X-Spam-Status: QUOKKA",
    "List-Help: <mailto:QUOKKA@elsewhere.example>",
    "List-Owner: <mailto:QUOKKA@elsewhere.example>",
    "Comments: QUOKKA",
    "Keywords: QUOKKA",
    "Organization: QUOKKA",
)


@pytest.fixture(scope="module")
def forged(house):
    """The copies of a post whose header names every address and claim that it may name."""
    fields = [f"{name}: <{AWAY}>" for name in POINTING_AWAY] + list(FORGED)
    return copies(
        house, send(house.service, ANA, raw(*fields, "Message-ID: <forged@douanes.example>", "Subject: Seizure"))
    )


def test_no_field_of_a_copy_points_to_where_the_author_wanted(forged):
    """Rows 38 and 39."""
    for mail in forged:
        assert b"elsewhere.example" not in mail.received.octets
        assert mail.message["Reply-To"].addresses[0].addr_spec == ANA
        assert mail.received.rcpt_to[0] in OTHERS


def test_no_claim_of_the_author_is_in_a_copy(forged):
    """Row 44."""
    for mail in forged:
        assert b"QUOKKA" not in mail.received.octets
        assert not {"Authentication-Results", "ARC-Seal", "Return-Path"} & set(mail.message.keys())


@pytest.mark.parametrize(
    "name", [f'"{JEAN}"', f"=?utf-8?q?{JEAN.replace('@', '=40')}?=", '"Jean Example"', '"Moderator"']
)
def test_a_copy_shows_the_name_of_the_member_record(house, name):
    """Row 41."""
    reply = send(house.service, ANA, raw(f"Message-ID: <{abs(hash(name))}@d.example>", sender=f"From: {name} <{ANA}>"))
    for mail in copies(house, reply):
        assert str(mail.message["From"]) == f"Ana Example via Central Africa <{CENTRAL}>"
        assert str(mail.message["Reply-To"]) == f"Ana Example <{ANA}>"
        assert JEAN.encode() not in mail.received.octets


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?Seizure=0D=0ABcc:_spy=40elsewhere.example?=",
        "=?utf-8?b?U2VpenVyZQ0KDQpCb2R5?=",
        "Seizure\r\n\tBcc: spy@elsewhere.example",
        "=?utf-8?q?Seizure=E2=80=A8Bcc:_x?=",
    ],
)
def test_no_subject_begins_a_line_of_its_own(house, subject):
    """Row 47."""
    reply = send(house.service, ANA, raw(f"Subject: {subject}", f"Message-ID: <{abs(hash(subject))}@d.example>"))
    for mail in copies(house, reply):
        assert "Bcc" not in mail.message.keys()  # noqa: SIM118 — a message's fields, not a dict's keys
        assert len(mail.message.get_all("Subject")) == 1
        assert mail.text().startswith("TLP:GREEN")


def test_an_internationalised_post_leaves_in_ascii_fields_so_that_no_further_server_needs_smtputf8(house):
    """Row 27. The sink offers no SMTPUTF8, as many servers don't; texts travel as 8-bit or encoded, which all take."""
    with closing(connect(house.service)) as client:
        client.login(ANA, house.site.passwords[ANA])
        assert client.mail(ANA, ["SMTPUTF8", "BODY=8BITMIME"])[0] == client.rcpt(CENTRAL)[0] == 250
        subject, sender = "Subject: Saisie de défenses à Ñandú 象牙", f"From: Ána Ñandú <{ANA}>"
        mime = ("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")
        code, words = client.data(raw(subject, *mime, sender=sender, text="Cent défenses d'éléphant, 象牙.\r\n"))
    for mail in copies(house, f"{code} {words.decode()}"):
        assert mail.received.octets.partition(b"\r\n\r\n")[0].isascii()
        assert mail.message["Subject"].endswith("Saisie de défenses à Ñandú 象牙")
        assert "Cent défenses d'éléphant, 象牙." in mail.text()


# — shapes —


@pytest.mark.parametrize(
    "twice",
    [
        ("Subject: a", "Subject: b"),
        ("Date: Mon, 2 Mar 2026 10:00:00 +0000", "Date: Mon, 2 Mar 2026 11:00:00 +0000"),
        ("Message-ID: <a@douanes.example>", "Message-ID: <b@douanes.example>"),
        ("MIME-Version: 1.0", "MIME-Version: 1.0"),
        ("Content-Type: text/plain", "Content-Type: text/plain"),
        ("Content-Transfer-Encoding: 7bit", "Content-Transfer-Encoding: 7bit"),
    ],
    ids=lambda pair: pair[0].partition(":")[0],
)
def test_a_field_given_twice_is_held(house, twice):
    """Row 45."""
    reply = send(house.service, ANA, raw(*twice, text=f"{twice[0]} was twice.\r\n"))
    assert event(house, reply)["decisions"] == ["hold"]


def test_two_senders_are_refused(house):
    """Row 45. As two From are (row 40)."""
    assert send(house.service, ANA, raw(f"Sender: {ANA}", f"Sender: {ANA}")).startswith("550 5.6.0 ")


@pytest.mark.parametrize(
    "fields",
    [
        ["X-Long: " + "a" * 900] * 130,
        ["X-Many: a"] * 1_001,
        ["X-Folded: a" + "\r\n b" * 60_000],
        ["X-Folded: a" + ("\r\n " + "b" * 900) * 1_000],
    ],
    ids=["100 KB", "1000 fields", "many folds", "900 KB"],
)
def test_a_header_section_too_big_is_552(house, fields):
    """Row 46."""
    assert send(house.service, ANA, raw(*fields)).startswith("552 5.3.4 ")
    assert send(house.service, ANA, b"".join(one.encode() + b"\r\n" for one in fields) + raw()).startswith("552 5.3.4 ")


@pytest.mark.parametrize(
    ("date", "kept"),
    [
        ("", False),
        ("Date: Thu, 1 Jan 1970 00:00:00 +0000", False),
        ("Date: Fri, 2 Jan 2099 00:00:00 +0000", False),
        ("Date: yesterday", False),
        ("Date: Mon, 2 Mar 2026 10:00:00 +0000", True),
    ],
)
def test_a_post_without_a_sane_date_and_identifier_gets_ours(house, date, kept):
    """Row 48."""
    reply = send(house.service, ANA, raw(date, text=f"{date} was the date.\r\n"))
    received = datetime.fromisoformat(event(house, reply)["time"])
    for mail in copies(house, reply):
        assert mail.message["Message-ID"] == f"<{reference(reply)}@{DOMAIN}>"
        shown = mail.message["Date"].datetime
        assert shown == datetime(2026, 3, 2, 10, tzinfo=UTC) if kept else abs(shown - received) < timedelta(hours=1)


def test_a_member_who_floods_is_told_to_wait_and_the_others_are_not(house):
    """Row 36. Near the end here, since the limit stays."""
    house.site.configure("limits", "posts_per_hour", 3)
    house.service.reload()
    answers = [
        send(house.service, MARIA, octets_of(make_post(MARIA, "Flood", TEXT, message_id=f"<{number}@aduanas.example>")))
        for number in range(6)
    ]
    assert [answer[:10] for answer in answers[3:]] == ["451 4.7.1 "] * 3
    assert len(house.service.events("post.over_limit")) == 3
    assert (
        send(house.service, MARIA, octets_of(make_post(MARIA, "Flood", TEXT, message_id="<0@aduanas.example>")))
        == answers[0]
    )
    with closing(connect(house.service)) as client:
        client.login(ANA, house.site.passwords[ANA])
        assert client.mail(ANA)[0] == client.rcpt(CENTRAL)[0] == 250


def test_an_agency_that_floods_is_told_to_wait_whoever_of_it_writes_and_other_agencies_are_not(house):
    """Row 36. After the last one here, since the limits stay: PAUL has a colleague, JEAN is of another agency."""
    house.site.configure("limits", "posts_per_hour", 0)
    house.service.reload()
    colleague = "colleague@police.example"
    house.site.run(
        *("members", "add", colleague, "--name", "Zoé Example", "--agency", "POLICE", "--agency-type", "police"),
        *("--country", "CM", "--language", "fr", "--lists", "central-africa"),
        *("--nominated-by", "one@network.example", "--confirmed-by", "two@network.example"),
    )
    for author in (PAUL, colleague, JEAN):
        [issued] = house.site.rows("members", "password", author)
        house.site.passwords[author] = issued["password"]

    def post(author, number):
        message = make_post(author, "Flood", TEXT, message_id=f"<agency-{number}@{author.partition('@')[2]}>")
        return send(house.service, author, octets_of(message))

    sent = sum(row["author"] == PAUL for row in house.site.rows("posts", "list"))
    house.site.configure("limits", "agency_posts_per_hour", sent + 2)
    house.service.reload()
    before = len(house.service.events("post.over_limit"))
    first, second = post(PAUL, 1), post(colleague, 2)
    assert first.startswith("250 ")
    assert second.startswith("250 ")
    assert post(PAUL, 3).startswith("451 4.7.1 ")
    assert post(colleague, 4).startswith("451 4.7.1 ")
    assert post(colleague, 2) == second, "one that was taken before gets its reference again"
    assert post(JEAN, 5).startswith("250 ")
    assert [row["limit"] for row in house.service.events("post.over_limit")[before:]] == ["agency", "agency"]
    entries = [row for row in house.site.run("audit", "export").rows if row.get("event") == "post.over_limit"]
    assert {entry["facts"]["limit"] for entry in entries} == {"member", "agency"}
