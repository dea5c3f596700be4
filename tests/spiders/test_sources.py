"""Sources are declared by people who do not program; every mistake is named with its cure."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from model import BadConfigurationError, BadUrlError, PageRules, Source
from spiders import (
    NewsSpider,
    PageClass,
    check_page_classes,
    declared,
    find_source,
    load_source,
    page_class_for,
    source_from_url,
)

ORIGIN = 'origin = "https://www.example.org/"\n'


def write(folder: Path, text: str, name: str = "nl_example.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_gives_its_source_and_its_name(tmp_path: Path) -> None:
    text = (
        ORIGIN
        + 'title = "نمونه"\nfeeds = ["https://www.example.org/feed/"]\ndelay_s = 2\nobey_robots = false\n'
    )
    assert load_source(write(tmp_path, text)) == Source(
        name="nl_example",
        origin="https://www.example.org/",
        title="نمونه",
        feeds=("https://www.example.org/feed/",),
        delay_s=2.0,
        obey_robots=False,
    )


@pytest.mark.parametrize(
    ("text", "setting", "says"),
    [
        ("", "origin", "must be set"),
        (ORIGIN + 'feed = ["x"]', "feed", "did you mean 'feeds'"),
        (ORIGIN + "zzz = 1", "zzz", "no such setting"),
        (ORIGIN + 'feeds = "https://a.example/"', "feeds", "with brackets"),
        (ORIGIN + "feeds = [1]", "feeds", "list of texts"),
        (ORIGIN + 'feeds = ["/feed"]', "feeds", "https://"),
        ('origin = "www.example.org"', "origin", "try https://www.example.org"),
        ('origin = "https://me:secret@example.org/"', "origin", "password"),
        (ORIGIN + 'delay_s = "2"', "delay_s", "without quotes"),
        (ORIGIN + "delay_s = -1", "delay_s", "too small"),
        (ORIGIN + "max_pages = 1.5", "max_pages", "whole number"),
        (ORIGIN + "max_pages = true", "max_pages", "whole number"),
        (ORIGIN + 'obey_robots = "no"', "obey_robots", "true or false"),
        (ORIGIN + 'article_pattern = "("', "article_pattern", "regular expression"),
        (ORIGIN + 'timezone = "Tehran"', "timezone", "Europe/Amsterdam"),
        (ORIGIN + 'allowed_ranges = ["10.0.0.0/99"]', "allowed_ranges", "10.1.0.0/16"),
        (ORIGIN + 'hosts = ["https://m.example/"]', "hosts", "only the name"),
        (ORIGIN + 'name = "Example Paper"', "name", "small letters"),
        (ORIGIN + "title = 5", "title", "text in quotes"),
        ("origin = \n", "nl_example.toml", "line 1"),
    ],
)
def test_every_mistake_names_its_key_and_its_cure(tmp_path: Path, text: str, setting: str, says: str) -> None:
    with pytest.raises(BadConfigurationError) as caught:
        load_source(write(tmp_path, text))
    assert caught.value.setting.endswith(setting)
    assert says in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_a_clear_message(tmp_path: Path) -> None:
    with pytest.raises(BadConfigurationError, match="cannot be read"):
        load_source(tmp_path / "nl_none.toml")
    (tmp_path / "nl_old.toml").write_bytes("title = «خبر»".encode("utf-16"))
    with pytest.raises(BadConfigurationError, match="UTF-8"):
        load_source(tmp_path / "nl_old.toml")


def test_a_file_whose_name_is_no_source_name_must_set_one(tmp_path: Path) -> None:
    with pytest.raises(BadConfigurationError, match="name"):
        load_source(write(tmp_path, ORIGIN, "My Paper.toml"))
    assert load_source(write(tmp_path, ORIGIN + 'name = "de_paper"', "My Paper.toml")).name == "de_paper"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.example.org/fa/", "example_org"),
        ("http://127.0.0.1:8081/", "127_0_0_1_8081"),
        ("http://127.0.0.1:80/", "127_0_0_1"),
        ("https://[2001:db8::1]/", "2001_db8_1"),
        ("https://News-Site.Example/", "news_site_example"),
        ("https://مثال.ایران/", "xn_mgbh0fb_xn_mgba3a4f16a"),
    ],
)
def test_a_bare_address_gives_a_source_with_a_good_name(url: str, name: str) -> None:
    assert source_from_url(url) == Source(name=name, origin=url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "ftp://example.org/",
        "https://",
        "http://a b/",
        "http://[x",
        "https://u:p@e.org/",
        "//",
    ],
)
def test_what_is_no_address_is_refused_with_words(url: str) -> None:
    with pytest.raises(BadUrlError):
        source_from_url(url)


def test_declared_modules_are_whole_and_named_after_their_file() -> None:
    zamaneh = declared()["nl_zamaneh"]
    assert zamaneh.source.timezone == "Europe/Amsterdam"
    assert "https://www.radiozamaneh.com/category/news/feed" in zamaneh.source.feeds
    era = page_class_for(zamaneh.pages, datetime.now(UTC))
    assert era is not None
    assert era.rules.name.startswith("nl_zamaneh/")


def test_a_source_is_found_by_declared_name_or_file(tmp_path: Path) -> None:
    assert find_source("nl_zamaneh") is declared()["nl_zamaneh"].source
    assert find_source(str(write(tmp_path, ORIGIN))).name == "nl_example"
    with pytest.raises(BadConfigurationError, match="nl_zamaneh"):
        find_source("nl_zamane")


def era(name: str, begin: date | None = None, end: date | None = None) -> PageClass:
    return PageClass(rules=PageRules(name=name), valid_from=begin, valid_until=end)


def test_a_capture_is_read_by_the_class_of_its_day() -> None:
    change = date(2020, 6, 1)
    classes = [era("a", None, change), era("b", change)]
    check_page_classes("xx_paper", classes)
    for moment, name in (
        (datetime(2020, 5, 31, 23, tzinfo=UTC), "a"),
        (datetime(2020, 6, 1, tzinfo=UTC), "b"),
    ):
        found = page_class_for(classes, moment)
        assert found is not None
        assert found.rules.name == name


@pytest.mark.parametrize(
    "classes",
    [
        [era("a"), era("b")],
        [era("a", None, date(2020, 6, 2)), era("b", date(2020, 6, 1))],
        [era("a", date(2020, 6, 1), date(2020, 6, 1))],
        [era("a", None, date(2020, 6, 1)), era("a", date(2020, 6, 1))],
    ],
)
def test_classes_that_overlap_are_refused(classes: list[PageClass]) -> None:
    with pytest.raises(BadConfigurationError):
        check_page_classes("xx_paper", classes)


def test_the_spider_takes_one_of_both_arguments_and_a_sane_limit() -> None:
    assert NewsSpider(url="https://e.org/").source.name == "e_org"
    assert NewsSpider(source="nl_zamaneh").source.name == "nl_zamaneh"
    for wrong in (
        {},
        {"url": "https://e.org/", "source": "nl_zamaneh"},
        {"url": "https://e.org/", "max_pages": "x"},
    ):
        with pytest.raises(BadConfigurationError):
            NewsSpider(**wrong)  # type: ignore[arg-type]
