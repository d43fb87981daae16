"""What an S/MIME signature says of the text that it signs: its security labels (RFC 8551 §3.5, RFC 2634 §3)."""

from relay.mail.security_label import classifications_of, name_of
from relay.policy.post import View
from relay.scan.walker import Leaf, decode_body

_SIGNED = frozenset({
    "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pkcs7-mime", "application/x-pkcs7-mime",
})  # fmt: skip
_NAMES = (".p7s", ".p7m")


def views_of_signature(leaf: Leaf) -> tuple[View, ...]:
    """The security labels in a signature or a signed message, as properties of its part; none in any other part."""
    if leaf.media_type not in _SIGNED and not any(name.lower().endswith(_NAMES) for name in leaf.names):
        return ()
    labels = classifications_of(decode_body(leaf.body, leaf.encoding)[0])
    return tuple(
        View(text=f"security-label: {name_of(label) or 'unspecified'}", place="text, properties") for label in labels
    )
