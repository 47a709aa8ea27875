"""The feature table: everything a leg's bars say about one minute, one row a bar."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.estimators.base import one_row_later
from analytics.flow import bar_returns, imbalance, rolling_count
from analytics.inputs import Leg
from analytics.market import BUY_VOLUME, CLOSE, HIGH, LOW, QUOTE_VOLUME, TRADES, VOLUME
from analytics.measure import Measure, Output
from analytics.parameters import WINDOW
from analytics.rolling import ROUNDING, rolling_mean_sd, rolling_sum

Floats = NDArray[np.float64]

_BPS: Final = 1e4


class MinuteFeatures(NamedTuple):
    """Columns of shape (n,), all known when the bar is closed; NaN in warm-up and where a feature does not exist.

    ``return_bps`` and ``volatility`` leave out missing bars: no return leads over them. ``z`` holds the close against
    mean and standard deviation of the ``window`` bars **before** it. ``imbalance`` and ``trade_size`` are of this bar
    alone, and do not exist where it has no volume or no trades.
    """

    return_bps: Floats
    volatility: Floats
    range_bps: Floats
    vwap_distance_bps: Floats
    volume: Floats
    quote_volume: Floats
    volume_ratio: Floats
    trades: Floats
    imbalance: Floats
    trade_size: Floats
    z: Floats


def minute_features(leg: Leg, *, window: int) -> MinuteFeatures:
    """One row of features a bar; with 1m bars, one row a minute. A minute without trades has no row.

    Volatility (per bar), VWAP and the usual volume are of the ``window`` bars up to and including the row's.
    """
    bars, rows = leg.bars, len(leg.bars)
    close, volume, quote_volume = bars[:, CLOSE], bars[:, VOLUME], bars[:, QUOTE_VOLUME]
    returns, counted = bar_returns(leg)
    mean, sd = (one_row_later(column) for column in rolling_mean_sd(close, window))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        vwap = _ratio(rolling_sum(quote_volume, window), rolling_sum(volume, window))
        columns = (
            np.where(counted, _BPS * returns, np.nan),
            np.sqrt(rolling_sum(returns * returns, window) / rolling_count(counted, window)),
            _BPS * (bars[:, HIGH] - bars[:, LOW]) / close,
            _BPS * (close / vwap - 1),
            volume,
            quote_volume,
            _ratio(quote_volume, rolling_sum(quote_volume, window) / window),
            bars[:, TRADES],
            imbalance(2 * bars[:, BUY_VOLUME] - volume, volume),
            _ratio(quote_volume, bars[:, TRADES]),
            np.where(sd > ROUNDING * np.abs(mean), (close - mean) / sd, np.nan),
        )
    warm = np.arange(rows) >= window
    return MinuteFeatures(*(np.where(warm & np.isfinite(column), column, np.nan) for column in columns))


def _ratio(above: Floats, below: Floats) -> Floats:
    return above / np.where(below > 0, below, np.nan)


def _warmup(*, window: int) -> int:
    return window + 1


MEASURE: Final = Measure(
    name="minute_features",
    title="Feature table",
    group="study",
    summary="Everything a leg's bars say about one minute, side by side",
    takes=Leg,
    parameters=(WINDOW,),
    outputs=(
        Output("return_bps", "Return", "bps", "Log return of the bar"),
        Output("volatility", "Volatility", "per bar", "Standard deviation of the window's one-bar log returns"),
        Output("range_bps", "Range", "bps", "High less low, as a share of the close"),
        Output("vwap_distance_bps", "From VWAP", "bps", "Close against the window's volume-weighted price"),
        Output("volume", "Volume", "base asset", "Volume of the bar"),
        Output("quote_volume", "Value", "quote asset", "Traded value of the bar"),
        Output("volume_ratio", "Volume ratio", "", "Traded value over the window's mean"),
        Output("trades", "Trades", "", "Trades of the bar"),
        Output("imbalance", "Imbalance", "", "Aggressive buys less sells, as a share of the bar's volume, -1 to 1"),
        Output("trade_size", "Trade size", "quote asset", "Traded value per trade of the bar"),
        Output("z", "z", "sigma", "Close against mean and deviation of the window before it"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=minute_features,
    formula="ln(C_t / C_t-1); sqrt(mean r^2); (H - L) / C; C / VWAP - 1; q / mean q; (B - S) / (B + S); q / trades; "
    "(C_t - mean_t-1) / sd_t-1",
    reference="Definitions as in the measures of the same names",
    oracle="brute force, row by row",
    tolerance="1e-9 relative",
)
