"""Markings of classified information: certain in a marking's place, held on a line of their own, nothing in a sentence."""

import pytest

from relay.policy.channels import Rule, advise
from relay.policy.decide import decide
from relay.policy.decision import Reason, Withhold
from relay.policy.marking import FINDINGS_PER_RULE, find_markings
from relay.policy.post import View
from relay.roster.member import AgencyType
from tests.builders import RULESET, WORDS, make_finding, make_post

BODY = "Le 18 novembre, nos services ont saisi 214 kg d'écailles.\nDeux personnes ont été arrêtées.\n"


def found(text, place="text"):
    return [(one.code, one.rule.partition(".")[2]) for one in find_markings(View(text=text, place=place), WORDS)]


CERTAIN = [("M1", "in_marking_place")]
HELD = [("H2", "on_its_own_line")]

BANNERS = """CONFIDENTIEL|CONFIDENTIEL DÉFENSE|*** CONFIDENTIEL ***|[SECRET]|-- TRES SECRET --|DIFFUSION RESTREINTE|SECRET // NOFORN
CONFIDENTIEL - DOUANES|TOP SECRET|RESTRICTED|CONFIDENTIAL|EU RESTRICTED|RESTREINT UE/EU RESTRICTED|NATO CONFIDENTIAL|CONFIDENCIAL|RESERVADO
DIFUSIÓN LIMITADA|MUITO SECRETO|VS - NUR FÜR DEN DIENSTGEBRAUCH|ДЛЯ СЛУЖЕБНОГО ПОЛЬЗОВАНИЯ|СОВЕРШЕННО СЕКРЕТНО|机密|绝密★长期|سري للغاية|TUYỆT MẬT|SULIT|RAHASIA
DOCUMENT CONFIDENTIEL|SECRETO DE SUMARIO|EM SEGREDO DE JUSTIÇA|POLITIE VERTROUWELIJK|ОГРАНИЧЕННОГО РАСПРОСТРАНЕНИЯ|机密文件|严禁外传|وثيقة سرية|غير مصرح بتداوله|مقيد التداول
CONFIDENTIAL REPORT|VERTRAULICH BEHANDELN|TÀI LIỆU MẬT|DOKUMEN RAHASIA|WARAKA WA SIRI|ลับมาก|C O N F I D E N T I E L|ＣＯＮＦＩＤＥＮＴＩＥＬ""".replace(
    "\n", "|"
).split("|")


@pytest.mark.parametrize("banner", BANNERS)
@pytest.mark.parametrize("text", ["{}\n\n" + BODY, BODY + "\n{}\n", "Réf. 12/2026\n\n{}\n" + BODY])
def test_a_banner_at_the_top_or_the_bottom_is_certain(banner, text):
    assert found(text.format(banner)) == CERTAIN


@pytest.mark.parametrize("line", ["CONFIDENTIEL", "Secret", "-- confidencial --"])
def test_a_line_of_its_own_further_down_holds(line):
    assert found(f"{BODY}\n{BODY}\n{line}\n{BODY}") == HELD


@pytest.mark.parametrize("line", ["Confidentiel", "secret"])
def test_a_first_line_in_small_letters_holds(line):
    assert found(f"{line}\n{BODY}") == HELD


SUBJECTS = """CONFIDENTIAL report on the courier from Douala|CONFIDENTIAL report on the courier, who has it?|[CONFIDENTIEL] Saisie à Douala|[Confidentiel] Saisie|CONFIDENTIEL - Saisie|CONFIDENTIEL : saisie|Re: CONFIDENTIEL / saisie|CONFIDENTIEL
Re: [CAFR][ALERT] SECRET: saisie|[CAFR] CONFIDENTIEL - saisie|[CM>AE>VN] SECRET: saisie|RE[2]: SECRET / saisie|回复：机密：查获
Classification: SECRET - saisie|UK SECRET: seizure|Saisie (SECRET)|Saisie - CONFIDENTIEL|Saisie [SECRET - diffusion limitée]|RESTRICTED: seizure|Fwd: [SECRET] seizure|СЕКРЕТНО: изъятие""".replace(
    "\n", "|"
)


FIELDS = """Classification: SECRET|Classification : CONFIDENTIEL|Niveau de classification : DIFFUSION RESTREINTE|Clasificación: RESERVADO|Grau de sigilo: RESERVADO
Гриф секретности: СЕКРЕТНО|Гриф «секретно»|密级：机密|Độ mật: TỐI MẬT|Độ mật: Mật|درجة السرية: مقيد|SECRET (NOFORN)|SECRET//REL TO USA, GBR, CAN, AUS, NZL|STRICTEMENT CONFIDENTIEL""".replace(
    "\n", "|"
)


