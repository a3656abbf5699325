from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client import exc
from truenas_client.engine.jsonrpc import JSONRPC
from truenas_client.engine.messages import NO_ID, Ended, Failure, Fault, Reply, Update


def received(frame: Any) -> Any:
    (message,) = JSONRPC().receive(frame if isinstance(frame, str) else json.dumps(frame))
    return message


def failure(error: Any) -> exc.ClientException:
    message = received({"jsonrpc": "2.0", "error": error, "id": "a"})
    assert isinstance(message, Failure)
    assert message.id == "a"
    return message.error


def data(number: Any, reason: Any = "[X] why", extra: Any = None, trace: Any = None) -> dict[str, Any]:
    return {"error": number, "errname": "X", "reason": reason, "trace": trace, "extra": extra}


@pytest.mark.parametrize(
    ("error", "kind", "text", "number"),
    [
        ({"code": -32601, "message": "Method does not exist"}, exc.MethodNotFound, "Method does not exist", 201),
        (
            {"code": -32001, "message": "m", "data": data(201, "[ENOMETHOD] x")},
            exc.MethodNotFound,
            "[ENOMETHOD] x",
            201,
        ),
        ({"code": -32001, "message": "m", "data": data(207)}, exc.NotAuthenticated, "[X] why", 207),
        ({"code": -32001, "message": "m", "data": data(13)}, exc.NotAuthorized, "[X] why", 13),
        ({"code": -32001, "message": "m", "data": data(2, extra={"a": 1})}, exc.ClientException, "[X] why", 2),
        ({"code": -32000, "message": "Maximum"}, exc.TooManyConcurrentCalls, "Maximum", 16),
        ({"code": -32050, "message": "new"}, exc.ClientException, "new", None),
        ({"code": -32602, "message": "Invalid params"}, exc.ClientException, "Invalid params", None),
        ({"code": "odd", "message": "m"}, exc.ClientException, "m (code 'odd')", None),
        ({}, exc.ClientException, "no message (code None)", None),
        ("just text", exc.ProtocolError, None, None),
        (5, exc.ProtocolError, None, None),
        ({"code": -32001, "message": "m", "data": {"error": "x", "reason": 5}}, exc.ClientException, "m", None),
        ({"code": -32602, "message": "m", "data": data(22, extra=[])}, exc.ClientException, "[X] why", 22),
    ],
)
def test_every_error_is_an_error(error: Any, kind: type, text: str | None, number: int | None) -> None:
    seen = failure(error)
    assert type(seen) is kind
    assert seen.errno == number
    if text is not None:
        assert str(seen) == text


def test_validation_rows() -> None:
    rows = [["a.b", "is bad", 22], ["", "too many", 22], [None, "not there", 2], ["x", "busy", 98]]
    seen = failure({"code": -32602, "message": "Invalid params", "data": data(22, extra=rows)})
    assert isinstance(seen, exc.ValidationErrors)
    assert [tuple(row) for row in seen.errors] == [tuple(row) for row in rows]
    assert str(seen).splitlines() == [
        "[EINVAL] a.b: is bad",
        "[EINVAL] ALL: too many",
        "[ENOENT] ALL: not there",
        "[EADDRINUSE] x: busy",
    ]


def test_free_extra_of_an_ordinary_error_is_no_validation() -> None:
    extra = [["who", "knows", 22]]
    seen = failure({"code": -32001, "message": "m", "data": data(22, extra=extra)})
    assert type(seen) is exc.ClientException
    assert seen.extra == extra


def test_answers() -> None:
    assert received({"id": "a", "result": None}) == Reply("a", None)
    assert received({"id": "a", "error": None, "result": 1}) == Reply("a", 1)
    broken = received({"id": "a"})
    assert isinstance(broken, Failure)
    assert isinstance(broken.error, exc.ProtocolError)


def test_error_without_an_id() -> None:
    message = received({"id": None, "error": {"code": -32700, "message": "bad"}})
    assert isinstance(message, Failure)
    assert message.id is None


def test_a_form_that_cannot_be_read_fails_its_call_alone() -> None:
    message = received('{"id": "a", "result": {"$date": "x"}}')
    assert isinstance(message, Failure)
    assert message.id == "a"
    assert isinstance(message.error, exc.ProtocolError)


