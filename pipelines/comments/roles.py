"""The rule table: which marks say «one comment», and which say author, time, text, or none of it.

A mark is written as in CSS, one of ``tag``, ``.class``, ``tag.class``, ``[attribute=word]`` (one word of
a list of words, the last path segment of a type). The marks of all systems stand in one table, because
themes mix them: a WordPress theme with schema.org attributes, a Drupal theme with WordPress class names.
Within a role the row that stands first wins.

Counted in the 190 comment configurations of a scraper for Iranian sites (knowledge of the field): text
``.comment-content`` 61, ``.wpd-comment-text`` 15, ``.comment-body`` 13, ``.comment-text`` 8; date
``time`` 55, ``.date`` 8; author ``.comment-author b`` 32, ``.comment-author cite`` 14,
``.wpd-comment-author`` 11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from lxml.html import HtmlElement

MAX_NAMES = 40
"""Class names of one element looked at."""


class Role(Enum):
    """What an element within a comment is."""

    AUTHOR = "author"
    TIME = "time"
    TEXT = "text"
    ASIDE = "aside"
    """Neither author nor text: buttons, badges, the header around name and date."""
    PENDING = "pending"
    """Says that the comment is not published."""
    GONE = "gone"
    """Stands in the place of a comment that was taken away."""
    UP = "up"
    """Counts the votes for it."""
    DOWN = "down"
    """Counts those against it."""
    BADGE = "badge"
    """Says who its writer is to the site."""


_ROWS: tuple[tuple[Role, str], ...] = (
    (
        Role.AUTHOR,
        """
        b.fn cite.fn .wpd-comment-author .wc-comment-author .wp-block-comment-author-name .comment-author-name
        .comment__author-name .comment-author-link .p-author .fn [itemprop=author] [itemprop=creator]
        [property=author] [property=creator] [property=foaf:name] cite.comment-author .comm_info_name
        .comment_answer_2 .user-comment-name .comment-author .comment_author .comment__author
        .comment-name .comment_name .commenter .commenter-name .username .username-coloured
        .bigusername .largetext .author-name .user-name .nickname
        .creator .postauthor [property=name] .author cite .name
        """,
    ),
    (
        Role.TIME,
        """
        [itemprop=dateCreated] [itemprop=datePublished] [itemprop=commentTime] [property=dateCreated]
        [property=datePublished] [property=dc:date] [property=dc:created] time .dt-published .published
        .wpd-comment-date .wc-comment-date .comment-date .comment_date .comment__date .comment-time
        .comment_time
        .comment__time .post-time .post_date .postdate .comment-timestamp .commentmetadata
        .comment-metadata .comm_info_date .comment_answer_5
        .user-comment-date .timeago mark.hidden .comment__submitted .submitted .datetime .date .time
        .comment-meta p.author .thead
        """,
    ),
    (
        Role.TEXT,
        """
        .wpd-comment-text .wc-comment-text .postcontent .post_body
        .wp-block-comment-content .ast-comment-content .comment-content
        .comment__content .comment_content .comment-text .comment_text .commenttext .comment-text-body
        [itemprop=text] [itemprop=commentText] [property=text] [property=content:encoded] .comment-entry
        .comment-message .field--name-comment-body .field-name-comment-body .e-content .entry-content
        .p-content .user-comment-text .user-comment-content .comments .message .content .comment-body
        .comment_body
        """,
    ),
    (
        Role.ASIDE,
        """
        .says .reply .comment-reply .comment-reply-link .comment-edit-link .edit-link .comment-meta
        .commentmetadata .comment-metadata .vcard .avatar .comment-avatar .comment-header .comment-actions
        .comment-tools .comment-links .comment-footer .wpd-comment-footer .wpd-comment-header
        .wpd-comment-left .wpd-reply-to .wpd-toolbar .wpd-comment-status .wpd-comment-share
        .wpd-comment-link .wpd-comment-last-edited .wpd-user-nicename .wpd-inline-feedback-wrapper
        .wc-comment-left .wc-comment-header .wc-comment-footer .wc-reply-to .wp-block-avatar
        .wp-block-comment-reply-link
        .wp-block-comment-edit-link .ast-comment-meta .ast-comment-edit-reply-wrap .comment__meta
        .comment__links .links .submitted .permalink .comm_info_bar .comm_info .comm_rating
        .comm_answer_link .comment_answer_c .comm_answer_title .rating_comments .rating .votes .vote .like
        .likes .dislike .comment-like .comment-likes .comment-rating .share .report .badge
        .comment-respond .comments_form_container .comment-parent p.parent .screen-reader-text
        .visually-hidden .comment-num .comment-number [itemprop=upvoteCount] [itemprop=downvoteCount]
        [itemprop=parentItem] .u-url .signature .message-signature .user-signature .postprofile .post-buttons
        .post_author .post_head
        .post_controls .post_meta .posthead .userinfo .postfoot .thead
        .crawler-post-meta
        .crawler-post-infos .comment-thread-toggle .thread-toggle
        """,
    ),
    (
        Role.PENDING,
        """
        .comment-awaiting-moderation .unapproved .wpd-unapproved-comment .wpd_unapproved_comment
        .comment-unpublished .comment--unpublished .unpublished
        """,
    ),
    (
        Role.GONE,
        """
        .deleted-comment .comment-deleted .comment--deleted .comment-removed .comment--removed .is-deleted
        .message--deleted .comment-content-removed
        """,
    ),
    (
        Role.UP,
        """
        [itemprop=upvoteCount] [itemprop=userInteractionCount] .rating_up
        .vote-up-count .up-votes .upvotes .upvote-count .likes-count
        .like-count .comment-like-count .like_count .likeCount .cld-like-count-wrap .wpd-vote-result-like
        .wc-vote-result-like .wpd-vote-result .wc-vote-result .vote-score .comment-score .vote-count
        """,
    ),
    (
        Role.DOWN,
        """
        [itemprop=downvoteCount] .rating_down .vote-down-count .down-votes .downvotes .downvote-count
        .dislikes-count .dislike-count .comment-dislike-count .dislike_count .cld-dislike-count-wrap
        .wpd-vote-result-dislike .wc-vote-result-dislike
        """,
    ),
    (
        Role.BADGE,
        """
        .badge .comment-badge .user-badge .author-badge .user-role .comment-author-badge .wpd-comment-label
        .wc-comment-label
        .post-author-label .verified .verified-badge .staff .moderator .isso-admin-badge
        """,
    ),
)


def _table() -> dict[str, tuple[tuple[Role, int], ...]]:
    table: dict[str, tuple[tuple[Role, int], ...]] = {}
    for role, marks in _ROWS:
        for rank, mark in enumerate(marks.split()):
            table[mark] = (*table.get(mark, ()), (role, rank))
    return table


_ROLES = _table()
EXPLICIT_TEXT = next(rank for role, rank in _ROLES[".comments"] if role is Role.TEXT)
"""Rows of the text role before this one name an element that holds nothing but the text."""
PENDING_NAMES = frozenset(
    mark.removeprefix(".") for mark, rows in _ROLES.items() if rows[0][0] is Role.PENDING
)
_WORDS = ("itemprop", "property")
_MESSAGE = re.compile(r"post_message_\d+")


@lru_cache(maxsize=8192)
def roles_of(tag: str, names: str) -> tuple[tuple[Role, int], ...]:
    """Return the roles of an element by its tag and class names, each with its rank in the table (0 is
    best).

    Kept, because the elements of one page's comments have a dozen different class attributes between
    them.
    """
    found = list(_ROLES.get(tag, ()))
    for name in names.split()[:MAX_NAMES]:
        found.extend(_ROLES.get("." + name, ()))
        found.extend(_ROLES.get(f"{tag}.{name}", ()))
    return tuple(found)


def roles_by_id(identifier: str) -> tuple[tuple[Role, int], ...]:
    """Return the role of an element that is named by its ``id`` alone: vBulletin's ``post_message_12``."""
    return ((Role.TEXT, 0),) if _MESSAGE.fullmatch(identifier) else ()


