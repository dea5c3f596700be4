"""Judges what was seen: whether a page could be reached, and whose doing it is when not. Pure functions."""

from pipelines.verdicts.blockpages import block_page_matches, looks_like_block_page

__all__ = [
    "block_page_matches",
    "looks_like_block_page",
]
