"""What this machine says of names: its hosts file and the name servers it was told to ask."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Generic, TypeVar

import dns.exception
import dns.resolver

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_Read = TypeVar("_Read")


class WatchedFile(Generic[_Read]):
    """A file's meaning, read again when the file changes (a crawl outlives a change of network)."""

    def __init__(self, path: Path | None, read: Callable[[Path], _Read], absent: _Read) -> None:
        self._path = path
        self._read = read
        self._absent = absent
        self._stamp: tuple[int, int, int] | None = None
        self._value = absent

    def get(self) -> _Read:
        """Return what the file says now; ``absent`` when it cannot be read."""
        if self._path is None:
            return self._absent
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp != self._stamp:
                self._value = self._read(self._path)
                self._stamp = stamp
        except OSError:
            return self._absent
        return self._value


def is_address(host: str) -> bool:
    """Say whether ``host`` is an IPv4 or IPv6 address, without brackets."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def read_resolv_conf(path: Path) -> tuple[tuple[str, int], ...]:
    """Return the name servers that resolv.conf(5) names; empty when it names none."""
    try:
        found = dns.resolver.Resolver(filename=str(path)).nameservers
    except dns.exception.DNSException:
        return ()
    return tuple((str(server), 53) for server in found)


def read_hosts(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the addresses of every name in hosts(5), in the order of the file."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if is_address(address):
            for name in names:
                found.setdefault(name.lower().removesuffix("."), []).append(address)
    return {name: tuple(dict.fromkeys(addresses)) for name, addresses in found.items()}
