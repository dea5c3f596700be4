"""A sample newsroom to crawl, and the demonstration that crawls it."""
