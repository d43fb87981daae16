"""The rules that members accept: whoever changes a sentence changes the version, so that the record says what was accepted."""

import hashlib

from relay.delivery.rules import PRIVACY, RULES, RULES_VERSION

# The digest of each version's sentences. A change of a sentence needs a new version and a new line here.
VERSIONS = {1: "81541bee0413fe53f7b57a85729838a0973721f879eb94224fb7d58c732ee7f7"}


def test_a_version_stands_for_its_sentences():
    digest = hashlib.sha256("\n".join((*RULES, *PRIVACY)).encode()).hexdigest()
    assert VERSIONS[RULES_VERSION] == digest
    assert max(VERSIONS) == RULES_VERSION
