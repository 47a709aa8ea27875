"""Control messages: answers and error codes."""

import json

import pytest

from ingest.sim.control import MAX_STREAMS, answer


def test_subscribe_list_unsubscribe():
    streams = {"a@trade": None}
    assert answer('{"method":"SUBSCRIBE","params":["b@trade","a@trade"],"id":1}', streams) == {"result": None, "id": 1}
    assert answer('{"method":"LIST_SUBSCRIPTIONS","id":"x1"}', streams) == {
        "result": ["a@trade", "b@trade"],
        "id": "x1",
    }
    assert answer('{"method":"UNSUBSCRIBE","params":["a@trade","never@trade"],"id":null}', streams)["result"] is None
    assert list(streams) == ["b@trade"]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("{", 3, "Invalid JSON"),
        ("", 3, "Invalid JSON"),
        ("[]", 2, "object"),
        ('{"id":1}', 2, "missing field `method`"),
        ('{"method":"SUBSCRIBE1","id":1}', 2, "unknown variant `SUBSCRIBE1`, expected one of `SUBSCRIBE`"),
        ('{"method":"SUBSCRIBE","params":"a@trade","id":1}', 2, "list"),
        ('{"method":"SUBSCRIBE","params":[1],"id":1}', 2, "list"),
        ('{"method":"SUBSCRIBE","params":[],"id":1.5}', 2, "request ID"),
        ('{"method":"SUBSCRIBE","params":[],"id":true}', 2, "request ID"),
        ('{"method":"SUBSCRIBE","params":[],"id":"%s"}' % ("x" * 37), 2, "request ID"),
        (json.dumps({"method": "SUBSCRIBE", "params": [f"s{i}@trade" for i in range(MAX_STREAMS + 1)]}), 2, "too many"),
    ],
)
def test_errors(text, code, words):
    streams: dict[str, None] = {}
    reply = answer(text, streams)
    assert reply["code"] == code
    assert words in reply["msg"]
    assert not streams


def test_error_carries_the_id_where_there_is_one():
    assert answer('{"id":7}', {})["id"] == 7
    assert "id" not in answer("{}", {})
