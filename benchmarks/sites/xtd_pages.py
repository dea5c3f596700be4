"""Draw pages of django-comments-xtd with its own templates: ``python xtd_pages.py POSTS_JSON FOLDER``.

Needs an interpreter with ``django`` and ``django-comments-xtd``. Every post becomes ``FOLDER/<n>.html``,
fetched through Django's own request handling; threads ten deep, the database in memory.
"""

# ruff: noqa: E402

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import django
from django.conf import settings

TEMPLATE = """{% load comments comments_xtd %}<!doctype html><html lang="fa"><head><meta charset="utf-8">
<title>{{ object.title }}</title></head><body><article><h1>{{ object.title }}</h1>{{ object.body|safe }}</article>
<div id="comments">{% get_comment_count for object as count %}<h4>{{ count }} comments</h4>
{% render_xtdcomment_tree for object %}{% render_comment_form for object %}</div></body></html>"""

settings.configure(
    SECRET_KEY="only-for-this-run",
    DEBUG=False,
    ALLOWED_HOSTS=["testserver"],
    USE_TZ=True,
    TIME_ZONE="UTC",
    LANGUAGE_CODE="en",
    ROOT_URLCONF=__name__,
    SITE_ID=1,
    COMMENTS_APP="django_comments_xtd",
    COMMENTS_XTD_MAX_THREAD_LEVEL=10,
    COMMENTS_XTD_SALT=b"only-for-this-run",
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sites",
        "django_comments_xtd",
        "django_comments",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                ]
            },
        }
    ],
)
django.setup()

from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client
from django.urls import include, path

POSTS: dict[int, dict] = {}


def show(request: HttpRequest, number: int) -> HttpResponse:
    """Answer with the page of a post."""
    site = Site.objects.get(pk=number)
    site.title, site.body = (
        POSTS[number]["title"],
        "".join(f"<p>{part}</p>" for part in POSTS[number]["body"]),
    )
    return HttpResponse(
        Template(TEMPLATE).render(Context({"object": site, "request": request, "user": AnonymousUser()}))
    )


urlpatterns = [path("<int:number>/", show), path("comments/", include("django_comments_xtd.urls"))]


def main(posts_json: str, folder: str) -> None:
    """Fill the database and write the pages. What is spoken about are rows of ``Site``: any model will do."""
    from django_comments_xtd.models import XtdComment

    call_command("migrate", verbosity=0)
    home = Site.objects.get_or_create(pk=1, defaults={"domain": "testserver", "name": "1"})[0]
    kind = ContentType.objects.get_for_model(Site)
    client = Client()
    for number, post in enumerate(json.loads(Path(posts_json).read_text()), 1):
        POSTS[number] = post
        Site.objects.get_or_create(pk=number, defaults={"domain": f"{number}.test", "name": str(number)})
        made: list[XtdComment] = []
        for one in post["comments"]:
            made.append(
                XtdComment.objects.create(
                    content_type=kind,
                    object_pk=str(number),
                    site=home,
                    user_name=one["author"],
                    user_email="someone@example.invalid",
                    comment=one["text"],
                    submit_date=datetime.fromisoformat(one["date"]).replace(tzinfo=UTC),
                    is_public=True,
                    parent_id=made[one["parent"]].pk if one["parent"] is not None else 0,
                )
            )
        (Path(folder) / f"{number}.html").write_bytes(client.get(f"/{number}/").content)


if __name__ == "__main__":
    main(*sys.argv[1:])
