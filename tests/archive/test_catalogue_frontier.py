from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from samples.catalogue import START, crawl, moment, row
from samples.frontier import Frontier, PostgresFrontier
from sqlalchemy import event, text

from archive.catalogue import Catalogue
from archive.catalogue.frontier import lease
from model import CrawlState, PageRole, UnknownNameError


@pytest.fixture(params=["sqlite", "postgresql"])
def frontier(request: pytest.FixtureRequest) -> Frontier:
    """Give the same frontier on both engines."""
    made: Frontier = request.getfixturevalue(
        "catalogue" if request.param == "sqlite" else "postgres_frontier"
    )
    return made


def test_the_highest_priority_goes_first_then_the_oldest(frontier: Frontier) -> None:
    with frontier.write() as batch:
        batch.frontier_add("first", [row("a", 1), row("b", 5), row("c", 1), row("d", -3), row("e", 5)])
        leased = batch.frontier_lease("first", 4, moment(1), now=START)
        assert [one.key for one in leased] == ["b", "e", "a", "c"]
        assert leased[0] == row("b", 5)
        assert [one.key for one in batch.frontier_lease("first", 4, moment(1), now=START)] == ["d"]
        assert batch.frontier_lease("first", 4, moment(1), now=START) == []


def test_a_known_key_is_not_added_again_whatever_became_of_it(frontier: Frontier) -> None:
    with frontier.write() as batch:
        assert batch.frontier_add("first", [row("a"), row("b"), row("a")]) == [True, True, False]
        batch.frontier_lease("first", 2, moment(1), now=START)
        batch.frontier_done("first", ["a"])
        batch.frontier_failed("first", "b", "tls_reset")
        assert batch.frontier_add("first", [row("b"), row("a"), row("c")]) == [False, False, True]
        assert batch.frontier_add("second", [row("a")]) == [True], "each crawl has its own"
    assert frontier.frontier_counts("first") == {"fresh": 1, "leased": 0, "done": 1, "failed": 1}


def test_a_lease_that_ran_out_is_given_out_again(frontier: Frontier) -> None:
    with frontier.write() as batch:
        batch.frontier_add("first", [row("a")])
        assert len(batch.frontier_lease("first", 1, moment(1), now=START)) == 1
        assert batch.frontier_lease("first", 1, moment(2), now=moment(0.99)) == []
        assert len(batch.frontier_lease("first", 1, moment(2), now=moment(1))) == 1


def test_a_failed_request_is_tried_again_when_its_time_has_come(frontier: Frontier) -> None:
    with frontier.write() as batch:
        batch.frontier_add("first", [row("a"), row("b")])
        batch.frontier_lease("first", 2, moment(1), now=START)
        batch.frontier_failed("first", "a", "connect_timeout", moment(3))
        batch.frontier_failed("first", "b", "status_404")
        assert batch.frontier_lease("first", 2, moment(9), now=moment(2)) == []
        assert [one.key for one in batch.frontier_lease("first", 2, moment(9), now=moment(3))] == ["a"]


def test_what_a_dead_crawl_had_leased_is_released(frontier: Frontier) -> None:
    with frontier.write() as batch:
        batch.frontier_add("first", [row("a"), row("b"), row("c")])
        batch.frontier_lease("first", 2, moment(1), now=START)
        batch.frontier_done("first", ["a"])
        assert batch.frontier_release("first") == 1
    assert frontier.frontier_counts("first") == {"fresh": 2, "leased": 0, "done": 1, "failed": 0}
    with frontier.write() as batch:
        batch.frontier_end("first", is_finished=False)
    assert sum(frontier.frontier_counts("first").values()) == 0
    with pytest.raises(UnknownNameError):
        frontier.frontier_counts("none")


def test_who_goes_on_with_a_crawl_forgets_requests_of_a_role_that_are_not_done(frontier: Frontier) -> None:
    seeds = [replace(row(key), role=PageRole.SEED) for key in ("a", "b", "c")]
    with frontier.write() as batch:
        batch.frontier_add("first", [*seeds, row("d")])
        batch.frontier_lease("first", 2, moment(1), now=START)
        batch.frontier_done("first", ["a"])
        batch.frontier_failed("first", "b", "connect_timeout", moment(3))
        batch.frontier_forget("first", PageRole.SEED)
    assert frontier.frontier_counts("first") == {"fresh": 1, "leased": 0, "done": 1, "failed": 0}


def test_many_rows_at_once_are_deduplicated_across_chunks(frontier: Frontier) -> None:
    rows = [row(str(number % 1500)) for number in range(3000)]
    with frontier.write() as batch:
        assert batch.frontier_add("first", rows) == [True] * 1500 + [False] * 1500
        assert len(batch.frontier_lease("first", 10_000, moment(1), now=START)) == 1500


