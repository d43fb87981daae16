"""Octets that a coverage-guided fuzzer makes (atheris), through all that a scanner does with the shipped rules.

`scan_octets` must never raise, take long or fill the memory, and what it says must be what a frame can carry. Atheris is no
dependency of the project; CONTRIBUTING tells how to run this. The first argument is the folder of the corpus, which is
begun with the messages of the evaluation's tune half and one document of each kind; further arguments are libFuzzer's.
"""

import sys
from base64 import encodebytes
from datetime import UTC, date, datetime
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["relay", "email", "zipfile", "tarfile"]):
    from relay.detectors.definition import read_detectors
    from relay.detectors.facts import Facts
    from relay.documents.samples import samples
    from relay.policy.ruleset import read_marking_words
    from relay.scan.frames import decode_stage, encode_stage
    from relay.scan.image import prepare
    from relay.scan.rules import Rules
    from relay.scan.stages import scan_octets

_POLICY = Path(__file__).parents[2] / "config" / "policy"
_FACTS = Facts(on=date(2026, 11, 24), names=("Ana Example",), addresses=("ana@agency.example",))
_HEADER = b"From: Ana Example <ana@agency.example>\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def shipped_rules() -> Rules:
    """The rules as the relay reads them."""
    files = {path.name: path.read_text("utf-8") for path in sorted((_POLICY / "detectors").glob("*.toml"))}
    markings = _POLICY / "markings.toml"
    return Rules(words=read_marking_words(markings.read_text("utf-8"), markings.name), detectors=read_detectors(files))


def begin_corpus(folder: Path) -> None:
    """Write what the fuzzer begins with."""
    # Read here only, because the fuzzer itself needs none of it.
    from tests.evaluation.corpus import messages, read_skeletons
    from tests.evaluation.octets import octets_of

    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    folder.mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    for number, one in enumerate(messages(read_skeletons(), now.date())):
        if one.skeleton.half == "tune" and one.skeleton.id not in seen:
            seen.add(one.skeleton.id)
            (folder / f"message-{number}").write_bytes(octets_of(one, now))
    attached = [*samples(), *((f"x{number}.img", octets) for number, octets in enumerate(prepare()))]
    for name, octets in attached:
        field = f"Content-Type: application/octet-stream; name={name}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        (folder / f"document-{name}").write_bytes(_HEADER + field.encode() + encodebytes(octets))


def main() -> None:
    """Fuzz until told to end."""
    folder = Path(sys.argv[1])
    if not folder.is_dir() or not any(folder.iterdir()):
        begin_corpus(folder)
    rules = shipped_rules()
    names = rules.detectors.rules()

    def scan(octets: bytes) -> None:
        for stage in scan_octets(octets, rules, _FACTS):
            if decode_stage(encode_stage(stage), names) != stage:
                raise AssertionError("a stage does not survive its frame")

    atheris.Setup(sys.argv, scan)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
