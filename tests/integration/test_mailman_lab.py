"""The six faults that a laboratory found in another list manager, each tried on the real listener: none of them is ours.

1 a stranger's From beside a member's Reply-To or Sender is distributed    4 a message sent twice is distributed twice
2 an odd header field makes a post vanish without a word                   5 nobody can leave at one click (RFC 8058)
3 what a machine wrote is distributed                                      6 strangers are stored, and mailed
"""

import http.client
import re
import smtplib
import sqlite3
from contextlib import closing

import dkim
import pytest

from tests.integration.clients import make_post, octets_of, send, transact
from tests.integration.service import ANA, CENTRAL, CLAIRE, DOMAIN, JEAN, MARIA, PATIENCE, PAUL, eventually, open_house
from tests.integration.test_service_relay import dns

STRANGER = "mallory@quagga-stranger.example"
ALERT = "Sixty kilograms of scales were seized at the port.\n"
OTHERS = sorted([PAUL, JEAN, MARIA, CLAIRE])
CLICK = "List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Its web door is reached by another name, as behind a proxy; central-africa lets its members leave at one click."""
    folder = tmp_path_factory.mktemp("relay")
    settings = {("web", "public_url"): f"https://{DOMAIN}", ("relay", "postmaster"): "ops@agency.example"}

    def opened(site):
        site.edit_list(
            "central-africa", "two_person_release = false", "two_person_release = false\none_click_leave = true"
        )

    with open_house(folder, ANA, PAUL, settings=settings, prepare=opened) as house:
        yield house


def hand_over(house, octets, *to, mail_from=STRANGER):
    """Send as any mail server of the internet does; the last reply."""
    with smtplib.SMTP("localhost", house.service.ports["smtp"], timeout=PATIENCE) as client:
        client.ehlo("mx.quagga-stranger.example")
        return transact(client, mail_from, octets, *to)


def accepted(reply):
    found = re.fullmatch(r"250 2\.0\.0 (CAFR-\d{4}-\d{6})", reply)
    assert found, reply
    return found.group(1)


def posts(house):
    return [row["reference"] for row in house.site.rows("posts", "list")]


def copies_of(house, reference):
    eventually(lambda: house.smarthost.copies(reference) == OTHERS)
    house.smarthost.notice(reference, "relay")
    return {mail.recipient: mail for mail in house.smarthost.about(reference) if mail.is_copy}


# 1


@pytest.mark.parametrize("field", ["Reply_To", "Sender", "X_Original_From", "Resent_From", "Return_Path"])
@pytest.mark.parametrize("mail_from", [STRANGER, PAUL])
def test_1_a_strangers_from_beside_a_members_name_is_refused(house, field, mail_from):
    before, mails = posts(house), len(house.smarthost.mails)
    message = octets_of(make_post(STRANGER, "Urgent", ALERT, message_id="<1@quagga-stranger.example>", **{field: PAUL}))
    assert hand_over(house, message, mail_from=mail_from).startswith("550 5.")
    assert (posts(house), len(house.smarthost.mails)) == (before, mails)


@pytest.mark.parametrize("field", ["Reply_To", "Sender"])
def test_1_nor_by_way_of_a_members_own_login(house, field):
    before, mails = posts(house), len(house.smarthost.mails)
    message = make_post(STRANGER, "Urgent", ALERT, message_id="<1a@quagga-stranger.example>", **{field: ANA})
    assert send(house.service, ANA, message).startswith("550 5.7.1 ")
    assert (posts(house), len(house.smarthost.mails)) == (before, mails)


