"""Which way a request takes to its page: straight to the site, or by a mirror while somebody is in between.

A crawl asks for addresses of the source; what is fetched, and archived, is the address of the way. What the
site's own address brings is believed only as far as its connection was judged to be the site's.
"""

from crawler.ways.middleware import WaysMiddleware
from crawler.ways.ways import OutOfReachError, Ways

__all__ = ["OutOfReachError", "Ways", "WaysMiddleware"]
