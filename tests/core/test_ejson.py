from __future__ import annotations

import datetime as dt
from ipaddress import IPv4Interface, IPv6Interface
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client import ejson

milliseconds = st.datetimes(min_value=dt.datetime(1, 1, 2), timezones=st.just(dt.UTC)).map(
    lambda value: value.replace(microsecond=value.microsecond // 1000 * 1000)
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    milliseconds,
    st.dates(),
    st.times(),
    st.sets(st.integers()),
    st.ip_addresses(v=4).map(lambda a: IPv4Interface(f"{a}/24")),
    st.ip_addresses(v=6).map(lambda a: IPv6Interface(f"{a}/64")),
)
keys = st.text().filter(lambda key: not key.startswith("$"))
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20)


@given(values)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert ejson.loads(ejson.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"$date": 0}', dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
        ('{"$date": -62135596800000}', dt.datetime(1, 1, 1, tzinfo=dt.UTC)),
        ('{"$time": "01:02"}', dt.time(1, 2)),
        ('{"$type": "date", "$value": "2024-02-29"}', dt.date(2024, 2, 29)),
        ('{"$set": [1, 1]}', {1}),
        ('{"$set": [[1, 2]]}', {(1, 2)}),
        ('{"$ipv4_interface": "192.0.2.5/24"}', IPv4Interface("192.0.2.5/24")),
        ('{"$date": 0, "more": 1}', {"$date": 0, "more": 1}),
        ('{"$unknown": 1}', {"$unknown": 1}),
        ('{"$type": "other", "$value": 1}', {"$type": "other", "$value": 1}),
        ('["$date"]', ["$date"]),
    ],
)
def test_forms(text: str, value: Any) -> None:
    assert ejson.loads(text) == value
    assert ejson.loads(text.encode()) == value


@pytest.mark.parametrize(
    "text",
    ['{"$date": "x"}', '{"$date": null}', '{"$date": 1e300}', '{"$time": "25:00"}', '{"$set": 5}', "{", "[" * 100_000],
)
def test_what_cannot_be_read_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(ejson.EJSONDecodeError):
        ejson.loads(text)


def test_milliseconds_are_exact_far_from_now() -> None:
    for year in (1, 1969, 2500, 9999):
        value = dt.datetime(year, 12, 31, 23, 59, 59, 999_000, tzinfo=dt.UTC)
        assert ejson.loads(ejson.dumps(value)) == value


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError):
        ejson.dumps(object())


def test_models_are_dumped_by_alias() -> None:
    class Model:
        def model_dump(self, *, by_alias: bool) -> dict[str, Any]:
            return {"name": by_alias}

    assert ejson.dumps(Model()) == '{"name": true}'
