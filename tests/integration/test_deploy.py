"""The files of deploy/ do what they say: units that systemd takes and under which the relay runs, and a pass-through."""

import re
import shutil
import smtplib
import ssl
import subprocess
from pathlib import Path

import pytest

from relay.transport.smarthost import is_open
from tests.integration.clients import make_post, octets_of, send
from tests.integration.service import ANA, CENTRAL, PATIENCE, Service, Site, Smarthost, eventually
from tests.ports import free_port
from tests.programs import need

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
# Where root starts the service, as here, scanners change their user and SQLite keeps files in their owner's hands.
AS_ROOT_ONLY = {"setgroups", "setresgid", "setresuid", "fchown"}
MOST_EXPOSED = 2.0  # of 10; systemd calls up to 2 “OK”


def ask_systemd(*words):
    return subprocess.run(["systemd-analyze", *words], check=False, capture_output=True, text=True, timeout=PATIENCE)


def system_calls(name):
    """The system calls of a set such as @system-service, the sets in it included."""
    lines = (line.strip() for line in ask_systemd("syscall-filter", name).stdout.splitlines())
    words = {line for line in lines if line and not line.startswith("#") and line != name}
    return {call for word in words for call in (system_calls(word) if word.startswith("@") else {word})}


def installed(unit, folder):
    """The unit as a site has it, but for the program, which systemd looks for."""
    text, found = re.subn(r"(?m)^ExecStart=\S+", f"ExecStart={shutil.which('true')}", unit.read_text("utf-8"))
    assert found == 1
    path = folder / unit.name.replace("@", "@smtp")
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_unit_and_finds_it_little_exposed(unit, tmp_path):
    need("systemd-analyze")
    path = installed(unit, tmp_path)
    done = ask_systemd("verify", "--man=no", str(path))
    assert (done.returncode, [line for line in done.stderr.splitlines() if path.name in line]) == (0, [])
    table = ask_systemd("security", "--offline=yes", str(path)).stdout
    exposure = re.search(r"Overall exposure level for \S+ ([\d.]+)", table.replace(": ", " "))
    assert exposure, table
    assert float(exposure[1]) < MOST_EXPOSED


def test_the_units_forbid_swap_and_core_files_and_let_the_relay_drain():
    for unit in UNITS:
        text = unit.read_text("utf-8")
        for line in ("MemorySwapMax=0", "LimitCORE=0", "KillMode=mixed", "UMask=0077", "NoNewPrivileges=yes"):
            assert f"\n{line}\n" in text, unit
        assert int(re.search(r"(?m)^TimeoutStopSec=(\d+)$", text)[1]) > 20 + 10


def test_the_relay_makes_no_system_call_that_its_unit_forbids(tmp_path):
    need("systemd-analyze")
    need("strace")
    allowed = system_calls("@system-service") - system_calls("@privileged")
    assert {"read", "socket"} <= allowed
    assert "mount" not in allowed
    for unit in UNITS:
        assert re.findall(r"(?m)^SystemCallFilter=(.*)$", unit.read_text("utf-8")) == [
            "@system-service",
            "~@privileged",
        ]
    smarthost = Smarthost()
    try:
        site = Site(tmp_path, smarthost.port)
        site.enrol(ANA)
        counted = tmp_path / "calls"
        with Service(site, "strace", "-D", "-f", "-c", "-S", "name", "-U", "name", "-o", str(counted)) as service:
            reply = send(service, ANA, make_post(ANA, "Traced", "Two tusks.\n", message_id="<traced@douanes.example>"))
            eventually(lambda: smarthost.copies(reply.split()[2]))
        lines = eventually(lambda: counted.read_text("ascii").splitlines() if counted.exists() else [])
    finally:
        smarthost.close()
    used = {line.strip() for line in lines if re.fullmatch(r"[a-z][a-z0-9_]*", line.strip())} - {"syscall", "total"}
    assert len(used) > 40
    assert used - allowed - AS_ROOT_ONLY == set()


@pytest.fixture
def front(tmp_path):
    """A relay that believes one gateway, behind haproxy: the port of the latter, and the relay."""
    need("haproxy")
    smarthost, port = Smarthost(), free_port()
    site = Site(tmp_path, smarthost.port)
    site.enrol()
    for key, value in (("proxies", ["127.0.0.1"]), ("trusted_gateways", ["127.0.0.9"]), ("authserv_id", "mx.example")):
        site.configure("smtp", key, value)
    text = (DEPLOY / "haproxy" / "haproxy.cfg").read_text("utf-8")
    try:
        with Service(site) as service:
            for old, new in (
                ("bind :25\n", f"bind 127.0.0.1:{port}\n"),
                ("192.0.2.20:25 ", f"127.0.0.1:{service.ports['smtp']} "),
            ):
                assert old in text
                text = text.replace(old, new)
            (tmp_path / "haproxy.cfg").write_text(text, "utf-8")
            with subprocess.Popen(["haproxy", "-f", str(tmp_path / "haproxy.cfg")], stderr=subprocess.DEVNULL) as proxy:
                try:
                    eventually(lambda: is_open("127.0.0.1", port))
                    yield port, service
                finally:
                    proxy.kill()
    finally:
        smarthost.close()


def hand_over(port, service, source):
    """Send a post under TLS from an address of this machine; the reply to its recipient, or to itself."""
    message = make_post(ANA, "Through haproxy", "Two tusks.\n", message_id="<haproxy@douanes.example>")
    octets = b"Authentication-Results: mx.example; dkim=pass header.d=douanes.example\r\n" + octets_of(message)
    with smtplib.SMTP("localhost", port, timeout=PATIENCE, source_address=(source, 0)) as client:
        client.starttls(context=ssl.create_default_context(cafile=str(service.certificate)))
        client.ehlo()
        client.mail(ANA)
        code, words = client.rcpt(CENTRAL)
        return client.data(octets) if code == 250 else (code, words)


def test_a_client_behind_the_shipped_pass_through_is_known_by_its_own_address(front):
    port, service = front
    code, words = hand_over(port, service, "127.0.0.9")
    assert code == 250
    reference = words.decode().split()[1]
    rows = service.site.run("audit", "export").rows
    [entry] = [row for row in rows if row.get("event") == "post.decided" and reference in str(row)]
    assert entry["facts"]["client"] == "127.0.0.9"
    assert hand_over(port, service, "127.0.0.8")[0] == 550
