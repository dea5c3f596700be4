"""What one page says of itself, where its markup misleads."""

from __future__ import annotations

from samples import history_pages as pages
from samples.history_pages import Shown, story
from samples.history_world import _read

URL = story("bridge").url("portal")


def signs(body: bytes):
    return _read(body, URL, "text/html; charset=utf-8")


def test_a_page_whose_names_say_menu_everywhere_has_its_text_all_the_same():
    body = pages.article_page(story("bridge"), Shown(design="portal"))
    misnamed = body.replace(b'<body class="story">', b'<body class="nav-open"><div class="nav">')
    assert signs(misnamed).main_words > 120
    assert not signs(misnamed).frames_out


def test_a_script_of_a_guard_on_an_ordinary_page_is_no_challenge():
    short = pages.article_page(
        story("gallery"),
        Shown(
            design="portal",
            comments="none",
            head=pages.CAPTCHA + '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>',
        ),
    )
    assert not signs(short).challenge
    assert signs(pages.CHALLENGE).challenge


def test_a_censors_frame_is_told_from_a_page_with_a_film():
    assert signs(pages.BLOCK_PAGE).frames_out
    film = pages.article_page(story("bridge"), Shown(head="", below='<iframe src="/film/1"></iframe>'))
    assert not signs(film).frames_out


def test_comments_are_no_part_of_what_a_notice_is_measured_by():
    said = story("bridge")
    with_comments = signs(pages.article_page(said, Shown(design="portal")))
    without = signs(pages.article_page(said, Shown(design="portal", comments="none")))
    assert with_comments.main_words == without.main_words
    assert len(with_comments.thread.comments) == 6


def test_a_line_that_says_comments_are_closed_is_found_and_a_paragraph_is_not():
    closed = signs(pages.article_page(story("bridge"), Shown(closed=True)))
    assert closed.thread.closed is not None
    assert not closed.thread.has_form
    assert signs(pages.article_page(story("bridge"), Shown())).thread.closed is None
