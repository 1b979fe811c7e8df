"""What is computed alongside: the caller goes on, and gets the result or the error when it asks for it."""

import threading

import pytest

from SkullRestoreLib._system.alongside import compute_in_order, start_alongside


def test_the_caller_goes_on_while_something_is_computed():
    may_end = threading.Event()
    take = start_alongside(lambda: may_end.wait(10))
    may_end.set()  # reached only because the call above does not wait
    assert take() is True


def test_a_result_can_be_taken_twice():
    take = start_alongside(object)
    assert take() is take()


def test_an_error_is_raised_where_the_result_is_taken():
    take = start_alongside(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take()


def test_results_come_in_the_order_of_their_items_however_long_each_takes():
    first_is_late = threading.Event()

    def compute(number):
        if number == 0:
            first_is_late.wait(10)
        first_is_late.set()
        return number**2

    assert list(compute_in_order(compute, range(50))) == [number**2 for number in range(50)]


def test_only_a_few_items_are_taken_ahead():
    taken = []

    def items():
        for number in range(1000):
            taken.append(number)
            yield number

    results = compute_in_order(abs, items())
    assert next(results) == 0
    assert len(taken) < 1000
    results.close()


def test_an_error_of_an_item_comes_in_its_turn():
    results = compute_in_order(lambda number: 1 / number, [2, 1, 0])
    assert [next(results), next(results)] == [0.5, 1.0]
    with pytest.raises(ZeroDivisionError):
        next(results)
