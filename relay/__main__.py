"""`python -m relay` is `wen-relay`."""

from relay.cli.main import run

run()
