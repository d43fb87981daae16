"""A post that a machine can't decide: encrypted until moderators of the list release it, refuse it, or nobody does."""

import sqlite3
from contextlib import closing

import pytest

from tests.integration.clients import make_post, send
from tests.integration.service import (
    ANA,
    CENTRAL,
    CLAIRE,
    EVA,
    JEAN,
    MARIA,
    PAUL,
    SPECIES,
    Service,
    Site,
    Smarthost,
    eventually,
)
from tests.integration.withheld_posts import traces

WORDS = ("Wobbleglimmer", "quastenflosser-heft", "Zürbelgänse")


class Scene:
    """A relay whose species list asks two moderators; each test holds a post of its own."""

    def __init__(self, folder):
        self.smarthost = Smarthost()
        self.site = Site(folder, self.smarthost.port)
        self.site.edit_list("species-id", "two_person_release = false", "two_person_release = true")
        self.site.enrol(ANA, PAUL)
        self.service = Service(self.site)
        self._count = 0

    def hold(self, author=ANA, *to):
        """Send a post with a marking that nobody knows; its reference."""
        self._count += 1
        text = f"{WORDS[0]} {WORDS[2]}, for the {self._count}th time.\n"
        message = make_post(author, f"[TLP:PURPLE] {WORDS[1]}", text, message_id=f"<{self._count}@douanes.example>")
        reply = send(self.service, author, message, *to)
        assert reply.startswith("250 2.0.0 "), reply
        return reply.split()[2]

    def moderate(self, verb, reference, moderator, *more):
        return self.site.try_run("held", verb, reference, "--moderator", moderator, *more)

    def decision(self, reference):
        [row] = self.site.rows("posts", "show", reference)
        return row["decision"]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("moderation"))
    with scene.service:
        yield scene
    scene.smarthost.close()


def test_a_held_post_reaches_nobody_and_its_author_is_told(scene):
    reference = scene.hold()
    notice = scene.smarthost.notice(reference, "hold")
    assert (notice.recipient, notice.received.mail_from) == (ANA, "")
    assert "En attente d'un modérateur" in notice.message["Subject"]
    assert traces(notice.received.octets + notice.text().encode(), WORDS) == []
    assert scene.smarthost.copies(reference) == []
    [row] = scene.site.rows("held", "show", reference)
    assert (row["author"], row["list"], row["released_by"]) == (ANA, CENTRAL, [])
    assert [reason["code"] for reason in row["reasons"]] == ["H2"]


def test_nothing_of_a_held_post_can_be_read_on_the_disk_or_in_the_log(scene):
    scene.hold()
    files = [path.read_bytes() for path in scene.site.data.rglob("*") if path.is_file()]
    with closing(sqlite3.connect(scene.site.data / "relay.db")) as database:
        dump = "\n".join(database.iterdump()).encode()
    listed = scene.site.run("held", "list", "--json").out.encode()
    assert [traces(octets, WORDS) for octets in (*files, dump, listed, scene.service.log)] == [[]] * (len(files) + 3)


def test_a_released_post_goes_out_whole_and_its_author_gets_a_receipt(scene):
    reference = scene.hold()
    assert scene.moderate("release", reference, CLAIRE).code == 0
    eventually(lambda: scene.smarthost.copies(reference) == sorted({PAUL, JEAN, MARIA, CLAIRE}))
    scene.smarthost.notice(reference, "relay")
    [copy] = [mail for mail in scene.smarthost.about(reference) if mail.recipient == PAUL and mail.is_copy]
    assert WORDS[0] in copy.text()
    assert WORDS[1] in copy.message["Subject"]
    assert scene.decision(reference) == "relay"


