"""The small figures of one backtest: what costs do to it, when it earned, and what a trade got against its costs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analytics.backtest.key_figures import number
from analytics.backtest.pair import Study
from analytics.backtest.report import in_sigmas
from analytics.words import many
from callbacks.correlation_words import Shown
from layouts.figures import figure

Floats = NDArray[np.float64]
Record = dict[str, Any]

_BINS: Final = 36


def stress(study: Study) -> Shown:
    """Net profit at 1, 2 and 3 times the costs."""
    id, found = "backtest-stress", study.report
    if not found.trades:
        return _none(id)
    nets = [each.net for each in found.stress]
    names = [f"{each.multiple:g}×" for each in found.stress]
    sharpes = ["no Sharpe" if each.sharpe is None else f"Sharpe {number(each.sharpe, 1)}" for each in found.stress]
    text = [f"{number(net, 2, signed=True)}<br>{sharpe}" for net, sharpe in zip(nets, sharpes, strict=True)]
    traces = [_bars(names, nets, text, "%{x} costs: %{text}<extra></extra>")]
    paid = found.cost + found.funding
    note = "nothing is left before costs" if found.gross <= 0 else ""
    if found.gross > 0 and paid > 0:
        note = f"earns until costs are {number(found.gross / paid, 2)}× the stated ones"
    layout = {"xaxis": {"title": "Costs"}, "yaxis": {"title": "Net [quote]", "tickformat": "~s"}, "bargap": 0.45}
    return Shown(figure(id, traces, layout | _headroom(nets)), note)


def hours(study: Study) -> Shown:
    """Net profit by the hour of entry."""
    id, found = "backtest-hours", study.report
    if not found.trades:
        return _none(id)
    traded = [each for each in found.by_hour if each.trades]
    text = [
        f"{many(each.trades, 'trade')}, {100 * (each.hit_rate or 0):.0f} % hit, {number(each.net, 2, signed=True)}"
        for each in traded
    ]
    traces = [
        _bars(
            [each.hour for each in traded], [each.net for each in traded], text, "%{x}:00 UTC: %{text}<extra></extra>"
        )
        | {"textposition": "none"}
    ]
    layout = {
        "xaxis": {"title": "Hour of entry [UTC]", "range": [-0.6, 23.6], "dtick": 3},
        "yaxis": {"title": "Net [quote]", "tickformat": "~s"},
        "bargap": 0.2,
    }
    return Shown(figure(id, traces, layout), f"{many(len(traded), 'hour')} with trades")


def captured(study: Study) -> Shown:
    """What trades got before costs in sigmas, against what they cost."""
    id, found = "backtest-captured", study.report
    if found.break_even_z is None or found.captured_z is None:
        return _none(id)
    got, _ = in_sigmas(study.run, study.prepared.signals)
    got = got[np.isfinite(got)]
    low, high = np.quantile(got, [0.005, 0.995])
    low, high = min(low, found.break_even_z) - 0.05, max(high, found.break_even_z) + 0.05
    counts, edges = np.histogram(np.clip(got, low, high), _BINS, (low, high))
    middle = (edges[1:] + edges[:-1]) / 2
    earned = middle > found.break_even_z
    between = zip(counts.tolist(), edges, edges[1:], strict=False)
    text = [f"{many(count, 'trade')}, {a:+.2f} to {b:+.2f} σ" for count, a, b in between]
    traces = [
        {
            "type": "bar", "x": middle.tolist(), "y": counts.tolist(), "text": text, "textposition": "none",
            "marker": {"color": ["--up" if each else "--down" for each in earned]},
            "hovertemplate": "%{text}<extra></extra>",
        }
    ]  # fmt: skip
    mark = {"yref": "paper", "y0": 0, "y1": 1, "type": "line"}
    layout = {
        "xaxis": {"title": "Before costs [σ]"},
        "yaxis": {"title": "Trades"},
        "bargap": 0.06,
        "shapes": [
            mark | {"x0": at, "x1": at, "line": {"color": colour, "dash": dash, "width": 1.5}}
            for at, colour, dash in ((found.break_even_z, "--text", "dash"), (found.captured_z, "--accent", "dot"))
        ],
    }
    left = found.captured_z - found.break_even_z
    words = f"round trip {number(found.break_even_z, 2)} σ (dashed), median {number(found.captured_z, 2)} σ (dotted)"
    return Shown(figure(id, traces, layout), f"{words}: {number(left, 2, signed=True)} σ left")


def _none(id: str) -> Shown:
    return Shown(figure(id, [], reason="No trade was made, so there is nothing to tell"), "")


def _bars(x: list[Any], values: list[float], text: list[str], hover: str) -> Record:
    return {
        "type": "bar", "x": x, "y": values, "text": text, "textposition": "outside", "cliponaxis": False,
        "marker": {"color": ["--up" if each >= 0 else "--down" for each in values]}, "hovertemplate": hover,
    }  # fmt: skip


def _headroom(values: list[float]) -> Record:
    """Room for the texts above and below bars."""
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.24 * (high - low or 1.0)
    return {"yaxis": {"title": "Net [quote]", "tickformat": "~s",
                      "range": [low - room * (low < 0), high + room * (high > 0)]}}  # fmt: skip


def utc(time_ms: int) -> str:
    """A moment to the second, without the zone.

    >>> utc(1767225600000)
    '2026-01-01 00:00:00'
    """
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
