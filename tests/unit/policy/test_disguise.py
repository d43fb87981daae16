"""Markings in disguise: spread letters, abbreviations, forwarded subjects, digits for letters, words over several lines."""

from time import thread_time
from timeit import timeit

import pytest

from relay.policy.banners import key_of
from relay.policy.marking import find_markings
from relay.policy.post import View
from relay.policy.shape import fold, shape
from tests.builders import WORDS
from tests.growth import assert_linear

BODY = "On 18 November our officers seized 214 kg of scales at the port.\nTwo persons were arrested at the border and taken to the station.\n"
TABLES = WORDS.banners


def found(text: str, place: str = "text") -> set[tuple[str, str]]:
    return {(one.code, one.rule) for one in find_markings(View(text=text, place=place), WORDS)}


def codes(text: str, place: str = "text") -> set[str]:
    return {code for code, _ in found(text, place)}


def spread(word: str, gap: str = " ", between: str = "   ") -> str:
    return between.join(gap.join(part) for part in word.split())


SPREAD = """V S  -  N u r   f ü r   d e n   D i e n s t g e b r a u c h|S A N G A T   R A H A S I A|Д Л Я   С Л У Ж Е Б Н О Г О   П О Л Ь З О В А Н И Я|C-O-N-F-I-D-E-N-T-I-A-L|C.O.N.F.I.D.E.N.T.I.A.L.
T.R.È.S  S.E.C.R.E.T|S-E-C-R-E-T  D-É-F-E-N-S-E|S-E-C-R-E-T D-É-F-E-N-S-E|T R E S  S E C R E T|T O P S E C R E T|T_O_P__S_E_C_R_E_T|C  O  N  F  I  D  E  N  T  I  E  L|L a w   E n f o r c e m e n t   S e n s i t i v e
س ر ي   ل ل غ ا ي ة|ลั บ ม า ก|대 외 비|M U I T O · S E C R E T O|S I R I   K U B W A|Для служебногопользования|TRESSECRET|S·T·R·E·N·G   G·E·H·E·I·M|* C O N F I D E N T I E L   D E F E N S E *""".replace(
    "\n", "|"
)


@pytest.mark.parametrize("marking", SPREAD.split("|"))
def test_letters_that_are_spread_are_read_as_words(marking):
    for text in (marking, f"|    {marking}     |", f"+--------+\n|  {marking}  |\n+--------+", f"> {marking}"):
        assert "M1" in codes(f"{text}\n\n{BODY}"), text
        assert "M1" in codes(f"{BODY}\n{text}\n"), text
        assert codes(f"{BODY * 2}\n{text}\n\n{BODY * 2}"), text


def test_a_box_with_a_short_word_counts():
    assert "M1" in codes(f"|    T Ố I   M Ậ T     |\n\n{BODY}")


def test_a_marking_may_stand_far_to_the_right():
    for marking in ("CONFIDENTIEL", "S E C R E T", "TRÈS SECRET"):
        for text in (" " * 60 + marking, "|" + " " * 60 + marking + " " * 60 + "|"):
            assert "M1" in codes(f"{text}\n\n{BODY}"), text


@pytest.mark.parametrize("kind", ["classified", "restricted"])
def test_every_word_counts_with_its_letters_spread(kind):
    for word in TABLES[kind]:
        if len(key_of(fold(shape(word))).replace(" ", "")) < 4:
            continue
        for gap, between in ((" ", "   "), ("-", "  "), (".", " ")):
            text = spread(
                " ".join(
                    (shape(word).upper() if word.endswith((" C", " G", " ZG", " V")) else shape(word))
                    .replace("/", " ")
                    .replace("-", " ")
                    .split()
                ),
                gap,
                between,
            )
            assert codes(f"{text}\n\n{BODY}"), text


