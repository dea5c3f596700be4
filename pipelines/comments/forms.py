"""Forms in which a reader writes a comment."""

from __future__ import annotations

from lxml.html import HtmlElement

_FIELDS = frozenset(
    [
        "author",
        "name",
        "email",
        "mail",
        "url",
        "website",
        "homepage",
        "comment_post_ID",
        "comment_parent",
        "your-name",
        "fullname",
        "comment",
        "comments",
        "body",
        "message",
        "text",
        "nazar",
        "matn",
        "ncmt_name",
        "ncmt_email",
    ]
)
_NAMED = ("comment", "respond", "reply", "nazar", "didgah")


def is_comment_form(form: HtmlElement) -> bool:
    """Tell whether a form with a ``textarea`` is one for comments: by its name, its target or its
    fields."""
    attributes = form.attrib
    marks = f"{attributes.get('id', '')} {attributes.get('class', '')} {attributes.get('action', '')}".lower()
    if any(name in marks for name in _NAMED):
        return True
    fields = {field.get("name", "").lower() for field in form.iter("input", "textarea")}
    kinds = {field.get("type", "").lower() for field in form.iter("input")}
    return bool("email" in kinds or {"author", "email", "mail", "url", "comment_post_id"} & fields) and bool(
        fields & {name.lower() for name in _FIELDS}
    )
