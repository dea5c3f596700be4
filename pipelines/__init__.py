"""What is done to what was fetched: reading, normalising, folding for search, comparing. Pure functions."""

from pipelines.comments import (
    comment_regions,
    is_comment_frame,
    merge_threads,
    read_comment_feed,
    read_comments,
    read_html_comments,
    read_json_comments,
    read_wordpress_comments,
    read_wordpress_comments_by_post,
)
from pipelines.compare import ArticleDiff, DateDiff, ValueDiff, compare_articles
from pipelines.dates import DateReading, Precision, format_jalali, parse_date, read_date
from pipelines.document import read_document
from pipelines.encodings import decode as decode_page
from pipelines.flicker import Flicker, FlickerLearner, Mark, page_marks, unexplained
from pipelines.half_spaces import Restored, restore_half_spaces
from pipelines.learned import SiteBoilerplate
from pipelines.learned_pages import LearnedPages
from pipelines.learning import PageSample, SiteLearner, steady
from pipelines.page import extractor_name, post_extractor, read_page, sample_page
from pipelines.paragraph_diff import ParagraphDiff
from pipelines.picture_diff import ImageDiff, LinkDiff
from pipelines.posts import read_wordpress_posts
from pipelines.requisites import css_requisites
from pipelines.search import Snippet, fold_text, index_text, mark_hits, match_expression, snippet
from pipelines.text import display_text, fold_digest, search_key
from pipelines.thread_diff import CommentDiff, ThreadDiff, compare_threads
from pipelines.word_diff import Change, DiffPart, Nature, word_diff

__all__ = [
    "ArticleDiff",
    "Change",
    "CommentDiff",
    "DateDiff",
    "DateReading",
    "DiffPart",
    "Flicker",
    "FlickerLearner",
    "ImageDiff",
    "LearnedPages",
    "LinkDiff",
    "Mark",
    "Nature",
    "PageSample",
    "ParagraphDiff",
    "Precision",
    "Restored",
    "SiteBoilerplate",
    "SiteLearner",
    "Snippet",
    "ThreadDiff",
    "ValueDiff",
    "comment_regions",
    "compare_articles",
    "compare_threads",
    "css_requisites",
    "decode_page",
    "display_text",
    "extractor_name",
    "fold_digest",
    "fold_text",
    "format_jalali",
    "index_text",
    "is_comment_frame",
    "mark_hits",
    "match_expression",
    "merge_threads",
    "page_marks",
    "parse_date",
    "post_extractor",
    "read_comment_feed",
    "read_comments",
    "read_date",
    "read_document",
    "read_html_comments",
    "read_json_comments",
    "read_page",
    "read_wordpress_comments",
    "read_wordpress_comments_by_post",
    "read_wordpress_posts",
    "restore_half_spaces",
    "sample_page",
    "search_key",
    "snippet",
    "steady",
    "unexplained",
    "word_diff",
]
