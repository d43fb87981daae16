"""`make evaluate`: leaks and needless blocks on the labelled corpus, measured for real. A report: nothing is asserted.

Every message is made of octets, scanned and decided as `wen-relay check` does, with the shipped rules and the shipped list
of Central Africa; a sample goes through the command itself. `--require-goals` ends with 1 when the test half misses a goal.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.evaluation.corpus import letters_apart, messages, read_skeletons
from tests.evaluation.figures import Verdict, goals
from tests.evaluation.judging import commanded, judged, resources_of
from tests.evaluation.slots import HALVES
from tests.evaluation.tables import against_goals, comparison, errors, report
from tests.running import establish

_SAMPLE = 60


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.run", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--half", choices=[*HALVES, "all"], help="only this half; rules are written with tune alone")
    which.add_argument("--apart", action="store_true", help="the letters that are kept apart (apart/*.tsv) instead")
    parser.add_argument("--language", help="only this language")
    parser.add_argument("--list-errors", action="store_true", help="what was decided wrongly in the half tune, and why")
    parser.add_argument("--no-command", action="store_true", help="leave the sample through the command out")
    parser.add_argument("--require-goals", action="store_true", help="end with 1 when the test half misses a goal")
    options = parser.parse_args()
    now = datetime.now(UTC)
    wanted = [
        one
        for one in messages(letters_apart() if options.apart else read_skeletons(), now.date())
        if options.half in {None, "all", one.skeleton.half} and options.language in {None, one.skeleton.language}
    ]
    with tempfile.TemporaryDirectory(prefix="evaluation-") as folder:
        site = establish(Path(folder) / "relay", members=1)
        with resources_of(site) as resources:
            verdicts = list(judged(resources, wanted, now))
        sample = [] if options.no_command else wanted[:: max(1, len(wanted) // _SAMPLE)][:_SAMPLE]
        files = Path(folder) / "files"
        files.mkdir()
        by_command = commanded(site, sample, files) if sample else []
    _print(options, verdicts, by_command)
    tested = [one for one in verdicts if one.skeleton.half == "test"]
    if options.require_goals and not all(goal.met for goal in goals(tested)):
        sys.exit(1)


def _print(options: argparse.Namespace, verdicts: Sequence[Verdict], by_command: Sequence[Verdict]) -> None:
    halves = ["test"] if options.apart else [options.half] if options.half else ["test", "tune", "all"]
    for half in halves:
        own = [one for one in verdicts if half in {"all", one.skeleton.half}]
        title = "letters kept apart" if options.apart else {"all": "all halves"}.get(half, f"{half} half")
        lines = [*report(own, title), *against_goals(own)]
        if options.list_errors and half == halves[-1]:
            # Whoever knows the test half's errors mends them, and nobody knows any longer what it measures.
            lines += ["", *errors([one for one in own if one.skeleton.half == "tune"])]
        print("\n".join(lines))
    if by_command:
        print("\n".join(comparison(verdicts, by_command)))


if __name__ == "__main__":
    main()
