"""Periodic work. `ticking` only ticks; what is due is read from our tables and the keys' names, and the time is an argument.

Nothing is remembered from tick to tick: one that dies midway is done again by the next. One process leads, so that each thing is
done once; two that did it at once, one of them paused for long, would do no harm: each job reads and writes in one transaction.

Longer than most files, so that all that is done by the clock stands on one page.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from relay.actions import directory, encrypt
from relay.delivery.rules import RULES_VERSION
from relay.errors import ConfigurationError, RelayError, Superseded, Unavailable
from relay.maillog import bug, note
from relay.resources import Resources
from relay.roster.reading import due_before
from relay.store import (
    acceptance,
    acknowledgements,
    attestations,
    audit,
    breaches,
    calls,
    challenges,
    deletions,
    digests,
    failing,
    held,
    key_warnings,
    nodes,
    queue,
    renewal,
    retention,
    spills,
    vetting,
)
from relay.store.keys import are_current, load_keys

TICK = timedelta(seconds=30)
HEAD_EVERY = timedelta(hours=1)
REWRAP_IN_A_TICK = 2000  # posts: two seconds of work


def run_due(resources: Resources, now: datetime) -> None:
    """Do everything that is due at `now`. What fails is logged, holds back nothing else, and is tried again by the next tick.

    It ends where another process has taken over, which the resources' database tells (`presence`).
    """
    for job in (
        _end_nominations,
        _ask_about_rules,
        _ask_attestations,
        _tell_of_ends,
        _expire_held,
        _expire_challenges,
        _call_others,
        _tell_authors,
        _gather_digests,
        _look_after_keys,
        _judge_addresses,
        _remind_of_acknowledgements,
        _call_about_spills,
        _remind_of_deletions,
        _remind_of_breaches,
        _ask_about_doors,
        _destroy_old_posts,
        _delete_old_deliveries,
        _replace_old_names,
        _delete_old_breaches,
        _rewrap,
        _destroy_old_keys,
        _empty_log,
        _forget_nodes,
        _close_the_hour,
    ):
        name = job.__name__.lstrip("_")
        try:
            with trouble_noted(name):
                job(resources, now)
                resources.measures.mark("job_succeeded_timestamp_seconds", now.timestamp(), name)
        except Superseded:
            return


def renew(resources: Resources, now: datetime, *, make: bool) -> Resources:
    """Make the keys whose time has come, if that is this process's part, and take up what another process has made or destroyed.

    Returns:
        Resources that work with the keys as they are; the same when nothing changed, or something failed and was logged.
    """
    directory = resources.keys.directory
    with trouble_noted("renew"):
        if make and (made := renewal.renew_keys(directory, now)):
            note("keys.renewed", files=list(made))
        if not are_current(resources.keys):
            return replace(resources, keys=load_keys(directory))
    return resources


def rotate(resources: Resources, operator: str, now: datetime) -> tuple[tuple[str, ...], renewal.Rewrapped]:
    """Make a new vault key before its time and wrap every living post anew under it; the audit log names the operator.

    Raises:
        ConfigurationError: the keys belong to another user, for whom a new one must be readable.
        Unavailable: the database can't serve, or the keys' directory can't be written.
    """
    directory = resources.keys.directory
    if directory.stat().st_uid != os.geteuid():
        raise ConfigurationError("the keys belong to another user: run this as the user whom the relay runs as")
    try:
        made = renewal.rotate_vault(directory, now)
    except OSError as error:
        raise Unavailable(f"{directory} can't be written: {error.strerror}") from None
    node = resources.settings.relay.node
    facts: audit.Facts = {"files": list(made), "operator": operator}
    resources.database.write(lambda connection: audit.append(connection, node, now, "keys.rotated", facts))
    done = renewal.rewrap_posts(resources.database, load_keys(directory))
    resources.database.truncate_log()
    return made, done


def sign_head(resources: Resources, now: datetime, node: str = "") -> bool:
    """Sign the end of a node's audit chain, by default this one's: hourly and at shutdown; False when it has none yet."""
    node, key = node or resources.settings.relay.node, resources.keys.audit
    signed = resources.database.write(lambda connection: audit.sign_head(connection, node, key, now))
    if signed:
        note("audit.head_signed", node=node)
    return signed


def oldest_due(resources: Resources, now: datetime) -> timedelta:
    """How long the delivery that is due longest has been due; zero when none is.

    Raises:
        Unavailable: the database can't be read.
    """
    with resources.database.read() as connection:
        due = queue.next_due(connection)
    return max(now - due, timedelta(0)) if due else timedelta(0)


@contextmanager
def trouble_noted(job: str) -> Iterator[None]:
    """Log what fails inside, so that it stops neither the other jobs nor the ticking; only who is superseded must hear of it."""
    try:
        yield
    except Superseded:
        raise
    except RelayError as error:
        note("jobs.trouble", job=job, reason=str(error))
    except OSError as error:
        note("jobs.trouble", job=job, reason=str(error.strerror))
    except Exception as error:  # noqa: BLE001  (whatever is wrong with one job, the others are due)
        bug(error, f"jobs.{job}")


def _end_nominations(resources: Resources, now: datetime) -> None:
    node = resources.settings.relay.node
    if ended := resources.database.write(lambda connection: vetting.lapse(connection, node, now)):
        note("vetting.nominations_ended", count=ended)


def _ask_about_rules(resources: Resources, now: datetime) -> None:
    if asked := resources.database.write(lambda connection: acceptance.ask_again(connection, RULES_VERSION, now)):
        note("vetting.rules_asked", count=asked)


def _tell_of_ends(resources: Resources, now: datetime) -> None:
    if told := resources.database.write(lambda connection: attestations.tell_of_ends(connection, now)):
        note("vetting.ends_told", count=told)


def _ask_attestations(resources: Resources, now: datetime) -> None:
    node, every = resources.settings.relay.node, resources.settings.vetting.attest_every
    if further := resources.database.write(lambda connection: attestations.ask(connection, node, every, now)):
        note("vetting.attestations_asked", count=further)


def _expire_held(resources: Resources, now: datetime) -> None:
    node = resources.settings.relay.node
    if expired := resources.database.write(lambda connection: held.expire(connection, node, now)):
        note("held.expired", count=len(expired))


def _expire_challenges(resources: Resources, now: datetime) -> None:
    node = resources.settings.relay.node
    if expired := resources.database.write(lambda connection: challenges.expire(connection, node, now)):
        note("challenge.expired", count=expired)
    resources.database.write(lambda connection: challenges.forget(connection, now))


def _call_others(resources: Resources, now: datetime) -> None:
    called = resources.database.write(lambda connection: calls.call_others(connection, now))
    if called:
        note("held.others_called", count=called)


def _tell_authors(resources: Resources, now: datetime) -> None:
    told = resources.database.write(lambda connection: calls.tell_authors(connection, now))
    if told:
        note("held.authors_told", count=told)


def _gather_digests(resources: Resources, now: datetime) -> None:
    due = due_before(now, resources.settings.digest.hour)
    if gathered := resources.database.write(lambda connection: digests.gather_due(connection, due, now)):
        note("digest.gathered", count=gathered)


def _look_after_keys(resources: Resources, now: datetime) -> None:
    released = encrypt.release_waiting(resources, now)
    warned = resources.database.write(lambda connection: key_warnings.warn(connection, now))
    if released or warned:
        note("encryption.looked_after", released=released, warned=warned)


def _judge_addresses(resources: Resources, now: datetime) -> None:
    node = resources.settings.relay.node
    done = resources.database.write(lambda connection: failing.judge(connection, node, now))
    if done.warned or done.suspended or done.recovered:
        note("members.addresses_judged", warned=done.warned, suspended=done.suspended, recovered=done.recovered)


def _remind_of_acknowledgements(resources: Resources, now: datetime) -> None:
    node = resources.settings.relay.node
    due, reminded = resources.database.write(lambda connection: acknowledgements.remind(connection, node, now))
    if due:
        note("post.acknowledgements_due", posts=due, reminded=reminded)


def _call_about_spills(resources: Resources, now: datetime) -> None:
    if called := resources.database.write(lambda connection: spills.call_again(connection, now)):
        note("spill.called_again", count=called)


def _remind_of_deletions(resources: Resources, now: datetime) -> None:
    if count := resources.database.write(lambda connection: deletions.remind(connection, now)):
        note("deletion.reminded", count=count)


def _remind_of_breaches(resources: Resources, now: datetime) -> None:
    if count := resources.database.write(lambda connection: breaches.remind(connection, now)):
        note("breach.time_passes", count=count)


def _delete_old_breaches(resources: Resources, now: datetime) -> None:
    node, before = resources.settings.relay.node, now - resources.settings.retention.breaches
    if count := resources.database.write(lambda connection: breaches.delete_old(connection, node, before, now)):
        note("retention.breaches_deleted", count=count)


def _ask_about_doors(resources: Resources, now: datetime) -> None:
    directory.ask_due(resources, now)


def _destroy_old_posts(resources: Resources, now: datetime) -> None:
    node, oldest = resources.settings.relay.node, now - resources.settings.retention.posts
    if count := retention.in_rounds(
        resources.database, lambda connection: retention.destroy_posts(connection, node, oldest, now)
    ):
        note("retention.posts_destroyed", count=count)


def _delete_old_deliveries(resources: Resources, now: datetime) -> None:
    oldest = now - resources.settings.retention.posts
    if count := retention.in_rounds(
        resources.database, lambda connection: retention.delete_deliveries(connection, oldest)
    ):
        note("retention.deliveries_deleted", count=count)


def _replace_old_names(resources: Resources, now: datetime) -> None:
    node, before = resources.settings.relay.node, now - resources.settings.retention.audit_names
    if count := retention.in_rounds(
        resources.database, lambda connection: retention.replace_names(connection, node, before, now)
    ):
        note("retention.names_replaced", count=count)


def _rewrap(resources: Resources, now: datetime) -> None:
    del now
    done = renewal.rewrap_posts(resources.database, resources.keys, REWRAP_IN_A_TICK)
    if done.done:
        note("keys.posts_rewrapped", count=done.done)


def _destroy_old_keys(resources: Resources, now: datetime) -> None:
    """Destroy keys that nothing needs, and then forget the hashes that were made with them."""
    directory = resources.keys.directory
    if destroyed := renewal.destroy_unneeded(resources.database, directory, now):
        note("keys.destroyed", files=list(destroyed))
    since = renewal.oldest_duplicates_key(directory)
    for forget in (retention.forget_hashes, retention.forget_threads):
        retention.in_rounds(resources.database, partial(forget, before=since))


def _empty_log(resources: Resources, now: datetime) -> None:
    """What was destroyed must not live on in the write-ahead log; a reader may delay it a tick."""
    del now
    resources.database.truncate_log()


def _forget_nodes(resources: Resources, now: datetime) -> None:
    if count := resources.database.write(lambda connection: nodes.forget(connection, now)):
        note("nodes.forgotten", count=count)


def _close_the_hour(resources: Resources, now: datetime) -> None:
    """Sign the end of every node's audit chain an hour after the last time, and say how many posts can't be opened.

    The chain of a node that was killed for good is signed by who leads.
    """
    with resources.database.read() as connection:
        signed = {node: audit.last_signed(connection, node) for node in audit.chains(connection)}
    if all(at is not None and now - at < HEAD_EVERY for at in signed.values()):
        return
    for node in signed:
        sign_head(resources, now, node)
    if shut := renewal.rewrap_posts(resources.database, resources.keys, REWRAP_IN_A_TICK).shut:
        note("keys.posts_shut", count=shut)
