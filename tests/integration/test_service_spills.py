"""A spill from beginning to end, by real mail: reported, hidden, decided, its copies asked for, and the register's clock opened."""

import secrets

import pytest

from relay.mail.reply import TAKEN
from tests.integration.clients import make_post, send
from tests.integration.service import ANA, CENTRAL, CLAIRE, JEAN, MARIA, PAUL, SPECIES, eventually
from tests.integration.test_service_requests import CHIEF, REQUEST, Scene
from tests.integration.withheld_posts import traces

WORDS = ("Wobbleglimmer", "Quibblefrost")
TEXT = f"Quarante kilos d'ivoire, {WORDS[0]}.\n"


class SpillScene(Scene):
    def __init__(self, folder):
        super().__init__(folder)
        for member in (CLAIRE, JEAN):
            [issued] = self.site.rows("members", "password", member)
            self.site.passwords[member] = issued["password"]

    def relayed(self, author=ANA, text=TEXT, readers=4, **fields):
        """A post that everybody has got; its reference and Message-ID."""
        reference = self.send(author, WORDS[1], text, CENTRAL, **fields).split()[2]
        eventually(lambda: len(self.smarthost.copies(reference)) >= readers)
        return reference, f"<{self._count}@douanes.example>"

    def letters(self, reference, subject):
        """Who has got a letter about a post whose subject begins so."""
        return sorted(
            one.recipient
            for one in self.smarthost.about(reference)
            if not one.is_copy and str(one.message["Subject"]).startswith(subject)
        )


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    scene = SpillScene(tmp_path_factory.mktemp("spills"))
    with scene.service:
        yield scene
    scene.smarthost.close()


def test_a_spill_goes_from_the_report_to_the_register_and_no_letter_has_a_word_of_it(scene):
    reference, message_id = scene.relayed()
    answer, _ = scene.relayed(MARIA, f"> {TEXT}\nGracias.\n", In_Reply_To=message_id)
    assert "Merci" in scene.ask(JEAN, f"SPILL {reference}\n")
    called = scene.letter(CLAIRE, reference, "Reported")
    assert f"CONFIRM-SPILL {reference}" in called.text().replace("\n", " ")
    assert "CONFIRM-SPILL" not in scene.letter(CHIEF, reference, "Reported").text()  # the focal point does not decide

    later = scene.post(PAUL, f"Sans objet, voir {reference}.\n", CENTRAL, subject="Suite")
    scene.smarthost.notice(later, "relay")  # only names it
    quoting = scene.send(PAUL, "Re", f"Vu.\n> {TEXT}> -- \n> TLP:GREEN · {reference} · x\n", CENTRAL).split()[2]
    scene.smarthost.notice(quoting, "hold")
    refused = scene.site.try_run("held", "release", quoting, "--moderator", CLAIRE)
    assert (refused.code, "hidden" in refused.err) == (73, True)
    assert scene.site.try_run("held", "show", quoting, "--moderator", CLAIRE).code == 73

    assert "no puede decidir" in scene.ask(MARIA, f"CONFIRM-SPILL {reference}\n")
    assert "ne pouvez pas en décider" in scene.ask(JEAN, f"DISMISS-SPILL {reference}\n")
    [row] = scene.site.rows("spills", "show", reference)
    assert (row["state"], row["posts"], "reported_by" in row) == ("reported", 3, False)

    assert "is confirmed as a spill" in scene.ask(CLAIRE, f"CONFIRM-SPILL {reference}\n")
    for recipient, subject in (
        (PAUL, "À supprimer"),
        (JEAN, "À supprimer"),
        (MARIA, "Para borrar"),
        (CLAIRE, "Please delete"),
    ):
        letter = scene.letter(recipient, reference, subject)
        assert f"DELETED {reference}" in letter.text().replace("\n", " ")
        assert letter.message["Auto-Submitted"] == "auto-generated"
        assert (answer in letter.text()) == (recipient != MARIA)  # who wrote it
        assert quoting not in letter.text()  # it reached nobody
        assert letter.received.mail_from == ""
    scene.letter(ANA, reference, "Examiné")
    scene.letter(CHIEF, reference, "Looked into")
    scene.letter(MARIA, answer, "Examinado")
    scene.letter(PAUL, quoting, "Examiné")
    [breach] = scene.site.rows("breaches", "show", reference)
    assert (breach["state"], breach["recipients"], breach["deleted"]) == ("open", 5, 0)
    assert 71 < breach["hours_left"] <= 72
    scene.letter(CHIEF, breach["number"], "To be assessed")

    eventually(lambda: [one for one in scene.answers(JEAN) if "confirmé" in one])
    assert "Gracias" in scene.ask(MARIA, "DELETED\n", subject=f"Re: Para borrar: {reference}")
    [breach] = scene.site.rows("breaches", "show", breach["number"])
    assert breach["deleted"] == 1
    scene.site.run("spills", "deleted", reference, "--member", PAUL, "--by", CHIEF)
    [row] = scene.site.rows("spills", "show", reference)
    assert (row["state"], row["posts"], row["deleted"]) == ("confirmed", 3, 2)
    assert PAUL not in row["not_yet"]
    unknown = scene.site.try_run(
        "breaches", "notify", reference, "--by", CHIEF, "--risk", "grave", "--note", "form sent"
    )
    assert (unknown.code, "--risk': 'grave' is not one of 'unlikely'" in unknown.sentence) == (64, True)
    noted = ("--by", CHIEF, "--risk", "LIKELY", "--note", "form sent")
    [told] = scene.site.rows("breaches", "notify", breach["number"], *noted)
    assert (told["state"], told["hours_left"], told["risk"]) == ("notified", None, "likely")

    letters = [one for one in scene.smarthost.mails if not one.is_copy]
    assert [traces(one.received.octets, WORDS) for one in letters] == [[]] * len(letters)
    files = [path.read_bytes() for path in scene.site.data.rglob("*") if path.is_file()]
    assert [traces(octets, WORDS) for octets in (*files, scene.service.log)] == [[]] * (len(files) + 1)
    assert scene.site.run("audit", "verify").code == 0


