"""What of an HTTP response is its payload, and whether the message keeps to its own head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import brotli
from zlib_ng import zlib_ng

from archive.codings import INFLATE_ERROR
from archive.message import FramingKind, body_framing, content_codings, read_chunks, transfer_decode
from archive.warc.records import sha256

if TYPE_CHECKING:
    from model import Exchange, ResponseHead

# Codes of what can be wrong between a message's head and its body; also in Fault.code.
BODY_SHORT = "http-body-short"
BODY_LONG = "http-body-long"
NOT_CHUNKED = "http-not-chunked"
CHUNKS_CUT = "http-chunks-cut"
CHUNKS_DAMAGED = "http-chunks-damaged"
NOT_CODED = "http-not-coded"

SAMPLE_BYTES = 4096
"""So many first bytes of an entity show whether a content coding is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The payload of a response: its body without transfer coding, content codings kept (WARC 1.1, 5.9)."""

    digest: str
    """``sha256:<base32>``."""
    length: int
    entity: bytes
    oddities: tuple[str, ...] = ()
    """Codes of how the body contradicts its head, as the server sent it; nearly always empty."""


def payload_digest(entity: bytes) -> str:
    """Return the digest by which two payloads are the same, ``sha256:<BASE32>``."""
    return sha256(entity)


def payload_length_and_digest(head: ResponseHead, body: bytes) -> tuple[int, str]:
    """Return length and digest of the payload of a body whose request was a GET."""
    entity = transfer_decode(body, head)
    return len(entity), sha256(entity)


def describe_payload(exchange: Exchange) -> Payload:
    """Return the payload of an exchange's response.

    >>> payload_digest(b"")
    'sha256:4OYMIQUY7QOBJGX36TEJS35ZEQT24QPEMSNZGTFESWMRW6CSXBKQ===='
    """
    head = exchange.head
    body = exchange.response[exchange.head_length :]
    framing = body_framing(head, exchange.method)
    entity = body
    oddities = []
    if framing.kind is FramingKind.CHUNKED:
        chunks = read_chunks(body)
        entity = chunks.entity
        if chunks.malformed and chunks.consumed == 0:
            entity = body
            oddities.append(NOT_CHUNKED)
        elif chunks.malformed or (chunks.complete and chunks.consumed < len(body)):
            oddities.append(CHUNKS_DAMAGED)
        elif not chunks.complete and exchange.truncated is None:
            oddities.append(CHUNKS_CUT)
    elif framing.kind is FramingKind.LENGTH and framing.length is not None and framing.length != len(body):
        if len(body) > framing.length:
            oddities.append(BODY_LONG)
        elif exchange.truncated is None:
            oddities.append(BODY_SHORT)
    elif framing.kind is FramingKind.NONE and body:
        oddities.append(BODY_LONG)
    if not looks_coded(head, entity[:SAMPLE_BYTES]):
        oddities.append(NOT_CODED)
    return Payload(digest=sha256(entity), length=len(entity), entity=entity, oddities=tuple(oddities))


def looks_coded(head: ResponseHead, sample: bytes) -> bool:
    """Say whether an entity that begins with ``sample`` can be in the outermost coding its head names.

    True where that cannot be told: nothing there, too little there, a coding we do not know.
    """
    codings = content_codings(head)
    if not codings or len(sample) < 4:
        return True
    coding = codings[-1]
    if coding in {"gzip", "x-gzip"}:
        return sample.startswith(b"\x1f\x8b")
    if coding == "zstd":
        return sample.startswith(b"\x28\xb5\x2f\xfd") or sample[1:4] == b"\x2a\x4d\x18"
    if coding == "deflate":
        return _begins(sample, 15) or _begins(sample, -15)
    if coding == "br":
        try:
            brotli.Decompressor().process(sample, output_buffer_limit=1 << 16)
        except brotli.error:
            return False
    return True


def _begins(sample: bytes, wbits: int) -> bool:
    try:
        zlib_ng.decompressobj(wbits).decompress(sample, 1 << 16)
    except INFLATE_ERROR:
        return False
    return True
