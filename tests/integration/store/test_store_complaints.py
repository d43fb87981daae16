"""Complaints, in both databases: a day counts once, a month brings one letter, and only a copy that went out can be complained of."""

from datetime import timedelta

from relay.delivery.delivery import Kind
from relay.roster.member import Role
from relay.store import complaints
from tests.integration.store.conftest import NODE, START

TOLD = "SELECT m.address FROM deliveries d JOIN members m ON m.id = d.member_id WHERE d.kind = 'complaint'"


def test_a_complaint_is_written_down_once_a_day_and_told_once_a_month(world, relayed):
    author, reader = world.join("author", "savanna"), world.join("reader", "savanna")
    world.join("focal", roles=(Role.FOCAL_POINT,))
    world.post(author, ("savanna", relayed))
    [(copy,)] = world.rows("SELECT id FROM deliveries WHERE kind = :kind", kind=Kind.COPY)

    def complain(day, delivery=copy):
        now = START + timedelta(days=day)
        return world.database.write(lambda c: complaints.record(c, NODE, delivery, "abuse", now))

    assert complain(0) is None, "it has not gone out"
    sent = "UPDATE deliveries SET status = 'delivered', next_attempt_at = NULL WHERE kind = 'copy'"
    world.database.write(lambda c: c.exec_driver_sql(sent) and None)
    assert complain(0, copy + 1000) is None, "there is no such copy"
    assert [complain(day) for day in (1, 1.1, 2)] == [reader.id, None, reader.id]
    assert [row[0].partition("@")[0] for row in world.rows(TOLD)] == ["focal"]
    with world.database.read() as connection:
        assert complaints.of_all(connection) == {reader.id: (START + timedelta(days=2)).date()}
    for day in range(3, 31):
        complain(day)
    assert len(world.rows(TOLD)) == 1
    complain(31)
    assert len(world.rows(TOLD)) == 2, "whoever goes on is told of again"
