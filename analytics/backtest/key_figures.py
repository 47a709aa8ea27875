"""The key figures of a report, declared once for page and paper: name, unit, meaning, and how they are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from analytics.backtest.bootstrap import Interval
from analytics.backtest.report import Report
from analytics.words import many

UNKNOWN: Final = "–"


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A figure of a `Report`; ``read`` gives it in ``unit``, ``below`` what else belongs to it, in words."""

    name: str
    label: str
    unit: str
    help: str
    read: Callable[[Report], Interval]
    below: Callable[[Report], str]
    digits: int = 2
    signed: bool = False

    def value(self, report: Report) -> str:
        """The figure as people read it; – where it does not exist."""
        return self._text(self.read(report).value)

    def interval(self, report: Report) -> str:
        """Its 95 % interval in words; empty where it has none."""
        found = self.read(report)
        if found.low is None or found.high is None:
            return ""
        return f"95 %: {self._text(found.low)} to {self._text(found.high)}"

    def _text(self, value: float | None) -> str:
        return number(value, self.digits, signed=self.signed)


def number(value: float | None, digits: int, *, signed: bool = False) -> str:
    """A number with thousands, a true minus, and no sign on what rounds to 0.

    >>> number(-1234.567, 1), number(0.5, 2, signed=True), number(-0.001, 2), number(None, 2)
    ('−1,234.6', '+0.50', '0.00', '–')
    """
    if value is None:
        return UNKNOWN
    text = f"{abs(value):,.{digits}f}"
    if not any(digit in text for digit in "123456789"):
        return text
    return f"−{text}" if value < 0 else f"+{text}" if signed else text


def duration(ms: float | None) -> str:
    """A length of time.

    >>> duration(4_200), duration(300_000), duration(36_000_000), duration(None)
    ('4.2 s', '5.0 min', '10.0 h', '–')
    """
    if ms is None:
        return UNKNOWN
    for unit, size, limit in (("s", 1_000, 120_000), ("min", 60_000, 7_200_000), ("h", 3_600_000, 172_800_000)):
        if ms < limit:
            return f"{ms / size:,.{1 if ms < 10 * size or unit == 'h' else 0}f} {unit}"
    return f"{ms / 86_400_000:,.1f} d"


def _plain(read: Callable[[Report], float | None]) -> Callable[[Report], Interval]:
    return lambda report: Interval(read(report))


def _percent(value: float | None) -> float | None:
    return None if value is None else 100.0 * value


def _nothing(_report: Report) -> str:
    return ""


def _periods(report: Report) -> str:
    return f"from {many(report.periods, 'period')} of {duration(report.period_ms)}"


def _cost_share(report: Report) -> str:
    share = "no gross profit" if report.cost_share is None else f"{number(_percent(report.cost_share), 0)} % of gross"
    return f"{share} {number(report.gross, 2, signed=True)}" if report.cost_share is not None else share


def _funding(report: Report) -> str:
    paid = f" · funding {number(report.funding, 2)}" if report.funding else ""
    return _cost_share(report) + paid


KEY_FIGURES: Final[tuple[KeyFigure, ...]] = (
    KeyFigure("net", "Net P&L", "quote", "Profit after fees, half-spreads and funding, in the quote asset",
              lambda report: report.net, _nothing, 2, signed=True),
    KeyFigure("return_on_gross", "Return on gross", "%", "Net P&L over the notional of all legs at entry",
              lambda report: report.return_on_gross.times(100.0), _nothing, 3, signed=True),
    KeyFigure("sharpe", "Sharpe", "a year", "Mean over deviation of the profits by period, annualised for a market that"
              " never closes: 365.25 days of 24 hours. From so short a past it is a guess: read the interval",
              lambda report: report.sharpe, _periods, 1),
    KeyFigure("sortino", "Sortino", "a year", "As Sharpe, over the losses only", lambda report: report.sortino,
              _periods, 1),
    KeyFigure("max_drawdown", "Max drawdown", "quote", "Largest fall of the equity below an earlier high, at closes",
              _plain(lambda report: report.max_drawdown),
              lambda report: f"longest below a high {duration(report.drawdown_ms)}", 2),
    KeyFigure("trades", "Trades", "", "Positions from entry to exit", _plain(lambda report: report.trades),
              lambda report: f"held {duration(report.median_hold_ms)} (median), {duration(report.mean_hold_ms)} (mean)",
              0),
    KeyFigure("hit_rate", "Hit rate", "%", "Share of the trades with a net profit",
              lambda report: report.hit_rate.times(100.0), _nothing, 1),
    KeyFigure("profit_factor", "Profit factor", "", "Net profits of the trades that gained over losses of the others",
              lambda report: report.profit_factor, _nothing, 2),
    KeyFigure("net_per_trade", "Net a trade", "quote", "Mean net profit of a trade",
              lambda report: report.net_per_trade, _nothing, 3, signed=True),
    KeyFigure("cost", "Costs", "quote", "Fees and half-spreads of every fill, and their share of the gross profit",
              _plain(lambda report: report.cost), _funding, 2),
    KeyFigure("turnover", "Turnover", "× gross", "Traded notional in multiples of the gross notional",
              _plain(lambda report: report.turnover),
              lambda report: f"in a position {number(_percent(report.exposure), 1)} % of the time", 1),
    KeyFigure("break_even_z", "Break-even", "σ", "Median cost of a round trip in sigmas of the spread: so far must z"
              " come back before anything is earned", _plain(lambda report: report.break_even_z),
              lambda report: f"the median trade got {number(report.captured_z, 2, signed=True)} σ before costs", 2),
)  # fmt: skip
"""In the order in which they are shown."""
