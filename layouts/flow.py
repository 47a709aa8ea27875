"""Parts of the flow page: cards with a value for each leg, and what each card and each figure shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from dash import html

from analytics.parameters import Integer

TRADES: Final = Integer(
    name="trades",
    label="Trades",
    help="Newest trades of each leg that are looked at",
    unit="a leg",
    default=5_000,
    low=500,
    high=10_000,
)


class Tile(NamedTuple):
    """A figure: its title, what it is, the unit of its values where no axis says it, and, where that is not the page's
    pair, what it is of."""

    title: str
    help: str
    unit: str = ""
    of: str = ""


class About(NamedTuple):
    """A card: its title, the unit of its values, and what they are."""

    title: str
    unit: str
    help: str


class Value(NamedTuple):
    """One value on a card: whose it is, the number, and what qualifies it. ``tone`` is up, down, warn or empty."""

    whose: str
    text: str
    below: str
    tone: str = ""


CARDS: Final[Mapping[str, About]] = {
    "flow": About(
        "Signed flow",
        "quote asset",
        "What aggressive buyers bought less what aggressive sellers sold since the trades of both legs begin. Net: "
        "flow of y less hedge ratio (of log prices, as known before each trade) times flow of x",
    ),
    "vpin": About(
        "VPIN",
        "0 to 1",
        "Mean share of volume by which one side outweighs the other in 50 buckets of equal volume, cut from the last "
        "1,250 trades. Lots of random size alone give 0.16 or more: compare it with its own past",
    ),
    "roll": About(
        "Roll spread",
        "bps",
        "Bid-ask spread from how trade prices bounce, last 1,000 trades. Not defined where neighbouring price changes "
        "do not go against each other: where ρ, their autocorrelation, is not below 0. Both: spread of y plus "
        "|hedge ratio| times spread of x, per value of y",
    ),
    "rate": About("Trade rate", "per minute", "Trades per minute over the trades looked at. Dispersion 1: Poisson"),
    "imbalance": About(
        "Flow imbalance",
        "−1 to 1",
        "Aggressive buys less sells as a share of the volume, over the window",
    ),
    "kyle": About(
        "Kyle's lambda",
        "bps per million",
        "How far net aggressive buying of one million moves the price: slope of one-bar price changes on net volume "
        "over the window (λ, quote asset per base asset), at the bar's price. Below |t| 2 it is not clear of 0",
    ),
    "amihud": About(
        "Amihud illiquidity", "bps per million", "Mean of |one-bar return| / traded value over the window"
    ),
    "liquidity": About(
        "Liquidity limits",
        "over the window",
        "At least 10,000 of the quote asset and 5 trades a minute, and no silence above 120 s; what fails is named",
    ),
}  # fmt: skip

TRADE_TILES: Final[Mapping[str, Tile]] = {
    "flow-cumulative": Tile("Cumulative signed flow", CARDS["flow"].help, CARDS["flow"].unit),
    "flow-vpin": Tile("VPIN", CARDS["vpin"].help),
    "flow-roll": Tile("Roll spread", CARDS["roll"].help, CARDS["roll"].unit),
    "flow-sizes": Tile(
        "Trade sizes",
        "Share of the traded value by size of trade in the quote asset; an order that fills against several others "
        "counts as several trades",
    ),
}
BAR_TILES: Final[Mapping[str, Tile]] = {
    "flow-imbalance": Tile("Flow imbalance", CARDS["imbalance"].help),
    "flow-kyle": Tile("Kyle's lambda", f"{CARDS['kyle'].help}. Bold where |t| is 2 or more", CARDS["kyle"].unit),
    "flow-amihud": Tile("Amihud illiquidity", CARDS["amihud"].help, CARDS["amihud"].unit),
    "flow-rate": Tile(
        "Trades per minute",
        f"Over the window, silence included, with its limit. Crosses mark bars at which a leg fails any of the limits. "
        f"{CARDS['liquidity'].help}",
        CARDS["rate"].unit,
    ),
}


def flow_card(name: str, values: Sequence[Value] = ()) -> html.Div:
    """A card with its values side by side; without any, as it stands before the first answer."""
    about = CARDS[name]
    return html.Div(
        [
            html.Div([html.Span(about.title), html.Span(about.unit, className="note")], className="card-head"),
            html.Div([_value(each) for each in values or (Value("", "–", ""),) * 2], className="legs"),
        ],
        id=f"flow-card-{name}",
        className="kpi" if values else "kpi loading",
        title=about.help,
    )


def _value(value: Value) -> html.Div:
    return html.Div(
        [
            html.Div(value.whose, className="leg-name"),
            html.Div(value.text, className=f"card-value num {value.tone}".strip()),
            html.Div(value.below, className="card-below num", title=value.below),
        ]
    )