# 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Urgent", "x"),
        ("Approved", "hunter2"),
        ("Approve", ""),
        ("X-Mailman-Version", "3.3.10"),
        ("X-BeenThere", CENTRAL),
        ("Content-Length", "-1"),
        ("Lines", "many"),
        ("Priority", "urgent"),
        ("Importance", "high"),
        ("X-Priority", "1 (Highest)"),
        ("Expires", "yesterday"),
        ("Errors-To", PAUL),
        ("X-No-Archive", "yes"),
        ("Newsgroups", "alt.test"),
        ("Topics", "ivory"),
        ("Delivered-To", ANA),
        ("X-" + "Long" * 60, "x"),
        ("X-Empty", ""),
    ],
)
def test_2_no_header_field_makes_a_post_vanish_and_none_of_them_leaves(house, name, value):
    subject = f"Header {name[:20]}"
    octets = f"{name}: {value}\r\n".encode() + octets_of(
        make_post(ANA, subject, ALERT, message_id=f"<{name[:20]}@douanes.example>")
    )
    for mail in copies_of(house, accepted(send(house.service, ANA, octets))).values():
        assert mail.message[name] is None
        assert ALERT.strip() in mail.text()


@pytest.mark.parametrize("value", [b"\xff\xfe", b"=?utf-8?q?=00?=", b"=?utf-8?b?!!!?=", b"(" * 900])
def test_2_whatever_an_odd_field_holds_the_author_is_told_what_became_of_it(house, value):
    """Taken and told by letter, or refused in the session: never taken without a word."""
    octets = b"Urgent: " + value + b"\r\n" + octets_of(make_post(ANA, "Odd", ALERT, message_id="<odd@douanes.example>"))
    octets = octets.replace(b"<odd@", f"<odd.{value.hex()[:20]}@".encode())
    reply = send(house.service, ANA, octets)
    assert reply.startswith("550 5.") or eventually(
        lambda: [mail for mail in house.smarthost.about(accepted(reply)) if mail.recipient == ANA]
    )


# 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Auto_Submitted", "auto-replied"),
        ("Auto_Submitted", "auto-generated; owner-email=x@y.example"),
        ("Auto_Submitted", "AUTO-NOTIFIED"),
        ("Precedence", "bulk"),
        ("X_Autoreply", "yes"),
    ],
)
def test_3_what_a_machine_wrote_is_neither_distributed_nor_answered(house, name, value):
    before, mails = posts(house), len(house.smarthost.mails)
    message = make_post(ANA, "Absent", "Back on Monday.\n", message_id="<auto@douanes.example>", **{name: value})
    send(house.service, ANA, message)
    assert (posts(house), len(house.smarthost.mails)) == (before, mails)
    counts = house.site.rows("queue", "status")[0]
    assert counts["queued"] == counts["leased"] == counts["sending"] == 0


# 4


def test_4_the_same_message_twice_is_distributed_once_whatever_was_added_on_the_way(house):
    octets = octets_of(make_post(ANA, "Twice", ALERT, message_id="<twice@douanes.example>"))
    reference = accepted(send(house.service, ANA, octets))
    copies_of(house, reference)
    hop = b"Received: from elsewhere.example by mx.douanes.example; Mon, 2 Mar 2026 10:00:01 +0000\r\n"
    for again in (octets, hop + octets, octets.replace(b"10:00:00", b"10:05:00"), b"X-Spam: no\r\n" + octets):
        assert accepted(send(house.service, ANA, again)) == reference
    other = octets_of(make_post(ANA, "Last of the twice", ALERT, message_id="<last@douanes.example>"))
    copies_of(house, accepted(send(house.service, ANA, other)))
    assert house.smarthost.copies(reference) == OTHERS


def test_4_another_text_under_the_same_message_id_is_not_lost(house):
    """Some programs give two messages one identity: whoever drops the second loses a post."""
    texts = ("One tusk was seized.\n", "Two tusks were seized.\n")
    sent = [
        accepted(send(house.service, ANA, make_post(ANA, "Reused", text, message_id="<reused@douanes.example>")))
        for text in texts
    ]
    assert len(set(sent)) == 2
    for reference, text in zip(sent, texts, strict=True):
        assert all(text.strip() in mail.text() for mail in copies_of(house, reference).values())


# 5


@pytest.fixture(scope="module")
def offered(house):
    """A post's copies, by recipient."""
    reply = send(house.service, ANA, make_post(ANA, "To leave", ALERT, message_id="<leave@douanes.example>"))
    return copies_of(house, accepted(reply))


