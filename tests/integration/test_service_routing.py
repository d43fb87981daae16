"""Routed alerts: one mail to alerts@, the author's own regions at once, other regions when their moderator accepts."""

import pytest

from tests.integration.clients import make_post, octets_of, send
from tests.integration.service import ANA, CENTRAL, DOMAIN, EVA, PAUL, Service, Site, Smarthost, eventually

ALERTS = f"alerts@{DOMAIN}"
GRACE = "grace@customs.example"
MORE = f"""\
address,name,agency,agency_type,country,language,lists,nominated_by,confirmed_by,role
{GRACE},Grace Example,Customs,customs,KE,en,eastern-africa,one@network.example,two@network.example,member;moderator
"""


class Scene:
    """Central and Eastern Africa; Ana writes from the one, Grace moderates the other."""

    def __init__(self, folder):
        self.smarthost = Smarthost()
        self.site = Site(folder, self.smarthost.port)
        self.site.enrol(ANA, PAUL)
        more = folder / "more.csv"
        more.write_text(MORE, "utf-8")
        self.site.run("members", "import", str(more))
        self.service = Service(self.site)
        self._count = 0

    def alert(self, subject, text="Forty kilograms of pangolin scales.\n", *to):
        self._count += 1
        message = make_post(ANA, subject, text, message_id=f"<{self._count}@douanes.example>")
        reply = send(self.service, ANA, message, *(to or (ALERTS,)))
        assert reply.startswith("250 2.0.0 "), reply
        return reply.split()[2]

    def decisions(self, reference):
        return {row["list"].partition("@")[0]: row["decision"] for row in self.site.rows("posts", "show", reference)}

    def receipt(self, reference, words):
        """Wait for a receipt that says so."""

        def find():
            receipts = [one for one in self.smarthost.about(reference) if one.message["X-WEN-Decision"] == "relay"]
            return [one.text() for one in receipts if words in one.text()]

        return eventually(find)[-1]

    def moderate(self, verb, reference, *more):
        return self.site.try_run("held", verb, reference, "--moderator", GRACE, *more)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("routing"))
    with scene.service:
        yield scene
    scene.smarthost.close()


def test_an_alert_without_names_goes_to_the_authors_own_region(scene):
    reference = scene.alert("Saisie")
    assert reference.startswith("ALERT-")
    assert scene.decisions(reference) == {"central-africa": "relay"}
    scene.receipt(reference, "4 membres")
    [copy, *_] = [one for one in scene.smarthost.about(reference) if one.is_copy]
    assert copy.message["Subject"] == "[ALERT][TLP:GREEN] Saisie"
    assert "central-africa" in copy.message["List-Id"]


def test_an_offer_reaches_nobody_before_its_moderator_accepts_it_and_the_author_hears_who_did(scene):
    reference = scene.alert("[CM>KE] Saisie")
    assert scene.decisions(reference) == {"central-africa": "relay", "eastern-africa": "hold"}
    assert "Proposé à\u00a0: Afrique de l'Est" in scene.receipt(reference, "4 membres").replace("’", "'")
    assert not {EVA, GRACE} & set(scene.smarthost.copies(reference))
    assert not [one for one in scene.smarthost.about(reference) if one.message["X-WEN-Decision"] == "hold"]
    done = scene.moderate("release", reference)
    assert done.code == 0, done
    text = scene.receipt(reference, "Accepté par").replace("’", "'")
    assert "6 membres" in text
    assert "Accepté par\u00a0: Afrique de l'Est." in text
    copies = eventually(
        lambda: {EVA, GRACE} <= set(scene.smarthost.copies(reference)) and scene.smarthost.copies(reference)
    )
    assert len(copies) == len(set(copies)) == 6


def test_the_receipt_says_which_countries_no_list_covers(scene):
    reference = scene.alert("[CM>AE>KE] Saisie", "Pays : Atlantide, Kenya\n\nQuarante kilos.\n")
    text = scene.receipt(reference, "Aucune liste")
    assert "Aucune liste ne couvre ici\u00a0: Émirats arabes unis." in text
    assert "1 nom" in text
    assert "Atlantide" not in text


def test_a_declined_offer_changes_nothing_at_home(scene):
    reference = scene.alert("[EAFR] Saisie")
    done = scene.moderate("refuse", reference, "--json")
    assert done.rows == [{"reference": reference, "outcome": "declined", "code": None}]
    assert scene.decisions(reference) == {"central-africa": "relay", "eastern-africa": "refuse"}
    scene.receipt(reference, "Non retenu par")
    assert not {EVA, GRACE} & set(scene.smarthost.copies(reference))
    assert not [one for one in scene.smarthost.about(reference) if one.message["X-WEN-Decision"] == "withhold"]


def test_the_moderator_of_one_region_decides_nothing_of_another(scene):
    reference = scene.alert("[CM>KE] Saisie")
    done = scene.site.try_run("held", "release", reference, "--moderator", PAUL)
    assert done.code == 73, done
    assert scene.decisions(reference)["eastern-africa"] == "hold"


def test_a_withheld_alert_is_offered_to_nobody(scene):
    reference = scene.alert("[CM>KE] Saisie", "TLP:RED\n\nForty kilograms.\n")
    assert set(scene.decisions(reference).values()) == {"withhold"}
    assert scene.moderate("release", reference).code == 66


def test_a_list_addressed_beside_alerts_gets_it_once(scene):
    reference = scene.alert("Saisie", "Pays : Kenya\n\nQuarante kilos.\n", CENTRAL, ALERTS)
    assert reference.startswith("CAFR-")
    assert scene.decisions(reference) == {"central-africa": "relay", "eastern-africa": "hold"}
    copies = eventually(lambda: len(found := scene.smarthost.copies(reference)) >= 4 and found)
    assert len(copies) == len(set(copies))


def test_check_routes_for_a_sender(scene, tmp_path):
    file = tmp_path / "alert.eml"
    file.write_bytes(octets_of(make_post(ANA, "[CM>KE] Saisie", "Quarante kilos.\n", message_id="<c@douanes.example>")))
    rows = scene.site.rows("check", "--sender", ANA, "--list", ALERTS, str(file))
    assert [(row["list"].partition("@")[0], row["decision"]) for row in rows] == [
        ("central-africa", "relay"),
        ("eastern-africa", "hold"),
    ]