def test_failures_are_counted_and_a_done_request_cannot_fail(frontier: Frontier) -> None:
    with frontier.write() as batch:
        batch.frontier_add("first", [row("a"), row("b")])
        for hour in range(3):
            (a,) = (
                one for one in batch.frontier_lease("first", 2, moment(9), now=moment(hour)) if one.key == "a"
            )
            assert a.failures == hour
            batch.frontier_failed("first", "a", "status_503", moment(hour + 1))
        batch.frontier_done("first", ["b"])
        batch.frontier_failed("first", "b", "late", moment(1))
        assert [one.key for one in batch.frontier_lease("first", 9, moment(9), now=moment(5))] == ["a"]
    assert frontier.frontier_counts("first") == {"fresh": 0, "leased": 1, "done": 1, "failed": 0}


def test_what_waits_for_its_next_try_is_told_by_time_and_reason(frontier: Frontier) -> None:
    with frontier.write() as batch:
        batch.frontier_add("first", [row(key) for key in "abcd"])
        for key, why, hours in (("a", "cut_off", 3), ("b", "dns_timeout", 2), ("c", "cut_off", 4)):
            batch.frontier_failed("first", key, why, moment(hours))
        batch.frontier_failed("first", "d", "robots_forbidden")
    assert frontier.frontier_next_try("first") == moment(2)
    assert frontier.frontier_waiting("first") == {"cut_off": 2, "dns_timeout": 1}
    assert frontier.frontier_next_try("second") is None
    with frontier.write() as batch:
        assert batch.frontier_revive("first", now=moment(3)) == 2
    assert frontier.frontier_next_try("first") == moment(4)


def test_pages_that_wait_outlive_their_crawl_and_nothing_else_does(frontier: Frontier) -> None:
    with frontier.write() as batch:
        for name in ("first", "second"):
            batch.frontier_add(
                name,
                [row(key) for key in "abcd"] + [replace(row("walk"), role=PageRole.COMMENTS)],
            )
            batch.frontier_failed(name, "a", "status_503", moment(100))
            batch.frontier_failed(name, "walk", "status_503", moment(100))
            batch.frontier_failed(name, "b", "status_404")
            batch.frontier_done(name, ["c"])
        batch.put_crawl(crawl("second", CrawlState.FINISHED))
        batch.frontier_end("second", is_finished=True)
    assert sum(frontier.frontier_counts("first").values()) == 0, "nobody goes on with it any more"
    assert frontier.frontier_counts("second") == {"fresh": 0, "leased": 0, "done": 0, "failed": 1}
    with frontier.write() as batch:
        batch.frontier_add("third", [row("d")])
        assert batch.frontier_adopt("third", moment(30)) == 1
        assert batch.frontier_adopt("third", moment(30)) == 0
        assert batch.frontier_add("third", [row("a"), row("b")]) == [False, True]
        leased = batch.frontier_lease("third", 9, moment(99), now=moment(30))
    assert {one.key: one.failures for one in leased} == {"a": 1, "b": 0, "d": 0}
    assert sum(frontier.frontier_counts("second").values()) == 0


def test_what_a_crawl_that_goes_on_left_is_not_taken_from_it(frontier: Frontier) -> None:
    with frontier.write() as batch:
        batch.frontier_add("first", [row("a")])
        batch.frontier_failed("first", "a", "status_503", moment(1))
        batch.put_crawl(crawl("first", CrawlState.INTERRUPTED))
        assert batch.frontier_adopt("second", moment(2)) == 0
        batch.frontier_end("second", is_finished=False)
    assert frontier.frontier_counts("first")["failed"] == 1


def test_addresses_are_given_by_priority_in_any_state(frontier: Frontier) -> None:
    with frontier.write() as batch:
        batch.frontier_add("first", [row(str(number), number % 2) for number in range(5000)])
        batch.frontier_done("first", ["1", "3"])
    found = {*frontier.frontier_urls("first", 1)}
    assert found == {row(str(number)).url for number in range(1, 5000, 2)}


def test_texts_that_no_database_takes_are_stored_all_the_same(frontier: Frontier) -> None:
    strange = replace(row("a\0\ud800"), url="http://x/\0", request="\ud800\0")
    with frontier.write() as batch:
        assert batch.frontier_add("first", [strange, strange]) == [True, False]
        assert batch.frontier_add("first", [strange]) == [False]
        (leased,) = batch.frontier_lease("first", 1, moment(1), now=START)
        batch.frontier_failed("first", strange.key, "\0", None)
        batch.frontier_done("first", [strange.key])
    assert leased.request == "\ufffd\ufffd"
    assert frontier.frontier_counts("first")["done"] == 1


