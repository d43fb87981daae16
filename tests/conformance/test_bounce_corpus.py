"""The bounces in flufl.bounce's source archive, read as they are when they come to a return path: our strict reader of standard reports first, free text for the rest.

Every address that the corpus names is taken as the member's to whom the copy went; and one that nobody names, which must then have
failed nowhere. A few pass through the process beside, the rest by its judge alone, which costs a tenth.
"""

import ast

import pytest

from relay.mail.report import read_report
from relay.scan import bounce_reader
from relay.scan.bounces import read_bounces
from tests.conformance.material import material

TESTS = material("flufl_bounce-6.0.0") / "tests"
CASES = next(
    ast.literal_eval(node.value)
    for node in ast.parse((TESTS / "test_detectors.py").read_text("utf-8")).body
    if isinstance(node, ast.Assign | ast.AnnAssign) and ast.unparse(node).startswith("DETECTORS")
)
NOBODY = "nobody@elsewhere.example"

# Where a report says something else to us than to the detector whose row it is.
OF_ONE_DETECTOR = {
    ("groupwise", "groupwise_02.txt"): "another detector finds the address, and has a row of its own",
}
OF_THE_COPY = {
    "simple_42.txt": "a standard report of one failed recipient, whose address is cut short: the return path tells whose it is",
}


def octets_of(name):
    """The file with the line ends that it has in mail."""
    return (TESTS / "data" / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def judge(octets, recipient):
    return bounce_reader.judge(octets, [recipient])[0]


def fate(octets, recipient, free_text=judge):
    """What `actions.bounce` takes from a message for one recipient."""
    report = read_report(octets, recipient)
    outcome = report.fate if report else free_text(octets, recipient)
    return "failed" if outcome == "dead" else outcome


def test_the_corpus_is_whole():
    addresses = sum(len(found) for _, _, found, _ in CASES)
    temporary = sum(passing for _, _, _, passing in CASES)
    assert (len(CASES), len({name for _, name, _, _ in CASES}), addresses, temporary) == (116, 115, 133, 11)


@pytest.mark.parametrize(("detector", "name", "addresses", "temporary"), CASES, ids=lambda value: str(value)[:30])
def test_each_named_address_has_its_fate_and_no_other_has_one(detector, name, addresses, temporary):
    octets = octets_of(name)
    expected = "delayed" if temporary else "failed"
    found = {one: fate(octets, one.decode("ascii")) for one in addresses}
    assert found == dict.fromkeys(addresses, expected)
    assert judge(octets, NOBODY) is None
    if not addresses and (detector, name) not in OF_ONE_DETECTOR:
        assert fate(octets, NOBODY) == ("failed" if name in OF_THE_COPY else None)


@pytest.mark.parametrize(
    ("name", "recipient", "outcome"),
    [
        ("qmail_01.txt", "USERX@example.DE", "dead"),
        ("exim_01.txt", "userx@its.example.nl", "dead"),
        ("microsoft_01.txt", "userx@example.com", "dead"),
        ("yahoo_08.txt", "userf@example.com", "dead"),
        ("simple_14.txt", "usery@example.com", "failed"),
        ("simple_40.txt", "user@example.com", "delayed"),
        ("dsn_17.txt", "userx@example.fi", "delayed"),
        ("dumbass_01.txt", "userx@example.com", None),
        ("postfix_01.txt", NOBODY, None),
    ],
)
def test_the_process_beside_says_the_same_behind_its_walls(name, recipient, outcome):
    assert read_bounces(octets_of(name), [recipient]) == (outcome,)
