"""What one message comes to: its views, its clean parts, what is removed."""

import base64

import pytest

from relay.detectors.definition import read_detectors
from relay.policy import house_rule
from relay.policy.post import Progress
from relay.policy.shingle import shingles
from relay.scan import worker
from relay.scan.rules import Rules
from relay.scan.stages import scan_octets
from tests.scanning import (
    FACTS,
    HEADER,
    ONE_DETECTOR,
    RULES,
    mail,
    marking_places,
    message,
    page,
    part,
    plain,
    rules,
    scan,
)

PDF = part(
    b"JVBERi0=",
    'application/pdf; name="saisie.pdf"',
    "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n",
)


def test_the_stages_come_in_order_and_the_header_first():
    names = [stage.name for stage in scan_octets(mail(part(b"hello"), PDF, PDF), RULES, FACTS)]
    assert names == ["header", "text", "part", "part", "complete"]


def test_a_plain_message_comes_out_as_one_plain_part_and_nothing_else():
    result = scan(message(b"12 kg of scales\r\n\r\nRegards\r\n", "text/plain; charset=utf-8"))
    assert (plain(result), page(result)) == ("12 kg of scales\n\nRegards\n", "")
    assert result.progress is Progress.COMPLETE
    assert result.findings == result.removed == ()
    assert result.message is not None
    assert result.message.subject == "Seizure at the port"


def test_both_forms_of_an_alternative_are_scanned_and_leave_plain_first():
    result = scan(mail(part(b"hello"), part(b"<p>TLP:RED</p>", "text/html"), subtype="alternative"))
    assert [part.media_type for part in result.parts] == ["text/plain", "text/html"]
    assert (plain(result), page(result)) == ("hello", "<p>TLP:RED</p>")
    assert marking_places(result) == {"text"}


def test_html_alone_gets_a_plain_rendering():
    result = scan(message(b"<p>12 kg</p><p>of <b>scales</b></p>", "text/html; charset=utf-8"))
    assert plain(result) == "12 kg\n\nof scales"


def test_several_texts_become_one_and_the_page_shows_them_all():
    result = scan(mail(part(b"<p>first</p>", "text/html"), PDF, part(b"second <\nline")))
    assert plain(result) == "first\n\nsecond <\nline"
    assert page(result) == "<p>first</p>\n<p>second &lt;<br>\nline</p>"


def test_a_marking_that_two_parts_make_together_is_found():
    assert marking_places(scan(mail(part(b"TLP:"), part(b"RED")))) == {"text"}


def test_a_page_without_a_label_says_its_charset_itself():
    result = scan(message('<meta charset="windows-1251"><p>бивни</p>'.encode("windows-1251"), "text/html"))
    assert (plain(result), rules(result)) == ("бивни", set())


