"""Long texts are searched piece by piece: nothing at a cut is lost, and lines are counted from the text's beginning."""

from relay.detectors.definition import read_detectors
from relay.detectors.examples import EXAMPLES_ON
from relay.detectors.facts import Facts
from relay.detectors.find import find_sensitive
from relay.policy.shape import versions_of

DETECTORS = read_detectors({
    "0.toml": """[words.red]
en = ["red"]
[[detector]]
rule = "paint.red"
code = "O1"
all = ["red"]
must = ["red 1", "red 2", "red 3"]
must_not = ["blue 1", "blue 2", "blue 3"]
"""
})  # fmt: skip


def test_findings_on_both_sides_of_every_cut_have_their_line_and_place() -> None:
    lines = ["nothing of the sort stands in this line"] * 2_500
    wanted = [0, 399, 400, 401, 1_000, 2_499]
    for number in wanted:
        lines[number] = "a red line"
    text = "\n".join(lines)
    findings = find_sensitive(versions_of(text), "text", DETECTORS, Facts(on=EXAMPLES_ON))
    assert [one.place for one in findings] == [f"text, line {number + 1}" for number in wanted]
    assert {text[one.start : one.end] for one in findings} == {"red"}


def test_a_text_without_a_place_to_cut_is_searched_whole() -> None:
    text = "x" * 60_000 + " red"
    [finding] = find_sensitive(versions_of(text), "text", DETECTORS, Facts(on=EXAMPLES_ON))
    assert text[finding.start : finding.end] == "red"


def test_words_may_be_of_several_kinds_at_once() -> None:
    rules = "".join(
        f'[[detector]]\nrule = "x.{kind}"\ncode = "O1"\nall = ["{kind}"]\nmust = ["red 1", "red 2", "red 3"]\nmust_not = ["1", "2", "3"]\n'
        for kind in ("paint", "warm")
    )
    detectors = read_detectors({"a.toml": f'[words."paint|warm"]\nen = ["red"]\n{rules}'})
    found = find_sensitive(versions_of("a red line"), "text", detectors, Facts(on=EXAMPLES_ON))
    assert {one.rule for one in found} == {"x.paint", "x.warm"}
