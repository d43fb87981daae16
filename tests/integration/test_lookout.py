"""What is wrong is seen, told once, told again after a day, and told to be over; whoever looks, and across restarts."""

import json
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from relay.actions.alarms import compose_for_operator
from relay.delivery.alarm import AlarmKind
from relay.delivery.delivery import Kind
from relay.doctor.records import look_at_queue
from relay.errors import Unavailable
from relay.lookout import FAILING_FOR, SCANS_LOST, Lookout
from relay.measures import Measures
from relay.store import alarms, audit, nodes
from relay.store.nodes import Run
from tests.integration.clocked import at, fixtures

OPS = "ops@agency.example"
AUTHOR, READER = "ana@douanes.example", "jean@parcs.example"
PEOPLE = (
    (AUTHOR, "customs", "CM", "fr", "central-africa", "member"),
    (READER, "ranger", "GA", "fr", "central-africa", "member"),
)
START = at(17, 8)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ROLES = ("smtp", "delivery", "web", "jobs")


made, site = fixtures(PEOPLE, now=START)


class Watch:
    """A relay that is looked at when the test says so."""

    def __init__(self, site):
        self.site = site
        self.lookout = Lookout(ROLES)
        self.resources = replace(site.resources, measures=Measures())
        self.change("relay", postmaster=OPS)
        self.change(disk=0)  # whatever the machine has that tests run on

    def change(self, section="alarms", **values):
        """Change some settings."""
        settings = self.resources.settings
        changed = settings.model_copy(update={section: getattr(settings, section).model_copy(update=values)})
        self.resources = replace(self.resources, settings=changed)

    def look(self, now, *, away=False, leads=True):
        """One look; the letters that it queued, as (kind, step) of each line."""
        before = len(self.letters())
        self.lookout.tick(self.resources, now, leads=leads, away=away)
        return self.letters()[before:]

    def letters(self):
        rows = self.site.rows("SELECT facts FROM deliveries WHERE kind = 'alarm' ORDER BY id")
        return [[(one["kind"], one["step"]) for one in json.loads(facts)["news"]] for (facts,) in rows]

    def going_on(self, now):
        with self.site.resources.database.read() as connection:
            return {(one.kind, one.told) for one in alarms.going_on(connection, now)}


@pytest.fixture
def watch(site):
    return Watch(site)


def test_of_what_is_well_nothing_is_written(watch):
    changes = watch.site.rows("PRAGMA data_version"), watch.site.rows("SELECT count(*) FROM alarms")
    assert watch.look(START) == watch.look(START + DAY) == []
    assert (watch.site.rows("PRAGMA data_version"), watch.site.rows("SELECT count(*) FROM alarms")) == changes


def test_a_smarthost_that_stays_away_is_told_once_daily_and_when_it_is_back(watch):
    assert watch.look(START, away=True) == []
    assert watch.going_on(START) == {(AlarmKind.SMARTHOST, False)}
    assert watch.look(START + 10 * MINUTE, away=True) == [[("smarthost", "new")]]
    watch.lookout = Lookout(ROLES)  # as after a restart: nothing is remembered but what is written down
    assert watch.look(START + 11 * MINUTE, away=True) == []
    assert watch.going_on(START + 11 * MINUTE) == {(AlarmKind.SMARTHOST, True)}
    watch.change(undelivered=30 * DAY, due=30 * DAY)  # the letters themselves wait
    assert watch.look(START + DAY + 10 * MINUTE, away=True) == [[("smarthost", "still")]]
    assert watch.look(START + DAY + 20 * MINUTE) == []
    assert watch.look(START + DAY + 29 * MINUTE) == []
    assert watch.look(START + DAY + 30 * MINUTE) == [[("smarthost", "over")]]
    assert watch.look(START + 3 * DAY) == []
    assert watch.going_on(START + 3 * DAY) == set()


def test_what_comes_and_goes_within_minutes_is_told_once(watch):
    watch.change(due=30 * DAY)  # the letters themselves wait
    told = [watch.look(START + minute * MINUTE, away=minute % 8 < 4) for minute in range(0, 60, 2)]
    assert [one for one in told if one] == [[[("smarthost", "new")]]]
    assert watch.site.rows("SELECT count(*) FROM alarms") == [(1,)]


