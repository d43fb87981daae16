"""After a post has gone out, by real mail: recalled, corrected, acknowledged; and a list that is stopped and goes on."""

import json
import urllib.request

import pytest

from relay.mail.reply import TAKEN
from tests.integration.clients import make_post, send
from tests.integration.service import ANA, CENTRAL, CLAIRE, JEAN, MARIA, PAUL, SPECIES, eventually
from tests.integration.test_service_requests import CHIEF
from tests.integration.test_service_spills import SpillScene
from tests.integration.withheld_posts import traces

READERS = sorted([CHIEF, CLAIRE, JEAN, MARIA, PAUL])  # of what Ana posts


class After(SpillScene):
    def health(self):
        port = self.service.ports["web"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=20) as answer:
            return json.loads(answer.read())

    def copy(self, reference, reader):
        return next(one for one in self.smarthost.about(reference) if one.is_copy and one.recipient == reader)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    scene = After(tmp_path_factory.mktemp("after"))
    with scene.service:
        yield scene
    scene.smarthost.close()


def test_the_author_recalls_a_post_and_everybody_who_has_it_is_asked_in_their_language_below_it(scene):
    words = "Quillmarrow"
    reference, message_id = scene.relayed(readers=5, text=f"Douze défenses, {words}.\n")
    assert "ne pouvez pas le rappeler" in scene.ask(JEAN, f"RECALL {reference}\n")
    answer = scene.ask(ANA, f"RECALL {reference}\n")
    assert "est rappelé" in answer
    assert "5 membres" in answer
    for reader, subject in ((PAUL, "Rappelé"), (JEAN, "Rappelé"), (MARIA, "Anulado"), (CLAIRE, "Recalled")):
        letter = scene.letter(reader, reference, subject)
        assert letter.message["In-Reply-To"] == message_id
        assert letter.message["Auto-Submitted"] == "auto-generated"
        assert letter.received.mail_from == ""
        assert traces(letter.received.octets, (words,)) == []
    assert "avait déjà été rappelé" in scene.ask(ANA, f"RECALL {reference}\n")
    assert "no hay tal mensaje" in scene.ask(MARIA, f"SEND {reference}\n")
    assert scene.letters(reference, ("Rappelé", "Anulado", "Recalled")) == READERS
    row = scene.decision(reference)
    assert (row["recalled"]["by"], row["recalled"]["reason"], row["recalled"]["asked"]) == (ANA, "other", 5)
    again = scene.site.try_run("posts", "recall", reference, "--moderator", CLAIRE)
    assert (again.code, "recalled already" in again.err) == (73, True)


def test_a_moderator_recalls_by_command_and_the_author_hears_of_it(scene):
    reference, _ = scene.relayed(JEAN, text="Trente peaux.\n", readers=5)
    barred = scene.site.try_run("posts", "recall", reference, "--moderator", MARIA)
    assert barred.code == 73
    assert scene.site.try_run("posts", "recall", reference, "--moderator", CLAIRE, "--reason", "whim").code == 65
    [done] = scene.site.rows("posts", "recall", reference, "--moderator", CLAIRE, "--reason", "outdated")
    assert (done["asked"], done["cancelled"]) == (5, 0)
    assert "CORRECTS" in scene.letter(JEAN, reference, "Rappelé").text()


def test_a_correction_reaches_who_has_the_old_one_below_it_and_the_others_alone(scene):
    old, message_id = scene.relayed(text="Quarante kilos.\n", readers=5)
    new = scene.post(ANA, f"CORRECTS {old}\nQuatorze kilos.\n", CENTRAL)
    eventually(lambda: scene.smarthost.copies(new) == READERS)
    copy = scene.copy(new, CLAIRE)
    assert "[CORRECTION]" in copy.message["Subject"]
    assert copy.message["In-Reply-To"] == message_id
    assert f"takes the place of {old}" in copy.text()
    assert "CORRECTS" not in copy.text()
    assert "[RECTIFICATIF]" in scene.copy(new, PAUL).message["Subject"]
    assert f"remplace {old}" in scene.smarthost.notice(new, "relay").text().replace("\n", " ")
    assert (scene.decision(old)["corrected_by"], scene.decision(new)["corrects"]) == ([new], old)

    scene.smarthost.stop()
    first = scene.post(JEAN, "Cent écailles.\n", CENTRAL)
    second = scene.post(JEAN, f"Corrige : {first}\nDix écailles.\n", CENTRAL)
    scene.smarthost.start()
    scene.site.run("queue", "retry", "--all")
    eventually(lambda: len(scene.smarthost.copies(second)) == 5)
    assert scene.smarthost.copies(first) == []

    in_vain = scene.post(MARIA, f"CORRECTS {new}\nQuince kilos.\n", CENTRAL)
    eventually(lambda: [one for one in scene.answers(MARIA) if f"{in_vain} comienza con la línea CORRECTS" in one])
    assert f"CORRECTS {new}" in scene.copy(in_vain, CLAIRE).text()


