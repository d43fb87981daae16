"""Where a notice points: POLICY's eleven rules as a matrix, and what may be sent again."""

from datetime import date
from itertools import combinations

import pytest

from relay.policy.channels import (
    Advice,
    Channel,
    ChannelEntry,
    CountryChannels,
    Directory,
    Door,
    Rule,
    SendAgain,
    advise,
    is_classified,
    what_may_be_sent_again,
)
from relay.policy.decision import Reason
from relay.roster.member import AgencyType

FIELD = (AgencyType.RANGER, AgencyType.ENVIRONMENT, AgencyType.VETERINARY, AgencyType.CITES)
JUSTICE = (AgencyType.PROSECUTOR, AgencyType.JUDGE)
ADVISERS = (AgencyType.EXPERT, AgencyType.NGO, AgencyType.IGO)
EVERYDAY = {
    AgencyType.CUSTOMS: (Rule.CUSTOMS, ["cencomm", "ncb"]),
    AgencyType.POLICE: (Rule.POLICE, ["ncb"]),
    **dict.fromkeys(FIELD, (Rule.FIELD, ["police_focal_point", "customs_focal_point"])),
    **dict.fromkeys(JUSTICE, (Rule.JUSTICE, ["ncb", "judicial_assistance", "asset_recovery_network"])),
    **dict.fromkeys(ADVISERS, (Rule.ADVISER, ["national_focal_point"])),
}
NOBODY = Directory()


def reason(code: str) -> Reason:
    """ "M1c" stands for a classified marking."""
    return Reason("M1", "classified.eu", "subject") if code == "M1c" else Reason(code, "a.rule", "subject")


def ask(*codes: str, agency_type: AgencyType = AgencyType.CUSTOMS, directory: Directory = NOBODY) -> Advice:
    return advise(map(reason, codes), agency_type=agency_type, country="CM", directory=directory)


def doors(advice: Advice) -> list[str]:
    return [door.channel.value for door in advice.doors]


def entry(channel: Channel, **changes: str) -> ChannelEntry:
    known = {"name": "NCB Exampleville", "status": "unconfirmed", "source": "a meeting", "how": "by its duty desk"}
    return ChannelEntry(id=channel, as_of=date(2026, 1, 31), **{**known, **changes})  # type: ignore[arg-type]


def country(**changes: object) -> Directory:
    known = {"country": "CM", "channel": (entry(Channel.NCB),)}
    return Directory(countries={"CM": CountryChannels(**{**known, **changes})})  # type: ignore[arg-type]


def test_every_agency_type_is_in_the_matrix():
    assert set(EVERYDAY) == set(AgencyType)


@pytest.mark.parametrize("agency_type", list(AgencyType))
@pytest.mark.parametrize("others", [(), ("M1c",), ("M1",), ("O1", "O2", "O3"), ("N1", "N2"), ("H1",)])
def test_rule_0_a_threat_to_life_goes_first_for_everybody(agency_type, others):
    advice = ask(*others, "T1", agency_type=agency_type)
    assert advice.rule is Rule.LIFE
    assert doors(advice) == ["emergency", "chain_of_command", "ncb"]
    assert advice.originator_rule is None


@pytest.mark.parametrize("agency_type", list(AgencyType))
@pytest.mark.parametrize("others", [(), ("M1",), ("O1",), ("O2", "O3"), ("N1", "H3")])
def test_rule_1_a_classified_marking_names_no_channel(agency_type, others):
    advice = ask(*others, "M1c", agency_type=agency_type)
    assert advice == Advice(rule=Rule.CLASSIFIED)
    assert advice.channels == ()


@pytest.mark.parametrize(("agency_type", "everyday"), EVERYDAY.items())
@pytest.mark.parametrize("others", [(), ("H1",), ("H2", "H3")])
def test_rule_2_a_label_and_nothing_else_leads_to_the_originator(agency_type, everyday, others):
    advice = ask("M1", *others, agency_type=agency_type)
    assert advice.rule is Rule.ORIGINATOR
    assert advice.doors == ()
    assert advice.originator_rule is everyday[0]
    assert [door.channel.value for door in advice.originator_doors] == everyday[1]
    assert list(advice.channels) == everyday[1]


@pytest.mark.parametrize("agency_type", list(AgencyType))
@pytest.mark.parametrize("others", [(), ("M1",), ("O2",), ("O3",), ("N1", "N2"), ("O2", "O3", "N1", "M1")])
def test_rule_3_an_operation_names_no_channel(agency_type, others):
    assert ask(*others, "O1", agency_type=agency_type) == Advice(rule=Rule.OPERATION)


@pytest.mark.parametrize("agency_type", list(AgencyType))
@pytest.mark.parametrize("others", [(), ("M1",), ("O3",), ("N1",)])
def test_rule_4_a_position_goes_to_the_operations_room(agency_type, others):
    advice = ask(*others, "O2", agency_type=agency_type)
    assert advice.rule is Rule.POSITION
    assert doors(advice) == ["operations_room", "ncb"]


@pytest.mark.parametrize("others", [(), ("M1",), ("N1", "N2", "H3")])
def test_rule_5_customs_warn_of_a_consignment(others):
    advice = ask(*others, "O3")
    assert advice.rule is Rule.CONSIGNMENT
    assert doors(advice) == ["cencomm_warning", "rilo", "customs_duty_desk"]


@pytest.mark.parametrize(("agency_type", "everyday"), EVERYDAY.items())
@pytest.mark.parametrize(
    "codes",
    [("N1",), ("N2",), ("N1", "M1"), ("H3",), ("H4",), ("H5",), ("H6",), ("H9",), ("H1",), ("H2",), ("H7",), ()],
)
def test_rules_6_to_10_go_by_the_agency(agency_type, everyday, codes):
    advice = ask(*codes, agency_type=agency_type)
    assert (advice.rule, doors(advice)) == everyday
    assert advice.originator_doors == ()


