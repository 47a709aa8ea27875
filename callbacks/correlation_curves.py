"""The correlation page's curves of one pair: by lag in bars, by lag in seconds, and by the step of the grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from analytics.inputs import Floats
from analytics.lead_lag import bar
from analytics.measure import NotTestable
from callbacks.correlation_query import CorrelationQuery
from callbacks.correlation_words import MARK, Shown, nothing, plain, short, signed
from callbacks.correlations import Ticks
from callbacks.words import span
from layouts.correlation import METHOD
from layouts.figures import figure

_ALONE: Final = 1.96
_Y_AXIS: Final = {"title": "Correlation", "tickformat": ".2f"}


def cross(found: Any, symbols: tuple[str, str], query: CorrelationQuery, as_of: str) -> Shown:
    """Cross-correlation of the chosen pair over lags, with what chance allows."""
    id = "correlation-cross"
    if isinstance(found, NotTestable):
        return nothing(id, found)
    i, j = (found.symbols.index(symbol) for symbol in symbols)
    lags, values = found.lags, found.lagged.of(i, j)
    if not np.isfinite(values).any():
        return nothing(id, NotTestable("the two have under 50 returns in common"))
    counts = np.broadcast_to(found.lagged.counts, found.lagged.forward.shape)
    root = np.sqrt(np.concatenate([counts[:0:-1, j, i], counts[:, i, j]]))
    limit = bar(int(lags[-1])) / root
    traces = [
        _lags(lags, values, np.abs(values) > limit),
        *_band(lags, limit, f"Chance, best of {lags.size} lags", "dash"),
        *_band(lags, _ALONE / root, "Chance, one lag", "dot"),
    ]
    layout = {
        "xaxis": {"title": f"Lag [{query.tf} bars]; right of 0 {short([query.y, query.x])[0]} moves first"},
        "yaxis": _Y_AXIS,
        "bargap": 0.25,
        "showlegend": True,
        "uirevision": f"{query.y} {query.x} {query.tf}",
    }
    best = int(np.nanargmax(np.abs(values)))
    largest = f"largest {signed(values[best], 2)} at lag {signed(lags[best], 0)}"
    return Shown(figure(id, traces, layout), f"as of {as_of} · {largest} · {query.lead:,} returns of {query.tf}")


def shifted(ticks: Ticks | NotTestable, on_bars: float | None, query: CorrelationQuery) -> Shown:
    """Hayashi-Yoshida with one clock shifted against the other, beside the correlation of bars."""
    id = "correlation-ticks"
    found = ticks if isinstance(ticks, NotTestable) else ticks.hayashi_yoshida
    if isinstance(found, NotTestable):
        return nothing(id, found)
    lags = found.lags_ms / 1000
    traces = [_line(lags.tolist(), found.shifted, "Hayashi-Yoshida", "--spread")]
    if on_bars is not None:
        level = np.array([on_bars, on_bars])
        ends = [float(lags[0]), float(lags[-1])]
        traces.append(_line(ends, level, bars_name(query), "--z", "dash") | {"mode": "lines"})
    traces += _band(lags, np.full(lags.size, found.chance), f"Chance, best of {lags.size} shifts", "dot")
    y, x = short([query.y, query.x])
    layout = {
        "xaxis": {"title": f"Lag [s]; right of 0 {y} moves first"},
        "yaxis": _Y_AXIS,
        "showlegend": True,
        "uirevision": f"{query.y} {query.x}",
    }
    note = (
        f"{signed(found.correlation, 2)}, bars {'–' if on_bars is None else signed(on_bars, 2)} · {_lead(found, y, x)}"
    )
    return Shown(figure(id, traces, layout), note)


def curve(ticks: Ticks | NotTestable, on_bars: float | None, query: CorrelationQuery) -> Shown:
    """The Epps curve: correlation against the step of the grid, beside Hayashi-Yoshida's without one."""
    id = "correlation-epps"
    found = ticks if isinstance(ticks, NotTestable) else ticks.epps
    if isinstance(found, NotTestable):
        return nothing(id, found)
    steps = found.steps_s.tolist()
    grid = _line(steps, found.correlation, "On a grid", "--leg-x")
    grid |= {"text": [f"{count:,} returns" for count in found.counts]}
    traces = [
        grid,
        _line(steps, found.hayashi_yoshida, "Hayashi-Yoshida, thinned", "--spread", "dot", symbol="diamond"),
    ]
    if on_bars is not None:
        point = _line([query.step_ms // 1000], np.array([on_bars]), bars_name(query), "--z", symbol="square-open")
        traces.append(point | {"mode": "markers", "marker": {"size": 9, "symbol": "square-open", "line": {"width": 2}}})
    layout = {
        "xaxis": {
            "title": "Grid step [s]",
            "type": "log",
            "tickvals": steps,
            "ticktext": [str(step) for step in steps],
            "range": [-0.12, 2.6],
        },
        "yaxis": _Y_AXIS,
        "showlegend": True,
        "uirevision": f"{query.y} {query.x}",
    }
    spacing = " and ".join(span(each) for each in (found.y_spacing_ms, found.x_spacing_ms))
    return Shown(figure(id, traces, layout), f"{' and '.join(short([query.y, query.x]))} trade every {spacing}")


def bars_name(query: CorrelationQuery) -> str:
    """The correlation of bars by its settings."""
    return f"{query.tf} bars, {METHOD.choices[query.method]}"


def _lead(found: Any, y: str, x: str) -> str:
    best = int(np.nanargmax(np.abs(found.shifted)))
    if not abs(found.shifted[best]) > found.chance:
        return "lead unclear: no shift beyond chance"
    if not found.lead_clear:
        return "lead unclear: no shift clearly beats none"
    lead = found.lead_ms / 1000
    return f"{y if lead > 0 else x} first by {abs(lead):g} s" if lead else "neither moves first"


def _lags(lags: Any, values: Floats, passes: Any) -> dict[str, Any]:
    marks = [MARK if each else "" for each in passes]
    told = zip(lags, values, marks, strict=True)
    return {
        "type": "bar",
        "x": lags.tolist(),
        "y": plain(values),
        "marker": {"color": ["--leg-x" if each else "--leg-x 0.45" for each in passes], "line": {"width": 0}},
        "text": marks,
        "textposition": "outside",
        "textfont": {"size": 8},
        "cliponaxis": False,
        "hovertext": [f"lag {signed(lag, 0)}: r {signed(value, 3)} {mark}" for lag, value, mark in told],
        "hoverinfo": "text",
        "showlegend": False,
    }


def _band(lags: Any, limit: Floats, name: str, dash: str) -> list[dict[str, Any]]:
    line = _line(lags.tolist(), limit, name, "--warn", dash) | {"mode": "lines", "hoverinfo": "skip"}
    line |= {"hovertemplate": None, "legendgroup": name}
    return [line, line | {"y": plain(-limit), "showlegend": False}]


def _line(
    x: Sequence[float], y: Floats, name: str, colour: str, dash: str = "solid", *, symbol: str = "circle"
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(x),
        "y": plain(y),
        "line": {"color": colour, "width": 1.6, "dash": dash},
        "marker": {"size": 5, "symbol": symbol},
        "hovertemplate": f"{name}, %{{x}} s: r %{{y:+.3f}} %{{text}}<extra></extra>",
        "text": "",
        "name": name,
    }