def test_a_lease_reads_no_more_than_it_gives_however_large_the_frontier(catalogue: Catalogue) -> None:
    """By the plan that SQLite makes: one index in order, nothing sorted, nothing scanned."""
    connection = catalogue._write_connection
    seen: list[str] = []
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.set_trace_callback(seen.append)
    with catalogue.write() as batch:
        batch.frontier_lease("first", 5, moment(1), now=START)
    driver.set_trace_callback(None)
    statements = [one for one in seen if one.startswith(("SELECT frontier", "UPDATE"))]
    assert len(statements) == 2
    for statement in statements:
        plan = [line[3] for line in driver.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert not any(line.startswith("SCAN") or "TEMP B-TREE" in line for line in plan), plan
        assert any("ix_frontier_crawl_" in line for line in plan), plan


@pytest.mark.parametrize("analysed", [False, True])
def test_so_it_is_on_postgresql(postgres_frontier: PostgresFrontier, analysed: bool) -> None:
    """Also before PostgreSQL has counted what is in the table, and with a part of it leased."""
    for number in range(20):
        # As a crawl begins: the driver and the server must not stay with what was good for an empty table.
        with postgres_frontier.write() as batch:
            batch.frontier_add("second", [row(str(number))])
            batch.frontier_lease("second", 64, moment(9), now=START)
            batch.frontier_done("second", [str(number)])
    with postgres_frontier.write() as batch:
        batch.frontier_add("first", [row(str(number), number % 7) for number in range(20_000)])
        batch.frontier_lease("first", 500, moment(9), now=START)
    plans: list[str] = []
    with postgres_frontier.engine.begin() as connection:
        if analysed:
            connection.execute(text("ANALYZE frontier"))

        @event.listens_for(connection, "before_cursor_execute")
        def explain(connection, cursor, statement, parameters, *more):  # type: ignore[no-untyped-def]
            if "frontier" in statement:
                cursor.execute(f"EXPLAIN {statement}", parameters)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))

        assert len(lease(connection, 1, 64, moment(9), START)) == 64
    assert len(plans) == 3, plans
    assert "ix_frontier_crawl_ready_at" in plans[0], plans[0]
    assert "Index Scan using ix_frontier_crawl_state_turn_id" in plans[1], plans[1]
    for plan in plans:
        assert "Sort" not in plan, plan
        assert "Seq Scan" not in plan, plan


def test_the_frontier_behaves_as_a_simple_model_of_it(frontier: Frontier) -> None:
    runs = count()

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.crawl = f"run{next(runs)}"
            self.hour = 0
            # key -> (priority, order, state, hour when it is fresh again)
            self.rows: dict[str, tuple[int, int, str, int | None]] = {}
            with frontier.write() as batch:
                batch.put_crawl(crawl(self.crawl))

        @rule(added=st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(-2, 2)), max_size=6))
        def add(self, added: list[tuple[str, int]]) -> None:
            with frontier.write() as batch:
                is_new = batch.frontier_add(self.crawl, [row(key, priority) for key, priority in added])
            for (key, priority), new in zip(added, is_new, strict=True):
                assert new == (key not in self.rows)
                self.rows.setdefault(key, (priority, len(self.rows), "fresh", None))

        @rule(limit=st.integers(1, 4), hours=st.integers(1, 3))
        def lease(self, limit: int, hours: int) -> None:
            for key, (priority, order, _, until) in self.rows.items():
                if until is not None and until <= self.hour:
                    self.rows[key] = (priority, order, "fresh", None)
            fresh = sorted((-p, o, key) for key, (p, o, state, _) in self.rows.items() if state == "fresh")
            with frontier.write() as batch:
                leased = batch.frontier_lease(
                    self.crawl, limit, moment(self.hour + hours), now=moment(self.hour)
                )
            assert [one.key for one in leased] == [key for *_, key in fresh[:limit]]
            for one in leased:
                priority, order, *_ = self.rows[one.key]
                self.rows[one.key] = (priority, order, "leased", self.hour + hours)

        @rule(key=st.sampled_from("abcdefgh"))
        def done(self, key: str) -> None:
            with frontier.write() as batch:
                batch.frontier_done(self.crawl, [key])
            if key in self.rows:
                self.rows[key] = (*self.rows[key][:2], "done", None)

        @rule(key=st.sampled_from("abcdefgh"), hours=st.none() | st.integers(1, 3))
        def failed(self, key: str, hours: int | None) -> None:
            until = None if hours is None else self.hour + hours
            with frontier.write() as batch:
                batch.frontier_failed(self.crawl, key, "why", None if until is None else moment(until))
            if key in self.rows and self.rows[key][2] != "done":
                self.rows[key] = (*self.rows[key][:2], "failed", until)

        @rule()
        def release(self) -> None:
            with frontier.write() as batch:
                batch.frontier_release(self.crawl)
            for key, (priority, order, state, _) in self.rows.items():
                if state == "leased":
                    self.rows[key] = (priority, order, "fresh", None)

        @rule()
        def wait(self) -> None:
            self.hour += 1

        @invariant()
        def counts(self) -> None:
            states = [state for _, _, state, _ in self.rows.values()]
            assert frontier.frontier_counts(self.crawl) == {
                state: states.count(state) for state in ("fresh", "leased", "done", "failed")
            }

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine, settings=settings(max_examples=30, stateful_step_count=25, deadline=timedelta(seconds=60))
    )
