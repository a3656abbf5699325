"""Every way of signing in, with marked secrets: they are nowhere but on the wire."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import traceback
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.midclt.served import scripted
from truenas_client import APIKeyAuthMech, AsyncClient, ClientException, State
from truenas_client.auth import budget
from truenas_client.auth import flow as flows
from truenas_client.auth.channel import Channel
from truenas_client.auth.keyflow import api_key_login
from truenas_client.auth.keytext import parse, precompute
from truenas_client.auth.scram import ScramClient, derive
from truenas_client.simulator import ApiKey

from .test_sessions import impostor, server_final, until
from .ways import SALT, at_another_host, nas_with_keys

# No two share a piece, and none has one that a library writes of itself.
PASSWORD = "xPASSWORDxQZX"
OTP = "771144993355"
SECRET = "MARKEDKEYQZXWV" + "A" * 50
KEY = f"31-{SECRET}"
WRONG_KEY = "31-MARKEDWRONGQZX"
DERIVED = derive(SECRET, SALT, 50_000)
PRECOMPUTED = precompute(KEY, SALT, 50_000)

Seen = Callable[[object], None]


class Collected:
    """Everything that was written or shown."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.failures = 0
        self.warnings: list[warnings.WarningMessage] = []

    def see(self, thing: object) -> None:
        if isinstance(thing, BaseException):
            self.failures += 1
            self.texts.append("".join(traceback.format_exception(thing)))
            chain: BaseException | None = thing
            while chain is not None:
                self.texts += [str(chain), repr(chain), repr(vars(chain))]
                chain = chain.__cause__ or chain.__context__
        else:
            self.texts += [str(thing), repr(thing)]

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        try:
            yield
        except ClientException as e:
            self.see(e)


class Everything(logging.Handler):
    def __init__(self, collected: Collected) -> None:
        super().__init__(logging.NOTSET)
        self._collected = collected
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        # The servers of the tests are websockets' own, and say what they receive.
        if record.name != "websockets.server":
            self._collected.texts += [self.format(record), repr(vars(record))]


@pytest.fixture
def collected() -> Any:
    collected = Collected()
    handler = Everything(collected)
    root = logging.getLogger()
    levels = {
        logger: logger.level for logger in (root, logging.getLogger("asyncio"), logging.getLogger("truenas_client"))
    }
    for logger in levels:
        logger.setLevel(logging.DEBUG)
    root.addHandler(handler)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        collected.warnings = caught
        yield collected
    root.removeHandler(handler)
    for logger, level in levels.items():
        logger.setLevel(level)


async def password(client: AsyncClient, seen: Seen, folder: Path) -> None:
    seen(await client.login_with_password("marked", PASSWORD))


async def two_factors(client: AsyncClient, seen: Seen, folder: Path) -> None:
    seen(await client.login_with_password("two", PASSWORD, lambda: OTP))


async def wrong_password(client: AsyncClient, seen: Seen, folder: Path) -> None:
    await client.login_with_password("admin", PASSWORD, OTP)


async def wrong_otp(client: AsyncClient, seen: Seen, folder: Path) -> None:
    await client.login_with_password("other", PASSWORD, OTP)


async def scram(client: AsyncClient, seen: Seen, folder: Path) -> None:
    seen(await client.login_with_api_key("marked", KEY))


async def unbound_scram(client: AsyncClient, seen: Seen, folder: Path) -> None:
    seen(await client.login_with_api_key("marked", KEY, channel_binding=False))


async def scram_from_file(client: AsyncClient, seen: Seen, folder: Path) -> None:
    path = folder / "derived.json"
    path.write_text(PRECOMPUTED)
    path.chmod(0o644)
    seen(await client.login_with_api_key("marked", path))


async def wrong_scram(client: AsyncClient, seen: Seen, folder: Path) -> None:
    await client.login_with_api_key("marked", WRONG_KEY)


async def plain(client: AsyncClient, seen: Seen, folder: Path) -> None:
    seen(await client.login_with_api_key("marked", KEY, APIKeyAuthMech.PLAIN))


async def wrong_plain(client: AsyncClient, seen: Seen, folder: Path) -> None:
    await client.login_with_api_key("marked", WRONG_KEY, APIKeyAuthMech.PLAIN)


async def broken_key(client: AsyncClient, seen: Seen, folder: Path) -> None:
    path = folder / "broken"
    for text in (
        f"[nas]\n{SECRET}\n",
        f'{{"raw_key": "{SECRET}"',
        f"raw_key = {SECRET}",
        SECRET,
        f'{{"client_key": "{SECRET}"}}',
    ):
        path.write_text(text)
        for key in (text, str(path)):
            with pytest.raises(ClientException) as caught:
                await client.login_with_api_key("marked", key)
            seen(caught.value)


