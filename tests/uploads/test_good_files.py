"""Files as users have them: each is understood without help, with the right rows, first and last bar."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from analytics.market import CLOSE, HIGH, LOW, OPEN, OPEN_MS, TRADES, UPLOADED, VOLUME
from analytics.uploads.guess import guess
from analytics.uploads.look import HEAD_BYTES, look
from analytics.uploads.parse import parse
from analytics.uploads.report import Parsed


class Expected(NamedTuple):
    """What a file holds, read off it by eye: times in UTC, prices and volume as written."""

    file: str
    frame: str
    bars: int
    first: tuple[str, float, float, float, float, float]
    last: tuple[str, float, float, float, float, float]


NO = float("nan")
FILES = (
    Expected("ADABTC-1m-2021-11-27.csv", "1m", 1440,
             ("2021-11-27T00:00", 0.00002853, 0.00002854, 0.00002851, 0.00002854, 36304.2),
             ("2021-11-27T23:59", 0.00002818, 0.00002821, 0.00002817, 0.00002821, 7753.4)),
    Expected("ADABTC_pipe_separated-1m-2021-11-27_head.csv", "1m", 10,
             ("2021-11-27T00:00", 0.00002853, 0.00002854, 0.00002851, 0.00002854, 36304.2),
             ("2021-11-27T00:09", 0.00002863, 0.00002865, 0.00002863, 0.00002865, 8160.5)),
    Expected("BINANCE_BTCUSDT, 60.csv", "1h", 1907,
             ("2025-08-12T13:00", 119264.66, 119712.6, 118631.69, 118847.35, NO),
             ("2025-10-30T23:00", 107912.81, 108332.26, 107600.01, 108306.95, NO)),
    Expected("BTCUSDT-1h-2024-12.csv", "1h", 744,
             ("2024-12-01T00:00", 96407.99, 96672.49, 96260.0, 96340.6, 532.95388),
             ("2024-12-31T23:00", 93488.83, 93756.0, 93375.38, 93576.0, 336.57995)),
    Expected("BTCUSDT-1h-2025-01.csv", "1h", 744,
             ("2025-01-01T00:00", 93576.0, 94509.42, 93489.03, 94401.14, 755.9901),
             ("2025-01-31T23:00", 102261.29, 102439.31, 101955.0, 102429.56, 587.31239)),
    Expected("backtestingpy_EURUSD.csv", "1h", 5000,
             ("2017-04-19T09:00", 1.0716, 1.0722, 1.07083, 1.07219, 1413),
             ("2018-02-07T15:00", 1.23427, 1.23444, 1.22904, 1.22904, 6143)),
    Expected("fxcm_gbpusd_m1_bid_2012_first1500.csv", "1m", 1500,
             ("2012-02-01T00:00", 1.57608, 1.5761, 1.57585, 1.57585, NO),
             ("2012-02-02T01:06", 1.58509, 1.58521, 1.58503, 1.58518, NO)),
    Expected("mt4_EURUSD60_noheader.csv", "1h", 33,
             ("2014-05-29T15:00", 1.36127, 1.36248, 1.36005, 1.36019, 3134),
             ("2014-05-30T23:00", 1.36301, 1.36341, 1.36275, 1.36332, 852)),
    Expected("orcl-2014.txt", "1d", 252,
             ("2014-01-02", 37.779999, 38.029999, 37.549999, 37.84, 18162100),
             ("2014-12-31", 45.450001, 45.560001, 44.970001, 44.970001, 13269200)),
)  # fmt: skip


def understood(raw: bytes, **given: Any) -> Parsed:
    return parse(io.BytesIO(raw), guess(look(raw[:HEAD_BYTES]), **given).plan)


@pytest.mark.real_data
@pytest.mark.parametrize("expected", FILES, ids=lambda each: each.file)
def test_a_file_is_read_as_it_stands(real_data: Path, expected: Expected) -> None:
    parsed = understood((real_data / "uploads" / expected.file).read_bytes())
    assert next(iter(parsed.frames)) == expected.frame
    bars = parsed.frames[expected.frame]
    assert (parsed.report.bad, parsed.report.bars, len(bars)) == (0, expected.bars, expected.bars)
    for row, (time, *values) in ((bars[0], expected.first), (bars[-1], expected.last)):
        assert row[OPEN_MS] == np.datetime64(time, "ms").astype(np.int64)
        np.testing.assert_array_equal(row[[OPEN, HIGH, LOW, CLOSE, VOLUME]], values)
        assert int(row[-1]) == UPLOADED


@pytest.mark.real_data
def test_there_is_such_an_expectation_for_every_file(real_data: Path) -> None:
    assert {path.name for path in (real_data / "uploads").iterdir()} == {expected.file for expected in FILES}


@pytest.mark.real_data
def test_an_exchange_dump_brings_trades_and_longer_bars_add_up(real_data: Path) -> None:
    frames = understood((real_data / "uploads" / FILES[0].file).read_bytes()).frames
    assert {name: len(bars) for name, bars in frames.items()} == {"1m": 1440, "5m": 288, "15m": 96, "30m": 48, "1h": 24}
    minutes, hours = frames["1m"], frames["1h"]
    assert minutes[0, TRADES] == 79
    for at in (0, 23):
        part = minutes[60 * at : 60 * at + 60]
        assert hours[at, OPEN] == part[0, OPEN]
        assert hours[at, HIGH] == part[:, HIGH].max()
        assert hours[at, LOW] == part[:, LOW].min()
        assert hours[at, CLOSE] == part[-1, CLOSE]
        assert hours[at, TRADES] == part[:, TRADES].sum()
        assert hours[at, VOLUME] == pytest.approx(part[:, VOLUME].sum(), rel=1e-12, abs=0)


@pytest.mark.real_data
def test_the_two_months_of_one_dump_meet_though_their_units_differ(real_data: Path) -> None:
    december, january = (
        understood((real_data / "uploads" / f"BTCUSDT-1h-{month}.csv").read_bytes()) for month in ("2024-12", "2025-01")
    )
    assert december.report.end_ms == january.report.first_ms


@pytest.mark.real_data
def test_a_file_that_runs_backwards_is_turned_round(real_data: Path) -> None:
    report = understood((real_data / "pairs" / "GLD.csv").read_bytes()).report
    assert (report.bars, report.step_ms) == (764, 86_400_000)
    assert report.first_ms < report.end_ms
    assert "The rows are newest first and were turned round." in report.notes
