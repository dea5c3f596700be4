"""One request and its response as bytes on the wire (above TLS), and how it was reached."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from model.observation import Observation


class Truncation(StrEnum):
    """Why a body is not whole: the values of ``WARC-Truncated`` (WARC 1.1, 5.13)."""

    LENGTH = "length"
    """It passed our size cap."""
    TIME = "time"
    """It passed our time limit."""
    DISCONNECT = "disconnect"
    """The connection ended (FIN or RST) before the body did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseHead:
    """The parsed view of a response's status line and headers; the bytes are in the exchange."""

    status: int
    reason: bytes
    """As sent; empty when there was none; may hold bytes above 0x7F."""
    version: bytes
    """``HTTP/1.1``, ``HTTP/1.0``."""
    headers: tuple[tuple[bytes, bytes], ...]
    """Names and values as sent, in order, duplicates kept; values stripped of outer white space and
    with obs-fold joined by one space; a line without a colon is left out (it is in the bytes)."""

    def get(self, name: bytes) -> bytes | None:
        """Return the first value of a header, its name compared without case, or ``None``.

        >>> ResponseHead(status=200, reason=b"", version=b"HTTP/1.1",
        ...     headers=((b"X-A", b"1"), (b"x-a", b"2"))).get(b"x-A")
        b'1'
        """
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def all(self, name: bytes) -> tuple[bytes, ...]:
        """Return every value of a header, in order; empty when it is not there."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and the response to it, byte for byte as they crossed the wire after TLS."""

    url: str
    """The target, letter by letter as asked for: the ``WARC-Target-URI``."""
    method: str
    request: bytes
    """Head and body as sent. Through an HTTP proxy: in the form sent, without proxy credentials."""
    response: bytes
    """The final response as received: head, and body with its transfer and content codings."""
    head: ResponseHead
    head_length: int
    """Where the body begins in ``response``."""
    interim: tuple[bytes, ...] = ()
    """Responses 1xx that came before, each whole, in order."""
    truncated: Truncation | None = None
    observation: Observation
    """How it was reached. ``observation.failure`` is set when the body was cut."""
