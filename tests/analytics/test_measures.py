"""What every measure promises, checked for each that is registered: nobody has to remember."""

from __future__ import annotations

import copy
import dataclasses
import math
import warnings
from itertools import islice
from typing import Any

import numpy as np
import pytest

from analytics import compiled
from analytics.inputs import Panel, TradePair
from analytics.measure import Measure, NotTestable
from analytics.online import online
from analytics.parameters import Choice, Integer, Number, ParameterError
from analytics.registry import UnknownMeasure, measure, measures

from .measure_inputs import STEP_MS, cut, each_row, healthy, ill, later

ALL = list(measures().values())
PER_ROW = [each for each in ALL if each.per_row]
WHOLE = [each for each in ALL if not each.per_row]


def named(each: Measure) -> str:
    return each.name


def all_settings(each: Measure) -> list[dict[str, Any]]:
    """The defaults, every choice in turn, every lower bound; windows short enough for the inputs at hand."""
    base = each.settings({})
    for parameter in each.parameters:
        if isinstance(parameter, Integer):
            base[parameter.name] = max(parameter.low, min(parameter.default, 60))
    others = [
        {**base, parameter.name: choice}
        for parameter in each.parameters
        if isinstance(parameter, Choice)
        for choice in parameter.choices
        if choice != parameter.default
    ]
    lowest = {one.name: one.low for one in each.parameters if isinstance(one, Integer | Number)}
    return [base, *others, *([{**base, **lowest}] if lowest else [])]


def rows_for(each: Measure, settings: dict[str, Any]) -> int:
    return max(240, 2 * each.warmup(**settings) + 40)


def values(each: Measure, result: Any) -> dict[str, Any]:
    return {output.name: getattr(result, output.name) for output in each.outputs}


def assert_same(left: Any, right: Any) -> None:
    if isinstance(left, float) and isinstance(right, float):
        assert left == right or (math.isnan(left) and math.isnan(right))
    elif isinstance(left, np.ndarray):
        np.testing.assert_array_equal(left, right)
    elif dataclasses.is_dataclass(left):
        for field in dataclasses.fields(left):
            assert_same(getattr(left, field.name), getattr(right, field.name))
    elif isinstance(left, tuple):
        assert len(left) == len(right)
        for one, other in zip(left, right, strict=True):
            assert_same(one, other)
    else:
        assert left == right


def numbers(value: Any) -> list[float]:
    """Every float in a result, however deep."""
    if isinstance(value, float | np.floating):
        return [float(value)]
    if isinstance(value, np.ndarray):
        return value.ravel().tolist() if value.dtype.kind == "f" else []
    if dataclasses.is_dataclass(value):
        return [number for field in dataclasses.fields(value) for number in numbers(getattr(value, field.name))]
    if isinstance(value, dict):
        return [number for each in value.values() for number in numbers(each)]
    if isinstance(value, tuple | list):
        return [number for each in value for number in numbers(each)]
    return []


@pytest.mark.parametrize("each", ALL, ids=named)
def test_it_is_declared_in_full(each):
    for text in (each.title, each.group, each.summary, each.formula, each.reference, each.oracle, each.tolerance):
        assert text.strip()
    assert each.compute.__doc__
    assert each.outputs
    assert len({output.name for output in each.outputs}) == len(each.outputs)
    assert all(output.label and output.help for output in each.outputs)
    for parameter in each.parameters:
        assert parameter.label
        assert parameter.help
        assert parameter.read(parameter.default) == parameter.default
        if isinstance(parameter, Integer | Number):
            for outside in (parameter.low - 1, parameter.high + 1, math.nan, "x", None, True):
                with pytest.raises(ParameterError, match=parameter.name):
                    parameter.read(outside)


@pytest.mark.parametrize("each", ALL, ids=named)
def test_it_is_pure(each):
    for settings in all_settings(each):
        data = healthy(each.takes, rows_for(each, settings))
        before = copy.deepcopy(data)
        first, second = each.compute(data, **settings), each.compute(data, **settings)
        assert_same(tuple(data), tuple(before))
        assert_same(first, second)


@pytest.mark.parametrize("each", PER_ROW, ids=named)
def test_its_columns_fit_and_it_speaks_when_it_said(each):
    for settings in all_settings(each):
        n, warmup = rows_for(each, settings), each.warmup(**settings)
        for name, column in values(each, each.compute(healthy(each.takes, n), **settings)).items():
            assert column.dtype == np.float64, name
            assert column.shape == (n,), name
            assert np.isnan(column[: warmup - 1]).all(), (name, settings)
            assert np.isfinite(column[warmup - 1 :]).all(), (name, settings)