@pytest.mark.parametrize(
    ("octets", "place"),
    [
        (HEADER.replace(b"Seizure at the port", b"[TLP:RED] x") + b"\r\nx", "subject"),
        (
            HEADER.replace(b"Seizure at the port", b"=?utf-8?q?TL?= =?utf-8?q?P:R?= =?utf-8?q?ED?=") + b"\r\nx",
            "subject",
        ),
        (message(b"x", more="X-TLP: RED\r\n"), "header x-tlp"),
        (message(b"x", more="Keywords: TLP:RED\r\n"), "header keywords"),
        (message(b"x", more='SIO-Label: marking*0="TLP:RE"; marking*1="D"; type=":xml"\r\n'), "header sio-label"),
        (message(b"x", more="SIO-Label: marking*0*=utf-8''TLP%3ARE; marking*1=D\r\n"), "header sio-label"),
        (message(b"<p>TLP:<img alt=RED src='cid:1'></p>", "text/html"), "text, hidden part"),
        (message(b"x", more="Cc: =?utf-8?b?VExQOlJFRA==?= <b@agency.example>\r\n"), "header cc"),
        (message(b"TLP:RED\r\n\r\nhello"), "text"),
        (message(b"hello\r\n> TLP:RED\r\n"), "quoted text"),
        (message(b"<p>x</p><!-- TLP:RED -->", "text/html"), "text, hidden part"),
        (message(b"x", 'text/plain; name="TLP:RED.txt"'), "text, name"),
        (mail(part(b"hello"), part(b"x", "image/png; name=TLP_RED.png")), "attachment 1, name"),
        (
            mail(
                part(b"hello"),
                part(b"x", "image/png", "Content-Disposition: attachment; filename*0=TLP-; filename*1=RED.png\r\n"),
            ),
            "attachment 1, name",
        ),
        (mail(part(b"hello"), part(b"x", "image/png", "Content-Description: TLP:RED\r\n")), "attachment 1, header"),
        (message("TLP:КРАСНЫЙ".encode("koi8-r"), "text/plain; charset=koi8-r"), "text"),
        (message("TLP:RED".encode("utf-16"), "text/plain; charset=utf-16"), "text"),
        (message("TLP:红色".encode("gb18030"), "text/plain; charset=gb18030"), "text"),
        (message("TLP:أحمر".encode("windows-1256"), "text/plain; charset=windows-1256"), "text"),
        (message(b"\x1b$B>]2g\x1b(B TLP:RED", "text/plain; charset=iso-2022-jp"), "text"),
        (message(b"T=\r\nLP:=52ED", "text/plain", "Content-Transfer-Encoding: quoted-printable\r\n"), "text"),
        (message(b"T\x00LP\x1b:RED", "text/plain"), "text"),
        (message(b"TL \r\nP:RED", "text/plain; format=flowed; delsp=yes"), "text, hidden part"),
        (
            message(b'TL<span class="' + b"x" * 80 + b'">P:</span>RED', "text/plain"),
            "text, hidden part",
        ),
        (message(b"<!-- TLP:RED --><html><p>x</p></html>", "text/html"), "text, hidden part"),
        (message("TLP:КРАСНЫЙ".encode("windows-1251")), "text"),
        (message("TLP:RÉD ТLР:ROUGE".encode(), "text/plain; charset=utf-8"), "text"),
    ],
)
def test_a_marking_is_found_wherever_a_reader_could_see_it(octets, place):
    assert place in marking_places(scan(octets))


@pytest.mark.parametrize(
    ("attachment", "rule"),
    [
        (PDF, "part.damaged"),
        (part(b"x", "image/jpeg"), "part.disguised"),
        (part(b"x", "text/plain", "Content-Disposition: attachment; filename=a.ps1\r\n"), "part.unread.text/plain"),
        (part(b"x", "text/calendar; method=REQUEST"), "part.unread.text/calendar"),
        (part(b"Subject: x\r\n\r\nx", "message/rfc822"), "part.unread.message/rfc822"),
        (part(b"x", "application/x-ivan-petrov"), "part.unread.application/other"),
        (part(b"x", "petrov/ivan"), "part.unread.other"),
        (part(b"x", "text/plain", "Content-Transfer-Encoding: x-rot\r\n"), "part.unread.text/plain"),
    ],
)
def test_what_is_not_read_is_removed_and_says_what_it_was_in_no_words_of_the_author(attachment, rule):
    result = scan(mail(part(b"hello"), attachment))
    assert result.removed == ("attachment 1",)
    assert rules(result, "H1") == {rule}
    assert plain(result) == "hello"


def test_detached_signatures_are_dropped_without_a_word():
    result = scan(mail(part(b"hello"), part(b"x", "application/pgp-signature; name=signature.asc"), subtype="signed"))
    assert (result.findings, result.removed, plain(result)) == ((), (), "hello")


