"""The curves of one backtest over time: equity, drawdown, z with its marks, and the side that was held."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analytics.backtest.drawn import drawn_rows
from analytics.backtest.pair import Study
from analytics.backtest.records import REASONS
from callbacks.correlation_words import Shown, plain
from layouts.figures import figure

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Record = dict[str, Any]

BLOCKS: Final = 500
"""Twice as many points draw a curve."""
COARSE: Final = 60
"""So many blocks draw what lies outside the range that is looked at."""
MAX_MARKS: Final = 150
_TIME: Final = "%Y-%m-%d %H:%M:%S UTC"


def curves(study: Study, looked_at: tuple[float, float] | None = None) -> Shown:
    """Equity, drawdown, z and position, drawn finely over ``looked_at`` (epoch ms) or all of it."""
    run = study.run
    ends = run.open_ms + run.step_ms
    first, last = (0, ends.size) if looked_at is None else np.searchsorted(ends, looked_at).tolist()
    rows = slice(max(0, first - 1), last + 1)
    marked, shown, all_in_range = _in_range(study, looked_at)
    drawn = (
        ("Before costs", "y", run.gross, {"color": "--text-3", "width": 1, "dash": "dot"}, "%{y:+,.2f}"),
        ("Net", "y", run.equity, {"color": "--spread", "width": 1.75}, "%{y:+,.2f}"),
        ("Below high", "y2", -study.report.drawdown, {"color": "--down", "width": 1}, "%{y:,.2f}"),
        ("z", "y3", study.prepared.signals.z, {"color": "--z", "width": 1}, "%{y:+.2f} σ"),
    )
    lines = [
        _line(ends, values, rows) | {"name": name, "yaxis": axis, "line": line, "hovertemplate": hover}
        for name, axis, values, line, hover in drawn
    ]
    lines[2] |= {"fill": "tozeroy", "fillcolor": "--down 0.22"}
    traces = [
        *lines,
        *_marks(study, marked),
        *_sides(study, marked),
    ]
    told = f"{len(study.run.trades):,} trades"
    if shown < all_in_range:
        told += f"; marks on the newest {shown} of {all_in_range:,}, drag to look closer"
    return Shown(figure("backtest-curves", traces, _curves_layout(study)), told)


def _line(ends: Integers, values: Floats, rows: slice) -> Record:
    fine = rows.start + drawn_rows(values[rows], BLOCKS)
    kept = fine if rows.start == 0 and rows.stop >= ends.size else np.union1d(fine, drawn_rows(values, COARSE))
    y = [None if each is None else float(f"{each:.7g}") for each in plain(values[kept])]
    return {"type": "scatter", "mode": "lines", "x": ends[kept].tolist(), "y": y}


def _in_range(study: Study, looked_at: tuple[float, float] | None) -> tuple[Integers, int, int]:
    trades = study.run.trades
    low, high = looked_at or (-np.inf, np.inf)
    inside = np.flatnonzero((trades.exit_ms >= low) & (trades.entry_ms <= high))
    marked = inside[-MAX_MARKS:]
    return marked, marked.size, inside.size


def _marks(study: Study, marked: Integers) -> list[Record]:
    """Entries and exits at the z that ordered them: the last close before the fill."""
    trades, z = study.run.trades, study.prepared.signals.z
    looks = ((1, "triangle-up", "--up", "Enter long"), (-1, "triangle-down", "--down", "Enter short"))
    found = []
    for side, symbol, colour, name in looks:
        chosen = marked[trades.side[marked] == side]
        where = trades.entry_ms[chosen], z[trades.entry_row[chosen] - 1]
        found.append(_points(*where) | {"name": name, "marker": _marker(symbol, colour)})
    ended = np.where(trades.exit_ms > study.run.open_ms[-1], z.size - 1, trades.exit_row - 1)[marked]
    reasons = [REASONS[each] for each in trades.reason[marked]]
    exits = _points(trades.exit_ms[marked], z[ended]) | {"name": "Exit", "marker": _marker("circle-open", "--text")}
    found.append(exits | {"text": reasons, "hovertemplate": "%{y:+.2f} σ %{text}"})
    return found


def _points(times: Integers, z: Floats) -> Record:
    where = {"x": times.tolist(), "y": plain(z), "yaxis": "y3"}
    return {"type": "scatter", "mode": "markers", "hovertemplate": "%{y:+.2f} σ", **where}


def _marker(symbol: str, colour: str) -> Record:
    return {"symbol": symbol, "color": colour, "size": 7, "line": {"width": 1.25}}


def _sides(study: Study, marked: Integers) -> list[Record]:
    """A line where a position was held: above for long, below for short."""
    trades = study.run.trades
    found = []
    for side, colour, name in ((1, "--up", "Long"), (-1, "--down", "Short")):
        chosen = marked[trades.side[marked] == side]
        x = [each for at in chosen for each in (int(trades.entry_ms[at]), int(trades.exit_ms[at]), None)]
        y = [each for _ in chosen for each in (side, side, None)]
        found.append(
            {
                "type": "scatter", "mode": "lines", "name": name, "yaxis": "y4", "x": x, "y": y,
                "line": {"color": colour, "width": 5}, "hoverinfo": "skip",
            }
        )  # fmt: skip
    return found


def _curves_layout(study: Study) -> Record:
    rules, run = study.run.rules, study.run
    lines = [("--down", rules.entry), ("--up", -rules.entry)]
    level = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y3"}
    shapes = [
        level | {"y0": at, "y1": at, "line": {"color": colour, "dash": "dash", "width": 1}} for colour, at in lines
    ]
    spec = study.prepared.spec
    return {
        "xaxis": {"type": "date", "anchor": "y4", "hoverformat": _TIME, "showspikes": True, "spikemode": "across",
                  "spikethickness": 1, "spikedash": "dot", "spikecolor": "--text-3", "spikesnap": "cursor"},
        "yaxis": {"title": "Equity [quote]", "domain": [0.6, 1], "tickformat": "~s", "anchor": "x"},
        "yaxis2": {"title": "Below high", "domain": [0.43, 0.56], "tickformat": "~s", "nticks": 3, "anchor": "x"},
        "yaxis3": {"title": "z [σ]", "domain": [0.09, 0.39], "anchor": "x"},
        "yaxis4": {"domain": [0, 0.055], "range": [-2, 2], "tickvals": [-1, 1], "ticktext": ["short", "long"],
                   "fixedrange": True, "showgrid": False, "zeroline": False, "anchor": "x"},
        "hovermode": "x unified", "hoversubplots": "axis", "shapes": shapes,
        "uirevision": f"{spec.y} {spec.x} {spec.timeframe} {run.open_ms[0]} {run.open_ms[-1]}",
        "margin": {"l": 8, "r": 14, "t": 10, "b": 8},
    }  # fmt: skip
