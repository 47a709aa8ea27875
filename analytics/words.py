"""Counts in sentences for people."""

from __future__ import annotations


def many(count: int, word: str) -> str:
    """A number of things.

    >>> many(1, "lag"), many(9, "lag")
    ('1 lag', '9 lags')
    """
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def with_gaps(gaps: int) -> str:
    """What follows "on so many bars" where some are missing between them; empty where none are.

    >>> with_gaps(2)
    ', which have 2 gaps'
    """
    return f", which have {many(gaps, 'gap')}" if gaps else ""
