"""Fetches the archives of requirements.txt once into the virtual environment; without a network their tests are skipped by name."""

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
STORE = Path(sys.prefix) / "conformance"


def material(name: str) -> Path:
    """The unpacked archive of one package, such as "pyspf-2.0.14". With CI=true one that can't be had fails."""
    found = STORE / name
    if not found.is_dir():
        try:
            _fetch()
        except (subprocess.CalledProcessError, OSError) as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"{name}'s test material can't be fetched: {error}", allow_module_level=True)
    return found


def _fetch() -> None:
    """Download all by hash and unpack them; whoever comes second finds them there."""
    STORE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=STORE) as folder:
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps")
        wanted = ("--no-binary", ":all:", "--require-hashes", "-r", str(HERE / "requirements.txt"))
        subprocess.run((*pip, *wanted, "-d", folder), check=True, capture_output=True, timeout=300)
        for archive in sorted(Path(folder).glob("*.tar.gz")):
            with tarfile.open(archive) as opened:
                opened.extractall(folder, filter="data")
        for unpacked in filter(Path.is_dir, Path(folder).iterdir()):
            target = STORE / unpacked.name
            if not target.exists():
                unpacked.rename(target)
