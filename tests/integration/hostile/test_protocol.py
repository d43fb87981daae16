"""Rows 1 to 26 and 37 that no dialogue shows: splits, floods, guesses, floods of connections, and what is told to whom."""

import asyncio
import re
import socket
import statistics
import threading
import time
from base64 import b64encode
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.actions.enrol import add_member
from relay.actions.establish import establish
from relay.actions.login import authenticate
from relay.actions.open import opened
from relay.intake import replies
from relay.intake.limits import IDLE_COMMANDS
from relay.intake.login_tries import PAIR, WAITING
from relay.mail import reply as reply_words
from relay.mail.reply import Reply
from tests.integration.clients import connect, make_post, octets_of
from tests.integration.hostile.memory import MemorySession, run
from tests.integration.service import ANA, CENTRAL, Service, Site, Smarthost
from tests.listening import CHIEF, LIMITS, House, RunningServer
from tests.raw_client import PLAIN, RawClient, eventually

LIST = "central-africa@relay.example"
WRONG = b64encode(b"\0chief@police.example\0wrong").decode()
GHOST = b64encode(b"\0ghost@police.example\0wrong").decode()
ROW = {
    "address": ANA, "name": "Ana", "agency": "Douanes", "agency_type": "customs", "country": "CM", "language": "en",
    "lists": "central-africa", "nominated_by": "one@network.example", "confirmed_by": "two@network.example",
}  # fmt: skip


@pytest.fixture
def server(tmp_path):
    with RunningServer(tmp_path) as running:
        yield running


# — the stream, however it is cut —

TURNS = (
    b"EHLO client.example\r\n",
    f"MAIL FROM:<a@other.example> SIZE=100\r\nRCPT TO:<{LIST}>\r\n".encode(),
    b"DATA\r\n",
)
SECOND = f"MAIL FROM:<a@other.example>\r\nRCPT TO:<{LIST}>\r\n".encode()
FALSE_ENDS = [
    *(b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n.\r\r\n"),
    *(b"\r\n.\n\r\n", b"\r.\r\n", b"\n\r.\r\n"),
]


async def outcome(*turns, end_counts=False):
    """All that a client and the relay see of a talk in these turns, each a list of chunks: codes, closed, posts."""
    house = House()
    session = MemorySession(house)
    for chunks in turns:
        await session.feed(chunks)
    codes = [line[:9] for line in session.transport.said.splitlines()]
    posts = [post[3] for post in house.posts]
    closed = session.transport.closed
    await session.end()
    return codes, closed, [post[3] for post in house.posts] if end_counts else posts


async def message(*chunks, end_counts=False):
    """The outcome of these chunks behind DATA."""
    return await outcome(*([turn] for turn in TURNS), chunks, end_counts=end_counts)


def pieces(octets, places):
    """The octets cut at these places."""
    cuts = [0, *sorted(places), len(octets)]
    return [octets[start:end] for start, end in pairwise(cuts) if start < end]


@pytest.mark.parametrize("end", FALSE_ENDS, ids=repr)
def test_no_false_end_lets_a_second_message_in_wherever_the_stream_is_cut(end):
    """Rows 1 and 2."""
    content = b"a: b\r\n\r\nx" + end + SECOND + b"DATA\r\ny\r\n.\r\n"

    async def everywhere():
        codes, closed, posts = whole = await message(content)
        assert (codes[-1], closed, posts) == (b"550 5.5.2", True, [])
        for place in range(1, len(content)):
            assert await message(*pieces(content, [place])) == whole, place

    run(everywhere())


def test_the_true_end_is_found_wherever_the_stream_is_cut():
    """Row 2."""
    content = b"a: b\r\n\r\n..x\r\n.y\r\n.\x85\r\n\r\n..\r\n.\r\n" + SECOND + b"QUIT\r\n"

    async def everywhere():
        codes, _, posts = whole = await message(content)
        assert codes[-4:] == [b"250 2.0.0", b"250 2.1.0", b"250 2.1.5", b"221 2.0.0"]
        assert posts == [b"a: b\r\n\r\n.x\r\ny\r\n\x85\r\n\r\n.\r\n"]
        for place in range(1, len(content)):
            assert await message(*pieces(content, [place])) == whole, place

    run(everywhere())


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from([b"\r", b"\n", b".", b"\0", b"x", b"\r\n", b"\r\n.\r\n", SECOND]), max_size=12),
    st.sets(st.integers(1, 400), max_size=40),
)
def test_any_content_has_the_same_outcome_however_it_is_cut(parts, places):
    """Rows 1 and 2."""
    content = b"a: b\r\n" + b"".join(parts) + b"\r\n.\r\nQUIT\r\n"

    async def both():
        return await message(*pieces(content, {place % len(content) for place in places})), await message(content)

    cut, whole = run(both())
    assert cut == whole