def test_the_letter_goes_to_the_operator_without_a_way_back_and_names_nobody(watch):
    watch.change(due=MINUTE)
    reference = watch.site.post(AUTHOR, START - 2 * MINUTE)
    assert watch.look(START) == [[("due", "new")]]
    [delivery] = [one for one in watch.site.begun(START) if one.kind is Kind.ALARM]
    assert (str(delivery.recipient), delivery.recipient_id) == (OPS, "")
    mail = message_from_bytes(compose_for_operator(watch.resources, delivery, START), policy=policy.default)
    assert mail["To"] == OPS
    text = mail.get_content()
    assert "not taken up" in text
    for secret in (AUTHOR, READER, reference, "Wobbleglimmer"):
        assert secret not in str(mail)


def test_deliveries_behind_a_smarthost_that_is_away_are_not_told_as_stuck_while_its_node_is_there(watch):
    run = Run(node=watch.site.node, roles=ROLES, boot="a", place="b", version="c")
    database = watch.site.resources.database
    watch.site.post(AUTHOR, START)
    watch.look(START, away=True)
    watch.change(smarthost_away=30 * DAY, undelivered=30 * DAY)
    watch.lookout = Lookout(("jobs",))  # the leader on another node
    late = START + timedelta(hours=1)
    database.write(lambda c: nodes.enter(c, run, late))
    assert watch.look(late) == []
    database.write(lambda c: nodes.leave(c, run))
    assert watch.look(late) == [[("due", "new")]]


def test_what_waits_for_whatever_reason_is_told_after_hours(watch):
    watch.site.post(AUTHOR, START)
    watch.change(due=30 * DAY)
    assert watch.look(START + timedelta(hours=4)) == []
    assert watch.look(START + timedelta(hours=4) + MINUTE) == [[("undelivered", "new")]]


def test_more_than_so_many_letters_an_hour_are_one_later(watch):
    watch.change(letters_per_hour=1, due=MINUTE, undelivered=30 * DAY)
    watch.site.post(AUTHOR, START)
    assert watch.look(START + 2 * MINUTE) == [[("due", "new")]]
    watch.change(undelivered=MINUTE, certificate=DAY)
    assert watch.look(START + 3 * MINUTE) == []
    assert watch.look(START + 3 * MINUTE + timedelta(hours=1)) == [[("undelivered", "new")]]


def test_without_a_postmaster_the_log_tells_and_no_letter_is_written(watch):
    watch.change("relay", postmaster="")
    watch.change(due=MINUTE)
    watch.site.post(AUTHOR, START)
    assert watch.look(START + 2 * MINUTE) == []
    assert watch.going_on(START + 2 * MINUTE) == {(AlarmKind.DUE, True)}


def test_a_changed_audit_log_is_found_within_a_day(watch):
    assert watch.look(START) == []
    database = watch.site.resources.database
    database.write(lambda c: audit.sign_head(c, watch.site.node, watch.resources.keys.audit, START + DAY) and None)
    database.write(lambda c: c.exec_driver_sql("UPDATE audit SET facts = '{}' WHERE sequence = 1") and None)
    assert watch.look(START + DAY - MINUTE) == []
    assert watch.look(START + DAY) == [[("audit", "new")]]


def test_a_look_that_fails_is_heard_of_and_silences_no_other(watch):
    watch.change(disk=1 << 60, due=MINUTE)
    watch.site.post(AUTHOR, START - 2 * MINUTE)
    watch.site.resources.database.write(lambda c: c.exec_driver_sql("ALTER TABLE audit RENAME TO gone") and None)
    with pytest.raises(Unavailable):
        watch.look(START, away=False)
    assert watch.letters() == [[("disk", "new")], [("due", "new")]]


def test_low_disk_a_full_one_and_an_old_key_are_told(watch):
    watch.change(disk=1 << 60)
    assert watch.look(START) == [[("disk", "new")]]
    watch.change("smtp", min_free_octets=1 << 60)
    assert watch.look(START + MINUTE) == [[("disk-full", "new")]]
    assert ("vault-key", "new") in [one for letter in watch.look(START + 10 * DAY) for one in letter]


