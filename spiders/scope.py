"""What belongs to a site: which addresses are its pages, which are only needed by them, and which are traps.

Everything here is decided from the address alone. What needs memory (a list that never ends, a kind of
page that never brings an article) is in :mod:`spiders.traps`.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

import tldextract

from model import BadUrlError, Source

# The list of public suffixes bundled with the library, private ones included (two blogs of one host are two
# sites). Without this it would fetch the list from the network at the first call, and write it to a cache.
_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)

_MAX_URL = 2_000
"""Longer ones are made by loops; RFC 9110 (4.1) asks for 8,000 to be supported, sites use some hundred.
A Persian headline of 100 letters is 600 characters once percent-encoded."""
_MAX_SEGMENTS = 16
_MAX_PARAMETERS = 5


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DOCUMENTS = _words("pdf doc docx odt rtf epub xls xlsx ods csv ppt pptx odp")
_NO_PAGES = _DOCUMENTS | _words(
    "jpg jpeg jpe png gif webp avif svg ico bmp tif tiff heic mp3 m4a ogg oga opus wav flac aac wma mp4 "
    "m4v mpg mpeg mov avi mkv webm wmv flv 3gp m3u m3u8 ts zip rar 7z gz tgz bz2 xz tar iso dmg exe msi "
    "apk ipa deb rpm bin css js mjs map json xml rss atom rdf txt ics vcf woff woff2 ttf otf eot swf "
    "torrent asc sig mobi azw3 psd ai eps wasm webmanifest kml kmz gpx"
)
_ANY_SEGMENT = _words(
    "wp-admin wp-login.php wp-signup.php wp-register.php wp-json wp-cron.php xmlrpc.php "
    "wp-trackback.php cgi-bin cdn-cgi login signin sign-in logout signout register signup sign-up "
    "subscribe unsubscribe cart basket checkout my-account account user-profile search calendar "
    "password-reset lostpassword replytocom oauth undefined null"
)
_LAST_SEGMENT = _words("feed rss rss2 atom rdf embed amp print trackback email-protection share")
_PARAMETERS = _words(
    "replytocom share like_comment s q search query keyword orderby sort order sortby add-to-cart "
    "redirect_to redirect return returnto return_to ical outlook-ical tribe-bar-date eventdisplay amp "
    "unapproved moderation-hash cpage feed rest_route attachment_id preview print oldid diff "
    "doing_wp_cron"
)
_ACTIONS = _words("edit history login logout register lostpassword postcomment reply vote print")
_TRACKING = re.compile(
    r"(?:utm_\w+|at_medium|at_campaign|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|igsh|"
    r"mc_cid|mc_eid|_ga|_gl|_openstat|wt_mc|phpsessid|jsessionid|aspsessionid\w*|cfid|cftoken)",
    re.IGNORECASE,
)
_SESSION = re.compile(r"(?:sid|session|sessionid|session_id|zenid|oscsid)", re.IGNORECASE)
_SESSION_VALUE = re.compile(r"(?=.*\d)[0-9a-zA-Z,-]{20,}")
"""``sid=4f8a…`` (32 hex digits) is a session; ``sid=1234`` is a story's number in PHP-Nuke."""
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)

_COMMENT_PAGE = re.compile(r"/comment-page-\d+/?$", re.IGNORECASE)
_EXTENSION = re.compile(r"\.([a-z0-9]{1,11})$")
_YEAR_MONTH = re.compile(r"/(\d{4})[/-](\d{1,2})(?=[/-]|$)")
_DATED = re.compile(r"/(?:1[34]\d\d|19\d\d|20\d\d)[/-]\d{1,2}[/-]")
_LIST_WORDS = re.compile(
    r"/(?:tags?|categor(?:y|ies)|authors?|topics?|sections?|archives?|page|keywords?|label)(?:/|$)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{4,}")

# Places where a site that is no more points its front page: not a site of its own to be archived.
_PLATFORMS = _words(
    "facebook.com instagram.com t.me telegram.me telegram.org twitter.com x.com youtube.com youtu.be "
    "linkedin.com google.com wa.me whatsapp.com tiktok.com linktr.ee"
)


