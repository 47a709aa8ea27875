"""A pair, live: one computation a change for everybody who looks, from bars and last trades held in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from analytics.cache import VersionCache
from analytics.market import BarArray, name_of
from analytics.past import settled
from analytics.spec import PairSpec
from analytics.spread import PairHistory, extend_history, pair_history
from analytics.window import SPARSE_STEPS, PairWindow, pair_window

__all__ = ["SPARSE_STEPS", "LastTrade", "MarketView", "PairBook", "PairHistory", "PairNow", "PairSpec", "Series"]

MAX_SPECS: Final = 256
MAX_HISTORY_ROWS: Final = 600_000
"""About 60 MB of history in all."""

MIN_SILENCE_MS: Final = 30_000
SILENT_SPACINGS: Final = 20
"""A leg is stale when its last trade is older than so many times its own mean time between trades, and than 30 s."""
LATE_MS: Final = 10_000
LATE_BARS: Final = 2
"""Bars have stopped when the newest one ended longer ago than so many steps and 10 s."""
SPARSE_SPACINGS: Final = 5
"""A pair whose window is sparse is given so many of its own spacings, and 30 s, instead."""
SIGNAL_STATES: Final = ("live", "partial")
_NOT_FRESH: Final = {
    "STALE": "its stream is stale",
    "GAP": "trades are missing and being fetched",
    "CATCHING_UP": "it is catching up",
    "INIT": "it is starting",
    "HALTED": "trading is halted at the venue",
}


class LastTrade(NamedTuple):
    """Newest trade of a symbol; ``time_ms`` is the exchange's, ``received_ms`` ours."""

    trade_id: int
    time_ms: int
    price: float
    quantity: float
    buyer_is_maker: bool
    received_ms: int


class Series(NamedTuple):
    """Closed bars, oldest first, never changed in place; ``version`` differs whenever the bars do."""

    version: int
    bars: BarArray


class MarketView(Protocol):
    """The market in memory. Every method may be called from any thread and returns at once."""

    def bars(self, symbol: str, timeframe: str) -> Series:
        """Every closed bar held; no bars (shape (0, 10)) for a symbol nobody knows."""
        ...

    def trade(self, symbol: str) -> LastTrade | None:
        """The newest trade, None before the first."""
        ...

    def state(self, symbol: str) -> str:
        """State of the symbol's feed: LIVE, QUIET, STALE, GAP, HALTED, DOWN, INIT or CATCHING_UP."""
        ...

    def stopped(self) -> str:
        """Why no bars are being made; empty while they are."""
        ...


@dataclass(frozen=True, slots=True)
class PairNow:
    """A pair at this moment: the last trades against the fit of the last ``window`` closed shared bars.

    ``state`` is the worst that applies, in this order: ``down`` (a leg has no feed), ``warming`` (``ready`` of
    ``window`` shared bars), ``untestable`` (no spread can be formed), ``stale``, ``partial`` (bars of the window
    miss trades), ``live``, or ``uploaded`` (`analytics.past`); ``reason`` says why not. Numbers whenever they can be
    computed, also when stale or partial; what is unknown is None, never NaN. Prices in the quote asset, ages in
    milliseconds, spread and sigma in y's price (or log price), z in sigmas; ``as_of_ms`` is the end of the newest
    closed shared bar, ``time_ms`` the time of the newer of the two trades. A half-life that is not
    ``half_life_reliable`` is too long for the window to tell. `PairWindow` and its `Span` explain what tells of holes,
    and ``cost_sigma``.
    """

    state: str
    reason: str
    ready: int
    window: int
    y_price: float | None
    x_price: float | None
    y_age_ms: int | None
    x_age_ms: int | None
    hedge_ratio: float | None
    hedge_ratio_se: float | None
    intercept: float | None
    r_squared: float | None
    sigma: float | None
    spread: float | None
    z: float | None
    cost_sigma: float | None
    correlation: float | None
    half_life_bars: float | None
    half_life_reliable: bool
    as_of_ms: int | None
    span_ms: int
    gaps: int
    longest_gap_ms: int
    sparse: bool
    partial_bars: int
    time_ms: int | None


