"""LIST-request@: what members ask by mail is done at once, answered once, and nothing of their message is kept."""

import sqlite3
from contextlib import closing

import pytest

from relay.mail.reply import ALONE, OVER_QUOTA, TAKEN
from relay.store.letters import PER_HOUR
from tests.integration.clients import connect, make_post, octets_of, send
from tests.integration.service import (
    ANA,
    CENTRAL,
    CLAIRE,
    DOMAIN,
    EVA,
    MARIA,
    PAUL,
    Service,
    Site,
    Smarthost,
    eventually,
)
from tests.integration.withheld_posts import traces

REQUEST = f"central-africa-request@{DOMAIN}"
WORD = "Wobbleglimmer"
CHIEF = "chief@network.example"
MORE = f"""\
address,name,agency,agency_type,country,language,lists,nominated_by,confirmed_by,role
{CHIEF},Chief Example,Network,police,CM,en,central-africa,one@network.example,two@network.example,member;admin;focal-point
"""


class Scene:
    def __init__(self, folder):
        self.smarthost = Smarthost()
        self.site = Site(folder, self.smarthost.port)
        self.site.enrol(ANA, PAUL, EVA, MARIA)
        more = folder / "more.csv"
        more.write_text(MORE, "utf-8")
        self.site.run("members", "import", str(more))
        self.service = Service(self.site)
        self._count = 0

    def send(self, author, subject, text, *to, **fields):
        self._count += 1
        message = make_post(author, subject, text, message_id=f"<{self._count}@douanes.example>", **fields)
        return send(self.service, author, message, *to)

    def post(self, author, text, *to, subject="Saisie"):
        return self.send(author, subject, text, *to).split()[2]

    def ask(self, author, text, subject=""):
        """Ask, and wait for the answer."""
        before = len(self.answers(author))
        assert self.send(author, subject, text, REQUEST) == str(TAKEN)
        return eventually(lambda: self.answers(author)[before:])[0]

    def answers(self, author):
        subjects = ("Answer", "Réponse", "Respuesta", "Stopped", "Arrêtée")
        return [
            one.text().replace("\n", " ")
            for one in self.smarthost.mails
            if one.recipient == author and str(one.message["Subject"]).startswith(subjects)
        ]

    def letter(self, recipient, reference, subject):
        return eventually(
            lambda: [
                one
                for one in self.smarthost.about(reference)
                if one.recipient == recipient and one.message["Subject"].startswith(subject)
            ]
        )[0]

    def decision(self, reference):
        [row] = self.site.rows("posts", "show", reference)
        return row


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("requests"))
    with scene.service:
        yield scene
    scene.smarthost.close()


def test_help_comes_in_the_members_language_and_nothing_of_the_message_is_kept(scene):
    answer = scene.ask(ANA, f"HELP\n\nTLP:RED {WORD}\n")
    assert "WITHDRAW CAFR-2026-000123" in answer
    assert "ces mots" in answer
    files = [path.read_bytes() for path in scene.site.data.rglob("*") if path.is_file()]
    assert [traces(octets, (WORD,)) for octets in (*files, scene.service.log)] == [[]] * (len(files) + 1)


def test_what_is_not_understood_is_answered_by_the_words_and_never_repeated(scene):
    answer = scene.ask(ANA, f"{WORD}\n", subject=WORD)
    assert WORD not in answer
    assert "HELP" in answer


def test_a_language_is_chosen_for_all_that_follows(scene):
    assert "español" in scene.ask(ANA, "LANG es\n")
    assert "français" in scene.ask(ANA, "LANG fr\n")
    assert "LANG fr" in scene.ask(ANA, "LANG xx\n")


def test_without_receipts_an_author_hears_only_what_does_not_go_out(scene):
    scene.ask(ANA, "RECEIPTS OFF\n")
    relayed = scene.post(ANA, "Quarante kilos.\n", CENTRAL)
    withheld = scene.post(ANA, "TLP:RED\n\nQuarante.\n", CENTRAL)
    scene.smarthost.notice(withheld, "withhold")
    eventually(lambda: len(scene.smarthost.copies(relayed)) >= 4)
    scene.ask(ANA, "RECEIPTS ON\n")
    assert [one for one in scene.smarthost.about(relayed) if not one.is_copy] == []


def test_a_held_post_is_withdrawn_by_its_author_alone(scene):
    reference = scene.post(ANA, f"{WORD}\n", CENTRAL, subject="[TLP:PURPLE] x")
    scene.smarthost.notice(reference, "hold")
    assert "vous n'avez pas" in scene.ask(PAUL, f"WITHDRAW {reference}\n").replace("’", "'")
    assert scene.decision(reference)["decision"] == "hold"
    answer = scene.ask(ANA, "WITHDRAW\n", subject=f"Re: En attente: {reference}")
    assert "détruit" in answer
    assert scene.decision(reference)["decision"] == "withhold"
    assert scene.site.try_run("held", "release", reference, "--moderator", PAUL).code == 66


def test_a_withdrawal_stops_the_copies_that_wait(scene):
    scene.smarthost.stop()
    reference = scene.post(ANA, "Quarante kilos.\n", CENTRAL)
    before = len(scene.answers(ANA))
    assert scene.send(ANA, "", f"WITHDRAW {reference}\n", REQUEST) == str(TAKEN)
    eventually(lambda: scene.decision(reference)["deliveries"].keys() == {"cancelled"})
    scene.smarthost.start()
    scene.site.run("queue", "retry", "--all")
    eventually(lambda: len(scene.answers(ANA)) > before)
    assert scene.smarthost.copies(reference) == []


