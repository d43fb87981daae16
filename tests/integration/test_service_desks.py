"""The addresses beside the lists: a list's moderators, the practice address, and the calls that moderators get."""

import pytest

from relay.mail.reply import ALONE, NO_SUCH_ADDRESS
from tests.integration.clients import in_data, make_post, octets_of, send
from tests.integration.service import (
    ANA,
    CENTRAL,
    CLAIRE,
    DOMAIN,
    EVA,
    JEAN,
    PAUL,
    Service,
    Site,
    Smarthost,
    eventually,
)
from tests.integration.withheld_posts import traces

OWNER, PRACTICE, REQUEST = f"central-africa-owner@{DOMAIN}", f"practice@{DOMAIN}", f"central-africa-request@{DOMAIN}"
WORD = "Wobbleglimmer"


class Scene:
    def __init__(self, folder):
        self.smarthost = Smarthost()
        self.site = Site(folder, self.smarthost.port)
        self.site.enrol(ANA, PAUL, EVA)
        self.service = Service(self.site)
        self._count = 0

    def send(self, author, subject, text, *to):
        self._count += 1
        message = make_post(author, subject, text, message_id=f"<{self._count}@douanes.example>")
        return send(self.service, author, message, *to)

    def post(self, author, subject, text, *to):
        reply = self.send(author, subject, text, *to)
        assert reply.startswith("250 2.0.0 "), reply
        return reply.split()[2]

    def letters(self, reference, subject):
        """Wait for letters about a post by the beginning of their subject."""
        return eventually(
            lambda: [one for one in self.smarthost.about(reference) if one.message["Subject"].startswith(subject)]
        )


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("desks"))
    with scene.service:
        yield scene
    scene.smarthost.close()


def test_a_post_to_the_owners_reaches_the_moderators_alone(scene):
    reference = scene.post(ANA, "Question", "May the photos of last week go to the press?\n", OWNER)
    copies = eventually(lambda: len(found := scene.smarthost.copies(reference)) >= 2 and found)
    assert copies == sorted([PAUL, CLAIRE])
    [copy] = [one for one in scene.smarthost.about(reference) if one.recipient == CLAIRE]
    assert OWNER in copy.message["From"]
    assert "central-africa-owner" in copy.message["List-Id"]
    assert copy.received.mail_from.startswith("central-africa-bounces+")


def test_what_is_sensitive_is_withheld_from_the_owners_too(scene):
    reference = scene.post(ANA, "TLP:RED question", f"{WORD}\n", OWNER)
    scene.smarthost.notice(reference, "withhold")
    assert not scene.smarthost.copies(reference)


def test_strangers_to_a_list_cannot_write_to_its_owners(scene):
    assert scene.send(EVA, "Question", "Hello.\n", OWNER) == str(NO_SUCH_ADDRESS)


def test_practice_tells_the_verdict_sends_nothing_and_keeps_nothing(scene):
    reference = scene.post(ANA, "[TLP:AMBER] essai", f"{WORD} essai.\n", PRACTICE)
    assert reference.startswith("PRACTICE-")
    [letter] = scene.letters(reference, "Exercice")
    assert letter.recipient == ANA
    assert "il ne serait pas diffusé" in letter.text()
    assert not scene.smarthost.copies(reference)
    assert reference not in {row["reference"] for row in scene.site.rows("posts", "list")}
    files = [path.read_bytes() for path in scene.site.data.rglob("*") if path.is_file()]
    assert [traces(octets, (WORD,)) for octets in (*files, scene.service.log)] == [[]] * (len(files) + 1)


def test_practice_that_would_go_out_says_so(scene):
    reference = scene.post(ANA, "Essai", "Quarante kilos d'écailles.\n", PRACTICE)
    [letter] = scene.letters(reference, "Exercice")
    assert "il serait diffusé, marqué TLP:GREEN" in letter.text()
    assert len(scene.smarthost.about(reference)) == 1


def test_practice_stands_alone(scene):
    assert scene.send(ANA, "Essai", "Essai.\n", CENTRAL, PRACTICE) == str(ALONE)


@pytest.mark.parametrize("to", [CENTRAL, PRACTICE, REQUEST])
def test_a_suspension_holds_for_a_session_that_is_open_already(scene, to):
    before = len(scene.service.events("post.refused"))
    message = make_post(PAUL, "HELP", "HELP\n", message_id=f"<open-{to}>")
    with in_data(scene.service, PAUL, octets_of(message), to) as session:
        scene.site.run("members", "suspend", PAUL, "--reason", "left the service")
        session.send(b"\r\n.\r\n")
        code, words = session.getreply()
    scene.site.run("members", "reinstate", PAUL)
    assert f"{code} {words.decode()}" == str(NO_SUCH_ADDRESS)
    [event] = scene.service.events("post.refused")[before:]
    assert event["rules"] == ["membership.not_entitled"]
    assert event["author"]


def test_moderators_of_the_authors_country_are_called_first_without_a_word_of_the_post(scene):
    reference = scene.post(ANA, "[TLP:PURPLE] Ça", f"{WORD} {WORD}.\n", CENTRAL)
    [call] = scene.letters(reference, "À décider")
    assert call.recipient == PAUL
    assert call.received.mail_from == ""
    whole = f"{call.message['Subject']} {call.text()}"
    assert WORD not in whole
    assert ANA not in whole
    done = scene.site.try_run("held", "release", reference, "--moderator", PAUL)
    assert done.code == 0, done


def test_without_a_compatriot_all_moderators_are_called(scene):
    [issued] = scene.site.rows("members", "password", JEAN)
    scene.site.passwords[JEAN] = issued["password"]
    scene.site.run("members", "suspend", CLAIRE, "--reason", "leave")  # Jean serves in Gabon, as she does
    reference = scene.post(JEAN, "[TLP:PURPLE] Ça", "Écailles.\n", CENTRAL)
    [call] = scene.letters(reference, "À décider")
    assert call.recipient == PAUL
    scene.site.run("members", "reinstate", CLAIRE)
