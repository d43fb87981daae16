"""What the doctor makes of a machine, told by the kernel's files laid out in a folder, and by this machine's own."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from relay.doctor.machine import (
    look_at_clock,
    look_at_hibernation,
    look_at_memory_dumps,
    look_at_reading,
    look_at_swap,
)
from relay.scan.tesseract import LANGUAGES

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
HEADER = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


class Machine:
    """A folder that looks like the root of a machine."""

    def __init__(self, root):
        self.root = root
        self.write("proc/swaps", HEADER)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def swap(self, name, kind="partition"):
        with (self.root / "proc" / "swaps").open("a") as file:
            file.write(f"{name}\t{kind}\t8388604\t0\t-2\n")

    def device(self, name, uuid="", on=()):
        """A block device, device mapper's if it has an UUID, on others."""
        block = self.root / "sys" / "class" / "block" / name
        (block / "slaves").mkdir(parents=True)
        if uuid:
            self.write(f"sys/class/block/{name}/dm/uuid", uuid + "\n")
        for other in on:
            (block / "slaves" / other).symlink_to(block.parent / other)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def level(findings):
    [finding] = findings
    assert (finding.level == "ok") == (not finding.advice)
    return finding.level


def test_no_swap_is_fine(machine):
    assert level(look_at_swap(machine.root)) == "ok"


def test_bare_swap_is_wrong_and_is_named(machine):
    machine.device("sda2")
    machine.swap("/dev/sda2")
    [finding] = look_at_swap(machine.root)
    assert finding.level == "wrong"
    assert finding.finding.startswith("/dev/sda2 is not encrypted")


def test_encrypted_swap_is_fine_and_so_is_a_volume_on_nothing_but_encrypted_ones(machine):
    machine.device("dm-0", "CRYPT-LUKS2-0123-luks")
    machine.device("dm-1", "LVM-4567", on=["dm-0"])
    machine.swap("/dev/dm-0")
    machine.swap("/dev/dm-1")
    assert level(look_at_swap(machine.root)) == "ok"


def test_a_volume_that_lies_on_a_bare_disk_as_well_is_wrong(machine):
    machine.device("dm-0", "CRYPT-LUKS2-0123-luks")
    machine.device("sdb1")
    machine.device("dm-1", "LVM-4567", on=["dm-0", "sdb1"])
    machine.swap("/dev/dm-1")
    assert level(look_at_swap(machine.root)) == "wrong"


@pytest.mark.parametrize(("behind", "expected"), [("none", "ok"), ("/dev/sda3", "wrong")])
def test_compressed_memory_is_no_disk_unless_one_is_behind_it(machine, behind, expected):
    machine.write("sys/class/block/zram0/backing_dev", behind + "\n")
    machine.swap("/dev/zram0")
    assert level(look_at_swap(machine.root)) == expected


@pytest.mark.parametrize(("uuid", "expected"), [("CRYPT-PLAIN-swap", "ok"), ("LVM-1", "wrong")])
def test_a_swap_file_is_as_safe_as_the_disk_below_it(machine, tmp_path, uuid, expected):
    file = tmp_path / "swap file"
    file.touch()
    device = file.stat().st_dev
    machine.write(f"sys/dev/block/{os.major(device)}:{os.minor(device)}/dm/uuid", uuid)
    machine.swap(str(file).replace(" ", "\\040"), "file")
    assert level(look_at_swap(machine.root)) == expected


@pytest.mark.parametrize(("most", "expected"), [("0", "ok"), ("max", "wrong")])
def test_bare_swap_that_the_relays_units_may_not_use_is_fine(machine, most, expected):
    machine.device("sda2")
    machine.swap("/dev/sda2")
    machine.write("sys/fs/cgroup/system.slice/wen-relay.service/memory.swap.max", "0\n")
    machine.write("sys/fs/cgroup/system.slice/system-wen\\x2drelay.slice/wen-relay@smtp.service/memory.swap.max", most)
    assert level(look_at_swap(machine.root)) == expected


@pytest.mark.parametrize(
    ("states", "uuid", "masked", "expected"),
    [
        ("freeze mem disk", "", False, "warning"),
        ("freeze mem", "", False, "ok"),
        ("freeze mem disk", "CRYPT-LUKS2-1", False, "ok"),
        ("freeze mem disk", "", True, "ok"),
    ],
)
def test_hibernation_to_bare_swap_is_warned_of(machine, states, uuid, masked, expected):
    machine.write("sys/power/state", states + "\n")
    machine.device("dm-0", uuid)
    machine.swap("/dev/dm-0")
    if masked:
        (machine.root / "etc" / "systemd" / "system").mkdir(parents=True)
        (machine.root / "etc" / "systemd" / "system" / "hibernate.target").symlink_to("/dev/null")
    assert level(look_at_hibernation(machine.root)) == expected


def test_memory_dumps_are_wrong_when_they_cant_be_forbidden_and_kernel_dumps_are_warned_of(machine):
    machine.write("proc/sys/kernel/core_pattern", "|/lib/systemd/systemd-coredump %P\n")
    assert level(look_at_memory_dumps(True, machine.root)) == "ok"
    [finding] = look_at_memory_dumps(False, machine.root)
    assert finding.level == "wrong"
    assert "systemd-coredump" in finding.finding
    machine.write("sys/kernel/kexec_crash_loaded", "1\n")
    assert [one.level for one in look_at_memory_dumps(True, machine.root)] == ["ok", "warning"]


def test_a_process_that_forbids_memory_dumps_knows_it_and_leaves_none(tmp_path):
    code = (
        "import resource, os, signal\n"
        "from relay.actions.open import forbid_memory_dumps, memory_dumps_are_forbidden\n"
        "assert not memory_dumps_are_forbidden()\n"
        "forbid_memory_dumps()\n"
        "assert memory_dumps_are_forbidden()\n"
        "os.kill(os.getpid(), signal.SIGQUIT)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=tmp_path, capture_output=True)
    assert done.returncode == -3, done.stderr  # SIGQUIT
    assert list(tmp_path.iterdir()) == []


def test_a_clock_behind_the_newest_audit_entry_is_wrong():
    assert level(look_at_clock(NOW, NOW + timedelta(minutes=1))) == "wrong"


@pytest.mark.parametrize("newest", [None, NOW - timedelta(days=1)])
def test_a_clock_after_it_is_not(newest):
    assert level(look_at_clock(NOW, newest)) in {"ok", "warning"}  # whether it is synchronised is this machine's affair


def test_this_machine_can_be_looked_at():
    for look in (look_at_swap, look_at_hibernation):
        level(look())


def test_whether_writing_on_photos_can_be_read_and_what_to_install(machine):
    def advice():
        [finding] = look_at_reading(machine.root)
        return finding.level, finding.advice

    data = "usr/share/tesseract-ocr/5/tessdata"
    assert advice()[0] == "warning"
    assert "libtesseract5 tesseract-ocr-eng" in advice()[1]
    machine.write("usr/lib/x86_64-linux-gnu/libtesseract.so.5", "")
    for language in LANGUAGES[:-1]:
        machine.write(f"{data}/{language}.traineddata", "")
    assert advice() == ("warning", "apt-get install tesseract-ocr-chi-sim")
    machine.write(f"{data}/{LANGUAGES[-1]}.traineddata", "")
    assert advice() == ("ok", "")
