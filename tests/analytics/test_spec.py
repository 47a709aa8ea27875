"""A pair's settings: what is refused, and how it is said."""

from __future__ import annotations

import pytest

from analytics.parameters import ParameterError
from analytics.spec import PairSpec

GOOD = {"y": "binance:ETHUSDT", "x": "binance:BTCUSDT"}


def test_defaults_and_identity():
    spec = PairSpec(**GOOD)
    assert (spec.timeframe, spec.window, spec.method, spec.scale, spec.step_ms) == ("1m", 120, "ols", "level", 60_000)
    assert spec == PairSpec(**GOOD)
    assert hash(spec) == hash(PairSpec(**GOOD))


@pytest.mark.parametrize(
    ("change", "parameter", "words"),
    [
        ({"y": "ETHUSDT"}, "y", "venue:NAME"),
        ({"x": "binance:eth"}, "x", "venue:NAME"),
        ({"x": "binance:BTCUSDT\n"}, "x", "venue:NAME"),
        ({"x": None}, "x", "venue:NAME"),
        ({"x": "binance:ETHUSDT"}, "x", "two different legs"),
        ({"timeframe": "2m"}, "timeframe", "one of 1s, 1m, 5m, got '2m'"),
        ({"timeframe": ["1m"]}, "timeframe", "one of 1s"),
        ({"window": 19}, "window", "from 20 to 1000, got 19"),
        ({"window": 1001}, "window", "from 20 to 1000"),
        ({"window": 120.0}, "window", "whole number"),
        ({"window": True}, "window", "whole number"),
        ({"method": "magic"}, "method", "one of ols"),
        ({"scale": "cube"}, "scale", "one of level, log"),
    ],
)
def test_bad_settings_name_the_parameter(change, parameter, words):
    with pytest.raises(ParameterError) as caught:
        PairSpec(**{**GOOD, **change})
    assert caught.value.parameter == parameter
    assert f"`{parameter}` must be" in str(caught.value)
    assert words in str(caught.value)
