"""The machine that fetches: the wire, Scrapy around it, and the crawl as a job."""
