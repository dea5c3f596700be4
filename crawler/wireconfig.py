"""The wire as Scrapy's settings describe it, read once; contradictions are refused by their name."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crawler.wire import AddressGuard, ProxyUrl, Resolver, TrustStore, WireClient, WireConfig
from crawler.wire.guard import canonical_host
from crawler.wire.request import parse_target
from model import BadConfigurationError, BadUrlError, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self

    from scrapy.settings import BaseSettings

_DEFAULTS: Final = WireConfig()
# What one body may become when its content coding is taken off; twice what a body may be on the wire by
# default, and fifty times the longest article page of the reference sites.
_MAX_DECODED_BYTES: Final = 64 * 1024 * 1024
# HTML compresses to a tenth, a long run of one letter by gzip to a thousandth: between them lies the bomb.
_MAX_RATIO: Final = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WireSettings:
    """What the download handler is told."""

    config: WireConfig
    allowed_ranges: tuple[str, ...]
    named: tuple[tuple[str, int], ...]
    """Host and port of every URL the operator gave: these may be private addresses."""
    nameservers: tuple[tuple[str, int], ...] | None
    """``None``: those of this machine."""
    proxy: ProxyUrl | None
    max_decoded_bytes: int
    max_ratio: float

    @classmethod
    def from_settings(
        cls, settings: BaseSettings, source: Source | None = None, start_urls: Iterable[str] = ()
    ) -> Self:
        """Read and check; ``BadConfigurationError`` names the setting."""
        accepted = [
            *settings.getlist("MANDEGAR_ACCEPT_BAD_CERTIFICATES"),
            *(source.accept_bad_certificates if source else ()),
        ]
        most_at_once = settings.getint("CONCURRENT_REQUESTS") or _DEFAULTS.max_idle
        config = WireConfig(
            connect_timeout_s=settings.getfloat("MANDEGAR_CONNECT_TIMEOUT_S", _DEFAULTS.connect_timeout_s),
            tls_timeout_s=settings.getfloat("MANDEGAR_TLS_TIMEOUT_S", _DEFAULTS.tls_timeout_s),
            first_byte_timeout_s=settings.getfloat(
                "MANDEGAR_FIRST_BYTE_TIMEOUT_S", _DEFAULTS.first_byte_timeout_s
            ),
            idle_timeout_s=settings.getfloat("MANDEGAR_IDLE_TIMEOUT_S", _DEFAULTS.idle_timeout_s),
            total_timeout_s=settings.getfloat("DOWNLOAD_TIMEOUT") or _DEFAULTS.total_timeout_s,
            max_head_bytes=settings.getint("MANDEGAR_MAX_HEAD_BYTES", _DEFAULTS.max_head_bytes),
            max_body_bytes=settings.getint("DOWNLOAD_MAXSIZE") or _DEFAULTS.max_body_bytes,
            max_idle_per_origin=most_at_once,
            max_idle=2 * most_at_once,
            accept_bad_certificates=tuple(_host(name) for name in accepted),
            trust=TrustStore(
                extra_ca_files=tuple(Path(path) for path in settings.getlist("MANDEGAR_EXTRA_CA_FILES")),
                old_tls=settings.getbool("MANDEGAR_OLD_TLS"),
            ),
        )
        max_decoded = settings.getint("MANDEGAR_MAX_DECODED_BYTES", _MAX_DECODED_BYTES)
        max_ratio = settings.getfloat("MANDEGAR_MAX_RATIO", _MAX_RATIO)
        if max_decoded <= 0:
            raise BadConfigurationError("MANDEGAR_MAX_DECODED_BYTES", "must be more than 0")
        if max_ratio <= 1:
            raise BadConfigurationError("MANDEGAR_MAX_RATIO", "must be more than 1")
        return cls(
            config=config,
            allowed_ranges=(
                *settings.getlist("MANDEGAR_ALLOWED_RANGES"),
                *(source.allowed_ranges if source else ()),
            ),
            named=_named(source, start_urls),
            nameservers=_nameservers(settings.getlist("MANDEGAR_NAMESERVERS")),
            proxy=_proxy(settings.get("MANDEGAR_PROXY") or ""),
            max_decoded_bytes=max_decoded,
            max_ratio=max_ratio,
        )

    def make_guard(self) -> AddressGuard:
        """Return the guard over addresses; ``BadConfigurationError`` when a range is none."""
        return AddressGuard(self.allowed_ranges, self.named)

    def make_client(self) -> WireClient:
        """Return a client so configured, with a resolver and a guard of its own."""
        return WireClient(
            self.config,
            guard=self.make_guard(),
            resolver=Resolver(self.nameservers),
            proxy=self.proxy,
        )


def _proxy(told: str) -> ProxyUrl | None:
    """Return the proxy of the settings, else that of the environment; a login only from there."""
    proxy = ProxyUrl.parse(told) if told else None
    if proxy is not None and (proxy.username or proxy.password):
        raise BadConfigurationError(
            "MANDEGAR_PROXY",
            "holds a login; give it in the environment variable of that name, which others cannot see",
        )
    if proxy is None and (told := os.environ.get("MANDEGAR_PROXY", "")):
        return ProxyUrl.parse(told)
    return proxy


def _named(source: Source | None, start_urls: Iterable[str]) -> tuple[tuple[str, int], ...]:
    urls = list(start_urls)
    if source is not None:
        urls += [source.origin, *source.feeds, *source.sitemaps, *source.sections]
        urls += [mirror.url for mirror in source.mirrors]
    places: dict[tuple[str, int], None] = {}
    for url in urls:
        try:
            origin = parse_target(url).origin
        except BadUrlError:
            # Said when it is fetched, with the URL in the message.
            continue
        places[origin.host, origin.port] = None
    return tuple(places)


def _host(name: str) -> str:
    try:
        return canonical_host(name)
    except BadUrlError as error:
        raise BadConfigurationError("MANDEGAR_ACCEPT_BAD_CERTIFICATES", str(error)) from error


def _nameservers(texts: Sequence[str]) -> tuple[tuple[str, int], ...] | None:
    """Read ``192.0.2.53``, ``192.0.2.53:5353``, ``2001:db8::53`` or ``[2001:db8::53]:5353``."""
    servers = []
    for text in texts:
        address, port = text.strip(), "53"
        if address.startswith("[") or address.count(":") == 1:
            address, _, port = address.rpartition(":")
        try:
            servers.append((str(ipaddress.ip_address(address.strip("[]"))), int(port)))
        except ValueError as error:
            raise BadConfigurationError(
                "MANDEGAR_NAMESERVERS", f"{text!r} is no address of a name server"
            ) from error
    return tuple(servers) or None
