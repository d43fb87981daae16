"""The walk in the documents, one person from nomination to suspension: it does what it says, whoever runs it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.integration.command import program
from tests.ports import free_port
from tests.programs import need

WALK = Path(__file__).parents[2] / "docs" / "one-person.sh"
STEPS = (
    "Bela is nominated.",
    "somebody else must confirm",
    "Bela is active.",
    "Forty kilograms of pangolin scales",
    "bela@forets.example is attested.",
    "Bela is suspended.",
    "member.nominated",
    "member.rules_accepted",
    "member.confirmed",
    "member.suspended",
    "The audit log is whole.",
)


def test_the_walk_in_the_documents_ends_well(tmp_path, tmp_path_factory):
    need("curl")
    ports = " ".join(str(free_port()) for _ in range(5))
    programs = tmp_path_factory.mktemp("bin")
    (programs / "aiosmtpd").symlink_to(Path(sys.executable).with_name("aiosmtpd"))
    environment = {**os.environ, "RELAY_PORTS": ports, "TMPDIR": str(tmp_path), "BIN": str(programs)}
    with program(programs):
        done = subprocess.run(
            [WALK],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
    assert done.returncode == 0, done.stdout
    places = [done.stdout.find(step) for step in STEPS]
    assert -1 not in places, done.stdout
    assert places == sorted(places)
    assert list(tmp_path.iterdir()) == []
