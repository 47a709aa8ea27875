"""The figures of the flow page: a study's columns over time, and the sizes of its trades, as Plotly's plain data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from analytics.measure import NotTestable
from analytics.registry import measure
from callbacks.flow_cards import CLEAR_T, clock, compact, impact
from callbacks.flow_lines import (
    FRAME,
    FROM_ZERO,
    LOOKS,
    Drawn,
    Record,
    Shown,
    as_of,
    bar_line,
    line,
    of_bars,
    of_trades,
    over_time,
)
from callbacks.flow_study import FLOW_WINDOW, LegFlow, Net, Study
from layouts.figures import figure
from layouts.flow import TRADE_TILES

_CLASSES: Final = ("< 100", "100 to 1 k", "1 to 10 k", "10 to 100 k", "100 k to 1 M", "≥ 1 M")
_VPIN: Final = Shown("flow-vpin", "vpin", "trades", lambda leg: leg.vpin.vpin)
_ROLL: Final = Shown("flow-roll", "roll_spread", "trades", lambda leg: leg.roll.spread_bps)
_IMBALANCE: Final = Shown("flow-imbalance", "trade_imbalance", "bars", lambda leg: leg.imbalance.imbalance)
_KYLE: Final = Shown("flow-kyle", "kyle_lambda", "bars", lambda leg: leg.kyle.slope)
_AMIHUD: Final = Shown("flow-amihud", "amihud", "bars", lambda leg: leg.amihud.illiquidity)
_RATE: Final = Shown("flow-rate", "liquidity", "bars", lambda leg: leg.liquidity.trades)


def draw(study: Study) -> dict[str, Drawn]:
    """Every figure of the page by its id. ``group`` names those that share an x-range, ``key`` the settings."""
    drawn = {name: make(study) for name, make in _MAKE.items()}
    key = f"{study.spec} {study.asked}"
    for name, (record, _) in drawn.items():
        group = "trades" if name in TRADE_TILES else "bars"
        record.update(key=key, group=group)
        record["layout"]["uirevision"] = key
        if record["layout"].get("xaxis", {}).get("type") == "date":
            record["layout"]["xaxis"]["range"] = _span(study, group)
    return drawn


def _span(study: Study, group: str) -> list[int]:
    """The x-range of all figures of a group."""
    if group == "bars":
        return [study.as_of_ms - study.spec.window * study.spec.step_ms, study.as_of_ms]
    first = [int(leg.trades.time_ms[0]) for leg in study.legs if leg.trades.time_ms.size]
    return [min(first, default=0) if study.start_ms is None else study.start_ms, study.traded_ms]


def _flow(study: Study) -> Drawn:
    id = "flow-cumulative"
    if study.start_ms is None:
        return Drawn(figure(id, [], reason=f"Both legs need {FLOW_WINDOW} trades"), as_of(study.traded_ms))
    traces = []
    for leg, look in zip(study.legs, LOOKS, strict=True):
        start = int(leg.trades.time_ms.searchsorted(study.start_ms, side="right")) - 1
        values = leg.flow.cumulative[start:] - leg.flow.cumulative[start]
        times = np.maximum(leg.trades.time_ms[start:], study.start_ms)
        traces.append(line(times, values, leg.name, look, hovertemplate="%{y:,.3s}"))
    if isinstance(study.net, Net):
        more = {"hovertemplate": "%{y:,.3s}", "line": {"color": "--spread", "width": 2.25, "shape": "hv"}}
        traces.append(line(study.net.time_ms, study.net.value, "Net", LOOKS[0], **more))
    words = f"since {clock(study.start_ms)}, quote asset" + ("" if isinstance(study.net, Net) else f", net {study.net}")
    return Drawn(over_time(id, traces, yaxis={"tickformat": "~s"}), as_of(study.traded_ms, words))


def _vpin(study: Study) -> Drawn:
    return of_trades(study, _VPIN, "50 buckets of equal volume, 1,250 trades in each value")


def _roll(study: Study) -> Drawn:
    drawn = of_trades(study, _ROLL, "bps, 1,000 trades in each value; gaps: not defined")
    known = any(np.isfinite(leg.roll.autocorrelation).any() for leg in study.legs)
    if drawn.record["reason"] and known:
        drawn.record["reason"] = "Not defined: neighbouring price changes of neither leg go against each other"
    return drawn


def _sizes(study: Study) -> Drawn:
    id = "flow-sizes"
    told = [leg for leg in study.legs if not isinstance(leg.sizes, NotTestable)]
    if not told:
        said = [f"{leg.name}: {leg.sizes.reason}" for leg in study.legs]
        return Drawn(figure(id, [], reason=" · ".join(said)), as_of(study.traded_ms))
    traces = [_size_bars(leg, at) for at, leg in enumerate(study.legs) if leg in told]
    medians = [f"{leg.name} {compact(leg.sizes.quantiles['50%'])}" for leg in told]
    layout = FRAME | {
        "barmode": "group",
        "bargap": 0.25,
        "yaxis": {"ticksuffix": " %", "rangemode": "tozero"},
        "xaxis": {"type": "category", "showgrid": False, "fixedrange": True},
    }
    words = f"share of traded value; median {', '.join(medians)}"
    return Drawn(figure(id, traces, layout), as_of(study.traded_ms, words))


def _size_bars(leg: LegFlow, at: int) -> Record:
    hover = "%{x}: %{y:.1f} % of value, %{customdata[0]:,} trades, imbalance %{customdata[1]}"
    rows = leg.sizes.classes
    sides = ["–" if each.imbalance is None else f"{each.imbalance:+.2f}".replace("-", "−") for each in rows]
    return {
        "type": "bar",
        "name": leg.name,
        "x": list(_CLASSES),
        "y": [round(100 * each.volume_share, 3) for each in rows],
        "customdata": [[each.trades, side] for each, side in zip(rows, sides, strict=True)],
        "marker": {"color": LOOKS[at][0], "pattern": {"shape": ("", "/")[at], "solidity": 0.5, "size": 7}},
        "hovertemplate": hover + "<extra>%{fullData.name}</extra>",
    }


def _imbalance(study: Study) -> Drawn:
    return of_bars(study, _IMBALANCE, "above 0: buyers", yaxis={"zeroline": True, "zerolinecolor": "--text-3"})


def _kyle(study: Study) -> Drawn:
    traces = []
    for leg, (colour, dash) in zip(study.legs, LOOKS, strict=True):
        values = impact(leg)
        clear = np.where(np.abs(leg.kyle.t_value) >= CLEAR_T, values, np.nan)
        faint = {"width": 1, "color": f"{colour} 0.5", "dash": dash, "shape": "hv"}
        traces.append(bar_line(study, leg, values, LOOKS[0], line=faint, showlegend=False))
        bold = {"width": 2.25, "color": colour, "dash": dash, "shape": "hv"}
        traces.append(bar_line(study, leg, clear, LOOKS[0], line=bold, hoverinfo="skip", hovertemplate=None))
    return of_bars(study, _KYLE, f"bold where |t| ≥ {CLEAR_T:g}; bps per million", traces)


def _amihud(study: Study) -> Drawn:
    return of_bars(study, _AMIHUD, "bps per million", yaxis=FROM_ZERO)


def _rate(study: Study) -> Drawn:
    traces = []
    for leg, look in zip(study.legs, LOOKS, strict=True):
        trades, failed = leg.liquidity.trades, leg.liquidity.failed
        traces.append(bar_line(study, leg, trades, look))
        crosses = {"mode": "markers", "marker": {"symbol": "x", "size": 6, "color": "--warn"}, "showlegend": False}
        crosses["hovertemplate"] = f"{leg.name} fails<extra></extra>"
        traces.append(bar_line(study, leg, np.where(failed > 0, trades, np.nan), look, **crosses))
    return of_bars(study, _RATE, "crosses: a limit fails", traces, yaxis=FROM_ZERO, shapes=[_limit()])


def _limit() -> Record:
    least = measure("liquidity").settings({})["min_trades"]
    look = {"line": {"color": "--warn", "dash": "dot", "width": 1}}
    label = {"label": {"text": f"limit {least:g}", "textposition": "end"}}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": least, "y1": least} | look | label


_MAKE: Final[dict[str, Callable[[Study], Drawn]]] = {
    "flow-cumulative": _flow,
    "flow-vpin": _vpin,
    "flow-roll": _roll,
    "flow-sizes": _sizes,
    "flow-imbalance": _imbalance,
    "flow-kyle": _kyle,
    "flow-amihud": _amihud,
    "flow-rate": _rate,
}
