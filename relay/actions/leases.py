"""What this process holds of the queue: signs of life for it, what others left behind, and giving it back."""

from collections.abc import Callable
from datetime import datetime, timedelta

from relay.maillog import note
from relay.resources import Resources
from relay.store import leases
from relay.store.clock import seconds
from relay.store.engine import Transaction
from relay.store.last_look import SENDING

BEAT = timedelta(seconds=10)
_STEP = timedelta(seconds=5)  # more than a machine's count of seconds and a true clock differ from beat to beat


class Leases:
    """The leases of one run of a node, which all begin alike."""

    def __init__(self, resources: Callable[[], Resources], boot: str) -> None:
        """Take a way to the present resources, and a random word that no earlier run of this node used."""
        self._resources = resources
        self._boot = boot
        self._last: tuple[datetime, float] | None = None
        self._patient_until = 0.0

    @property
    def owner(self) -> str:
        """How each of them begins."""
        return f"{self._resources().settings.relay.node}/{self._boot}/"

    def beat(self, *, sending: bool) -> int:
        """Give a sign of life for what is being sent, and take over what another node was sending when it fell silent.

        Returns:
            How many were taken over and are due now.

        Raises:
            Unavailable: the database can't serve; others may take over what is being sent here.
        """
        resources, owner = self._resources(), self.owner

        def beat(connection: Transaction) -> int:
            now = resources.now()
            if sending:
                leases.prolong(connection, owner, now + SENDING)
            return leases.take_over(connection, resources.settings.relay.node, now) if self._believes(now) else 0

        if taken := resources.database.write(beat):
            note("delivery.recovered", possible_duplicates=taken)
        return taken

    def give_back(self) -> None:
        """Let others have at once what was claimed and not begun, when this process ends.

        Raises:
            Unavailable: the database can't serve; others wait until the leases run out.
        """
        database, owner = self._resources().database, self.owner

        def free(connection: Transaction) -> None:
            if leases.free_unsent(connection, owner, database.now()):
                database.announce(connection)

        database.write(free)

    def _believes(self, now: datetime) -> bool:
        """Whether who looks silent is: not when the server's clock has just been set, until everybody has had time for a sign of life."""
        count, last = seconds(), self._last
        self._last = now, count
        if last and abs(now - last[0] - timedelta(seconds=count - last[1])) > _STEP:
            self._patient_until = count + SENDING.total_seconds()
        return count >= self._patient_until
