"""An alarm of a running relay reaches its operator by mail, even when it is the mail's own path that was broken."""

import http.client
import json
from contextlib import closing

from tests.integration.service import PATIENCE, Service, Site, Smarthost, eventually

OPS = "ops@agency.example"


def get(service, path):
    connection = http.client.HTTPConnection("127.0.0.1", service.ports["web"], timeout=PATIENCE)
    with closing(connection):
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply.status, reply.read().decode()


def health(service):
    status, text = get(service, "/health")
    return status, json.loads(text)["status"]


def test_an_alarm_waits_for_the_smarthost_like_any_mail_and_is_told_by_other_ways_meanwhile(tmp_path):
    smarthost = Smarthost()
    site = Site(tmp_path, smarthost.port)
    site.configure("relay", "postmaster", OPS)
    site.configure("alarms", "disk", "1000000GiB")  # more than any disk has
    site.configure("alarms", "smarthost_away", "1s")
    smarthost.stop()
    with closing(smarthost), Service(site) as service:
        [raised] = eventually(lambda: service.events("alarm.raised"))
        assert (raised["level"], raised["kind"], raised["node"]) == ("error", "disk", "node-1")
        [row] = site.rows("queue", "status")
        assert (row["alarms"], row["queued"] + row["leased"] + row["sending"]) == (["disk"], 1)
        assert 'wen_relay_alarms{kind="disk",process="relay"} 1.0' in get(service, "/metrics")[1]
        eventually(lambda: health(service) == (503, "smarthost away"))
        smarthost.start()
        [letter] = eventually(lambda: smarthost.mails)
        assert (letter.recipient, letter.received.mail_from) == (OPS, "")
        assert letter.message["Subject"] == "Alarm from relay.example: There is little room left on the disk."
        assert letter.message["DKIM-Signature"]
        eventually(lambda: health(service) == (200, "ok"))
        assert "disk (data)" in site.run("queue", "status").err