class PairBook:
    """Pairs over a market view; thread-safe. At most 256 settings are remembered, the least used are forgotten."""

    def __init__(self, market: MarketView) -> None:
        self._market = market
        self._histories: VersionCache[PairHistory] = VersionCache(MAX_SPECS, MAX_HISTORY_ROWS, len)
        self._windows: VersionCache[PairWindow] = VersionCache(MAX_SPECS, MAX_SPECS, lambda _: 1)

    def history(self, spec: PairSpec) -> PairHistory:
        """Every shared bar held, with the as-of numbers of its time; the same object until the bars change."""
        return self._history_of(spec, *self._bars(spec))

    def _bars(self, spec: PairSpec) -> tuple[Series, Series]:
        return self._market.bars(spec.y, spec.timeframe), self._market.bars(spec.x, spec.timeframe)

    def _history_of(self, spec: PairSpec, y: Series, x: Series) -> PairHistory:
        def compute(before: PairHistory | None) -> PairHistory:
            longer = extend_history(before, y.bars, x.bars, spec) if before is not None else None
            return pair_history(y.bars, x.bars, spec) if longer is None else longer

        return self._histories.get(spec, (y.version, x.version), compute)

    def window(self, spec: PairSpec) -> PairWindow:
        """The fit of the last ``window`` closed shared bars; computed again only when the bars change."""
        y, x = self._bars(spec)

        def compute(_: PairWindow | None) -> PairWindow:
            history = self._history_of(spec, y, x) if spec.estimator.recursive else None
            return pair_window(y.bars, x.bars, spec, history)

        return self._windows.get(spec, (y.version, x.version), compute)

    def now(self, spec: PairSpec, now_ms: int) -> PairNow:
        """The pair at ``now_ms``, which is the exchange's clock: the wall clock plus the feed's clock offset."""
        window = self.window(spec)
        y, x = self._market.trade(spec.y), self._market.trade(spec.x)
        state, reason = self._state(window, y, x, now_ms)
        y_price, x_price = (y.price if y else None), (x.price if x else None)
        spread, z = window.at(y_price, x_price)
        fit = window.fit
        now = PairNow(
            state=state,
            reason=reason,
            ready=window.ready,
            window=spec.window,
            y_price=y_price,
            x_price=x_price,
            y_age_ms=_age(y, now_ms),
            x_age_ms=_age(x, now_ms),
            hedge_ratio=fit.slope if fit else None,
            hedge_ratio_se=fit.slope_se if fit else None,
            intercept=fit.intercept if fit else None,
            r_squared=fit.r_squared if fit else None,
            sigma=window.sigma_at(x_price),
            spread=spread,
            z=z,
            cost_sigma=window.cost_sigma,
            correlation=window.correlation,
            half_life_bars=window.half_life.bars if window.half_life else None,
            half_life_reliable=bool(window.half_life and window.half_life.reliable),
            as_of_ms=window.as_of_ms,
            **window.span._asdict(),
            sparse=window.sparse,
            partial_bars=window.partial_bars,
            time_ms=max((trade.time_ms for trade in (y, x) if trade), default=None),
        )
        return settled(now, spec, lambda: self.history(spec))

    def _state(self, window: PairWindow, y: LastTrade | None, x: LastTrade | None, now_ms: int) -> tuple[str, str]:
        spec, stopped = window.spec, self._market.stopped()
        y_state, x_state = self._market.state(spec.y), self._market.state(spec.x)
        stale = (
            _leg_problem(spec.y, y_state, y, window.y_spacing_ms, now_ms)
            or _leg_problem(spec.x, x_state, x, window.x_spacing_ms, now_ms)
            or (f"bars have stopped: {stopped}" if stopped else "")
            or _window_age(window, now_ms)
        )
        down = [name_of(symbol) for symbol, state in ((spec.y, y_state), (spec.x, x_state)) if state == "DOWN"]
        reasons = (
            ("down", f"no feed for {' and '.join(down)}" if down else ""),
            ("warming", f"warming up {window.ready}/{spec.window}" if window.ready < spec.window else ""),
            ("untestable", window.problem),
            ("stale", stale),
            ("partial", f"{window.partial_bars} of {spec.window} bars miss trades" if window.partial_bars else ""),
        )
        return next(((state, reason) for state, reason in reasons if reason), ("live", ""))


def signal_of(now: PairNow, entry_z: float) -> str:
    """``short``, ``long`` or ``inside`` by the unrounded z; empty where no entry may be read from it.

    A stale or broken pair has no signal whatever its z. One whose window misses trades has, and is to be marked.
    """
    if now.z is None or now.state not in SIGNAL_STATES:
        return ""
    return "short" if now.z >= entry_z else "long" if now.z <= -entry_z else "inside"


def _age(trade: LastTrade | None, now_ms: int) -> int | None:
    # The two clocks differ by a little: a trade from the future is simply new.
    return max(0, now_ms - trade.time_ms) if trade else None


def _leg_problem(symbol: str, state: str, trade: LastTrade | None, spacing_ms: float, now_ms: int) -> str:
    """Why a leg is stale; empty when it is not.

    Trades come in bursts: a healthy leg is often silent for many times its mean spacing, so the limit is the larger
    of 30 s and 20 spacings. A stream that died is found sooner, by asking the venue; then the state says so.
    """
    if state in _NOT_FRESH:
        return f"{name_of(symbol)}: {_NOT_FRESH[state]}"
    if trade is None:
        return f"{name_of(symbol)}: no trade yet"
    age = now_ms - trade.time_ms
    if age <= max(MIN_SILENCE_MS, SILENT_SPACINGS * spacing_ms):
        return ""
    usual = f", usually every {_seconds(spacing_ms)}" if spacing_ms else ""
    return f"{name_of(symbol)}: last trade {_seconds(age)} ago{usual}"


def _window_age(window: PairWindow, now_ms: int) -> str:
    """Why the fit is too old to hold prices against; empty when it is not."""
    if window.as_of_ms is None:
        return ""
    age = now_ms - window.as_of_ms
    patient = max(MIN_SILENCE_MS, SPARSE_SPACINGS * window.bar_spacing_ms)
    limit = patient if window.sparse else LATE_BARS * window.spec.step_ms
    return "" if age <= limit + LATE_MS else f"bars have stopped: the newest shared one ended {_seconds(age)} ago"


def _seconds(duration_ms: float) -> str:
    return f"{duration_ms / 1000:.1f} s" if duration_ms < 10_000 else f"{round(duration_ms / 1000)} s"