def test_what_answers_or_repeats_a_confirmed_spill_is_withheld(scene):
    """Row 84."""
    text = "Le fourgon blanc avec les quarante kilos a quitté le port de Douala vers midi sous escorte.\n"
    reference, message_id = scene.relayed(text=text)
    scene.ask(JEAN, f"SPILL {reference}\n")
    scene.site.run("spills", "confirm", reference, "--moderator", PAUL)
    by_id = scene.send(MARIA, "Re", "Recibido.\n", CENTRAL, In_Reply_To=message_id).split()[2]
    by_reference = scene.send(MARIA, "Re", f"Recibido.\n> {reference}\n", CENTRAL).split()[2]
    by_words = scene.send(MARIA, "Nota", f"Me llegó esto:\n> {text}", CENTRAL).split()[2]
    for one in (by_id, by_reference, by_words):
        scene.smarthost.notice(one, "withhold")


def test_a_spill_that_its_author_sends_again_waits_while_it_is_reported_and_is_withheld_once_it_is_confirmed(scene):
    text = (
        "Le fourgon gris avec les soixante kilos quittera le port de Limbe vers minuit sous escorte de quatre agents.\n"
    )
    reference, message_id = scene.relayed(text=text)

    def again(text=text, subject=WORDS[1], to=(CENTRAL,), message_id="", **more):
        message = make_post(ANA, subject, text, message_id=message_id or f"<{secrets.token_hex(8)}@x.example>", **more)
        taken = send(scene.service, ANA, message, *to).split()[2]
        rows = scene.site.rows("posts", "show", taken)
        return taken, {(row["decision"], row["reasons"][0]["rule"]) for row in rows}

    scene.ask(JEAN, f"SPILL {reference}\n")
    assert again(message_id=message_id)[0] == reference  # the first reply once more, and nothing else happens
    retried, decided = again(message_id=message_id, to=(SPECIES,))
    assert decided == {("hold", "thread.reported")}
    released = scene.site.try_run("held", "release", retried, "--moderator", CLAIRE)
    assert (released.code, "hidden" in released.err) == (73, True)

    scene.site.run("spills", "confirm", reference, "--moderator", PAUL)
    assert again(message_id=message_id)[0] == reference
    for changes in (
        {"message_id": message_id, "to": (CENTRAL, SPECIES)},  # the identical octets
        {"message_id": message_id, "text": "Bonjour.\n"},  # the same message, says its Message-ID
        {},  # what a mail program makes of "send again"
        {"text": f"{text}\n-- \nAna Example\n"},
    ):
        assert again(**changes)[1] == {("withhold", "thread.marking")}, changes
    for changes in ({"text": f"Je renvoie.\n\n{text}"}, {"subject": "Fourgon"}):
        assert again(**changes)[1] == {("hold", "thread.repeated")}, changes
    corrected = text.replace("quatre agents", "plusieurs agents")
    for changes in ({"text": corrected}, {"text": text.replace("gris ", ""), "subject": "Fourgon"}):
        assert again(**changes)[1] == {("relay", "nothing.found")}, changes