@pytest.mark.parametrize("each", PER_ROW, ids=named)
def test_what_was_printed_stays(each):
    for settings in all_settings(each):
        n = rows_for(each, settings)
        for data in [healthy(each.takes, n), *(data for name, data in ill(each.takes, n) if "gaps" in name)]:
            whole = values(each, each.compute(data, **settings))
            for rows in (n // 3, n // 2, n - 1):
                for name, column in values(each, each.compute(cut(data, rows), **settings)).items():
                    np.testing.assert_array_equal(column, whole[name][:rows], err_msg=f"{name} {settings}")


@pytest.mark.parametrize("each", [each for each in PER_ROW if each.takes not in (Panel, TradePair)], ids=named)
def test_where_the_rows_begin_does_not_matter_or_is_said(each):
    if "begin" in (each.compute.__doc__ or ""):
        return
    for settings in all_settings(each):
        n, warmup = rows_for(each, settings), each.warmup(**settings)
        for data in [healthy(each.takes, n), *(data for name, data in ill(each.takes, n) if "gaps" in name)]:
            whole, part = (values(each, each.compute(some, **settings)) for some in (data, later(data, 17)))
            for name, column in part.items():
                scale = np.nanmax(np.abs(column), initial=1e-300)
                known = whole[name][17 + warmup - 1 :] / scale
                np.testing.assert_allclose(column[warmup - 1 :] / scale, known, rtol=0, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("each", [each for each in PER_ROW if each.takes not in (Panel, TradePair)], ids=named)
def test_one_row_at_a_time_is_the_same(each):
    for settings in all_settings(each):
        n = rows_for(each, settings)
        for data in [healthy(each.takes, n), *(data for name, data in ill(each.takes, n) if "gaps" in name)]:
            batch = np.column_stack(list(values(each, each.compute(data, **settings)).values()))
            live = online(each, STEP_MS, settings)
            steps = np.array([live.update(row) for row in islice(each_row(data), n)])
            scale = np.nanmax(np.abs(batch), axis=0, initial=1e-300)
            np.testing.assert_allclose(steps / scale, batch / scale, rtol=0, atol=1e-9, err_msg=str(settings))


@pytest.mark.parametrize("each", ALL, ids=named)
def test_ill_inputs_give_values_or_a_reason(each):
    for settings in all_settings(each):
        for name, data in ill(each.takes, rows_for(each, settings)):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                result = each.compute(data, **settings)
            assert not any(math.isinf(number) for number in numbers(result)), name
            if not each.per_row and isinstance(result, NotTestable):
                assert result.reason.strip(), name


@pytest.mark.parametrize("each", WHOLE, ids=named)
def test_it_speaks_for_the_whole_when_there_is_enough(each):
    for settings in all_settings(each):
        warmup = each.warmup(**settings)
        assert isinstance(each.compute(healthy(each.takes, max(0, warmup - 1)), **settings), NotTestable)
        result = each.compute(healthy(each.takes, rows_for(each, settings)), **settings)
        assert not isinstance(result, NotTestable), result
        assert set(values(each, result)) == {output.name for output in each.outputs}


def frozen(data: Any) -> Any:
    """The same input as the store gives it: nobody may write into it."""
    if isinstance(data, np.ndarray):
        data = data.copy()
        data.flags.writeable = False
        return data
    return type(data)(*map(frozen, data)) if isinstance(data, tuple) and hasattr(data, "_fields") else data


@pytest.mark.timeout(300)
def test_compiled_loops_take_what_the_store_gives(monkeypatch):
    inputs = [(each, settings) for each in ALL for settings in all_settings(each)]
    data = [frozen(healthy(each.takes, rows_for(each, settings))) for each, settings in inputs]
    plain = [each.compute(given, **settings) for given, (each, settings) in zip(data, inputs, strict=True)]
    # Its own dictionary, so that the other tests go on with the plain loops.
    monkeypatch.setattr(compiled, "_compiled", {})
    compiled.load()
    for (each, settings), given, before in zip(inputs, data, plain, strict=True):
        after = numbers(each.compute(given, **settings))
        np.testing.assert_allclose(after, numbers(before), rtol=1e-9, atol=1e-9, err_msg=f"{each.name} {settings}")


def test_measures_do_not_share_a_title():
    assert len({each.title for each in ALL}) == len(ALL)


def test_an_unknown_measure_is_told_the_nearest():
    with pytest.raises(UnknownMeasure, match="did you mean volatility"):
        measure("volatilty")
