"""What is done to what was fetched: reading, normalising, folding for search, comparing. Pure functions."""

from pipelines.comments import (
    comment_regions,
    merge_threads,
    read_comment_feed,
    read_html_comments,
    read_json_comments,
    read_wordpress_comments,
    read_wordpress_comments_by_post,
)
from pipelines.compare import (
    ArticleDiff,
    CommentDiff,
    ParagraphDiff,
    ThreadDiff,
    compare_articles,
    compare_threads,
)
from pipelines.dates import format_jalali, parse_date
from pipelines.html import decode as decode_page
from pipelines.page import read_page
from pipelines.requisites import css_requisites
from pipelines.search import Snippet, fold_text, index_text, mark_hits, match_expression, snippet
from pipelines.text import display_text, fold_digest, search_key
from pipelines.word_diff import Change, DiffPart, word_diff

__all__ = [
    "ArticleDiff",
    "Change",
    "CommentDiff",
    "DiffPart",
    "ParagraphDiff",
    "Snippet",
    "ThreadDiff",
    "comment_regions",
    "compare_articles",
    "compare_threads",
    "css_requisites",
    "decode_page",
    "display_text",
    "fold_digest",
    "fold_text",
    "format_jalali",
    "index_text",
    "mark_hits",
    "match_expression",
    "merge_threads",
    "parse_date",
    "read_comment_feed",
    "read_html_comments",
    "read_json_comments",
    "read_page",
    "read_wordpress_comments",
    "read_wordpress_comments_by_post",
    "search_key",
    "snippet",
    "word_diff",
]
