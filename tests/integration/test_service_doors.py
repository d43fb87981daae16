"""Doors by mail: any member sees a country's, its focal point confirms them by one word, and notices say so."""

import re

import pytest

from relay.mail.reply import TAKEN
from tests.integration.clients import make_post, send
from tests.integration.service import ANA, CENTRAL, DOMAIN, MARIA, Service, Site, Smarthost, eventually

REQUEST = f"central-africa-request@{DOMAIN}"
CHIEF = "chief@network.example"
MORE = f"""\
address,name,agency,agency_type,country,language,lists,nominated_by,confirmed_by,role
{CHIEF},Chief Example,Network,police,CM,en,central-africa,one@network.example,two@network.example,member;focal-point
"""
ANSWERS = ("Answer", "Réponse", "Respuesta")
ASKED = "Please confirm your country's doors"


class Scene:
    def __init__(self, folder):
        self.smarthost = Smarthost()
        self.site = Site(folder, self.smarthost.port)
        (folder / "more.csv").write_text(MORE, "utf-8")
        self.site.enrol(ANA, MARIA)
        self.site.run("members", "import", str(folder / "more.csv"))
        self.site.passwords[CHIEF] = self.site.rows("members", "password", CHIEF)[0]["password"]
        self.service = Service(self.site)
        self._count = 0

    def send(self, author, subject, text, *to):
        self._count += 1
        return send(
            self.service, author, make_post(author, subject, text, message_id=f"<{self._count}@d.example>"), *to
        )

    def mails(self, recipient, *subjects):
        return [
            one
            for one in self.smarthost.mails
            if one.recipient == recipient and str(one.message["Subject"]).startswith(subjects)
        ]

    def ask(self, author, text, subject=""):
        before = len(self.mails(author, *ANSWERS))
        assert self.send(author, subject, text, REQUEST) == str(TAKEN)
        return " ".join(eventually(lambda: self.mails(author, *ANSWERS)[before:])[0].text().split())

    def letter(self):
        """Ask the focal point now; the letter's subject and words."""
        before = len(self.mails(CHIEF, ASKED))
        self.site.run("directory", "ask", "--country", "CM")
        found = eventually(lambda: self.mails(CHIEF, ASKED)[before:])[0]
        return str(found.message["Subject"]), " ".join(found.text().split())


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("doors"))
    with scene.service:
        yield scene
    scene.smarthost.close()


def test_a_member_sees_the_doors_of_any_country_in_their_language(scene):
    text = scene.ask(ANA, "CONTACTS CM\n")
    assert "point de contact national CEN" in text
    assert "BCN Yaoundé" in text
    assert "non confirmé" in text
    assert "NCB Nairobi" in scene.ask(MARIA, "CONTACTS Kenya\n")
    assert "Camerún" in scene.ask(MARIA, "CONTACTS CM\n")
    assert "BCN Yaoundé" in scene.ask(ANA, "CONTACTS\n")  # the member's own country


def test_a_country_on_no_list_is_said_to_be_on_none_and_what_is_no_country_is_not_repeated(scene):
    assert "Aucune liste de ce relais" in scene.ask(ANA, "CONTACTS IS\n")
    text = scene.ask(ANA, "CONTACTS Wobbleglimmer\n")
    assert "CONTACTS CM" in text
    assert "obbleglimmer" not in text


def test_nobodys_address_is_among_the_doors(scene):
    text = scene.ask(ANA, "CONTACTS CM\nCONTACTS GA\nCONTACTS KE\n")
    assert re.findall(r"\S+@\S+", text) == []


def test_a_focal_point_confirms_by_one_word_and_notices_say_so(scene):
    """Row 81."""
    subject, text = scene.letter()
    assert "BCN Yaoundé" in text
    assert "postmaster@" in text or "central-africa-owner@" in text
    assert "confirmed" not in scene.ask(ANA, "CORRECT\n", subject=f"Re: {subject}")  # who is no focal point
    assert "confirme" in scene.ask(ANA, "CORRECT\n", subject=f"Re: {subject}")
    assert "non confirmé" in scene.ask(ANA, "CONTACTS CM\n")
    assert "The doors of Cameroon are confirmed." in scene.ask(CHIEF, "CORRECT\n", subject=f"Re: {subject}")
    text = scene.ask(ANA, "CONTACTS CM\n")
    assert re.search(r"BCN Yaoundé \(situation au [^,)]*\)", text), text
    reference = scene.send(ANA, "Saisie", "TLP:RED\n\nnames\n", CENTRAL).split()[2]
    notice = " ".join(scene.smarthost.notice(reference, "withhold").text().split())
    assert re.search(r"BCN Yaoundé \(situation au [^,)]*\)", notice), notice
    events = scene.site.run("audit", "export").out
    assert '"directory.confirmed"' in events
    assert CHIEF not in events


def test_what_was_changed_since_the_letter_is_not_confirmed_and_a_new_letter_lists_it(scene):
    """Row 81."""
    subject, _ = scene.letter()
    own = scene.site.data / "config" / "channels"
    own.mkdir(parents=True)
    door = 'country = "CM"\n[[channel]]\nid = "ncb"\nname = "BCN Douala"\nas_of = 2026-11-01\nstatus = "unconfirmed"\nsource = "x"\n'
    (own / "CM.toml").write_text(door, "utf-8")
    scene.service.reload()
    before = len(scene.mails(CHIEF, ASKED))
    assert "have been changed since that letter" in scene.ask(CHIEF, "CORRECT\n", subject=f"Re: {subject}")
    fresh = eventually(lambda: scene.mails(CHIEF, ASKED)[before:])[0]
    assert "BCN Douala" in fresh.text()
    assert str(fresh.message["Subject"]) != subject
    assert "BCN Douala (situation au" in scene.ask(ANA, "CONTACTS CM\n")
    assert "are confirmed" in scene.ask(CHIEF, "CORRECT\n", subject=f"Re: {fresh.message['Subject']}")
