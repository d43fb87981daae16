"""What a scanner says is believed only when it has the right shape."""

import json
from base64 import b64encode

import pytest

from relay.detectors.facts import Facts
from relay.policy.post import Progress, Scan
from relay.scan.checked import FrameError
from relay.scan.frames import (
    PHOTOS,
    Stage,
    advance,
    decode_ready,
    decode_stage,
    encode_ready,
    encode_stage,
)
from relay.scan.instructions import decode_configuration, decode_facts, encode_configuration, encode_facts
from relay.scan.sandbox import Sandbox
from relay.scan.stages import scan_octets
from tests.pictures import attached, encoded, noise, picture
from tests.scanning import DEFINITIONS, FACTS, RULES, mail, part

PARTS = (part(b"TLP:RED"), part(b"<p>x</p>", "text/html"), part(b"x", "image/png"), attached(encoded(picture())))
STAGES = list(scan_octets(mail(*PARTS), RULES, FACTS))


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_survives_the_way_to_the_pool(stage):
    assert decode_stage(encode_stage(stage)) == stage


def test_a_subject_with_the_joiners_that_persian_is_spelt_with_survives_the_way():
    [stage, *_] = scan_octets("Subject: می\u200cشود\r\n\r\nx".encode(), RULES, FACTS)
    assert stage.message is not None
    assert "\u200c" in stage.message.subject
    assert decode_stage(encode_stage(stage)) == stage


def test_configuration_and_readiness_survive_the_way():
    assert decode_configuration(encode_configuration(512, DEFINITIONS)) == (512, DEFINITIONS)


def test_facts_survive_the_way_to_the_scanner():
    facts = Facts(on=FACTS.on, names=("Ana É",), addresses=("ana@agency.example",))
    assert decode_facts(encode_facts(facts)) == facts
    walls = Sandbox(seccomp=True, unprivileged=False)
    assert decode_ready(encode_ready(walls)) == walls


def changed(place: int, **what: object) -> bytes:
    return json.dumps(json.loads(encode_stage(STAGES[place])) | what).encode()


def header(**what: object) -> bytes:
    said = json.loads(encode_stage(STAGES[0]))
    return json.dumps(said | {"message": said["message"] | what}).encode()


def finding(**what: object) -> bytes:
    one = {"code": "M1", "rule": "tlp.red", "place": "text", "start": 0, "end": 7, "score": 1.0, "label": "TLP:RED"}
    return changed(1, findings=[one | what])


def findings(count: int) -> bytes:
    one = {"code": "M1", "rule": "tlp.red", "place": "text", "start": 0, "end": 7, "score": 1.0, "label": "TLP:RED"}
    return changed(1, findings=[one] * count)


def image(**what: object) -> bytes:
    [one] = json.loads(encode_stage(STAGES[3]))["images"]
    return changed(3, images=[one | what])


DIGEST = b64encode(b"d" * 16).decode()
PASSAGE = {"code": "N1", "words": 2, "whole": DIGEST, "before": 8, "windows": [DIGEST] * 3}


def passage(**what: object) -> bytes:
    return changed(-1, passages=[PASSAGE | what])


def test_a_passage_is_digests_and_comes_back_whole():
    [one] = decode_stage(passage()).passages
    assert (one.code, one.words, one.before, one.whole, one.windows) == ("N1", 2, 8, b"d" * 16, (b"d" * 16,) * 3)
    assert decode_stage(encode_stage(Stage(name="complete", passages=(one,), shingles=(b"d" * 16,)))).passages == (one,)


def in_base64(octets: bytes) -> str:
    return b64encode(octets).decode("ascii")


@pytest.mark.parametrize(
    "said",
    [
        {"octets": in_base64(encoded(picture(), comment="a comment"))},
        {"octets": in_base64(encoded(picture(), "PNG"))},
        {"octets": in_base64(encoded(noise(900, 900), quality=95))},
        {"octets": in_base64(STAGES[3].images[0].octets + b"x")},
        {"octets": "/9j/*"},
        {"octets": "\u00e9"},
        {"octets": None},
        {"place": "attachment of Jean"},
        {"start": -1},
        {"end": True},
        {"encoding": "x-jean"},
    ],
)
def test_an_image_that_is_not_what_we_make_is_not_believed(said):
    assert decode_stage(image()) == STAGES[3]
    with pytest.raises(FrameError):
        decode_stage(image(**said))


def test_an_image_comes_with_its_part_and_alone():
    [one] = json.loads(encode_stage(STAGES[3]))["images"]
    for place, images in ((0, [one]), (1, [one]), (3, [one, one]), (4, [one])):
        with pytest.raises(FrameError):
            decode_stage(changed(place, images=images))


