"""The WebSocket without I/O, against websockets' own server without I/O: any cutting of the bytes gives the same."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from truenas_client.websocket import PING_INTERVAL, PING_TIMEOUT, WebSocket, lone_text

URL = "ws://nas.example/api/current"


class Pair:
    """A client and a server; what the client said to its driver."""

    def __init__(self) -> None:
        self.client, self.server = WebSocket(URL), ServerProtocol(max_size=None)
        self.said: list[str] = []
        self.got: list[Frame] = []
        self.client.on_text = lambda text: self.said.append(text)
        self.client.on_fault = lambda reason: self.said.append(f"fault: {reason}")
        self.to_server()
        request = self.server.events_received()[0]
        assert isinstance(request, Request)
        self.server.send_response(self.server.accept(request))

    def to_server(self) -> None:
        data, last = self.client.to_send()
        if data:
            self.server.receive_data(data)
        if last:
            self.server.receive_eof()

    def of_server(self) -> bytes:
        return b"".join(self.server.data_to_send())

    def to_client(self, data: bytes, now: float = 0.0) -> None:
        self.client.feed(data, now)
        while self.client.step():
            pass

    def exchange(self, now: float = 0.0) -> Pair:
        self.to_client(self.of_server(), now)
        self.to_server()
        self.got += [event for event in self.server.events_received() if isinstance(event, Frame)]
        return self


def ping(server: ServerProtocol) -> None:
    server.send_ping(b"hello")


texts = st.text(max_size=30) | st.integers(100, 70_000).map(lambda size: "é" * size)


@st.composite
def speeches(draw: st.DrawFn) -> tuple[list[Callable[[ServerProtocol], None]], list[str]]:
    """What a server sends, and what is to come out."""
    sent: list[Callable[[ServerProtocol], None]] = []
    said: list[str] = []
    for _ in range(draw(st.integers(0, 8))):
        text = draw(texts)
        data = text.encode()
        match draw(st.sampled_from(["text", "text", "pieces", "binary", "ping", "pong", "not UTF-8"])):
            case "text":
                sent.append(lambda server, data=data: server.send_text(data))  # type: ignore[misc]
                said.append(text)
            case "pieces":
                cut = draw(st.integers(0, len(data)))
                sent.append(lambda server, data=data[:cut]: server.send_text(data, fin=False))  # type: ignore[misc]
                if draw(st.booleans()):
                    sent.append(ping)
                sent.append(lambda server, data=data[cut:]: server.send_continuation(data, fin=True))  # type: ignore[misc]
                said.append(text)
            case "binary":
                sent.append(lambda server, data=data: server.send_binary(data))  # type: ignore[misc]
                said.append("fault: a binary message")
            case "ping":
                sent.append(ping)
            case "pong":
                sent.append(lambda server: server.send_pong(b"nobody asked"))
            case _:
                sent.append(lambda server: server.send_text(b"\xff\xfe"))
                said.append("fault: text that is not UTF-8")
    return sent, said


@given(speeches(), st.integers(0, 2**32), st.sampled_from([1, 3, 40, 5000, 10**9]))
def test_however_the_bytes_are_cut_the_same_comes_out(
    speech: tuple[list[Callable[[ServerProtocol], None]], list[str]], seed: int, largest: int
) -> None:
    pair = Pair()
    sent, said = speech
    for send in sent:
        send(pair.server)
    data = pair.of_server()  # the answer to the handshake and all frames in one stream
    cuts = random.Random(seed)
    if largest < len(data) / 300:
        largest = len(data) // 300
    while data:
        size = cuts.randint(1, largest)
        pair.to_client(data[:size])
        data = data[size:]
    assert pair.said == said
    assert not pair.client.opening
    assert pair.client.handshake_error is None
    assert not pair.client.refusal
    pair.exchange()
    assert [frame.opcode for frame in pair.got] == [Opcode.PONG] * sent.count(ping)


def test_one_frame_at_a_time() -> None:
    pair = Pair()
    for number in range(3):
        pair.server.send_text(str(number).encode())
    pair.client.feed(pair.of_server(), 0.0)
    assert pair.client.step()  # the response
    for number in range(3):
        assert pair.client.step()
        assert pair.said == [str(n) for n in range(number + 1)]
    assert not pair.client.step()


@pytest.mark.parametrize(
    "broken",
    [
        b"\x81\x80\0\0\0\0",  # masked, as only a client's may be
        b"\xc1\x00",  # an extension that nobody agreed on
        b"\x83\x00",  # an opcode that is not defined
        b"\x80\x00",  # a continuation of nothing
        b"\x01\x00\x81\x00",  # a text within the pieces of another
        b"\x09\x00",  # a ping in pieces
        b"\x89\x7e\x00\x80" + b"x" * 128,  # a ping that is too long
        b"\x88\x01x",  # a close frame with half a code
    ],
)
def test_a_broken_frame_ends_the_connection_and_nothing_comes_out_any_more(broken: bytes) -> None:
    pair = Pair().exchange()
    pair.to_client(b"\x81\x02ok" + broken + b"\x81\x02no" * 100)
    assert pair.said == ["ok"]
    assert pair.client.closing
    assert not pair.client.send("x")
    pair.exchange()
    assert pair.got[-1].opcode is Opcode.CLOSE
    assert int.from_bytes(pair.got[-1].data[:2], "big") == 1002


def test_nothing_comes_out_after_a_close_frame() -> None:
    pair = Pair().exchange()
    pair.server.send_close(1008, "not on the list")
    pair.to_client(b"\x81\x02ok" + pair.of_server() + b"\x81\x02no")
    assert pair.said == ["ok"]
    assert pair.client.closing
    pair.exchange()
    pair.client.receive_eof()
    assert (pair.client.close_code, pair.client.close_reason) == (1008, "not on the list")


def test_what_comes_while_this_end_closes_counts() -> None:
    pair = Pair().exchange()
    pair.client.send_close()
    pair.client.send_close()
    assert not pair.client.send("too late")
    pair.server.send_text(b"in time")
    pair.exchange()
    assert pair.said == ["in time"]
    assert pair.server.state is State.CLOSED or pair.server.close_expected()
    pair.exchange()
    pair.client.receive_eof()
    assert pair.client.close_code == 1000


def test_what_is_sent_arrives_and_leaves_at_once() -> None:
    pair = Pair().exchange()
    assert pair.client.send("a")
    assert pair.client.send("ü" * 70_000)
    pair.exchange()
    assert [bytes(frame.data).decode() for frame in pair.got] == ["a", "ü" * 70_000]


def test_a_connection_is_kept_alive_by_pings_that_are_answered() -> None:
    pair, now = Pair().exchange(), 0.0
    for number in range(10):
        assert pair.client.next_time() == (number + 1) * PING_INTERVAL
        now = pair.client.next_time()
        pair.client.due(now - 1)
        pair.client.due(now)
        pair.to_server()
        pair.exchange(now + 0.25)
        assert pair.client.latency == 0.25
    assert [frame.opcode for frame in pair.got] == [Opcode.PING] * 10
    assert not pair.client.closing


def test_a_ping_without_a_pong_ends_the_connection_in_time() -> None:
    pair = Pair().exchange()
    pings = 0
    while (now := pair.client.next_time()) <= PING_INTERVAL + PING_TIMEOUT:
        pair.client.due(now)
        pings += bool(pair.client.to_send()[0])
        if pair.client.closing:
            break
    assert now == PING_INTERVAL + PING_TIMEOUT
    assert pings == 2, "one ping, and the close frame"
    assert pair.client.next_time() == float("inf")


def test_a_pong_answers_the_pings_before_it_too() -> None:
    pair = Pair().exchange()
    answers: list[float] = []
    for sent in (1.0, 2.0, 3.0):
        pair.client.send_ping(sent, answers.append)
    pair.to_server()
    first, second, _ = [bytes(frame.data) for frame in pair.server.events_received() if isinstance(frame, Frame)]
    pair.server.data_to_send()  # its own pongs get lost
    pair.server.send_pong(second)
    pair.server.send_pong(first)
    pair.exchange(4.0)
    assert answers == [3.0, 2.0]


def test_a_bound_holds_for_each_message_and_is_told() -> None:
    pair = Pair().exchange()
    pair.client.bound = 10_000
    for _ in range(5):
        pair.server.send_text(b"x" * 9_000)
    pair.exchange()
    assert len(pair.said) == 5
    pair.server.send_text(b"x" * 10_001)
    pair.exchange()
    assert "more than 10,000 bytes without completing a message" in pair.client.refusal
    pair.to_client(b"\x81\x02no")
    assert len(pair.said) == 5


@pytest.mark.parametrize("opcode", [1, 2])
def test_pieces_are_bounded_in_bytes_and_number(opcode: int) -> None:
    for piece, words in ((b"\x00\x7d" + b"x" * 125, "10,000 bytes"), (b"\x00\x00", "10,000 pieces")):
        pair = Pair().exchange()
        pair.client.bound = 10_000 if "bytes" in words else 10**6
        pair.to_client(bytes([opcode, 1]) + b"[" + piece * 10_000)
        assert words in pair.client.refusal
        assert pair.said == []


def test_pings_are_bounded_in_a_time() -> None:
    pair = Pair().exchange()
    for second in range(30):
        pair.to_client(b"\x89\x00" * 900, float(second))
        pair.client.to_send()
    assert not pair.client.refusal
    pair.to_client(b"\x89\x00" * 10_001, 31.0)
    assert "more than 10,000 pings in 10 s" in pair.client.refusal


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", "HTTP 404"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "valid HTTP response"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "Connection"),
    ],
)
@pytest.mark.parametrize("at_a_time", [1, 1000])
def test_a_handshake_that_fails_says_why(answer: bytes, error: str, at_a_time: int) -> None:
    pair = Pair()
    while answer and pair.client.opening:
        pair.to_client(answer[:at_a_time])
        answer = answer[at_a_time:]
    assert not pair.client.opening
    assert error in str(pair.client.handshake_error)
    assert pair.said == []


def test_the_bytes_of_a_large_text_are_let_go_before_it_is_read() -> None:
    pair = Pair().exchange()
    held: list[int] = []
    pair.client.on_text = lambda text: held.append(tracemalloc.get_traced_memory()[0])
    size = 4_000_000
    pair.server.send_text(b"x" * size)
    pair.server.send_text(b"y" * 10)
    data = pair.of_server()
    tracemalloc.start()
    try:
        for at in range(0, len(data), 65536):
            pair.to_client(data[at : at + 65536])
    finally:
        tracemalloc.stop()
    assert len(held) == 2
    assert held[0] < size * 1.2, "the text, and not its bytes too"


@given(st.text(max_size=300), st.integers(0, 310), st.binary(max_size=3))
def test_a_lone_text_is_what_the_websocket_would_make_of_it(text: str, cut: int, more: bytes) -> None:
    whole = Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
    assert lone_text(whole) == text
    assert lone_text(whole[: min(cut, len(whole) - 1)]) is None
    assert lone_text(whole + more) == (None if more else text)


OTHER = {
    "a piece": Frame(Opcode.TEXT, b"part", fin=False).serialize(mask=False),
    "binary": Frame(Opcode.BINARY, b"text").serialize(mask=False),
    "masked": Frame(Opcode.TEXT, b"text").serialize(mask=True),
    "no UTF-8": Frame(Opcode.TEXT, b"\xff").serialize(mask=False),
    "long": Frame(Opcode.TEXT, b"x" * 70_000).serialize(mask=False),
    "ping": Frame(Opcode.PING, b"").serialize(mask=False),
    "close": Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=False),
    "nothing": b"",
    "one byte": b"\x81",
    "half a head": b"\x81\x7e\x00",
}


@pytest.mark.parametrize("name", OTHER)
def test_other_bytes_are_no_lone_text(name: str) -> None:
    assert lone_text(OTHER[name]) is None


def test_it_tells_when_it_is_between_messages() -> None:
    pair = Pair()
    assert not pair.client.between_messages
    pair.exchange()
    assert pair.client.between_messages
    for fin in (False, True):
        (pair.server.send_text if not fin else pair.server.send_continuation)(b"part", fin)
        data = pair.of_server()
        pair.to_client(data[:3])
        assert not pair.client.between_messages
        pair.to_client(data[3:])
        assert pair.client.between_messages is fin
