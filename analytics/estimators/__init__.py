"""Every estimator of the hedge ratio, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from analytics.estimators.base import Estimator
from analytics.estimators.grid import Huber, TheilSen
from analytics.estimators.kalman import Kalman
from analytics.estimators.windowed import Ols, Tls

ESTIMATORS: Final[Mapping[str, Estimator]] = MappingProxyType(
    {each.name: each for each in (Ols(), Tls(), Huber(), TheilSen(), Kalman())}
)
