"""One relay, made by the real commands; every trial works on a copy of it."""

import pytest

from tests.builders import make_message
from tests.crash.blows import MEMBERS, Post, no_strace
from tests.running import Site, establish, without_detectors


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A relay that was never started."""
    site = establish(tmp_path_factory.mktemp("template") / "data", MEMBERS)
    without_detectors(site.data)
    return site


@pytest.fixture
def strace() -> None:
    """Skip where no process may be traced."""
    if reason := no_strace():
        pytest.skip(reason)


@pytest.fixture
def relayed(template: Site) -> Post:
    """A post that goes to everybody, with a receipt for its author."""
    return Post(make_message(sender=template.author), mails=MEMBERS)


@pytest.fixture
def withheld(template: Site) -> Post:
    """A post that nobody gets, with a notice to its author; its words stand nowhere else."""
    body = "The Quittenbaum lead at Xylophonberg.\r\n"
    return Post(make_message(body, sender=template.author, subject="TLP:RED"), mails=1)
