"""Questions to the DNS for strangers' messages are bounded, and what was answered is remembered."""

import time
from contextlib import ExitStack

import dns.rdatatype
import dns.resolver
import pytest

from relay.errors import Busy, DnsError
from relay.transport import enquiry
from relay.transport.dns import MEMORY, Memory
from relay.transport.enquiry import AT_ONCE, QUESTIONS, Enquiries
from tests.integration.nameserver import NameServer

RECORDS = {("a.example", "TXT"): ('"one"',), ("a.example", "MX"): ("10 mx.a.example.",)}


@pytest.fixture
def server():
    with NameServer(dict(RECORDS)) as opened:
        yield opened


@pytest.fixture
def enquiries(server):
    return Enquiries(server.address)


def test_an_answer_is_remembered_from_message_to_message(server, enquiries):
    for name in ("a.example", "A.Example", "a.example."):
        with enquiries.of_one_message() as lookup:
            assert lookup(name, "TXT") == ("one",)
            assert lookup("nowhere.example", "TXT") == ()
    assert server.asked == [("a.example", "TXT"), ("nowhere.example", "TXT")]


def test_no_answer_is_not_remembered(server, enquiries):
    records, server.records = server.records, None
    with enquiries.of_one_message() as lookup, pytest.raises(DnsError):
        lookup("a.example", "TXT")
    server.records = records
    with enquiries.of_one_message() as lookup:
        assert lookup("a.example", "TXT") == ("one",)


def test_one_message_asks_so_many_questions_and_repeated_ones_count_once(enquiries):
    with enquiries.of_one_message() as lookup:
        for _ in range(2):
            for place in range(QUESTIONS):
                assert lookup(f"n{place}.example", "TXT") == ()
        with pytest.raises(DnsError, match="more of the DNS"):
            lookup("one-more.example", "TXT")
    with enquiries.of_one_message() as lookup:
        assert lookup("one-more.example", "TXT") == ()


def test_all_questions_of_a_message_share_one_time(enquiries, monkeypatch):
    with enquiries.of_one_message() as lookup:
        assert lookup("a.example", "TXT") == ("one",)
        late = time.monotonic() + enquiry.PATIENCE.total_seconds()
        monkeypatch.setattr(enquiry.time, "monotonic", lambda: late)
        with pytest.raises(DnsError):
            lookup("b.example", "TXT")
        assert lookup("a.example", "TXT") == ("one",)


def test_so_many_messages_ask_at_once_and_the_next_is_put_off(enquiries):
    with ExitStack() as open_ones:
        for _ in range(AT_ONCE):
            open_ones.enter_context(enquiries.of_one_message())
        with pytest.raises(Busy), enquiries.of_one_message():
            pass
    with enquiries.of_one_message() as lookup:
        assert lookup("a.example", "TXT") == ("one",)


def test_a_place_is_free_again_when_a_message_fails(enquiries):
    for _ in range(AT_ONCE + 1):
        with pytest.raises(ValueError, match="ours"), enquiries.of_one_message():
            raise ValueError("ours")


def test_what_an_owner_wants_remembered_for_long_is_asked_again_after_an_hour(server):
    memory = Memory(10)
    resolver = dns.resolver.Resolver(configure=False)
    host, port = server.address.split(":")
    resolver.nameservers, resolver.port = [host], int(port)
    answer = resolver.resolve("a.example", "TXT")
    answer.expiration = time.time() + 10 * MEMORY.total_seconds()
    memory.put((answer.qname, answer.rdtype, answer.rdclass), answer)
    assert answer.expiration <= time.time() + MEMORY.total_seconds()


def test_a_big_answer_is_not_remembered(server):
    server.records |= {("big.example", "TXT"): (" ".join(f'"{"x" * 250}"' for _ in range(4)),)}
    resolver = dns.resolver.Resolver(configure=False)
    host, port = server.address.split(":")
    resolver.nameservers, resolver.port = [host], int(port)
    answer = resolver.resolve("big.example", "TXT")
    memory = Memory(10)
    memory.put((answer.qname, answer.rdtype, answer.rdclass), answer)
    assert memory.get((answer.qname, answer.rdtype, answer.rdclass)) is answer
    for _ in range(5):
        answer.response.answer.append(answer.rrset)
    other = (answer.qname, dns.rdatatype.A, answer.rdclass)
    memory.put(other, answer)
    assert memory.get(other) is None


@pytest.mark.parametrize("name", ["", "a..example", f"{'x' * 64}.example", "x." * 130, "\\999.example"])
def test_a_text_that_can_be_no_name_has_no_records(enquiries, server, name):
    with enquiries.of_one_message() as lookup:
        assert lookup(name, "TXT") == ()
    assert [one for one in server.asked if "example" in one[0]] == []
