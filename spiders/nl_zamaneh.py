"""Radio Zamaneh: Persian news and analysis, of the diaspora in the Netherlands.

What is known of it, and from where: it runs on WordPress; its organisation on GitHub (``ZamanehMedia``)
publishes plugins for it, among them one that adds a REST field ``blocks`` to posts; it has one feed for
each category, named below. Nothing here was checked against the live site: it could not be reached when
this was written. So the page
class declares no selectors, and the general rules for WordPress decide. Whoever first reads real captures
adds a class with selectors and a fixture, and dates both.
"""

from model import PageRules, Source
from spiders.pages import PageClass

_CATEGORIES = (
    "news",
    "politics",
    "economy",
    "culture",
    "societyandlaw",
    "science-environment",
    "idea",
    "living",
    "dossiers",
    "rzbook",
)

SOURCE = Source(
    name="nl_zamaneh",
    origin="https://www.radiozamaneh.com/",
    title="رادیو زمانه",
    feeds=tuple(f"https://www.radiozamaneh.com/category/{name}/feed" for name in _CATEGORIES),
    languages=("fa",),
    timezone="Europe/Amsterdam",
)

PAGES = (PageClass(rules=PageRules(name="nl_zamaneh/unverified")),)
"""One class for all time until captures show where eras part."""
