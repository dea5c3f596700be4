"""What repeats on the pages of a source is learned, and its articles are read without it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from samples.opaque_newsroom import (
    CORRECTION,
    FORM,
    PLEAS,
    REFERENCE,
    RELATED_LABEL,
    SERIES,
    SUBHEADING,
    WIDGET,
    Newsroom,
    Story,
    measure,
)

from model import Article
from model.codec import from_json, json_text
from pipelines import LearnedPages, PageSample, SiteBoilerplate, SiteLearner, read_page, sample_page, steady

HTML = "text/html; charset=utf-8"


def sample(body: bytes, url: str) -> PageSample:
    found = sample_page(body, url=url, content_type=HTML, reference=REFERENCE)
    assert found is not None
    return found


def learn(pages: Iterable[tuple[str, bytes]]) -> SiteBoilerplate:
    learner = SiteLearner()
    for url, body in pages:
        learner.add(sample(body, url))
    return learner.learn()


def article(body: bytes, url: str, learned: SiteBoilerplate | None = None) -> Article:
    known = LearnedPages(boilerplate=learned) if learned else None
    found = read_page(body, url=url, content_type=HTML, reference=REFERENCE, learned=known).article
    assert found is not None
    return found


def text(body: bytes, url: str, learned: SiteBoilerplate | None = None) -> str:
    found = article(body, url, learned)
    return "\n\n".join((found.lede, *found.paragraphs))


def told(known: SiteBoilerplate) -> set[str]:
    return {one.sample for one in known.texts}


@pytest.fixture(scope="module")
def room() -> Newsroom:
    return Newsroom()


@pytest.fixture(scope="module")
def pages(room: Newsroom) -> list[tuple[Story, bytes]]:
    return [(story, room.page(story, subheading=True)) for story in room.all]


@pytest.fixture(scope="module")
def known(pages: Sequence[tuple[Story, bytes]]) -> SiteBoilerplate:
    return learn((story.url, body) for story, body in pages)


class TestANewsroomWhoseNamesSayNothing:
    def test_read_without_what_was_learned_it_keeps_what_the_site_says(
        self, room: Newsroom, pages: list[tuple[Story, bytes]]
    ) -> None:
        rows = [(story, PLEAS[0], text(body, story.url)) for story, body in pages]
        found = measure(room.all, rows)
        # No rule for single pages can know these words.
        assert (found["widget"], found["plea"]) == (1, 1)
        assert (found["lede once"], found["recall"], found["ZWNJ kept"]) == (1, 1, 1)

    def test_read_with_it_nothing_of_the_site_is_left_and_no_paragraph_is_lost(
        self, room: Newsroom, pages: list[tuple[Story, bytes]], known: SiteBoilerplate
    ) -> None:
        rows = [(story, PLEAS[0], text(body, story.url, known)) for story, body in pages]
        found = measure(room.all, rows)
        assert (found["widget"], found["plea"], found["form"], found["related"]) == (0, 0, 0, 0)
        assert (found["lede once"], found["recall"], found["ZWNJ kept"]) == (1, 1, 1)

    def test_nothing_of_a_comment_or_of_the_foot_is_in_the_text(
        self, room: Newsroom, pages: list[tuple[Story, bytes]], known: SiteBoilerplate
    ) -> None:
        # Read alone, some of these pages are taken too wide; the others say where the text ends.
        found = measure(room.all, [(story, (), text(body, story.url, known)) for story, body in pages])
        assert (found["comments"], found["foot"]) == (0, 0)

    def test_no_article_has_more_with_it_than_without(
        self, pages: list[tuple[Story, bytes]], known: SiteBoilerplate
    ) -> None:
        for story, body in pages:
            without = article(body, story.url)
            assert set(article(body, story.url, known).paragraphs) <= set(without.paragraphs)

    def test_pages_that_were_never_seen_are_read_without_it_too(self, known: SiteBoilerplate) -> None:
        other = Newsroom(seed=99)
        rows = [(story, PLEAS[0], text(other.page(story), story.url, known)) for story in other.all]
        found = measure(other.all, rows)
        assert (found["widget"], found["plea"], found["form"], found["related"]) == (0, 0, 0, 0)
        assert (found["lede once"], found["recall"]) == (1, 1)

    def test_the_texts_are_known_under_a_new_build_of_the_names_and_the_boxes_are_not(
        self, known: SiteBoilerplate
    ) -> None:
        other = Newsroom(build="b")
        rows = [(story, PLEAS[0], text(other.page(story), story.url, known)) for story in other.all]
        found = measure(other.all, rows)
        assert (found["widget"], found["plea"], found["form"]) == (0, 0, 0)
        assert found["recall"] == 1
        assert found["related"] > 0
        again = learn((story.url, other.page(story)) for story in other.all)
        rows = [(story, PLEAS[0], text(other.page(story), story.url, again)) for story in other.all]
        assert measure(other.all, rows)["related"] == 0

    def test_reading_says_what_it_left_out_and_which_revision_knew_it(
        self, pages: list[tuple[Story, bytes]], known: SiteBoilerplate
    ) -> None:
        story, body = pages[0]
        reading = read_page(
            body,
            url=story.url,
            content_type=HTML,
            reference=REFERENCE,
            learned=LearnedPages(boilerplate=known),
        )
        assert reading.article is not None
        said = dict(reading.article.reasons)["boilerplate"]
        assert re.fullmatch(rf"left out \d+ blocks, learned from 40 articles \({known.revision}\)", said)
        assert reading.extractor.endswith(f" generic/1 learned/{known.revision}")
        plain = read_page(body, url=story.url, content_type=HTML, reference=REFERENCE)
        assert plain.article is not None
        assert "boilerplate" not in dict(plain.article.reasons)
        assert "learned" not in plain.extractor


class TestWhatIsLearned:
    def test_it_is_the_widget_the_plea_the_form_and_the_label_each_with_its_evidence(
        self, known: SiteBoilerplate
    ) -> None:
        assert {WIDGET, *PLEAS[0], FORM, SUBHEADING} <= told(known)
        assert told(known) <= {WIDGET, *PLEAS[0], FORM, SUBHEADING, RELATED_LABEL}
        assert {(one.pages, one.of_pages) for one in known.texts} == {(40, 40)}
        assert known.pages == 40

    def test_a_subheading_that_heads_a_paragraph_stays_though_each_article_has_it(
        self, pages: list[tuple[Story, bytes]], known: SiteBoilerplate
    ) -> None:
        story, body = pages[3]
        assert SUBHEADING in article(body, story.url, known).paragraphs

    def test_a_correction_and_the_introduction_of_a_series_stay(self) -> None:
        room = Newsroom(correction_on=9)
        bodies = [(story.url, room.page(story)) for story in room.all]
        known = learn(bodies)
        assert {CORRECTION, SERIES}.isdisjoint(told(known))
        assert CORRECTION in text(bodies[0][1], bodies[0][0], known)
        assert SERIES in text(bodies[9][1], bodies[9][0], known)

    def test_few_pages_teach_nothing(self) -> None:
        room = Newsroom(stories=5, correction_on=0)
        assert learn((story.url, room.page(story)) for story in room.all).is_empty

    def test_a_plea_that_only_one_section_has_is_learned(self) -> None:
        room = Newsroom(stories=60)
        bodies = [
            (story.url, room.page(story, plea=PLEAS[0] if story.section == "river" else ()))
            for story in room.all
        ]
        found = {one.sample: (one.pages, one.of_pages) for one in learn(bodies).texts}
        assert found[PLEAS[0][0]] == (20, 20)

    def test_it_goes_through_json_and_its_revision_tells_what_is_known(self, known: SiteBoilerplate) -> None:
        again = from_json(SiteBoilerplate, json.loads(json_text(known)))
        assert again == known
        assert again.revision == known.revision
        assert len(known.revision) == 8
        assert replace(known, pages=41).revision == known.revision
        assert replace(known, texts=known.texts[1:]).revision != known.revision
        assert SiteBoilerplate().revision == ""

    def test_the_same_articles_in_the_same_order_teach_the_same(
        self, pages: list[tuple[Story, bytes]], known: SiteBoilerplate
    ) -> None:
        assert learn((story.url, body) for story, body in pages) == known

    def test_more_evidence_of_the_same_is_no_new_revision(self, known: SiteBoilerplate) -> None:
        more = Newsroom(stories=60, seed=3)
        samples = [sample(more.page(story), story.url) for story in more.all]
        learner = SiteLearner()
        for one in samples:
            learner.add(one)
        fresh = replace(learner.learn(), texts=(*learner.learn().texts, replace(known.texts[0], digest="0")))
        previous = replace(fresh, texts=fresh.texts[:-1])
        assert steady(previous, fresh, samples) is previous
        less = replace(fresh, texts=tuple(one for one in fresh.texts if one.sample != WIDGET))
        assert steady(less, fresh, samples) is fresh
        assert steady(None, fresh, samples) is fresh


class TestWhereATextEnds:
    def test_its_end_is_cut_and_neither_its_beginning_nor_its_middle(
        self, pages: list[tuple[Story, bytes]]
    ) -> None:
        samples = [sample(body, story.url) for story, body in pages]
        learner = SiteLearner()
        for one in samples:
            learner.add(replace(one, outside=(("a foot", "پانوشت"),)))
        known = learner.learn()
        assert "a foot" in {one.digest for one in known.outside}
        own, foot = samples[0].keys[1].shape, "a foot"
        assert known.beyond(reversed([foot, own, foot, own, foot, foot])) == 2
        assert known.beyond(reversed([foot, own])) == 0

    def test_a_box_that_is_text_on_every_other_page_is_never_cut(
        self, pages: list[tuple[Story, bytes]]
    ) -> None:
        learner = SiteLearner()
        for number, (story, body) in enumerate(pages):
            one = sample(body, story.url)
            box = replace(one.keys[1], shape="a box", text=f"{number}", words=f"{number}")
            if number % 2:
                learner.add(replace(one, outside=(("a box", box.sample),)))
            else:
                learner.add(replace(one, keys=(*one.keys, box), read=(*one.read, True)))
        assert "a box" not in {one.digest for one in learner.learn().outside}


class TestWindows:
    def test_a_plea_of_some_months_is_known_after_years_and_so_are_those_around_it(self) -> None:
        room = Newsroom()
        story = room.all[0]
        first, second = (sample(room.page(story, plea=plea), story.url) for plea in PLEAS)
        begging = [
            next(key for key in shown.keys if key.sample == plea[0])
            for shown, plea in zip((first, second), PLEAS, strict=True)
        ]
        learner = SiteLearner()
        for number in range(900):
            own = replace(first.keys[1], text=f"text {number}", words=f"words {number}")
            learner.add(
                replace(
                    first,
                    url=f"https://paper.example/city/{number}",
                    title=str(number),
                    keys=(own, begging[300 <= number < 500]),
                    read=(True, True),
                )
            )
        known = learner.learn()
        assert told(known) == {PLEAS[0][0], PLEAS[1][0]}
        assert known.pages == 900


class TestHostileSources:
    def test_a_source_whose_every_page_is_identical_teaches_nothing(self) -> None:
        room = Newsroom()
        body = room.page(room.all[0]).replace(b'rel="canonical"', b'rel="nothing"')
        known = learn((f"https://paper.example/city/{number}", body) for number in range(50))
        assert known.pages == 1
        assert known.is_empty

    @pytest.mark.parametrize("anonymous", [False, True], ids=["told from the text", "taken for the text"])
    def test_an_article_repeated_in_the_comments_of_all_others_loses_nothing(self, anonymous: bool) -> None:
        room = Newsroom()
        victim = room.all[0]

        def page(story: Story) -> bytes:
            said = () if story is victim else victim.paragraphs * 2
            return room.page(story, extra_comments=said, anonymous=anonymous)

        known = learn((story.url, page(story)) for story in room.all)
        found = article(page(victim), victim.url, known)
        assert set(victim.paragraphs) <= set(found.paragraphs)

    def test_comments_taken_for_text_teach_what_is_the_sites_in_their_own_box_only(
        self, pages: list[tuple[Story, bytes]]
    ) -> None:
        samples = [sample(body, story.url) for story, body in pages]
        victim = samples[0]
        at = [key.sample for key in victim.keys].index(pages[0][0].paragraphs[0][:160])
        repeated = replace(victim.keys[at], shape="0123456789abcdef")
        learner = SiteLearner()
        learner.add(victim)
        for one in samples[1:]:
            learner.add(replace(one, keys=(*one.keys, repeated), read=(*one.read, True)))
        known = learner.learn()
        assert repeated.sample in told(known)
        assert known.drops([repeated]) == [True]
        assert known.drops(victim.keys)[at] is False
        # What guards it is the box: in a build of names that is not known, the tags alone would not.
        assert replace(known, seen=()).drops([replace(repeated, shape="another build")]) == [True]

    def test_a_paragraph_forged_into_a_quarter_of_all_articles_stays_in_each(self) -> None:
        room = Newsroom(stories=80)
        victim = room.all[0]
        forged = victim.paragraphs[0]
        bodies = {
            story.url: room.page(story, paragraphs=(*story.paragraphs, forged) if n < 20 else None)
            for n, story in enumerate(room.all)
        }
        known = learn(bodies.items())
        assert forged not in told(known)
        assert forged in text(bodies[victim.url], victim.url, known)

    def test_an_article_is_never_emptied(self, known: SiteBoilerplate) -> None:
        body = "".join(f"<p>{one}</p>" for one in (WIDGET, *PLEAS[0], FORM))
        page = (
            '<html lang="fa"><head><meta property="og:type" content="article"><title>برگه</title>'
            '<meta property="article:published_time" content="2026-10-24T14:25:00+03:30"></head>'
            '<body><div class="a"><div class="b"><h1>برگهٔ برداشته‌شده</h1>'
            f'<div class="c">{body}</div></div></div></body></html>'
        ).encode()
        url = "https://paper.example/city/9"
        found = article(page, url, known)
        assert found.paragraphs == article(page, url).paragraphs
        assert dict(found.reasons)["boilerplate"].endswith("kept")

    def test_a_short_piece_beside_a_long_plea_is_found_once_the_plea_is_known(self) -> None:
        room = Newsroom(stories=20, correction_on=0)
        plea = " ".join(PLEAS[0] * 2)

        def page(story: Story) -> bytes:
            begging = "".join(f"<p>{part} {n} {plea}</p>" for n, part in enumerate(PLEAS[1] * 6))
            return (
                f'<html lang="fa"><head><meta property="og:type" content="article">'
                f'<meta property="article:published_time" content="{story.at.isoformat()}">'
                f'<title>{story.title}</title><link rel="canonical" href="{story.url}"></head>'
                f"<body><h1>{story.title}</h1>"
                f"<div><div><p>{story.paragraphs[0]}</p></div></div><div><div>{begging}</div></div></body></html>"
            ).encode()

        known = learn((story.url, page(story)) for story in room.all)
        for story in room.all:
            assert article(page(story), story.url).paragraphs != (story.paragraphs[0],)
            assert article(page(story), story.url, known).paragraphs == (story.paragraphs[0],)

    def test_a_million_blocks_teach_by_their_beginning(self, known: SiteBoilerplate) -> None:
        room = Newsroom(stories=1)
        story = room.all[0]
        flood = "".join(
            f"<p>بند {n} از سیلی که پایان ندارد و کسی آن را نمی\u200cخواند.</p>" for n in range(1_000_000)
        )
        body = room.page(story).replace(f"<p>{WIDGET}</p>".encode(), flood.encode(), 1)
        assert len(sample(body[: 16 << 20], story.url).keys) == 500