@pytest.mark.parametrize(
    ("agency_type", "everyday"), [one for one in EVERYDAY.items() if one[0] is not AgencyType.CUSTOMS]
)
def test_a_consignment_that_others_report_goes_by_their_agency(agency_type, everyday):
    advice = ask("O3", "M1", agency_type=agency_type)
    assert (advice.rule, doors(advice)) == everyday


def test_a_country_may_give_field_services_the_police_s_doors():
    here = country(police_powers=(AgencyType.RANGER,))
    assert ask("N1", agency_type=AgencyType.RANGER, directory=here).rule is Rule.POLICE
    assert ask("N1", agency_type=AgencyType.CITES, directory=here).rule is Rule.FIELD
    assert ask("M1", agency_type=AgencyType.RANGER, directory=here).originator_rule is Rule.POLICE


@pytest.mark.parametrize("agency_type", [*ADVISERS, *JUSTICE, AgencyType.CUSTOMS])
def test_police_powers_change_nothing_for_those_who_are_no_field_service(agency_type):
    here = country(police_powers=tuple(AgencyType))
    assert ask("N1", agency_type=agency_type, directory=here).rule is EVERYDAY[agency_type][0]


def test_siena_afripol_and_aseanapol_stand_behind_the_national_door_of_the_police_that_have_them():
    here = country(
        channel=tuple(map(entry, (Channel.ASEANAPOL, Channel.AFRIPOL, Channel.SIENA))),
        police_powers=(AgencyType.RANGER,),
    )
    for agency_type in (AgencyType.POLICE, AgencyType.RANGER):
        assert doors(ask("N1", agency_type=agency_type, directory=here)) == ["ncb", "siena", "afripol", "aseanapol"]
    assert doors(ask("N1", agency_type=AgencyType.POLICE, directory=country())) == ["ncb"]
    for agency_type in set(AgencyType) - {AgencyType.POLICE, AgencyType.RANGER}:
        advice = ask("N1", agency_type=agency_type, directory=here)
        assert doors(advice) == EVERYDAY[agency_type][1]


def test_eurojust_is_for_the_prosecutors_and_judges_of_countries_that_have_it():
    here = country(channel=(entry(Channel.EUROJUST),))
    for agency_type in JUSTICE:
        assert doors(ask("N1", agency_type=agency_type, directory=here)) == [*EVERYDAY[agency_type][1], "eurojust"]
    assert "eurojust" not in ask("N1", agency_type=AgencyType.POLICE, directory=here).channels


@pytest.mark.parametrize("codes", [("H9",), ("H9", "N1"), ("N1",), ("H3",), ("M1",), ("O3",), ("H1",), ()])
def test_environet_is_for_field_services_that_name_nobody(codes):
    here = country(channel=(entry(Channel.ENVIRONET),))
    for agency_type in AgencyType:
        expected = codes == ("H9",) and agency_type in FIELD
        assert ("environet" in ask(*codes, agency_type=agency_type, directory=here).channels) is expected
    assert doors(ask("H9", agency_type=AgencyType.RANGER, directory=here))[-1] == "environet"
    assert "environet" not in ask("H9", agency_type=AgencyType.RANGER, directory=country()).channels


def test_never_does_a_field_service_or_an_adviser_hear_of_the_police_s_own_network():
    for agency_type in (*FIELD, *ADVISERS):
        for codes in (("N1",), ("N2",), ("O3",), ("H3",)):
            assert "ncb" not in ask(*codes, agency_type=agency_type).channels


def test_a_door_is_shown_as_the_country_s_file_states_it():
    (door,) = ask("N1", agency_type=AgencyType.POLICE, directory=country()).doors
    assert door == Door(
        channel=Channel.NCB,
        name="NCB Exampleville",
        how="by its duty desk",
        as_of=date(2026, 1, 31),
        confirmed=False,
    )
    confirmed = country(channel=(entry(Channel.RILO), entry(Channel.NCB, status="confirmed")))
    assert ask("N1", agency_type=AgencyType.POLICE, directory=confirmed).doors[0].confirmed


def test_a_door_that_the_file_does_not_hold_is_named_by_its_function_and_unconfirmed():
    cencomm, ncb = ask("N1", directory=country()).doors
    assert cencomm == Door(channel=Channel.CENCOMM)
    assert not cencomm.confirmed
    assert ncb.name == "NCB Exampleville"


def test_only_an_m1_of_a_classification_scheme_is_classified():
    assert is_classified(reason("M1c"))
    assert not is_classified(Reason("M1", "tlp.red", "subject"))
    assert not is_classified(Reason("H2", "classified.eu", "subject"))


STRICTEST_FIRST = [
    (("T1", "M1", "O1", "O2", "O3"), SendAgain.NOTHING),
    (("N1", "N2", "H3", "H4", "H5", "H6", "H8", "H9"), SendAgain.WITHOUT_DETAILS),
    (("H1", "H7"), SendAgain.READABLE),
    (("H2",), SendAgain.WITH_CLEAR_MARKING),
]


@pytest.mark.parametrize(("codes", "answer"), STRICTEST_FIRST)
def test_what_may_be_sent_again_follows_the_code(codes, answer):
    for code in codes:
        assert what_may_be_sent_again([reason(code)]) is answer


def test_of_several_codes_the_strictest_says_what_may_be_sent_again():
    for (stricter, answer), (weaker, _) in combinations(STRICTEST_FIRST, 2):
        for one in stricter:
            for other in weaker:
                assert what_may_be_sent_again([reason(other), reason(one)]) is answer
