"""Judges what was seen: whether a page could be reached, and whose doing it is when not. Pure functions."""

from pipelines.verdicts.blockpages import block_page_matches, looks_like_block_page
from pipelines.verdicts.connection import RULES_VERSION, judge_connection

__all__ = [
    "RULES_VERSION",
    "block_page_matches",
    "judge_connection",
    "looks_like_block_page",
]