class Scope:
    """Which addresses belong to a source."""

    def __init__(self, source: Source) -> None:
        """``BadUrlError`` when the origin is no web address."""
        parts = _split(source.origin)
        if parts is None:
            raise BadUrlError(source.origin, "a source begins at an http or https address with a host")
        self._origin_port = _port(parts)
        self._site = _registrable(_host(parts))
        self._exact = {(_host(parts), _port(parts))}
        host = _host(parts)
        if not self._site and not _is_ip(host):
            self._exact.add(("www." + host, _port(parts)))
        for named in source.hosts:
            self.add_host(named)
        self._article = re.compile(source.article_pattern) if source.article_pattern else None
        self._skip = re.compile(source.skip_pattern) if source.skip_pattern else None

    def add_host(self, named: str) -> None:
        """Take one more host (``mirror.example`` or ``192.0.2.7:8080``) as the site's own, for good."""
        parts = _split(f"http://{named}")
        if parts is None:
            raise BadUrlError(named, "a host is a name or an address, with its port if unusual")
        host = _host(parts)
        self._exact.add((host, _port(parts)))
        if parts.port is None:
            self._exact.add((host, 443))

    def adoptable(self, url: str) -> str | None:
        """Return the host (with port) of a place the origin redirected to, when it may be taken as the site's
        own; ``None`` for a platform where a site that is no more has its page."""
        parts = _split(url)
        if parts is None or _registrable(_host(parts)) in _PLATFORMS:
            return None
        return parts.netloc.rpartition("@")[2]

    def owns(self, url: str) -> bool:
        """Return whether the address lies on the site: its registrable domain, or one of its own hosts."""
        parts = _split(url)
        return parts is not None and self._owns(parts)

    def is_page(self, url: str) -> bool:
        """Return whether the address may be a page of the site that is worth a request."""
        return not self.why_no_page(url)

    def why_no_page(self, url: str) -> str:
        """Return why the address is not to be fetched as a page, in one word; empty when it is."""
        parts = _split(url)
        if parts is None:
            return "address"
        if not self._owns(parts):
            return "elsewhere"
        if self._skip is not None and self._skip.search(url):
            return "skip_pattern"
        if self._article is not None and self._article.search(url):
            return ""
        return _why_no_page(parts, url)

    def is_document(self, url: str) -> bool:
        """Return whether the address is a document (PDF and its like) on the site."""
        parts = _split(url)
        if parts is None or not self._owns(parts) or len(url) > _MAX_URL:
            return False
        if self._skip is not None and self._skip.search(url):
            return False
        found = _EXTENSION.search(parts.path.lower())
        return found is not None and found[1] in _DOCUMENTS

    def is_requisite(self, url: str) -> bool:
        """Return whether a page may need what lies there: anything on the web, wherever, but nothing else."""
        return len(url) <= _MAX_URL * 2 and _split(url) is not None

    def is_article_address(self, url: str) -> bool:
        """Return whether the address looks like an article's.

        For the order of fetching only: what a page is, is decided when it is read.
        """
        if self._article is not None:
            return self._article.search(url) is not None
        parts = _split(url)
        if parts is None or _LIST_WORDS.search(parts.path):
            return False
        last = parts.path.rstrip("/").rpartition("/")[2]
        hyphens = last.count("-") + last.count("_")
        if _DATED.search(parts.path + "/") and last and not (last.isdecimal() and len(last) <= 2):
            return True
        return hyphens >= 3 or bool(_NUMBER.search(last)) or bool(_NUMBER.search(parts.query))

    def accepts_article(self, *urls: str | None) -> bool:
        """Return whether the source's ``article_pattern`` lets one of these be an article."""
        return self._article is None or any(url and self._article.search(url) for url in urls)

    def _owns(self, parts: SplitResult) -> bool:
        host, port = _host(parts), _port(parts)
        if (host, port) in self._exact:
            return True
        return bool(self._site) and port in {80, 443, self._origin_port} and _registrable(host) == self._site


def tidy(url: str, *, keep_query: bool = False) -> str | None:
    """Return the address without fragment, tracking and session parameters, else as the site spelled it.

    ``keep_query`` leaves every parameter: what a page needs must be found under the very name it gives.
    ``None`` when it is no http(s) address. White space is treated as browsers do (WHATWG URL, 4.4: tabs
    and line ends vanish, the ends are cut, a space within is ``%20``).

    >>> tidy(" https://example.org/a b?utm_source=x&id=7#top ")
    'https://example.org/a%20b?id=7'
    >>> tidy("mailto:a@example.org")
    """
    text = url.strip().replace("\t", "").replace("\n", "").replace("\r", "")
    text = text.partition("#")[0].replace(" ", "%20")
    parts = _split(text)
    if parts is None or any(ord(letter) < 0x21 or ord(letter) == 0x7F for letter in text):
        return None
    changed = False
    path, query = parts.path, parts.query
    if ";" in path and not keep_query:
        path = _PATH_SESSION.sub("", path)
        changed = path != parts.path
    if query and not keep_query:
        kept = [part for part in query.split("&") if not _is_noise(part)]
        if len(kept) != query.count("&") + 1:
            query, changed = "&".join(kept), True
    if not path:
        path, changed = "/", True
    return urlunsplit(parts._replace(path=path, query=query)) if changed else text


