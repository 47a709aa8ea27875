"""Rolling and fading statistics against pandas and statsmodels in the same run, and what a pair costs the page.

Seeded walks, 3,600 and 86,400 rows, window 300, half-life 60. Times are medians of interleaved runs, with the loops
compiled and (``plain``) without; gate on the ratios, absolute times depend on the machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analytics import compiled
from analytics.ewm import ewm_mean_sd
from analytics.live import LastTrade, PairBook, PairSpec, Series
from analytics.market import CLOSE, OPEN_MS, TRADES, BarArray
from analytics.rolling import rolling_ols, rolling_z
from analytics.spread import extend_history, pair_history
from analytics.window import pair_window

Floats = NDArray[np.float64]

SEED = 20240601
WINDOW = 300
HALF_LIFE = 60.0
SPEC = PairSpec("sim:YYY", "sim:XXX")


def walks(rows: int, level: float) -> tuple[Floats, Floats]:
    random = np.random.default_rng(SEED)
    x = level + random.normal(0, 0.05, rows).cumsum()
    return 2 + 1.5 * x + random.normal(0, 0.05, rows), x


def bars(closes: Floats) -> BarArray:
    table = np.zeros((closes.size, 10))
    table[:, OPEN_MS] = np.arange(closes.size) * 60_000
    table[:, CLOSE] = closes
    table[:, TRADES] = 10
    return table


def interleaved(runs: int, *works: Callable[[], object]) -> list[float]:
    """Median seconds of each work, run in turn so that a busy machine hits them alike."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for times, work in zip(taken, works, strict=True):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in taken]


def pandas_slope(y: Floats, x: Floats) -> Floats:
    import pandas as pd  # noqa: PLC0415

    frame = pd.Series(x).rolling(WINDOW)
    slope: Floats = (frame.cov(pd.Series(y)) / frame.var()).to_numpy()
    return slope


def pandas_z(values: Floats) -> Floats:
    import pandas as pd  # noqa: PLC0415

    series = pd.Series(values)
    rolling = series.rolling(WINDOW)
    z: Floats = ((series - rolling.mean()) / rolling.std()).to_numpy()
    return z


def pandas_ewm(values: Floats) -> tuple[Floats, Floats]:
    import pandas as pd  # noqa: PLC0415

    fading = pd.Series(values).ewm(halflife=HALF_LIFE)
    return fading.mean().to_numpy(), fading.std().to_numpy()


def statsmodels_slope(y: Floats, x: Floats) -> Floats:
    from statsmodels.regression.rolling import RollingOLS  # noqa: PLC0415

    slope: Floats = RollingOLS(y, np.column_stack([np.ones(x.size), x]), WINDOW).fit(params_only=True).params[:, 1]
    return slope


def exact_z(values: Floats) -> Floats:
    part = np.lib.stride_tricks.sliding_window_view(values.astype(np.longdouble), WINDOW)
    z: Floats = ((part[:, -1] - part.mean(axis=1)) / part.std(axis=1, ddof=1)).astype(np.float64)
    return z


def exact_slope(y: Floats, x: Floats) -> Floats:
    yw, xw = (np.lib.stride_tricks.sliding_window_view(part.astype(np.longdouble), WINDOW) for part in (y, x))
    dy, dx = yw - yw.mean(axis=1, keepdims=True), xw - xw.mean(axis=1, keepdims=True)
    slope: Floats = ((dy * dx).sum(axis=1) / (dx * dx).sum(axis=1)).astype(np.float64)
    return slope


class Market:
    """Two symbols with bars that stand still."""

    def __init__(self, y: BarArray, x: BarArray) -> None:
        self._bars = {SPEC.y: Series(1, y), SPEC.x: Series(1, x)}
        self.now_ms = int(y[-1, OPEN_MS]) + 60_000

    def bars(self, symbol: str, timeframe: str) -> Series:  # noqa: ARG002
        """The same bars for ever."""
        return self._bars[symbol]

    def trade(self, symbol: str) -> LastTrade:
        """A trade at the last close."""
        return LastTrade(1, self.now_ms, self._bars[symbol].bars[-1, CLOSE], 1.0, False, self.now_ms)

    def state(self, symbol: str) -> str:  # noqa: ARG002
        """Always live."""
        return "LIVE"

    def stopped(self) -> str:
        """Never."""
        return ""


def page_costs() -> dict[str, float]:
    result: dict[str, float] = {}
    for rows in (1_440, 86_400):
        y, x = (bars(walk) for walk in walks(rows, 100.0))
        before = pair_history(y[:-1], x[:-1], SPEC)
        whole, longer, window = interleaved(
            9,
            partial(pair_history, y, x, SPEC),
            partial(extend_history, before, y, x, SPEC),
            partial(pair_window, y, x, SPEC),
        )
        result |= {f"history_{rows}_ms": whole * 1e3, f"one_bar_more_{rows}_ms": longer * 1e3}
        result[f"last_window_{rows}_ms"] = window * 1e3
    market = Market(y, x)
    book = PairBook(market)
    (once,) = interleaved(2_000, lambda: book.now(SPEC, market.now_ms))
    return result | {"now_us": once * 1e6}


GATES = {"ols_over_pandas": 2.0, "ols_over_statsmodels": 200.0, "z_over_pandas": 4.0, "ewm_over_pandas": 2.0}


def ratios(rows: int) -> dict[str, float]:
    y, x = walks(rows, 100.0)
    result: dict[str, float] = {}
    for name, ours, theirs in (
        ("ols", partial(rolling_ols, y, x, WINDOW), partial(pandas_slope, y, x)),
        ("z", partial(rolling_z, x, WINDOW), partial(pandas_z, x)),
        ("ewm", partial(ewm_mean_sd, x, HALF_LIFE), partial(pandas_ewm, x)),
    ):
        fast, peer = interleaved(15, ours, theirs)
        result |= {f"{name}_{rows}_ms": fast * 1e3, f"{name}_over_pandas_{rows}": peer / fast}
        if name == "ols":
            fast, peer = interleaved(3, ours, partial(statsmodels_slope, y, x))
            result[f"ols_over_statsmodels_{rows}"] = peer / fast
        before = dict(compiled._compiled)
        compiled._compiled.clear()
        (plain,) = interleaved(5, ours)
        compiled._compiled.update(before)
        result[f"{name}_{rows}_plain_ms"] = plain * 1e3
    return result


def errors() -> dict[str, float]:
    result: dict[str, float] = {}
    for level in (1e2, 1e5, 1e7):
        y, x = walks(3_600, level)
        exact = exact_slope(y, x)
        for name, slope in (("ours", rolling_ols(y, x, WINDOW).slope), ("pandas", pandas_slope(y, x))):
            result[f"error_{name}_level_{level:.0e}"] = float(np.abs(slope[WINDOW - 1 :] / exact - 1).max())
    values = 1e5 + (walks(3_600, 0.0)[1]) / 50
    for name, z in (("ours", rolling_z(values, WINDOW)), ("pandas", pandas_z(values))):
        result[f"error_{name}_z_step_1e-3"] = float(np.abs(z[WINDOW - 1 :] - exact_z(values)).max())
    return result


def main() -> dict[str, float]:
    compiled.load()
    result = ratios(3_600) | ratios(86_400) | errors() | page_costs()
    for name, value in result.items():
        gate = GATES.get(name.rpartition("_")[0])
        print(f"{name:32} {value:12.4g}" + (f"   gate >= {gate:g}" if gate else ""))
    return result


if __name__ == "__main__":
    main()
