"""Every word of the tables of markings without labels: where it counts, and what only looks like it."""

import pytest

from relay.policy.banners import key_of
from relay.policy.marking import find_markings
from relay.policy.post import View
from relay.policy.shape import fold, shape
from relay.policy.vocabulary import patterns_of
from tests.builders import WORDS

BODY = "On 18 November our officers seized 214 kg of scales at the port.\nTwo persons were arrested.\n"
TABLES = WORDS.banners


def codes(text: str, place: str = "text") -> set[str]:
    return {one.code for one in find_markings(View(text=text, place=place), WORDS)}


def rules(text: str, place: str = "text") -> set[str]:
    return {one.rule for one in find_markings(View(text=text, place=place), WORDS)}


def is_short(word: str) -> bool:
    banners = patterns_of(WORDS).banners
    assert banners is not None
    return key_of(fold(shape(word))) in banners.short


@pytest.mark.parametrize("kind", ["classified", "restricted", "held"])
def test_every_word_counts_on_a_first_line_and_in_brackets_and_never_in_a_sentence(kind):
    for word in TABLES[kind]:
        assert codes(f"{word}\n\n{BODY}") == {"H2" if kind == "held" else "M1"}, word
        expected = "H2" if kind == "held" or is_short(word) else "M1"
        assert codes(f"[{word}] Seizure at the port", "subject") & {expected, "M1"}, word
        assert codes(f"{word} - Seizure at the port", "subject") & {expected, "M1"}, word
        assert not codes(f"Seizure of {word.lower()} scales at the port, said our colleagues of the unit.\n"), word


def test_the_kinds_have_rules_of_their_own():
    assert rules(f"SECRET\n\n{BODY}") == {"classified.in_marking_place"}
    assert rules(f"LAW ENFORCEMENT SENSITIVE\n\n{BODY}") == {"restricted.in_marking_place"}
    assert rules(f"LIMITE\n\n{BODY}") == {"held.marking"}


def test_what_is_not_restricted_may_say_so():
    for word in TABLES["labels.harmless"]:
        assert not codes(f"{word}\n\n{BODY}"), word
        assert not codes(f"{BODY}{word}\n"), word
        assert not codes(f"[{word}] Seizure", "subject"), word
        assert not codes(f"Seizure - {word}", "subject"), word
        assert not codes(word, "header x-classification"), word


CERTAIN = (
    """OFFICIAL-SENSITIVE|OFFICIAL - SENSITIVE|OFFICIAL : SENSITIVE|OFFICIAL:SENSITIVE|OFFICIAL SENSITIVE|Official-Sensitive|OFFICIAL–SENSITIVE (COMMERCIAL)
OFFICIAL-SENSITIVE - PERSONAL|OFFICIAL-SENSITIVE [LOCSEN]|OFFICIAL: Sensitive|OFFICIAL:Sensitive//Legal-Privilege|UK OFFICIAL-SENSITIVE|Law Enforcement Sensitive
LAW ENFORCEMENT SENSITIVE (LES)|UNCLASSIFIED//LAW ENFORCEMENT SENSITIVE|EUROPOL UNCLASSIFIED – BASIC PROTECTION LEVEL|EUROPOL UNCLASSIFIED - BPL|Europol Unclassified – Basic Protection Level
INTERPOL FOR OFFICIAL USE ONLY|INTERPOL Confidential|RESTREINT UE/EU RESTRICTED|R-UE/EU-R|NATO/OTAN RESTRICTED|Diffusion Restreinte|CONFIDENTIEL-DOUANES|VS-NfD|VS – Nur für den Dienstgebrauch
Dep. VERTROUWELIJK|ΠΕΡΙΟΡΙΣΜΕΝΗΣ ΧΡΗΣΗΣ|Περιορισμένης Χρήσης|За служебно ползване|Для служебного пользования|«Для служебного пользования»|ДЛЯ СЛУЖЕБНОГО ПОЛЬЗОВАНИЯ  Экз. № 2|ДСП Экз. № 1|Совершенно секретно. Экз. единств.|Экз. № 4. Для служебного пользования|Секретно. Копия № 2|SECRET Copy No 3|Copy 3 SECRET|SECRETO  Ejemplar n.º 3|机 密 ★ 3年|机 密 ★
机密★5年|秘密★长期|密级：秘密|绝密 ★ 20年|سـري للغايـة|سِرّي|للاستعمال الرسمي فقط|Protected B|PROTECTED B / PROTÉGÉ B|[IN-CONFIDENCE]|[SEEMAIL] [SENSITIVE]|SECRET - 1/3|1/3 - SECRET
Classification: Secret|Protective marking: OFFICIAL-SENSITIVE|Гриф: Для служебного пользования|CONFIDENTIAL | 24 November 2026|CONFIDENTIAL        Ref: CUS/12/2026""".replace(
        " | ", "\x00"
    )
    .replace("\n", "|")
    .split("|")
)


@pytest.mark.parametrize("marking", [one.replace("\x00", " | ") for one in CERTAIN])
def test_markings_as_people_write_them_are_certain(marking):
    assert "M1" in codes(f"{marking}\n\n{BODY}")
    assert "M1" in codes(f"{BODY}\n{marking}")
    assert "M1" in codes(f"{marking}\n{BODY}", "quoted text")


def test_at_the_right_edge_of_a_first_line_a_marking_is_certain():
    assert "M1" in codes(f"Ref: CUS/12/2026        CONFIDENTIAL\n\n{BODY}")
    assert "M1" in codes(f"Seizure at the port - CONFIDENTIAL\n\n{BODY}")
    assert "M1" in codes(f"TLP:GREEN / OFFICIAL-SENSITIVE\n\n{BODY}")
    assert not codes(f"Seizure at the port - NON-CONFIDENTIAL\n\n{BODY}")