def shape(url: str) -> str:
    """Return the pattern of an address: numbers and long segments made equal, parameters by name.

    >>> shape("https://example.org/2016/05/a-long-headline-here/?p=7&x=1")
    'example.org/0/0/*/?p&x'
    >>> shape("https://example.org/tag/peace/page/3")
    'example.org/tag/*/page/0'
    """
    parts = _split(url)
    if parts is None:
        return ""
    segments: list[str] = []
    for segment in parts.path.split("/")[1:]:
        named = bool(segments) and segment and _LIST_WORDS.search(f"/{segments[-1]}/")
        slug = len(segment) > 24 or segment.count("-") >= 2 or "%" in segment or not segment.isascii()
        if slug or (named and not segment.isdecimal()):
            segments.append("*")
        else:
            segments.append(re.sub(r"\d+", "0", segment))
    names = sorted({part.partition("=")[0] for part in parts.query.split("&") if part})
    return f"{parts.netloc.lower()}/{'/'.join(segments)}" + (f"?{'&'.join(names)}" if names else "")


def _is_noise(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    if _TRACKING.fullmatch(name):
        return True
    return bool(_SESSION.fullmatch(name)) and bool(_SESSION_VALUE.fullmatch(value))


def _why_no_page(parts: SplitResult, url: str) -> str:
    path = parts.path.lower()
    segments = [segment for segment in path.split("/") if segment]
    if len(url) > _MAX_URL or len(segments) > _MAX_SEGMENTS:
        return "too_long"
    if not _ANY_SEGMENT.isdisjoint(segments) or _COMMENT_PAGE.search(path):
        return "no_content"
    if segments:
        if segments[-1] in _LAST_SEGMENT:
            return "no_content"
        extension = _EXTENSION.search(segments[-1])
        if extension and extension[1] in _NO_PAGES:
            return "file"
    if "//" in path or "http:" in path or "https:" in path or "%7b%7b" in path or "{{" in path:
        return "nested"
    if _repeats(segments):
        return "repeating"
    if _impossible_month(path):
        return "calendar"
    return _why_no_query(parts.query) if parts.query else ""


def _why_no_query(query: str) -> str:
    parameters = parse_qsl(query, keep_blank_values=True, max_num_fields=None)
    if len(parameters) > _MAX_PARAMETERS or any(len(value) > 200 for _, value in parameters):
        return "parameters"
    names = [name.lower() for name, _ in parameters]
    if not _PARAMETERS.isdisjoint(names) or any(name.startswith(("filter", "tribe")) for name in names):
        return "parameters"
    if any(
        name.lower() in {"action", "do", "mode"} and value.lower() in _ACTIONS for name, value in parameters
    ):
        return "no_content"
    months = {name.lower(): value for name, value in parameters}
    if {"month", "year"} <= set(months) or {"ay", "sal"} <= set(months):
        return "calendar"
    return ""


def _repeats(segments: list[str]) -> bool:
    """Return whether a path turns in a circle: ``/a/b/a/b``, or one word three times; numbers may repeat."""
    words = [segment for segment in segments if not segment.isdecimal()]
    if any(words.count(word) >= 3 for word in words):
        return True
    for width in range(2, len(segments) // 2 + 1):
        for start in range(len(segments) - 2 * width + 1):
            first = segments[start : start + width]
            if first == segments[start + width : start + 2 * width] and not all(s.isdecimal() for s in first):
                return True
    return False


def _impossible_month(path: str) -> bool:
    """Return whether a path names a month that no news can be of, Gregorian or Solar Hijri.

    >>> _impossible_month("/2016/05/07"), _impossible_month("/1395/02/"), _impossible_month("/2990/01/")
    (False, False, True)
    """
    found = _YEAR_MONTH.search(path)
    if found is None:
        return False
    year, month = int(found[1]), int(found[2])
    now = datetime.now(UTC).year
    if not 1 <= month <= 12:
        return False
    return not (1990 <= year <= now + 1 or 1340 <= year <= now - 620)


def _split(url: str) -> SplitResult | None:
    """Return the parts of an http(s) address with a host and a sane port, else ``None``."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if valid else None


def _host(parts: SplitResult) -> str:
    return _ascii_host(parts.hostname or "")


@lru_cache(maxsize=4096)
def _ascii_host(host: str) -> str:
    """Return the name in lower case and ASCII (IDNA), without a final dot; odd names are left as they are."""
    host = host.rstrip(".").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def _registrable(host: str) -> str:
    """Return the registrable domain; empty for addresses, single labels and names without a public suffix."""
    return "" if _is_ip(host) else _SUFFIXES(host).top_domain_under_public_suffix
