"""Makes Mailman's lists: run by the Python of Mailman's own venv, with its settings, the author, and how many others are on each list."""

import sys
from collections.abc import Sequence

from mailman.app.lifecycle import create_list
from mailman.config import config
from mailman.core.initialize import initialize
from mailman.interfaces.archiver import ArchivePolicy
from mailman.interfaces.domain import IDomainManager
from mailman.interfaces.mailinglist import Personalization
from mailman.interfaces.member import MemberRole
from mailman.interfaces.usermanager import IUserManager
from mailman.utilities.datetime import now
from zope.component import getUtility


def make_lists(author: str, sizes: Sequence[int], *, verp: bool) -> None:
    """Lists named by their size; their members confirm nothing, and the author gets no copy of their own, as on our lists."""
    users = getUtility(IUserManager)
    everybody = []
    for number in range(max(sizes) + 1):
        address = users.create_address(f"m{number:05}@peers.example" if number else author, "Somebody")
        address.verified_on = now()
        everybody.append(address)
    getUtility(IDomainManager).add("lists.example")
    for size in sizes:
        one = create_list(f"of-{size}@lists.example", [])
        one.send_welcome_message = one.digests_enabled = one.require_explicit_destination = (
            False  # the same octets go to every peer
        )
        one.archive_policy = ArchivePolicy.never
        if verp:
            one.personalize = Personalization.full
        for address in everybody[: size + 1]:
            one.subscribe(address, MemberRole.member, send_welcome_message=False)
        one.members.get_member(author).preferences.receive_own_postings = False
    config.db.commit()


if __name__ == "__main__":
    _, settings, author, *rest = sys.argv
    initialize(settings)
    make_lists(author, [int(word) for word in rest if word != "verp"], verp="verp" in rest)
