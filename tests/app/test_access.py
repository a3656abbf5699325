"""Sessions and keys: who is signed in, and what is shown once, saved where the user says, and masked elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.app.conftest import Desk, Open, at_desk
from tests.keptfiles import files_below
from tests.ring import Ring
from truenas_client import AsyncClient
from truenas_client.secrets.value import Secret
from truenas_client.simulator import Simulator
from truenas_client.storage import config_path
from truenas_client.storage.key_files import load
from tui.app import Start
from tui.cards.file import FileScreen
from tui.cards.form import FormScreen
from tui.cards.new_secret import SecretScreen
from tui.cards.review import ReviewScreen
from tui.sections.access import AccessSection


async def access(desk: Desk) -> AccessSection:
    await desk.press("escape", "escape", "7")
    section = desk.workspace.section
    assert isinstance(section, AccessSection)
    await desk.until(lambda: section.sessions.key and section.keys.key, "both lists")
    return section


async def send(desk: Desk) -> None:
    await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review")
    await desk.press("enter")


async def shown(desk: Desk) -> str:
    """The secret on the card."""
    await desk.until(lambda: isinstance(desk.app.screen, SecretScreen), "the secret")
    return str(desk.app.screen.query_one("#secret").render())


async def test_another_session_is_seen_and_ended(signed_in: Open, nas: Simulator) -> None:
    async with signed_in() as desk, AsyncClient(nas.url, reconnect=False) as other:
        await other.login_with_password("viewer", nas.users["viewer"]["password"])
        section = await access(desk)
        await desk.see("Two-factor sign-in: off for this server, not set up for you", "admin", "this app", "viewer")
        await desk.press("down", "delete")
        await desk.see("auth.terminate_session", "viewer, signed in by password, from 127.0.0.1")
        await send(desk)
        await desk.until(lambda: len(section.sessions.rows) == 1, "one session")
        await desk.press("E")
        await desk.see("No other session is known")
        await desk.press("delete")
        await desk.see("ending it signs you out")
        await desk.press("e")
        await desk.until(lambda: desk.explore.call_pane.method is not None, "the arguments, to be edited")
        await desk.see("auth.terminate_session", section.sessions.rows[0].key)


async def test_a_key_is_made_shown_once_and_saved(
    signed_in: Open, nas: Simulator, ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with signed_in(size=(80, 24)) as desk:
        section = await access(desk)
        await desk.press("plus")
        await desk.until(lambda: isinstance(desk.app.screen, FormScreen), "the form")
        await desk.press("enter")
        await desk.see("Name is empty")
        await desk.type("backup")
        await desk.press("tab", "tab", "right", "enter")
        await desk.see("api_key.create", '"backup"', '"admin"', "expires_at")
        await send(desk)
        key = await shown(desk)
        made = next(one for one in nas.api_keys.values() if one.name == "backup")
        assert key == made.text
        assert made.expires is not None
        await desk.press("escape")
        await desk.see("Neither copied nor saved")
        ring.entries["truenas-client", "nas-backup"] = "of another"
        await desk.press("k")
        await desk.see("${secret:nas-backup-2}")
        assert ring.entries["truenas-client", "nas-backup-2"] == key
        await desk.press("f")
        await desk.until(lambda: isinstance(desk.app.screen, FileScreen), "the file")
        path = tmp_path / "backup.key"
        desk.app.screen.query_one("#path").value = str(path)  # type: ignore[attr-defined]
        await desk.press("enter")
        # The path is of any length, so that lines end anywhere.
        await desk.until(lambda: "-U admin -K" in re.sub(r"[\s┃│]+", " ", desk.text), "the command that uses it")
        assert path.read_text() == key + "\n"
        assert path.stat().st_mode & 0o777 == 0o600
        assert load(path).id == made.id
        path.unlink()
        await desk.press("y")
        await desk.see("Copied.")
        assert desk.app.clipboard == key
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.workspace, "the section")
        await desk.until(lambda: section.keys.has_focus and section.keys.key == str(made.id), "the cursor on it")
        await desk.see("backup", "expires ")
        last = desk.session.caller.last["api_key.create"]
        assert key not in repr(last.value)
        assert key.partition("-")[2] not in desk.text
        assert key not in desk.session.caller._put_in.masked_text(f"said again: {key}")
        assert Secret(key) in desk.session.caller._put_in._secrets
    kept = b"".join(files_below(config_path().parents[2]).values())
    assert key.partition("-")[2].encode() not in kept


async def test_a_key_is_changed_replaced_and_deleted_and_a_token_made(signed_in: Open, nas: Simulator) -> None:
    old = nas.api_keys[1].text
    async with signed_in() as desk:
        section = await access(desk)
        section.keys.focus()
        await desk.press("e")
        await desk.until(lambda: isinstance(desk.app.screen, FormScreen), "the form")
        await desk.press("enter")
        await desk.see("Nothing was to change")
        await desk.press("e")
        await desk.until(lambda: isinstance(desk.app.screen, FormScreen), "the form")
        await desk.type("x")
        await desk.press("tab", "tab", "right", "enter")
        await desk.see("api_key.update", "API key demo of admin", "reset")
        await send(desk)
        assert await shown(desk) == nas.api_keys[1].text != old
        await desk.press("escape", "escape")
        await desk.until(lambda: section._key is not None and section._key.name == "x", "the new name")
        await desk.press("delete")
        await desk.see("api_key.delete", "API key x of admin")
        await send(desk)
        await desk.until(lambda: not nas.api_keys, "no key left")
        await desk.see("No API keys.")
        await desk.press("t")
        await desk.until(lambda: isinstance(desk.app.screen, FormScreen), "the form")
        await desk.press("right", "tab", "right", "enter")
        await desk.see("auth.generate_token", "3600", "false")
        await send(desk)
        token = await shown(desk)
        assert nas.tokens[token].ttl == 3600
        await desk.press("escape", "escape")
        await desk.until(lambda: desk.app.screen is desk.workspace, "the section")
        assert token not in desk.text
        assert token not in repr(desk.session.caller.last["auth.generate_token"].value)


async def test_a_locked_session_makes_no_key_and_a_user_without_the_roles_is_told(
    signed_in: Open, nas: Simulator
) -> None:
    nas.add_account("few", "few", roles=("API_KEY_READ",))
    async with signed_in(user="few", writable=False) as desk:
        await desk.press("escape", "escape", "7")
        await desk.see("AUTH_SESSIONS_READ", "demo")
        for key in ("plus", "t"):
            await desk.press(key)
            await desk.see("Read-only", "L allows writes")
            assert desk.app.screen is desk.workspace
            desk.app.clear_notifications()
        assert len(nas.api_keys) == 1


async def test_the_oldest_release_is_shown_too() -> None:
    async with Simulator(speed=100.0, release="24.10") as nas:
        start = Start(nas.legacy_url, "admin", nas.users["admin"]["password"])
        async with at_desk(start, (120, 36)) as desk:
            await desk.press("enter")
            await desk.landed()
            await access(desk)
            await desk.see("Two-factor sign-in: off for this server", "this app", "demo")
            await desk.press("2")
            await desk.see("tank", "eno1", "sda", "cpu", "planned for Sunday")
