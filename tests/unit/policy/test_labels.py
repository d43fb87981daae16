"""Labels that machines write: what their values stand for, in header fields, properties and XML."""

from base64 import b64encode

import pytest

from relay.policy.marking import find_markings
from relay.policy.post import View
from tests.builders import WORDS

GUID = "2a1b3c4d-1111-2222-3333-444455556666"
OTHER = "99999999-1111-2222-3333-444455556666"
CLASSIFIED, RESTRICTED, HELD = ("M1", "classified.label"), ("M1", "restricted.label"), ("H2", "held.label")
UNMAPPED, ENCRYPTS, SENSITIVITY = ("H2", "label.unmapped"), ("H2", "label.encrypts"), ("H2", "label.sensitivity")


def found(text: str, place: str) -> set[tuple[str, str]]:
    findings = find_markings(View(text=text, place=place), WORDS)
    assert all(0 <= one.start < one.end for one in findings)
    return {(one.code, one.rule) for one in findings}


@pytest.mark.parametrize(
    "value", ["Company-Confidential", "company-confidential", "Personal", "PRIVATE", "Confidential", "3", "Blue"]
)
def test_sensitivity_is_a_habit_and_holds(value):
    assert SENSITIVITY in found(value, "header sensitivity")
    assert SENSITIVITY in found(value, "header x-sensitivity")


@pytest.mark.parametrize("value", ["", "Normal", "none", " normal ", "0"])
def test_ordinary_sensitivity_is_none(value):
    assert not found(value, "header sensitivity")


def test_a_state_s_own_word_in_sensitivity_is_certain():
    assert CLASSIFIED in found("Diffusion restreinte", "header sensitivity")


FIELDS = (
    "x-classification",
    "x-security-label",
    "x-label",
    "x-titus-classification",
    "x-ms-exchange-organization-classification",
    "x-marking",
)


@pytest.mark.parametrize("field", FIELDS)
def test_fields_of_labelling_programs(field):
    for value, expected in (
        ("RESTRICTED", CLASSIFIED), ("confidential", CLASSIFIED), ("owner=x; classification=SECRET", CLASSIFIED), ("Diffusion Restreinte", CLASSIFIED),
        ("OFFICIAL-SENSITIVE", RESTRICTED), ("Sensitive", RESTRICTED), ("Law Enforcement Sensitive", RESTRICTED),
        ("FOUO", HELD), ("Internal", HELD), ("Company Confidential", HELD), ("Blue", UNMAPPED), ("not for public release", UNMAPPED),
    ):  # fmt: skip
        assert expected in found(value, f"header {field}"), value
    for value in ("UNCLASSIFIED", "Public", "OFFICIAL", "Non classifié", "NON-CONFIDENTIEL", "公开", "", " - "):
        assert not found(value, f"header {field}"), value


@pytest.mark.parametrize(
    "field",
    [
        "x-classification-id",
        "x-mailer",
        "x-gmail-labels",
        "x-titus-version",
        "x-ms-exchange-organization-scl",
        "received",
    ],
)
def test_other_fields_are_no_labels(field):
    assert not found("6c4e1e7c work", f"header {field}")


def test_a_label_of_the_traffic_light_protocol_is_left_to_it():
    assert found("TLP:GREEN", "header x-label") == {("M1", "tlp.green")}


def msip(guid: str = GUID, **values: str) -> str:
    return "; ".join(f"MSIP_Label_{guid}_{key}={value}" for key, value in values.items())


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (msip(Enabled="true", Name="Confidential", ContentBits="0"), {CLASSIFIED}),
        (
            msip(Enabled="true", SetDate="2022-05-31T14:08:36Z", Method="Privileged", Name="Diffusion restreinte"),
            {CLASSIFIED},
        ),
        (msip(Name="Sensible"), {RESTRICTED}),
        (msip(Enabled="true", Name="Internal"), {HELD}),
        (msip(Enabled="true", Name="General"), {UNMAPPED}),
        (msip(Enabled="true"), {UNMAPPED}),
        (msip(Enabled="true", Name="General", ContentBits="8"), {UNMAPPED, ENCRYPTS}),
        (msip(Enabled="true", Name="Public", ContentBits="11"), {ENCRYPTS}),
        (msip(Enabled="true", Name="Public", ContentBits="7"), set()),
        (msip(Enabled="false", Name="Confidential"), set()),
        (msip(Name="Public") + "; " + msip(OTHER, Name="Highly Confidential"), {CLASSIFIED}),
        (msip(Enabled="true", Name="Confidential").replace("; ", ";\t"), {CLASSIFIED}),
    ],
)
def test_labels_of_microsoft_count_in_headers_and_properties(label, expected):
    assert found(label, "header msip_labels") == expected
    assert found(label.replace("; ", "\n").replace("=", ": "), "attachment 1, properties") == expected
    assert found(label, "attachment 1, properties") == expected


