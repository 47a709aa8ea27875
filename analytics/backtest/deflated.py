"""How much of a Sharpe ratio is left once the trials that were made to find it are counted."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EULER: Final = 0.5772156649015329
_NORMAL: Final = NormalDist()


def best_of_chance(trials: int, variance: float) -> float:
    """Sharpe ratio to expect from the best of ``trials`` independent strategies without skill.

    ``variance`` is that of the Sharpe ratios over the trials; unit as theirs. One trial: 0.
    Bailey and Lopez de Prado (2014), The Deflated Sharpe Ratio, equation 1.

    >>> round(best_of_chance(100, 0.5 / 250), 4)
    0.1132
    """
    if trials < 2:
        return 0.0
    spread = (1.0 - EULER) * _NORMAL.inv_cdf(1.0 - 1.0 / trials)
    spread += EULER * _NORMAL.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return math.sqrt(variance) * spread


def probabilistic_sharpe(
    sharpe: float, benchmark: float, n: int, *, skew: float = 0.0, kurtosis: float = 3.0
) -> float | None:
    """Probability that the true Sharpe ratio is above ``benchmark``, both per period, from n periods.

    ``kurtosis`` is 3 for the normal. Takes the periods as independent. None below 2 periods, and where skew and
    kurtosis leave no variance. With `best_of_chance` as the benchmark it is the deflated Sharpe ratio.

    >>> round(probabilistic_sharpe(2.5 / 250**0.5, best_of_chance(100, 0.5 / 250), 1250, skew=-3, kurtosis=10), 4)
    0.9004
    """
    variance = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe
    if n < 2 or not variance > 0:
        return None
    return _NORMAL.cdf((sharpe - benchmark) * math.sqrt(n - 1) / math.sqrt(variance))


def deflated_sharpe(profits: Floats, trial_sharpes: Floats) -> float | None:
    """Probability that the profits per period (n,) have a true Sharpe ratio above the best of that many lucky trials.

    ``trial_sharpes`` (t,) are the Sharpe ratios per period of all that was tried, NaN (no trade) counts as tried.
    Trials that resemble each other make it too strict. None where the profits do not vary or no trial has a ratio.
    """
    n, found = profits.size, trial_sharpes[np.isfinite(trial_sharpes)]
    deviation = float(profits.std()) if n else 0.0
    if n < 2 or not deviation > 0 or not found.size:
        return None
    scores = (profits - profits.mean()) / deviation
    benchmark = best_of_chance(trial_sharpes.size, float(found.var(ddof=1)) if found.size > 1 else 0.0)
    ratio = float(profits.mean()) / float(profits.std(ddof=1))
    return probabilistic_sharpe(ratio, benchmark, n, skew=float((scores**3).mean()), kurtosis=float((scores**4).mean()))
