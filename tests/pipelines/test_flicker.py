"""What differs between two fetches a moment apart is flicker, and a real edit beside it is still one."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from samples.opaque_newsroom import REFERENCE, Newsroom, Story

from model import Article
from model.codec import from_json, json_text
from pipelines import (
    Flicker,
    FlickerLearner,
    LearnedPages,
    Mark,
    compare_articles,
    index_text,
    page_marks,
    read_page,
    unexplained,
)
from pipelines.flicker import FlickerMark

if TYPE_CHECKING:
    from collections.abc import Sequence

HTML = "text/html; charset=utf-8"
ADVERTS = tuple(
    f"فروش ویژهٔ {what} تنها تا پایان هفته، با پیک رایگان برای همهٔ شهر{tail}"
    for what in ("فرش", "کتاب", "چای", "دوچرخه", "کفش", "گلدان")
    for tail in ("!", " و روستاها.")
)


class Site:
    """A newsroom that shows each time another number of views, another advertisement, other articles."""

    def __init__(self) -> None:
        self.room = Newsroom(stories=30)
        self.rng = random.Random(5)
        self.views = 100

    def fetch(self, story: Story, *, paragraphs: Sequence[str] | None = None, build: str = "a") -> bytes:
        self.views += self.rng.randint(1, 9)
        self.room.build = build
        others = [one for one in self.room.all if one is not story]
        return self.room.page(
            story,
            views=self.views,
            advert=self.rng.choice(ADVERTS),
            related=self.rng.sample(others, 4),
            paragraphs=paragraphs,
        ).replace(b'name="nonce" value="', f'name="nonce" value="{self.views}'.encode())


def marks(body: bytes) -> tuple[Mark, ...]:
    return page_marks(body, content_type=HTML)


def article(body: bytes, story: Story, known: Flicker | None = None) -> Article:
    learned = LearnedPages(flicker=known) if known else None
    found = read_page(body, url=story.url, content_type=HTML, reference=REFERENCE, learned=learned).article
    assert found is not None
    return found


def taken(read: Article) -> list[str]:
    return [read.paragraphs[at] for at in read.flickering]


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def flicker(site: Site) -> Flicker:
    learner = FlickerLearner()
    for story in site.room.all[:6]:
        learner.add(story.url, [marks(site.fetch(story)) for _ in range(2)])
    return learner.learn()


class TestAPageThatNobodyEdited:
    def test_it_differs_each_time_as_read_and_not_at_all_once_still(
        self, site: Site, flicker: Flicker
    ) -> None:
        for story in site.room.all[6:16]:
            one, other = site.fetch(story), site.fetch(story)
            assert compare_articles(article(one, story), article(other, story)).is_changed
            first, second = article(one, story, flicker), article(other, story, flicker)
            assert not compare_articles(first, second).is_changed
            assert index_text(first).digest == index_text(second).digest

    def test_it_still_differs_in_nothing_after_the_names_were_built_anew(
        self, site: Site, flicker: Flicker
    ) -> None:
        story = site.room.all[20]
        one, other = site.fetch(story), site.fetch(story, build="b")
        first, second = article(one, story, flicker), article(other, story, flicker)
        assert not compare_articles(first, second).is_changed

    def test_no_paragraph_of_the_author_is_taken(self, site: Site, flicker: Flicker) -> None:
        for story in site.room.all[6:16]:
            read = article(site.fetch(story), story, flicker)
            assert set(story.paragraphs) <= {text for _, text in read.steady}

    def test_what_flickers_is_marked_and_shown_as_published(self, site: Site, flicker: Flicker) -> None:
        story = site.room.all[7]
        body = site.fetch(story)
        read = article(body, story, flicker)
        assert any(text in ADVERTS for text in taken(read))
        plain = article(body, story)
        assert (read.paragraphs, plain.flickering) == (plain.paragraphs, ())
        assert all(text.split()[0] in index_text(read).joined for text in taken(read))

    def test_its_links_are_not_compared_either(self) -> None:
        room = Newsroom(stories=8)

        def fetch(story: Story, turn: int) -> bytes:
            advert = f'{ADVERTS[turn]} <a href="https://ads.example/{story.number}/{turn}">بیشتر</a>'
            return room.page(story, related=(), advert=advert)

        learner = FlickerLearner()
        for story in room.all[:3]:
            learner.add(story.url, [marks(fetch(story, turn)) for turn in range(2)])
        known = learner.learn()
        pages = [fetch(room.all[5], turn) for turn in range(4, 6)]
        plain = {index_text(article(one, room.all[5])).links for one in pages}
        assert len(plain) == 2
        assert len({index_text(article(one, room.all[5], known)).links for one in pages}) == 1

    def test_all_that_two_captures_differ_in_is_explained_attributes_too(
        self, site: Site, flicker: Flicker
    ) -> None:
        story = site.room.all[9]
        one, other = marks(site.fetch(story)), marks(site.fetch(story))
        assert unexplained(one, other, Flicker())
        assert any("@value" in mark.place for mark in unexplained(one, other, Flicker()))
        assert unexplained(one, other, flicker) == ()


class TestARealEditBesideTheFlicker:
    @pytest.mark.parametrize("at", [0, -1], ids=["first paragraph", "last paragraph"])
    def test_it_is_the_only_change_that_is_left(self, site: Site, flicker: Flicker, at: int) -> None:
        story = site.room.all[11]
        edited = list(story.paragraphs)
        edited[at] = edited[at].replace("،", "").replace(" از ", " دربارهٔ ", 1) + " شهردار این را رد کرد."
        one, other = site.fetch(story), site.fetch(story, paragraphs=edited)
        found = compare_articles(article(one, story, flicker), article(other, story, flicker))
        changed = [part for part in found.paragraphs if part.kind.value != "same"]
        assert [part.kind.value for part in changed] == ["changed"]
        left = {mark.sample for mark in unexplained(marks(one), marks(other), flicker)}
        assert left == {story.paragraphs[at][:80], edited[at][:80]}

    def test_a_paragraph_taken_out_is_gone(self, site: Site, flicker: Flicker) -> None:
        story = site.room.all[12]
        one, other = site.fetch(story), site.fetch(story, paragraphs=story.paragraphs[:-1])
        found = compare_articles(article(one, story, flicker), article(other, story, flicker))
        assert [part.kind.value for part in found.paragraphs if part.kind.value != "same"] == ["removed"]

    def test_a_counter_is_taken_and_one_whose_words_change_is_an_edit(
        self, site: Site, flicker: Flicker
    ) -> None:
        story = site.room.all[13]
        body = site.fetch(story)
        closed = body.replace(" بازدید<".encode(), " بازدید؛ شمارش بسته شد<".encode())
        for one, flickers in ((body, True), (closed, False)):
            (counter,) = [mark for mark in marks(one) if "بازدید" in mark.sample]
            assert flicker.explains(counter) is flickers

    def test_numbers_of_paragraphs_are_those_of_all(self, site: Site, flicker: Flicker) -> None:
        story = site.room.all[14]
        edited = (*story.paragraphs[:-1], story.paragraphs[-1] + " شهردار این را رد کرد.")
        one = article(site.fetch(story), story, flicker)
        other = article(site.fetch(story, paragraphs=edited), story, flicker)
        assert min(one.flickering) < one.paragraphs.index(story.paragraphs[-1])
        (changed,) = [part for part in compare_articles(one, other).paragraphs if part.kind.value != "same"]
        assert changed.old_index == one.paragraphs.index(story.paragraphs[-1])
        assert changed.new_index == other.paragraphs.index(edited[-1])


class TestWhatIsLearned:
    def test_an_edit_between_two_fetches_of_one_page_is_no_flicker(self, site: Site) -> None:
        learner = FlickerLearner()
        edited = site.room.all[0]
        changed = ("۱۲ تن در این میان به خانه بازگشتند.", *edited.paragraphs[1:])
        before = ("۱۱ تن در این میان به خانه بازگشتند.", *edited.paragraphs[1:])
        learner.add(
            edited.url,
            [marks(site.fetch(edited, paragraphs=before)), marks(site.fetch(edited, paragraphs=changed))],
        )
        for story in site.room.all[1:4]:
            learner.add(story.url, [marks(site.fetch(story)) for _ in range(2)])
        known = learner.learn()
        one, other = site.fetch(edited, paragraphs=before), site.fetch(edited, paragraphs=changed)
        found = compare_articles(article(one, edited, known), article(other, edited, known))
        assert [part.kind.value for part in found.paragraphs if part.kind.value != "same"] == ["changed"]

    def test_two_fetches_of_one_address_alone_teach_nothing(self, site: Site) -> None:
        learner = FlickerLearner()
        story = site.room.all[0]
        learner.add(story.url, [marks(site.fetch(story)) for _ in range(4)])
        known = learner.learn()
        assert (known.places, known.counters, known.texts) == ((), (), ())

    def test_a_page_that_was_walled_off_a_moment_later_teaches_nothing(self, site: Site) -> None:
        learner = FlickerLearner()
        wall = "".join(f"<p>{one}</p>" for one in ("نشانی شما بسته است.", "کمی بعد دوباره بیازمایید."))
        for story in site.room.all[:4]:
            body = site.fetch(story)
            walled = re.sub(rb"<p>.*</p>", wall.encode(), body, flags=re.DOTALL)
            learner.add(story.url, [marks(body), marks(walled), marks(body)])
        known = learner.learn()
        assert (known.pages, known.places, known.texts) == (0, (), ())

    def test_an_article_is_never_left_without_a_text_to_compare(self, site: Site) -> None:
        story = site.room.all[0]
        body = site.fetch(story)
        all_of_it = Flicker(
            places=tuple(FlickerMark(place=one.place, digest="", pages=9, sample="") for one in marks(body))
        )
        assert article(body, story, all_of_it).flickering == ()

    def test_pages_that_stay_as_they_are_teach_nothing(self) -> None:
        room = Newsroom(stories=5, correction_on=0)
        learner = FlickerLearner()
        for story in room.all:
            learner.add(story.url, [marks(room.page(story))] * 3)
        known = learner.learn()
        assert (known.places, known.counters, known.texts) == ((), (), ())
        assert known.pages == 5

    def test_an_advertisement_among_the_paragraphs_is_known_by_its_text(self) -> None:
        room = Newsroom(stories=12, correction_on=0)

        def fetch(story: Story, advert: str) -> bytes:
            return room.page(story, related=(), paragraphs=(*story.paragraphs, advert))

        learner = FlickerLearner()
        for story in room.all[:6]:
            learner.add(story.url, [marks(fetch(story, ADVERTS[0])), marks(fetch(story, ADVERTS[1]))])
        known = learner.learn()
        story = room.all[9]
        one, other = fetch(story, ADVERTS[1]), fetch(story, ADVERTS[0])
        assert compare_articles(article(one, story), article(other, story)).is_changed
        assert not compare_articles(article(one, story, known), article(other, story, known)).is_changed
        assert taken(article(one, story, known)) == [ADVERTS[1]]

    def test_an_articles_own_words_that_others_show_in_a_list_that_changes_are_compared(self) -> None:
        room = Newsroom(stories=12, correction_on=0)
        own, other, third = room.all[9:12]
        teaser = replace(own, lede=own.paragraphs[1])
        learner = FlickerLearner()
        for story in room.all[:6]:
            fetches = [room.page(story, related=one) for one in ([teaser, other], [other, third])]
            learner.add(story.url, [marks(one) for one in fetches])
        known = learner.learn()
        assert any(own.paragraphs[1].startswith(one.sample) for one in known.texts)
        assert taken(article(room.page(own, related=()), own, known)) == []

    def test_it_goes_through_json_and_does_not_depend_on_the_order_of_pages(
        self, site: Site, flicker: Flicker
    ) -> None:
        again = from_json(Flicker, json.loads(json_text(flicker)))
        assert again == flicker
        pairs = [(story.url, [marks(site.fetch(story)) for _ in range(2)]) for story in site.room.all[:5]]
        learned = []
        for order in (pairs, pairs[::-1]):
            learner = FlickerLearner()
            for url, captures in order:
                learner.add(url, captures)
            known = learner.learn()
            learned.append(
                [
                    {(m.place, m.digest, m.pages) for m in kind}
                    for kind in (known.places, known.counters, known.texts)
                ]
            )
        assert learned[0] == learned[1]

    def test_a_million_blocks_and_attributes_are_looked_at_in_part(self) -> None:
        blocks = "".join(f'<p data-n="{n}">{n} بار</p>' for n in range(1_000_000))[: 15 << 20]
        found = marks(f"<html><body>{blocks}".encode()[: 16 << 20])
        assert len(found) <= 2 * 20_000 + 10
