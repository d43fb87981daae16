"""`make evaluate-peers`: a known peer beside ours, on the same messages of the test half.

The peer is presidio-analyzer with every pattern recogniser that it ships and no model. It knows no decisions, so any entity
with a score of 0.5 or more counts as an alarm, and so does any decision of ours but relay. It gets subject and text already
decoded. Its recognisers of dates and links find something in nearly every seizure report, so it is told without them too;
and then with everything from 0.4 on, which is what a telephone number gets.
"""

import argparse
import email
import json
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.header import decode_header, make_header
from pathlib import Path

from tests.evaluation.corpus import Message, messages, read_skeletons
from tests.evaluation.figures import Verdict, blocked, evades, labelled, percentile, rate
from tests.evaluation.judging import judged, resources_of
from tests.evaluation.octets import octets_of
from tests.evaluation.tables import table
from tests.running import establish

_INTERPRETER = Path(".venv-peers/bin/python")
_RECOGNISERS = Path(__file__).with_name("peer_recognisers.py")
_COMMON = frozenset({"DATE_TIME", "URL"})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.peers", description=__doc__)
    parser.add_argument("--language", help="only this language")
    options = parser.parse_args()
    now = datetime.now(UTC)
    chosen = [
        one
        for one in messages(read_skeletons(), now.date())
        if one.skeleton.half == "test" and options.language in {None, one.skeleton.language}
    ]
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        site = establish(Path(folder) / "relay", members=1)
        with resources_of(site) as resources:
            ours = list(judged(resources, chosen, now))
    found = _recognised(chosen, now)
    peer = [_alarm(one, found[one.id], 0.5, frozenset()) for one in ours]
    print(f"{len(ours)} messages of the test half. Per message; Wilson's 95 % bounds, in per cent.")
    names = {
        "this relay": ours,
        "presidio": peer,
        "without dates, links": [_alarm(one, found[one.id], 0.5, _COMMON) for one in ours],
        "the same from 0.4": [_alarm(one, found[one.id], 0.4, _COMMON) for one in ours],
    }
    leaks = _rows(names, (labelled("withhold"), _silent), (labelled("relay"), blocked))
    others = _rows(names, (labelled("hold"), _silent), (evades, _silent))
    print("\n".join(table(("", "withhold: no alarm", "relay: alarm"), leaks)))
    print("\n".join(table(("", "hold: no alarm", "evasions: no alarm"), others)))
    languages = sorted({one.skeleton.language for one in ours})
    for title, of, told in (
        ("withhold: no alarm", labelled("withhold"), _silent),
        ("relay: alarm", labelled("relay"), blocked),
    ):
        print("\n".join(table((title, *names), _by_language(languages, names, of, told))))
    times = [(name, [one.elapsed_ms for one in of]) for name, of in (("this relay", ours), ("presidio", peer))]
    print("\n".join(table(("time", "p50", "p99"), [(name, *_percentiles(of)) for name, of in times])))


def _silent(one: Verdict) -> bool:
    return not blocked(one)


_Figure = tuple[Callable[[Verdict], bool], Callable[[Verdict], bool]]  # of whom, and what is told of them


def _rows(names: dict[str, list[Verdict]], *columns: _Figure) -> list[tuple[str, ...]]:
    return [(name, *(str(rate(own, of, told)) for of, told in columns)) for name, own in names.items()]


def _by_language(
    languages: Sequence[str],
    names: dict[str, list[Verdict]],
    of: Callable[[Verdict], bool],
    told: Callable[[Verdict], bool],
) -> list[tuple[str, ...]]:
    return [
        (
            language,
            *(
                f"{rate([v for v in own if v.skeleton.language == language], of, told).share:.1%}"
                for own in names.values()
            ),
        )
        for language in languages
    ]


def _percentiles(times: Sequence[float]) -> tuple[str, str]:
    return f"{percentile(times, 0.5):.1f} ms", f"{percentile(times, 0.99):.1f} ms"


def _alarm(ours: Verdict, row: tuple[dict[str, float], float], least: float, without: frozenset[str]) -> Verdict:
    """The peer's answer in the words of ours: "relay" when it found nothing with that score."""
    entities, elapsed = row
    kept = {entity for entity, score in entities.items() if score >= least} - without
    return Verdict(
        id=ours.id,
        skeleton=ours.skeleton,
        decision="hold" if kept else "relay",
        reasons=tuple(sorted(kept)),
        size=ours.size,
        elapsed_ms=elapsed,
    )


def _recognised(chosen: Sequence[Message], now: datetime) -> dict[str, tuple[dict[str, float], float]]:
    lines = [
        json.dumps({"id": one.id, "language": one.skeleton.language, "text": _decoded(octets_of(one, now))})
        for one in chosen
    ]
    run = subprocess.run(
        [_INTERPRETER, "-P", _RECOGNISERS],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    return {row["id"]: (row["entities"], row["elapsed_ms"]) for row in rows}


def _decoded(octets: bytes) -> str:
    """Subject and every text part, as a program would hand them to the peer."""
    mail = email.message_from_bytes(octets)
    texts = []
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            charset = part.get_content_charset("utf-8")
            assert isinstance(payload, bytes)
            try:
                texts.append(payload.decode(charset, "replace"))
            except LookupError:
                texts.append(payload.decode("utf-8", "replace"))
    try:
        subject = str(make_header(decode_header(mail.get("Subject", ""))))
    except (LookupError, UnicodeError, ValueError):
        subject = str(mail.get("Subject", ""))
    return "\n".join([subject, *texts]).encode("utf-8", "replace").decode("utf-8")


if __name__ == "__main__":
    main()