@pytest.mark.parametrize(
    "octets",
    [
        message(
            b"MIAGCSqG",
            "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
            "Content-Transfer-Encoding: base64\r\n",
        ),
        mail(
            part(b"Version: 1", "application/pgp-encrypted"),
            part(b"-----BEGIN PGP MESSAGE-----", "application/octet-stream"),
            subtype="encrypted",
        ),
        message(b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"),
        message(b"<p>-----BEGIN PGP MESSAGE-----<br>hQEMA</p>", "text/html"),
        message(b"x", "application/pdf"),
        message(b"a" * 2_000_001),
        message(b"<img src='https://a.example/alert.png'>", "text/html"),
        mail(),
    ],
)
def test_a_message_of_which_nothing_can_be_read_says_so(octets):
    result = scan(octets)
    assert "part.nothing_readable" in rules(result, "H1")
    assert [finding.place for finding in result.findings if finding.rule == "part.nothing_readable"] == [
        "whole message"
    ]
    assert not plain(result).strip()


def test_an_empty_message_is_read_and_is_empty():
    result = scan(message(b"\r\n"))
    assert result.progress is Progress.COMPLETE
    assert result.findings == ()


def test_a_text_that_is_too_long_is_removed_and_the_rest_is_read():
    result = scan(mail(part(b"hello"), part(b"a" * 2_000_001)))
    assert plain(result) == "hello"
    assert (result.removed, rules(result, "H1")) == (("text",), {"part.too_large"})


def test_a_page_that_is_nested_too_deep_to_be_read_says_so():
    result = scan(mail(part(b"hello"), part(b"<div>" * 600 + b"TLP:RED", "text/html"), subtype="alternative"))
    assert [finding.place for finding in result.findings if finding.rule == "part.too_deep"] == ["text"]
    assert marking_places(result) == {"text, hidden part"}


def test_what_is_seen_in_the_text_is_not_told_again_of_its_source():
    result = scan(message(b"<p>T<b>LP</b>:RED</p>", "text/html"))
    assert {finding.place for finding in result.findings} == {"text, line 1"}


def test_the_number_of_findings_has_an_end_and_no_rule_is_lost():
    lines = b"TLP:AMBER\r\n" * 400 + b"TLP:PURPLE\r\n" * 400 + b"TLP:RED\r\n" * 400
    more = "".join(f"X-{number}: TLP:GREEN\r\n" for number in range(300))
    parts = [part(lines, more=more) for _ in range(10)]
    for stage in scan_octets(mail(*parts), RULES, FACTS):
        assert len(stage.findings) <= 500
    assert {"tlp.amber", "tlp.red", "tlp.unknown"} <= rules(scan(mail(*parts)), "M1") | rules(scan(mail(*parts)), "H2")


def test_a_field_name_in_the_author_s_own_words_is_in_no_finding():
    result = scan(message(b"x", more="Ivan-Petrov-Suspect: TLP:RED\r\n"))
    assert marking_places(result) == {"header, other field"}


def test_findings_say_where_and_never_what():
    secret = base64.b64encode(b"TLP:RED Ivan Petrov").decode()
    result = scan(message(b"TLP:RED Ivan Petrov\r\n", more=f"Keywords: =?utf-8?b?{secret}?=\r\n"))
    assert len(result.findings) >= 2
    assert "Petrov" not in repr(result.findings)


def test_a_thousand_markings_are_one_finding_for_each_line_at_most():
    result = scan(message(b"TLP:RED TLP:RED TLP:RED\r\n" * 3))
    places = [finding.place for finding in result.findings]
    assert len(places) == len({(finding.place, finding.rule, finding.code) for finding in result.findings})


@pytest.mark.parametrize(
    ("label", "subject"),
    [
        ("gb2312", "朱镕基查获象牙"),
        ("ks_c_5601-1987", "똠방각하"),
        ("shift_jis", "①象牙"),
        ("koi8-r", "Изъято"),
        ("iso-8859-1", "“Pangolin”"),
        ("big5", "查獲象牙"),
    ],
)
def test_a_subject_in_a_charset_that_is_larger_than_its_label_is_no_doubt(label, subject):
    codec = {"gb2312": "gb18030", "ks_c_5601-1987": "cp949", "shift_jis": "cp932", "iso-8859-1": "cp1252"}.get(
        label, label
    )
    word = f"=?{label}?b?{base64.b64encode(subject.encode(codec)).decode()}?="
    result = scan(HEADER.replace(b"Seizure at the port", word.encode()) + b"\r\nhello")
    assert result.message is not None
    assert (result.message.subject, result.findings) == (subject, ())


@pytest.mark.parametrize("label", ["unicode_escape", "raw-unicode-escape", "x-none"])
def test_a_subject_in_no_charset_of_mail_is_doubtful(label):
    result = scan(HEADER.replace(b"Seizure at the port", f"=?{label}?q?a=5Cd?=".encode()) + b"\r\nhello")
    assert rules(result) == {"structure.header.undecodable.subject"}


# What thread memory wants


def remembered(octets: bytes):
    """The last stage of a scan whose detectors know one word."""
    detectors = read_detectors({"a.toml": ONE_DETECTOR})
    return list(scan_octets(octets, Rules(words=RULES.words, detectors=detectors), FACTS))[-1]


TOLD = b"We heard it from an informant who lives near the port and works there.\r\n"
FILE = part(TOLD, 'text/plain; name="a.txt"', "Content-Disposition: attachment\r\n")


def test_a_passage_is_told_once_however_many_views_show_it():
    [passage] = remembered(mail(part(TOLD), part(b"<p>" + TOLD + b"</p>", "text/html"), subtype="alternative")).passages
    assert (passage.code, passage.words) == ("O1", 1)
    assert remembered(mail(part(b"Nothing of the kind, in more words than eight of them."))).passages == ()


def test_a_page_is_read_as_well_where_the_text_beside_it_breaks_its_lines():
    words = '[words.secret]\nen = ["source"]\n[words.act]\nen = ["lives"]\n'
    rule = '[[detector]]\nrule = "a.rule"\ncode = "O1"\nall = ["secret", "act"]\nscope = "line"\n'
    examples = 'must = ["source lives", "source who lives", "lives, source"]\nmust_not = ["source", "lives", "a\\nb"]\n'
    rules_of_one = Rules(words=RULES.words, detectors=read_detectors({"a.toml": words + rule + examples}))
    for broken, line in (
        (b"Our source\r\nlives there.\r\n", "text, hidden part"),
        (b"Our source lives there.\r\n", "text, line 1"),
    ):
        page = part(b"<p>" + broken.replace(b"\r\n", b" ") + b"</p>", "text/html")
        stages = scan_octets(mail(part(broken), page, subtype="alternative"), rules_of_one, FACTS)
        assert [one.place for stage in stages for one in stage.findings] == [line]


def test_texts_attached_to_a_marked_message_are_told_as_digests_and_those_of_others_are_not():
    assert remembered(mail(part(b"TLP:RED\r\n\r\nhello"), FILE)).shingles == shingles(TOLD.decode())
    for body in (b"hello", b"TLP:GREEN\r\n\r\nhello"):
        assert remembered(mail(part(body), FILE)).shingles == ()


def test_an_encoded_word_in_an_encoded_word_is_read_too():
    octets = message(b"Ten kilograms.\r\n").replace(
        b"Subject: Seizure at the port", b"Subject: =?utf-8?q?=3D=3Futf-8=3Fq=3FTLP:RED=3F=3D?="
    )
    assert "subject" in marking_places(scan(octets))


def test_what_scanners_are_forked_with_has_what_the_first_label_in_a_sentence_makes():
    house_rule._languages.cache_clear()
    list(scan_octets(worker._WARM_UP + b"--b--\r\n", RULES, worker._WARM_UP_FACTS))
    assert house_rule._languages.cache_info().currsize == 1
