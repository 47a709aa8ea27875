"""The heatmap of two parameters: its cells, where one stands, and where the ground is high and flat."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from analytics.backtest.axes import VARIED
from analytics.backtest.key_figures import number
from analytics.backtest.sweep import Heat
from analytics.parameters import Parameter
from analytics.words import many
from callbacks.backtest_jobs import Asked, Heatmap, setting
from callbacks.correlation_words import plain
from layouts.figures import figure
from layouts.options import shown

_DIGITS: Final = {"net": 0, "plateau": 0, "sharpe": 1, "trades": 0}
_UNITS: Final = {"net": "net [quote]", "plateau": "plateau [quote]", "sharpe": "Sharpe [a year]", "trades": "trades"}


class Result(NamedTuple):
    """What a panel shows; ``best`` are settings that can be loaded, empty where there are none."""

    note: str
    figure: dict[str, Any] | None = None
    body: Any = None
    best: dict[str, str] = {}  # noqa: RUF012


def heatmap(found: Heatmap, what: Asked, show: str) -> Result:
    """The cells, the present setting, the highest plateau."""
    heat = found.heat
    values = np.where((heat.trades > 0) | (show == "trades"), getattr(heat, show), np.nan)
    names = [VARIED[axis.name] for axis in (heat.rows, heat.columns)]
    cells = [[[shown(row), shown(column)] for column in heat.columns.values] for row in heat.rows.values]
    load = [[f"{heat.rows.name}={row}&{heat.columns.name}={column}" for row, column in line] for line in cells]
    peak = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 1.0
    text = [[_cell(heat, i, j, names) for j in range(len(heat.columns.values))] for i in range(len(heat.rows.values))]
    labels = [[number(None if np.isnan(value) else value, _DIGITS[show]) for value in row] for row in values]
    trace = {
        "type": "heatmap", "z": [plain(row) for row in values], "x": [cell[1] for cell in cells[0]],
        "y": [line[0][0] for line in cells], "text": labels, "texttemplate": "%{text}", "hovertext": text,
        "customdata": load, "hovertemplate": "%{hovertext}<extra></extra>", "xgap": 1, "ygap": 1,
        "zmid": 0, "zmin": -peak, "zmax": peak, "colorbar": {"thickness": 10, "outlinewidth": 0},
        "colorscale": [[0, "--down"], [0.5, "--panel"], [1, "--up"]], "textfont": {"color": "--text"},
    }  # fmt: skip
    if show == "trades":
        trace |= {"zmin": 0, "zmid": None, "colorscale": [[0, "--panel"], [1, "--accent"]]}
    layout = {
        "xaxis": {"title": _title(names[1]), "type": "category", "showgrid": False},
        "yaxis": {"title": _title(names[0]), "type": "category", "showgrid": False},
        "annotations": _marks(found, what),
        "uirevision": f"{heat.rows.name} {heat.columns.name}",
    }
    best = {}
    if heat.best:
        i, j = heat.best
        best = {heat.rows.name: cells[i][j][0], heat.columns.name: cells[i][j][1]}
    return Result(_note(found, show), figure("backtest-heat", [trace], layout), best=best)


def _cell(heat: Heat, i: int, j: int, names: list[Parameter]) -> str:
    head = f"{names[0].label} {shown(heat.rows.values[i])}, {names[1].label} {shown(heat.columns.values[j])}"
    if np.isnan(heat.net[i, j]):
        return f"{head}<br>not run: these two contradict each other"
    told = {name: float(getattr(heat, name)[i, j]) for name in ("net", "plateau", "sharpe", "max_drawdown")}
    words = {name: number(None if np.isnan(value) else value, 2) for name, value in told.items()}
    return (
        f"{head}<br>net {words['net']}, drawdown {words['max_drawdown']}<br>"
        f"plateau {words['plateau']}, Sharpe {words['sharpe']}<br>{many(int(heat.trades[i, j]), 'trade')}"
    )


def _marks(found: Heatmap, what: Asked) -> list[dict[str, Any]]:
    heat = found.heat
    now = [setting(what, axis.name) for axis in (heat.rows, heat.columns)]
    marks = []
    if now[0] in heat.rows.values and now[1] in heat.columns.values:
        marks.append((heat.rows.values.index(now[0]), heat.columns.values.index(now[1]), "□"))
    if heat.best:
        marks.append((*heat.best, "◆"))
    return [
        {"x": column, "y": row, "text": mark, "showarrow": False, "xanchor": "left", "yanchor": "bottom", "xshift": -18,
         "yshift": -2, "font": {"size": 13, "color": "--accent"}}
        for row, column, mark in marks
    ]  # fmt: skip


def _note(found: Heatmap, show: str) -> str:
    heat = found.heat
    words = [f"{_UNITS[show]} of {many(heat.trials, 'trial')}"]
    if found.from_row:
        words.append(f"all trade from bar {found.from_row + 1:,} on, when the longest window has its first z")
    if found.left_out:
        words.append(f"windows {', '.join(map(shown, found.left_out))} are too long for these bars")
    return " · ".join(words)


def _title(each: Parameter) -> str:
    return f"{each.label} [{each.unit}]".replace("sigma", "σ") if each.unit else each.label
