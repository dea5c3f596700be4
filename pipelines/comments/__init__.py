"""Comments: read from pages, feeds and the JSON of comment services, and joined to one thread with the true
parents."""

from pipelines.comments.embedded import find_services
from pipelines.comments.feeds import read_comment_feed
from pipelines.comments.interfaces import is_comment_frame, read_comments, read_json_comments
from pipelines.comments.merging import merge_threads
from pipelines.comments.page import CommentView, read_html_comments, thread_of, view_comments
from pipelines.comments.regions import comment_regions, regions_of
from pipelines.comments.wordpress import read_wordpress_comments, read_wordpress_comments_by_post

__all__ = [
    "CommentView",
    "comment_regions",
    "find_services",
    "is_comment_frame",
    "merge_threads",
    "read_comment_feed",
    "read_comments",
    "read_html_comments",
    "read_json_comments",
    "read_wordpress_comments",
    "read_wordpress_comments_by_post",
    "regions_of",
    "thread_of",
    "view_comments",
]