ABBREVIATED = """Stg. CONFIDENTIEEL|Dep. VERTROUWELIJK|STG. GEHEIM|Stg. ZEER GEHEIM|Stg. Geheim|Stg. Conf.|Dep. Vertr.|Conf.-Déf.|Conf. Déf.|Conf. Défense|Secret Déf.|Diff. Restr.|DIFF. RESTREINTE|VS-NfD|VS–NfD|VS NfD|VS-Vertr.|VS-Geh.|Str. Geh.|Streng Geh.
Сов. секр.|Сов.секретно|Для служ. пользования|Для служ. польз.|Law Enf. Sens.|Dif. Lim.|Dif. Restr.|Зa служ. ползване|Restr. UE|Off.-Sens.|Cosmic T. Secret|Kval. hemlig|Hizm. özel|Д.С.П.""".replace(
    "\n", "|"
)


@pytest.mark.parametrize("marking", ABBREVIATED.split("|"))
def test_what_services_abbreviate_is_a_marking(marking):
    assert "M1" in codes(f"{marking}\n\n{BODY}")
    assert "M1" in codes(f"{BODY}\n{marking}\n")
    assert "M1" in codes(f"[{marking}] Kwartaalbeeld over koraal", "subject")


@pytest.mark.parametrize("marking", [one for one in ABBREVIATED.split("|") if one != "Д.С.П."])
def test_an_abbreviation_marks_at_a_subjects_edges(marking):
    assert "M1" in codes(f"Kwartaalbeeld exotenhandel - {marking}", "subject")
    assert "M1" in codes(f"{marking} - kwartaalbericht over koraal", "subject")
    assert "M1" in codes(f"Re: {marking} kwartaalbericht over koraal", "subject")
    assert "M1" in codes(f"Kwartaalbericht over koraal {marking}", "subject")


@pytest.mark.parametrize("marking", ["Stg. CONFIDENTIEEL", "Conf.-Déf.", "VS-NfD", "Law Enf. Sens."])
def test_an_abbreviation_is_certain_at_the_end_of_a_first_line(marking):
    assert "M1" in codes(f"Kwartaalbeeld exotenhandel - {marking}\n\n{BODY}")
    assert codes(f"Dear colleagues,\n{BODY * 2}\nThe annex is {marking} material, as you know.\n{BODY * 2}") <= {"H2"}


@pytest.mark.parametrize("marking", ["Geh.", "Vertr.", "Confid.", "Reserv.", "Restr.", "Секр.", "Zastrz."])
def test_one_abbreviated_word_counts_where_nothing_else_stands(marking):
    assert codes(f"{marking}\n\n{BODY}")
    assert codes(f"{BODY}\n{marking}\n")
    assert codes(f"[{marking}] Lagebild", "subject")
    assert codes(f"Lagebild Korallen - {marking}", "subject")
    assert codes(f"{marking}: Lagebild Korallen", "subject")
    assert codes(f"{BODY * 2}\n{marking}\n\n{BODY * 2}") <= {"H2"}


CHIPBOARD = """Изъяты листы ДСП|Мебель из ДСП|Изъято 30 листов ДСП|Тайник в плите ДСП|плиты ДСП изъяты вместе с бивнями|Ящик из ДСП: бивни|Контейнер с ДСП, 12 т|Тайник за щитом ДСП|Листы ДСП|30 м3 ДСП|Изъято: плиты ДСП"""


@pytest.mark.parametrize("line", CHIPBOARD.split("|"))
def test_chipboard_is_no_marking(line):
    assert not codes(line, "subject")
    assert not codes(f"{line}\n{BODY}")
    assert not codes(f"{BODY}\n{line}\n{BODY}")
    assert not codes(f"Тема: {line}\n{BODY}")


def test_the_same_letters_are_a_marking_where_markings_stand():
    assert codes(f"ДСП\n\n{BODY}") == {"M1"}
    assert codes("Квартальный обзор торговли кораллами ДСП", "subject")
    assert codes("Квартальный обзор торговли кораллами - ДСП", "subject")
    assert codes("ДСП Квартальный обзор торговли кораллами", "subject")
    assert "M1" in codes("Квартальный обзор ДСП экз. № 2", "subject")
    assert "M1" in codes("Квартальный обзор (ДСП, экз. № 2)", "subject")
    assert "M1" in codes(f"                                  ДСП\n                                  Экз. № 3\n\n{BODY}")
    assert "M1" in codes(f"{BODY}\n                   ДСП\n                   Экз. № 3\n\n{BODY}")


