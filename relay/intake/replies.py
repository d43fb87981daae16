"""The words of the dialogue itself (RFC 5321 §4.2, RFC 3463, RFC 4954); what a post is answered stands in relay.mail.reply.

Every line is constant: nothing that a client sent is ever echoed, so nothing can be injected into a client or a log.
"""

from dataclasses import dataclass

from relay.mail.reply import TOO_BIG, Reply


@dataclass(frozen=True, slots=True)
class Farewell:
    """The connection ends after this reply, or at once when there is none."""

    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Greeting:
    """The answer to EHLO: our name, then what is offered (RFC 5321 §4.1.1.1)."""

    hostname: str
    offers: tuple[str, ...]

    def __str__(self) -> str:
        *before, last = (self.hostname, *self.offers)
        return "".join(f"250-{line}\r\n" for line in before) + f"250 {last}"


Answer = Reply | Greeting | Farewell

OK = Reply(250, "2.0.0", "OK")
SENDER_OK = Reply(250, "2.1.0", "Sender OK")
RECIPIENT_OK = Reply(250, "2.1.5", "Recipient OK")
CANNOT_VERIFY = Reply(252, "2.5.2", "Cannot verify, but will take mail for members and try")
HELP = Reply(214, "2.0.0", "See RFC 5321; for help with a list write to its -request address")
READY_FOR_TLS = Reply(220, "2.0.0", "Ready to start TLS")
SEND_DATA = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
LOGGED_IN = Reply(235, "2.7.0", "Authentication succeeded")

UNKNOWN_COMMAND = Reply(500, "5.5.1", "Command not recognised")
BAD_SYNTAX = Reply(500, "5.5.2", "Command not understood")
BAD_OCTETS = Reply(501, "5.5.2", "Commands are printable ASCII")
BAD_ARGUMENT = Reply(501, "5.5.4", "Wrong argument")
BAD_BASE64 = Reply(501, "5.5.2", "Authentication data not understood")
LOGIN_CANCELLED = Reply(501, "5.7.0", "Authentication cancelled")
NOT_IMPLEMENTED = Reply(502, "5.5.1", "Command not implemented")
HELLO_FIRST = Reply(503, "5.5.1", "Send EHLO first")
BAD_SEQUENCE = Reply(503, "5.5.1", "Bad sequence of commands")
UNKNOWN_MECHANISM = Reply(504, "5.5.4", "Authentication mechanism not offered")
LOGIN_FIRST = Reply(530, "5.7.0", "Authentication required")
WRONG_LOGIN = Reply(535, "5.7.8", "Wrong user name or password")
TLS_FIRST = Reply(538, "5.7.11", "Encryption required: use STARTTLS first")
BAD_SENDER = Reply(553, "5.1.7", "Not an address that can be used here")
BAD_RECIPIENT = Reply(553, "5.1.3", "Not an address that can be used here")
NO_UTF8_ADDRESS = Reply(553, "5.6.7", "This address is not one that can be used here")
UNKNOWN_PARAMETER = Reply(555, "5.5.4", "Parameter not recognised")
LOGIN_UNAVAILABLE = Reply(454, "4.7.0", "Cannot check passwords just now, please try again later")  # RFC 4954 §6
TOO_MANY_WAIT = Reply(454, "4.7.0", "Too many failed logins, please try again later")

# Each of these ends the connection.
LINE_TOO_LONG = Farewell(Reply(500, "5.5.2", "Command line too long"))
BARE_LINE_END = Farewell(Reply(500, "5.5.2", "Lines must end in CRLF"))
BROKEN_LINES = Farewell(Reply(550, "5.5.2", "Lines must end in CRLF, hold no NUL and be at most 10000 octets long"))
CHUNKING_NOT_OFFERED = Farewell(NOT_IMPLEMENTED)
NOT_A_PROXY = Farewell(UNKNOWN_COMMAND)
NOT_MAIL = Farewell(Reply(421, "4.7.0", "This is a mail server"))
TALKED_EARLY = Farewell(Reply(554, "5.5.0", "Protocol error: wait for the greeting"))
BAD_PIPELINE = Farewell(Reply(503, "5.5.0", "Protocol error: wait for the reply to this command"))
BYE = Farewell(Reply(221, "2.0.0", "Bye"))
TOO_MANY_CONNECTIONS = Farewell(Reply(421, "4.7.0", "Too many connections, please try again later"))
TOO_MANY_LOGINS = Farewell(Reply(421, "4.7.0", "Too many failed logins"))
ENDLESS = Farewell(TOO_BIG)
OUT_OF_PATIENCE = Farewell(Reply(421, "4.7.0", "Too many errors or commands"))
CANNOT_TELL = Farewell(Reply(421, "4.3.0", "Temporary trouble on our side, please try again later"))
TIMED_OUT = Farewell(Reply(421, "4.4.2", "Timed out"))
SHUTS_DOWN = Reply(421, "4.3.2", "Shutting down, please try again in a moment")
SHUTTING_DOWN = Farewell(SHUTS_DOWN)
