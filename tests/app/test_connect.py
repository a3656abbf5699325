"""The connect card: every way it can go, and that nothing typed is lost."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.app.conftest import Desk, at_desk
from truenas_client.secrets.value import Secret
from truenas_client.simulator import Simulator
from truenas_client.storage import Profile
from tui.app import Start
from tui.session.target import Target
from tui.starting.attempt import missing
from tui.starting.connect import ConnectScreen
from tui.workspace import Workspace


def field(desk: Desk, name: str) -> Input:
    return desk.app.screen.query_one(f"#{name}", Input)


@asynccontextmanager
async def answering(reply: bytes) -> AsyncIterator[int]:
    """A server that is no TrueNAS: it answers whatever comes with this."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(reply)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_signs_in_with_what_is_typed(nas: Simulator) -> None:
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.until(lambda: field(desk, "address").has_focus, "the address has the focus")
        await desk.type(nas.url)
        await desk.press("tab", "tab")
        await desk.type("admin")
        await desk.press("tab")
        await desk.type(nas.users["admin"]["password"])
        await desk.press("enter")
        await desk.landed()
        await desk.see("read-only", "Methods")


async def test_signs_in_with_an_api_key(tmp_path: Path) -> None:
    async with Simulator(tls=True) as nas:
        file = tmp_path / "key"
        file.write_text(nas.info()["api_keys"]["demo"])
        file.chmod(0o600)
        address, certificate = nas.info()["wss"], nas.info()["certificate"]
        start = Start(address, "admin", str(file), by_key=True, ca_file=certificate)
        async with at_desk(start, (80, 24)) as desk:
            await desk.see("API key", "F2 shows it")
            await desk.press("enter")
            await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
            assert desk.session.target.kind == "api key"


async def test_a_key_that_would_be_sent_or_unbound_says_what_to_do(nas: Simulator) -> None:
    key = nas.info()["api_keys"]["demo"]
    async with at_desk(Start(nas.url, "admin", key, by_key=True), (80, 24)) as desk:
        await desk.press("enter")
        await desk.see("Not signed in", "--no-channel-binding")
        assert field(desk, "password").value == key
    async with at_desk(Start(nas.url, "admin", "no key at all", by_key=True), (80, 24)) as desk:
        await desk.press("enter")
        await desk.see("Not an API key")
        assert "no key at all" not in desk.text
    async with at_desk(Start(nas.url, "admin", key + "x", by_key=True, channel_binding=False), (80, 24)) as desk:
        await desk.press("enter")
        await desk.see("Wrong user or key")


async def test_password_is_shown_only_while_wanted(nas: Simulator) -> None:
    async with at_desk(Start(nas.url, "admin", "sesame"), (80, 24)) as desk:
        await desk.see("F2 shows it")
        assert "sesame" not in desk.text
        await desk.press("f2")
        await desk.see("sesame", "F2 hides it")
        await desk.press("f2")
        await desk.see_gone("sesame")


async def test_wrong_password_keeps_everything(nas: Simulator) -> None:
    async with at_desk(Start(nas.url, "admin", "wrong"), (80, 24)) as desk:
        await desk.press("enter")
        await desk.see("connected", "Wrong user or password")
        assert field(desk, "address").value == nas.url
        assert field(desk, "user").value == "admin"
        assert field(desk, "password").value == "wrong"
        assert field(desk, "password").has_focus
        field(desk, "password").value = nas.users["admin"]["password"]
        await desk.press("enter")
        await desk.until(lambda: any(isinstance(one, Workspace) for one in desk.app.screen_stack), "the workspace")


async def test_one_time_password_is_a_step(nas: Simulator) -> None:
    account = nas.users["guarded"]
    async with at_desk(Start(nas.url, "guarded", account["password"]), (80, 24)) as desk:
        await desk.press("enter")
        await desk.see("one-time password")
        await desk.until(lambda: field(desk, "code").has_focus, "the code has the focus")
        await desk.type("000000")
        await desk.press("enter")
        await desk.see("Wrong code")
        assert field(desk, "password").value == account["password"]
        await desk.until(lambda: field(desk, "code").has_focus and not field(desk, "code").value, "an empty code")
        await desk.type(account["otp"])
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")


async def test_before_25_04_a_code_may_be_what_is_missing() -> None:
    async with Simulator(release="24.10", speed=100.0) as nas:
        account = nas.users["guarded"]
        async with at_desk(Start(nas.legacy_url, "guarded", account["password"]), (80, 24)) as desk:
            await desk.press("enter")
            await desk.see("Wrong user, password", "only if the account has one-time passwords")
            assert field(desk, "password").has_focus
            await desk.press("enter")  # without a code the password is tried again
            await desk.see("Wrong user, password ")
            field(desk, "code").focus()
            await desk.type("000 000")
            await desk.press("enter")
            await desk.see("Wrong user, password or code")
            field(desk, "code").focus()
            await desk.type(f"{account['otp'][:3]} {account['otp'][3:]}")
            await desk.press("enter")
            await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")


