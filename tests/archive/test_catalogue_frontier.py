from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from samples.catalogue import START, moment, row

from archive.catalogue import Catalogue
from model import UnknownNameError


def test_the_highest_priority_goes_first_then_the_oldest(catalogue: Catalogue) -> None:
    with catalogue.write() as batch:
        batch.frontier_add("first", [row("a", 1), row("b", 5), row("c", 1), row("d", -3), row("e", 5)])
        leased = batch.frontier_lease("first", 4, moment(1), now=START)
        assert [one.key for one in leased] == ["b", "e", "a", "c"]
        assert leased[0] == row("b", 5)
        assert [one.key for one in batch.frontier_lease("first", 4, moment(1), now=START)] == ["d"]
        assert batch.frontier_lease("first", 4, moment(1), now=START) == []


def test_a_known_key_is_not_added_again_whatever_became_of_it(catalogue: Catalogue) -> None:
    with catalogue.write() as batch:
        assert batch.frontier_add("first", [row("a"), row("b"), row("a")]) == [True, True, False]
        batch.frontier_lease("first", 2, moment(1), now=START)
        batch.frontier_done("first", ["a"])
        batch.frontier_failed("first", "b", "tls_reset")
        assert batch.frontier_add("first", [row("b"), row("a"), row("c")]) == [False, False, True]
        assert batch.frontier_add("second", [row("a")]) == [True], "each crawl has its own"
    assert catalogue.frontier_counts("first") == {"fresh": 1, "leased": 0, "done": 1, "failed": 1}


def test_a_lease_that_ran_out_is_given_out_again(catalogue: Catalogue) -> None:
    with catalogue.write() as batch:
        batch.frontier_add("first", [row("a")])
        assert len(batch.frontier_lease("first", 1, moment(1), now=START)) == 1
        assert batch.frontier_lease("first", 1, moment(2), now=moment(0.99)) == []
        assert len(batch.frontier_lease("first", 1, moment(2), now=moment(1))) == 1


def test_a_failed_request_is_tried_again_when_its_time_has_come(catalogue: Catalogue) -> None:
    with catalogue.write() as batch:
        batch.frontier_add("first", [row("a"), row("b")])
        batch.frontier_lease("first", 2, moment(1), now=START)
        batch.frontier_failed("first", "a", "connect_timeout", moment(3))
        batch.frontier_failed("first", "b", "status_404")
        assert batch.frontier_lease("first", 2, moment(9), now=moment(2)) == []
        assert [one.key for one in batch.frontier_lease("first", 2, moment(9), now=moment(3))] == ["a"]


def test_what_a_dead_crawl_had_leased_is_released(catalogue: Catalogue) -> None:
    with catalogue.write() as batch:
        batch.frontier_add("first", [row("a"), row("b"), row("c")])
        batch.frontier_lease("first", 2, moment(1), now=START)
        batch.frontier_done("first", ["a"])
        assert batch.frontier_release("first") == 1
    assert catalogue.frontier_counts("first") == {"fresh": 2, "leased": 0, "done": 1, "failed": 0}
    with catalogue.write() as batch:
        batch.frontier_clear("first")
    assert sum(catalogue.frontier_counts("first").values()) == 0
    with pytest.raises(UnknownNameError):
        catalogue.frontier_counts("none")


def test_many_rows_at_once_are_deduplicated_across_chunks(catalogue: Catalogue) -> None:
    rows = [row(str(number % 1500)) for number in range(3000)]
    with catalogue.write() as batch:
        assert batch.frontier_add("first", rows) == [True] * 1500 + [False] * 1500
        assert len(batch.frontier_lease("first", 10_000, moment(1), now=START)) == 1500


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
        assert len(plan) == 1, plan
        assert plan[0].startswith("SEARCH frontier USING INDEX ix_frontier_"), plan


def test_the_frontier_behaves_as_a_simple_model_of_it(catalogue: Catalogue) -> None:
    runs = iter(range(1000))

    class Frontier(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.crawl = f"run{next(runs)}"
            self.hour = 0
            # key -> (priority, order, state, hour when it is fresh again)
            self.rows: dict[str, tuple[int, int, str, int | None]] = {}
            from samples.catalogue import crawl

            with catalogue.write() as batch:
                batch.put_crawl(crawl(self.crawl))

        @rule(added=st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(-2, 2)), max_size=6))
        def add(self, added: list[tuple[str, int]]) -> None:
            with catalogue.write() as batch:
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
            with catalogue.write() as batch:
                leased = batch.frontier_lease(
                    self.crawl, limit, moment(self.hour + hours), now=moment(self.hour)
                )
            assert [one.key for one in leased] == [key for *_, key in fresh[:limit]]
            for one in leased:
                priority, order, *_ = self.rows[one.key]
                self.rows[one.key] = (priority, order, "leased", self.hour + hours)

        @rule(key=st.sampled_from("abcdefgh"))
        def done(self, key: str) -> None:
            with catalogue.write() as batch:
                batch.frontier_done(self.crawl, [key])
            if key in self.rows:
                self.rows[key] = (*self.rows[key][:2], "done", None)

        @rule(key=st.sampled_from("abcdefgh"), hours=st.none() | st.integers(1, 3))
        def failed(self, key: str, hours: int | None) -> None:
            until = None if hours is None else self.hour + hours
            with catalogue.write() as batch:
                batch.frontier_failed(self.crawl, key, "why", None if until is None else moment(until))
            if key in self.rows:
                self.rows[key] = (*self.rows[key][:2], "failed", until)

        @rule()
        def release(self) -> None:
            with catalogue.write() as batch:
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
            assert catalogue.frontier_counts(self.crawl) == {
                state: states.count(state) for state in ("fresh", "leased", "done", "failed")
            }

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Frontier, settings=settings(max_examples=30, stateful_step_count=25, deadline=timedelta(seconds=60))
    )
