"""Why a crawl brought nothing, in words for the person who started it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from model import FailureKind

if TYPE_CHECKING:
    from model import Observation

_FAILED = {
    FailureKind.ADDRESS_REFUSED: "it leads to a private address; name that address itself if you mean it",
    FailureKind.CONNECT_REFUSED: "nothing listens there (connection refused)",
    FailureKind.CONNECT_RESET: "the connection was reset",
    FailureKind.CONNECT_TIMEOUT: "it does not answer (time ran out while connecting)",
    FailureKind.CONNECT_UNREACHABLE: "there is no way to its network",
    FailureKind.DNS_NO_ANSWER: "its name has no address",
    FailureKind.DNS_NXDOMAIN: "its name is not known; check the spelling",
    FailureKind.DNS_REFUSED: "the name server refuses to answer",
    FailureKind.DNS_SERVFAIL: "its name server fails; try again later",
    FailureKind.DNS_TIMEOUT: "no name server answered; check the network",
    FailureKind.HTTP_MALFORMED: "what answers there speaks no HTTP",
    FailureKind.HTTP_TIMEOUT: "it takes connections and does not answer",
    FailureKind.TLS_CERTIFICATE_EXPIRED: "its certificate has expired",
    FailureKind.TLS_CERTIFICATE_NAME: "its certificate is for another name",
    FailureKind.TLS_CERTIFICATE_SELF_SIGNED: "its certificate is signed by nobody but itself",
    FailureKind.TLS_CERTIFICATE_UNKNOWN_ISSUER: "its certificate comes from an issuer that is not trusted",
}


def why_nothing(failure: Observation | None, seed: str) -> str:
    """Return why, from what the wire saw of the front page and what the spider noted (``news/seed``).

    >>> why_nothing(None, "status 404")
    'it answers 404 (Not Found)'
    >>> why_nothing(None, "not html: application/pdf")
    'it is no web page but application/pdf'
    """
    if failure is not None and failure.failure is not None:
        kind = failure.failure.kind
        told = f" ({failure.failure.detail})" if kind.value.startswith("tls_") else ""
        if kind in _FAILED:
            return _FAILED[kind] + told
        return f"{kind.value}: {failure.failure.detail}"
    what, _, rest = seed.partition(" ")
    if what == "status":
        phrases = {str(status.value): status.phrase for status in HTTPStatus}
        return f"it answers {rest}" + (f" ({phrases[rest]})" if rest in phrases else "")
    if seed.startswith("not html: "):
        kind_of = seed.removeprefix("not html: ")
        return "it is no web page" + ("" if kind_of == "no content type" else f" but {kind_of}")
    if seed.startswith("leads elsewhere: "):
        return f"it leads to {seed.removeprefix('leads elsewhere: ')}; give that address if you mean it"
    if seed.startswith("unreadable: "):
        return f"it cannot be read: {seed.removeprefix('unreadable: ')}"
    if seed.startswith("failed: "):
        return seed.removeprefix("failed: ")
    if seed == "feed":
        return "it is a feed, and nothing that it lists could be read"
    return "no page could be read; crawl.log in the archive says more"
