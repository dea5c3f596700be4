"""The bounds of the wire client, each with its reason; frozen, contradictions refused when made."""

from __future__ import annotations

from dataclasses import dataclass, fields

from crawler.wire.tls import SYSTEM_TRUST, TrustStore
from model import BadConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class WireConfig:
    """How long and how much; seconds and bytes.

    >>> WireConfig(max_head_bytes=0)
    Traceback (most recent call last):
    model.errors.BadConfigurationError: max_head_bytes: must be more than 0, is 0
    """

    dns_timeout_s: float = 15.0
    """For one name, over all the resolver's own tries."""
    connect_timeout_s: float = 10.0
    """For each address tried: a SYN is repeated after 1, 3 and 7 seconds."""
    tls_timeout_s: float = 15.0
    first_byte_timeout_s: float = 60.0
    """From the request's last byte to the response's first: WordPress builds slow pages."""
    idle_timeout_s: float = 30.0
    """Between two arrivals within one response."""
    total_timeout_s: float = 180.0
    """For one fetch from its beginning; a body that is not whole by then is kept as far as it came."""
    keep_alive_s: float = 15.0
    """How long an unused connection is kept: nginx's default is 75 s, Apache's 5 s."""
    max_idle_per_origin: int = 8
    max_idle: int = 64
    max_head_bytes: int = 256 * 1024
    """Interim responses, status line and headers together; also trailers. Chromium's bound."""
    max_body_bytes: int = 256 * 1024 * 1024
    """Of one body as transferred: chunk framing and content coding included."""
    accept_bad_certificates: tuple[str, ...] = ()
    """Host names (ASCII form, lower case) whose certificate need not verify."""

    trust: TrustStore = SYSTEM_TRUST
    """Whose certificates are believed."""

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, int | float) and not value > 0 and not item.name.startswith("max_idle"):
                raise BadConfigurationError(item.name, f"must be more than 0, is {value}")