@pytest.mark.parametrize("line", FIELDS.split("|"))
def test_a_field_that_names_the_marking_is_a_marking(line):
    assert [row for row in found(f"{line}\n\n{BODY}") if row[1] == "in_marking_place"] == CERTAIN


@pytest.mark.parametrize(
    "subject", ["Confidential: seizure in Douala", "Re: Confidentiel – saisie", "[CAFR] Secret : x"]
)
def test_a_subject_that_begins_with_a_marking_in_small_letters_holds(subject):
    assert found(subject, "subject") == HELD


AMBIGUOUS = "MẬT|ДСП"


@pytest.mark.parametrize("word", AMBIGUOUS.split("|"))
def test_words_of_three_letters_count_in_capitals_and_hold_unless_they_are_a_banner(word):
    assert found(f"{word}\n{BODY}") == CERTAIN
    assert found(f"{BODY}{BODY}{word}\n{BODY}") == HELD
    assert found(f"Seizure: {word}", "subject") == HELD
    assert found(f"{word.lower()}\n{BODY}") == []
    assert found(f"Bear bile ({word.lower()}) and boards seized", "subject") == []


def test_a_sentence_behind_a_marking_holds_at_most_and_a_disclaimer_marks_nothing():
    assert found(f"{BODY}CONFIDENTIAL: NO COPY OF THIS REPORT LEAVES THE HOUSE\n") == HELD
    assert found(f"{BODY}CONFIDENTIAL: THIS MESSAGE IS FOR THE ADDRESSEE ONLY\n") == []


@pytest.mark.parametrize("subject", SUBJECTS.split("|"))
def test_a_subject_is_marked_at_its_edges_or_in_brackets(subject):
    assert found(subject, "subject") == CERTAIN


@pytest.mark.parametrize(
    "name", ["CONFIDENTIEL_rapport.pdf", "rapport-SECRET.docx", "CONFIDENTIEL.pdf", "note [secret].pdf"]
)
def test_a_files_name_is_marked_at_its_edges_or_in_brackets(name):
    assert found(name, "text, name") == CERTAIN


def test_a_header_field_is_marked_when_it_says_nothing_else():
    assert found("Secret", "header x-caveat") == CERTAIN
    assert found("Secret santa list", "header x-note") == []


HARMLESS = """The ivory lay in a secret compartment behind the seat.|Les écailles étaient dans une cache secrète.
CONFIDENTIALITY NOTICE: this e-mail is confidential and intended solely for the addressee.|Ce message est confidentiel.
Este correo es confidencial y va dirigido a su destinatario.|Reservado el derecho de admisión|UNCLASSIFIED|NON CLASSIFIÉ|OFFICIAL
Secret Service of Kenya|The restricted area of the port|Vol confidentiel ? Non.|Hotel reservado para el taller|Secretary bird (Sagittarius serpentarius)
Special report: restricted species|Secret-compartment in a lorry|Classification: Appendix I|[CAFR] Restricted species seized|Restricted species: Appendix I|Zone réservée|RESTRICTED SPECIES SEIZED IN MOMBASA|SECRET COMPARTMENT IN A LORRY""".replace(
    "\n", "|"
)


@pytest.mark.parametrize("line", HARMLESS.split("|"))
def test_the_words_in_a_sentence_mean_nothing(line):
    assert found(f"{line}\n{BODY}") == []
    assert found(f"{BODY}{line}\n") == []
    assert found(line, "subject") == []


@pytest.mark.parametrize(
    "line",
    [
        "本报告密级为机密。",
        "此件密级：秘密",
        "التقرير مصنف سري ولا يجوز تداوله",
    ],
)
def test_what_a_sentence_says_of_its_text_raises_in_scripts_without_capitals_too(line):
    assert ("H2", "in_prose") in found(f"{BODY}\n{line}\n{BODY}")


def test_what_is_classified_is_withheld_and_names_no_channel():
    reason = Reason("M1", "classified.in_marking_place", "text, line 1")
    advice = advise((reason,), agency_type=AgencyType.CUSTOMS, country="CM", directory=RULESET.directory)
    assert (advice.rule, advice.doors) == (Rule.CLASSIFIED, ())
    [(_, decision)] = decide(make_post(make_finding("M1", rule="classified.in_marking_place")), RULESET)
    assert isinstance(decision, Withhold)
    assert decision.channels == ()


def test_a_long_text_of_such_lines_takes_linear_time():
    assert len(found("SECRET -" + " -" * 50_000 + "\n" + "SECRET x" * 20_000)) <= 1
    for nothing in ("-", "[", " ", "- \n", "_"):
        assert found(nothing * 60_000) == []


def test_a_thousand_lines_say_what_twenty_say_and_the_last_one_still_counts():
    findings = find_markings(View(text="Secret\n" * 1000 + "SECRET", place="text"), WORDS)
    assert len(findings) == FINDINGS_PER_RULE + 1
    assert findings[-1].code == "M1"
