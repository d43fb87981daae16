"""A question that was asked outlives a relay that is killed, and one process may ask what another hears the answer to."""

from contextlib import ExitStack

import pytest

from tests.integration.nameserver import NameServer
from tests.integration.service import ANA, CLAIRE, JEAN, MARIA, PAUL, House, Service, Site, Smarthost, eventually
from tests.integration.test_service_challenge import OK, Scene
from tests.postgresql import Server, require


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_answer_counts_after_a_kill(kind, tmp_path):
    with ExitStack() as stack:
        nameserver = stack.enter_context(NameServer({}))
        smarthost = Smarthost()
        stack.callback(smarthost.close)
        database = ""
        if kind == "postgresql":
            require()
            database = stack.enter_context(Server()).database()
        site = Site(tmp_path, smarthost.port, database=database)
        site.enrol()
        site.configure("smtp", "resolver", nameserver.address)
        site.edit_list("central-africa", "\nactive = true", '\nactive = true\nproofs = ["challenge"]')
        roles = [""] if kind == "sqlite" else ["smtp", "delivery"]
        services = [stack.enter_context(Service(site, only=role)) for role in roles]
        scene = Scene(House(site, smarthost, services[0]), ANA)
        assert scene.hand_in(scene.post("Pangolins")) == OK
        letter = scene.letter()
        services[0].kill()
        scene = Scene(House(site, smarthost, stack.enter_context(Service(site, only=roles[0]))), ANA)
        assert scene.posts == scene.copies() == []
        assert scene.answer(letter, "YES") == OK
        eventually(lambda: scene.copies() == sorted([CLAIRE, JEAN, MARIA, PAUL]))