SUBJECTS = """OFFICIAL-SENSITIVE Seizure at Dover|CONFIDENTIEL saisie à Douala|Saisie à Douala CONFIDENTIEL|1/3 - SECRET - saisie|Seizure (Law Enforcement Sensitive)|RESTREINT UE saisie"""


@pytest.mark.parametrize("subject", SUBJECTS.split("|"))
def test_a_word_that_stands_out_at_a_subjects_edge_is_certain(subject):
    assert "M1" in codes(subject, "subject")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("OFFICIAL-SENSITIVE report.docx", "M1"),
        ("report_official_sensitive_v2.pdf", "M1"),
        ("CONFIDENTIEL rapport.pdf", "M1"),
        ("Rapport CONFIDENTIEL.pdf", "M1"),
        ("RAPPORT CONFIDENTIEL.pdf", "H2"),
    ],
)
def test_files_are_marked_by_their_names(name, expected):
    assert expected in codes(name, "attachment 1, name")


@pytest.mark.parametrize(
    "name", ["secret_compartment.jpg", "restricted-species.xlsx", "protected area map.png", "secretary bird.jpg"]
)
def test_files_of_what_was_seen_are_not(name):
    assert not codes(name, "attachment 1, name")


@pytest.mark.parametrize(
    "sentence",
    [
        "This report is classified SECRET by our ministry.",
        "Ce document est classifié « Confidentiel ».",
        "El informe está clasificado como RESERVADO.",
        "Your colleagues have the LAW ENFORCEMENT SENSITIVE annex with the routes.",
        "Please handle the VS-NfD annex with care, as we agreed on the phone.",
        "It is FOUO, so handle it with care.",
    ],
)
def test_what_a_sentence_says_of_its_text_holds(sentence):
    assert codes(f"{BODY}\nDear colleagues, {sentence}\n\n{BODY}") == {"H2"}


NEXT_LINE = """This e-mail is confidential and intended solely for the addressee.|Ce message est destiné exclusivement à son destinataire.|Este correo y sus anexos van dirigidos a su destinatario.
Esta mensagem destina-se exclusivamente ao destinatário.|Diese E-Mail enthält vertrauliche Informationen.|Dit bericht is uitsluitend bestemd voor de geadresseerde.|Данное сообщение предназначено только адресату.
هذه الرسالة مخصصة للمستلم فقط.|本邮件仅供收件人使用。|Email này chỉ dành cho người nhận.|Pesan ini ditujukan hanya kepada penerima.|Barua pepe hii imekusudiwa mpokeaji pekee.""".replace(
    "\n", "|"
)


@pytest.mark.parametrize("sentence", NEXT_LINE.split("|"))
def test_the_heading_of_a_disclaimer_marks_nothing(sentence):
    for heading in ("CONFIDENTIAL", "Confidentiel", "机密", "سري", "RAHASIA", "MẬT", "VERTRAULICH"):
        assert not codes(f"{BODY}{BODY}\nAna Example\n\n{heading}\n{sentence}\n")
    assert not codes(f"{BODY}{sentence}\n")
    assert "M1" in codes(f"CONFIDENTIAL\n\n{BODY}\n{sentence}\n")


HARMLESS = """La saisie discrète a été faite dans une cache secrète.|藏匿在秘密夹层中。|犯罪嫌疑人将象牙秘密运往海外。|Reservado el hotel para el taller.|Hotel: reservado|Sala reservada|A confidential informant scheme is explained in the manual.
CONFIDENTIALITY NOTICE: This e-mail and any attachments are confidential.|AVISO DE CONFIDENCIALIDADE: esta mensagem é confidencial.|Members only. Law enforcement only. Not for the press.|FOR LAW ENFORCEMENT ONLY|NE PAS DIFFUSER À LA PRESSE
FOR PUBLIC RELEASE|NON-NOMINAL|PROTECTED SPECIES SEIZED AT THE PORT|Protected area staff found 12 snares.|INTERPOL NOTICE|EUROPOL OPERATION LAKE|INTERPOL Operation Thunder 2025: results are public.|SECRET COMPARTMENT IN A LORRY
Never send LAW ENFORCEMENT SENSITIVE material to this list.|OFFICIAL-SENSITIVE documents must not be posted on this list.|LES DOUANES ONT SAISI 30 KG D'IVOIRE|Limite : 30 kg|LIMITE DE POIDS : 30 KG|Siri ni jina la kijiji.|Nr. 12|Internal flights only
INTERNATIONAL AIRPORT|SENSITIVE SPECIES LIST|плиты ДСП изъяты вместе с бивнями|MẬT GẤU 30 KG|Thu giữ mật gấu và vảy tê tê.|公安机关内部会议讨论了走私案件。|内部装修材料中藏匿象牙|ลับบ้านเขาใหญ่|The vote was secret; the result is public.|نقل العاج بشكل سري|سري لانكا تضبط العاج|查获象牙 秘密|秘密 夹层
La diffusion restreinte de l'espèce explique sa rareté.|TOP SECRETS OF SMUGGLERS, a film|Marking: ring number 12345|Classification: Reptilia|Sifat: hidup|Гриф (Gyps fulvus), 2 особи|The crates were marked FRAGILE.|Is it classified SECRET?|SECRETARIAT""".replace(
    "\n", "|"
)


@pytest.mark.parametrize("line", HARMLESS.split("|"))
def test_everyday_lines_mean_nothing_wherever_they_stand(line):
    assert not codes(f"{line}\n{BODY}")
    assert not codes(f"{BODY}\n{line}\n{BODY}")
    assert not codes(f"{BODY}{line}\n")
    assert not codes(line, "subject")
