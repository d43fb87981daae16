"""One person from nomination to suspension by real mail: what each act of each person does, and what nobody can do alone."""

import smtplib
from email.message import EmailMessage

import pytest

from relay.actions.invite import NOT_OPEN, NOT_UNDERSTOOD
from relay.mail.reply import NO_SUCH_ADDRESS, TAKEN
from tests.integration.clients import make_post, octets_of, send, transact
from tests.integration.service import ANA, CENTRAL, DOMAIN, PATIENCE, PAUL, Service, Site, Smarthost, eventually

REQUEST = f"central-africa-request@{DOMAIN}"
CHIEF, SECOND, ABROAD = "chief@douanes.example", "second@police.example", "abroad@douanes-ga.example"
BOSS = "boss@network.example"
BELA = "bela@eaux-forets.example"
MORE = f"""\
address,name,agency,agency_type,country,language,lists,nominated_by,confirmed_by,role
{CHIEF},Chief Example,Douanes,customs,CM,en,central-africa,one@network.example,two@network.example,member;focal-point
{SECOND},Second Example,Police,police,CM,en,central-africa,one@network.example,two@network.example,member;focal-point
{BOSS},Boss Example,WCO,igo,CH,en,central-africa,one@network.example,two@network.example,member;admin
{ABROAD},Abroad Example,Douanes,customs,GA,en,central-africa,one@network.example,two@network.example,member;focal-point
"""
_ANSWERS = ("Answer", "Réponse")
FORM = "NAME: Bela Ondo\nAGENCY: Eaux et Forêts\nTYPE: ranger\nLANGUAGE: en\n"


class Scene:
    def __init__(self, folder):
        self.smarthost = Smarthost()
        self.site = Site(folder, self.smarthost.port)
        self.site.enrol(ANA, PAUL)
        more = folder / "more.csv"
        more.write_text(MORE, "utf-8")
        self.site.run("members", "import", str(more))
        self.passwords = {
            who: self.site.rows("members", "password", who)[0]["password"] for who in (CHIEF, SECOND, ABROAD, BOSS)
        }
        self.site.passwords.update(self.passwords)
        self.service = Service(self.site)
        self._count = 0

    def ask(self, author, text, subject=""):
        """Ask something of LIST-request@, and wait for the answer's text."""
        before = len(self.letters(author, _ANSWERS))
        self._count += 1
        message = make_post(author, subject, text, message_id=f"<{self._count}@asks.example>")
        assert send(self.service, author, message, REQUEST) == str(TAKEN)
        return flat(eventually(lambda: self.letters(author, _ANSWERS)[before:])[0])

    def letters(self, recipient, subject):
        return [
            one
            for one in self.smarthost.mails
            if one.recipient == recipient and str(one.message["Subject"]).startswith(subject)
        ]

    def letter(self, recipient, subject, number=0):
        return eventually(lambda: self.letters(recipient, subject)[number:])[0]

    def answer(self, letter, text, author=BELA, **fields):
        """Answer a letter from another mail server, without a login; the last reply."""
        message = EmailMessage()
        message["From"], message["To"] = author, letter.message["Reply-To"]
        message["Subject"] = f"Re: {letter.message['Subject']}"
        for name, value in fields.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        to = letter.message["Reply-To"].addresses[0].addr_spec
        with smtplib.SMTP("localhost", self.service.ports["smtp"], timeout=PATIENCE) as client:
            client.ehlo()
            return transact(client, author, octets_of(message), to)

    def lacking_rules(self):
        return {row["address"] for row in self.site.rows("members", "list", "--rules-missing")}

    def state(self, who):
        [row] = self.site.rows("members", "show", who)
        return row["state"]


def flat(mail):
    return " ".join(mail.text().split())


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("vetting"))
    with scene.service:
        yield scene
    scene.smarthost.close()


