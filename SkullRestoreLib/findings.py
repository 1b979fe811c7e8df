"""What the user should know of an input or a design, in two kinds: warnings, and notes that ask for nothing.

A finding is one sentence. Whoever finds something marks it as a :class:`Note` where nobody has to act on it; everything
else is a warning, so that what was forgotten to be marked is shown too prominently and not too little.
"""

from collections.abc import Iterable

__all__ = ["Note", "split_findings"]


class Note(str):
    """A finding that only informs: it stays out of the warnings wherever findings are shown.

    Examples
    --------
    >>> split_findings([Note("157 slices."), "Bone touches the left edge of the scan."])
    (('Bone touches the left edge of the scan.',), ('157 slices.',))
    """

    __slots__ = ()


def split_findings(findings: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Set warnings and notes apart, each sentence once, in the order in which they were found.

    Parameters
    ----------
    findings
        Sentences; those that only inform are a :class:`Note`.

    Returns
    -------
    warnings : tuple of str
        What the user has to look at.
    notes : tuple of str
        What is good to know.
    """
    each = dict.fromkeys(findings)
    return (
        tuple(finding for finding in each if not isinstance(finding, Note)),
        tuple(finding for finding in each if isinstance(finding, Note)),
    )
