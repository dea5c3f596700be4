"""Content codings taken off within bounds: gzip, deflate, br and zstd, nested as well (RFC 9110, 8.4.1).

A response is hostile until shown otherwise: one coding turns 1 KB into 1 MB (gzip) or 32 MB (zstd, br), three
nested ones into more than any machine holds. So output is made in steps and stops at the bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import brotli
import zstandard
from zlib_ng import zlib_ng

MAX_CODINGS = 5
"""More than so many nested codings are not tried; curl has the same bound (CVE-2022-32206). Real sites use
one."""
_MAX_MEMBERS = 4096
"""gzip members or zstd frames in one body. Each costs about 30 µs to open, a body of 1 MB could hold
50,000."""
_WINDOW = 1 << 16
_ZSTD_WINDOW = 256
"""zstandard's incremental object has no bound on what one call gives out; a block of 4 bytes gives 128 KiB,
so this window gives 8 MiB at most."""
_ZSTD_MEMORY = 1 << 23
"""The largest window a decoder of HTTP content has to support (RFC 9659, 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What came out of an entity's content codings."""

    data: bytes
    complete: bool
    """False when ``data`` is not the whole content, or still carries a coding that could not be taken off."""
    problem: str = ""
    """What was wrong, for a person; may be set beside ``complete`` (bytes after the end); else empty."""


class _Stream(Protocol):
    """One gzip member, zlib stream, brotli stream or zstd frame."""

    def feed(self, data: bytes | memoryview, room: int) -> bytes:
        """Return all output of ``data`` when that is less than ``room`` bytes, else at least ``room``.

        Raises what its library raises on bad data; not to be fed again after it gave ``room``.
        """
        ...

    @property
    def eof(self) -> bool: ...

    @property
    def unused(self) -> bytes:
        """Bytes fed after the end of the stream."""
        ...


class _Inflate:
    def __init__(self, wbits: int) -> None:
        self._inner = zlib_ng.decompressobj(wbits)

    def feed(self, data: bytes | memoryview, room: int) -> bytes:
        out: bytes = self._inner.decompress(data, room)
        return out

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def unused(self) -> bytes:
        unused: bytes = self._inner.unused_data
        return unused


class _Brotli:
    unused = b""  # the binding does not hand them out; it raises instead

    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def feed(self, data: bytes | memoryview, room: int) -> bytes:
        parts: list[bytes] = [self._inner.process(bytes(data), output_buffer_limit=room)]
        made = len(parts[0])
        # A call that runs out of input keeps up to a ring buffer of output back and says nothing of it (1.2).
        while made < room and not self._inner.is_finished():
            more: bytes = self._inner.process(b"", output_buffer_limit=room - made)
            if not more:
                break
            parts.append(more)
            made += len(more)
        return b"".join(parts) if len(parts) > 1 else parts[0]

    @property
    def eof(self) -> bool:
        return bool(self._inner.is_finished())


class _Zstd:
    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor(max_window_size=_ZSTD_MEMORY).decompressobj()

    def feed(self, data: bytes | memoryview, room: int) -> bytes:
        return self._inner.decompress(data)  # bounded by its input instead, see _ZSTD_WINDOW

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused(self) -> bytes:
        return self._inner.unused_data


INFLATE_ERROR: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # its stub declares an instance
"""What zlib-ng raises on bad data."""
_DAMAGE = (INFLATE_ERROR, brotli.error, zstandard.ZstdError)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Coding:
    name: str
    open: Callable[[], _Stream]
    window: int = _WINDOW
    magics: tuple[bytes, ...] = ()
    """How a further member begins; empty when the coding has but one."""


_GZIP = _Coding(name="gzip", open=lambda: _Inflate(31), magics=(b"\x1f\x8b",))
_ZLIB = _Coding(name="deflate", open=lambda: _Inflate(15))
_RAW_DEFLATE = _Coding(name="deflate", open=lambda: _Inflate(-15))
_BR = _Coding(name="br", open=_Brotli)
# A frame, or a skippable frame (RFC 8878, 3.1.1 and 3.1.2).
_ZSTD_MAGICS = (b"\x28\xb5\x2f\xfd", *(bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60)))
_ZSTD = _Coding(name="zstd", open=_Zstd, window=_ZSTD_WINDOW, magics=_ZSTD_MAGICS)
_CODINGS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB, "br": _BR, "zstd": _ZSTD}


