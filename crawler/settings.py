"""Scrapy's settings for this project, each with its reason.

Scrapy reads upper-case names from here; ours begin with ``MANDEGAR_`` and are read in one place,
``crawler/config.py``.
"""

BOT_NAME = "mandegar"
SPIDER_MODULES = ["spiders"]
NEWSPIDER_MODULE = "spiders"

# Who we are: a site's operator must be able to find out, and to tell us to stop. The contact is a web
# address of whoever runs the crawl; it goes into the user agent, the operator into the WARC files.
MANDEGAR_CONTACT_URL = ""
MANDEGAR_OPERATOR = ""
USER_AGENT = "mandegar/0.1 (news archive)"
ROBOTSTXT_USER_AGENT = "mandegar"

# Where the archive lies; the command line sets it.
MANDEGAR_ARCHIVE = "mandegar-archive"
# Begin anew even when a crawl of the source was interrupted (`--fresh`).
MANDEGAR_FRESH = False
# So many of the articles that a crawl read are fetched twice more at its end, a moment apart (`--twice`).
MANDEGAR_TWICE = 0
# A payload that is held already is written as a revisit; False writes every response in full.
MANDEGAR_DEDUPLICATE = True

# A WARC file is closed, and ready to be copied, at this size or this age, whichever comes first.
MANDEGAR_WARC_MAX_MB = 1024
MANDEGAR_WARC_MAX_AGE_S = 3600
# Free room at which crawling pauses until there is more; None: what the archive's mandegar.toml says
# (disk_reserve_mb, 1024 without one).
MANDEGAR_DISK_RESERVE_MB: int | None = None
# Write beside other processes that say the same, each crawling another source (`--worker`).
MANDEGAR_WORKER = False

# --- The wire: one client for http and https, and nothing else. A redirect to file: or a link to
# s3: must find no handler at all (knowledge of Scrapy's advisories: GHSA-23j4-mw76-5v7h).
DOWNLOAD_HANDLERS = {
    "http": "crawler.handler.WireDownloadHandler",
    "https": "crawler.handler.WireDownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
# Scrapy's own default verifies nothing; ours is enforced by the wire, this says so to readers.
DOWNLOAD_VERIFY_CERTIFICATES = True
# Seconds for one whole exchange, and bytes of one body as transferred: past either, what arrived is
# kept and marked WARC-Truncated.
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 32 << 20
DOWNLOAD_WARNSIZE = 0

# Stage by stage, so that a slow name server is not a slow site: what failed where is evidence.
MANDEGAR_CONNECT_TIMEOUT_S = 10
MANDEGAR_TLS_TIMEOUT_S = 15
MANDEGAR_FIRST_BYTE_TIMEOUT_S = 60
MANDEGAR_IDLE_TIMEOUT_S = 30
MANDEGAR_MAX_HEAD_BYTES = 256 << 10
# What a body may become when its content coding is taken off, and by how many times: past either it is a
# bomb, which is kept as transferred and never expanded further.
MANDEGAR_MAX_DECODED_BYTES = 64 << 20
MANDEGAR_MAX_RATIO = 200
# Hosts whose certificate need not verify (each exchange then says so), and further trusted issuers (PEM).
MANDEGAR_ACCEPT_BAD_CERTIFICATES: list[str] = []
MANDEGAR_EXTRA_CA_FILES: list[str] = []
# TLS 1.0 and 1.1, for sites that never moved on.
MANDEGAR_OLD_TLS = False
# Name servers as "address" or "address:port"; empty: those of this machine.
MANDEGAR_NAMESERVERS: list[str] = []

# --- No door into the crawler from outside: both are on by default in Scrapy 2.19.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# --- Politeness
ROBOTSTXT_OBEY = True
DOWNLOAD_DELAY = 1.0
DOWNLOAD_DELAY_JITTER = 0.3
CONCURRENT_REQUESTS = 16
CONCURRENT_REQUESTS_PER_DOMAIN = 4
# A server that says when to come back is believed up to this many seconds within one crawl.
MANDEGAR_MAX_RETRY_AFTER_S = 600
# What failed and may go better is tried again after 1, 4, 16, 64, 256 seconds (less by up to a half, by
# chance, so that not all come back at once). A page is tried so often, the rest by the source's next crawl if
# this one is over first; what no later crawl can take over (a step through comments, a feed) twice again.
RETRY_TIMES = 5
MANDEGAR_RETRY_FIRST_S = 1.0
# With nothing else left, a crawl waits for the next try no longer than this, nor than a tenth of the time it
# took (for the first two tries always): a small site with a broken page is done within seconds.
MANDEGAR_RETRY_WAIT_S = 600
RETRY_HTTP_CODES = [429, 500, 502, 503, 504, 408, 522, 524]
RETRY_GIVE_UP_LOG_LEVEL = "INFO"
REDIRECT_MAX_TIMES = 10
# No memory across pages: a capture must not depend on what was fetched before it.
COOKIES_ENABLED = False
# The site need not know which of its pages led us on, nor another site where we came from.
REFERER_ENABLED = False

# --- The frontier: rows in the catalogue, so that a stopped crawl goes on where it was.
SCHEDULER = "crawler.frontier.FrontierScheduler"
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"

# Only the middlewares that do something here: each costs time on every request.
DOWNLOADER_MIDDLEWARES_BASE = {
    "crawler.frontier.FrontierDownloaderMiddleware": 10,
    "crawler.robots.RobotsMiddleware": 100,
    "crawler.politeness.IdentityMiddleware": 500,
    "crawler.politeness.WireRetryMiddleware": 550,
    "crawler.frontier.HopRedirectMiddleware": 600,
    # Within the retries: a request that takes another way is no try more.
    "crawler.ways.WaysMiddleware": 650,
    # Nearest to the wire: of an answer that becomes a retry, nobody further out hears.
    "crawler.politeness.RetryAfterMiddleware": 700,
}
SPIDER_MIDDLEWARES_BASE = {
    "crawler.frontier.FrontierSpiderMiddleware": 10,
}
EXTENSIONS_BASE = {
    "crawler.extension.ArchiveExtension": 0,
}
ITEM_PIPELINES = {"crawler.pipeline.ArchivePipeline": 300}
# The wire asks for what it can store and we can decode.
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "fa,ar;q=0.8,en;q=0.6,*;q=0.4",
    "Accept-Encoding": "gzip, deflate, br, zstd",
}
# A page of 10 million links or a callback flood is held back here, not in memory.
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 16 << 20

