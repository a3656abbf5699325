"""Every way of signing in to the app, with marked secrets: they are on the wire and where they were told to be kept.

Looked through are the screens, the log, what is printed, errors, the process list and every file of the user's folders.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from tests.app.conftest import Desk, at_desk
from tests.auth.test_secrets import (
    KEY,
    OTP,
    PASSWORD,
    PRECOMPUTED,
    SECRET,
    WRONG_KEY,
    Collected,
    assert_clean,
    collected,
)
from tests.auth.ways import SALT, at_another_host, elsewhere
from tests.keptfiles import files_below
from tests.processes import Processes, watched
from tests.ring import Ring
from truenas_client.auth import budget
from truenas_client.secrets.value import Command, Environment, File, Keyring, Reference
from truenas_client.simulator import ApiKey, Call, Simulator
from truenas_client.storage import Profile, Profiles, config_path
from truenas_client.trust import TLS
from truenas_client.values.copy_as import FORMS, copied
from tui.app import Start
from tui.model import export
from tui.session.copied import copied_call
from tui.session.copying import save
from tui.session.session import State

__all__ = ["collected", "elsewhere"]

WRONG = "xWRONGPASSWORDxQZX"
# The mark comes out of the environment, so the process list could only have it from us.
GIVES = (
    sys.executable,
    "-c",
    """
import os, time
print(os.environ["MARKED_KEY"])
while not os.path.exists(os.environ["SEEN"]):
    time.sleep(0.01)