def test_commands_are_answered_alike_wherever_they_are_cut():
    """Row 2. EHLO and DATA end a group (RFC 2920), so the client waits there; all else may come in any pieces."""

    async def everywhere():
        turns = [[turn] for turn in (*TURNS, b"\r\n.\r\n")]
        whole = await outcome(*turns)
        assert len(whole[2]) == 1
        for number, turn in enumerate(TURNS):
            for place in range(1, len(turn)):
                cut = [*turns[:number], pieces(turn, [place]), *turns[number + 1 :]]
                assert await outcome(*cut) == whole, (number, place)

    run(everywhere())


def test_a_client_that_goes_at_any_octet_has_sent_its_message_or_nothing():
    """Row 24."""
    content = b"a: b\r\n\r\n..\r\nx\r\n.\r\nQUIT\r\n"
    whole = content.index(b"\r\n.\r\n") + 5

    async def everywhere():
        for place in range(len(content)):
            _, _, posts = await message(content[:place], end_counts=True)
            assert posts == ([b"a: b\r\n\r\n.\r\nx\r\n"] if place >= whole else []), place

    run(everywhere())


def test_commands_inside_a_message_are_text_and_a_message_after_rset_is_a_new_one(server):
    """Rows 23 and 24."""
    with RawClient(server, "submissions") as client:
        client.login()
        client.begin_data()
        client.send(b"QUIT\r\nRSET\r\n.\r\n")
        assert client.reply().startswith("250 ")
        client.ask(f"MAIL FROM:<{CHIEF}>")
        client.ask("RCPT TO:<east-africa@relay.example>")
        client.ask("RSET")
        client.begin_data()
        assert client.ask(".").startswith("250 ")
    assert server.house.posts[0][3] == b"QUIT\r\nRSET\r\n"
    assert [str(one) for one in server.house.posts[1][0].rcpt_to] == [LIST]


VERBS = [
    "EHLO",
    "HELO",
    "MAIL",
    "RCPT",
    "DATA",
    "RSET",
    "NOOP",
    "QUIT",
    "AUTH",
    "VRFY",
    "STARTTLS",
    "PROXY",
    "BDAT",
    "XYZZY",
]
ARGUMENTS = [
    *(
        "",
        " client.example",
        " FROM:<a@other.example>",
        f" TO:<{LIST}>",
        " FROM:<> SIZE=1 SMTPUTF8",
        " FROM:<é@ü.example>",
    ),
    *(
        " TO:<central-africa@rélay.example>",
        " PLAIN =",
        " PLAIN AGEAYg==",
        " now",
        " FROM:<a@[::1]>",
        " \ud800",
        "\r",
        "\n",
        "\0",
    ),
]
LINES = st.tuples(st.sampled_from(VERBS), st.sampled_from(ARGUMENTS)).map("".join) | st.text(max_size=40)


@settings(max_examples=80)
@given(st.lists(LINES | st.just("."), max_size=15))
def test_whatever_is_said_every_answer_is_a_reply_and_nothing_breaks(lines):
    """Rows 4, 23 and 26."""

    async def talk():
        house = House()
        session = MemorySession(house)
        await session.feed(line.encode("utf-8", "surrogatepass") + b"\r\n" for line in lines if line != "STARTTLS")
        await session.end()
        return house, session.transport.said

    house, said = run(talk())
    assert said.endswith(b"\r\n")
    for line in said.decode("ascii").removesuffix("\r\n").split("\r\n"):
        assert re.fullmatch(r"[2-5]\d\d[ -][ -~]*", line), line
    assert not house.noted("session.trouble")
    assert len(house.posts) <= lines.count(".")


