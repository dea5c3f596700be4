"""Which comment services a page loads by script, and where the comments of this very page lie there.

What the script would ask for is told by what it is configured with: attributes of its element (Isso), or
literals in the page's own scripts. A value that only running the script would tell is not guessed: then the
service is left out. Sources: isso-comments.de/docs (client configuration), remark42.com/docs (frontend,
``/api/v1/find``), help.disqus.com (JavaScript configuration variables) and the frame that ``embed.js`` opens,
meta.discourse.org (embedding comments), waline.js.org,
developers.google.com/blogger (``/feeds/<post>/comments/default``).
Coral asks by POST and Facebook with a key: these are not asked for.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote, unquote, urlencode, urlsplit

from model import FeedLink
from pipelines.addresses import absolute, host_of
from pipelines.outline import Node, Outline

MAX_SCRIPT = 64 << 10
"""Letters of an inline script looked at; the snippets of all services have less than 3,000."""
MAX_SCRIPTS = 200

_SPEAKING = ("serverURL", "disqus", "remark_config", "DiscourseEmbed")
"""The first in scripts of Waline, whose element has any name; the others of services that have one."""
_ELEMENTS = ("disqus_thread", "remark42", "discourse-comments")
_STRING = r"""\s*(?:"((?:[^"\\\n]|\\.){1,2000})"|'((?:[^'\\\n]|\\.){1,2000})')"""
_ISSO_SCRIPT = re.compile(r"/js/embed(?:\.min|\.dev)?\.js$")
_SHORTNAME = re.compile(r"(?:\bdisqus_shortname\s*=|[\"']?disqusShortname[\"']?\s*:)" + _STRING)
_SHORT_HOST = re.compile(r"//([\w-]{1,80})\.disqus\.com/embed\.js")
_DISQUS_ID = re.compile(
    r"(?:\bdisqus_identifier\s*=|\bpage\.identifier\s*=|[\"']?disqusIdentifier[\"']?\s*:)" + _STRING
)
_DISQUS_URL = re.compile(r"(?:\bdisqus_url\s*=|\bpage\.url\s*=|[\"']?disqusUrl[\"']?\s*:)" + _STRING)
_TOPIC = re.compile(r"\btopicId[\"']?\s*:\s*[\"']?(\d{1,12})\b")
_VALUES = {
    name: re.compile(rf"\b{name}[\"']?\s*:" + _STRING)
    for name in ("discourseUrl", "discourseEmbedUrl", "el", "host", "path", "serverURL", "site_id", "url")
}
"""The literal that an object of JavaScript has under a name."""
_SITE = re.compile(r"[\w-]{1,80}")
_ELSEWHERE = re.compile(r"\bpath[\"']?\s*:(?!\s*(?:window\.)?location\.pathname\b)")
"""The thread's path comes from somewhere that only the script knows."""
_REMARK = re.compile(r"(?:(?<=[\s;,{}])|^)//[^\n]*")
_BLOGGER = re.compile(r"/feeds/\d{1,25}/comments/(?:default|full)$")


def find_services(page: Outline, url: str) -> tuple[FeedLink, ...]:
    """Return the first document to ask each service for, its name as ``kind``; ``url`` is where the page was
    read, without fragment or with.

    Kinds: ``isso``, ``remark42``, ``disqus``, ``discourse``, ``waline``, ``blogger`` (the comments that
    the page shows as well, with their true parents). Addresses may lie on any host.
    """
    found: dict[str, str] = {}
    own = url.partition("#")[0]
    for link in page.tagged("link"):
        target = absolute(own, link.attributes.get("href") or "")
        if target and "/feeds/" in target and _BLOGGER.search(target.partition("?")[0]):
            found.setdefault("blogger", f"{target.partition('?')[0]}?alt=json&max-results=500")
    readers = (
        ("remark42", _remark42), ("disqus", _disqus), ("discourse", _discourse), ("waline", _waline)
    )  # fmt: skip
    told: list[str] = []
    speaking = _SPEAKING if any(name in page.by_identifier for name in _ELEMENTS) else _SPEAKING[:1]
    for script in page.tagged("script")[:MAX_SCRIPTS]:
        attributes = script.attributes
        source = attributes.get("src") or ""
        if "data-isso" in attributes or (source and _ISSO_SCRIPT.search(source.partition("?")[0])):
            if address := _isso(page, attributes, source, own):
                found.setdefault("isso", address)
        elif source:
            if _SHORT_HOST.search(source):
                told.append(source)
        elif script.content:
            source = script.content[:MAX_SCRIPT]
            # Word by word, which takes a tenth of one pattern of them all.
            if any(word in source for word in speaking):
                told.append(_without_remarks(source))
    for name, read in readers:
        if told and (address := read(page, told, own)):
            found.setdefault(name, address)
    return tuple(FeedLink(url=address, kind=name) for name, address in found.items())


