"""A database's URL among a command's words, which are no place for a password: every process of the machine may read them."""

import re

import typer

# Before the host, as SQLAlchemy reads a URL, or among the parameters, as libpq does.
_PASSWORD = re.compile(r"://[^:/]*:[^@]*@|[?&](?:ssl)?password=")


def without_password(url: str) -> str:
    """The URL, where it has no password in it.

    Raises:
        typer.BadParameter: it has one.
    """
    if _PASSWORD.search(url):
        raise typer.BadParameter("leave the password out: it belongs in ~/.pgpass or in the environment (PGPASSWORD)")
    return url