def decode_codings(entity: bytes, codings: tuple[str, ...], *, max_bytes: int, max_ratio: float) -> Decoded:
    """Return ``entity`` without ``codings`` (first applied first), never larger than the bounds allow.

    A coding we do not know ends the work: the data so far, still in that coding, and ``complete`` false.
    Sites that write ``Content-Encoding: utf-8`` mean nothing by it, and their page is then there to read.
    """
    if not codings or not entity:
        # An empty entity with a coding is what many servers send for errors; there is nothing to decode.
        whole = len(entity) <= max_bytes
        return Decoded(
            data=entity if whole else entity[:max_bytes],
            complete=whole,
            problem="" if whole else f"larger than {max_bytes} bytes",
        )
    limit = max(0, min(max_bytes, int(len(entity) * max_ratio)))
    data = entity
    complete = True
    problem = ""
    if len(codings) > MAX_CODINGS:
        return Decoded(
            data=data[:max_bytes], complete=False, problem=f"{len(codings)} nested content codings"
        )
    for name in reversed(codings):
        coding = _CODINGS.get(name)
        if coding is None:
            return Decoded(
                data=data[:max_bytes], complete=False, problem=f"unknown content coding {name[:40]!r}"
            )
        if coding is _ZLIB and not _has_zlib_header(data):
            coding = _RAW_DEFLATE
        step = _decode(data, coding, limit)
        data = step.data
        complete = complete and step.complete
        problem = problem or step.problem
        if not data:
            break
    return Decoded(data=data, complete=complete, problem=problem)


def _has_zlib_header(data: bytes) -> bool:
    """Tell «deflate» as specified from the raw form that many servers send instead (RFC 1950, 2.2)."""
    return len(data) >= 2 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    data: bytes
    end: int
    """Where the next member would begin."""
    whole: bool
    damaged: bool = False
    problem: str = ""


def _decode(data: bytes, coding: _Coding, limit: int) -> Decoded:
    """Take one coding off, over all its members."""
    view = memoryview(data)
    parts: list[bytes] = []
    made = at = 0
    for _ in range(_MAX_MEMBERS):
        member = _decode_member(view, at, coding, limit - made)
        parts.append(member.data)
        made += len(member.data)
        at = member.end
        if not member.whole:
            if coding is _ZLIB and member.damaged and not made:
                # Two bytes that pass for a zlib header by chance (1 in 500 of raw streams).
                return _decode(data, _RAW_DEFLATE, limit)
            return Decoded(data=b"".join(parts), complete=False, problem=member.problem)
        if not bytes(view[at : at + 4]).startswith(coding.magics or (b"\0none",)):
            break
    else:
        problem = f"more than {_MAX_MEMBERS} {coding.name} members"
        return Decoded(data=b"".join(parts), complete=False, problem=problem)
    left = len(view) - at
    # Browsers and curl read over what follows the end; it is said, because it may be where something is
    # hidden.
    problem = f"{left} bytes after the end of the {coding.name} data" if left else ""
    return Decoded(data=b"".join(parts) if len(parts) > 1 else parts[0], complete=True, problem=problem)


def _decode_member(view: memoryview, begin: int, coding: _Coding, room: int) -> _Member:
    stream = coding.open()
    parts: list[bytes] = []
    made = 0
    at = begin
    while not stream.eof and at < len(view):
        window = view[at : at + coding.window]
        try:
            out = stream.feed(window, room - made + 1)
        except _DAMAGE as error:
            return _salvage(view, begin, at, coding, room, b"".join(parts), f"{coding.name}: {error}")
        at += len(window)
        made += len(out)
        parts.append(out)
        if made > room:
            problem = f"{coding.name} expands past the bound of {room} bytes"
            return _Member(data=b"".join(parts)[:room], end=at, whole=False, problem=problem)
    data = parts[0] if len(parts) == 1 else b"".join(parts)
    if not stream.eof:
        return _Member(data=data, end=at, whole=False, problem=f"the {coding.name} data end too early")
    return _Member(data=data, end=at - len(stream.unused), whole=True)


def _salvage(
    view: memoryview, begin: int, at: int, coding: _Coding, room: int, data: bytes, problem: str
) -> _Member:
    """Go through the window at ``at`` again, byte by byte: libraries throw away what a failing call had
    made."""
    stream = coding.open()
    for step in range(begin, at, coding.window):
        stream.feed(view[step : min(step + coding.window, at)], room + 1)
    saved = bytearray(data)
    while at < len(view) and not stream.eof:
        try:
            saved += stream.feed(view[at : at + 1], room - len(saved) + 1)
        except _DAMAGE:
            return _Member(data=bytes(saved), end=at, whole=False, damaged=True, problem=problem)
        at += 1
        if len(saved) > room:
            return _Member(data=bytes(saved[:room]), end=at, whole=False, problem=problem)
    # brotli only: the damage is bytes after the end, which its binding refuses.
    return _Member(data=bytes(saved), end=at, whole=stream.eof, problem=problem)
