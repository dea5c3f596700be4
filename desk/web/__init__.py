"""The desk's web pages: sources, articles and their versions, search, captures, replay."""

from desk.web.app import make_app

__all__ = ["make_app"]
