"""The openspf.org suite for RFC 7208, as pyspf's source archive has it: our results are the suite's."""

import pytest
import yaml

from relay.errors import DnsError
from relay.mail.address import Address
from relay.senders.spf import check_host
from tests.conformance.material import material

SUITE = material("pyspf-2.0.14") / "test" / "rfc7208-tests.yml"
SCENARIOS = list(yaml.safe_load_all(SUITE.read_text("utf-8")))

# What we judge otherwise, on purpose.
DIFFERENT = {
    # %{p} is always "unknown": RFC 7208 §7.3 advises against using it and allows that; each use would cost up to ten questions.
    "p-macro-multiple": ["neutral"],
}


def zone_of(scenario):
    """name → rows of (type, value); a bare word such as TIMEOUT stands for itself. Records of type SPF count as TXT where a name has none."""
    zone = {}
    for name, rows in scenario["zonedata"].items():
        found = [row if isinstance(row, str) else next(iter(row.items())) for row in rows]
        has_text = any(not isinstance(row, str) and row[0] == "TXT" for row in found)
        zone[name.lower()] = [
            ("TXT", row[1]) if not isinstance(row, str) and row[0] == "SPF" and not has_text else row for row in found
        ]
    return zone


def resolver(zone):
    def lookup(name, kind, hops=0):
        name = name.lower().removesuffix(".")
        if hops == 10:
            return ()
        found = []
        rows = zone.get(name, ())
        if name.startswith("error.") and not rows:
            raise DnsError("no answer")
        answered = False
        for row in rows:
            if row == "TIMEOUT":
                if not answered:
                    raise DnsError("no answer")
                break
            row_kind, value = row
            if row_kind == kind and value != "NONE":
                answered = True
                if value == "TIMEOUT":
                    raise DnsError("no answer")
                found.append(written(kind, value))
            elif row_kind == "CNAME":
                return lookup(value, kind, hops + 1)
        return tuple(found)

    return lookup


def written(kind, value):
    """A record as the lookup of the relay gives it."""
    if kind == "TXT":
        text = value if isinstance(value, str) else "".join(value)
        return "".join(char if " " <= char <= "~" else "\ufffd" for char in text)
    return value[1] if kind == "MX" else str(value)


def cases():
    for scenario in SCENARIOS:
        for name, case in scenario["tests"].items():
            yield pytest.param(scenario, name, case, id=f"{scenario['description']}: {name}")


@pytest.mark.parametrize(("scenario", "name", "case"), list(cases()))
def test_a_result_is_one_of_the_suite_s(scenario, name, case):
    mail_from = case["mailfrom"] or ""
    local, _, domain = mail_from.rpartition("@")
    sender = Address(local=local or "postmaster", domain=domain) if domain else None
    result = check_host(case["host"], sender, case["helo"], resolver(zone_of(scenario)))
    wanted = case["result"] if isinstance(case["result"], list) else [case["result"]]
    assert str(result) in DIFFERENT.get(name, wanted)


def test_the_whole_suite_is_there():
    assert sum(len(one["tests"]) for one in SCENARIOS) > 190
