"""Judges what was seen: whether a page could be reached, and whose doing it is when not. Pure functions."""

from pipelines.verdicts.blockpages import block_page_matches, looks_like_block_page
from pipelines.verdicts.connection import judge_connection
from pipelines.verdicts.connection_line import ConnectionState, connection_line, connection_state
from pipelines.verdicts.connection_sight import site_spoke

__all__ = [
    "ConnectionState",
    "block_page_matches",
    "connection_line",
    "connection_state",
    "judge_connection",
    "looks_like_block_page",
    "site_spoke",
]
