"""How a member wishes to read, by mail and by command, on a running relay: digests, pauses, and one post whole."""

import pytest

from tests.integration.clients import make_post, send
from tests.integration.service import ANA, CENTRAL, CLAIRE, DOMAIN, PAUL, Service, Site, Smarthost, eventually

REQUEST = f"central-africa-request@{DOMAIN}"
LIMIT = 50_000


class Scene:
    def __init__(self, folder):
        self.smarthost = Smarthost()
        self.site = Site(folder, self.smarthost.port)
        self.site.enrol(ANA, PAUL, CLAIRE)
        self.service = Service(self.site)
        self._count = 0

    def send(self, author, text, *to, subject=""):
        self._count += 1
        message = make_post(author, subject, text, message_id=f"<{self._count}@douanes.example>")
        return send(self.service, author, message, *to)

    def post(self, text):
        return self.send(ANA, text, CENTRAL, subject="Saisie").split()[2]

    def ask(self, author, words):
        """Ask, and wait for the answer."""

        def answers():
            found = [one for one in self.smarthost.mails if one.recipient == author]
            return [one for one in found if one.message["Subject"].startswith(("Answer", "Réponse", "Respuesta"))]

        before = len(answers())
        self.send(author, words, REQUEST)
        return eventually(lambda: answers()[before:])[0].text()

    def digests(self, recipient):
        return [
            one
            for one in self.smarthost.mails
            if one.recipient == recipient and one.message["Subject"].startswith("[DIGEST]")
        ]

    def posted(self, reference):
        [row] = self.site.rows("posts", "show", reference)
        return row["deliveries"]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("digests"))
    with scene.service:
        yield scene
    scene.smarthost.close()


def test_three_posts_come_in_one_digest_to_whom_wishes_so_and_as_copies_to_the_others(scene):
    scene.ask(CLAIRE, "DIGEST\n")
    [row] = scene.site.rows("members", "show", CLAIRE)
    assert row["digest"] == "daily"
    references = [scene.post(f"Douze écailles, lot {number}.") for number in range(3)]
    for reference in references:
        eventually(lambda reference=reference: PAUL in scene.smarthost.copies(reference))
        assert scene.posted(reference)["digest"] == 1
    assert scene.digests(CLAIRE) == []
    scene.ask(CLAIRE, "INSTANT\n")
    [digest] = eventually(lambda: scene.digests(CLAIRE))
    assert len(digest.received.octets) <= LIMIT
    text = digest.text()
    assert all(reference in text for reference in references)
    assert [scene.smarthost.copies(reference).count(CLAIRE) for reference in references] == [0, 0, 0]
    eventually(lambda: "digest" not in scene.posted(references[0]))
    at_once = scene.post("Cinq pointes.")
    eventually(lambda: CLAIRE in scene.smarthost.copies(at_once))


def test_a_post_that_came_in_a_digest_can_be_had_whole(scene):
    scene.ask(CLAIRE, "DIGEST WEEKLY\n")
    reference = scene.post("Deux cornes.")
    scene.ask(CLAIRE, "INSTANT\n")
    eventually(lambda: any(reference in one.text() for one in scene.digests(CLAIRE)))
    scene.ask(CLAIRE, f"SEND {reference}\n")
    eventually(lambda: scene.smarthost.copies(reference).count(CLAIRE) == 1)
    answer = scene.ask(ANA, f"SEND {reference}\n")  # its author was to get none
    assert reference in answer
    assert ANA not in scene.smarthost.copies(reference)


def test_nothing_comes_in_a_pause_and_how_much_was_missed_is_said(scene):
    scene.ask(CLAIRE, "PAUSE 14 days\n")
    [row] = scene.site.rows("members", "show", CLAIRE)
    assert row["paused_until"]
    reference = scene.post("Trois griffes.")
    eventually(lambda: PAUL in scene.smarthost.copies(reference))
    assert "got 1 post without you" in scene.ask(CLAIRE, "RESUME\n")
    again = scene.post("Quatre dents.")
    eventually(lambda: CLAIRE in scene.smarthost.copies(again))
    assert CLAIRE not in scene.smarthost.copies(reference)


def test_an_operator_may_set_it_for_a_member_and_is_named_in_the_audit_log(scene):
    done = scene.site.try_run("members", "wishes", CLAIRE, "--digest", "weekly", "--pause-until", "30")
    assert done.code == 0
    [row] = scene.site.rows("members", "wishes", CLAIRE)
    assert (row["digest"], bool(row["paused_until"])) == ("weekly", True)
    [row] = scene.site.rows("members", "wishes", CLAIRE, "--digest", "instant", "--resume")
    assert (row["digest"], row["paused_since"], row["paused_until"]) == ("instant", None, None)
    entries = scene.site.run("audit", "export").rows
    mine = [one.get("event") for one in entries if one.get("facts", {}).get("operator")]
    assert {"member.reading_chosen", "member.paused", "member.resumed"} <= set(mine)


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--pause-until", "yesterday"], 65), (["--pause-until", "2020-01-01"], 65), (["--pause", "--resume"], 64), (["--digest", "hourly"], 64)],
)  # fmt: skip
def test_what_can_not_be_wished_is_said_in_a_sentence(scene, words, code):
    done = scene.site.try_run("members", "wishes", CLAIRE, *words)
    assert done.code == code
    assert done.sentence.startswith("wen-relay: ")
