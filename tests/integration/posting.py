"""What tests of a relay that is stopped, killed and started again have in common: posts by one member, and who has got them."""

from tests.integration.clients import make_post, octets_of, send
from tests.integration.service import ANA, CLAIRE, JEAN, MARIA, PAUL, Service, Site, Smarthost, eventually

OTHERS = sorted([PAUL, JEAN, MARIA, CLAIRE])


class PostingScene:
    """Ana posts to central-africa through `service`; what the others get arrives at `smarthost`."""

    site: Site
    smarthost: Smarthost
    service: Service
    _count = 0

    def post(self, text="Two tusks.\n"):
        """A new post's octets."""
        self._count += 1
        return octets_of(make_post(ANA, f"Post {self._count}", text, message_id=f"<{self._count}@douanes.example>"))

    def send(self, octets=None):
        """Send a post that must be accepted; its reference."""
        reply = send(self.service, ANA, octets or self.post())
        assert reply.startswith("250 2.0.0 CAFR-"), reply
        return reply.split()[2]

    def assert_delivered_once(self, *references):
        """Everybody has got each of them once; the receipt comes when the queue has come to rest."""
        for reference in references:
            eventually(lambda wanted=reference: len(self.smarthost.copies(wanted)) >= len(OTHERS))
            self.smarthost.notice(reference, "relay")
        under_way = "SELECT id FROM deliveries WHERE status IN ('queued', 'leased', 'sending')"
        eventually(lambda: not self.site.ask(under_way))
        assert [self.smarthost.copies(reference) for reference in references] == [OTHERS] * len(references)