def _isso(page: Outline, attributes: dict[str, str], source: str, url: str) -> str | None:
    """``data-isso`` names the server, else the place of its script does; the thread is the one that
    ``#isso-thread`` names, else the path as the browser has it."""
    thread = _element(page, "isso-thread")
    if thread is None:
        return None
    endpoint = attributes.get("data-isso") or _ISSO_SCRIPT.sub("/", source.partition("?")[0])
    server = absolute(url, endpoint or "/")
    if server is None:
        return None
    uri = thread.attributes.get("data-isso-id") or _path(url)
    return f"{server.partition('?')[0].rstrip('/')}/?uri={quote(uri, safe='')}"


def _remark42(page: Outline, told: list[str], url: str) -> str | None:
    """Ask for ``origin + pathname`` where no address is configured, as the client does."""
    if _element(page, "remark42") is None:
        return None
    for text in told:
        _, mark, config = text.partition("remark_config")
        host, site = _value(config, "host"), _value(config, "site_id") or "remark"
        server = absolute(url, host) if mark and host else None
        if server is None:
            continue
        thread = _value(config, "url") or _origin(url) + _path(url)
        query = urlencode({"site": site, "url": thread, "sort": "+time", "format": "plain"})
        return f"{server.rstrip('/')}/api/v1/find?{query}"
    return None


def _disqus(page: Outline, told: list[str], url: str) -> str | None:
    """Tell the frame both the identifier of the thread and its address, as ``embed.js`` does."""
    if _element(page, "disqus_thread") is None:
        return None
    text = "\n".join(told)
    short = _literal(_SHORTNAME.search(text))
    if short is None and (host := _SHORT_HOST.search(text)):
        short = host[1]
    if short is None or not _SITE.fullmatch(short):
        return None
    identifier, thread = _literal(_DISQUS_ID.search(text)), _literal(_DISQUS_URL.search(text))
    query = {"base": "default", "f": short.lower()}
    if identifier and identifier.strip():
        query["t_i"] = identifier
    query["t_u"] = (absolute(url, thread) if thread else None) or url
    return f"https://disqus.com/embed/comments/?{urlencode(query)}"


def _discourse(page: Outline, told: list[str], url: str) -> str | None:
    if _element(page, "discourse-comments") is None:
        return None
    for text in told:
        _, mark, config = text.partition("DiscourseEmbed")
        server = _value(config, "discourseUrl") if mark else None
        server = absolute(url, server) if server else None
        if server is None:
            continue
        server = server.rstrip("/")
        if topic := _TOPIC.search(config):
            return f"{server}/t/{topic[1]}.json"
        thread = _value(config, "discourseEmbedUrl")
        if thread and (thread := absolute(url, thread)):
            return f"{server}/embed/comments?{urlencode({'embed_url': thread})}"
    return None


def _without_remarks(script: str) -> str:
    """Return a script without its comments: the snippets come with examples in them.

    >>> _without_remarks("a /* b */ c /* d")
    'a  c '
    """
    parts: list[str] = []
    while script:
        before, _, rest = script.partition("/*")
        parts.append(before)
        script = rest.partition("*/")[2]
    return _REMARK.sub("", "".join(parts))


def _waline(page: Outline, told: list[str], url: str) -> str | None:
    """Ask for the path as the client does, not percent-encoded (``decodeURI``)."""
    for text in told:
        named_at = text.find("serverURL")
        begun_at = text.rfind("init(", max(0, named_at - 2_000), max(0, named_at))
        if begun_at < 0:
            continue
        config = text[begun_at : named_at + 3_000].partition("})")[0]
        place = _value(config, "el") or "#waline"
        named = _value(config, "serverURL")
        server = absolute(url, named) if named else None
        path = _value(config, "path")
        if path is None and _ELSEWHERE.search(config):
            continue
        if server is None or _element(page, place.removeprefix("#")) is None:
            continue
        query = urlencode(
            {"path": path or unquote(_path(url)), "pageSize": 100, "page": 1, "sortBy": "insertedAt_asc"}
        )
        return f"{server.partition('?')[0].rstrip('/')}/api/comment?{query}"
    return None


def _element(page: Outline, identifier: str) -> Node | None:
    return page.by_identifier.get(identifier)


def _value(config: str, name: str) -> str | None:
    """Return the literal that an object of JavaScript has under a name."""
    return _literal(_VALUES[name].search(config))


def _literal(found: re.Match[str] | None) -> str | None:
    r"""Return the text of a string literal of JavaScript.

    >>> _literal(re.search("=" + _STRING, r"x = 'it\'s \u0628'"))
    "it's ب"
    """
    if found is None:
        return None
    text = found[1] if found[1] is not None else found[2].replace("\\'", "'").replace('"', '\\"')
    try:
        value = json.loads(f'"{text}"', strict=False)
    except ValueError:
        value = text
    return value if isinstance(value, str) and value.isprintable() else None


def _path(url: str) -> str:
    """Return the path as a browser tells it to scripts: percent-encoded, at least a slash."""
    return quote(urlsplit(url).path or "/", safe="/%:@!$&'()*+,;=~-._")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if host_of(url) else ""