FIELDS = "Objet|Subject|SUBJECT|Betreff|Тема|主题|主題|Asunto|Assunto|Onderwerp|Perihal|Mada|V/v|الموضوع|Oggetto|Temat|*Objet|> Subject|Θέμα|Konu|Ämne|件名"
MARKED = """**Confidentiel-Défense** compte rendu trimestriel|CONFIDENTIEL - saisie à Douala|[SECRET] saisie|*TOP SECRET* seizure|Compte rendu trimestriel - Stg. CONFIDENTIEEL|VS-NfD Lagebild|Обзор ДСП экз. № 3|_Law Enforcement Sensitive_ seizure at the port
__SECRET__ seizure|TLP:RED seizure of forty kilograms of scales at the port|Seizure of forty kilograms of scales at the port TLP:AMBER|机密：查获|سري للغاية: ضبط|TỐI MẬT: thu giữ vảy""".replace(
    "\n", "|"
)


@pytest.mark.parametrize("field", FIELDS.split("|"))
@pytest.mark.parametrize("subject", MARKED.split("|"))
def test_a_subject_that_was_forwarded_is_a_markings_place(field, subject):
    for colon in (":", " : ", "：", ":* ", ":\n    "):
        forwarded = f"---------- Forwarded message ----------\nFrom: Ana <ana@example.org>\nDate: Mon, 9 Nov 2026\n{field}{colon}{subject}\nTo: Bo\n"
        assert "M1" in codes(f"Dear all,\n\n{BODY}\n{forwarded}\n{BODY}"), (field, subject)


@pytest.mark.parametrize(
    "line",
    """Objet : saisie dans un compartiment secret|Subject: Restricted species seized|Betreff: Lagebild|Тема: плиты ДСП|Asunto: hotel reservado|Subject: RESTRICTED SPECIES SEIZED IN MOMBASA|主题：查获秘密夹层|Mada: Siri ni jina la kijiji
Subject: Re: TLP:GREEN seizure|Perihal: Burung sangat rahasia|Objet: Cache secrète|The subject: secret compartments in lorries|Subject to: CONFIDENTIAL terms""".replace(
        "\n", "|"
    ).split("|"),
)
def test_other_forwarded_subjects_mark_nothing_more(line):
    assert "M1" not in {
        code for code, rule in found(f"Dear all,\n\n{BODY}\n{line}\n\n{BODY}") if "tlp.green" not in rule
    }


LEET = """D1FFUS10N R3STR31NT3|C0NF1D3NT14L|S3CR3T|5ECRET|S€CR€T|$ECRET|C0NFIDENTIEL|TRE5 SECRET|T0P 53CR3T|G3H31M|V3RTR4UL1CH|R353RV4D0|С0ВЕРШЕНН0 СЕКРЕТН0|ДЛЯ СЛУЖЕ6НОГО ПОЛЬЗОВАНИЯ|R4H4S14|S 3 C R 3 T
L4W 3NF0RC3M3NT S3NS1T1V3|OFF1C1AL-SENS1T1VE|C0NF1DENC!AL|Z4STRZEZ0NE""".replace("\n", "|")


@pytest.mark.parametrize("marking", LEET.split("|"))
def test_digits_for_letters_hide_no_marking(marking):
    assert "M1" in codes(f"{marking}\n\n{BODY}")
    assert "M1" in codes(f"{BODY}\n{marking}\n")
    assert "M1" in codes(f"[{marking}] Seizure at the port", "subject")
    assert "M1" in codes(f"Seizure at the port - {marking}", "subject")
    assert "M1" in codes(f"{marking.replace(' ', '_')}_rapport.pdf", "attachment 1, name")
    assert codes(f"{BODY * 2}\n{marking}\n\n{BODY * 2}")


