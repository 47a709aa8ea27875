"""What the cards of the flow page say: a study's newest values in words, and why where there is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from analytics.flow import TOO_FEW_TRADES, TOO_LITTLE_VOLUME, TOO_LONG_SILENCE
from analytics.inputs import Input, count
from analytics.market import CLOSE
from analytics.measure import NotTestable
from analytics.registry import measure
from callbacks.flow_study import FLOW_WINDOW, LegFlow, Net, Study
from callbacks.words import UNKNOWN, figures, number, span
from layouts.flow import Value

CLEAR_T: Final = 2.0
PER_MILLION: Final = 1e10
"""Basis points per million: 1e4 times 1e6."""
_UNITS: Final = ((1e9, "B"), (1e6, "M"), (1e3, "k"))
_LACKS: Final = {
    "signed_flow": "waits for the other leg",
    "vpin": "nothing was traded",
    "roll_spread": "the price does not move",
    "trade_imbalance": "nothing was traded",
    "kyle_lambda": "price or flow does not move, or half of the bars are missing",
    "amihud": "more than half of the bars are missing",
    "liquidity": "a bar does not tell its volume or trades",
}
"""Why there is no value when there are rows enough."""


def cards(study: Study) -> dict[str, list[Value]]:
    """The values of every card, y before x, and what both say together where that means something."""
    found = {name: [say(leg, study) for leg in study.legs] for name, say in _SAY.items()}
    found["flow"].append(_net(study))
    found["roll"].append(_both(study))
    found["liquidity"].append(_pair_liquidity(study))
    return found


def about_trades(study: Study) -> str:
    """Which trades the figures and cards of trades rest on."""
    parts = [_stretch(leg, study.asked) for leg in study.legs]
    until = f", up to {day(study.traded_ms)} UTC" if study.traded_ms else ""
    return f"Newest trades{until} · {' · '.join(parts)}"


def about_bars(study: Study) -> str:
    """Which bars the figures and cards of bars rest on."""
    window, tf = study.spec.window, study.spec.timeframe
    end = day(study.as_of_ms) if study.as_of_ms else UNKNOWN
    said = [f"{tf} bars · newest {window} of each leg, closed by {end} UTC; the open bar is not among them"]
    said += [f"{leg.name}: {leg.partial} of {window} bars miss trades" for leg in study.legs if leg.partial]
    said += [f"{leg.name} is {leg.state.replace('_', ' ')}" for leg in study.legs if leg.state not in ("LIVE", "QUIET")]
    return " · ".join(said)


def clock(time_ms: int) -> str:
    """Time of day, UTC."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%H:%M:%S")


def day(time_ms: int) -> str:
    """Date and time, UTC."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def compact(value: float) -> str:
    """A large amount in few digits.

    >>> compact(-1_234_567.0), compact(950.2), compact(12_500.0)
    ('−1.23 M', '950', '12.50 k')
    """
    size, unit = next(((size, f" {unit}") for size, unit in _UNITS if abs(value) >= size), (1.0, ""))
    return number(value / size, 2 if unit else 0) + unit


def signed(text: str) -> str:
    """With an explicit plus, unless nothing but zeros is left.

    >>> signed("1.20"), signed("−3"), signed("0.00")
    ('+1.20', '−3', '0.00')
    """
    return f"+{text}" if text[0] not in "−–" and text.strip("0.") else text


def why_none(name: str, data: Input, unit: str, **settings: object) -> str:
    """Why a measure has no value: how far it is from its first one, or what its rows lack."""
    each = measure(name)
    need, held = each.warmup(**each.settings(settings)), count(data)
    return f"warming up: {held:,} of {need:,} {unit}" if held < need else _LACKS[name]


def _stretch(leg: LegFlow, asked: int) -> str:
    n = leg.trades.time_ms.size
    if not n:
        return f"{leg.name} none yet"
    many = f"{n:,}" if n == asked else f"{n:,} of {asked:,}"
    return f"{leg.name} {many} since {clock(int(leg.trades.time_ms[0]))}"


def _flow(leg: LegFlow, study: Study) -> Value:
    if study.start_ms is None:
        why = why_none("signed_flow", leg.trades, "trades", window=FLOW_WINDOW)
        return Value(leg.name, UNKNOWN, why)
    start = int(leg.trades.time_ms.searchsorted(study.start_ms, side="right")) - 1
    net = float(leg.flow.cumulative[-1] - leg.flow.cumulative[start])
    traded = float((leg.trades.price * leg.trades.quantity)[start + 1 :].sum())
    return Value(leg.name, signed(compact(net)), f"of {compact(traded)} since {clock(study.start_ms)}", _tone(net))


def _net(study: Study) -> Value:
    if not isinstance(study.net, Net):
        return Value("Net", UNKNOWN, study.net)
    net = float(study.net.value[-1])
    below = "y − hedge ratio · x" if study.ratio is None else f"y − {number(study.ratio, 3)} x"
    return Value("Net", signed(compact(net)), below.replace("− −", "+ "), _tone(net))


def _vpin(leg: LegFlow, study: Study) -> Value:  # noqa: ARG001
    value = _last(leg.vpin.vpin)
    if value is None:
        return Value(leg.name, UNKNOWN, why_none("vpin", leg.trades, "trades"))
    return Value(leg.name, number(value, 3), f"buckets of {figures(_last(leg.vpin.bucket_volume), 3)} base asset")


def _roll(leg: LegFlow, study: Study) -> Value:  # noqa: ARG001
    bps, autocorrelation = _last(leg.roll.spread_bps), _last(leg.roll.autocorrelation)
    if autocorrelation is None:
        return Value(leg.name, UNKNOWN, why_none("roll_spread", leg.trades, "trades"))
    bounce = f"ρ {signed(number(autocorrelation, 2))}"
    if bps is None:
        return Value(leg.name, "not defined", f"{bounce}: no bounce", "warn")
    return Value(leg.name, number(bps, 2), f"{bounce}, {figures(_last(leg.roll.spread), 3)} quote asset")


def _both(study: Study) -> Value:
    y, x = (_last(leg.roll.spread_bps) for leg in study.legs)
    if y is None or x is None or study.ratio is None:
        missing = [leg.name for leg, value in zip(study.legs, (y, x), strict=True) if value is None]
        return Value("Both", UNKNOWN, f"needs {' and '.join(missing) or 'a hedge ratio'}")
    return Value("Both", number(y + abs(study.ratio) * x, 2), f"y + {number(abs(study.ratio), 3)} x")


def _rate(leg: LegFlow, study: Study) -> Value:  # noqa: ARG001
    if isinstance(leg.rate, NotTestable):
        return Value(leg.name, UNKNOWN, leg.rate.reason)
    below = f"longest gap {span(1000 * leg.rate.longest_gap_s)}, dispersion {number(leg.rate.dispersion, 1)}"
    return Value(leg.name, figures(leg.rate.trades_per_minute, 4), below)


def _imbalance(leg: LegFlow, study: Study) -> Value:
    value = _last(leg.imbalance.imbalance)
    if value is None:
        return _no_value("trade_imbalance", leg, study)
    word = "buyers" if value > 0 else "sellers"
    return Value(leg.name, signed(number(value, 3)), f"{word} more aggressive" if value else "balanced", _tone(value))


def _kyle(leg: LegFlow, study: Study) -> Value:
    slope, t_value = _last(leg.kyle.slope), _last(leg.kyle.t_value)
    if slope is None:
        return _no_value("kyle_lambda", leg, study)
    t = UNKNOWN if t_value is None else signed(number(t_value, 2))
    doubt = "" if t_value is None or abs(t_value) >= CLEAR_T else ": not clear of 0"
    return Value(leg.name, figures(float(impact(leg)[-1]), 3), f"t {t}{doubt}, λ {figures(slope, 3)}")


def impact(leg: LegFlow) -> Any:
    """Kyle's lambda in basis points per million of the quote asset at each bar, comparable between legs."""
    close = leg.bars.bars[:, CLOSE]
    return PER_MILLION * leg.kyle.slope / (close * close)


