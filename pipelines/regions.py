"""In what region of a page an element lies, by its tag and names: its matter, a menu, a margin, the foot."""

from __future__ import annotations

import re
from functools import lru_cache

# The names (class, id, role) of parts that are not the page's own matter, as whole tokens.
_NAV = re.compile(
    r"(?:^|[\s_-])(?:nav|navi|navbar|navigation|menu|submenu|megamenu|topbar|masthead|breadcrumbs?)(?=$"
    r"|[\s_-])"
)
_FOOTER = re.compile(r"(?:^|[\s_-])(?:footer|colophon|contentinfo|site-info|copyright)(?=$|[\s_-])")
_ASIDE = re.compile(
    # «widget» as a whole name only: Elementor calls every part of a page elementor-widget.
    r"(?:^|[\s_-])(?:aside|sidebar|side-bar|complementary|related|recommended|trending|most-?read)(?=$"
    r"|[\s_-])"
    r"|(?:^|\s)(?:widgets?|widget-area|footer-widgets?)(?=$|\s)"
)
_MAIN = re.compile(r"(?:^|\s)(?:main|main-content|maincontent|primary|site-main|content-area)(?=$|\s)")
# A part of every word above: looked for first, for most names hold none.
_SPEAKS_OF_REGION = re.compile(
    r"nav|menu|topb|mast|bread|foot|colo|conten|site-|copyr|asid|sideb|side-|compl|relat|recom|trend|most|widg|main|prim"
).search
REGION_TAGS = frozenset(("nav", "aside", "footer", "main", "article", "header"))
"""Tags that speak of a region without any name."""
KEPT_REGIONS = frozenset(("nav", "aside", "footer"))
"""What lies in one of these stays there, whatever its own name."""


@lru_cache(maxsize=1 << 14)
def region_of(tag: str, names: str, outer: str) -> str:
    """Return the region of an element inside ``outer``; what lies in a menu, margin or foot stays there."""
    if outer in KEPT_REGIONS:
        return outer
    if tag in ("nav", "aside", "footer"):
        # The foot of an article holds its tags and its author.
        return outer if tag == "footer" and outer == "main" else tag
    if tag in ("main", "article"):
        return "main"
    if tag == "header" and outer != "main":
        return "nav"
    if not names or tag in ("html", "body", "a"):
        return outer
    if not _SPEAKS_OF_REGION(names):
        return outer
    if _NAV.search(names):
        return "nav"
    if _FOOTER.search(names) and outer != "main":
        return "footer"
    if _ASIDE.search(names):
        return "aside"
    return "main" if _MAIN.search(names) else outer
