"""Ask TLS clients for their certificate, and let the session go on whatever they show.

Who a certificate stands for is decided by its pin (relay.actions.certify), so that no chain of a stranger's is ever looked at,
and an unknown certificate is as if there were none: Exchange Online, Gmail and many a mail program with a smart card
show theirs to everybody who asks, and must not be cut off. Python's ssl can't say so: it verifies chains, or doesn't ask.
OpenSSL has a call for it, SSL_CTX_set_cert_verify_callback(3); it is made here by way of ctypes on the SSL_CTX, which
CPython's context object has right behind its header. That place is checked before it is used. TLS itself proves the
possession of the key, also without the chain (RFC 8446 §4.4.3, RFC 5246 §7.4.8).
"""

import _ssl
import ctypes
import ssl
import sys
from typing import Any

_ACCEPT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(lambda _store, _argument: 1)


def ask_for_certificates(context: ssl.SSLContext) -> bool:
    """Have a server's context ask each client for a certificate, without judging it.

    Returns:
        Whether it does: where this Python hides its OpenSSL nobody is asked, and nobody can be known by a certificate.
    """
    calls, address = _openssl(), _address_of(context)
    if calls is None or not address:
        return False
    seen = [calls.SSL_CTX_get_verify_mode(address)]
    context.verify_mode = ssl.CERT_OPTIONAL
    seen.append(calls.SSL_CTX_get_verify_mode(address))
    if seen != [0, 1]:  # SSL_VERIFY_NONE, then SSL_VERIFY_PEER: else this is not the context's SSL_CTX
        context.verify_mode = ssl.CERT_NONE
        return False
    calls.SSL_CTX_set_cert_verify_callback(address, ctypes.cast(_ACCEPT, ctypes.c_void_p), None)
    return True


def _openssl() -> Any:
    """The OpenSSL that Python's own ssl module uses; None where it can't be called."""
    try:
        calls = ctypes.CDLL(getattr(_ssl, "__file__", None))
        calls.SSL_CTX_get_verify_mode.argtypes = [ctypes.c_void_p]
        calls.SSL_CTX_get_verify_mode.restype = ctypes.c_int
        calls.SSL_CTX_set_cert_verify_callback.argtypes = [ctypes.c_void_p] * 3
        calls.SSL_CTX_set_cert_verify_callback.restype = None
    except (OSError, AttributeError):
        return None
    return calls


def _address_of(context: ssl.SSLContext) -> int:
    """The SSL_CTX of a context (Modules/_ssl.c, PySSLContext: its first member), 0 where there is none."""
    if sys.implementation.name != "cpython":
        return 0
    return ctypes.c_void_p.from_address(id(context) + object.__basicsize__).value or 0
