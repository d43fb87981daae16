"""Fetches the archives of requirements.txt once into the virtual environment; without a network their tests are skipped by name."""

import fcntl
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
STORE = Path(sys.prefix) / "conformance"
_SAFELY: dict = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.4 and later know it


def material(name: str) -> Path:
    """The unpacked archive of one package, such as "pyspf-2.0.14". With CI=true one that can't be had fails."""
    found = STORE / name
    STORE.mkdir(exist_ok=True)
    with (STORE / "lock").open("w") as lock:  # pytest collects in several processes
        fcntl.flock(lock, fcntl.LOCK_EX)
        return found if found.is_dir() else _fetched(found)


def _fetched(found: Path) -> Path:
    """Fetch all, and return the one; skip or fail where that can't be done."""
    try:
        _fetch()
    except (subprocess.CalledProcessError, OSError) as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(
            f"{found.name}'s test material can't be fetched by pip ({type(error).__name__})", allow_module_level=True
        )
    return found


def _fetch() -> None:
    """Download all by hash and unpack them."""
    with tempfile.TemporaryDirectory(dir=STORE) as folder:
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps")
        names = (line.partition("==")[0] for line in REQUIREMENTS.read_text("ascii").splitlines() if "==" in line)
        # Only these as sources: what pip builds them with may come ready-made, which saves half a minute.
        wanted = ("--no-binary", ",".join(names), "--require-hashes", "-r", str(REQUIREMENTS))
        subprocess.run((*pip, *wanted, "-d", folder), check=True, capture_output=True, timeout=300)
        for archive in sorted(Path(folder).glob("*.tar.gz")):
            with tarfile.open(archive) as opened:
                opened.extractall(folder, **_SAFELY)
        for unpacked in filter(Path.is_dir, Path(folder).iterdir()):
            target = STORE / unpacked.name
            if not target.exists():
                unpacked.rename(target)