def address_in(mail):
    """The path of a copy's one-click address, of which there is one."""
    addresses = re.findall(r"<([^>]+)>", re.sub(r"\s", "", mail.message["List-Unsubscribe"]))
    assert addresses[1:] == [f"mailto:central-africa-request@{DOMAIN}?subject=STOP"]
    assert addresses[0].startswith(f"https://{DOMAIN}/leave/central-africa/")
    return addresses[0].removeprefix(f"https://{DOMAIN}")


def ask(house, method, path, body=None, headers=FORM):
    with closing(http.client.HTTPConnection("127.0.0.1", house.service.ports["web"], timeout=PATIENCE)) as connection:
        connection.request(method, path, body, headers if body is not None else {})
        reply = connection.getresponse()
        return reply.status, reply.read(), dict(reply.getheaders())


def is_on_the_list(house, member):
    [row] = house.site.rows("members", "show", member)
    return "central-africa" in row["lists"]


def test_5_every_copy_offers_its_reader_an_address_of_their_own_and_signs_it(house, offered):
    assert len({address_in(mail) for mail in offered.values()}) == len(OTHERS)
    for mail in offered.values():
        assert mail.message.get_all("List-Unsubscribe-Post") == [CLICK]
        assert len(mail.message.get_all("List-Unsubscribe")) == 1
        signatures = mail.message.get_all("DKIM-Signature")
        assert len(signatures) == 2
        for place, signature in enumerate(signatures):
            signed = re.sub(r"\s", "", re.search(r"h=([^;]+);", str(signature), re.DOTALL)[1]).split(":")
            assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(signed)
            verifier = dkim.DKIM(mail.received.octets)
            assert verifier.verify(idx=place, dnsfunc=dns(house.site.data / "keys"))


def test_5_to_look_at_the_address_changes_nothing_and_says_the_same_for_any(house, offered):
    path = address_in(offered[MARIA])
    shown = [ask(house, "GET", one)[:2] for one in (path, path[:-1], "/leave/no-such-list/x", "/leave/")]
    assert {status for status, _ in shown} == {200}
    assert len({body for _, body in shown}) == 1
    assert b"Quitter la liste" in shown[0][1]
    assert ask(house, "HEAD", path)[0] == 200
    assert is_on_the_list(house, MARIA)


def test_5_a_click_leaves_once_and_the_member_is_told(house, offered):
    path = address_in(offered[MARIA])
    status, body, fields = ask(house, "POST", path, CLICK)
    assert (status, fields["Referrer-Policy"], fields["Cache-Control"]) == (200, "no-referrer", "no-store")
    assert "Location" not in fields
    assert not is_on_the_list(house, MARIA)
    told = eventually(lambda: [mail for mail in house.smarthost.mails if mail.recipient == MARIA and not mail.is_copy])
    assert "Ya no está en la lista África Central" in told[-1].text()
    assert ask(house, "POST", path, CLICK)[:2] == (200, body)
    assert len([row for row in house.site.run("audit", "export").rows if row.get("event") == "member.left_list"]) == 1
    reply = send(house.service, ANA, make_post(ANA, "Without her", ALERT, message_id="<without@douanes.example>"))
    reference = accepted(reply)
    eventually(lambda: house.smarthost.copies(reference) == sorted(set(OTHERS) - {MARIA}))


@pytest.mark.parametrize("kind", ["multipart", "form"])
def test_5_providers_may_post_a_form_or_its_parts(house, offered, kind):
    member = {"multipart": JEAN, "form": CLAIRE}[kind]
    body, headers = CLICK, FORM
    if kind == "multipart":
        body = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert ask(house, "POST", address_in(offered[member]), body, headers)[0] == 200
    assert not is_on_the_list(house, member)


