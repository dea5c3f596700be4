"""Judges what was observed, by pure functions: whether a page could be reached, and whose doing it is when
not; what a publisher shows, and what became of it.
"""

from model import Via
from pipelines.verdicts.blockpages import block_page_matches, is_mere_notice, looks_like_block_page
from pipelines.verdicts.connection import judge_connection
from pipelines.verdicts.connection_line import ConnectionState, connection_line, connection_state
from pipelines.verdicts.connection_sight import site_spoke
from pipelines.verdicts.content_attention import attention_of
from pipelines.verdicts.content_ladder import History, judge, take_in
from pipelines.verdicts.content_look import Hop, Look, Means, Twin, blocked_by, is_same_address
from pipelines.verdicts.content_moved import (
    Ask,
    AskKind,
    ask_next,
    candidates,
    candidates_by_slug,
    places_of,
    read_place,
    twin_address,
)
from pipelines.verdicts.content_page import PageSigns, page_signs, read_signs, with_thread
from pipelines.verdicts.content_signals import Assessment, Baseline, Outcome, assess
from pipelines.verdicts.content_site import (
    SiteWatch,
    end_incident,
    glance_at,
    judge_site,
    note_glance,
)
from pipelines.verdicts.content_standing import (
    Finding,
    Incident,
    Place,
    Sought,
    Standing,
    new_standing,
)
from pipelines.verdicts.content_verdict import verdict_of

__all__ = [
    "Ask",
    "AskKind",
    "Assessment",
    "Baseline",
    "ConnectionState",
    "Finding",
    "History",
    "Hop",
    "Incident",
    "Look",
    "Means",
    "Outcome",
    "PageSigns",
    "Place",
    "SiteWatch",
    "Sought",
    "Standing",
    "Twin",
    "Via",
    "ask_next",
    "assess",
    "attention_of",
    "block_page_matches",
    "blocked_by",
    "candidates",
    "candidates_by_slug",
    "connection_line",
    "connection_state",
    "end_incident",
    "glance_at",
    "is_mere_notice",
    "is_same_address",
    "judge",
    "judge_connection",
    "judge_site",
    "looks_like_block_page",
    "new_standing",
    "note_glance",
    "page_signs",
    "places_of",
    "read_place",
    "read_signs",
    "site_spoke",
    "take_in",
    "twin_address",
    "verdict_of",
    "with_thread",
]
