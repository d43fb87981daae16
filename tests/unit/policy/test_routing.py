"""Where a routed alert goes: the author's own regions directly, others that it names as an offer."""

from dataclasses import replace

import pytest

from relay.policy.decide import decide
from relay.policy.decision import Hold, Refuse, Relay, Withhold
from relay.policy.post import CleanPart, Progress
from relay.policy.routing import OFFERS, Addressed, missed, route, takes_alerts_of
from relay.roster.countries import country_named
from relay.roster.mailing_list import Tlp
from relay.roster.member import MemberState
from tests.builders import RULESET, make_facts, make_finding, make_list, make_member, make_post, make_scan

CENTRAL = make_list()
EASTERN = make_list("eastern-africa", title="Eastern Africa", tag="EAFR", countries=frozenset({"KE", "UG", "TZ"}))
SOUTHERN = make_list("southern-africa", title="Southern Africa", tag="SAFR", countries=frozenset({"TZ", "ZA"}))
ASEAN = make_list("south-east-asia", title="South-East Asia", tag="ASEAN", countries=frozenset({"VN", "TH"}))
SPECIES = make_list("species-id", tag="SPECIES", alerts=False, countries=frozenset({"CM", "KE", "VN"}))
CLOSED = make_list("lusaka", title="Lusaka", tag="LATF", countries=frozenset({"KE"}), active=False)
EVERY = (CENTRAL, EASTERN, SOUTHERN, ASEAN, SPECIES, CLOSED)
ALERTS = Addressed(alerts=True, tag="ALERT")


def routed(subject="Seizure", text="Forty kilograms of scales.\n", to=ALERTS, **member):
    scan = make_scan(message=make_facts(subject=subject), parts=(CleanPart(media_type="text/plain", text=text),))
    return route(to, make_member(**member), scan, EVERY)


def offered(*args, **changes):
    return list(routed(*args, **changes).offers)


def test_an_alert_goes_to_its_authors_own_regional_lists():
    both = routed(lists=frozenset({"central-africa", "eastern-africa", "species-id"}))
    assert [one.name for one in both.lists] == ["central-africa", "eastern-africa"]
    assert both.offers == {}


def test_a_list_without_alerts_and_an_inactive_one_are_no_regions():
    member = make_member(lists=frozenset({"species-id", "lusaka"}))
    assert takes_alerts_of(member, EVERY) == ()
    assert route(ALERTS, member, make_scan(), EVERY).lists == ()


def test_what_was_not_sent_to_the_address_of_alerts_is_not_routed():
    direct = routed("[EAFR][CM>KE>VN] Seizure", "Countries: KE\n", to=Addressed(lists=(CENTRAL,), tag="CAFR"))
    assert (direct.lists, direct.offers) == ((CENTRAL,), {})


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("[EAFR] Seizure", ["eastern-africa"]),
        ("[eafr] Seizure", ["eastern-africa"]),
        ("[EAFR][ASEAN] Seizure", ["eastern-africa", "south-east-asia"]),
        ("[EAFR, ASEAN] Seizure", ["eastern-africa", "south-east-asia"]),
        ("Seizure [Eastern Africa]", ["eastern-africa"]),
        ("[eastern-africa] Seizure", ["eastern-africa"]),
        ("[CAFR] Seizure", []),
        ("[TLP:GREEN] Seizure", []),
        ("[SPECIES] [LATF] Seizure", []),
        ("[KE>AE>VN] Seizure", ["eastern-africa", "south-east-asia"]),
        ("[ke > ae > vn] Seizure", ["eastern-africa", "south-east-asia"]),
        ("[CM->KE] Seizure", ["eastern-africa"]),
        ("[CM → Kenya → Viêt Nam] Saisie", ["eastern-africa", "south-east-asia"]),
        ("[TZ>VN] Seizure", ["eastern-africa", "southern-africa", "south-east-asia"]),
        ("[CM>AE] Seizure", []),
        ("Seizure KE>VN", []),
        ("EAFR: Seizure", []),
    ],
)
def test_the_subject_names_regions(subject, expected):
    assert offered(subject) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Countries: KE, VN", ["eastern-africa", "south-east-asia"]),
        ("countries : Kenya and Viet Nam", ["eastern-africa", "south-east-asia"]),
        ("Pays : Tanzanie ; Thaïlande", ["eastern-africa", "southern-africa", "south-east-asia"]),
        ("Países: Uganda y Vietnam", ["eastern-africa", "south-east-asia"]),
        ("Países: Quénia, África do Sul e Tailândia", ["eastern-africa", "southern-africa", "south-east-asia"]),
        ("PAYS: l'Ouganda, la Thaïlande", ["eastern-africa", "south-east-asia"]),
        ("Countries: KE > AE > VN", ["eastern-africa", "south-east-asia"]),
        ("Countries: Cameroon", []),
        ("Countries: Atlantis, the usual ones", []),
        ("> Countries: KE", []),
        ("Of all countries: Kenya is the worst", []),
    ],
)
def test_a_line_of_the_text_names_countries(line, expected):
    assert offered(text=f"Colleagues,\n\n{line}\n\nForty kilograms.\n") == expected


@pytest.mark.parametrize("name", ["Santo Tomé y Príncipe", "Sao Tome and Principe", "São Tomé e Príncipe"])
def test_an_and_may_belong_to_a_countrys_name(name):
    atlantic = make_list("atlantic", tag="ATLAN", countries=frozenset({"ST"}))
    for line in (f"Countries: {name}\n", f"Countries: KE, VN, {name}\n"):
        scan = make_scan(message=make_facts(), parts=(CleanPart(media_type="text/plain", text=line),))
        assert "atlantic" in route(ALERTS, make_member(), scan, (CENTRAL, atlantic)).offers
    assert country_named("Trinidad and Tobago") == "TT"


