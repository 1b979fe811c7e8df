"""What is computed alongside: the caller goes on, and gets the result or the error when it asks for it."""

import threading

import pytest

from SkullRestoreLib._system.alongside import start_alongside


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