def test_one_person_from_nomination_to_suspension(scene):
    assert "NOMINATE first.last@agency.example" in scene.ask(CHIEF, "NOMINATE\n")
    assert "AGENCY" in scene.ask(CHIEF, f"NOMINATE {BELA}\nNAME: Bela Ondo\n")
    assert scene.ask(CHIEF, f"NOMINATE {BELA}\n{FORM}").startswith("Dear Chief Example, Proposed.")
    assert scene.state(BELA) == "nominated"

    invitation = scene.letter(BELA, "You are invited")
    text = flat(invitation)
    assert CHIEF in text
    assert "the name or any identifier of a suspect" in text  # the rules
    assert "What the relay keeps about you" in text
    assert scene.answer(invitation, "I'd like to ACCEPT this\n") == str(NOT_UNDERSTOOD)
    assert scene.answer(invitation, "ACCEPT\n", author="eve@elsewhere.example") == str(NOT_OPEN)
    assert scene.answer(invitation, "ACCEPT\n", Auto_Submitted="auto-replied") == str(TAKEN)
    assert scene.letters(SECOND, "To confirm") == []
    assert scene.answer(invitation, "ACCEPT\n\n> Dear Bela Ondo,\n") == str(TAKEN)
    assert scene.answer(invitation, "ACCEPT\n") == str(NOT_OPEN)
    assert scene.state(BELA) == "nominated"

    asked = scene.letter(SECOND, "To confirm")
    assert "Bela Ondo" in flat(asked)
    assert scene.letters(CHIEF, "To confirm") == scene.letters(ABROAD, "To confirm") == []
    subject = f"Re: {asked.message['Subject']}"
    assert "there is no such notice to you" in scene.ask(CHIEF, "YES\n", subject)
    assert "there is no such notice to you" in scene.ask(ABROAD, "YES\n", subject)
    assert "now a member" in scene.ask(SECOND, "YES\n", subject)
    assert scene.state(BELA) == "active"
    assert "decided already" in scene.ask(SECOND, "YES\n", subject)
    assert CENTRAL in flat(scene.letter(BELA, "Welcome"))

    reply = send(scene.service, ANA, make_post(ANA, "Saisie", "Quarante kilogrammes d'écailles.\n"), CENTRAL)
    reference = reply.split()[2]
    eventually(lambda: BELA in scene.smarthost.copies(reference))

    assert "nobody with this address" in scene.ask(ABROAD, f"GONE {BELA}\n")
    assert "Il n'y a personne à cette adresse" in scene.ask(ANA, f"GONE {BELA}\n")
    assert "suspended" in scene.ask(CHIEF, f"GONE {BELA}\n")
    assert scene.state(BELA) == "suspended"
    message = make_post(ANA, "Saisie", "Encore trente kilogrammes.\n", message_id="<again@douanes.example>")
    later = send(scene.service, ANA, message, CENTRAL).split()[2]
    eventually(lambda: PAUL in scene.smarthost.copies(later))
    assert BELA not in scene.smarthost.copies(later)


def test_who_was_added_by_an_operator_gets_the_rules_and_accepts_them_by_mail(scene):
    text = flat(scene.letter(CHIEF, "Welcome"))
    assert "the name or any identifier of a suspect" in text
    assert "What the relay keeps about you" in text
    assert not scene.letters(PAUL, "Bienvenue")  # added with --no-welcome
    assert CHIEF in scene.lacking_rules()
    assert "accepted the rules" in scene.ask(CHIEF, "ACCEPT\n")
    assert CHIEF not in scene.lacking_rules()
    assert PAUL in scene.lacking_rules()


def test_who_vouches_for_nobody_can_do_none_of_it(scene):
    for words in (f"NOMINATE someone@douanes.example\n{FORM}", "NOMINATE\n", "PEOPLE\n", "ATTEST\n", "PEOPLE CM\n"):
        assert "Seuls le peuvent les points focaux" in scene.ask(ANA, words)


def test_a_focal_point_sees_the_people_of_their_own_country_and_no_others(scene):
    answer = scene.ask(CHIEF, "PEOPLE\n")
    assert "Ana Example" in answer
    assert "Second Example" in answer
    assert "Abroad Example" not in answer
    assert "Only focal points" in scene.ask(CHIEF, "PEOPLE GA\n")


def test_a_free_address_is_let_in_with_a_waiver_alone(scene):
    free = "cleo.example@gmail.com"
    assert "missing or wrong: WAIVER" in scene.ask(CHIEF, f"NOMINATE {free}\n{FORM}")
    refused = scene.ask(CHIEF, f"NOMINATE {free}\n{FORM}WAIVER: 2020-01-15\n")
    assert "missing or wrong: WAIVER" in refused


def test_a_focal_point_brings_people_to_lists_of_their_country_and_their_own_alone(scene):
    answer = scene.ask(CHIEF, f"NOMINATE gita@douanes.example\n{FORM}LISTS: eastern-africa\n")
    assert "This is missing or wrong: LISTS" in answer
    answer = scene.ask(CHIEF, f"NOMINATE gita@douanes.example\n{FORM}LISTS: central-africa;species-id\n")
    assert "Proposed." in answer


