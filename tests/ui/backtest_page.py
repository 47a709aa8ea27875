"""What the tests of the backtest page share: its settings, and its data over a market that they know."""

from __future__ import annotations

from analytics.backtest.pair import Study
from callbacks.backtest_choice import default
from callbacks.backtest_data import Backtests
from callbacks.backtest_query import BacktestQuery, parse
from tests.ui.market import Market

EASY = "y=ETHUSDT&x=BTCUSDT&tf=1m&window=30&entry=1&fee_bps=1"


def data_of(market: Market) -> Backtests:
    return Backtests(lambda: market.store)


def query_of(market: Market, words: str = EASY) -> BacktestQuery:
    return parse(words, default(market.live), ["BTCUSDT", "ETHUSDT"])


def study_of(market: Market, words: str = EASY) -> Study:
    data, query = data_of(market), query_of(market, words)
    spec = query.pair.spec("sim")
    span = data.newest(spec)
    assert span
    found = data.study(spec, query.rules, span)
    assert isinstance(found, Study)
    return found
