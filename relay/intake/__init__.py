"""SMTP in: a strict dialogue with a stranger, and a message's octets handed on only once the whole of it is sound.

More than twelve modules, since each is a stage or an account of its own:

lines, data      framing: the octet stream cut into commands and messages; no input or output of their own
limits           numbers, budgets and the patience with one connection
login_tries      what failed logins cost the next one
wire             the same stream with deadlines
conversation     what one connection has told us so far
shown            the certificate that a client has shown
commands, auth   one function per SMTP command
proxy            who stands behind a TCP pass-through
session          one connection, on aiosmtpd's protocol class
handler          the way from a session to the rest of the relay, through threads
server, tls      listening sockets, connection caps, certificates
ask              how clients are asked for theirs
"""