def test_a_nominee_who_declines_is_let_go(scene):
    dora = "dora@douanes.example"
    scene.ask(CHIEF, f"NOMINATE {dora}\nNAME: Dora\nAGENCY: Douanes\nTYPE: customs\nLANGUAGE: en\n")
    letter = scene.letter(dora, "You are invited")
    assert scene.answer(letter, "DECLINE\n", author=dora) == str(TAKEN)
    assert scene.state(dora) == "left"
    assert scene.answer(letter, "ACCEPT\n", author=dora) == str(NOT_OPEN)


def test_an_administrator_proposes_people_of_any_country_and_a_focal_point_does_not(scene):
    gus, form = "gus@douanes-ga.example", "NAME: Gus\nAGENCY: Douanes\nTYPE: customs\nLANGUAGE: fr\n"
    assert "Only focal points" in scene.ask(CHIEF, f"NOMINATE {gus}\n{form}COUNTRY: GA\n")
    assert "missing or wrong: COUNTRY" in scene.ask(BOSS, f"NOMINATE {gus}\n{form}COUNTRY: Gabon\n")
    assert "Nobody is proposed yet: line 5" in scene.ask(BOSS, f"NOMINATE {gus}\n{form}PAYS: GA\n")
    assert scene.site.try_run("members", "show", gus).code == 66
    assert "Proposed." in scene.ask(BOSS, f"NOMINATE {gus}\n{form}COUNTRY: GA\n")
    [row] = scene.site.rows("members", "show", gus)
    assert row["country"] == "GA"
    letter = scene.letter(gus, "Invitation")
    assert scene.answer(letter, "Bonjour,\n\nJ'accepte\n", author=gus) == str(TAKEN)
    asked = scene.letter(ABROAD, "To confirm")
    answer = scene.ask(ABROAD, "Bonjour,\n\nOUI\n", f"Re: {asked.message['Subject']}")
    assert "now a member" in answer
    assert scene.state(gus) == "active"


def test_a_line_that_is_not_read_is_told_and_those_who_have_left_are_named(scene):
    answer = scene.ask(ABROAD, "GONE Gus <GUS@douanes-ga.example>\nGONE Gus gus@douanes-ga.example\nPEOPLE\n")
    assert "gus@douanes-ga.example is suspended" in answer
    assert "from number 2 on were not read" in answer
    assert "gus@douanes-ga.example is no member now" in scene.ask(ABROAD, "GONE: gus@douanes-ga.example\n")
    assert "stranger@" not in scene.ask(ABROAD, "GONE stranger@douanes-ga.example\n")


def test_a_sealed_address_that_we_did_not_make_is_no_address(scene):
    finn = "finn@douanes.example"
    scene.ask(CHIEF, f"NOMINATE {finn}\nNAME: Finn\nAGENCY: Douanes\nTYPE: customs\nLANGUAGE: en\n")
    letter = scene.letter(finn, "You are invited")
    address = letter.message["Reply-To"].addresses[0].addr_spec
    local, _, domain = address.partition("@")
    forged = [
        f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}",
        address.replace("central-africa", "species-id"),
    ]
    with smtplib.SMTP("localhost", scene.service.ports["smtp"], timeout=PATIENCE) as client:
        client.ehlo()
        client.mail(BELA)
        for one in forged:
            code, words = client.rcpt(one)
            assert f"{code} {words.decode('ascii')}" == str(NO_SUCH_ADDRESS)


def test_the_commands_make_the_same_acts(scene):
    site = scene.site
    emil = "emil@douanes.example"
    person = [
        "--name",
        "Emil",
        "--agency",
        "Douanes",
        "--agency-type",
        "customs",
        "--language",
        "en",
        "--lists",
        "central-africa",
    ]
    refused = site.try_run("members", "nominate", emil, *person, "--by", ANA)
    assert refused.code == 65
    assert "neither a focal point" in refused.err
    site.run("members", "nominate", emil, *person, "--by", CHIEF)
    refused = site.try_run("members", "confirm", emil, "--by", SECOND)
    assert refused.code == 73
    assert "has not confirmed the address" in refused.err
    assert scene.answer(scene.letter(emil, "You are invited"), "ACCEPT\n", author=emil) == str(TAKEN)
    refused = site.try_run("members", "confirm", emil, "--by", CHIEF)
    assert refused.code == 73
    assert "somebody else must confirm" in refused.err
    site.run("members", "confirm", emil, "--by", SECOND)
    assert scene.state(emil) == "active"
    done = site.rows("members", "attest", "--country", "CM", "--by", CHIEF)
    assert CHIEF not in {row["address"] for row in done}
    assert emil in {row["address"] for row in done}
    refused = site.try_run("members", "attest", ABROAD, "--by", CHIEF)
    assert refused.code == 73
    assert "nobody here for whom" in refused.err
