"""Posts that were encrypted for their lists: opened with these lists' keys before anything else is done with them."""

from collections.abc import Iterable
from datetime import datetime

from relay.mail.message import HeaderSection
from relay.mail.signature import RegisteredKey, SignatureFault, SignatureMethod, SignatureResult
from relay.resources import Resources
from relay.roster.mailing_list import MailingList
from relay.roster.member import Member
from relay.scan.encrypted import Opened, is_encrypted, open_encrypted
from relay.scan.verify import AHEAD, PAST
from relay.store import list_keys, signing_keys


def unlock(
    resources: Resources,
    octets: bytes,
    header: HeaderSection,
    lists: Iterable[MailingList],
    author: Member | None,
    now: datetime,
) -> Opened | None:
    """Open a message that was encrypted for one of the lists to which it was sent.

    A list of moderators has no key of its own and takes its list's.

    Returns:
        None when there is nothing to open, nothing opens it, or it unpacks to more than a message may have: then it is judged as it came.

    Raises:
        Unavailable: a key can't be read, or the message not be opened now.
    """
    if not is_encrypted(header):
        return None
    names = dict.fromkeys(one.of or one.name for one in lists)
    keys = [key for name in names for key in list_keys.files_of(resources.keys.directory, name)]
    if not keys:
        return None
    registered: tuple[RegisteredKey, ...] = ()
    if author is not None:
        with resources.database.read() as connection:
            registered = signing_keys.of_member(connection, author.id)
    signers = [one.octets for one in registered if one.method is SignatureMethod.OPENPGP and one.is_valid(now)]
    opened = open_encrypted(octets, header, keys, signers)
    too_big = opened is not None and len(opened.octets) > resources.settings.smtp.max_message_octets
    return None if too_big else opened


def signature_inside(opened: Opened | None, now: datetime) -> SignatureResult | None:
    """What an OpenPGP signature that was made together with the encryption proves; None when there was none by the author.

    Its time can't be asked of the library, so the Date of the signed header tells it; without one it proves nothing.
    """
    if opened is None or not opened.signed_by:
        return None
    timely = opened.said_at is not None and now - PAST <= opened.said_at <= now + AHEAD
    return SignatureResult(method=SignatureMethod.OPENPGP, fault=None if timely else SignatureFault.UNTIMELY)