def test_of_an_answer_with_a_value_that_cannot_be_read_the_rest_is_kept() -> None:
    rows = [{"id": 1, "at": {"$date": 0}}, {"id": 2, "at": {"$date": 10**15}}]
    message = received({"jsonrpc": "2.0", "id": "a", "result": rows})
    assert isinstance(message, Failure)
    assert isinstance(message.error, exc.ProtocolError)
    assert message.error.result == [
        {"id": 1, "at": dt.datetime(1970, 1, 1, tzinfo=dt.UTC)},
        {"id": 2, "at": {"$date": 10**15}},
    ]


def test_events() -> None:
    params = {"msg": "added", "collection": "c", "id": 1, "fields": {"a": 1}, "extra": {"b": 2}}
    assert received({"method": "collection_update", "params": params}) == Update("c", "added", 1, {"a": 1}, {"b": 2})
    update = received({"method": "collection_update", "params": {"msg": "removed", "collection": "c"}})
    assert update == Update("c", "removed", NO_ID, None, None)
    ended = received({"method": "notify_unsubscribed", "params": {"collection": "c", "error": None}})
    assert ended == Ended("c", None)
    ended = received({"method": "notify_unsubscribed", "params": {"collection": "c", "error": data(5, extra={"w": 1})}})
    assert isinstance(ended, Ended)
    assert ended.error is not None
    assert ended.error.errno == 5


@pytest.mark.parametrize(
    "frame",
    [
        "not json",
        "",
        "[]",
        "null",
        "5",
        '"text"',
        {"id": 5, "result": 1},
        {"id": None, "result": 1},
        {"method": "collection_update"},
        {"method": "collection_update", "params": {"collection": 5}},
        {"method": "collection_update", "params": {"collection": "c", "msg": "odd"}},
        {"method": "else", "params": {"collection": "c"}},
        "[" * 100_000,
    ],
)
def test_nonsense_is_a_fault(frame: Any) -> None:
    assert isinstance(received(frame), Fault)


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    assert JSONRPC().receive(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "id": st.just("a") | json_values,
            "result": json_values,
            "error": json_values,
            "method": st.sampled_from(["collection_update", "notify_unsubscribed", "x"]) | json_values,
            "params": st.fixed_dictionaries(
                {}, optional={"collection": st.just("c") | json_values, "error": json_values}
            ),
        },
    )
)
def test_no_frame_raises_and_no_error_is_a_result(frame: dict[str, Any]) -> None:
    (message,) = JSONRPC().receive(json.dumps(frame))
    if frame.get("error") is not None:
        assert not isinstance(message, Reply)


def test_text_of_a_call_is_compact_and_counts_characters() -> None:
    text = JSONRPC().encode("id", "m", ["é", {"a": dt.date(2024, 2, 29)}])
    assert text == (
        '{"jsonrpc":"2.0","id":"id","method":"m","params":["é",{"a":{"$type":"date","$value":"2024-02-29"}}]}'
    )


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {"$date": "x"},
        [{"$time": "25:99"}],
        {1: {2: {"$set": 3}}},
        {"$set": [[1]]},
        {"$set": [{"a": 1}]},
        {(1, 2)},
        {frozenset()},
    ],
)
def test_arguments_the_server_could_not_read_are_refused_here(value: Any) -> None:
    with pytest.raises(exc.ClientException) as caught:
        JSONRPC().encode("id", "some.method", [value])
    assert "some.method" in str(caught.value)
    assert caught.value.errno == 22


@pytest.mark.parametrize("name", ["/mnt/tank/\udc80", {"\udfff": "é\ud800"}])
def test_a_file_name_that_is_not_utf_8_goes_back_as_it_came(name: Any) -> None:
    text = JSONRPC().encode("id", "filesystem.stat", [name])
    assert json.loads(text.encode())["params"] == [name]
    assert received({"jsonrpc": "2.0", "id": "a", "result": name}) == Reply("a", name)


@pytest.mark.parametrize(
    ("answer", "new"),
    [(None, False), ({"legacy_jobs": False}, True), ({"legacy_jobs": True}, False), ({}, False), ("x", False)],
)
def test_only_a_clear_word_means_the_new_job_style(answer: Any, new: bool) -> None:
    dialect = JSONRPC()
    dialect.options_answered(answer)
    assert dialect.new_style_jobs is new