def _amihud(leg: LegFlow, study: Study) -> Value:
    value = _last(leg.amihud.illiquidity)
    if value is None:
        return _no_value("amihud", leg, study)
    return Value(leg.name, figures(value, 3), f"{study.spec.window} {study.spec.timeframe} bars")


def _liquidity(leg: LegFlow, study: Study) -> Value:
    found = leg.liquidity
    failed, volume, trades, silence = map(_last, (found.failed, found.quote_volume, found.trades, found.silence_s))
    if failed is None or silence is None:
        return _no_value("liquidity", leg, study)
    limits = measure("liquidity").settings({"window": study.spec.window})
    offers = {
        TOO_LITTLE_VOLUME: (f"volume {_amount(volume)}/min", f"< {compact(limits['min_volume'])}"),
        TOO_FEW_TRADES: (f"{figures(trades, 3)} trades/min", f"< {limits['min_trades']:g}"),
        TOO_LONG_SILENCE: (f"silent {span(1000 * silence)}", f"> {span(1000 * limits['max_silence_s'])}"),
    }
    lacks = [" ".join(each) for limit, each in offers.items() if int(failed) & limit]
    if lacks:
        return Value(leg.name, "✕ fails", ", ".join(lacks), "warn")
    return Value(leg.name, "✓ passes", ", ".join(text for text, _ in [*offers.values()][:2]))


def _amount(value: float | None) -> str:
    return UNKNOWN if value is None else compact(value)


def _pair_liquidity(study: Study) -> Value:
    failed = [_last(leg.liquidity.failed) for leg in study.legs]
    if any(failed):
        lacking = [leg.name for leg, code in zip(study.legs, failed, strict=True) if code]
        return Value("Pair", "✕ fails", f"for {' and '.join(lacking)}", "warn")
    return Value("Pair", UNKNOWN, "not known yet") if None in failed else Value("Pair", "✓ passes", "both legs pass")


def _no_value(name: str, leg: LegFlow, study: Study) -> Value:
    return Value(leg.name, UNKNOWN, why_none(name, leg.bars, "bars", window=study.spec.window))


def _tone(value: float) -> str:
    return "up" if value > 0 else "down" if value < 0 else ""


def _last(column: Any) -> float | None:
    """The newest value; None where there is none."""
    return float(column[-1]) if column.size and math.isfinite(column[-1]) else None


_SAY: Final[dict[str, Callable[[LegFlow, Study], Value]]] = {
    "flow": _flow,
    "vpin": _vpin,
    "roll": _roll,
    "rate": _rate,
    "imbalance": _imbalance,
    "kyle": _kyle,
    "amihud": _amihud,
    "liquidity": _liquidity,
}