def test_a_short_spill_is_known_again_and_its_corrected_version_passes(scene):
    reference, _ = scene.relayed(JEAN, text="Rue 12, Limbe.\n", readers=4)
    scene.ask(MARIA, f"SPILL {reference}\n")
    scene.site.run("spills", "confirm", reference, "--moderator", PAUL)
    for text, decision in (
        ("Rue 12, Limbe.\n", "withhold"),
        ("Limbe.\n", "relay"),
        ("Rue 12, Limbe. Fini.\n", "relay"),
    ):
        assert scene.decision(scene.post(JEAN, text, CENTRAL, subject=WORDS[1]))["decision"] == decision
    assert scene.decision(scene.post(ANA, "Rue 12, Limbe.\n", CENTRAL, subject=WORDS[1]))["decision"] == "relay"


def test_what_is_dismissed_goes_out_after_all_and_its_author_is_told(scene):
    scene.smarthost.stop()
    reference = scene.post(ANA, TEXT, CENTRAL)
    answer = scene.send(MARIA, "Re", "Recibido.\n", CENTRAL, In_Reply_To=f"<{scene._count}@douanes.example>").split()[2]
    assert scene.send(PAUL, "", f"SPILL {reference}\n", REQUEST) == str(TAKEN)
    eventually(lambda: scene.decision(reference)["deliveries"].keys() == {"cancelled"})
    own = scene.site.try_run("spills", "dismiss", reference, "--moderator", PAUL)
    assert (own.code, "neither wrote nor reported" in own.err) == (73, True)
    scene.smarthost.start()
    [done] = scene.site.rows("spills", "dismiss", reference, "--moderator", CLAIRE)
    assert done["sent_on"] == 10
    scene.site.run("queue", "retry", "--all")
    eventually(lambda: len(scene.smarthost.copies(reference)) == 5)
    scene.letter(ANA, reference, "Examiné")
    assert reference in scene.letter(MARIA, answer, "Examinado").text()
    eventually(lambda: len(scene.smarthost.copies(answer)) == 5)
    assert scene.letters(reference, "Please delete") == []


def test_who_reported_is_shown_to_an_auditor_alone(scene):
    """Row 85."""
    reference, _ = scene.relayed(text="Onze pieds de table en ivoire.\n")
    scene.ask(JEAN, f"SPILL {reference}\n")
    assert JEAN not in scene.site.run("spills", "show", reference, "--json").out
    assert scene.site.try_run("spills", "show", reference, "--auditor", CHIEF).code == 73
    auditor = "auditor@network.example"
    scene.site.run(
        *("members", "add", auditor, "--name", "Odd Example", "--agency", "Network", "--agency-type", "igo"),
        *("--country", "CM", "--language", "en", "--lists", "central-africa", "--role", "auditor"),
        *("--nominated-by", PAUL, "--confirmed-by", CHIEF),
    )
    [row] = scene.site.rows("spills", "show", reference, "--auditor", auditor)
    assert row["reported_by"] == [JEAN]
    log = scene.service.log.decode()
    assert '"spill.reported"' in log
    assert [line for line in log.splitlines() if "request.answered" in line and '"SPILL"' in line] == []


def test_a_post_is_destroyed_at_the_request_of_somebody_named_in_it(scene):
    reference, _ = scene.relayed(text="Neuf pieds de table en ivoire.\n", readers=5)
    assert scene.site.try_run("posts", "destroy", reference, "--by", PAUL, "--reason", "erasure").code == 73
    assert scene.site.try_run("posts", "destroy", reference, "--by", CHIEF, "--reason", "a name").code == 65
    [done] = scene.site.rows("posts", "destroy", reference, "--by", CHIEF, "--reason", "erasure")
    assert (done["destroyed"], done["asked"] >= 5) == (1, True)
    assert "somebody has a right" in scene.letter(CLAIRE, reference, "Please delete").text().replace("\n", " ")
    again = scene.site.try_run("posts", "destroy", reference, "--by", CHIEF, "--reason", "erasure")
    assert (again.code, "nothing of" in again.err) == (73, True)
    assert scene.site.try_run("breaches", "show", reference).code == 66


def test_a_person_reads_what_is_kept_about_them_and_is_erased_once_they_have_left(scene):
    reference, _ = scene.relayed(JEAN)
    folder = scene.site.folder / "answer"
    [found] = scene.site.rows("members", "access", JEAN, "--to", str(folder))
    assert found["member"]["name"] == "Jean Example"
    assert PAUL not in str(found)
    assert WORDS[0] in (folder / f"{reference}.txt").read_text("utf-8")
    refused = scene.site.try_run("members", "erase", JEAN)
    assert (refused.code, "end the membership first" in refused.err) == (73, True)
    scene.site.run("members", "remove", JEAN)
    done = scene.site.run("members", "erase", JEAN)
    assert "the log can't be changed" in done.err
    assert scene.site.try_run("members", "show", JEAN).code == 66
    assert JEAN not in scene.site.run("posts", "list", "--json").out
    assert scene.site.run("audit", "verify").code == 0