LINES = [
    "        Для служебного\n        пользования\n        Экз. № 3",
    "        Для\n        служебного\n        пользования",
    "                         Для служебного\n                         пользования\n\n                         Экз. № 3",
    "Директору службы            Для служебного\nИванову И. И.               пользования\n                            Экз. № 3",
    "    NUR FÜR DEN\n    DIENSTGEBRAUCH",
    "              Nur für den\n            Dienstgebrauch",
    "          DIFFUSION\n          RESTREINTE\n          Exemplaire n° 3",
    "          Diffusion\n          restreinte\n          Exemplaire n° 3",
    "          TRÈS\n\n          SECRET",
    "| Law Enforcement |\n|    Sensitive    |",
    "> Law Enforcement\n> Sensitive",
    "        Departementaal\n        vertrouwelijk",
    "      За служебно\n      ползване",
    "            TUYỆT\n            MẬT",
    "            سري\n            للغاية",
    "     S T R E N G\n     G E H E I M",
    "     C0NF1D3NT13L\n     D3F3NS3",
    "     Stg.\n     CONFIDENTIEEL",
]


@pytest.mark.parametrize("marking", LINES)
def test_a_marking_over_several_lines_is_one(marking):
    assert "M1" in codes(f"{marking}\n\n{BODY}")
    assert "M1" in codes(f"{BODY}\n{marking}\n")
    assert codes(f"{BODY * 2}\n{marking}\n\n{BODY * 2}")


def test_a_copys_number_makes_a_line_a_marking_wherever_it_stands():
    assert "M1" in codes(f"{BODY * 2}\n        Для служебного\n        пользования\n        Экз. № 3\n\n{BODY * 2}")
    assert codes(f"{BODY * 2}\nConfidential\nCopy: Ana\n\n{BODY * 2}") == {"H2"}


HARMLESS = (
    """A B C D E F G|1 . 2 . 3|a - b - c|I.U.C.N. R E D list|S e i z u r e   a t   t h e   p o r t|K O R A L L E N|P A N G O L I N|P R O G R A M M E|Vertr. Müller kommt am Montag.|Conf. de presse|Conf.|Art. 3 Abs. 2|Dep. de Policía|Dep. Wouri|Stg. Dierenwelzijn
Geh. 12 m|Ref. 2026/3|C4 R3 S1|AB1234CD|Toyota L3S|H1|S1 T2|214kg|10t|3 t|Appendix II|CITES 2026-1234|Res. Conf. 12.3|Res. Conf. 10.10 (Rev. CoP19)|Conf. 9.24 (Rev. CoP17)|Secretariat|Dif.|Seizures in Nov. and Dec. 2026|N.B.|e.g. scales
law enforcement|Species are restricted|Confer. room 3|Secret. CITES|Strict. prot. species|Geh. Rat Dr. Meyer|Rest. of the load|Sec. Def. art. 3|Sec. 4(b) applies|Prot. B. Smith|www.s3cr3t-plants.example sells orchids|user 5ecretgarden88 offers orchids|Int. Conf. on trade
Prot. A. Bandera|El Dif. Limpio|1 2 3 4 5 6 7|X I V|M R S|Int. Conf.|Sala de Conf.|Lim. sup. 30 kg|Serv. Nac.|Dir. Gen. de la Policía|Tel. 12|Reg. Conf. of officers|Dep. Conf. room"""
).replace("\n", "|")


@pytest.mark.parametrize("line", HARMLESS.split("|"))
def test_what_only_looks_disguised_means_nothing(line):
    assert "M1" not in codes(f"{BODY}\n{line}\n{BODY}")
    assert "M1" not in codes(f"Dear colleagues,\n{line}\n{BODY}")
    assert not codes(f"Seizure at the port, {line}, and more of it", "subject")
    assert not codes(f"{line} and the ivory of the port", "subject")
    assert not codes(f"The ivory of the port: {line}", "subject")