def test_what_ehlo_announces_is_true(server):
    """PIPELINING, 8BITMIME, SIZE, SMTPUTF8, and a status code in every reply but those that RFC 2034 leaves without."""
    for reply in (*vars(replies).values(), *vars(reply_words).values()):
        found = reply.reply if isinstance(reply, replies.Farewell) else reply
        if isinstance(found, Reply) and found.code != 354:
            assert re.fullmatch(rf"{found.code // 100}\.\d{{1,3}}\.\d{{1,3}}", found.enhanced), found
    with RawClient(server, "submissions") as client:
        client.login()
        octets = "Subject: Saisie à Ñandú\r\n\r\ndéfenses\r\n".encode()
        group = f"MAIL FROM:<{CHIEF}> SIZE={len(octets)} BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<{LIST}>\r\nDATA\r\n"
        client.send(group.encode())
        assert [client.reply()[:3] for _ in range(3)] == ["250", "250", "354"]
        client.send(octets + b".\r\nRSET\r\nNOOP\r\n")
        assert [client.reply()[:9] for _ in range(3)] == ["250 2.0.0"] * 3
        assert client.ask(f"MAIL FROM:<{CHIEF}> SIZE=65537").startswith("552 5.3.4 ")
    assert server.house.posts[0][3] == octets


# — size and time —


