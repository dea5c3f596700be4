"""The sources and the spider that finds, on any news site, its articles, their comments and what pages need.

``NewsSpider`` and ``Scope`` are imported when first asked for: workers that only need a source's page
classes would else carry Scrapy and tldextract (50 MB and half a second each; measured).
"""

from typing import TYPE_CHECKING

from model.faces import later
from spiders.feeds import Feed, FeedEntry, read_feed
from spiders.home import at_home
from spiders.items import ArticleItem, ThreadItem
from spiders.pages import PageClass, check_page_classes, page_class_for
from spiders.reader import PageReader, headers_of
from spiders.sitemaps import Sitemap, SitemapEntry, read_sitemap
from spiders.sources import Declaration, check_source, declared, find_source, load_source, source_from_url
from spiders.wordpress import PostPage, read_posts

if TYPE_CHECKING:
    from spiders.news import NewsSpider
    from spiders.scope import Scope

__all__ = [
    "ArticleItem",
    "Declaration",
    "Feed",
    "FeedEntry",
    "NewsSpider",
    "PageClass",
    "PageReader",
    "PostPage",
    "Scope",
    "Sitemap",
    "SitemapEntry",
    "ThreadItem",
    "at_home",
    "check_page_classes",
    "check_source",
    "declared",
    "find_source",
    "headers_of",
    "load_source",
    "page_class_for",
    "read_feed",
    "read_posts",
    "read_sitemap",
    "source_from_url",
]

_LATER = {
    "NewsSpider": "spiders.news",
    "Scope": "spiders.scope",
}
__getattr__ = later(__name__, _LATER)
