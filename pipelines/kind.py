"""Article, listing or neither: each piece of evidence has a weight and a name, and the sum decides.

Sure signs go first: a source's own selector, and the ``body`` classes that WordPress prints
(``body_class()``:
``single``, ``page``, ``archive``…). ``og:type`` alone is weak: Yoast prints ``article`` on static pages
as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from model import PageKind
from pipelines.outline import HEADINGS, Outline
from pipelines.structured import ARTICLE_TYPES, LISTING_TYPES, OTHER_TYPES, Facts

_WORDPRESS_CLASS = re.compile(
    r"(?:wp-singular|wp-theme-|wp-child-theme|wp-custom-logo|wp-embed-responsive|postid-\d|page-id-\d"
    r"|page-template|single-format-|category-\d"
    r"|tag-\d|paged-\d|author-\d|wordpress$|hfeed$|logged-in$|rtl$|no-customize-support$|single-post$"
    r"|error404$|post-type-archive)"
)
_LISTING_CLASSES = (
    "archive",
    "category",
    "tag",
    "author",
    "date",
    "search",
    "search-results",
    "blog",
    "tax",
    "paged",
)
# Sections, tags, authors and pages of a list, as whole path segments.
_LIST_WORDS = """
category categories cat tag tags topic topics author authors archive archives section sections page
search label subject keyword keywords date label latest برچسب دسته دسته‌بندی موضوع نویسنده آرشیو
بایگانی جستجو
"""
_LIST_SEGMENTS = frozenset(_LIST_WORDS.split())
_STATIC_WORDS = """
about about-us aboutus contact contact-us contactus privacy privacy-policy terms terms-of-use
terms-of-service imprint impressum login signin register sign-up signup subscribe donate support
advertise advertising jobs careers faq help cookies cookie-policy cart checkout account wp-login.php
sitemap newsletter team staff masthead our-team our-story our-mission our-history who-we-are mission
ethics editorial-policy editorial-guidelines code-of-conduct membership support-us legal
disclaimer accessibility copyright درباره درباره-ما درباره‌ما تماس تماس-با-ما حریم-خصوصی قوانین
عضویت ورود حمایت من-نحن اتصل-بنا
"""
_STATIC_SEGMENTS = frozenset(_STATIC_WORDS.split())
_STATIC_TITLE = re.compile(
    r"\s*(?:درباره[ٔی]?(?: \u200c?ی)? ?ما|تماس با ما|حریم خصوصی|قوانین و مقررات|شرایط استفاده|همکاری با "
    r"ما|ورود|عضویت|ثبت[ \u200c]نام|صفحه (?:پیدا|یافت) نشد"
    r"|ما که هستیم|چه کسانی هستیم|مرام[ \u200c]?نامه|اساس[ \u200c]?نامه|خط[ \u200c]مشی .{0,30}|حمایت از ما"
    r"|من نحن|اتصل بنا|سياسة الخصوصية|our (?:story|mission|team|history)|who we are"
    r"|editorial (?:policy|guidelines|standards)|about(?: us)?|contact(?: us)?"
    r"|privacy(?: policy)?|terms (?:of|and) .{0,20}|log ?in|sign (?:in|up)"
    r"|register|page not found|not found|404(?: .{0,30})?|error .{0,20})\s*",
    re.IGNORECASE,
)
_DATED_PATH = re.compile(
    r"/(?:19|20|13|14)\d\d/\d{1,2}(?:/\d{1,2})?(?:/|$)|/(?:19|20)\d{6}(?:/|$)|(?:19|20)\d\d-\d\d-\d\d"
)
_NUMBERED = re.compile(r"(?:^|[/\-_.=])[a-z]{0,2}\d{4,}(?:$|[/\-_.])", re.IGNORECASE)
_POST_QUERY = re.compile(
    r"(?:^|&)(?:p|id|nid|newsid|news_id|articleid|article_id|story|itemid)=\d+", re.IGNORECASE
)
_MAIN_TEXT = 400
"""Characters of running text that two paragraphs have."""
_GUIDE = 2000
"""Characters of running text that an undated page must have to be an article in a crawl."""
_WORDS = re.compile(r"[-_+ \u200c]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What was found before the kind is decided."""

    url: str
    title: str
    headline: bool
    """A headline is printed as h1 or agrees with what is declared."""
    running: int
    """Characters of running text in the chosen body."""
    dated: str
    """What dates the article (``""``: nothing); a date of modification alone is none."""
    authored: bool
    comments: bool
    """There is a comment list, or a form to write one."""
    paged: bool
    """There are further pages of a list."""
    selected: bool | None
    """Whether the source's article selector matches; ``None`` when it has none."""
    asked: bool = False
    """Somebody asked for the text of this very page; a crawl asks for none."""


