"""A next mail server in every kind of trouble, before a whole relay: each member gets each post once, or as often as is counted.

What the SMTP client itself makes of each answer stands in tests/integration/test_transport_faults.py and test_courier_faults.py.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

import pytest

from relay.transport.sink import DROP, Behaviour
from tests.crash.acts import Post, Recall
from tests.crash.blows import Blow, is_long, spread
from tests.crash.invariants import mails_of
from tests.crash.lives import until
from tests.crash.story import Story
from tests.faults import Line, Proxy
from tests.running import Site, Smarthost

NOTHING = Blow("", "", "")
MEGABYTES = 10 * 2**20


@pytest.fixture(scope="module")
def proxy(smarthost: Smarthost) -> Iterator[Proxy]:
    between = Proxy(smarthost.port)
    yield between
    smarthost.run(between.stop())


@pytest.fixture(scope="module")
def smarthost() -> Iterator[Smarthost]:
    with Smarthost() as opened:
        yield opened


@pytest.fixture(scope="module")
def story(
    template: Site, tmp_path_factory: pytest.TempPathFactory, smarthost: Smarthost, proxy: Proxy
) -> Iterator[Story]:
    site = template.copy(tmp_path_factory.mktemp("smarthost") / "data")
    opened = Story(site, smarthost, port=smarthost.run(proxy.start()))
    yield opened
    opened.close()


def in_trouble(story: Story, behave: Behaviour, act: Post) -> None:
    """A post while the server behaves so, until that has shown; then all is well again, and everything is looked at."""
    story.wake()
    act.prepare(story)
    shown = Counter[bool]()

    def watched(stage: str, argument: str) -> str | None:
        answer = behave(stage, argument)
        shown[answer is not None] += 1
        return answer

    story.smarthost.sink.behave = watched
    assert act.do(story, None), story.last_reply
    until(lambda: shown[True])
    story.smarthost.sink.behave = None
    story.look(act, NOTHING)


def first(stage: str, answer: str, times: int = 1) -> Behaviour:
    """So at one stage, the first few times."""
    left = iter(range(times))
    return lambda now, _: answer if now == stage and next(left, None) is not None else None


def in_turn(*answers: tuple[str, str]) -> Behaviour:
    """One fault after the other, each at its stage."""
    left = list(answers)
    return lambda now, _: left.pop(0)[1] if left and left[0][0] == now else None


def from_the_nth(stage: str, number: int, answer: str) -> Behaviour:
    seen = count(1)
    return lambda now, _: answer if now == stage and next(seen) >= number else None


TROUBLES: dict[str, Callable[[], Behaviour]] = {
    "4yz to each command in turn": lambda: in_turn(
        ("mail", "451 4.3.0 no"), ("rcpt", "450 4.2.0 no"), ("data", "451 4.3.0 no"), ("dot", "452 4.3.1 no")
    ),
    "421 to each command in turn": lambda: in_turn(
        ("mail", "421 4.3.2 no"), ("rcpt", "421 4.3.2 no"), ("data", "421 4.3.2 no"), ("dot", "421 4.3.2 no")
    ),
    "452 from the third recipient on": lambda: from_the_nth("rcpt", 3, "452 4.5.3 too many"),
    "552 to RCPT, which is 452": lambda: first("rcpt", "552 5.2.2 full"),
    "dropped before the dot's answer": lambda: first("dot", DROP, 2),
    "taken, and the 250 is lost": lambda: first("after-dot", DROP, 2),
    "closed in the middle of a batch": lambda: from_the_nth("mail", 3, DROP),
    "garbage": lambda: first("rcpt", "\x00\xff no SMTP \x1b[2J"),
    "garbage for the 250": lambda: first("after-dot", "taken"),
    "lines without end": lambda: first("mail", "\r\n".join(["250-more"] * 20_000)),
    "a reply of ten megabytes": lambda: first("mail", "250 " + "x" * MEGABYTES),
    "a reply of ten megabytes to the dot": lambda: first("after-dot", "250 " + "x" * MEGABYTES),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_of_the_next_server_loses_and_doubles_nothing(story: Story, trouble: str) -> None:
    in_trouble(story, TROUBLES[trouble](), Post())


@pytest.mark.parametrize("stage", ["rcpt", "dot"])
def test_a_refusal_for_one_member_is_that_members_alone_and_its_author_is_told(story: Story, stage: str) -> None:
    refused = story.site.members[2]
    act = Post()
    in_trouble(story, lambda now, who: "550 5.1.1 no such user" if (now, who) == (stage, refused) else None, act)
    query = "SELECT count(*) FROM deliveries d JOIN posts p ON p.id = d.post_id WHERE p.reference = :reference AND d.status = :status"
    assert story.ask(query, reference=act.reference, status="failed") == 1
    told = [mail for mail in mails_of(story.smarthost.sink.received) if mail.reference == act.reference]
    assert sum(mail.address == story.site.author for mail in told) == 2  # the receipt, and word of the failure


def test_a_server_that_is_away_is_waited_for_and_what_is_recalled_meanwhile_never_leaves(
    story: Story, proxy: Proxy
) -> None:
    story.wake()
    act, recalled = Post(), Post()
    for post in (act, recalled):
        post.prepare(story)
    story.smarthost.run(story.smarthost.sink.stop())
    story.smarthost.run(proxy.reset())
    assert act.do(story, None)
    assert recalled.do(story, None)
    assert Recall(reference=recalled.reference).do(story, None)
    story.smarthost.run(story.smarthost.sink.start(port=story.smarthost.port))
    story.look(act, NOTHING)
    reached = {
        mail.address
        for mail in mails_of(story.smarthost.sink.received)
        if mail.reference == recalled.reference and mail.is_copy
    }
    assert reached == set()


@pytest.mark.parametrize("way", ["cut_up", "cut_down"])
def test_a_line_that_is_cut_after_any_octet_doubles_nothing_unseen(story: Story, proxy: Proxy, way: str) -> None:
    """So many octets of each connection pass, until every copy has gone, or the line is well again."""
    story.wake()
    whole = 12_000 if way == "cut_up" else 700  # octets of a post's copies on one connection, and of the replies
    for octets in range(1, whole, 13) if is_long() else spread(whole, 3):
        act = Post()
        act.prepare(story)
        story.smarthost.run(proxy.reset())
        cuts, proxy.line = proxy.cuts, Line(**{way: octets})
        assert act.do(story, None), story.last_reply
        until(lambda before=cuts, one=act: proxy.cuts > before or story.has_settled(one.reference))
        proxy.line = Line()
        story.look(act, Blow("line", way, str(octets)))


def test_replies_that_drip_and_a_line_that_swallows_delay_nobody_for_good(story: Story, proxy: Proxy) -> None:
    for line in (Line(seconds=0.002, piece=1), Line(seconds=0.05), Line(hole=True)):
        act = Post()
        story.wake()
        act.prepare(story)
        story.smarthost.run(proxy.reset())
        proxy.line = line
        assert act.do(story, None), story.last_reply
        if line.hole:  # until a firewall forgets the connection, or its own time is over
            until(lambda: story.ask("SELECT count(*) FROM deliveries WHERE status = 'sending'"))
            proxy.line = Line()
            story.smarthost.run(proxy.reset())
        story.look(act, NOTHING)
        proxy.line = Line()