def test_a_property_may_stand_below_its_name():
    assert found(f"MSIP_Label_{GUID}_Name\nConfidential\n", "attachment 2, properties") >= {CLASSIFIED}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ("Title: report\nClassification: Restricted\n", CLASSIFIED),
        ("title: CONFIDENTIEL", CLASSIFIED),
        ("keywords: ivory, OFFICIAL-SENSITIVE", RESTRICTED),
        ("SecurityLabel=Law Enforcement Sensitive", RESTRICTED),
        ("category: FOUO", HELD),
    ],
)
def test_other_properties_mark_with_known_words(properties, expected):
    assert expected in found(properties, "attachment 1, properties")


@pytest.mark.parametrize(
    "properties",
    [
        "title: Secret compartment",
        "keywords: ivory, restricted species",
        "Classification: Reptilia",
        "creator: Ana Example",
        "label: work",
        "Classification: Public",
    ],
)
def test_what_properties_tell_of_goods_is_no_marking(properties):
    assert not found(properties, "attachment 1, properties")


def ess(classification: int | None) -> str:
    value = b"" if classification is None else bytes((2, 1, classification))
    content = b"\x06\x02\x2a\x03" + value
    return b64encode(bytes((0x31, len(content))) + content).decode()


XML = '<slab:originatorConfidentialityLabel xmlns:slab="urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"><slab:Classification>{}</slab:Classification></slab:originatorConfidentialityLabel>'


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ('marking="EXAMPLE CONFIDENTIAL"; fgcolor=black; bgcolor=red', {CLASSIFIED}),
        ("marking=RESTRICTED", {CLASSIFIED}),
        ('marking="LAW ENFORCEMENT SENSITIVE"', {RESTRICTED}),
        ('marking="UNCLASSIFIED"; fgcolor=black', set()),
        ('marking="PURPLE"', {UNMAPPED}),
        ("fgcolor=black", {UNMAPPED}),
        (f'marking="UNCLASSIFIED"; type=":ess"; label="{ess(3)}"', {CLASSIFIED}),
        (f'type=":ess"; label="{ess(2)}"', {CLASSIFIED}),
        (f'type=":ess"; label="{ess(200)}"', {CLASSIFIED}),
        (f'type=":ess"; label="{ess(1)}"', set()),
        (f'type=":ess"; label="{ess(None)}"', {UNMAPPED}),
        ('type=":ess"; label="!"', {UNMAPPED}),
        (f'type=":xml"; label="{b64encode(XML.format("SECRET").encode()).decode()}"', {CLASSIFIED}),
        (f'type=":xml"; label="{b64encode(XML.format("UNCLASSIFIED").encode()).decode()}"', set()),
    ],
)
def test_labels_of_rfc_7444_count_by_marking_and_by_octets(label, expected):
    assert found(label, "header sio-label") == expected
    assert found(label, "header sio-label-history") == expected


def test_sections_of_a_parameter_are_judged_where_they_are_put_together():
    assert not found('marking*0="UNCLASS"; marking*1="IFIED"', "header sio-label")


@pytest.mark.parametrize(
    ("level", "expected"),
    [("RESTRICTED", {CLASSIFIED}), ("GEHIM", {CLASSIFIED}), ("UNCLASSIFIED", set()), ("Public", set())],
)
def test_a_label_in_xml_is_above_the_ceiling_unless_it_is_known_to_be_harmless(level, expected):
    assert found(XML.format(level), "attachment 1") == expected
    assert found(f"<?xml version='1.0'?>\n{XML.format(level)}\n", "text") == expected


def test_a_label_in_xml_without_a_level_holds():
    assert found("<originatorConfidentialityLabel></originatorConfidentialityLabel>", "attachment 1") == {UNMAPPED}