def test_a_job_that_fails_for_an_hour_is_told_by_its_name(watch):
    watch.change(due=30 * DAY)  # the letters themselves wait
    for minute in range(0, 61, 2):
        watch.lookout.heard("jobs.trouble", {"job": "rewrap"})
        watch.lookout.heard("service.bug", {"where": "jobs.renew"})
        watch.resources.measures.mark("job_succeeded_timestamp_seconds", START.timestamp() + 60 * minute + 1, "renew")
        told = watch.look(START + minute * MINUTE)
    assert FAILING_FOR == 60 * MINUTE
    assert told == [[("job", "new")]]
    assert watch.site.rows("SELECT about FROM alarms WHERE kind = 'job'") == [("rewrap",)]


def test_what_the_log_tells_is_an_alarm_while_it_tells_it(watch):
    watch.lookout.heard("keys.posts_shut", {"count": 3})
    watch.lookout.heard("service.bug", {"where": "web"})
    watch.change(due=30 * DAY)  # the letters themselves wait
    assert watch.look(START) == [[("bug", "new")], [("shut", "new")]]
    assert watch.look(START + timedelta(hours=1)) == []
    watch.look(START + timedelta(hours=2))
    assert watch.look(START + timedelta(hours=2) + 10 * MINUTE) == [[("bug", "over")], [("shut", "over")]]


def test_scanners_that_die_again_and_again_are_told(watch):
    watch.look(START)
    for outcome in ("late", "died", "garbled", "finished", "busy"):
        watch.resources.measures.count("scans", outcome, by=SCANS_LOST // 3)
    assert watch.look(START + MINUTE) == []
    watch.resources.measures.count("scans", "died", by=SCANS_LOST)
    assert watch.look(START + 2 * MINUTE) == [[("scanners", "new")]]


def test_a_node_that_ended_without_a_word_is_told_by_its_name_until_it_is_back(watch):
    database, run = watch.site.resources.database, Run(node="node-2", roles=ROLES, boot="a", place="b", version="c")
    database.write(lambda c: nodes.enter(c, run, START))
    watch.look(START + MINUTE)
    assert watch.look(START + 3 * MINUTE) == [[("node", "new")]]
    assert watch.site.rows("SELECT about FROM alarms") == [("node-2",)]
    database.write(lambda c: nodes.leave(c, run))
    watch.look(START + 4 * MINUTE)
    assert watch.look(START + 14 * MINUTE) == [[("node", "over")]]


def test_every_process_sees_that_nobody_does_the_periodic_work(watch):
    database = watch.site.resources.database
    database.write(lambda c: audit.sign_head(c, watch.site.node, watch.resources.keys.audit, START) and None)
    other = Lookout(("web",))
    later = START + timedelta(hours=2) + MINUTE
    for lookout in (watch.lookout, other):
        watch.lookout = lookout
        assert watch.look(later, leads=False) == []
    told = [watch.look(later + 10 * MINUTE, leads=False)]
    watch.lookout = Lookout(("smtp",))
    told.append(watch.look(later + 10 * MINUTE, leads=False))
    assert told == [[[("unsigned", "new")]], []]


def test_what_a_node_saw_that_has_gone_is_forgotten(watch):
    watch.look(START, away=True)
    watch.look(START + 10 * MINUTE, away=True)
    watch.lookout = Lookout(("jobs",))
    assert watch.going_on(START + DAY) == {(AlarmKind.SMARTHOST, True)}
    assert watch.going_on(START + 3 * DAY) == set()


def test_the_doctor_tells_what_waits_and_what_is_wrong(watch):
    def told(now):
        return [(one.check, one.level) for one in look_at_queue(watch.resources.settings, now)]

    assert told(START) == [("deliveries", "ok")]
    watch.site.post(AUTHOR, START)
    watch.look(START, away=True)
    assert told(START + MINUTE) == [("alarms", "warning"), ("deliveries", "ok")]
    assert told(START + 16 * MINUTE)[1:] == [("deliveries", "wrong")]
    watch.change(due=30 * DAY)
    assert told(START + 5 * timedelta(hours=1))[1:] == [("deliveries", "warning")]