def test_5_forged_and_foreign_addresses_do_nothing_and_get_the_same_answer(house, offered):
    """Row 76."""
    path = address_in(offered[PAUL])
    token = path.rpartition("/")[2]
    last = "A" if token[-1] != "A" else "B"
    forged = [
        path[:-1] + last,
        f"/leave/species-id/{token}",
        path + "x",
        f"/leave/central-africa/{'A' * 43}",
    ]
    honest = ask(house, "POST", address_in(offered[MARIA]), CLICK)[:2]
    for one in forged:
        assert ask(house, "POST", one, CLICK)[:2] == honest
    for body in ("", "List-Unsubscribe=Two-Click", "x" * 3000, "List-Unsubscribe"):
        assert ask(house, "POST", path, body)[0] == 400
    assert ask(house, "POST", path, "x" * 30000)[0] == 411
    assert ask(house, "POST", "/health", CLICK)[0] == 404
    assert is_on_the_list(house, PAUL)
    assert "species-id" in house.site.rows("members", "show", PAUL)[0]["lists"]


def test_5_whoever_clicks_without_end_keeps_nobody_else_from_leaving(house, offered):
    """All clicks come from one client, as behind a proxy."""
    path = address_in(offered[MARIA])
    statuses = (ask(house, "POST", path, CLICK)[0] for _ in range(700))
    assert next(status for status in statuses if status != 200) == 429
    assert ask(house, "POST", address_in(offered[PAUL]), CLICK)[0] == 200
    assert not is_on_the_list(house, PAUL)


def test_5_a_list_that_does_not_offer_it_says_no_such_thing(house):
    reply = send(
        house.service, ANA, make_post(ANA, "Species", ALERT, message_id="<s@douanes.example>"), f"species-id@{DOMAIN}"
    )
    reference = reply.split()[2]
    house.smarthost.notice(reference, "relay")
    [mail, *_] = eventually(lambda: [one for one in house.smarthost.about(reference) if one.is_copy])
    assert mail.message["List-Unsubscribe-Post"] is None
    assert mail.message["List-Unsubscribe"].strip() == f"<mailto:species-id-owner@{DOMAIN}?subject=unsubscribe>"


def test_5_no_list_can_offer_it_without_an_address_on_the_web(house):
    house.site.configure("web", "public_url", "")
    try:
        done = house.site.try_run("lists", "validate")
    finally:
        house.site.configure("web", "public_url", f"https://{DOMAIN}")
    assert (done.code, "central-africa" in done.err, "public_url" in done.err) == (78, True, True)


# 6


def test_6_a_stranger_is_neither_stored_nor_mailed(house):
    """Whatever they try: no row of any table, no file and no line of the log has their address; no mail leaves."""
    mails = len(house.smarthost.mails)
    addresses = (CENTRAL, f"central-africa-request@{DOMAIN}", f"central-africa-owner@{DOMAIN}", f"alerts@{DOMAIN}")
    for to in (
        *addresses,
        f"practice@{DOMAIN}",
        f"no-such-list@{DOMAIN}",
        f"central-africa-bounces+{'a' * 24}@{DOMAIN}",
    ):
        for subject in ("subscribe", "HELP", "confirm 1a2b3c", "Out of office"):
            message = octets_of(make_post(STRANGER, subject, ALERT, message_id="<6@quagga-stranger.example>"))
            assert hand_over(house, message, to).startswith("550 5.")
            assert hand_over(house, message, to, mail_from="").startswith("550 5.")
    with smtplib.SMTP("localhost", house.service.ports["submission"], timeout=PATIENCE) as client:
        client.ehlo("quagga-stranger.example")
        assert client.docmd("VRFY", STRANGER)[0] in {252, 502}
        assert client.mail(STRANGER)[0] == 530
    assert len(house.smarthost.mails) == mails
    with closing(sqlite3.connect(house.site.data / "relay.db")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        assert {"members", "deliveries", "audit", "posts", "failures"} <= set(tables)
        for table in tables:
            rows = database.execute(f'SELECT * FROM "{table}"').fetchall()
            assert "quagga-stranger" not in repr(rows).lower(), table
    files = [path for path in house.site.data.rglob("*") if path.is_file()]
    assert not [path for path in files if b"quagga-stranger" in path.read_bytes().lower()]
    assert b"quagga-stranger" not in house.service.log.lower()
