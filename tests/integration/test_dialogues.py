"""Replays tests/dialogues/*.txt over TCP against a running server, as they are and one octet at a time.

= title                  a dialogue begins
door NAME                smtp, submission (when left out) or submissions
whole                    not replayed octet by octet, since it is about what comes together
C: command               sent with CRLF
C> \\x00 octets\\r\\n        sent as they are, with Python's escapes
S: 250 2.1.0             the next line begins so
S~ ^250-SIZE \\d+$        the next line matches
S*: 250                  the rest of a reply of several lines, whose last line begins so
N x command => 250       the command N times, each with a reply that begins so
login, data              come as far as AUTH, as far as 354
tls                      the client starts its handshake
closed                   the server has closed
posts N                  so many posts came through the doors
post octets              what the last one held
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.listening import RunningServer
from tests.raw_client import RawClient

FOLDER = Path(__file__).parent.parent / "dialogues"


def dialogues() -> Iterator[tuple[str, str, list[str]]]:
    for file in sorted(FOLDER.glob("*.txt")):
        for block in re.split(r"^= ", file.read_text(), flags=re.MULTILINE)[1:]:
            title, _, rest = block.partition("\n")
            yield file.stem, title.strip(), [line for line in rest.splitlines() if line.strip() and line[0] != "#"]


ALL = list(dialogues())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with RunningServer(tmp_path_factory.mktemp("intake")) as running:
        yield running


def unescape(text: str) -> bytes:
    return text.encode("ascii").decode("unicode_escape").encode("latin-1")


def replay(lines: list[str], server: RunningServer, *, bytewise: bool) -> None:
    door = next((line.split()[1] for line in lines if line.startswith("door ")), "submission")
    posts = server.house.posts
    posts.clear()
    with RawClient(server, door, bytewise=bytewise) as client:
        for line in lines:
            step(line, client, posts)
    assert not [facts for event, facts in server.house.events if event == "session.trouble"]


def step(line: str, client: RawClient, posts: list) -> None:
    word, _, rest = line.partition(" ")
    if word in {"door", "whole"}:
        return
    if word in ACTIONS:
        ACTIONS[word](client, rest)
    elif word in EXPECTATIONS:
        assert EXPECTATIONS[word](client, rest, posts), line
    else:
        times, command, expected = re.fullmatch(r"(\d+) x (.*) => (.*)", line).groups()
        for _ in range(int(times)):
            found = client.ask(command)
            assert found.startswith(expected), f"{line}: {found}"


ACTIONS = {
    "C:": lambda client, text: client.send(text.encode("latin-1") + b"\r\n"),
    "C>": lambda client, text: client.send(unescape(text)),
    "login": lambda client, _: client.login(),
    "data": lambda client, _: client.begin_data(),
    "tls": lambda client, _: client.start_tls(),
}
EXPECTATIONS = {
    "S:": lambda client, text, _: client.line().startswith(text),
    "S~": lambda client, text, _: re.search(text, client.line()),
    "S*:": lambda client, text, _: client.reply().startswith(text),
    "closed": lambda client, *_: client.line() == "",
    "posts": lambda _, text, posts: len(posts) == int(text),
    "post": lambda _, text, posts: posts[-1][3] == unescape(text),
}


@pytest.mark.parametrize(("file", "title", "lines"), ALL, ids=[f"{file}: {title}" for file, title, _ in ALL])
def test_the_dialogue_goes_as_written(server, file, title, lines):
    replay(lines, server, bytewise=False)


SHORT = [one for one in ALL if "whole" not in one[2] and not any(" x " in line for line in one[2])]


@pytest.mark.parametrize(("file", "title", "lines"), SHORT, ids=[f"{file}: {title}" for file, title, _ in SHORT])
def test_the_dialogue_goes_the_same_octet_by_octet(server, file, title, lines):
    replay(lines, server, bytewise=True)
