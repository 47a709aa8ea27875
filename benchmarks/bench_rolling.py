"""Rolling and fading statistics against pandas and statsmodels in the same run, and what a pair costs the page.

Seeded walks, 3,600 and 86,400 rows, window 300, half-life 60; with the loops compiled and (``plain``) without.
"""

from __future__ import annotations

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
from benchmarks.gates import Gate, finish, tell
from benchmarks.timing import Work, seconds, versus

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


def page_costs() -> None:
    for rows in (1_440, 86_400):
        y, x = (bars(walk) for walk in walks(rows, 100.0))
        before = pair_history(y[:-1], x[:-1], SPEC)
        works: dict[str, Work] = {
            "history": partial(pair_history, y, x, SPEC),
            "one bar more": partial(extend_history, before, y, x, SPEC),
            "last window": partial(pair_window, y, x, SPEC),
        }
        taken = seconds(*works.values())
        tell({f"{name}, {rows} rows: ms": each * 1e3 for name, each in zip(works, taken, strict=True)})
    market = Market(y, x)
    book = PairBook(market)
    (once,) = seconds(lambda: book.now(SPEC, market.now_ms))
    tell({"z now: us": once * 1e6})


def ratios(rows: int) -> list[Gate]:
    y, x = walks(rows, 100.0)
    gates = []
    for name, asked, ours, theirs in (
        ("rolling OLS over pandas", 2.0, partial(rolling_ols, y, x, WINDOW), partial(pandas_slope, y, x)),
        ("rolling OLS over RollingOLS", 200.0, partial(rolling_ols, y, x, WINDOW), partial(statsmodels_slope, y, x)),
        ("rolling z over pandas", 4.0, partial(rolling_z, x, WINDOW), partial(pandas_z, x)),
        ("fading mean and sd over pandas", 2.0, partial(ewm_mean_sd, x, HALF_LIFE), partial(pandas_ewm, x)),
    ):
        found = versus(ours, theirs, rounds=3 if "RollingOLS" in name else 9)
        gates.append(Gate(f"{name}, {rows} rows", found.ratio, asked))
        before = dict(compiled._compiled)
        compiled._compiled.clear()
        (plain,) = seconds(ours, rounds=3)
        compiled._compiled.update(before)
        tell({f"{name}, {rows} rows: ms": found.ours_s * 1e3, f"{name}, {rows} rows, plain: ms": plain * 1e3})
    return gates


def errors() -> list[Gate]:
    """Against long double: ours as gates, pandas' beside them."""
    gates = []
    for level in (1e2, 1e5, 1e7):
        y, x = walks(3_600, level)
        exact = exact_slope(y, x)
        ours, pandas = (
            float(np.abs(slope[WINDOW - 1 :] / exact - 1).max())
            for slope in (rolling_ols(y, x, WINDOW).slope, pandas_slope(y, x))
        )
        tell({f"rolling OLS error at {level:.0e}, pandas": pandas})
        gates.append(Gate(f"rolling OLS error at {level:.0e}", ours, 1e-11, "", at_most=True))
    values = 1e5 + walks(3_600, 0.0)[1] / 50
    exact = exact_z(values)
    ours, pandas = (float(np.abs(z[WINDOW - 1 :] - exact).max()) for z in (rolling_z(values, WINDOW), pandas_z(values)))
    tell({"rolling z error at 1e5, step 1e-3, pandas": pandas})
    return [*gates, Gate("rolling z error at 1e5, step 1e-3", ours, 1e-9, "", at_most=True)]


def main() -> list[Gate]:
    compiled.load()
    page_costs()
    return [*ratios(3_600), *ratios(86_400), *errors()]


if __name__ == "__main__":
    finish(main())
