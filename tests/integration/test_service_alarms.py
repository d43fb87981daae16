"""An alarm of a running relay reaches its operator by mail, even when it is the mail's own path that was broken."""

import http.client
import json
from contextlib import closing

from tests.integration.service import ANA, PATIENCE, Service, Site, Smarthost, eventually, open_house

OPS = "ops@agency.example"


def test_an_alarm_waits_for_the_smarthost_like_any_mail_and_is_told_by_other_ways_meanwhile(tmp_path):
    settings = {("relay", "postmaster"): OPS, ("alarms", "disk"): "1000000GiB"}  # more than any disk has
    with open_house(tmp_path, ANA, settings=settings) as house:
        [raised] = eventually(lambda: house.service.events("alarm.raised"))
        assert (raised["level"], raised["kind"], raised["node"]) == ("error", "disk", "node-1")
        [letter] = eventually(lambda: [mail for mail in house.smarthost.mails if mail.recipient == OPS])
        assert (letter.received.mail_from, letter.message["Subject"]) == (
            "",
            "Alarm from relay.example: There is little room left on the disk.",
        )
        assert "little room left on the disk" in letter.text()
        assert letter.message["DKIM-Signature"]
        [row] = house.site.rows("queue", "status")
        assert (row["alarms"], row["smarthost_away_since"]) == (["disk"], None)
        assert "disk" in house.site.run("queue", "status").err
        [row] = [row for row in house.site.rows("queue", "list") if row["reference"] == letter.reference]
        assert (row["kind"], row["recipient"], row["status"]) == ("alarm", OPS, "delivered")
        connection = http.client.HTTPConnection("127.0.0.1", house.service.ports["web"], timeout=PATIENCE)
        with closing(connection):
            connection.request("GET", "/metrics")
            assert 'wen_relay_alarms{kind="disk",process="relay"} 1.0' in connection.getresponse().read().decode()


def test_a_letter_that_could_not_leave_arrives_when_the_smarthost_is_back(tmp_path):
    settings = {("relay", "postmaster"): OPS, ("alarms", "disk"): "1000000GiB", ("alarms", "smarthost_away"): "1s"}

    def health(service):
        connection = http.client.HTTPConnection("127.0.0.1", service.ports["web"], timeout=PATIENCE)
        with closing(connection):
            connection.request("GET", "/health")
            reply = connection.getresponse()
            return reply.status, json.load(reply)["status"]

    smarthost = Smarthost()
    site = Site(tmp_path, smarthost.port)
    for (section, key), value in settings.items():
        site.configure(section, key, value)
    smarthost.stop()
    with Service(site) as service:
        eventually(lambda: service.events("alarm.raised") and health(service) == (503, "smarthost away"))
        smarthost.start()
        [letter] = eventually(lambda: [mail for mail in smarthost.mails if mail.recipient == OPS])
        assert "little room left on the disk" in letter.text()
        eventually(lambda: health(service) == (200, "ok"))
    smarthost.close()
