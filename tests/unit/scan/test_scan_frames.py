"""What a scanner says is believed only when it has the right shape."""

import json

import pytest

from relay.scan.frames import (
    FrameError,
    decode_configuration,
    decode_ready,
    decode_stage,
    encode_configuration,
    encode_ready,
    encode_stage,
)
from relay.scan.sandbox import Sandbox
from relay.scan.stages import scan_octets
from tests.scanning import WORDS, mail, part

STAGES = list(scan_octets(mail(part(b"TLP:RED"), part(b"<p>x</p>", "text/html"), part(b"x", "image/png")), WORDS))


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_survives_the_way_to_the_pool(stage):
    assert decode_stage(encode_stage(stage)) == stage


def test_configuration_and_readiness_survive_the_way():
    assert decode_configuration(encode_configuration(512, WORDS)) == (512, WORDS)
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
        finding(code="M"),
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