def test_a_review_goes_to_the_administrators_with_the_rules_and_without_the_text(scene):
    reference = scene.post(ANA, f"TLP:RED\n\n{WORD}\n", CENTRAL)
    scene.smarthost.notice(reference, "withhold")
    scene.ask(ANA, f"REVIEW {reference}\n")
    letter = scene.letter(CHIEF, reference, "A second look")
    assert "M1" in letter.text()
    assert ANA not in letter.text()
    assert WORD not in letter.text()


def test_a_reported_spill_stops_copies_and_calls_moderators_and_the_focal_point(scene):
    scene.smarthost.stop()
    reference = scene.post(ANA, "Quarante kilos.\n", CENTRAL)
    assert scene.send(PAUL, "", f"SPILL {reference}\n", REQUEST) == str(TAKEN)
    eventually(lambda: scene.decision(reference)["deliveries"].keys() == {"cancelled"})
    scene.smarthost.start()
    scene.site.run("queue", "retry", "--all")
    for recipient in (PAUL, CLAIRE):
        scene.letter(recipient, reference, "Signalé" if recipient == PAUL else "Reported")
    scene.letter(CHIEF, reference, "Reported")
    assert scene.smarthost.copies(reference) == []


def test_nobody_reports_a_post_of_a_list_that_is_not_theirs(scene):
    reference = scene.post(ANA, "Quarante kilos.\n", CENTRAL)
    assert "no such post" in scene.ask(EVA, f"SPILL {reference}\n")
    eventually(lambda: len(scene.smarthost.copies(reference)) >= 4)


def test_who_stops_is_off_the_list_at_once(scene):
    assert "Ya no está" in scene.ask(MARIA, "STOP\n")
    reference = scene.post(ANA, "Quarante kilos.\n", CENTRAL)
    eventually(lambda: len(scene.smarthost.copies(reference)) >= 4)
    assert MARIA not in scene.smarthost.copies(reference)
    assert "Usted no está en esta lista" in scene.ask(MARIA, "STOP\n")


def test_an_objection_to_a_nomination_suspends_the_membership(scene):
    new = "new@douanes.example"
    scene.site.run(
        *("members", "add", new, "--name", "New Example", "--agency", "Douanes", "--agency-type", "customs"),
        *("--country", "CM", "--language", "fr", "--lists", "central-africa"),
        *("--nominated-by", PAUL, "--confirmed-by", CHIEF),
    )

    def told():
        return [one for one in scene.smarthost.mails if one.recipient == PAUL and new in one.text()]

    notice = eventually(told)[0]
    scene.ask(PAUL, "NO\n", subject=f"Re: {notice.message['Subject']}")
    [row] = scene.site.rows("members", "show", new)
    assert row["state"] == "suspended"


def test_a_machine_gets_no_answer(scene):
    before = len(scene.answers(ANA))
    assert scene.send(ANA, "", "HELP\n", REQUEST, Auto_Submitted="auto-replied") == str(TAKEN)
    scene.ask(ANA, "WHOAMI\n")
    assert len(scene.answers(ANA)) == before + 1


def test_a_request_stands_alone(scene):
    assert scene.send(ANA, "", "HELP\n", CENTRAL, REQUEST) == str(ALONE)


def count_answers(scene):
    """How many letters in answer were ever written, sent or not."""
    with closing(sqlite3.connect(scene.site.data / "relay.db")) as database:
        [[count]] = database.execute("SELECT count(*) FROM deliveries WHERE kind = 'answer'")
    return count


def test_nobody_makes_us_write_letters_without_end(scene):
    """The last one here, since what was written counts for an hour."""
    answers = []
    with closing(connect(scene.service)) as client:
        client.login(PAUL, scene.site.passwords[PAUL])
        while len(answers) <= PER_HOUR and str(OVER_QUOTA) not in answers:
            client.mail(PAUL)
            client.rcpt(REQUEST)
            code, words = client.data(octets_of(make_post(PAUL, "", "WHOAMI\n", to=REQUEST)))
            answers.append(f"{code} {words.decode()}")
    assert answers == [str(TAKEN)] * (len(answers) - 1) + [str(OVER_QUOTA)]
    assert scene.send(PAUL, "Prueba", "Prueba.\n", f"practice@{DOMAIN}") == str(OVER_QUOTA)
    written = count_answers(scene)
    posted = [scene.post(ANA, f"{number} kilos d'ivoire.\n", CENTRAL) for number in range(3)]
    assert scene.send(PAUL, "", f"SPILL {posted[0]}\n", REQUEST) == str(TAKEN)  # what can't wait doesn't
    assert scene.send(PAUL, "", f"LANG es\nSPILL {posted[1]}\n", REQUEST) == str(OVER_QUOTA)
    own = scene.post(PAUL, "Dix kilos.\n", CENTRAL)
    assert scene.send(PAUL, "", f"WITHDRAW {posted[2]}\n", REQUEST) == str(
        OVER_QUOTA
    )  # it isn't theirs: an answer is due
    assert scene.send(PAUL, "", f"WITHDRAW {own}\nRECALL {own}\n", REQUEST) == str(TAKEN)
    assert scene.decision(own)["recalled"]["by"] == PAUL
    state = {row["reference"]: row["state"] for row in scene.site.rows("spills", "list")}
    assert [state.get(one) for one in posted] == ["reported", "reported", None]
    [paul] = scene.site.rows("members", "show", PAUL)
    assert paul["language"] == "fr"
    assert count_answers(scene) == written
    assert scene.send(PAUL, "", "HELP\nSTOP-LIST central-africa\n", REQUEST) == str(TAKEN)
    assert [row["name"] for row in scene.site.rows("lists", "show") if row.get("stopped")] == ["central-africa"]
    assert scene.send(ANA, "", "WHOAMI\n", REQUEST) == str(TAKEN)
