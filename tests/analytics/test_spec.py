"""A pair's settings: what is refused, and how it is said."""

from __future__ import annotations

import pytest

from analytics.estimators import ESTIMATORS
from analytics.parameters import ParameterError
from analytics.registry import measure
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
        ({"timeframe": "2m"}, "timeframe", "one of 1s, 1m, 5m, 15m, 30m, 1h, 4h, 1d, got '2m'"),
        ({"timeframe": ["1m"]}, "timeframe", "one of 1s"),
        ({"window": 19}, "window", "from 20 to 1000, got 19"),
        ({"window": 1001}, "window", "from 20 to 1000"),
        ({"window": 120.0}, "window", "whole number"),
        ({"window": True}, "window", "whole number"),
        ({"method": "magic"}, "method", "one of ols"),
        ({"scale": "cube"}, "scale", "one of level, log"),
        ({"options": (("every", 5),)}, "every", "absent"),
        ({"method": "huber", "options": (("evry", 5),)}, "evry", "Did you mean every?"),
        ({"method": "huber", "options": (("every", 0),)}, "every", "from 1 to 120, got 0"),
        ({"method": "kalman", "options": (("delta", float("nan")),)}, "delta", "a number from 1e-10 to 0.1"),
        ({"method": "kalman", "options": {"delta": 1e-3}}, "options", "Known for Kalman: delta, noise."),
        ({"method": "kalman", "options": (("delta",),)}, "options", "(name, value) pairs"),
    ],
)
def test_bad_settings_name_the_parameter(change, parameter, words):
    with pytest.raises(ParameterError) as caught:
        PairSpec(**{**GOOD, **change})
    assert caught.value.parameter == parameter
    assert f"`{parameter}` must be" in str(caught.value)
    assert words in str(caught.value)


def test_options_are_filled_in_and_are_part_of_the_key():
    spec = PairSpec(**GOOD, method="kalman")
    assert spec.settings == {"delta": 1e-4, "noise": 1.0}
    assert spec == PairSpec(**GOOD, method="kalman", options=(("noise", 1.0), ("delta", 1e-4)))
    assert spec == PairSpec(**GOOD, method="kalman", options=(("delta", "1e-4"),))
    assert spec != PairSpec(**GOOD, method="kalman", options=(("delta", 1e-3),))
    assert len({spec, PairSpec(**GOOD, method="kalman", options=(("delta", 1e-3),)), PairSpec(**GOOD)}) == 3


@pytest.mark.parametrize("method", list(ESTIMATORS))
def test_a_method_is_the_measure_of_that_name(method):
    spec, declared = PairSpec(**GOOD, method=method), measure(method)
    assert declared.settings({}) == {"window": 120, "scale": "level", **spec.settings}
    assert [name for name, _ in spec.options] == [parameter.name for parameter in spec.estimator.parameters]
