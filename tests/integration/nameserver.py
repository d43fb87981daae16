"""A small DNS server on loopback for tests: it answers from a table, over UDP."""

import socketserver
import threading
from collections.abc import Mapping
from typing import Self

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Records = Mapping[tuple[str, str], tuple[str, ...]]  # (name, type) → the records as a zone file has them


class NameServer:
    """The records may be changed while it runs; None in place of them makes it fail every question."""

    def __init__(self, records: Records | None) -> None:
        self.records = records
        self.asked: list[tuple[str, str]] = []
        owner = self

        class Talk(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                octets, socket = self.request
                socket.sendto(owner.answer(octets), self.client_address)

        self._server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Talk)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, octets: bytes) -> bytes:
        """The answer to one question."""
        query = dns.message.from_wire(octets)
        [question] = query.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA | dns.flags.RA
        if self.records is None:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif rows := self.records.get((name, kind)):
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *rows))
        elif not any(known == name for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()
