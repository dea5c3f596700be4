"""The spider of the engine benchmark: the same for stock Scrapy and for ours. Parses title and comments."""

import scrapy


class BenchSpider(scrapy.Spider):
    """Front page, list pages, articles; reads each article's title and comments."""

    name = "bench"

    def __init__(self, url: str, **arguments: str) -> None:
        super().__init__(**arguments)
        self.start_urls = [url]

    async def start(self):
        yield scrapy.Request(self.start_urls[0], callback=self.parse_front)

    def parse_front(self, response):
        for link in response.css("a::attr(href)").getall():
            yield response.follow(link, callback=self.parse_list)

    def parse_list(self, response):
        for link in response.css("li a::attr(href)").getall():
            yield response.follow(link, callback=self.parse_article)

    def parse_article(self, response):
        comments = [
            {"author": item.css("cite::text").get(), "text": item.css("p::text").get()}
            for item in response.css("li.comment")
        ]
        yield {"title": response.css("h1::text").get(), "comments": comments}
