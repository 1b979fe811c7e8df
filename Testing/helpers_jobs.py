"""Jobs for the runner. Other processes import them from here, so nothing large may be imported with them."""

import time


def double_number(number: int) -> list[dict]:
    """One row."""
    return [{"value": 2 * number}]


def double_slowly(number: int) -> list[dict]:
    """One row, after a delay."""
    time.sleep(0.02)
    return double_number(number)