def judge_kind(
    page: Outline, facts: Facts, classes: frozenset[str], signs: Signs
) -> tuple[PageKind, tuple[str, ...]]:
    """Return the kind and its reasons, the strongest first.

    A page that was asked for is an article when it has a main text of any kind (a guide, a static page);
    a list, a front page and an error stay what they are.
    """
    kind, reasons = _judge(page, facts, classes, signs)
    if not signs.asked or kind is PageKind.ARTICLE or signs.running < _MAIN_TEXT:
        return kind, reasons
    shape = url_shape(signs.url)
    teasers = count_teasers(page)
    lists = teasers * 120 > signs.running or (kind is PageKind.LISTING and shape == "listing")
    gone = not classes.isdisjoint(("error404", "page-not-found"))
    if lists or gone or shape == "front" or _STATIC_TITLE.fullmatch(signs.title):
        return kind, reasons
    return PageKind.ARTICLE, ("asked for, and the page has a main text", *reasons)


def _judge(
    page: Outline, facts: Facts, classes: frozenset[str], signs: Signs
) -> tuple[PageKind, tuple[str, ...]]:
    teasers = count_teasers(page)
    shape = url_shape(signs.url)
    if signs.selected is not None:
        if signs.selected:
            return PageKind.ARTICLE, ("the source's article selector matches",)
        kind = PageKind.LISTING if teasers >= 3 else PageKind.OTHER
        return kind, ("the source's article selector does not match", f"{teasers} teasers")
    if sure := _wordpress(page, classes, signs, teasers, facts):
        return sure
    if "error404" in classes or "page-not-found" in classes:
        return PageKind.OTHER, ("body class error404",)
    score, reasons = _weigh(page, facts, signs, teasers, shape)
    evidence = tuple(
        f"{reason} {weight:+g}" for weight, reason in sorted(reasons, key=lambda entry: -abs(entry[0]))
    )
    claimed = bool(facts.article) or not ARTICLE_TYPES.isdisjoint(facts.microdata_types)
    # Without any date only a long text at the address of an article is one; «درباره ما» is a long text too.
    most = signs.running * 2 >= page.nodes[0].text
    named = signs.headline or most or signs.running >= _GUIDE
    undated_story = shape == "article" and signs.running >= 800 and named
    # A guide has neither; there its text is the page, and neither address nor title is that of a static one.
    guide = shape == "" and signs.running >= _GUIDE and most
    og = "article" in " ".join(facts.meta.get("og:type", ())).lower()
    story = undated_story or guide or (og and signs.headline and signs.running >= 800)
    anchored = bool(signs.dated) or claimed or signs.comments or story
    if score >= 3.5 and signs.running >= 60 and anchored:
        return PageKind.ARTICLE, evidence
    if (teasers >= 5 and teasers * 60 > signs.running) or (
        teasers >= 2 and (signs.paged or shape in ("listing", "front"))
    ):
        return PageKind.LISTING, (f"{teasers} teasers", *evidence)
    if signs.paged and shape == "listing":
        return PageKind.LISTING, ("further pages of a list", *evidence)
    # A plain list of titles has no headings: most of what it shows is links.
    titles = _titles(page)
    if titles >= 5 and (shape == "front" or page.nodes[0].link_text * 2 > page.nodes[0].text):
        return PageKind.LISTING, (f"{titles} titles that are links", *evidence)
    return PageKind.OTHER, evidence


def _wordpress(
    page: Outline, classes: frozenset[str], signs: Signs, teasers: int, facts: Facts
) -> tuple[PageKind, tuple[str, ...]] | None:
    generator = " ".join(facts.meta.get("generator", ())).lower()
    if "wordpress" not in generator and not any(_WORDPRESS_CLASS.match(name) for name in classes):
        return None
    if "error404" in classes:
        return PageKind.OTHER, ("WordPress body class error404",)
    for name in ("home", *_LISTING_CLASSES):
        # A static front page has «home page»; «blog» is the list of posts.
        if name in classes and "single" not in classes:
            if (
                name == "home"
                and teasers < 2
                and not signs.paged
                and signs.running > 600
                and "blog" not in classes
            ):
                return PageKind.OTHER, ("WordPress body class home, a static front page",)
            return PageKind.LISTING, (f"WordPress body class {name}",)
    if "attachment" in classes:
        return PageKind.OTHER, ("WordPress body class attachment",)
    if "single-post" in classes:
        return PageKind.ARTICLE, ("WordPress body class single-post",)
    if "single" in classes and (signs.running >= 60 or signs.dated):
        return PageKind.ARTICLE, ("WordPress body class single",)
    if "page" in classes and any(name.startswith(("page-id-", "page-template")) for name in classes):
        # Guides and long reads are pages too; a long text of the house itself has its address or title.
        most = signs.running * 2 >= page.nodes[0].text
        static = url_shape(signs.url) in ("static", "front", "listing") or _STATIC_TITLE.fullmatch(
            signs.title
        )
        if signs.running >= _GUIDE and most and teasers * 120 <= signs.running and not static:
            return PageKind.ARTICLE, (
                "WordPress body class page",
                "a text of many paragraphs, most of the page",
            )
        kind = PageKind.LISTING if teasers >= 5 and teasers * 60 > signs.running else PageKind.OTHER
        return kind, ("WordPress body class page", f"{teasers} teasers")
    return None