def test_two_different_moderators_release_where_the_list_asks_for_two(scene):
    reference = scene.hold(ANA, SPECIES)
    first = scene.moderate("release", reference, CLAIRE, "--json")
    assert first.rows == [{"reference": reference, "outcome": "waiting"}]
    again = scene.moderate("release", reference, CLAIRE)
    assert (again.code, scene.decision(reference), scene.smarthost.copies(reference)) == (73, "hold", [])
    second = scene.moderate("release", reference, PAUL, "--json")
    assert second.rows == [{"reference": reference, "outcome": "released"}]
    eventually(lambda: scene.smarthost.copies(reference) == sorted({PAUL, MARIA, CLAIRE}))


def test_a_refused_post_is_destroyed_and_its_author_gets_the_notice_of_the_code(scene):
    reference = scene.hold()
    assert scene.moderate("refuse", reference, CLAIRE, "--code", "N1").code == 0
    notice = scene.smarthost.notice(reference, "withhold")
    assert traces(notice.received.octets + notice.text().encode(), WORDS) == []
    [row] = scene.site.rows("posts", "show", reference)
    assert (row["decision"], row["message_id"]) == ("withhold", None)
    assert [reason["code"] for reason in row["reasons"]] == ["N1"]
    late = scene.moderate("release", reference, CLAIRE)
    assert late.code in {66, 73}
    assert scene.smarthost.copies(reference) == []
    with closing(sqlite3.connect(scene.site.data / "relay.db")) as database:
        [kept] = database.execute("SELECT wrapped_key, content FROM posts WHERE reference = ?", [reference])
    assert kept == (None, None)


def test_a_refusal_without_a_code_says_which_the_author_is_told(scene):
    reference = scene.hold()
    done = scene.moderate("refuse", reference, CLAIRE)
    assert (done.code, done.err) == (0, f"{reference} is withheld; its author is told the reason M1 (marking).\n")
    assert scene.moderate("refuse", scene.hold(), CLAIRE, "--code", "X9").code == 65


@pytest.mark.parametrize("verb", ["release", "refuse"])
def test_nobody_but_a_moderator_of_the_list_decides(scene, verb):
    reference = scene.hold()
    for person in (ANA, JEAN, EVA, "nobody@press.example"):
        refused = scene.moderate(verb, reference, person)
        assert refused.code == 73
        assert person in refused.sentence
    assert scene.decision(reference) == "hold"


def test_a_moderator_cannot_release_their_own_post(scene):
    reference = scene.hold(PAUL)
    refused = scene.moderate("release", reference, PAUL)
    assert (refused.code, scene.decision(reference)) == (73, "hold")
    assert "your own post" in refused.sentence


def test_a_suspended_authors_post_is_not_released(scene):
    reference = scene.hold(ANA)
    scene.site.run("members", "suspend", ANA, "--reason", "their password is known")
    try:
        done = scene.moderate("release", reference, PAUL)
        assert (done.code, scene.decision(reference)) == (73, "hold")
        assert "suspended" in done.err
    finally:
        scene.site.run("members", "reinstate", ANA)
    assert scene.moderate("release", reference, PAUL).code == 0


def test_a_post_that_nobody_decided_in_time_is_destroyed_and_its_author_told(scene):
    reference = scene.hold()
    scene.service.stop()
    with closing(sqlite3.connect(scene.site.data / "relay.db")) as database, database:
        database.execute(
            "UPDATE decisions SET held_until = received_at FROM posts WHERE posts.id = post_id AND reference = ?",
            [reference],
        )
    scene.service = Service(scene.site)
    with scene.service:
        expiry = eventually(
            lambda: [mail for mail in scene.smarthost.about(reference) if "expiry" in mail.message["Message-ID"]]
        )
        assert expiry[0].recipient == ANA
        assert scene.decision(reference) == "withhold"
        assert scene.moderate("release", reference, CLAIRE).code in {66, 73}


def test_an_unknown_reference_is_not_found(scene):
    assert scene.site.try_run("held", "show", "CAFR-2026-999999").code == 66
    assert scene.moderate("release", "CAFR-2026-999999", CLAIRE).code == 66
    assert scene.moderate("refuse", "CAFR-2026-999999", CLAIRE).code == 66
