"""The chains in authheaders' source archive, which come from the ARC suite of ValiMail: sealed by somebody else's program.

The suite itself is on no package index. What it asks for beside these (gaps, wrong cv=, changed sets, h= in a seal, foreign keys)
is made by hand in tests/unit/senders/test_arc.py, where dkimpy judges every chain too.
"""

import ast
from datetime import UTC, datetime

import pytest

from relay.mail.message import split_header
from relay.senders.arc import judge_chain
from relay.senders.canonical import cut
from tests.conformance.material import material
from tests.dkim_signing import lookup_in

SUITE = material("authheaders-0.16.3") / "authheaders" / "test" / "test_authentication.py"
TREE = ast.parse(SUITE.read_text("utf-8"))
FUNCTIONS = {node.name: node for node in ast.walk(TREE) if isinstance(node, ast.FunctionDef)}


def message_of(test):
    """The octets that a test judges, with the line ends that they have in mail."""
    values = [node.value for node in ast.walk(FUNCTIONS[test]) if isinstance(node, ast.Constant)]
    [octets] = [value for value in values if isinstance(value, bytes) and value.startswith(b"MIME-Version")]
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def keys():
    """The records that the suite publishes."""
    [table] = [
        node.value
        for node in ast.walk(FUNCTIONS["dnsfuncb"])
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
    ]
    return {(name.removesuffix("."), "TXT"): (record,) for name, record in ast.literal_eval(table).items()}


@pytest.mark.parametrize(
    ("test", "status", "forwarder"),
    [("test_arc_pass", "pass", "example.org"), ("test_chain_validation_fail", "fail", "")],
)
def test_a_chain_is_judged_as_there(test, status, forwarder):
    octets = message_of(test)
    message = cut(octets, split_header(octets))
    assert message is not None
    chain = judge_chain(message, lookup_in(keys()), datetime.now(UTC))
    assert (chain.status, chain.forwarder) == (status, forwarder)
