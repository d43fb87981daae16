"""The marking words as a file."""

import pytest

from relay.errors import ConfigurationError
from relay.policy.ruleset import read_marking_words

SMALLEST = """\
[tlp]
names = ["TLP"]
connectors = ["level"]

[tlp.labels]
"TLP:CLEAR" = ["CLEAR"]
"TLP:GREEN" = ["GREEN"]
"TLP:AMBER" = ["AMBER"]
"TLP:AMBER+STRICT" = ["AMBER+STRICT"]
"TLP:RED" = ["RED"]
"""


def test_words_are_read():
    words = read_marking_words(SMALLEST, "markings.toml")
    assert words.names == ("TLP",)
    assert words.connectors == ("level",)
    assert words.labels["TLP:RED"] == ("RED",)


def test_another_scheme_s_markings_are_words_too():
    words = read_marking_words(f'{SMALLEST}\n[pap]\n"PAP:RED" = ["PAP RED"]\n', "markings.toml")
    assert words.labels["PAP:RED"] == ("PAP RED",)
    assert words.labels["TLP:RED"] == ("RED",)


@pytest.mark.parametrize(
    "table", ['"PAP:GREEN" = ["PAP GREEN"]', '"PAP:RED" = []', '"PAP:RED" = [" "]', '"TLP:RED" = ["x"]']
)
def test_a_fault_in_another_scheme_names_its_table(table):
    with pytest.raises(ConfigurationError, match="pap"):
        read_marking_words(f"{SMALLEST}\n[pap]\n{table}\n", "markings.toml")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"TLP:RED" = ["RED"]', "", "markings.toml:5: tlp.labels: “TLP:RED” has no words"),
        ('"TLP:RED" = ["RED"]', '"TLP:RED" = []', "“TLP:RED” has no words"),
        ('"TLP:RED"', '"TLP:PURPLE"', "“TLP:PURPLE” is not a TLP 2.0 label"),
        ('names = ["TLP"]', "names = []", "markings.toml:2: tlp.names"),
        ('names = ["TLP"]', 'names = [""]', "markings.toml:2: tlp.names"),
        ('["RED"]', '["RED", " "]', "tlp.labels"),
        ('["RED"]', '["RED", "\\u200b"]', "tlp.labels"),
        ('["level"]', '["level", "-"]', "markings.toml:3: tlp.connectors"),
        ('["RED"]', '"RED"', "tlp.labels"),
        ("names =", "name =", "markings.toml:2: unknown key “tlp.name”; did you mean “names”?"),
        ("[tlp]", "[tlp", "markings.toml:1: this is not valid TOML"),
    ],
)
def test_a_fault_names_its_place(old, new, sentence):
    text = SMALLEST.replace(old, new)
    assert text != SMALLEST
    with pytest.raises(ConfigurationError) as caught:
        read_marking_words(text, "markings.toml")
    assert sentence in str(caught.value)
