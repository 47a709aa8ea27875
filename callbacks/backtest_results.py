"""What the tests on demand found, as figures, tables and one line of words each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from dash import html

from analytics.backtest.drawn import drawn_rows
from analytics.backtest.key_figures import UNKNOWN, number
from analytics.backtest.look_ahead import Difference
from analytics.backtest.pair import Study
from analytics.backtest.walk_forward import Score
from analytics.estimators import ESTIMATORS
from analytics.measure import NotTestable
from analytics.words import many
from callbacks.backtest_curves import BLOCKS
from callbacks.backtest_figures import utc
from callbacks.backtest_heat import Result, heatmap
from callbacks.backtest_jobs import Asked, Looked, Walked
from callbacks.correlation_words import plain
from layouts.backtest import table
from layouts.figures import figure

MAX_DIFFERENCES: Final = 100
_COLOURS: Final = ("--spread", "--leg-x", "--z", "--down", "--text-2")
_DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash")


def walked(found: Walked, what: Asked) -> Result:  # noqa: ARG001
    """Folds in and out of sample, side by side."""
    made = found.found
    if isinstance(made, NotTestable):
        return Result("", figure("backtest-walk", [], reason=f"Not testable: {made.reason}"))
    names = [utc(fold.test_start_ms)[5:16] for fold in made.folds]
    looks = (("In-sample", "in_sample", "--leg-x 0.55"), ("Out-of-sample", "out_of_sample", "--up"))
    traces = [
        {
            "type": "bar", "name": name, "x": names, "y": [getattr(fold, part).net for fold in made.folds],
            "marker": {"color": colour, "pattern": {"shape": "/" if part == "in_sample" else ""}},
            "text": [f"{many(getattr(fold, part).trades, 'trade')}, entry {_entry(fold.entry)}" for fold in made.folds],
            "textposition": "none", "hovertemplate": "%{x}: %{y:+,.2f}, %{text}",
        }
        for name, part, colour in looks
    ]  # fmt: skip
    layout = {
        "barmode": "group", "showlegend": True, "bargap": 0.25, "margin": {"l": 8, "r": 12, "t": 26, "b": 8},
        "xaxis": {"title": "Test stretch from [UTC]", "type": "category", "nticks": 8},
        "yaxis": {"title": "Net [quote]", "tickformat": "~s"},
    }  # fmt: skip
    rows = [
        ("In-sample", *_score(made.in_sample), _chance(made.deflated_in_sample)),
        ("Out-of-sample", *_score(made.out_of_sample), _chance(made.deflated_out_of_sample)),
    ]
    heads = ("", "Net [quote]", "Sharpe [a year]", "Trades", "Deflated Sharpe")
    note = (
        f"{many(len(made.folds), 'fold')}: train {found.train:,}, test {found.test:,} bars · "
        f"{made.trials} entry levels tried in each"
    )
    return Result(
        note, figure("backtest-walk", traces, layout), table(heads, rows, "Walk-forward in and out of sample")
    )


def _entry(entry: float | None) -> str:
    return "none: no line" if entry is None else f"{entry:g} σ"


def _score(score: Score) -> tuple[str, str, str]:
    return number(score.net, 2, signed=True), number(score.sharpe, 1), f"{score.trades:,}"


def _chance(probability: float | None) -> str:
    return UNKNOWN if probability is None else f"{100 * probability:.1f} %"


def estimators(found: Mapping[str, Study | NotTestable], what: Asked) -> Result:
    """Equity of every estimator, and its figures."""
    studies = {name: each for name, each in found.items() if isinstance(each, Study)}
    traces = []
    for (name, each), colour, dash in zip(studies.items(), _COLOURS, _DASHES, strict=False):
        rows = drawn_rows(each.run.equity, BLOCKS // 2)
        traces.append(
            {
                "type": "scatter", "mode": "lines", "name": ESTIMATORS[name].label,
                "x": (each.run.open_ms + each.run.step_ms)[rows].tolist(), "y": plain(each.run.equity[rows].round(4)),
                "line": {"color": colour, "dash": dash, "width": 2 if name == what.spec.method else 1.25},
                "hovertemplate": "%{y:+,.2f}",
            }
        )  # fmt: skip
    layout = {
        "xaxis": {"type": "date", "hoverformat": "%Y-%m-%d %H:%M:%S UTC"}, "hovermode": "x unified", "showlegend": True,
        "yaxis": {"title": "Net equity [quote]", "tickformat": "~s"}, "margin": {"l": 8, "r": 12, "t": 26, "b": 8},
    }  # fmt: skip
    heads = ("Estimator", "Net [quote]", "Sharpe [a year]", "Drawdown [quote]", "Trades", "Hit [%]", "Break-even [σ]")
    lines = [_estimator(name, each, what) for name, each in found.items()]
    note = f"window {what.spec.window}, {many(len(found), 'trial')}"
    body = table(heads, lines, "Estimators side by side")
    return Result(note, figure("backtest-estimators", traces, layout), body)


def _estimator(name: str, each: Study | NotTestable, what: Asked) -> tuple[str, ...]:
    label = ESTIMATORS[name].label + (" ◂" if name == what.spec.method else "")
    if isinstance(each, NotTestable):
        return (label, each.reason, *[UNKNOWN] * 5)
    found = each.report
    hit = None if found.hit_rate.value is None else 100 * found.hit_rate.value
    return (
        label, number(found.net.value, 2, signed=True), number(found.sharpe.value, 1), number(found.max_drawdown, 2),
        f"{found.trades:,}", number(hit, 1), number(found.break_even_z, 2),
    )  # fmt: skip


def looked(found: Looked, what: Asked) -> Result:  # noqa: ARG001
    """Every value that knew the future; there should be none."""
    bars = len({each.row for each in found.differences})
    tested = f"{', '.join(name.replace('_', ' ') for name in found.columns)}; computed again on {found.cuts} histories"
    words = f"{'none' if not bars else f'{bars:,}'} of {found.bars:,} bars differ{'' if bars != 1 else 's'}"
    verdict = html.P(
        [html.Strong(("✓ " if not bars else "✕ ") + words), f" · {tested} that end earlier, compared to the last bit."],
        className="verdict " + ("up" if not bars else "wrong-verdict"),
    )
    if not bars:
        return Result(words, body=verdict)
    listed = [_difference(each) for each in found.differences[:MAX_DIFFERENCES]]
    heads = ("Value", "Bar", "History ended at bar", "Then", "With hindsight")
    left = len(found.differences) - len(listed)
    more = [html.P(f"{left:,} more are not listed.")] if left else []
    return Result(words, body=[verdict, table(heads, listed, "Values that differ"), *more])


def _difference(each: Difference) -> tuple[str, ...]:
    return each.column.replace("_", " "), f"{each.row:,}", f"{each.last_row:,}", f"{each.then:.9g}", f"{each.now:.9g}"


RESULTS: Final[Mapping[str, Callable[..., Result]]] = {
    "heat": heatmap,
    "walk": walked,
    "estimators": estimators,
    "look": looked,
}
"""What is shown of each kind of job; the heatmap is also told what its cells are to show."""
