"""Mail providers where anybody gets an address, so that an address there says nothing about an office.

No such list is complete. It keeps the usual case from happening unseen; who vouches for a person judges the address.
"""

from datetime import date, timedelta

from relay.mail.address import Address

WAIVER = timedelta(days=366)  # so long a focal point's waiver counts: the next attestation looks at the person again

_DOMAINS = frozenset(
    [
        "126.com",
        "139.com",
        "163.com",
        "189.cn",
        "21cn.com",
        "aim.com",
        "aliyun.com",
        "aol.com",
        "arcor.de",
        "att.net",
        "bell.net",
        "bellsouth.net",
        "bigpond.com",
        "bk.ru",
        "bluewin.ch",
        "bol.com.br",
        "btinternet.com",
        "caramail.com",
        "centrum.cz",
        "charter.net",
        "chello.at",
        "comcast.net",
        "cox.net",
        "cyberdude.com",
        "daum.net",
        "disroot.org",
        "duck.com",
        "earthlink.net",
        "email.com",
        "email.cz",
        "email.it",
        "fastmail.com",
        "fastmail.fm",
        "foxmail.com",
        "free.fr",
        "freemail.hu",
        "freenet.de",
        "gawab.com",
        "gmail.com",
        "gmx.at",
        "gmx.ch",
        "gmx.com",
        "gmx.de",
        "gmx.fr",
        "gmx.net",
        "googlemail.com",
        "hanmail.net",
        "hey.com",
        "hotmail.com",
        "hushmail.com",
        "icloud.com",
        "ig.com.br",
        "inbox.com",
        "inbox.lt",
        "inbox.lv",
        "inbox.ru",
        "indiatimes.com",
        "interia.pl",
        "juno.com",
        "kakao.com",
        "keemail.me",
        "kolabnow.com",
        "laposte.net",
        "libero.it",
        "list.ru",
        "live.com",
        "lycos.com",
        "mac.com",
        "mail.bg",
        "mail.com",
        "mail.de",
        "mail.ee",
        "mail.ru",
        "mailbox.org",
        "mailfence.com",
        "mailo.com",
        "me.com",
        "mindspring.com",
        "msn.com",
        "mweb.co.za",
        "myway.com",
        "nate.com",
        "naver.com",
        "neuf.fr",
        "netscape.net",
        "netzero.net",
        "o2.pl",
        "oi.com.br",
        "onet.pl",
        "online.de",
        "onmail.com",
        "operamail.com",
        "optonline.net",
        "orange.fr",
        "outlook.com",
        "pm.me",
        "posteo.de",
        "posteo.net",
        "privaterelay.appleid.com",
        "proton.me",
        "protonmail.ch",
        "protonmail.com",
        "qq.com",
        "rambler.ru",
        "rediff.com",
        "rediffmail.com",
        "riseup.net",
        "rocketmail.com",
        "rogers.com",
        "safe-mail.net",
        "sapo.pt",
        "sbcglobal.net",
        "seznam.cz",
        "sfr.fr",
        "shaw.ca",
        "sina.cn",
        "sina.com",
        "sky.com",
        "sohu.com",
        "startmail.com",
        "sympatico.ca",
        "t-online.de",
        "talktalk.net",
        "telenet.be",
        "telkomsa.net",
        "telus.net",
        "terra.com.br",
        "tiscali.it",
        "tom.com",
        "tuta.com",
        "tuta.io",
        "tutamail.com",
        "tutanota.com",
        "tutanota.de",
        "ukr.net",
        "uol.com.br",
        "verizon.net",
        "virgilio.it",
        "virginmedia.com",
        "vk.com",
        "voila.fr",
        "walla.co.il",
        "wanadoo.fr",
        "web.de",
        "webmail.co.za",
        "wp.pl",
        "xs4all.nl",
        "ya.ru",
        "yahoo.com",
        "yandex.com",
        "yandex.kz",
        "yandex.ru",
        "yandex.ua",
        "yeah.net",
        "ymail.com",
        "zoho.com",
        "zohomail.com",
        "zohomail.eu",
    ]
)
_IN_EVERY_COUNTRY = ("gmx.", "hotmail.", "live.", "outlook.", "windowslive.", "yahoo.", "yandex.")


def is_free_mail(address: Address) -> bool:
    """Whether an address is one that anybody could have got."""
    domain = address.domain.lower()
    return domain in _DOMAINS or domain.startswith(_IN_EVERY_COUNTRY)


def judge_waiver(address: Address, waived_on: date | None, valid_until: date | None, today: date) -> str:
    """Say in one sentence what is wrong with a membership under this address; "" when nothing is.

    An address at a free provider needs the focal point's waiver, and a membership that ends with it.
    """
    if not is_free_mail(address):
        return "" if waived_on is None else f"{address} needs no waiver: its domain is no free mail provider's"
    if waived_on is None:
        return f"{address} is at a free mail provider: use an official address, or name the day of the focal point's waiver"
    if waived_on > today:
        return f"the waiver's day {waived_on} is still to come: name the day on which the focal point gave it"
    if waived_on + WAIVER < today:
        return f"the waiver of {waived_on} is older than a year: ask the focal point for a new one"
    if valid_until is None or valid_until > waived_on + WAIVER:
        return f"a membership with a waiver ends with it: name a last day, {waived_on + WAIVER} at the latest"
    return ""