@pytest.mark.parametrize(
    "lines",
    [
        "The law enforcement\nsensitive species list",
        "Officers for official\nvisits arrived",
        "law\nenforcement",
        "secretaria\ndefensa",
        "The goods were secret\nand hidden",
    ],
)
def test_lines_that_go_on_are_no_marking(lines):
    assert "M1" not in codes(f"{BODY}\n{lines}\n{BODY}")
    assert not codes(f"Dear colleagues,\nwe met and saw\n\n{BODY}\n{lines}, as was said\n{BODY}")


@pytest.mark.parametrize(
    "line",
    [
        "**Confidentiel-Défense** compte rendu trimestriel",
        "*Law Enforcement Sensitive* report",
        "[Diffusion restreinte] Compte rendu",
        "> **Для служебного пользования** обзор",
    ],
)
def test_an_emphasised_marking_that_begins_a_line_counts(line):
    assert "M1" in codes(f"{line}\n\n{BODY}")


@pytest.mark.parametrize("marking", ["C O N F I D\nE N T I A L", "CONFI-\nDENTIAL", "    CONFIDEN\n    TIEL"])
def test_a_word_that_is_broken_over_lines_counts(marking):
    assert "M1" in codes(f"{marking}\n\n{BODY}")


@pytest.mark.parametrize(
    "marking", ["S E C R E T", "Для служебного пользования", "VERTRAULICH", "Diffusion restreinte"]
)
def test_a_box_is_a_markings_place_wherever_it_stands(marking):
    for frame in ("+----------------+", "=========", "| * * * * * * |"):
        assert "M1" in codes(f"{BODY * 2}\n{frame}\n|   {marking}   |\n{frame}\n\n{BODY * 2}"), frame
    assert codes(f"{BODY * 2}\n{marking}\n----------\n{BODY * 2}") == {"H2"}


@pytest.mark.parametrize(
    "marking",
    [
        "기 밀",
        "Π Ε Ρ Ι Ο Ρ Ι Σ Μ Ε Ν Η Σ   Χ Ρ Η Σ Η Σ",
        "ΠΕΡΙΟΡΙΣΜΕΝΗΣ\nΧΡΗΣΗΣ",
        "V5-NFD",
        "C ONFIDENTIEL",
        "Stg C",
        "Пометка: ДСП",
        "С Е К Р Е Т Н О   Э к з .   №  3",
        "CONFlDENTIAL",
        "7UY37 M47",
    ],
)
def test_letters_that_change_in_a_disguise_are_known(marking):
    assert "M1" in codes(f"{marking}\n\n{BODY}")


@pytest.mark.parametrize("line", ["Beheim", "B2 8 km", "à 3", "Protected 4", "Sultan"])
def test_letters_that_look_alike_only_to_us_are_none(line):
    assert not codes(f"{line}\n\n{BODY}")
    assert not codes(f"Saisie - {line}", "subject")


@pytest.mark.parametrize(
    "piece",
    [
        "S E C R E T ",
        "S 3 ",
        "s3cr3t ",
        "Conf. ",
        "Для\n",
        "- ",
        "|  ",
        "Subject: x\n",
        "a ",
        " \n",
        "Objet : **",
        "S.E-",
        "0a",
        "Stg. C",
    ],
)
def test_disguises_are_looked_for_in_linear_time(piece):
    assert_linear(
        lambda text: timeit(lambda: find_markings(View(text=text, place="text"), WORDS), timer=thread_time, number=1),
        piece * 4_000,
        piece * 32_000,
    )


def test_a_copys_number_makes_small_letters_a_marking_at_a_subjects_edges():
    assert "M1" in codes("Секретно экз.№1", "subject")
    assert "M1" in codes("Секретно, экз. № 1: обзор", "subject")
    assert "M1" in codes("Квартальный обзор секретно экз. № 1", "subject")
    assert "M1" not in codes("Secret copy 2 of the ledger was seized at the port", "subject")


def test_a_subject_may_repeat_another_with_its_name():
    assert "M1" in codes("Objet : **Confidentiel-Défense** compte rendu trimestriel", "subject")
    assert not codes("Objet : saisie dans un compartiment secret", "subject")
