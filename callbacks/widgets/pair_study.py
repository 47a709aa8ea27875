"""What the z of a pair was and what came after it: its distribution, and the spread's way by z and by horizon."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from analytics.inputs import Floats, Pair
from analytics.live import PairSpec
from analytics.measure import NotTestable
from analytics.measures.signal_study import Bucket, Outcome
from analytics.registry import measure
from callbacks.correlation_words import MARK, signed
from callbacks.flow_lines import FRAME, Record
from callbacks.widget_parts import DAY, nothing, pair_of, run, still, warming, widget
from callbacks.widgets import Desk, Drawn
from callbacks.words import number

LEAST: Final = 100
"""Values of z that a distribution needs."""
_HORIZON: Final = measure("signal_study").settings({})["horizon"]
_BIN: Final = 0.25
_REACH: Final = 4.0
"""What lies further out counts in the outermost bins."""


def distribution(desk: Desk, spec: PairSpec) -> Drawn:
    """Share of the bars by z, beside the normal distribution and the entry lines."""
    z = desk.book.history(spec).z[-DAY:]
    pair, z = pair_of(desk, spec), z[np.isfinite(z)]
    if z.size < LEAST:
        ready = pair.shared.open_ms.size
        need = spec.window + LEAST
        return nothing(
            warming(ready, need) if ready < need else NotTestable("the fit leaves no spread to measure z in")
        )
    edges = np.arange(-_REACH, _REACH + _BIN / 2, _BIN)
    share = 100 * np.histogram(np.clip(z, -_REACH, _REACH - 1e-9), edges)[0] / z.size
    middle = (edges[:-1] + edges[1:]) / 2
    expected = 100 * np.diff([_normal(-math.inf), *map(_normal, edges[1:-1]), _normal(math.inf)])
    entry = desk.entry_z
    beyond, chance = 100 * float((np.abs(z) >= entry).mean()), 100 * 2 * _normal(-entry)
    words = (f"{beyond:.1f} % of {z.size:,} bars at or beyond ±{number(entry, 2)}", f"normal: {chance:.1f} %")
    layout = FRAME | {
        "bargap": 0.08,
        "xaxis": {"title": "z [σ], known as of each bar", "range": [-_REACH, _REACH]},
        "yaxis": {"title": "Share of bars [%]", "rangemode": "tozero"},
        "shapes": [_entry(-entry, "long"), _entry(entry, "short")],
    }
    return still(spec, pair, [_bins(middle, share, entry), _bell(middle, expected)], words, layout)


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _bins(middle: Floats, share: Floats, entry: float) -> Record:
    far = np.abs(middle) >= entry
    return {
        "type": "bar",
        "name": "Bars",
        "x": middle.tolist(),
        "y": share.round(4).tolist(),
        "width": _BIN * 0.92,
        "marker": {"color": ["--warn" if each else "--z" for each in far], "line": {"width": 0}},
        "customdata": [_range(each) for each in middle.tolist()],
        "hovertemplate": "z %{customdata}: %{y:.1f} % of the bars<extra></extra>",
    }


def _range(middle: float) -> str:
    low, high = middle - _BIN / 2, middle + _BIN / 2
    if low <= -_REACH:
        return f"below {signed(high, 2)}"
    return f"{signed(low, 2)} or more" if high >= _REACH else f"{signed(low, 2)} to {signed(high, 2)}"


def _bell(middle: Floats, expected: Floats) -> Record:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Normal",
        "x": middle.tolist(),
        "y": expected.round(4).tolist(),
        "line": {"color": "--text-2", "width": 1.5, "dash": "dash", "shape": "spline"},
        "hovertemplate": "normal: %{y:.1f} %<extra></extra>",
    }


def _entry(at: float, side: str) -> Record:
    look = {"line": {"color": "--warn", "dash": "dot", "width": 1}}
    label = {
        "label": {
            "text": f"{side} entry",
            "textposition": "end",
            "textangle": 0,
            "font": {"size": 10.5, "color": "--warn"},
        }
    }
    return {"type": "line", "yref": "paper", "y0": 0, "y1": 0.97, "x0": at, "x1": at} | look | label


def by_z(desk: Desk, spec: PairSpec) -> Drawn:
    """Mean change of the spread after a signal, by bucket of z."""
    pair, study = _study(desk, spec)
    if isinstance(study, NotTestable):
        return nothing(study)
    outcomes = [each.outcome for each in study.buckets]
    names = [_bucket(each) for each in study.buckets]
    clear = [each.low is not None and each.high is not None and (each.low > 0 or each.high < 0) for each in outcomes]
    counts = [f"{f'{MARK} ' if sure else ''}n {each.n}" for each, sure in zip(outcomes, clear, strict=True)]
    trace = {"type": "bar", "marker": {"color": ["--spread" if sure else "--spread 0.45" for sure in clear]}}
    labels = [f"{name}<br>{count}" for name, count in zip(names, counts, strict=True)]
    layout = FRAME | {
        "showlegend": False,
        "bargap": 0.3,
        "xaxis": {
            "type": "category",
            "title": "z at the signal [σ], outcomes",
            "tickvals": names,
            "ticktext": labels,
            "fixedrange": True,
        },
        "yaxis": {"title": f"Change in {_HORIZON} bars [σ]", "zeroline": True, "zerolinecolor": "--text-3"},
    }
    return still(spec, pair, [_outcomes(names, outcomes) | trace], (study.verdict,), layout)


def by_horizon(desk: Desk, spec: PairSpec) -> Drawn:
    """Mean way back after an entry, by bars since the fill."""
    pair, study = _study(desk, spec)
    if isinstance(study, NotTestable):
        return nothing(study)
    outcomes = [each.outcome for each in study.curve]
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "line": {"color": "--spread", "width": 1.75},
        "marker": {"size": 6},
    }
    layout = FRAME | {
        "showlegend": False,
        "xaxis": {"title": f"Bars of {spec.timeframe} after the fill", "type": "category", "fixedrange": True},
        "yaxis": {"title": "Way back [σ]", "zeroline": True, "zerolinecolor": "--text-3"},
    }
    names = [f"{each.horizon}" for each in study.curve]
    words = (f"after |z| ≥ {number(desk.entry_z, 2)}", f"{outcomes[0].n} to {outcomes[-1].n} outcomes", "before costs")
    return still(spec, pair, [_outcomes(names, outcomes) | trace], words, layout)


def _study(desk: Desk, spec: PairSpec) -> tuple[Pair, Any]:
    pair = pair_of(desk, spec)
    return pair, run("signal_study", pair, spec, entry=desk.entry_z)


def _outcomes(names: list[str], outcomes: list[Outcome]) -> Record:
    """Means with their intervals; None where there are too few."""
    above = [each.high - each.mean if each.high is not None and each.mean is not None else 0 for each in outcomes]
    return {
        "x": names,
        "y": [each.mean for each in outcomes],
        "error_y": {"type": "data", "array": above, "thickness": 1.25, "width": 4, "color": "--text-2"},
        "customdata": [_told(each) for each in outcomes],
        "hovertemplate": "%{x}: %{customdata}<extra></extra>",
    }


def _told(found: Outcome) -> str:
    if found.mean is None:
        return "no outcome"
    if found.low is None or found.high is None:
        return f"{signed(found.mean, 2)} σ, one outcome"
    return f"{signed(found.mean, 2)} σ (95 %: {signed(found.low, 2)} to {signed(found.high, 2)}, n {found.n})"


def _bucket(each: Bucket) -> str:
    if each.above is None:
        return f"< {number(each.below or 0, 0)}"
    return f"≥ {number(each.above, 0)}" if each.below is None else f"{number(each.above, 0)} to {number(each.below, 0)}"


WIDGETS: Final = (
    widget("pair-z-distribution", distribution),
    widget("pair-study", by_z),
    widget("pair-decay", by_horizon),
)
