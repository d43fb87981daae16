"""Which of the programs that tests drive this machine has, and whether tesseract can read photos. `tests/needs.sh` installs them where it may."""

import shutil
import subprocess
from functools import cache

import pytest

from relay.scan.tesseract import LANGUAGES, languages


@cache
def _reason_against(program: str) -> str:
    if not shutil.which(program):
        return f"{program} is not installed: apt-get install {program}"
    # swaks only recommends the library through which it speaks TLS.
    if program == "swaks" and b"TLS supported" not in _swaks_abilities():
        return "swaks can't speak TLS here: apt-get install libnet-ssleay-perl"
    return ""


def _swaks_abilities() -> bytes:
    return subprocess.run(["swaks", "--support"], check=True, capture_output=True).stdout


def need_languages() -> None:
    """Skip the test where tesseract can't read all that the relay knows of."""
    if missing := set(LANGUAGES) - set(languages()):
        pytest.skip(f"tesseract can't read {', '.join(sorted(missing))} here: tests/needs.sh names the packages")


def need(program: str) -> None:
    """Skip the test where a program is missing."""
    if reason := _reason_against(program):
        pytest.skip(reason)