def test_a_message_far_bigger_than_was_declared_is_refused_and_a_little_more_is_taken(tmp_path):
    """Row 10."""
    with RunningServer(tmp_path, replace(LIMITS, max_message_octets=1 << 20)) as server:

        def send(declared, octets):
            with RawClient(server, "submissions") as client:
                client.login()
                client.ask(f"MAIL FROM:<{CHIEF}> SIZE={declared}")
                client.ask(f"RCPT TO:<{LIST}>")
                client.ask("DATA")
                client.send(b"0123456\r\n" * (octets // 9) + b".\r\n")
                return client.reply()

        assert send(10, 90_000).startswith("552 5.3.4 ")
        assert send(400_000, 900_000).startswith("552 5.3.4 ")
        assert send(800_000, 899_000).startswith("250 "), "an estimate that left out the line ends"
        assert send(10, 60_000).startswith("250 ")
        assert len(server.house.posts) == 2


def test_an_honest_slow_client_gets_through_when_a_fixed_deadline_would_have_ended_it(tmp_path):
    """Row 11. Fifty times the least rate, as 50 kB/s is of 1 kB/s, over several windows."""
    limits = replace(LIMITS, data_window=timedelta(seconds=1.5), data_rate=200, idle=timedelta(seconds=2.1))
    pause, began = threading.Event(), time.monotonic()
    with RunningServer(tmp_path, limits) as server, RawClient(server, "submissions") as client:
        client.login()
        client.begin_data()
        while time.monotonic() - began < 3 * limits.data_window.total_seconds():
            client.send(b"x" * 998 + b"\r\n")
            pause.wait(0.1)
        assert client.ask(".").startswith("250 ")


@pytest.mark.parametrize("command", ["NOOP", "RSET", "HELP", "VRFY chief"])
def test_commands_that_do_nothing_come_to_an_end(server, command):
    """Row 13."""
    with RawClient(server, "smtp") as client:
        client.reply()
        client.send(f"{command}\r\n".encode() * (IDLE_COMMANDS + 1))
        assert {client.reply()[0] for _ in range(IDLE_COMMANDS)} == {"2"}
        assert client.reply().startswith("421 4.7.0 ")
        assert client.line() == ""


def test_a_flood_of_connections_leaves_the_database_its_files(tmp_path):
    """Row 12. 300 open files, and more connections than that: they are turned away, and a post is still written down."""
    smarthost = Smarthost()
    try:
        site = Site(tmp_path, smarthost.port)
        site.configure("smtp", "max_connections", 5_000)
        site.configure("smtp", "max_connections_per_ip", 5_000)
        site.enrol(ANA)
        with Service(site, "prlimit", "--nofile=300:300") as service, ExitStack() as flood:
            client = flood.enter_context(connect(service))
            client.login(ANA, site.passwords[ANA])
            for _ in range(320):
                flood.enter_context(socket.create_connection(("127.0.0.1", service.ports["submission"]), timeout=20))
            octets = octets_of(make_post(ANA, "Seizure", "Two tusks.\n", message_id="<flood@douanes.example>"))
            client.mail(ANA)
            client.rcpt(CENTRAL)
            code, words = client.data(octets)
            assert code == 250, words
            assert service.events("service.few_open_files")
    finally:
        smarthost.close()


# — guessed passwords —


AT_ONCE = replace(LIMITS, login_delay=timedelta(0), login_tick=timedelta(0))  # for guesses whose number alone counts


def begun(server, ip="127.0.0.1"):
    client = RawClient(server, "submissions", ip=ip)
    client.reply()
    client.ask("EHLO client.example")
    return client


def guess(server, times, *, ip="127.0.0.1", guessed=WRONG):
    """So many wrong logins, three to a connection."""
    answers = []
    while len(answers) < times:
        with begun(server, ip) as client:
            answers += [client.ask(f"AUTH PLAIN {guessed}") for _ in range(min(3, times - len(answers)))]
    return answers


def test_after_a_few_wrong_passwords_the_next_one_waits_and_nobody_else_does(tmp_path):
    """Row 16. The delay is longer than the test may last: whoever had to wait would fail it."""
    with RunningServer(tmp_path, replace(LIMITS, login_delay=timedelta(hours=1))) as server:
        assert set(guess(server, PAIR.free)) == {"535 5.7.8 Wrong user name or password"}
        looked_at = len(server.house.logins)
        with begun(server) as waiting:
            waiting.send(f"AUTH PLAIN {WRONG}\r\n".encode())
            with begun(server) as another:
                assert another.ask("NOOP").startswith("250 "), "the loop goes on"
                assert another.ask(f"AUTH PLAIN {GHOST}").startswith("535 "), "and so does another account here"
            with begun(server, "127.0.0.2") as elsewhere:
                assert elsewhere.ask(f"AUTH PLAIN {PLAIN}").startswith("235 "), "and the account from elsewhere"
            assert server.house.logins[looked_at:].count("chief@police.example") == 1, "the guess wasn't looked at"


def test_where_a_member_has_logged_in_before_the_right_password_never_waits(tmp_path):
    """Row 16. Somebody guesses from behind the same address, and from thousands of others."""
    with RunningServer(tmp_path, AT_ONCE) as server:
        with begun(server) as client:
            assert client.ask(f"AUTH PLAIN {PLAIN}").startswith("235 ")
        guess(server, 30)
        for number in range(2, 30):
            guess(server, 6, ip=f"127.0.0.{number}")
        server.server._reception.limits = replace(LIMITS, login_delay=timedelta(hours=1))
        with begun(server) as client:
            assert client.ask(f"AUTH PLAIN {PLAIN}").startswith("235 ")
        with begun(server, "127.0.0.99") as client:
            client.send(f"AUTH PLAIN {PLAIN}\r\n".encode())
            client.socket.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.line()


def test_a_guesser_behind_a_member_s_address_is_answered_as_one_who_guesses_at_nobody(tmp_path):
    """Rows 16 and 17. A carrier's customers share one address; what they hear must not tell whose account has been used there."""

    def answers(server, guessed):
        with ExitStack() as stack:
            server.server._reception.limits = replace(LIMITS, login_delay=timedelta(0))
            heard = set(guess(server, PAIR.free, guessed=guessed))
            server.server._reception.limits = replace(LIMITS, login_delay=timedelta(hours=1))
            for _ in range(WAITING):
                stack.enter_context(begun(server)).send(f"AUTH PLAIN {guessed}\r\n".encode())
            tries = server.server._reception.login_tries
            eventually(lambda: sum(tries._waiting.values()) == WAITING)
            with begun(server) as one_more:
                heard.add(one_more.ask(f"AUTH PLAIN {guessed}"))
            stack.close()
            eventually(lambda: not tries._waiting)
        return heard

    with RunningServer(tmp_path, replace(LIMITS, login_delay=timedelta(0))) as server:
        with begun(server) as client:
            assert client.ask(f"AUTH PLAIN {PLAIN}").startswith("235 ")
        assert answers(server, WRONG) == answers(server, GHOST)
        with begun(server) as client:
            assert client.ask(f"AUTH PLAIN {PLAIN}").startswith("235 "), "and the member does not wait"


def test_nor_does_a_clock_tell_it_when_enough_of_them_wait(tmp_path):
    """Rows 16 and 17. One more is turned away at the next tick, whether its password is looked at or not, and waits as soon as it has come."""
    tick = 0.4
    limits = replace(LIMITS, login_delay=timedelta(0), login_tick=timedelta(seconds=tick))

    def turned_away(server, guessed):
        """In how many seconds one more is turned away than may wait."""
        with ExitStack() as stack:
            hour = timedelta(hours=1)
            server.server._reception.limits = replace(limits, login_delay=hour, login_tick=hour)
            clients = [stack.enter_context(begun(server)) for _ in range(WAITING)]
            last = stack.enter_context(begun(server))
            for one in clients:
                one.send(f"AUTH PLAIN {guessed}\r\n".encode())
            tries = server.server._reception.login_tries
            eventually(lambda: sum(tries._waiting.values()) == WAITING)
            server.server._reception.limits = replace(limits, login_delay=hour)
            began = time.monotonic()
            assert last.ask(f"AUTH PLAIN {guessed}").startswith("454 4.7.0 ")
            took = time.monotonic() - began
            stack.close()
            eventually(lambda: not tries._waiting)
        return took

    with RunningServer(tmp_path, limits) as server:
        with begun(server) as client:
            assert client.ask(f"AUTH PLAIN {PLAIN}").startswith("235 ")
        for guessed in (WRONG, GHOST):
            server.server._reception.limits = replace(LIMITS, login_delay=timedelta(0))
            guess(server, PAIR.free, guessed=guessed)
            assert turned_away(server, guessed) >= tick


def test_an_account_is_never_locked(server):
    """Row 16. After any number of wrong passwords the right one is a bounded delay away."""
    guess(server, 12)
    with begun(server) as client:
        assert client.ask(f"AUTH PLAIN {PLAIN}").startswith("235 ")


def test_an_unknown_account_waits_as_a_known_one_does(tmp_path):
    """Rows 16 and 17."""
    with RunningServer(tmp_path, replace(LIMITS, login_delay=timedelta(hours=1))) as server:
        for guessed in (WRONG, GHOST):
            assert set(guess(server, PAIR.free, guessed=guessed)) == {"535 5.7.8 Wrong user name or password"}
            with begun(server) as client:
                client.send(f"AUTH PLAIN {guessed}\r\n".encode())
                client.socket.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    client.line()


def test_of_many_that_wait_the_next_is_turned_away_and_its_password_is_not_looked_at(tmp_path):
    """Row 16. Many connections at once would make the delay mean nothing."""
    with RunningServer(tmp_path, replace(LIMITS, login_delay=timedelta(hours=1))) as server, ExitStack() as stack:
        guess(server, PAIR.free)
        for _ in range(WAITING):
            stack.enter_context(begun(server)).send(f"AUTH PLAIN {WRONG}\r\n".encode())
        eventually(lambda: sum(server.server._reception.login_tries._waiting.values()) == WAITING)
        looked_at = len(server.house.logins)
        with begun(server) as client:
            assert client.ask(f"AUTH PLAIN {PLAIN}").startswith("454 4.7.0 ")
        assert len(server.house.logins) == looked_at
        stack.close()
        eventually(lambda: not server.server._reception.login_tries._waiting)


def test_a_storm_of_guesses_is_a_few_lines_in_the_log(tmp_path):
    """Row 16."""
    with RunningServer(tmp_path, AT_ONCE) as server:
        guess(server, 90)
        assert len(server.house.noted("session.login_failed")) < 40  # a minute may have passed meanwhile
        assert server.house.noted("session.login_storm")


def test_unknown_accounts_and_wrong_passwords_cost_the_same_work(tmp_path):
    """Row 17. Without the dummy password an unknown account would cost a twentieth; processor time, so that load is no matter."""
    made = establish(tmp_path / "relay", "relay.example", ("central-africa",), "", None, datetime.now(UTC))
    with opened(str(made.site_file)) as resources:
        add_member(resources, ROW, with_password=True, now=datetime.now(UTC))

        def cost(login):
            began = time.thread_time()
            assert authenticate(resources, login, "wrong", datetime.now(UTC)) is None
            return time.thread_time() - began

        for _ in range(3):
            cost(ANA)
        known, unknown = zip(*((cost(ANA), cost("nobody@douanes.example")) for _ in range(25)), strict=True)
        assert 0.5 < statistics.median(known) / statistics.median(unknown) < 2


def test_a_member_whose_domain_has_its_own_letters_logs_in_with_them_or_with_its_a_labels(tmp_path):
    """Row 30. One key, however it is written; what only looks like it is another."""
    made = establish(tmp_path / "relay", "relay.example", ("central-africa",), "", None, datetime.now(UTC))
    row = {**ROW, "address": "zoe@bücher.example"}
    with opened(str(made.site_file)) as resources:
        password = add_member(resources, row, with_password=True, now=datetime.now(UTC)).password

        def logs_in(login):
            return authenticate(resources, login, password, datetime.now(UTC)) is not None

        assert logs_in("zoe@bücher.example")
        assert logs_in("ZOE@BÜCHER.example")
        assert logs_in("zoe@xn--bcher-kva.example")
        assert not logs_in("zoe@bu\u0308cher.example")
        assert not logs_in("zoé@bücher.example")
        assert not logs_in("zoe@bucher.example")


def test_a_very_long_login_is_a_wrong_one_and_the_session_lives(server):
    """Row 18."""
    with begun(server) as client:
        long = b64encode(b"\0chief@police.example\0" + b"x" * 9_000).decode()
        assert client.ask(f"AUTH PLAIN {long}").startswith("535 ")
        for broken in (f"{PLAIN[:4]}!{PLAIN[4:]}", f"{PLAIN}=", f"={PLAIN}", f"{PLAIN[:4]}-_{PLAIN[4:]}"):
            assert client.ask(f"AUTH PLAIN {broken}").startswith("501 5.5.2 "), broken
        assert client.ask(f"AUTH PLAIN {PLAIN}").startswith("235 ")


# — strangers —


@pytest.mark.parametrize(
    "header",
    [
        b"PROXY TCP4 192.0.2.1 198.51.100.1 1000 25\r\n",
        b"PROXY UNKNOWN\r\n",
        b"PROXY TCP4 " + b"1" * 600,
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x01\x03\xe8\x00\x19",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff" + b"\0" * 65_535,
    ],
    ids=["version 1", "unknown", "too long", "version 2", "huge"],
)
def test_a_proxy_header_from_anybody_ends_the_connection_and_is_not_believed(server, header):
    """Row 21."""
    with RawClient(server, "smtp") as client:
        client.reply()
        client.send(header)
        answers = list(iter(client.reply, ""))
        assert answers == [] or answers[-1][0] in "45", answers
    assert "192.0.2.1" not in str(server.house.events)


def test_nothing_that_a_client_says_comes_back_to_anybody(server):
    """Row 26."""
    word = "QUOKKA"
    said = [f"EHLO {word}", f"HELO {word}", f"NOOP {word}", f"VRFY {word}", f"EXPN {word}", f"HELP {word}", word]
    said += [f"MAIL FROM:<{word}@other.example>", f"RCPT TO:<{word}@relay.example>", f"MAIL {word}", f"AUTH {word}"]
    with RawClient(server, "smtp") as client:
        answers = [client.reply(), *(client.ask(line) for line in said)]
    with begun(server) as client:
        answers += [client.ask(f"AUTH PLAIN {b64encode(f'{chr(0)}{word}{chr(0)}{word}'.encode()).decode()}")]
        answers += [client.ask(f"AUTH {word} x")]
    assert word not in str(answers) + str(server.house.events)


def test_the_loop_still_ends_a_login_that_waits_when_the_client_goes(tmp_path):
    """Row 16. Nothing is left of it in the account."""
    with RunningServer(tmp_path, replace(LIMITS, login_delay=timedelta(hours=1))) as server:
        guess(server, PAIR.free)
        with begun(server) as client:
            client.send(f"AUTH PLAIN {WRONG}\r\n".encode())
            eventually(lambda: server.server._reception.login_tries._waiting)
        eventually(lambda: not server.server._reception.login_tries._waiting)


def test_a_server_that_stops_does_not_wait_for_delayed_logins(tmp_path):
    """Row 16. Or a stranger could make every restart slow."""
    with RunningServer(tmp_path, replace(LIMITS, login_delay=timedelta(hours=1))) as server:
        guess(server, PAIR.free)
        with begun(server) as client:
            client.send(f"AUTH PLAIN {WRONG}\r\n".encode())
            eventually(lambda: server.server._reception.login_tries._waiting)
            drained = server.begin(server.server.drain(timedelta(hours=1)))
            assert client.reply().startswith("421 4.3.2 ")
            drained.result(20)


def test_sessions_of_one_loop_do_not_wait_for_each_others_logins(server):
    """Row 16."""
    guess(server, 8)
    began = [begun(server) for _ in range(2)]
    began[0].send(f"AUTH PLAIN {WRONG}\r\n".encode())
    assert asyncio.run_coroutine_threadsafe(asyncio.sleep(0), server.loop).result(5) is None
    assert began[1].ask("NOOP").startswith("250 ")
    assert began[0].reply().startswith("535 ")
    for client in began:
        client.socket.close()
