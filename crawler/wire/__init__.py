"""One HTTP/1.1 client for every caller: exact bytes, staged failures, an address guard; knows no Scrapy."""

from crawler.wire.client import WireClient
from crawler.wire.config import WireConfig
from crawler.wire.dns import Resolver
from crawler.wire.guard import AddressGuard
from crawler.wire.proxy import ProxyUrl
from crawler.wire.request import WireRequest
from crawler.wire.tls import TrustStore

__all__ = [
    "AddressGuard",
    "ProxyUrl",
    "Resolver",
    "TrustStore",
    "WireClient",
    "WireConfig",
    "WireRequest",
]
