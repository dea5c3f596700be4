"""In which order things are fetched: a higher number goes first.

What tells us of articles goes before articles; the comments of an article follow it at once, so that both
show the same hour; what a page only needs for its looks comes last, so that an interrupted crawl has lost
no text.
"""

SEED = 1000
ROBOTS = 900
COMMENTS = 800
API = 700
SITEMAP = 650
FEED = 600
ARTICLE = 400
"""A page that a feed, a sitemap or the API lists, or whose address looks like an article's."""
SECTION = 300
"""A page that the operator named, or the next page of a list."""
PAGE = 200
DOCUMENT = 120
STYLE = 110
"""Style sheets before other requisites: they lead to more."""
REQUISITE = 100