def test_a_stopped_list_lets_nothing_out_and_loses_nothing(scene):
    assert "ne pouvez" in scene.ask(JEAN, "STOP-LIST central-africa\n")
    assert "Nothing was done" in scene.ask(CLAIRE, "STOP-LIST species-id\n")
    assert "is stopped, on every machine" in scene.ask(CLAIRE, "STOP-LIST central-africa\n")
    eventually(lambda: [one for one in scene.answers(PAUL) if "a été arrêtée" in one])
    eventually(lambda: [one for one in scene.answers(CHIEF) if "has been stopped" in one])
    waiting = scene.post(ANA, "Vingt pangolins.\n", CENTRAL)
    elsewhere = scene.post(ANA, "Quelle espèce ?\n", SPECIES)
    eventually(lambda: len(scene.smarthost.copies(elsewhere)) == 3)
    assert "est arrêtée" in scene.smarthost.notice(waiting, "relay").text().replace("\n", " ")
    assert scene.decision(waiting)["deliveries"] == {"queued": 5}
    assert scene.smarthost.copies(waiting) == []
    assert scene.health()["lists_stopped"] == 1
    assert "central-africa has been stopped since" in scene.site.try_run("doctor").out
    assert "central-africa is stopped since" in scene.site.run("queue", "status").err
    waits = scene.site.rows("queue", "list", "--reference", waiting, "--status", "queued")
    assert {(one["stopped"], one["next_attempt_at"]) for one in waits} == {(True, None)}
    assert "stopped" in scene.site.run("queue", "list", "--reference", waiting, "--status", "queued").out
    [row] = [one for one in scene.site.rows("lists", "show") if one["name"] == "central-africa"]
    assert row["stopped"]["reason"] == "other"
    [going] = scene.site.rows("lists", "resume", "central-africa")
    assert going["going"] == 5
    eventually(lambda: scene.smarthost.copies(waiting) == READERS)
    assert "lists_stopped" not in scene.health()
    assert scene.site.try_run("lists", "resume", "central-africa").code == 66


def test_who_has_read_an_urgent_post_says_so_and_its_author_sees_it(scene):
    message = make_post(ANA, "[ACK 4h] Saisie", "Deux cents kilos.\n", message_id="<ack@x.example>")
    reference = send(scene.service, ANA, message, CENTRAL).split()[2]
    eventually(lambda: scene.smarthost.copies(reference) == READERS)
    copy = scene.copy(reference, JEAN)
    assert "[ACK 4h] Saisie" in copy.message["Subject"]
    tap = f"mailto:central-africa-request@relay.example?subject=ACK%20{reference}"
    assert tap in copy.text()
    assert "Merci" in scene.ask(JEAN, "", subject=f"ACK {reference}")
    absent = make_post(
        PAUL, f"ACK {reference}", "Absent.\n", message_id="<away@x.example>", Auto_Submitted="auto-replied"
    )
    send(scene.service, PAUL, absent, "central-africa-request@relay.example")
    answered = scene.send(
        MARIA,
        "Re: [CAFR][TLP:GREEN] [ACK 4h] Saisie",
        "Ack.\n\n> Deux cents kilos.\n",
        CENTRAL,
        In_Reply_To="<ack@x.example>",
    )
    assert answered == str(TAKEN)
    said_more = "ACK\nQuel port ?\n> Deux cents kilos.\n"
    assert scene.send(CLAIRE, "Re: Saisie", said_more, CENTRAL, In_Reply_To="<ack@x.example>") != str(TAKEN)
    said = scene.ask(ANA, f"ACKS {reference}\n")
    assert "Jean Example, Parcs" in said
    assert "María Example, Aduanas" in said
    assert "3 membres l'ont" in said
    assert "Paul Example" not in said
    everything = scene.ask(CLAIRE, f"ACKS {reference}\n")
    assert "Paul Example" in everything
    assert "no le corresponde" in scene.ask(MARIA, f"ACKS {reference}\n")
    rows = scene.site.rows("posts", "acks", reference)
    assert sorted(row["name"] for row in rows if row["acknowledged_at"]) == ["Jean Example", "María Example"]
    assert len(rows) == 5
    assert scene.site.run("audit", "verify").code == 0
