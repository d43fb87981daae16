"""Sending again: what answers or quotes a withheld post inherits its marking, a corrected one is judged afresh, CONFIRM asks a moderator."""

import sqlite3
from contextlib import closing
from hashlib import sha256

import pytest

from tests.integration.clients import make_post, octets_of, send
from tests.integration.service import ANA, CLAIRE, JEAN, PAUL, eventually, open_house
from tests.integration.withheld_posts import traces

MARKED_ID = "<marked.blunderbuss@douanes.example>"
TEXT = (
    "Eleven tonnes of pangolin scales were seized in two wickersnapper containers in the southern port. The cargo had been declared as "
    "quibblewright timber, with CITES permits of the year before last. Samples were sent to the laboratory; the investigation continues. "
    "A note on the way of hiding follows with the annual report of the regional office.\n"
)
SECRET = ("wickersnapper", "quibblewright", "blunderbuss")
SIGNATURE = (
    "Ana Example, senior officer at the regional office of the customs of Exampleland, on duty from Monday to Friday\n"
)


class Scene:
    """A relay on which Ana's post was withheld for its marking."""

    def __init__(self, house):
        self.house, self.site, self.smarthost = house, house.site, house.smarthost
        self._count = 0
        usual = self.send(ANA, "[TLP:GREEN] Usual", f"Fourteen snares were found along the river.\n\n{SIGNATURE}")
        assert self.decision(usual) == "relay"
        marked = make_post(ANA, "[TLP:AMBER] Scales", f"{TEXT}\n{SIGNATURE}", message_id=MARKED_ID)
        self.marked = self.submit(ANA, marked)

    def submit(self, author, message):
        reply = send(self.house.service, author, message)
        assert reply.startswith("250 2.0.0 "), reply
        return reply.split()[2]

    def send(self, author, subject, text, **more):
        self._count += 1
        return self.submit(author, make_post(author, subject, text, message_id=f"<{self._count}@x.example>", **more))

    def rows(self, reference):
        return self.site.rows("posts", "show", reference)

    def decision(self, reference):
        return self.rows(reference)[0]["decision"]

    def reasons(self, reference):
        return [(reason["code"], reason["rule"]) for reason in self.rows(reference)[0]["reasons"]]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("thread"), ANA, JEAN, PAUL, detectors=True) as house:
        yield Scene(house)


def quote(text):
    return "".join(f"> {line}\n" for line in text.splitlines())


def test_a_reply_to_a_withheld_post_is_withheld_for_the_same_marking(scene):
    for field in ("In_Reply_To", "References"):
        reference = scene.send(JEAN, "Re: Scales", f"What do we know? {field}\n", **{field: MARKED_ID})
        assert scene.reasons(reference) == [("M1", "thread.marking")]
        assert scene.rows(reference)[0]["marking"] == "TLP:AMBER"
    notice = scene.smarthost.notice(reference, "withhold")
    assert notice.recipient == JEAN
    assert traces(notice.received.octets + notice.text().encode(), SECRET) == []


def test_a_reply_to_that_reply_is_withheld_too(scene):
    first = make_post(JEAN, "Re: Scales", "What now?\n", message_id="<answer@x.example>", In_Reply_To=MARKED_ID)
    assert scene.decision(scene.submit(JEAN, first)) == "withhold"
    second = scene.send(PAUL, "Re: Scales", "I ask myself as well.\n", References="<answer@x.example>")
    assert scene.reasons(second) == [("M1", "thread.marking")]


def test_a_quotation_is_withheld_and_its_place_told(scene):
    reference = scene.send(JEAN, "Scales", f"Ana writes:\n\n{quote(TEXT)}")
    [reason] = scene.rows(reference)[0]["reasons"]
    assert (reason["code"], reason["rule"], reason["place"]) == ("M1", "thread.marking", "quoted text")


def test_check_reads_thread_memory(scene):
    octets = octets_of(make_post(JEAN, "Scales", f"Ana writes:\n\n{quote(TEXT)}", message_id="<check@x.example>"))
    [row] = scene.site.rows("check", "-", stdin=octets)
    assert (row["decision"], row["reasons"][0]["rule"]) == ("withhold", "thread.marking")


def test_other_posts_pass_those_with_the_author_s_usual_signature_among_them(scene):
    for author in (ANA, JEAN):
        text = f"A scale was found in a market, {author}.\n\n{SIGNATURE}"
        assert scene.decision(scene.send(author, "A market", text)) == "relay"


def test_nothing_but_keyed_hashes_is_kept(scene):
    with closing(sqlite3.connect(scene.site.data / "relay.db")) as database:
        dump = "\n".join(database.iterdump()).encode()
        kept = {bytes(row[0]) for row in database.execute("SELECT hash FROM memories")}
    assert len(kept) > 20
    assert {len(one) for one in kept} == {16}
    assert not kept & {sha256(MARKED_ID.encode()).digest()[:16]}
    files = [path.read_bytes() for path in scene.site.data.rglob("*") if path.is_file()]
    assert [traces(octets, SECRET) for octets in (*files, dump, scene.house.service.log)] == [[]] * (len(files) + 2)