async def test_expired_account_says_so(nas: Simulator) -> None:
    async with at_desk(Start(nas.url, "former", nas.users["former"]["password"]), (80, 24)) as desk:
        await desk.press("enter")
        await desk.see("Expired")


async def test_nobody_listens() -> None:
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with at_desk(Start(f"ws://127.0.0.1:{port}", "admin", "x"), (80, 24)) as desk:
        await desk.press("enter")
        await desk.see("Connection refused")
        assert field(desk, "address").value == f"ws://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("reply", "scheme", "expected"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "ws", "HTTP 404"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "ws", "HTTP 200"),
        (b"220 mail.example ESMTP\r\n", "ws", "Not a TrueNAS"),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "wss", "No secure connection"),
    ],
)
async def test_not_a_truenas(reply: bytes, scheme: str, expected: str) -> None:
    async with answering(reply) as port, at_desk(Start(f"{scheme}://127.0.0.1:{port}", "u", "p"), (80, 24)) as desk:
        await desk.press("enter")
        await desk.see(expected)
        assert field(desk, "password").value == "p"


async def test_addresses_that_make_no_sense_and_missing_fields() -> None:
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.press("enter")
        await desk.see("Address missing")
        await desk.type("ftp://nas")
        await desk.press("enter")
        await desk.see("Not an address")
        field(desk, "address").value = "nas"
        await desk.press("enter")
        await desk.see("User missing")
        await desk.until(lambda: field(desk, "user").has_focus, "the user has the focus")


async def test_connecting_can_be_stopped() -> None:
    waiting = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, at_desk(Start(f"ws://127.0.0.1:{port}", "admin", "x"), (80, 24)) as desk:
        await desk.press("enter")
        await desk.until(waiting.is_set, "the connection")
        await desk.press("escape")
        await desk.see("Cancelled")
        assert isinstance(desk.app.screen, ConnectScreen)


async def test_plain_connection_to_another_host_is_said_to_be_readable() -> None:
    async with at_desk(Start("ws://nas.example", "admin", "x"), (80, 24)) as desk:
        await desk.see("Not encrypted", "ws://nas.example/api/current")


async def test_this_machine_signs_in_by_its_socket(tmp_path: Path) -> None:
    async with Simulator(unix=tmp_path / "nas.sock") as nas, at_desk(Start(f"ws+unix://{nas.info()['unix']}")) as desk:
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")


async def test_demo_opens_signed_in_with_writes_allowed() -> None:
    async with at_desk(Start(demo=True, writable=True), (80, 24)) as desk:
        await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
        await desk.see("writes allowed", "pool.dataset")


async def test_a_second_connection_and_back(nas: Simulator) -> None:
    start = Start(nas.url, "admin", nas.users["admin"]["password"])
    async with at_desk(start) as desk:
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
        first = desk.app.screen
        await desk.press("escape", "c")
        await desk.until(lambda: isinstance(desk.app.screen, ConnectScreen), "the card")
        assert field(desk, "address").has_focus
        assert (field(desk, "address").value, field(desk, "password").value) == ("", "")
        # Once more, when there is a card already, with something in it.
        await desk.type("nas.example")
        field(desk, "password").value = "hers"
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is first, "the workspace")
        await desk.press("c")
        await desk.until(lambda: isinstance(desk.app.screen, ConnectScreen), "the card")
        await desk.until(lambda: field(desk, "address").has_focus, "the caret in the address")
        assert (field(desk, "address").value, field(desk, "password").value) == ("", "")
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is first, "the workspace again")


def test_version_loads_neither_textual_nor_rich() -> None:
    code = (
        "import sys; from tui.__main__ import main; status = main(['--version']);"
        "assert not {'textual', 'rich', 'asyncio', 'websockets'} & set(sys.modules), sorted(sys.modules);"
        "sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("truenas-tui ")


@pytest.mark.parametrize(
    ("address", "field"), [("ws://nas/websocket", None), ("ws://nas/api/current", "user"), ("wss://nas", "user")]
)
def test_a_key_needs_no_user_where_the_address_asks_for_the_old_protocol(address: str, field: str | None) -> None:
    target = Target(Profile(name="", addresses=(address,), mechanism="api-key"), Secret("1-abc"))
    found = missing(target, code=False)
    assert (None if found is None else found[0]) == field