def test_however_many_images_a_scanner_sends_a_message_has_so_many():
    scan = Scan(progress=Progress.NOTHING, message=None)
    for stage in (*STAGES[:2], *[STAGES[3]] * (PHOTOS + 5)):
        scan = advance(scan, stage)
    assert len(scan.images) == PHOTOS


def leaving(html: str) -> bytes:
    return changed(1, parts=[{"media_type": "text/html", "text": html}])


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ("<p>a<script>alert(1)</script></p>", "<p>a</p>"),
        ('<p>a</p><a href="javascript:x()">b</a>', '<p>a</p><a rel="noopener noreferrer">b</a>'),
        ('<p onclick="x()">a</p>', "<p>a</p>"),
        ("<svg>a</svg>", ""),
    ],
)
def test_a_page_is_sanitised_once_more_and_the_result_counts(said, believed):
    [part] = decode_stage(leaving(said)).parts
    assert part.text == believed


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff",
        b"[]",
        b"nonsense",
        b"[" * 100_000,
        b'{"name": ' + b"9" * 10_000 + b"}",
        changed(1, name="ready"),
        changed(1, name=["text"]),
        changed(0, message=None),
        changed(1, message={}),
        changed(1, parts=[{"media_type": "text/x", "text": ""}]),
        changed(1, parts=[{"media_type": "text/plain", "text": "a\x00"}]),
        changed(1, parts=[{"media_type": "text/plain", "text": "a\ud800"}]),
        changed(1, parts=[{"media_type": "text/plain", "text": 1}]),
        changed(1, parts=[{"media_type": "text/plain", "text": ""}] * 3),
        changed(1, parts={}),
        changed(1, removed=["a\r\nb"]),
        changed(1, removed=[None]),
        changed(1, removed=["Ivan Petrov"]),
        changed(1, removed=["text"] * 501),
        leaving("<p>a<b>"),
        leaving("<p>a</b></p>"),
        leaving("<div>" * 700 + "</div>" * 700),
        leaving("<div><table></div></table>" * 1000),
        leaving("<p>" + "&amp;" * 1_000_000 + "</p>"),
        passage(code="M1"),
        passage(code="Ivan"),
        passage(words=1_000),
        passage(before=-1),
        passage(whole=b64encode(b"Ivan Petrov").decode()),
        passage(windows=["Ivan Petrov"]),
        passage(windows=[DIGEST] * 1_000),
        changed(-1, passages=[PASSAGE] * 51),
        changed(-1, shingles=[DIGEST[:-4]]),
        changed(-1, shingles=[DIGEST] * 2_001),
        finding(code="M"),
        finding(code="X1"),
        finding(rule="tlp.ivan"),
        finding(rule="part.unread.application/x-ivan-petrov"),
        finding(rule="structure.header.duplicate.ivan"),
        finding(place="Ivan Petrov"),
        finding(place="text, line 1, Ivan"),
        finding(place="header ivan-petrov"),
        finding(label="TLP:IVAN"),
        finding(label=""),
        finding(start=-1),
        finding(end=10**30),
        finding(score=float("nan")),
        finding(score=7.25),
        findings(501),
        finding(rule="the matched words"),
        finding(place="text\n"),
        finding(start=True),
        finding(start="0"),
        finding(score=1),
        finding(label="RED\r\nBcc: x"),
        header(subject="a\r\nBcc: x@y.example"),
        header(subject="\ud800"),
        header(message_id="<a>\n"),
        header(date="yesterday"),
        header(date="2025-01-01T00:00:00"),
        header(hops="1"),
        header(hops=-1),
        header(hops=10**30),
        header(references=["<a@b.example>"] * 51),
        header(references=["<" + "a" * 300 + "@b.example>"]),
        header(references=["Ivan Petrov"]),
        header(message_id="Ivan Petrov"),
        header(list_ids=["a.example"] * 51),
        header(list_ids=["a" * 256]),
        header(list_ids=["a\nb"]),
        header(subject="x" * 200_000),
        header(defects=["header.ivan"]),
        header(automatic=0),
        header(author={"name": "x", "address": "a b@c"}),
        header(author={"name": "x\n", "address": "a@c.example"}),
        header(author=[]),
        header(references="abc"),
        header(defects=["the words"]),
    ],
)
def test_what_no_honest_scanner_says_is_not_believed(frame):
    with pytest.raises(FrameError) as caught:
        decode_stage(frame)
    assert len(str(caught.value)) < 20


def test_readiness_in_other_words_is_not_believed():
    for frame in (b"{}", b'{"stage": "ready"}', b'{"stage": "ready", "seccomp": 1, "unprivileged": true}'):
        with pytest.raises(FrameError):
            decode_ready(frame)