def test_confirm_makes_a_hold_of_a_doubt_and_the_line_does_not_go_out(scene):
    text = f"CONFIRM {scene.marked}\nTwo tusks, found at a market.\n"
    html = f"<p>CONFIRM {scene.marked}</p><p>Two tusks, found at a market.</p>"
    reference = scene.send(ANA, "[TLP:PURPLE] Two tusks", text, html=html)
    assert (scene.decision(reference), scene.reasons(reference)) == ("hold", [("H2", "tlp.unknown")])
    [shown] = scene.site.rows("held", "show", reference, "--moderator", CLAIRE)
    assert shown["text"].strip() == "Two tusks, found at a market."
    scene.site.run("held", "release", reference, "--moderator", CLAIRE)
    eventually(lambda: len(scene.smarthost.copies(reference)) == 4)
    for copy in scene.smarthost.about(reference):
        if copy.is_copy:
            assert "CONFIRM" not in copy.received.octets.decode()
            assert "Two tusks" in copy.text("html")


NAMED = "The suspect John Mbarga was arrested at the port of Exampleville on Monday with two tusks and a pickup.\n"


def test_a_name_is_withheld_and_a_cleaned_version_goes_out(scene):
    first = scene.send(ANA, "[TLP:GREEN] An arrest", NAMED)
    assert ("N1", "name.suspect") in scene.reasons(first)
    assert scene.decision(scene.send(ANA, "[TLP:GREEN] An arrest", NAMED.replace("John Mbarga ", ""))) == "relay"
    again = scene.send(PAUL, "[TLP:GREEN] From a colleague", f"As I hear:\n{NAMED}")
    assert {("N1", "name.suspect"), ("N1", "thread.passage")} <= set(scene.reasons(again))


def test_a_name_that_its_author_confirms_waits_for_a_moderator_and_is_then_forgotten(scene):
    text = NAMED.replace("Mbarga", "Okello").replace("tusks", "horns")
    first = scene.send(ANA, "[TLP:GREEN] Another arrest", text)
    notice = scene.smarthost.notice(first, "withhold")
    assert f"CONFIRM {first}" in notice.text()
    second = scene.send(ANA, "[TLP:GREEN] Another arrest", f"confirm {first}\n\n{text}")
    assert scene.decision(second) == "hold"
    assert {("N1", "name.suspect"), ("N1", "thread.passage")} <= set(scene.reasons(second))

    show = ("held", "show", second, "--moderator", CLAIRE)
    [masked] = scene.site.rows(*show)
    assert not {"John", "Okello"} & set(masked["text"].split())
    assert "arrested at the port of" in masked["text"]
    [whole] = scene.site.rows(*show, "--unmask")
    assert "John Okello" in whole["text"]
    assert scene.site.try_run("held", "show", second, "--unmask").code == 65
    log = scene.site.run("audit", "export").out
    assert (log.count('"held.unmasked"'), log.count('"held.read"')) >= (1, 1)

    def passages():
        octets = octets_of(make_post(PAUL, "An arrest", text, message_id="<passages@x.example>"))
        [row] = scene.site.rows("check", "-", stdin=octets)
        return [one["rule"] for one in row["reasons"]].count("thread.passage")

    assert passages() == 1
    scene.site.run("held", "release", second, "--moderator", CLAIRE)
    assert passages() == 0


def test_what_is_confirmed_never_goes_out_by_itself(scene):
    reference = scene.send(ANA, "[TLP:GREEN] One tusk", f"CONFIRM {scene.marked}\nOne tusk, found at a market.\n")
    assert (scene.decision(reference), scene.reasons(reference)) == ("hold", [("P1", "author.confirmed")])
    assert scene.smarthost.notice(reference, "hold").recipient == ANA


def test_a_marking_stays_withheld_when_it_is_confirmed(scene):
    text = f"CONFIRM {scene.marked}\nThree tusks, found at a market.\n"
    assert scene.decision(scene.send(ANA, "[TLP:RED] Three tusks", text)) == "withhold"


def test_nobody_confirms_another_s_post_or_one_that_was_not_withheld(scene):
    usual = scene.send(ANA, "[TLP:GREEN] Usual", "Four tusks, found at a market.\n")
    for author, named in ((PAUL, scene.marked), (ANA, usual), (ANA, "CAFR-2026-999999")):
        reference = scene.send(
            author,
            "[TLP:GREEN] Tusks",
            f"CONFIRM {named}\nFive tusks of an elephant were found at a market. {author}\n",
        )
        assert scene.decision(reference) == "relay"


def test_a_corrected_version_goes_out_and_so_does_what_answers_it(scene):
    lowered = make_post(ANA, "[TLP:GREEN] Scales", f"{TEXT}\n{SIGNATURE}", message_id="<lowered@douanes.example>")
    assert scene.decision(scene.submit(ANA, lowered)) == "relay"
    answer = scene.send(JEAN, "Re: Scales", f"Thank you.\n\n{quote(TEXT)}", In_Reply_To="<lowered@douanes.example>")
    assert scene.decision(answer) == "relay"
    later = scene.send(PAUL, "Re: Scales", f"Good.\n\n{quote(TEXT)}")
    assert scene.decision(later) == "relay"


def test_a_post_that_a_moderator_withholds_for_its_marking_is_remembered(scene):
    text = "The harbour master of the northern port has seen the same white pickup on three nights beside the old warehouse.\n"
    held = make_post(ANA, "[TLP:PURPLE] Pickup", text, message_id="<pickup@douanes.example>")
    reference = scene.submit(ANA, held)
    scene.site.run("held", "refuse", reference, "--moderator", CLAIRE, "--code", "M1")
    answer = scene.send(PAUL, "Re: Pickup", "Which one?\n", References="<pickup@douanes.example>")
    assert scene.reasons(answer) == [("M1", "thread.marking")]
    assert scene.reasons(scene.send(JEAN, "Pickup", quote(text))) == [("M1", "thread.marking")]
