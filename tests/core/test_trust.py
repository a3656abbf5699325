"""Trust over real TLS: what is accepted, what is refused and in which words, and that a refusal sends nothing."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client import AsyncClient, ConnectError, FingerprintMismatch
from truenas_client.aio.probe import probe
from truenas_client.aio.supervisor import State
from truenas_client.endpoint import parse
from truenas_client.simulator import Simulator
from truenas_client.trust import SYSTEM, TLS, CertificateError, Pin, context, fingerprint, key_fingerprint

from .certificates import Made, authority, certificate
from .nas import echo, nas


@dataclass
class Listener:
    """A TLS port that says nothing and keeps what it is told."""

    address: str
    read: bytearray = field(default_factory=bytearray)
    ended: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    """Released when a connection has ended."""


@asynccontextmanager
async def listener(made: Made) -> AsyncIterator[Listener]:
    running = Listener("")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await writer.start_tls(made.context)
            while block := await reader.read(4096):
                running.read += block
        except (OSError, ssl.SSLError):
            pass  # how a refusal looks from here
        running.ended.release()
        writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    running.address = f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield running
    finally:
        server.close()
        await server.wait_closed()


# -- accepted and refused --------------------------------------------------------------------


@pytest.mark.parametrize("plain", [False, True], ids=["websocket", "http"])
@pytest.mark.parametrize("pin", ["fingerprint", "key", "one of two"])
async def test_a_pinned_certificate_is_all_it_takes(tmp_path: Path, pin: str, plain: bool) -> None:
    # Expired, self-signed and issued to somebody else: the pin alone decides.
    made = certificate(tmp_path, "elsewhere.test", days=(-9, -2))
    key = key_fingerprint(_der(made))
    tls = {
        "fingerprint": TLS.pinned(made.fingerprint),
        "key": TLS.pinned(f"spki:{key}"),
        "one of two": TLS.pinned("0" * 64, f"spki:{'1' * 64}", made.fingerprint.upper()),
    }[pin]
    async with nas(echo, tls=made.context) as server:
        if plain:
            assert await asyncio.to_thread(_wrap, server.url, tls) == made.fingerprint
            return
        async with AsyncClient(server.url, tls=tls) as client:
            assert await client.call("x", 1) == [1]


def _wrap(url: str, tls: TLS) -> str:
    endpoint = parse(url)
    sock = socket.create_connection((endpoint.host, endpoint.port), 10)
    with sock, context(tls).wrap_socket(sock, server_hostname=endpoint.host) as wrapped:
        return fingerprint(wrapped.getpeercert(binary_form=True) or b"")


def _der(made: Made) -> bytes:
    return ssl.PEM_cert_to_DER_cert(made.path.read_text()[made.path.read_text().index("-----BEGIN CERT") :])


@pytest.mark.parametrize("pins", ["certificate", "key", "both"])
async def test_another_certificate_is_told_nothing(tmp_path: Path, pins: str) -> None:
    trusted, other = certificate(tmp_path), certificate(tmp_path)
    chosen = {"certificate": [Pin(trusted.fingerprint)], "key": [Pin(key_fingerprint(_der(trusted)), key=True)]}
    tls = TLS.pinned(*chosen.get(pins, chosen["certificate"] + chosen["key"]))
    async with listener(other) as port:
        with pytest.raises(FingerprintMismatch) as caught:
            await AsyncClient(port.address, tls=tls).connect()
        await asyncio.wait_for(port.ended.acquire(), 10)
        assert port.read == b""
    error = caught.value
    assert error.expected == tuple(pin.text for pin in tls.pins)
    assert error.seen == f"sha256:{other.fingerprint}"
    assert error.stage == "tls"
    assert isinstance(error, ssl.SSLCertVerificationError)
    for words in (*error.expected, error.seen):
        assert words in str(error)


async def test_another_certificate_is_told_nothing_by_plain_sockets_either(tmp_path: Path) -> None:
    async with listener(certificate(tmp_path)) as port:
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(_wrap, port.address, TLS.pinned("0" * 64))
        await asyncio.wait_for(port.ended.acquire(), 10)
        assert port.read == b""


async def test_a_certificate_renewed_with_the_same_key_passes_by_its_key_alone(tmp_path: Path) -> None:
    first = certificate(tmp_path)
    renewed = certificate(tmp_path, key=first.key, days=(0, 5))
    async with nas(echo, tls=first.context) as server:
        seen = await probe(parse(server.url))
    async with nas(echo, tls=renewed.context) as server:
        async with AsyncClient(server.url, tls=seen.tls) as client:
            await client.call("x")
        with pytest.raises(FingerprintMismatch):
            await AsyncClient(server.url, tls=TLS.pinned(first.fingerprint)).connect()


async def test_a_certificate_exchanged_while_connected_ends_the_reconnecting() -> None:
    async with Simulator(tls=True) as simulator:
        assert simulator.tls is not None
        was = simulator.tls.fingerprint
        async with AsyncClient(simulator.info()["wss"], tls=TLS.pinned(was)) as client:
            await client.login_with_password("admin", "admin")
            simulator.tls.rotate()
            simulator.drop_connections()
            reason = await asyncio.wait_for(client.wait_closed(), 10)
            assert client.status.state is State.FAILED
            assert isinstance(reason, FingerprintMismatch)
            assert (reason.expected, reason.seen) == (
                (f"sha256:{was}",),
                f"sha256:{simulator.tls.fingerprint}",
            )


async def test_a_ca_file_vouches_for_what_it_signed_and_for_nothing_else(tmp_path: Path) -> None:
    ours, theirs = authority(tmp_path), authority(tmp_path)
    signed = certificate(tmp_path, issuer=ours)
    async with nas(echo, tls=signed.context) as server:
        async with AsyncClient(server.url, tls=TLS.authority(ours.path)) as client:
            assert await client.call("x") == []
        # The certificate itself serves as well: it is what a person can export from the server.
        async with AsyncClient(server.url, tls=TLS.authority(signed.path)) as client:
            assert await client.call("x") == []
        with pytest.raises(CertificateError, match="is not signed by one in the CA file") as caught:
            await AsyncClient(server.url, tls=TLS.authority(theirs.path)).connect()
        assert (caught.value.reason, caught.value.ca_file) == ("unknown issuer", str(theirs.path))
        shown = await probe(parse(server.url), tls=TLS.authority(theirs.path))
        assert shown.problems == (f"it is not signed by one in the CA file {theirs.path}",)
        with pytest.raises(CertificateError, match="issuer that this machine does not trust"):
            await AsyncClient(server.url).connect()


@pytest.mark.parametrize(
    ("kind", "reason", "words", "way_out"),
    [
        ("self-signed", "self-signed", "not signed by one in the CA file", "fingerprint"),
        ("foreign", "unknown issuer", "not signed by one in the CA file", "file of its issuer"),
        ("expired", "expired", "has expired", "Renew"),
        ("future", "not yet valid", "not valid yet", "clock"),
        ("wrong name", "wrong name", "not issued to 127.0.0.1", "name that it lists"),
    ],
)
async def test_refusals_are_told_apart(tmp_path: Path, kind: str, reason: str, words: str, way_out: str) -> None:
    ours = authority(tmp_path, days=(-30, 30))
    made = {
        "self-signed": lambda: certificate(tmp_path),
        "foreign": lambda: certificate(tmp_path, issuer=authority(tmp_path)),
        "expired": lambda: certificate(tmp_path, issuer=ours, days=(-9, -2)),
        "future": lambda: certificate(tmp_path, issuer=ours, days=(2, 9)),
        "wrong name": lambda: certificate(tmp_path, "elsewhere.test", issuer=ours),
    }[kind]()
    async with listener(made) as port:
        with pytest.raises(CertificateError) as caught:
            await AsyncClient(port.address, tls=TLS.authority(ours.path)).connect()
        assert port.read == b""
    assert caught.value.reason == reason
    assert words in str(caught.value)
    assert way_out in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


async def test_a_host_name_has_to_match_too(tmp_path: Path) -> None:
    ours = authority(tmp_path)
    made = certificate(tmp_path, "localhost", issuer=ours)
    async with nas(echo, tls=made.context) as server:
        async with AsyncClient(server.url.replace("127.0.0.1", "localhost"), tls=TLS.authority(ours.path)) as client:
            await client.call("x")
        with pytest.raises(CertificateError, match="not issued to 127"):
            await AsyncClient(server.url, tls=TLS.authority(ours.path)).connect()


async def test_ca_files_that_cannot_serve(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name, words in (("missing.pem", "cannot be read: No such file"), ("empty.pem", "no certificate in PEM form")):
        with pytest.raises(ConnectError, match=words) as caught:
            context(TLS.authority(tmp_path / name))
        assert name in str(caught.value)
        assert caught.value.stage == "tls"


def test_a_profile_may_name_a_ca_file_of_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    authority(tmp_path).path.rename(tmp_path / "ca.pem")
    assert context(TLS(ca_file="~/ca.pem")).get_ca_certs()


def test_choices_that_contradict_each_other() -> None:
    with pytest.raises(ValueError, match="give one of them"):
        AsyncClient("wss://nas", verify_ssl=False, tls=TLS())
    with pytest.raises(ValueError, match="choose one"):
        TLS(ca_file="x", pins=(Pin("0" * 64),))
    with pytest.raises(ValueError, match="fingerprint is missing"):
        TLS.pinned()


# -- fingerprints as people write them -------------------------------------------------------

DIGITS = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (DIGITS, False),
        (DIGITS.upper(), False),
        (":".join(DIGITS[i : i + 2] for i in range(0, 64, 2)).upper(), False),
        (" ".join(DIGITS[i : i + 2] for i in range(0, 64, 2)), False),
        (f"sha256:{DIGITS}", False),
        ("SHA256 Fingerprint=" + ":".join(DIGITS[i : i + 2] for i in range(0, 64, 2)), False),
        ("sha256:" + ":".join(DIGITS[i : i + 2] for i in range(0, 64, 2)), False),
        (f" spki:{DIGITS}\n", True),
    ],
)
def test_fingerprints_are_read_as_they_are_shown_elsewhere(text: str, key: bool) -> None:
    pin = Pin.parse(text)
    assert pin == Pin(DIGITS, key)
    assert Pin.parse(pin.text) == pin


@pytest.mark.parametrize("text", ["", "sha256:", DIGITS[:-1], DIGITS + "0", "x" * 64, f"sha1:{DIGITS}", DIGITS[:40]])
def test_what_is_no_fingerprint(text: str) -> None:
    with pytest.raises(ValueError, match="no fingerprint"):
        Pin.parse(text)


@given(st.binary(max_size=40))
def test_bytes_that_are_no_certificate_fit_no_pin(certificate: bytes) -> None:
    assert not Pin(DIGITS, key=True).fits(certificate)
    assert not Pin(DIGITS).fits(certificate)
    assert key_fingerprint(certificate) == ""


# -- looking first ---------------------------------------------------------------------------


async def test_what_is_shown_on_first_use(tmp_path: Path) -> None:
    made = certificate(tmp_path, "nas.test", "127.0.0.9", days=(-9, -2))
    async with listener(made) as port:
        seen = await probe(parse(port.address))
        assert port.read == b""
    assert (seen.subject, seen.issuer) == ("CN=nas", "CN=nas")
    assert seen.names == ("nas.test", "127.0.0.9")
    assert seen.not_after == made.certificate.not_valid_after_utc
    assert seen.fingerprint == made.fingerprint
    assert seen.shown_fingerprint.replace(":", "").lower() == made.fingerprint
    assert not seen.trusted
    # All that is wrong with it, not only what the check stops at.
    assert [words.split(":")[0].split(" on ")[0] for words in seen.problems] == [
        "it is self-signed",
        "it has expired",
        "it is not issued to 127.0.0.1 but to nas.test, 127.0.0.9",
    ]


async def test_a_trusted_certificate_has_no_problems(tmp_path: Path) -> None:
    ours = authority(tmp_path)
    made = certificate(tmp_path, issuer=ours)
    async with listener(made) as port:
        endpoint = parse(port.address)
        assert (await probe(endpoint, tls=TLS.authority(ours.path))).trusted
        (problem,) = (await probe(endpoint, tls=SYSTEM)).problems
        assert problem == "this machine does not know its issuer, CN=authority"
        assert (await probe(endpoint, tls=TLS.pinned(made.fingerprint))).trusted
        assert not (await probe(endpoint, tls=TLS.pinned(DIGITS))).trusted


async def test_wildcards_stand_for_one_label(tmp_path: Path) -> None:
    from truenas_client.aio.probe import read_certificate

    made = certificate(tmp_path, "*.lab.test", issuer=authority(tmp_path))
    refusal = ssl.SSLCertVerificationError()
    for host, fits in (("nas.lab.test", True), ("a.nas.lab.test", False), ("lab.test", False), ("127.0.0.1", False)):
        problems = " ".join(read_certificate(_der(made), host, refusal).problems)
        assert ("not issued to" not in problems) == fits, host


async def test_looking_where_there_is_nothing_to_see(tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match="no TLS"):
        await probe(parse("ws://127.0.0.1:1"))
    with pytest.raises(ConnectionRefusedError):
        await probe(parse("wss://127.0.0.1:1"))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        with pytest.raises(ConnectError, match="does not speak TLS"):
            await probe(parse(f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
