"""A backtest as one HTML file that needs nothing else: settings, figures, a picture of the equity, and the trades."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analytics.backtest.columns import trade_columns
from analytics.backtest.drawn import drawn_rows
from analytics.backtest.key_figures import KEY_FIGURES, duration, number
from analytics.backtest.pair import RULES, Study
from analytics.backtest.rules import Rules
from analytics.market import name_of
from analytics.measure import NotTestable
from analytics.spec import PairSpec
from analytics.words import many

MAX_TRADES: Final = 1_000
_WIDTH: Final = 1_000
_HEIGHT: Final = 170
_BLOCKS: Final = 500

_STYLE: Final = """
:root { color-scheme: light dark; --ground: #fff; --text: #131a24; --soft: #465468; --line: #d5dde6; --up: #00806c; --down: #b94a06; --z: #7440b8; --sim: #7440b8; }
@media (prefers-color-scheme: dark) { :root { --ground: #10151e; --text: #e8eef6; --soft: #a3b0c1; --line: #232d3c; --up: #2cc5ae; --down: #ff8a4c; --z: #c79bff; --sim: #c79bff; } }
body { max-width: 1040px; margin: 24px auto; padding: 0 16px; background: var(--ground); color: var(--text); font: 14px/1.45 system-ui, sans-serif; }
h1 { font-size: 20px; margin: 0; } h2 { font-size: 15px; margin: 26px 0 8px; } p { margin: 6px 0; color: var(--soft); }
.simulated { padding: 6px 12px; border: 1px solid var(--sim); border-radius: 6px; color: var(--sim); font-weight: 650; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; } th, td { padding: 3px 8px; border-top: 1px solid var(--line); text-align: right; white-space: nowrap; }
:is(th, td):first-child { text-align: left; } thead th { border-top: 0; color: var(--soft); font-weight: 550; } tbody th { font-weight: 500; } .words td { text-align: left; white-space: normal; }
.wide { overflow-x: auto; } .up { color: var(--up); } .down { color: var(--down); }
svg { width: 100%; height: auto; display: block; margin: 4px 0 14px; } svg text { fill: var(--soft); font: 12px system-ui, sans-serif; } .axis { stroke: var(--line); } .curve { fill: none; stroke-width: 1.4; }
@media print { body { max-width: none; } }
"""  # noqa: E501


def page(spec: PairSpec, rules: Rules, found: Study | NotTestable, *, simulated: bool) -> str:
    """The whole file."""
    title = f"Backtest {name_of(spec.y)} on {name_of(spec.x)}, {spec.timeframe}"
    warning = '<p class="simulated">SIMULATED: these prices do not come from a market.</p>' if simulated else ""
    body = _untestable(found) if isinstance(found, NotTestable) else _tested(found)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1>{warning}{body}{_settings(spec, rules)}</body></html>\n"
    )


def _untestable(found: NotTestable) -> str:
    return f"<p>Not testable: {escape(found.reason)}.</p>"


def _tested(found: Study) -> str:
    run, prepared, spec = found.run, found.prepared, found.prepared.spec
    ends = run.open_ms + run.step_ms
    said = [
        f"{run.open_ms.size:,} shared {spec.timeframe} bars ({duration(prepared.legs.span_ms)}) from"
        f" {_utc(run.open_ms[0])} to {_utc(ends[-1])} UTC.",
        "Signals at the close of a bar, fills at the open of the next; every value from bars before its own.",
        f"{many(prepared.missing, 'bar')} missing, {prepared.partial:,} with trades missing: no entry there;"
        f" {run.blocked:,} entries blocked.",
        "Flat at the end: the last position was closed at the last close, no rule asked for it."
        if run.closed_at_end
        else "No position was open at the end.",
    ]
    curves = (
        ("Equity after costs [quote]", run.equity, "--up"),
        ("Below its high [quote]", -found.report.drawdown, "--down"),
        ("z [sigma]", prepared.signals.z, "--z"),
    )
    pictures = "".join(_curve(title, ends, values, colour) for title, values, colour in curves)
    return f"{_words(said)}{_figures(found)}<h2>Curves</h2>{pictures}{_stress(found)}{_trades(found)}"


def _words(sentences: Sequence[str]) -> str:
    return "".join(f"<p>{escape(each)}</p>" for each in sentences)


def _figures(found: Study) -> str:
    report = found.report
    rows = [
        (f"{each.label} [{each.unit}]" if each.unit else each.label, each.value(report), each.interval(report),
         each.below(report))
        for each in KEY_FIGURES
    ]  # fmt: skip
    note = "Intervals by the stationary bootstrap. A year is 365.25 days of 24 hours."
    return f"<h2>Figures</h2>{_table(('', 'Value', '95 % interval', ''), rows)}{_words([note])}"


def _stress(found: Study) -> str:
    rows = [
        (f"{each.multiple:g}× the costs", number(each.net, 2, signed=True), number(each.sharpe, 1))
        for each in found.report.stress
    ]
    return f"<h2>Cost stress</h2>{_table(('', 'Net [quote]', 'Sharpe [a year]'), rows)}"


def _trades(found: Study) -> str:
    columns = trade_columns(found)
    count = len(found.run.trades)
    heads = ("Entry [UTC]", "Exit [UTC]", "Side", "Why closed", "Bars", "z", "Gross", "Costs", "Funding", "Net")
    names = ("entry_ms", "exit_ms", "side", "reason", "bars", "entry_z", "gross", "cost", "funding", "net")
    rows = [
        (
            _utc(entry), _utc(exit_), side, reason, f"{bars:,}", number(z, 2, signed=True),
            *(number(each, 3, signed=True) for each in money),
        )
        for entry, exit_, side, reason, bars, z, *money in zip(
            *(columns[name][-MAX_TRADES:].tolist() for name in names), strict=True
        )
    ]  # fmt: skip
    told = f"{count:,}" if count <= MAX_TRADES else f"the newest {MAX_TRADES:,} of {count:,}"
    return f"<h2>Trades: {told}</h2>{_table(heads, rows)}"


def _settings(spec: PairSpec, rules: Rules) -> str:
    pair = {"y": spec.y, "x": spec.x, "time frame": spec.timeframe, "window [bars]": spec.window}
    pair |= {"hedge ratio": spec.estimator.label, "scale": spec.scale, **spec.settings}
    rows = [(name, f"{value}") for name, value in pair.items()]
    rows += [
        (f"{each.label} [{each.unit}]" if each.unit else each.label, f"{getattr(rules, each.name)}") for each in RULES
    ]
    return (
        f"<h2>Settings</h2>{_table(('', ''), rows, 'words')}{_words([f'Made {_utc(_now_ms())} UTC by Spreadboard.'])}"
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], look: str = "") -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
        for first, *cells in rows
    )
    named = f' class="{look}"' if look else ""
    return f'<div class="wide"><table{named}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _curve(title: str, ends: NDArray[np.int64], values: NDArray[np.float64], colour: str) -> str:
    """One curve as a drawing of its own, with its lowest and highest value and its span."""
    known = values[np.isfinite(values)]
    low, high = float(min(0.0, known.min())), float(max(0.0, known.max()))
    rows = drawn_rows(values, _BLOCKS)
    x = _WIDTH * (ends[rows] - ends[0]) / max(1, int(ends[-1] - ends[0]))
    y = 20 + (_HEIGHT - 40) * (high - values[rows]) / (high - low or 1.0)
    path, pen = [], "M"
    for at, height in zip(x.tolist(), y.tolist(), strict=True):
        if np.isfinite(height):
            path.append(f"{pen}{at:.1f} {height:.1f}")
        pen = "L" if np.isfinite(height) else "M"
    zero = 20 + (_HEIGHT - 40) * high / (high - low or 1.0)
    words = f"{title}: {number(low, 2)} to {number(high, 2)}"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(words)}">'
        f'<text x="0" y="12">{escape(words)}</text>'
        f'<line class="axis" x1="0" x2="{_WIDTH}" y1="{zero:.1f}" y2="{zero:.1f}"/>'
        f'<path class="curve" style="stroke: var({colour})" d="{"".join(path)}"/>'
        f'<text x="0" y="{_HEIGHT - 4}">{_utc(ends[0])}</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT - 4}" text-anchor="end">{_utc(ends[-1])} UTC</text></svg>'
    )


def _utc(time_ms: Any) -> str:
    return datetime.fromtimestamp(int(time_ms) / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _now_ms() -> float:
    return datetime.now(UTC).timestamp() * 1000
