"""The memory of a run is bounded, and lists and kinds that bring nothing are left."""

from spiders.traps import Kinds, Lists, RecentUrls


def test_a_list_is_new_only_while_it_shows_what_its_earlier_pages_did_not() -> None:
    lists = Lists()
    assert lists.brings_new("https://e.org/news/page/2/", ["a", "b"])
    assert lists.brings_new("https://e.org/news/page/3/", ["b", "c"])
    assert not lists.brings_new("https://e.org/news/page/4/", ["c", "a"])
    assert lists.brings_new("https://e.org/culture/page/4/", ["c", "a"])


def test_a_kind_without_articles_is_given_up_and_one_with_them_is_not() -> None:
    kinds = Kinds()
    for number in range(1000):
        kinds.read(f"https://e.org/day/{number}", article=False)
        kinds.read(f"https://e.org/story/{number}", article=number % 50 == 0)
    assert kinds.barren("https://e.org/day/5000")
    assert not kinds.barren("https://e.org/story/5000")
    assert not kinds.barren("https://e.org/never/1")


def test_recent_addresses_are_bounded() -> None:
    seen = RecentUrls(limit=100)
    for number in range(1000):
        assert seen.first_time(str(number))
    assert sum(str(number) in seen for number in range(1000)) == 100