async def token(client: AsyncClient, seen: Seen, folder: Path) -> None:
    await client.login_with_token(PASSWORD)


async def too_long(client: AsyncClient, seen: Seen, folder: Path) -> None:
    await client.login_with_password("marked", PASSWORD * 1000)


FLOWS = [password, two_factors, wrong_password, wrong_otp, scram, scram_from_file, wrong_scram, plain, wrong_plain]
FLOWS += [unbound_scram, broken_key, token, too_long]


def assert_clean(collected: Collected, *texts: str) -> None:
    for warning in collected.warnings:
        collected.see(warning.message)
    for text in [*collected.texts, *texts]:
        assert is_clean(text), text[:2000]


def is_clean(text: str) -> bool:
    keys = [shown for key in (DERIVED.client, DERIVED.server) for shown in (key.hex(), repr(key)[2:-1])]
    marks = [PASSWORD, OTP, SECRET, WRONG_KEY[3:], *PRECOMPUTED.split('"')[3:12:4], *keys]
    return not any(mark in text for mark in marks)


@pytest.mark.parametrize("release", ["24.10", "25.10", "26"])
@pytest.mark.usefixtures("elsewhere")
async def test_no_login_shows_its_secret(
    release: str, collected: Collected, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with nas_with_keys(release, tls=True) as nas:
        nas.add_account("marked", PASSWORD)
        nas.add_account("two", PASSWORD, otp=OTP)
        nas.add_account("other", PASSWORD, otp="1")
        nas.add_api_key(ApiKey(31, "marked", "marked", SECRET, SALT, 50_000))
        secure = nas.secure_url or ""
        ways = [secure.rpartition("/api")[0], nas.legacy_url, at_another_host(nas, nas.legacy_url)]
        for way in ways:
            for login in FLOWS:
                nas.rate_limit.clear()
                budget.forget_counts()
                nas.faked_address = None
                async with AsyncClient(way, verify_ssl=False) as client:
                    async with collected.attempt():
                        await login(client, collected.see, tmp_path)
                    collected.see(client)
                    collected.see(vars(client))
                    collected.see(vars(client._life.logins))
                    if client.signed_in and way == ways[0]:
                        with contextlib.suppress(ClientException):
                            await until(client, State.READY, nas.drop_connections)
        for task in asyncio.all_tasks():
            collected.see(task)
    gc.collect()
    out, err = capfd.readouterr()
    assert collected.failures > 20
    assert_clean(collected, out + err)


async def test_no_server_has_a_secret_shown(collected: Collected, capfd: pytest.CaptureFixture[str]) -> None:
    """Servers that answer in ways of their own, and repeat what they were sent."""

    def error(code: int, **data: Any) -> dict[str, Any]:
        return {"error": {"code": code, "message": "Invalid", "data": data}}

    async def lose(link: Any, frame: dict[str, Any]) -> None:
        link.transport.abort()

    answers: list[Any] = [
        impostor(server_final("v=AAAA")),
        impostor({"response_type": "AUTH_ERR"}),
        {"result": {"response_type": "NEW"}},
        {"result": [1]},
        error(-32602, error=22, reason="[EINVAL]", extra=[["login_data", "unknown", 22]]),
        error(-32001, error=16, reason="[EBUSY]", extra=None),
        error(-32001, error=95, reason="[EOPNOTSUPP]", extra=None),
        lose,
    ]
    for answer in answers:
        async with scripted({"auth.login_ex": answer, "auth.logout": {"result": True}}) as url:
            for login in (password, plain, unbound_scram):
                budget.forget_counts()
                async with AsyncClient(url, reconnect=False) as client, collected.attempt():
                    await login(client, collected.see, Path())
    out, err = capfd.readouterr()
    assert collected.failures == 3 * len(answers)
    assert_clean(collected, out + err)


def test_no_step_shows_its_secret() -> None:
    key = parse(KEY)
    exchange = ScramClient("marked", 31, b"n" * 32)
    shown: list[object] = [key, parse(PRECOMPUTED), DERIVED, exchange]
    for steps in (
        flows.password_login("marked", PASSWORD),
        flows.token_login(PASSWORD),
        flows.reconnect_login(PASSWORD, "marked"),
        api_key_login("marked", key, Channel("tls", "nas"), mechanism=APIKeyAuthMech.PLAIN, nonce=b""),
    ):
        shown += [steps, next(steps)]
    shown.append(flows.Derivation(SECRET, SALT, 50_000))
    shown.append(flows.Login("marked", reconnect_token=PASSWORD))
    for thing in shown:
        assert is_clean(f"{thing!r}{thing}")
