"""Forms in which a reader writes a comment."""

from __future__ import annotations

from lxml.html import HtmlElement

from pipelines.comments.finding import finder

_FORMS = finder("descendant::form[descendant::textarea]", 50)
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


def comment_forms(root: HtmlElement) -> list[HtmlElement]:
    """Return the forms with a field for text and one for the writer's name, address or page, in document
    order."""
    return [form for form in _FORMS(root) if is_comment_form(form)]


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