""",
)


@asynccontextmanager
async def marked_nas(release: str = "26") -> AsyncIterator[Simulator]:
    async with Simulator(release=release, tls=True, speed=1000.0, demo_data=False) as nas:
        nas.add_account("admin", "admin")
        nas.add_account("marked", PASSWORD)
        nas.add_account("two", PASSWORD, otp=OTP)
        nas.add_api_key(ApiKey(31, "marked", "marked", SECRET, SALT, 50_000))

        @nas.job("test.told")
        async def told(call: Call, secret: str) -> int:
            return len(secret)

        yield nas


class Flows:
    """Signs in, and looks at the screen at every step."""

    def __init__(self, nas: Simulator, seen: Collected) -> None:
        self.nas, self.seen = nas, seen
        assert nas.tls is not None
        self.pin = TLS.pinned(nas.tls.fingerprint)
        self.failures = 0

    def start(self, user: str, secret: str, **values: Any) -> Start:
        url = str(self.nas.secure_url)
        return Start(url, user, secret, ca_file=str(self.nas.tls.path) if self.nas.tls else "", **values)

    @asynccontextmanager
    async def desk(self, start: Start) -> AsyncIterator[Desk]:
        self.nas.rate_limit.clear()
        budget.forget_counts()
        async with at_desk(start, (80, 24)) as desk:
            await desk.pilot.pause()
            yield desk
            self.seen.see(desk.text)
            for session in desk.app.connections.sessions:
                for thing in (session, session.target, session.life.warnings, session.life.failure, vars(session)):
                    self.seen.see(thing)

    async def refused(self, start: Start, *words: str) -> None:
        async with self.desk(start) as desk:
            if not start.profile:
                await desk.press("enter")
            await desk.see(*words)
            self.failures += 1

    async def succeeds(self, start: Start, *, at_once: bool = False) -> None:
        async with self.desk(start) as desk:
            if not at_once:
                await desk.press("enter")
            await desk.landed()

    def profile(self, reference: Reference, mechanism: str = "api-key") -> Start:
        Profiles().put(
            Profile(
                name="marked",
                addresses=(str(self.nas.secure_url),),
                username="marked",
                mechanism=mechanism,
                secret=reference,
                tls=self.pin,
            )
        )
        return Start(profile="marked")


async def sign_in_by_hand(flows: Flows) -> None:
    """Typed, kept, lost and renewed, with a secret among the arguments of a call."""
    async with flows.desk(flows.start("marked", "")) as desk:
        await desk.until(lambda: desk.app.screen.query_one("#password", Input).has_focus, "the password")
        await desk.type(PASSWORD)
        flows.seen.see(desk.text)
        await desk.press("enter")
        await desk.ask_to_keep()
        await desk.press("enter")
        await desk.landed()
        await desk.open("auth login_ex", "auth.login_ex")
        # Not in the repr of the editor, whose text it is, but in no file either.
        await desk.write(f'[{{"mechanism": "PASSWORD_PLAIN", "username": "x", "password": "{PASSWORD}"}}]')
        await desk.open("core get_jobs", "core.get_jobs")
        settings = [{"name": "DB_PASSWORD", "value": PASSWORD}, f"https://marked:{PASSWORD}@h/x?sig={PASSWORD}"]
        await desk.write(json.dumps([{"command": f"mysqldump -p{PASSWORD} shop", "env": settings}]))
        await desk.until(lambda: PASSWORD in (desk.session.memory.draft_of("core.get_jobs") or ""), "the draft kept")
        # Made, kept in the history, saved for later: nothing of it says the secret.
        await desk.press("ctrl+j", "ctrl+j")
        await desk.ended()
        await desk.press("escape", "s")
        await desk.see("Save the call", "a secret: asked")
        await desk.type("marked")
        await desk.press("enter")
        await desk.see("Saved as marked")
        for key, title in (("5", "━ History ━"), ("8", "━ Saved calls ━")):
            await desk.press("escape", key)
            await desk.see(title, "core.get_jobs")
            flows.seen.see(desk.text)
        assert [entry.method for entry in desk.session.memory.history.newest()] == ["core.get_jobs"]
        await desk.press("1")
        await desk.press("escape")
        await copied_and_saved(flows, desk)
        states: list[State] = []
        desk.session.changed.subscribe(lambda: states.append(desk.session.state))
        flows.nas.drop_connections()
        await desk.until(lambda: set(states) - {State.ONLINE} and desk.session.online, "connected again")
        await desk.write("[]")


async def copied_and_saved(flows: Flows, desk: Desk) -> None:
    """A call with a secret in each form of the copy menu; what the server says back of one, in each form of a file."""
    session = desk.session
    for arguments in ([{"password": PASSWORD, "command": f"mysqldump -p{PASSWORD} shop"}], ["${secret:marked}"]):
        await desk.open("core get_jobs", "core.get_jobs")
        await desk.write(json.dumps(arguments))
        await desk.press("escape", "y", "m")
        await desk.until(lambda: "midclt" in desk.app.clipboard, "the command")
        flows.seen.see(desk.app.clipboard)
        desk.app.copy_to_clipboard("")
        call, server = copied_call(session, "core.get_jobs", arguments)
        for form in FORMS[:4]:
            flows.seen.see(copied(form, call, server))
    with config_path().open("a") as config:
        config.write('\n[secret]\nmarked = { env = "MARKED_KEY" }\n')
    session.caller.allow_writes(True)
    told = session.new_call("test.told", ["${secret:marked}"])
    told.reviewed = True
    await session.caller.run(told)
    assert told.value == len(KEY), "the secret was sent"
    jobs = session.new_call("core.get_jobs", [])
    await session.caller.run(jobs)
    assert [job["arguments"] for job in jobs.value] == [["********"]]
    for value in (jobs.value, jobs.value[0]):
        for suffix in export.forms_of(value):
            await save(export.pieces(value, suffix), config_path().parent / f"{type(value).__name__}.{suffix}")


async def sign_in_with_a_code(flows: Flows) -> None:
    async with flows.desk(flows.start("two", PASSWORD)) as desk:
        await desk.press("enter")
        await desk.see("one-time password")
        desk.app.screen.query_one("#code", Input).value = "000000"
        await desk.press("enter")
        await desk.see("Wrong code")
        flows.seen.see(desk.text)
        desk.app.screen.query_one("#code", Input).value = OTP
        await desk.press("enter")
        await desk.landed()


@pytest.mark.usefixtures("elsewhere")
async def test_no_sign_in_shows_or_writes_its_secret(
    collected: Collected,
    ring: Ring,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MARKED_KEY", KEY)
    monkeypatch.setenv("MARKED_WRONG", WRONG_KEY)
    kept = tmp_path / "kept"
    kept.write_text(PRECOMPUTED)
    kept.chmod(0o644)
    broken = tmp_path / "broken"
    broken.write_text(f"[nas]\n{SECRET}\n")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    with watched() as processes:
        processes.awaited["MARKED_KEY"] = tmp_path / "seen"
        async with marked_nas() as nas:
            flows = Flows(nas, collected)
            await sign_in_by_hand(flows)
            await sign_in_with_a_code(flows)
            await flows.refused(flows.start("admin", WRONG), "Wrong user or password")
            await flows.refused(flows.start("admin", WRONG_KEY, by_key=True), "Wrong user or key")
            await flows.refused(flows.start("marked", str(broken), by_key=True), "Not an API key")
            await flows.refused(flows.profile(Environment("MARKED_WRONG")), "Wrong user or key")
            await flows.refused(flows.profile(Environment("MARKED_WRONG"), "token"), "Wrong user or token")
            await flows.refused(flows.profile(Keyring("nobody")), "Secret not available")
            for reference in (Environment("MARKED_KEY"), File(str(kept)), Command(GIVES)):
                await flows.succeeds(flows.profile(reference), at_once=True)
            await flows.succeeds(flows.start("marked", KEY, by_key=True))
            readable = Start(at_another_host(nas), "marked", KEY, by_key=True, plain=True)
            await flows.refused(readable, "Not sent")
        async with marked_nas("25.10") as older:
            await Flows(older, collected).succeeds(
                Flows(older, collected).start("marked", KEY, by_key=True, plain=True)
            )
    for task in asyncio.all_tasks():
        collected.see(task)
    out, err = capfd.readouterr()
    assert flows.failures == 7
    assert any(MARK in line for line in processes.lines for MARK in ["MARKED_KEY"]), "the command was seen"
    assert_clean(collected, out + err, *processes.lines, *files())
    assert ring.entries, "kept where it was told to be"
    assert config_path().exists()


def files() -> list[str]:
    """The text of every file under the test's own folders: configuration, state, cache."""
    home = config_path().parents[2]
    texts = [data.decode(errors="replace") for data in files_below(home).values()]
    assert len(texts) > 2
    return texts


def test_the_process_list_is_read() -> None:
    processes = Processes()
    processes.look()
    assert any("pytest" in line or "python" in line for line in processes.lines)
