"""The rules of a backtest once more, told as a ledger of cash and quantities: what the engine is held against."""

from __future__ import annotations

import math

from analytics.market import PARTIAL


class Account:
    """Cash and quantities; every fill worse by the half-spread and with a fee, funding paid out of the cash."""

    def __init__(self, rules, legs):
        self.rules, self.costs = rules, rules.cost_multiple / 10_000
        self.cash, self.held, self.fills = [], [0.0] * legs, []  # fills: row, leg, quantity, price paid

    def trade(self, row, wanted, mids):
        for leg, (quantity, mid) in enumerate(zip(wanted, mids, strict=True)):
            change = quantity - self.held[leg]
            if change != 0:
                price = mid * (1 + self.costs * self.rules.half_spread_bps * (1 if change > 0 else -1))
                self.cash += [-change * price, -abs(change) * price * self.costs * self.rules.fee_bps]
                self.held[leg] = quantity
                self.fills.append((row, leg, change, price))
        if not any(self.held):
            self.cash = [math.fsum(self.cash)]

    def pay_funding(self, ms, prices):
        for quantity, price in zip(self.held, prices, strict=True):
            bps = self.rules.funding_long_bps if quantity > 0 else self.rules.funding_short_bps
            self.cash.append(-self.costs * bps * ms / (8 * 3600 * 1000) * abs(quantity) * price)

    def worth(self, prices):
        return math.fsum([*self.cash, *(quantity * price for quantity, price in zip(self.held, prices, strict=True))])


class Ledger:
    """Trades bar by bar, prices and times in plain lists."""

    def __init__(self, legs, signals, rules, flat_at_end=True):
        self.rules, self.step = rules, legs.step_ms
        self.opens, self.closes, self.times = legs.opens.tolist(), legs.closes.tolist(), legs.open_ms.tolist()
        self.z, self.weights = signals.z.tolist(), signals.weights.tolist()
        self.half_lives = signals.half_life.tolist()
        self.partial = [bool(flag & PARTIAL) for flag in legs.flags.tolist()]
        self.account = Account(rules, legs.opens.shape[1])
        self.equity, self.trades, self.blocked = [], [], 0  # trades: entry row, exit row, side, reason
        self.side, self.entry_row, self.units, self.limit, self.hedged_ms = 0, None, 0.0, None, 0
        self.ready_ms = -math.inf
        order = None
        for row in range(len(self.times)):
            if row and self.side:
                self.account.pay_funding(self.times[row] - self.times[row - 1] - self.step, self.opens[row])
            if order:
                self.fill(order, row)
            if self.side:
                self.account.pay_funding(self.step, self.closes[row])
            self.equity.append(self.account.worth(self.closes[row]))
            order = self.held_order(row) if self.side else self.flat_order(row)
        if self.side and flat_at_end:
            self.leave("end", len(self.times) - 1, self.closes[-1])
            self.equity[-1] = self.account.worth(self.closes[-1])

    def sound(self, row):
        follows = row > 0 and self.times[row] - self.times[row - 1] == self.step
        return follows and not self.partial[row] and not self.partial[row - 1]

    def fill(self, order, row):
        if order in ("long", "short"):
            self.enter(1 if order == "long" else -1, row)
        elif order == "rehedge":
            if self.sound(row) and all(map(math.isfinite, self.weights[row - 1])):
                self.hold(row)
        else:
            self.leave(order, row, self.opens[row])

    def enter(self, side, row):
        notional = sum(abs(each) * price for each, price in zip(self.weights[row - 1], self.opens[row], strict=True))
        usable = self.sound(row) and math.isfinite(notional) and notional > 0
        self.limit = self.rules.time_stop_bars or math.inf
        if self.rules.time_stop_half_lives:
            life = self.half_lives[row - 1] * self.rules.time_stop_half_lives
            usable = usable and life > 0
            self.limit = min(self.limit, life)
        if usable:
            self.side, self.entry_row, self.units = side, row, side * self.rules.gross / notional
            self.hold(row)
        else:
            self.blocked += 1

    def hold(self, row):
        self.account.trade(row, [self.units * each for each in self.weights[row - 1]], self.opens[row])
        self.hedged_ms = self.times[row]

    def leave(self, reason, row, prices):
        self.account.trade(row, [0.0] * len(prices), prices)
        self.trades.append((self.entry_row, row, self.side, reason))
        self.side, self.ready_ms = 0, self.times[row] + self.rules.cooldown_bars * self.step

    def flat_order(self, row):
        z, rules = self.z[row], self.rules
        too_far = rules.stop and abs(z) >= rules.stop
        if self.times[row] < self.ready_ms or too_far or not abs(z) > rules.entry:
            return None
        order = "short" if z > 0 else "long"
        return order if rules.sides in ("both", order) else None

    def held_order(self, row):
        away, rules, close_ms = -self.side * self.z[row], self.rules, self.times[row] + self.step
        if away <= rules.exit:
            return "target"
        if rules.stop and away >= rules.stop:
            return "stop"
        if close_ms - self.times[self.entry_row] >= self.limit * self.step:
            return "time stop"
        if rules.rehedge_bars and close_ms - self.hedged_ms >= rules.rehedge_bars * self.step:
            return "rehedge"
        return None