def _weigh(
    page: Outline, facts: Facts, signs: Signs, teasers: int, shape: str
) -> tuple[float, list[tuple[float, str]]]:
    found: list[tuple[float, str]] = []

    def add(weight: float, reason: str) -> None:
        found.append((weight, reason))

    og = " ".join(facts.meta.get("og:type", ())).lower()
    if facts.article:
        add(3, "JSON-LD article")
    elif not LISTING_TYPES.isdisjoint(facts.types):
        add(-3, "JSON-LD list")
    elif not OTHER_TYPES.isdisjoint(facts.types):
        add(-2, "JSON-LD of another kind")
    if "article" in og:
        add(2, "og:type article")
    elif "website" in og and not facts.article:
        add(-0.5, "og:type website")  # weak: the default of many CMSs
    if not ARTICLE_TYPES.isdisjoint(facts.microdata_types) and facts.microdata.get("headline"):
        add(2, "microdata article")
    if signs.headline:
        add(1, "headline")
    if signs.dated:
        add(2, f"date: {signs.dated}")
    if signs.authored:
        add(1, "author")
    if signs.comments:
        add(1, "comments or their form")
    if signs.running >= _GUIDE:
        add(3, "very long running text")
    elif signs.running >= 800:
        add(2, "long running text")
    elif signs.running >= 120:
        add(1, "running text")
    if signs.running * 2 >= page.nodes[0].text:
        add(1, "the text is most of the page")
    if teasers * 120 > max(signs.running, 300):
        add(-3, f"{teasers} teasers outweigh the text")
    if shape == "article":
        add(1, "address of an article")
    elif shape == "listing":
        add(-3, "address of a list")
    elif shape == "front":
        add(-4, "address of the front page")
    elif shape == "static":
        add(-4, "address of a static page")
    if _STATIC_TITLE.fullmatch(signs.title):
        add(-4, "title of a static page")
    return sum(weight for weight, _ in found), found


def url_shape(url: str) -> str:
    """Return what an address looks like: ``front``, ``listing``, ``static``, ``article`` or ``""``.

    >>> [url_shape("http://a.test" + path) for path in ("/", "/tag/x/", "/about", "/news/12345", "/sports")]
    ['front', 'listing', 'static', 'article', '']
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    segments = [unquote(segment).lower() for segment in parts.path.split("/") if segment]
    if _POST_QUERY.search(parts.query):
        return "article"
    if not segments or (
        len(segments) == 1
        and re.fullmatch(r"(?:index|default|home)\.\w{2,5}|[a-z]{2}(?:-[a-z]{2})?", segments[0])
    ):
        return "front"
    if segments[-1].rsplit(".", 1)[0] in _STATIC_SEGMENTS:
        return "static"
    last = segments[-1].rsplit(".", 1)[0]
    path = "/" + "/".join(segments)
    if any(segment in _LIST_SEGMENTS for segment in segments[:-1]) and not _NUMBERED.search(last):
        return "listing"
    if segments[-1] in _LIST_SEGMENTS or (len(segments) > 1 and segments[-2] == "page"):
        return "listing"
    words = len([word for word in _WORDS.split(last) if word])
    if _DATED_PATH.search(path) and last and not re.fullmatch(r"[\d-]+", last):
        return "article"
    if words >= 4 or _NUMBERED.search(path):
        return "article"
    return "listing" if _DATED_PATH.search(path + "/") else ""


_ANNOUNCING = (*HEADINGS, "a")


def count_teasers(page: Outline) -> int:
    """Return the number of different articles that the page announces: headings that are links, outside
    menus."""
    targets: set[str] = set()
    for node in page.of_tags(_ANNOUNCING):
        if node.region in ("nav", "footer", "aside") or node.text < 15:
            continue
        if node.tag in HEADINGS:
            if node.link_text * 10 < node.text * 7:
                continue
            link = _link_of(page, node.index)
        else:
            # A card: the link is around the heading.
            if not any(inner.tag in HEADINGS for inner in page.inside(node, 20)):
                continue
            link = node.attributes.get("href") or ""
        if link:
            targets.add(link)
        if len(targets) > 500:
            break
    return len(targets)


def _link_of(page: Outline, index: int) -> str:
    heading = page.nodes[index]
    for node in (*page.inside(heading, 50), *page.ancestors(heading, 3)):
        if node.tag == "a":
            return node.attributes.get("href") or ""
    return ""


def _titles(page: Outline) -> int:
    """Return the number of links outside menus that are as long as a title."""
    return sum(node.text >= 15 and node.region not in ("nav", "footer", "aside") for node in page.tagged("a"))
