"""The report: plain tables of at most 100 columns. Ids, codes and rules, never a message's text."""

from collections.abc import Iterable, Iterator, Sequence

from tests.evaluation.figures import (
    Rate,
    Verdict,
    blocked,
    evades,
    goals,
    held,
    labelled,
    percentile,
    rate,
    relayed,
    stopped,
)

_WIDTH = 100


def report(verdicts: Sequence[Verdict], title: str) -> Iterator[str]:
    """Every line of one half's report."""
    yield from (
        "",
        f"== {title}: {len(verdicts)} messages of {len({one.skeleton.id for one in verdicts})} skeletons ==",
    )
    yield "Counts, shares and Wilson's 95 % bounds, in per cent."
    yield from _by_language(verdicts)
    yield from _held_and_adversarial(verdicts)
    yield from _by_code(verdicts)
    yield from _by_technique(verdicts)
    yield from _times(verdicts, "in this process, one core")


def against_goals(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """What was wished and what was measured."""
    rows = [
        (goal.name, f"{goal.measured:.2f} {goal.unit}", f"{goal.limit:g} {goal.unit}", "yes" if goal.met else "NO")
        for goal in goals(verdicts)
    ]
    yield from table(("goal", "measured", "at most", "met"), rows)


def errors(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Every wrong message: what the policy says of it, what was decided, and why."""
    for one in verdicts:
        if one.wrong:
            codes = f" {'+'.join(one.skeleton.codes)}" if one.skeleton.codes else ""
            yield f"{one.id}: {one.skeleton.label}{codes} -> {one.decision}: {'; '.join(one.reasons)}"


def comparison(here: Sequence[Verdict], commanded: Sequence[Verdict]) -> Iterator[str]:
    """The same messages through the real command: whether it decides alike, and its times."""
    decisions = {one.id: one.decision for one in here}
    same = sum(decisions[one.id] == one.decision for one in commanded)
    yield from ("", f"Through `wen-relay check --json` with its sandboxed scanners, {len(commanded)} of them:")
    rows = [
        (
            label,
            str(sum(one.skeleton.label == label for one in commanded)),
            *(
                str(sum(one.skeleton.label == label and told(one) for one in commanded))
                for told in (relayed, held, stopped)
            ),
        )
        for label in ("relay", "hold", "withhold")
    ]
    yield from table(("the policy says", "messages", "relayed", "held", "withheld"), rows)
    yield f"decided as in this process: {same} of {len(commanded)}"
    yield from _times(commanded, "its own elapsed_ms")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as they need, the first to the left."""
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    yield ""
    for number, line in enumerate(lines):
        first, *others = (
            text.ljust(width) if place == 0 else text.rjust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        yield "  ".join([first, *others]).rstrip()[:_WIDTH]
        if number == 0:
            yield "-" * min(_WIDTH, sum(widths) + 2 * len(widths) - 2)


def _languages(verdicts: Sequence[Verdict]) -> list[tuple[str, list[Verdict]]]:
    names = sorted({one.skeleton.language for one in verdicts})
    return [
        *((name, [one for one in verdicts if one.skeleton.language == name]) for name in names),
        ("all", list(verdicts)),
    ]


def _by_language(verdicts: Sequence[Verdict]) -> Iterator[str]:
    rows = []
    leaks: list[tuple[float, str]] = []
    blocks: list[tuple[float, str]] = []
    for language, own in _languages(verdicts):
        leak = rate(own, labelled("withhold"), relayed)
        both = rate(own, labelled("relay"), blocked)
        others = (rate(own, labelled("relay"), told) for told in (stopped, held))
        rows.append((language, str(leak), *(f"{one.count} {one.share:.1%}" for one in others), str(both)))
        if language != "all":
            leaks.append((leak.share, language))
            blocks.append((both.share, language))
    yield from table(("language", "withhold class relayed", "relay withheld", "relay held", "relay not relayed"), rows)
    if leaks:
        yield f"worst language: {max(leaks)[1]} for withhold class relayed, {max(blocks)[1]} for relay class not relayed"


def _held_and_adversarial(verdicts: Sequence[Verdict]) -> Iterator[str]:
    rows = [
        (
            language,
            str(rate(own, labelled("hold"), relayed)),
            str(rate(own, labelled("hold"), stopped)),
            str(rate(own, evades, relayed)),
        )
        for language, own in _languages(verdicts)
    ]
    yield from table(("language", "hold class relayed", "hold class withheld", "adversarial relayed"), rows)


def _by_code(verdicts: Sequence[Verdict]) -> Iterator[str]:
    codes = sorted({code for one in verdicts if not evades(one) for code in one.skeleton.codes})
    rows = []
    for code in codes:
        own = [one for one in verdicts if code in one.skeleton.codes and not evades(one)]
        rows.append(
            (code, *(str(Rate(count=sum(map(told, own)), total=len(own))) for told in (relayed, held, stopped)))
        )
    yield from table(("code", "relayed", "held", "withheld"), rows)


def _by_technique(verdicts: Sequence[Verdict]) -> Iterator[str]:
    techniques = sorted({one.skeleton.technique for one in verdicts if evades(one)})
    rows = [
        (
            technique,
            *(
                str(rate(verdicts, lambda one, of=technique: evades(one) and one.skeleton.technique == of, told))
                for told in (relayed, held, stopped)
            ),
        )
        for technique in techniques
    ]
    if rows:
        yield from table(("evasion", "relayed", "held", "withheld"), rows)


def _times(verdicts: Sequence[Verdict], where: str) -> Iterator[str]:
    small = [one for one in verdicts if one.size <= 8192]
    if small:
        yield from ("", f"time ({where}; {len(small)} messages up to 8 KB): {_told([one.elapsed_ms for one in small])}")
    if any(one.cpu_ms for one in small):
        yield f"of it the processor's: {_told([one.cpu_ms for one in small])}"


def _told(times: Sequence[float]) -> str:
    return f"p50 {percentile(times, 0.5):.1f} ms  p99 {percentile(times, 0.99):.1f} ms  max {max(times):.1f} ms"
