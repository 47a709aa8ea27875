"""The pair's further views: what each of them shows, and the section of the pair page with those that matter there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dash import dcc, html

from layouts.figures import figure_panel
from layouts.flow import Tile

TILES: Final[Mapping[str, Tile]] = {
    "pair-correlation": Tile(
        "Rolling correlation",
        "Pearson correlation of one-bar log returns over the window up to each bar. ▲ and ▼: a rise or a fall of it is "
        "called, where a running sum of surprises (CUSUM against the window before) passes 13; with nothing changing "
        "that comes about once in 7,000 bars",
    ),
    "pair-beta": Tile(
        "Rolling beta",
        "Least-squares slope of y's one-bar log returns on x's over the window up to each bar, ± 1.96 standard errors "
        "(of independent residuals, so a lower bound). ▲ and ▼: a rise or a fall of it is called, as for correlation",
    ),
    "pair-z-distribution": Tile(
        "Distribution of z",
        "How often each z came about, every bar against the fit known before it, beside the normal distribution. "
        "z beyond the entry lines is a signal; tails above the curve are moves that sigma did not foresee",
    ),
    "pair-study": Tile(
        "Signal study, by z",
        "Mean change of the spread over the 30 bars that follow a fill one bar after the signal, in its sigma, by z at "
        "the signal, with its 95 % interval from outcomes that do not overlap. ● the interval leaves out 0. Least "
        "squares, before costs. Below 0 after a high z, above 0 after a low one: it came back",
    ),
    "pair-decay": Tile(
        "Signal study, by horizon",
        "Mean way back towards the mean after |z| at or beyond the entry line, by bars since the fill, with its 95 % "
        "interval from outcomes that do not overlap. Least squares, before costs",
    ),
    "pair-p": Tile(
        "Cointegration over time",
        "p of the Engle-Granger test (y on x, lags by AIC) of the window that ended there, made every 15 bars. The "
        "null hypothesis is no cointegration. Many tests find some small p by chance: a picture, not a search",
    ),
    "pair-regime": Tile(
        "Regime",
        "Each leg by the window up to each bar. Stressed: volatility at twice its median over 720 bars or more (the "
        "lower curves). Else trending: net move of 2 or more in units of a random walk's. Else calm. It describes "
        "the window behind it, and says nothing of what comes",
    ),
    "pair-ratios": Tile(
        "Hedge ratios of all estimators",
        "What each estimator took for the hedge ratio at each bar, from bars before it; the chosen one with its own "
        "settings, the others with the defaults. Bands: ± 1.96 standard errors, where there are any (OLS: a lower "
        "bound; Kalman: if the model is right)",
    ),
    "pair-break-even": Tile(
        "Break-even",
        "z at which opening the spread and closing it on the line returns the round trip's cost, with the |z| of every "
        "bar: fees and half-spreads of four trades in sigmas of the spread (least squares), as of each bar",
    ),
    "pair-spread": Tile(
        "Spread",
        "y less intercept and hedge ratio times x at every closed bar, by the fit known before it; dotted: the entry "
        "lines, so many sigmas from 0",
    ),
    "pair-z": Tile("z-score", "Spread over sigma at every closed bar, both by the fit known before it"),
    "pair-prices": Tile("Prices, rebased", "Closes of both legs at the bars they share, the first bar shown being 100"),
    "pair-volume": Tile(
        "Volume of both legs", "Traded value of each bar in the quote asset: y upwards, x downwards. No bar: no trade"
    ),
    "pair-flow": Tile(
        "Signed flow of both legs",
        "What aggressive buyers bought less what aggressive sellers sold, in the quote asset, added up over the bars "
        "shown. Of each bar: its traded value times its imbalance of volume",
    ),
    "pair-day-volatility": Tile(
        "Volatility by time of day",
        "Standard deviation of one-bar log returns by time of the day (UTC), from all bars held. A few days show those "
        "days, not a habit",
    ),
    "pair-day-liquidity": Tile(
        "Liquidity by time of day",
        "Traded value a minute by time of the day (UTC), silence included, from all bars held; an outage of the feed "
        "looks like silence",
    ),
}
"""Every further view by its name, which is also the id of its figure."""

VIEWS: Final = (
    "pair-correlation",
    "pair-beta",
    "pair-ratios",
    "pair-p",
    "pair-regime",
    "pair-z-distribution",
    "pair-study",
    "pair-decay",
    "pair-break-even",
)
"""Those of the pair page, in their order."""


def pair_views() -> html.Section:
    """Figures that are made when they come in sight, and again when a bar closes."""
    figures = [figure_panel(name, TILES[name].title, TILES[name].help) for name in VIEWS]
    return html.Section(
        [
            html.H2("Further views", className="visually-hidden"),
            html.Div(figures, className="tiles views"),
            dcc.Store("pair-views-asked"),
            dcc.Store("pair-views-answer"),
        ],
        id="pair-views",
    )
