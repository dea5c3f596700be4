"""What differs between two fetches a moment apart is flicker, and a real edit beside it is still one."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from samples.opaque_newsroom import REFERENCE, Newsroom, Story

from model import Article
from model.codec import from_json, json_text
from pipelines import (
    Flicker,
    FlickerLearner,
    Mark,
    compare_articles,
    index_text,
    page_marks,
    read_page,
    unexplained,
)

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


def article(body: bytes, story: Story) -> Article:
    found = read_page(body, url=story.url, content_type=HTML, reference=REFERENCE).article
    assert found is not None
    return found


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def flicker(site: Site) -> Flicker:
    learner = FlickerLearner()
    for story in site.room.all[:6]:
        learner.add(story.url, [marks(site.fetch(story)) for _ in range(2)])
    return learner.learn()


def still(known: Flicker, body: bytes, story: Story) -> Article:
    return known.still(article(body, story), marks(body)).article


class TestAPageThatNobodyEdited:
    def test_it_differs_each_time_as_read_and_not_at_all_once_still(
        self, site: Site, flicker: Flicker
    ) -> None:
        for story in site.room.all[6:16]:
            one, other = site.fetch(story), site.fetch(story)
            assert compare_articles(article(one, story), article(other, story)).is_changed
            first, second = still(flicker, one, story), still(flicker, other, story)
            assert not compare_articles(first, second).is_changed
            assert index_text(first).digest == index_text(second).digest

    def test_it_still_differs_in_nothing_after_the_names_were_built_anew(
        self, site: Site, flicker: Flicker
    ) -> None:
        story = site.room.all[20]
        one, other = site.fetch(story), site.fetch(story, build="b")
        first, second = still(flicker, one, story), still(flicker, other, story)
        assert not compare_articles(first, second).is_changed

    def test_no_paragraph_of_the_author_is_taken(self, site: Site, flicker: Flicker) -> None:
        for story in site.room.all[6:16]:
            assert set(story.paragraphs) <= set(still(flicker, site.fetch(story), story).paragraphs)

    def test_what_was_taken_is_told(self, site: Site, flicker: Flicker) -> None:
        story = site.room.all[7]
        body = site.fetch(story)
        taken = flicker.still(article(body, story), marks(body)).flickering
        assert any(text in ADVERTS for text in taken)

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
        found = compare_articles(still(flicker, one, story), still(flicker, other, story))
        changed = [part for part in found.paragraphs if part.kind.value != "same"]
        assert [part.kind.value for part in changed] == ["changed"]
        left = {mark.sample for mark in unexplained(marks(one), marks(other), flicker)}
        assert left == {story.paragraphs[at][:80], edited[at][:80]}

    def test_a_paragraph_taken_out_is_gone(self, site: Site, flicker: Flicker) -> None:
        story = site.room.all[12]
        one, other = site.fetch(story), site.fetch(story, paragraphs=story.paragraphs[:-1])
        found = compare_articles(still(flicker, one, story), still(flicker, other, story))
        assert [part.kind.value for part in found.paragraphs if part.kind.value != "same"] == ["removed"]

    def test_a_counter_is_taken_and_one_whose_words_change_is_an_edit(
        self, site: Site, flicker: Flicker
    ) -> None:
        story = site.room.all[13]
        body = site.fetch(story)
        closed = body.replace(" بازدید<".encode(), " بازدید؛ شمارش بسته شد<".encode())
        texts = []
        for one in (body, closed):
            counter = next(mark.sample for mark in marks(one) if "بازدید" in mark.sample)
            read = Article(url=story.url, canonical_url=story.url, title="", paragraphs=("متن", counter))
            texts.append(flicker.still(read, marks(one)).article.paragraphs)
        assert texts[0] == ("متن",)
        assert len(texts[1]) == 2


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
        found = compare_articles(still(known, one, edited), still(known, other, edited))
        assert [part.kind.value for part in found.paragraphs if part.kind.value != "same"] == ["changed"]

    def test_two_fetches_of_one_address_alone_teach_nothing(self, site: Site) -> None:
        learner = FlickerLearner()
        story = site.room.all[0]
        learner.add(story.url, [marks(site.fetch(story)) for _ in range(4)])
        known = learner.learn()
        assert (known.places, known.counters, known.texts) == ((), (), ())

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
        assert not compare_articles(still(known, one, story), still(known, other, story)).is_changed
        assert set(story.paragraphs) <= set(still(known, one, story).paragraphs)

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
