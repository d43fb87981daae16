"""A command loads what it needs and no more, so that nobody waits for the rest. What `serve` loads: test_service_relay."""

import subprocess
import sys

import pytest

ELSEWHERE = frozenset({"PIL", "aiosmtpd", "alembic", "dns", "psycopg", "smtplib"})  # where few commands go
OF_A_RELAY = frozenset({"babel", "cryptography", "pydantic_settings", "relay.resources", "sqlalchemy"})


def loaded(*words):
    """What a fresh interpreter loads for a command."""
    told = [sys.executable, "-P", "-X", "importtime", "-m", "relay", *words]
    done = subprocess.run(told, check=True, capture_output=True, text=True, timeout=60)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_who_asks_what_there_is_needs_no_relay(word):
    modules = loaded(word)
    assert "relay.cli.main" in modules
    assert not modules & (ELSEWHERE | OF_A_RELAY)


@pytest.mark.parametrize("words", [("members", "list"), ("queue", "status")], ids=" ".join)
def test_who_asks_about_a_relay_needs_no_server_and_no_other_database(site, words):
    modules = loaded(*words, "--json", "--config", str(site.file))
    assert modules >= OF_A_RELAY
    assert not modules & ELSEWHERE