def roles_by_attributes(element: HtmlElement) -> list[tuple[Role, int]]:
    """Return the roles that microdata and RDFa give an element, each with its rank in the table."""
    found: list[tuple[Role, int]] = []
    for attribute in _WORDS:
        for word in element.get(attribute, "").split()[:MAX_NAMES]:
            found.extend(_ROLES.get(f"[{attribute}={word.removeprefix('schema:')}]", ()))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """How one publishing system marks the element that is one comment."""

    name: str
    """Becomes ``CommentThread.origin``."""
    marks: frozenset[str] = frozenset()
    """Any of these marks one comment, also within another one."""
    both: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    """Class names that mark one comment only together with a name of the second set."""
    ids: re.Pattern[str] | None = None
    """A whole ``id`` of one comment; group 1 is its number, group 2, where there is one, its parent's."""
    requires: frozenset[str] = frozenset()
    """Class names of which one must be there beside a matching ``id``."""
    lists: frozenset[str] = frozenset()
    """Class names of lists whose every ``li`` is one comment."""
    inside: bool = False
    """True: the marks are those of any entry, and count only within something named for comments."""
    holds: frozenset[str] = frozenset()
    """Class names of which an element inside must have one: where the ``id`` alone might be anything's."""
    nests: bool = False
    """True: each marked element is a comment of its own even without a number (microdata scopes)."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SYSTEMS: tuple[System, ...] = (
    # id="wpd-comm-<comment>_<parent>": the true parent, also where the nesting shown has ended. Before
    # version 7 (2020) all its names began with wc-.
    System(
        name="wpdiscuz",
        marks=_words(".wpd-comment .wc-comment"),
        ids=re.compile(r"(?:wpd|wc)-comm-(\d+)_(\d+)"),
    ),
    # Walker_Comment and comment_class(): id="comment-7" class="comment even depth-1"; themes with a
    # callback write li#li-comment-7 around article#comment-7.
    System(
        name="wordpress-html",
        both=(
            _words("comment pingback trackback"),
            _words("even odd alt byuser depth-1 depth-2 depth-3 depth-4 depth-5"),
        ),
        ids=re.compile(r"(?:li-|div-)?comment-(\d+)"),
    ),
    System(
        name="drupal",
        marks=_words("[typeof=sioct:Comment] [typeof=Comment]"),
        both=(
            _words("comment"),
            _words(
                """
            js-comment clearfix by-anonymous by-node-author comment-by-anonymous comment-by-node-author
            odd even
            """
            ),
        ),
    ),
    System(
        name="iransamaneh",
        marks=_words(".comments_item .comm_answer_line"),
        ids=re.compile(r"comm_(\d+)"),
        nests=True,
    ),
    # What Discourse shows to crawlers: post_1 is what the topic is about, not a comment.
    System(name="discourse", ids=re.compile(r"post_([2-9]|[1-9]\d+)"), requires=_words("crawler-post")),
    # phpBB: div#p12.has-profile; MyBB: div#post_12.classic; XenForo: article#js-post-12.message--post;
    # vBulletin: li#post_12.postbit. Opening posts count as all others do.
    System(
        name="forum",
        ids=re.compile(r"(?:js-post-|post_|p)(\d+)"),
        requires=_words("has-profile message--post postbit postbitlegacy postcontainer classic"),
    ),
    # MyBB's other layout: div#post_12.post around .post_body; phpBB 3.0: div#p12.post.bg1 around .postbody;
    # vBulletin 3: div#edit12 around a table without any name of use but .bigusername.
    System(name="forum", ids=re.compile(r"post_(\d+)"), requires=_words("post"), holds=_words("post_body")),
    System(name="forum", ids=re.compile(r"p(\d+)"), requires=_words("bg1 bg2"), holds=_words("postbody")),
    System(name="forum", ids=re.compile(r"edit(\d+)"), holds=_words("bigusername")),
    System(name="schema.org", marks=_words("[itemtype=Comment] [itemtype=UserComments]"), nests=True),
    System(name="schema.org", marks=_words("[typeof=Comment] [typeof=UserComments]"), nests=True),
    System(name="microformats", marks=_words(".u-comment .p-comment"), nests=True),
    System(name="microformats", marks=_words(".hentry .h-entry .h-cite"), inside=True, nests=True),
    # Nastooh (irna, mehrnews…), Asam and StudioKhabar: ul.comments-list > li with .author .date .comment-body
    System(
        name="comment-list",
        marks=_words(".user-comment-area"),
        lists=_words("comments-list comment-list commentlist"),
    ),
    System(
        name="comment-classes",
        marks=_words(
            """
            .comment-item .comment_item .comment__item .commentItem .single-comment .comment-box
            .comment_box .comment-block .comment-wrap .comment-single .comment-card li.comment
            article.comment div.comment
            """
        ),
        ids=re.compile(r"(?:comment|cmt|comm|c)[-_]?(\d+)"),
    ),
)
