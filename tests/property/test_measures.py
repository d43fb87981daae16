"""No fact of any event but a few words of ours gets onto the page of metrics."""

from hypothesis import given
from hypothesis import strategies as st

from relay.maillog import EVENTS
from relay.measures import Measures, Report
from relay.web.metrics import page

# What events tell beside the words that are labels: addresses, references, members, replies, anything.
FACTS = (
    "ip",
    "reference",
    "author",
    "member",
    "recipient",
    "reason",
    "error",
    "frames",
    "reply",
    "client",
    "file",
    "type",
)
SECRET = st.text(st.characters(categories=("L", "N")), min_size=6, max_size=20).map("zq{}@ana.example".format)


@given(event=st.sampled_from(sorted(EVENTS)), secrets=st.lists(SECRET, min_size=len(FACTS), max_size=len(FACTS)))
def test_what_an_event_says_of_people_is_not_on_the_page(event, secrets):
    measures = Measures()
    words = {
        "lists": ["central-africa"],
        "decisions": ["withhold"],
        "possible_duplicates": 1,
        "job": "renew",
        "why": "repeated",
    }
    measures.heard(event, {**dict(zip(FACTS, secrets, strict=True)), **words})
    written = page(
        {"relay": Report(counts=measures.counts(), times=measures.times(), gauges=measures.marks(), process={})}
    ).decode()
    assert event in written
    assert not any(one in written or "@" in written for one in secrets)
