"""The errors that a user can act on.

The message says what is wrong with the input and what to do. Only front ends show it.
"""

__all__ = [
    "DependencyError",
    "ImplantError",
    "InputError",
    "NotEnoughMemoryError",
    "OutputError",
    "SkullRestoreError",
    "WeightsError",
]


class SkullRestoreError(Exception):
    """An error that the user can act on; the base of all others here."""


class InputError(SkullRestoreError):
    """The input cannot be used."""


class NotEnoughMemoryError(InputError):
    """The input needs more memory than is free now; it can be used where more memory is free."""


class WeightsError(SkullRestoreError):
    """The network or shape-model file is missing or damaged."""


class ImplantError(SkullRestoreError):
    """No implant can be made for one defect; the other defects are not affected."""


class OutputError(SkullRestoreError):
    """The result cannot be written."""


class DependencyError(SkullRestoreError):
    """A package that the step needs is not installed."""
