import tracemalloc

from crawler.distinct import Distinct


def test_few_are_counted_exactly_and_replaced() -> None:
    found = Distinct()
    found.update(["a", "b", "a"])
    assert len(found) == 2
    assert "a" in found
    assert "c" not in found
    found.replace("a", "c")
    found.replace("nobody", "d")
    assert len(found) == 2
    assert "a" not in found
    assert "c" in found


def test_many_are_counted_closely_in_bounded_memory() -> None:
    found = Distinct(most_exact=1_000)
    found.update(range(500))
    tracemalloc.start()
    for number in range(300_000):
        found.add(number if number % 2 else f"/khabar-{number}/")
        found.add(number if number % 2 else f"/khabar-{number}/")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # 250 even numbers of the first 500 were never added again.
    assert abs(len(found) - 300_250) < 3_000
    assert peak < 3 << 20
    assert 77 in found
