"""Weights that were learned, as text: what likeness.py and talk.py are read from."""

from base64 import b64decode
from collections.abc import Sequence
from zlib import decompress
from zlib import error as zlib_error

import numpy as np
from numpy.typing import NDArray


def unpacked(weights: Sequence[str]) -> list[NDArray[np.int8]]:
    """Weights that `make learn` has written: zlib over octets, in base64.

    Raises:
        ValueError: they aren't.
    """
    try:
        return [np.frombuffer(decompress(b64decode(text, validate=True)), np.int8) for text in weights]
    except zlib_error as error:
        raise ValueError("its weights can't be unpacked") from error
