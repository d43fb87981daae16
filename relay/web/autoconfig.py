"""What mail programs ask when they set up an account: Thunderbird's autoconfig and Outlook's Autodiscover; sending only.

Every answer is the same for every address, so that it tells nobody who is a member; what is asked is therefore not even read.

A member's mailbox is their agency's and stays there: copies arrive in it, and no mail is fetched here. So there is no incoming server
to name, and programs that only set up whole accounts (Thunderbird's and K-9's first page, Outlook, Apple's profiles, which demand an
incoming server and are therefore not made) turn such an answer down. It is of use to those who look up the settings of a
second outgoing server, and to administrators' scripts; people get a card (`wen-relay members card`).
"""

from xml.etree.ElementTree import Element, SubElement, tostring

from relay.roster.login import SubmissionDoors

_OUTER = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
_INNER = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"


def autoconfig(doors: SubmissionDoors) -> bytes:
    """The `config-v1.1.xml` of Thunderbird, K-9 and others; the program itself puts the address into the user name."""
    root = Element("clientConfig", version="1.1")
    provider = SubElement(root, "emailProvider", id=doors.host)
    for name in ("domain", "displayName", "displayShortName"):
        _add(provider, name, doors.host)
    for port, tls in doors.each():
        server = SubElement(provider, "outgoingServer", type="smtp")
        _add(server, "hostname", doors.host)
        _add(server, "port", str(port))
        _add(server, "socketType", tls)
        _add(server, "authentication", "password-cleartext")  # inside TLS: a program's other words for it mean CRAM-MD5
        _add(server, "username", "%EMAILADDRESS%")
    return _as_text(root)


def autodiscover(doors: SubmissionDoors) -> bytes:
    """The POX answer of Autodiscover, without a LoginName: programs then take the address (MS-OXDSCLI §2.2.4)."""
    root = Element("Autodiscover", xmlns=_OUTER)
    account = SubElement(SubElement(root, "Response", xmlns=_INNER), "Account")
    _add(account, "AccountType", "email")
    _add(account, "Action", "settings")
    for port, tls in doors.each():
        protocol = SubElement(account, "Protocol")
        _add(protocol, "Type", "SMTP")
        _add(protocol, "Server", doors.host)
        _add(protocol, "Port", str(port))
        _add(protocol, "DomainRequired", "off")
        _add(protocol, "SPA", "off")
        _add(protocol, "Encryption", "SSL" if tls == "SSL" else "TLS")
        _add(protocol, "AuthRequired", "on")
        _add(protocol, "UsePOPAuth", "off")
        _add(protocol, "SMTPLast", "off")
    return _as_text(root)


def _as_text(root: Element) -> bytes:
    octets: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return octets


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
