"""SMTP replies: one line of printable ASCII."""

import pytest

from relay.mail import reply
from relay.mail.reply import Reply, accepted


def test_a_reply_is_written_with_its_codes():
    assert str(Reply(250, "2.1.0", "OK")) == "250 2.1.0 OK"
    assert str(Reply(354, "", "Go ahead")) == "354 Go ahead"
    assert str(accepted("CAFR-2026-000123")) == "250 2.0.0 CAFR-2026-000123"


@pytest.mark.parametrize("text", ["", "a\r\n250 OK", "a\nb", "a\0", "a\tb", "é", "a\x7f"])
def test_a_text_that_could_end_the_line_is_a_mistake_of_ours(text):
    with pytest.raises(ValueError, match="one line of printable ASCII"):
        Reply(550, "5.7.1", text)


@pytest.mark.parametrize("code", [0, 199, 600, 2500])
def test_a_code_outside_smtp_is_a_mistake_of_ours(code):
    with pytest.raises(ValueError, match="one line"):
        Reply(code, "", "x")


def test_a_reply_is_positive_below_400():
    assert accepted("CAFR-2026-000123").positive
    assert not reply.TRY_LATER.positive
    assert not reply.REFUSED.positive


def test_the_enhanced_code_has_the_class_of_the_basic_one():
    constants = [one for one in vars(reply).values() if isinstance(one, Reply)]
    assert constants
    assert all(one.enhanced.startswith(str(one.code)[0] + ".") for one in constants)