# Scrapy starts this many tasks for the output of each single page (its default is 100, which cost a
# third of a page's time here). One keeps items in the order the spider yields them; they wait for nothing.
CONCURRENT_ITEMS = 1

# asyncio throughout; uvloop saves about a tenth of the CPU time of a page (docs/architecture.md).
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
ASYNCIO_EVENT_LOOP = "uvloop.Loop"

# What pages need to be shown is not fetched again within a day: a site's style sheets and logos stand
# under every page, and a capture finds the nearest one in time.
MANDEGAR_REQUISITES_FRESH_S = 86_400

# --- Reading pages happens in worker processes; 0: one for each processor.
MANDEGAR_READERS = 0
MANDEGAR_READ_TIMEOUT_S = 30
# --- The way to the source (crawler/ways). A failure, or an answer that may be somebody else's, is looked
# into: seconds for each stage of a probe; how long a request may be without an answer before that; how often
# the site is asked again while a mirror stands in; for how long a crawl waits for our own network.
MANDEGAR_LOOK_TIMEOUT_S = 3
MANDEGAR_LOOK_AFTER_S = 8
MANDEGAR_RETURN_S = 60
MANDEGAR_OFFLINE_WAIT_S = 600
# Private address ranges (CIDR) that the operator allows beside the source itself.
MANDEGAR_ALLOWED_RANGES: list[str] = []
# A proxy for everything: http://…, socks5://…; empty: what the environment variable MANDEGAR_PROXY says.
# One with a login is taken from there only: others see command lines, and settings get into logs.
MANDEGAR_PROXY = ""

LOG_LEVEL = "INFO"
# Items are archived; printing each would fill the log with articles.
LOG_FORMATTER = "crawler.logs.QuietLogFormatter"
