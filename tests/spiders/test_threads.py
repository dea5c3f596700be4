"""The way through an article's comments: what is left, what was whole, and that it survives as JSON."""

import json

from spiders.threads import FEED, HTML, MAX_DOCUMENTS, REST, ThreadPlan


def plan() -> ThreadPlan:
    return ThreadPlan(article_url="https://e.org/a/")


def ids(number: int) -> list[str]:
    return [str(one) for one in range(number)]


def test_a_plan_is_the_same_after_a_restart() -> None:
    before = plan()
    before.add(HTML, ["https://e.org/a/comment-page-2/"])
    before.count(HTML, ids(20), 31)
    assert ThreadPlan.from_json(json.loads(json.dumps(before.to_json()))) == before


def test_a_document_is_planned_once_whatever_the_order_of_its_parameters() -> None:
    one = plan()
    one.forget("https://e.org/a/", None)
    one.add(REST, ["https://e.org/c?post=7&page=1", "https://e.org/c?page=1&post=7"])
    one.add(HTML, ["https://e.org/a/#comments"])
    assert one.todo == [[REST, "https://e.org/c?post=7&page=1"]]


def test_nothing_shown_and_nothing_declared_is_complete() -> None:
    one = plan()
    one.count(HTML, ids(0), None)
    assert one.complete()


def test_fewer_than_declared_is_not_complete() -> None:
    one = plan()
    one.count(HTML, ids(0), 5)
    assert not one.complete()
    one.count(REST, ids(5), 5)
    assert one.complete()


def test_a_broken_page_is_made_good_by_the_api() -> None:
    one = plan()
    one.count(HTML, ids(20), None)
    one.fail(HTML)
    assert not one.complete()
    one.count(REST, ids(31), None)
    assert one.complete()


def test_a_feed_alone_proves_nothing() -> None:
    one = plan()
    one.fail(HTML)
    one.count(FEED, ids(10), None)
    assert not one.complete()


def test_what_is_still_to_be_fetched_is_not_complete() -> None:
    one = plan()
    one.count(HTML, ids(1), 1)
    one.add(HTML, ["https://e.org/a/comment-page-2/"])
    assert not one.complete()


def test_endless_comment_pages_end_and_are_not_called_whole() -> None:
    one = plan()
    one.add(HTML, (f"https://e.org/a/comment-page-{number}/" for number in range(10_000)))
    assert len(one.todo) == MAX_DOCUMENTS
    one.todo.clear()
    one.count(HTML, ids(1), None)
    assert not one.complete()


def test_a_comment_shown_twice_does_not_hide_one_that_is_missing() -> None:
    one = plan()
    one.count(HTML, ["1", "2"], 3)
    one.count(HTML, ["2", "a" * 40], 3)
    assert one.complete()
    other = plan()
    other.count(HTML, ["1", "2", "2"], 3)
    assert not other.complete()


def test_a_service_must_be_whole_beside_the_site_itself() -> None:
    one = plan()
    one.count(HTML, ids(0), 3)
    assert not one.complete()
    one.ask_service("isso", "https://c.test/?uri=a")
    one.todo.clear()
    assert not one.complete(), "it was never read"
    one.count("isso", ids(2), 3)
    assert not one.complete(), "one is missing"
    one.count("isso", ["x"], 3)
    assert one.complete(), "what the page declares is what its service has"
    one.fail("isso")
    assert not one.complete()


def test_a_service_makes_up_for_nothing_that_the_site_itself_lacks() -> None:
    one = plan()
    one.count(HTML, ids(2), 5)
    one.ask_service("remark42", "https://c.test/find")
    one.todo.clear()
    assert one.count("remark42", ids(4), 4) == 4
    assert not one.complete()
    assert ThreadPlan.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_a_request_stored_before_services_were_known_is_still_understood() -> None:
    old = {"article_url": "https://e.org/a/", "document": 2, "todo": [], "known": [], "shown": {HTML: ["1"]},
           "broken": [], "declared": 1, "spare_feed": ""}  # fmt: skip
    assert ThreadPlan.from_json(old).complete()
