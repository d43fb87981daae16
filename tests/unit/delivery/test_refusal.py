"""What is held against an address: that there is no such mailbox or domain; nothing else that a server may say."""

import pytest

from relay.delivery.refusal import reply_blames_address, report_blames_address, said_blames_address


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 <ana@douanes.example>: Recipient address rejected: User unknown in local recipient table",
        "550-5.1.1 The email account that you tried to reach does not exist.",
        "550 No such user here",
        "550",
        "551 5.1.6 moved",
        "553 sorry, no mailbox here by that name",
        "550 5.2.1 mailbox disabled",
        "556 5.1.10 null MX",
        "550 5.4.1 Recipient address rejected: Access denied",
        "550 5.4.310 DNS domain does not exist",
        "550 5.5.0 Requested action not taken: mailbox unavailable",
        "550 5.0.0 unknown",
    ],
)
def test_a_refusal_of_the_recipient_blames_the_address(reply):
    assert reply_blames_address(reply, to_rcpt=True)


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.7.1 Message rejected as spam by content filtering",
        "550 5.7.26 unauthenticated",
        "550 5.1.8 Access denied, bad outbound sender",
        "553 5.1.7 bad sender",
        "552 5.2.2 mailbox full",
        "552 over quota",
        "552 5.3.4 message too big",
        "554 5.3.4 message size exceeds",
        "554 transaction failed",
        "554 5.4.6 mail loop",
        "550 5.6.1 media not supported",
        "452 4.2.2 mailbox full",
        "450 4.1.1 try later",
        "550 4.1.1 a class that contradicts its code",
        "250 2.1.5 Ok",
        "the server takes no 8-bit messages (RFC 6152)",
        "",
    ],
)
def test_a_full_box_a_policy_a_size_and_trouble_with_the_sender_blame_it_not(reply):
    assert not reply_blames_address(reply, to_rcpt=True)


def test_elsewhere_than_at_rcpt_a_code_alone_means_nothing_of_the_recipient():
    assert not reply_blames_address("550 sender verify failed", to_rcpt=False)
    assert not reply_blames_address("550 5.1.0 sender rejected", to_rcpt=False)
    assert reply_blames_address("550 5.1.1 no such user", to_rcpt=False)


@pytest.mark.parametrize(
    ("code", "status", "blames"),
    [
        (550, "5.1.1", True),
        (None, "5.1.1", True),
        (550, "5.0.0", True),
        (550, "", True),
        (None, "5.1.10", True),
        (None, "", False),
        (None, "5.0.0", False),
        (552, "5.2.2", False),
        (550, "5.7.1", False),
        (None, "4.4.1", False),
        (550, "4.2.2", False),
        (554, "5.0.0", False),
        (450, "5.1.1", False),
    ],
)
def test_a_report_is_read_alike(code, status, blames):
    assert report_blames_address(code, status) is blames


@pytest.mark.parametrize(
    ("statuses", "codes", "blamed"),
    [
        ((), (), True),
        (("5.1.1",), (550,), True),
        (("5.1.1",), (554,), True),
        ((), (550,), True),
        (("5.0.0",), (550,), True),
        (("5.0.0",), (), True),
        (("5.2.2",), (550,), False),
        (("5.7.1",), (), False),
        (("4.4.7",), (), False),
        (("5.1.1", "5.2.2"), (), False),
        ((), (552,), False),
        ((), (550, 554), False),
        (("5.0.0",), (552,), False),
    ],
)
def test_free_text_blames_the_address_unless_it_speaks_of_something_else(statuses, codes, blamed):
    assert said_blames_address(statuses, codes) is blamed
