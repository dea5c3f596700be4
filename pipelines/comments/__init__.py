"""Comments: read from pages, WordPress's REST API and feeds, and joined to one thread with the true
parents."""

from pipelines.comments.feeds import read_comment_feed
from pipelines.comments.merging import merge_threads
from pipelines.comments.page import read_html_comments
from pipelines.comments.regions import comment_regions
from pipelines.comments.wordpress import read_wordpress_comments, read_wordpress_comments_by_post

__all__ = [
    "comment_regions",
    "merge_threads",
    "read_comment_feed",
    "read_html_comments",
    "read_wordpress_comments",
    "read_wordpress_comments_by_post",
]
