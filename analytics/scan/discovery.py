"""How many of many rejections are true: the false discovery rate of Benjamini and Hochberg."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def benjamini_hochberg(p: Floats) -> Floats:
    """The q of each p, shape (m,): the least share of false discoveries at which the test would be among those listed.

    All m tests count, also those that nobody will look at. Valid for independent tests and for positive dependence of
    the kind that tests with a shared leg have. Equal to scipy.stats.false_discovery_control(method="bh").

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.5])).round(4)
    array([0.04  , 0.0533, 0.0533, 0.5   ])
    """
    falling = np.argsort(-p, kind="stable")
    scaled = p[falling] * (p.size / np.arange(p.size, 0, -1))
    q = np.empty(p.size)
    q[falling] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return q