def test_a_line_far_down_names_nothing():
    assert offered(text="word\n" * 40 + "Countries: KE\n") == []


@pytest.mark.parametrize("answer", ["Re: ", "RE:", "Tr : ", "Fwd: Re: ", "AW: "])
def test_the_tags_that_we_put_before_an_answers_subject_name_nothing(answer):
    assert offered(f"{answer}[EAFR][TLP:GREEN] Seizure") == []
    assert offered(f"{answer}[ALERT][TLP:GREEN] Seizure [KE>VN]") == ["eastern-africa", "south-east-asia"]


def test_each_list_is_offered_once_with_the_reason_that_named_it_first():
    way = routed("[EAFR] [KE>VN] Seizure", "Countries: KE, VN\n")
    assert {name: (reason.code, reason.rule, reason.place) for name, reason in way.offers.items()} == {
        "eastern-africa": ("F1", "routing.named_by_tag", "subject"),
        "south-east-asia": ("F1", "routing.on_the_route", "subject"),
    }


def test_one_message_asks_only_so_many_moderators():
    many = tuple(
        make_list(f"region-{number}", tag=f"REGION{chr(65 + number)}", countries=frozenset({"KE"}))
        for number in range(OFFERS + 3)
    )
    scan = make_scan(message=make_facts(subject="[CM>KE] Seizure"))
    assert len(route(ALERTS, make_member(), scan, (CENTRAL, *many)).offers) == OFFERS


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("ke", "KE"), ("Kenya", "KE"), ("Kénya", "KE"), ("Kenia", "KE"), ("Quênia", "KE"), ("UAE", "AE"),
        ("Émirats arabes unis", "AE"), ("Emiratos Árabes Unidos", "AE"), ("DRC", "CD"), ("RDC", "CD"), ("Congo", "CG"),
        ("RCA", "CF"), ("Côte d’Ivoire", "CI"), ("Ivory Coast", "CI"), ("le Tchad", "TD"), ("The Gambia", "GM"),
        ("Viet Nam", "VN"), ("USA", "US"), ("EE. UU.", "US"), ("Estados Unidos", "US"), ("Guinée équatoriale", "GQ"),
        ("Moçambique", "MZ"), ("South Korea", "KR"), ("EU", None), ("xx", None), ("Atlantis", None), ("", None), (">", None),
    ],
)  # fmt: skip
def test_a_country_is_known_by_its_code_and_its_names(words, code):
    assert country_named(words) == code


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("[CM>AE>VN] x", "", (("AE",), 0)),
        ("[CM>Atlantis] x", "Countries: KE, Wonderland, Peru, Peru\n", (("PE",), 2)),
        ("[CM>VN] [EAFR] [TLP:GREEN] [URGENT] x", "Countries: Kenya\n", ((), 0)),
        ("Seizure", "Forty kilograms.\n", ((), 0)),
    ],
)
def test_what_an_alert_names_in_vain_is_told(subject, text, expected):
    found = missed(subject, (CleanPart(media_type="text/plain", text=text),), EVERY)
    assert (found.countries, found.unknown) == expected


# — decisions —


def decided(*findings, subject="[KE>VN] Seizure", lists=(CENTRAL, EASTERN), **changes):
    scan = changes.pop("scan", make_scan(*findings, message=make_facts(subject=subject)))
    way = route(ALERTS, make_member(), scan, lists)
    return dict(decide(make_post(scan=scan, lists=way.lists, offers=way.offers, **changes), RULESET))


def test_a_clean_alert_is_relayed_at_home_and_held_as_an_offer_abroad():
    decisions = decided()
    assert isinstance(decisions["central-africa"], Relay)
    offer = decisions["eastern-africa"]
    assert isinstance(offer, Hold)
    assert offer.is_offer
    assert [reason.code for reason in offer.reasons] == ["F1"]


def test_what_a_machine_cannot_decide_is_held_at_home_and_says_so_to_the_moderator_abroad():
    decisions = decided(make_finding("H7"))
    assert isinstance(decisions["central-africa"], Hold)
    assert not decisions["central-africa"].is_offer
    assert [reason.code for reason in decisions["eastern-africa"].reasons] == ["F1", "H7"]


def test_what_is_withheld_at_home_is_offered_nowhere():
    decisions = decided(make_finding("M1", Tlp.RED))
    assert {name: type(one) for name, one in decisions.items()} == {
        "central-africa": Withhold,
        "eastern-africa": Refuse,
    }


def test_a_stricter_list_abroad_is_not_asked_and_withholds_nothing_at_home():
    strict = replace(EASTERN, ceiling=Tlp.CLEAR)
    decisions = decided(make_finding("M1", Tlp.GREEN), lists=(CENTRAL, strict))
    assert isinstance(decisions["central-africa"], Relay)
    assert isinstance(decisions["eastern-africa"], Refuse)


def test_no_offer_is_made_for_a_member_who_may_not_act():
    decisions = decided(author=make_member(state=MemberState.SUSPENDED))
    assert {type(one) for one in decisions.values()} == {Refuse}


def test_an_unread_message_is_offered_to_nobody():
    scan = make_scan(message=make_facts(subject="[CM>KE] x"), progress=Progress.HEADER)
    assert {type(one) for one in decided(scan=scan).values()} == {Withhold, Refuse}


@pytest.mark.parametrize("text", ["re{}", "Re: [{}", "[KE{}", "[{}", "[KE" + ">" * 100 + "{}"])
def test_a_subject_of_nothing_but_spaces_takes_no_time(text):
    assert offered(text.format(" " * 90_000 + "x")) == []
