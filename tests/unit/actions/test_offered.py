"""The key in a message with KEY: found in time that grows with the message alone, whatever somebody writes."""

from time import process_time

import pytest

from relay.actions.offered import key_block

BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
PGP = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nabc\n-----END PGP PUBLIC KEY BLOCK-----"


@pytest.mark.parametrize(
    ("text", "block"),
    [
        (f"KEY\n\n{BEGIN}\nabc\n{END}\n-- \nJean", f"{BEGIN}\nabc\n{END}"),
        (f"KEY\n{PGP}\n{BEGIN}\nabc\n{END}", PGP),
        (f"KEY\n{BEGIN}\nabc\n", ""),
        (f"KEY\n{END}\n{BEGIN}\n", ""),
        (f"KEY\n{BEGIN}\n{PGP}", ""),
        (f"KEY\n{BEGIN}{'a' * 100_000}{END}", ""),
        ("KEY", ""),
    ],
)
def test_the_first_key_counts_from_its_first_line_to_its_last(text, block):
    assert key_block(text) == block


def test_lines_that_begin_keys_and_never_end_take_no_time():
    hostile = f"{BEGIN}\n" * 40_000
    started = process_time()
    assert key_block(hostile) == ""
    assert process_time() - started < 0.5
