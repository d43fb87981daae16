"""An ARC set on a copy (RFC 8617): what we found out about its author, and our signatures over that, one chain of one link.

A copy is a new message, made of what was scanned. Sets of servers that the author's message came through don't go on: they
name clients and addresses that never leave here, and what they signed is not in the copy. So a chain always begins with us
(i=1, cv=none), whatever ours made of theirs, and there is nothing else that a reader of the copy could check.
"""

from collections.abc import Iterable
from datetime import datetime

from relay.delivery.signing import SigningKey, covered, relaxed_field, signed_field

RESULTS, MESSAGE, SEAL = "ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal"


def results(proof: str, domain: str) -> str:
    """What is told of how the author was known, in the words of RFC 8601 §2.7: "none" where it has none for it.

    Args:
        proof: the post's, as the record has it: "auth", "gateway.dkim", "dmarc, smime".
        domain: the author's, "" where the copy's readers aren't told it.
    """
    found: list[str] = []
    for word in proof.split(", "):
        kind, _, detail = word.partition(".")
        method = detail if kind == "gateway" else kind
        if method in {"dkim", "dmarc"}:
            found.append("dkim=pass" + (f" header.d={domain}" if domain else ""))
        if method == "dmarc":
            found.append("dmarc=pass" + (f" header.from={domain}" if domain else ""))
        if method in {"auth", "smime"}:
            found.append(f"{method}=pass")
    return "; ".join(found) or "none"


def seal(section: bytes, hashed: str, found: str, keys: Iterable[SigningKey], sealed_at: datetime) -> bytes:
    """The three fields of a set, to be put in front of a header section that bears its DKIM signatures already.

    Args:
        section: the header section.
        hashed: the `body_hash` of the body.
        found: `results` of the author's proof.
        keys: those of the DKIM signatures; the RSA one seals, because few verifiers know another.
        sealed_at: becomes t=.
    """
    key = min(keys, key=lambda one: one.algorithm != "rsa-sha256")
    made_by = f" a={key.algorithm}; d={key.domain}; s={key.selector}; t={int(sealed_at.timestamp())};"
    told = f"{RESULTS}: i=1; {key.domain};\r\n {found}\r\n".encode("ascii")
    names, content = covered(section, also=("dkim-signature",))
    tags = ("i=1; c=relaxed/relaxed;", made_by, *names, f" bh={hashed};", " b=")
    message = signed_field(MESSAGE, tags, content, key)
    before = b"".join(
        relaxed_field(name, field[len(name) + 1 :].replace(b"\r\n", b"")) + b"\r\n"
        for name, field in ((RESULTS.lower(), told), (MESSAGE.lower(), message))
    )
    return signed_field(SEAL, ("i=1; cv=none;", made_by, " b="), before, key) + message + told
