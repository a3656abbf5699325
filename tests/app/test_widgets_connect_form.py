"""The fields of the connect card: what was typed, chosen or kept for one address never goes to another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.app.stage import Stage
from truenas_client.secrets.value import Ask, Environment, Secret
from truenas_client.storage import Profile
from truenas_client.trust import SYSTEM, TLS
from tui.session.target import Kind, Target
from tui.widgets.choice import Choice
from tui.widgets.connect_form import KINDS, ConnectForm

BLANK = Target.of("")
PROFILE = Profile(
    name="lab",
    addresses=("wss://a.example", "wss://a2.example"),
    username="admin",
    secret=Environment("NAS_SECRET"),
    tls=TLS.insecure(),
    read_only=False,
)


@asynccontextmanager
async def filled(target: Target, blank: Target = BLANK) -> AsyncIterator[tuple[ConnectForm, Pilot[None]]]:
    form = ConnectForm(target, blank)
    async with Stage(form).run_test(size=(80, 24)) as pilot:
        yield form, pilot


def put(form: ConnectForm, field: str, text: str) -> None:
    form.query_one(f"#{field}", Input).value = text


def sent(form: ConnectForm) -> str | None:
    secret = form.target().secret
    return secret.reveal() if secret else None


@pytest.mark.parametrize("settled", [True, False], ids=["after its messages", "in one burst"])
@pytest.mark.parametrize("kind", ["password", "api key", "token"])
async def test_a_typed_secret_stays_with_its_address(kind: Kind, settled: bool) -> None:
    async with filled(BLANK) as (form, pilot):
        form.query_one("#kind", Choice).chosen = KINDS.index(kind)
        put(form, "address", "a.example")
        put(form, "user", "admin")
        await pilot.pause()
        put(form, "password", "hers")
        await pilot.pause()
        assert sent(form) == "hers"
        put(form, "address", "b.example")
        if settled:
            await pilot.pause()
        assert (sent(form), form.value("password"), form.value("user")) == (None, "", "admin")
        # Neither does it come back, nor is what is typed now the other's.
        put(form, "password", "for b")
        await pilot.pause()
        assert sent(form) == "for b"
        put(form, "address", "a.example")
        await pilot.pause()
        assert sent(form) is None


async def test_the_person_is_told_that_it_was_dropped() -> None:
    async with filled(Target.of("wss://a.example", "admin", "hers")) as (form, pilot):
        put(form, "address", "wss://b.example")
        await pilot.pause()
        note = str(form.query_one("#note").render())
        assert note.startswith("The password for wss://a.example/api/current was dropped")
        put(form, "password", "for b")
        await pilot.pause()
        assert "dropped" not in str(form.query_one("#note").render())


async def test_another_way_to_write_the_same_address_keeps_it() -> None:
    async with filled(Target.of("a.example", "admin", "hers")) as (form, pilot):
        put(form, "address", "wss://a.example/api/current")
        await pilot.pause()
        assert sent(form) == "hers"
        # Unencrypted is another matter.
        put(form, "address", "ws://a.example")
        await pilot.pause()
        assert sent(form) is None


async def test_a_secret_typed_before_any_address_waits_for_the_first_that_is_tried() -> None:
    async with filled(BLANK) as (form, pilot):
        put(form, "password", "hers")
        await pilot.pause()
        for address in ("a", "a.", "a.example"):
            put(form, "address", address)
            await pilot.pause()
        assert sent(form) == "hers"
        form.hold()  # as connecting does
        put(form, "address", "b.example")
        assert sent(form) is None


async def test_code_and_choices_stay_with_their_address() -> None:
    async with filled(Target.of("wss://a.example", "admin", "1-key", by_key=True)) as (form, pilot):
        form.offer_to_send()
        form.query_one("#way", Choice).chosen = 1
        form.query_one("#certificate", Choice).chosen = 1
        form.query_one("#lock", Choice).chosen = 1
        form.ask_code()
        put(form, "code", "123456")
        await pilot.pause()
        before = form.target()
        assert (before.profile.mechanism, before.tls.verify, before.writable) == ("api-key-plain", False, True)
        put(form, "address", "wss://b.example")
        after = form.target()
        assert (after.profile.mechanism, after.tls, after.writable) == ("api-key", SYSTEM, False)
        assert (form.value("code"), form.has_class("-code")) == ("", False)


async def test_what_a_profile_grants_is_for_its_addresses_only() -> None:
    async with filled(Target(PROFILE, Secret("typed"), True)) as (form, pilot):
        put(form, "address", "wss://a2.example")
        await pilot.pause()
        assert sent(form) == "typed", "the same server by its other address"
        put(form, "address", "wss://b.example")
        await pilot.pause()
        other = form.target()
        assert (other.profile.name, other.profile.secret, other.tls, other.writable) == ("", Ask(), SYSTEM, False)
        assert other.secret is None
        put(form, "address", "wss://a.example")
        await pilot.pause()
        again = form.target()
        assert (again.profile.secret, again.tls, again.writable) == (PROFILE.secret, PROFILE.tls, True)


async def test_somebody_else_at_the_same_server_leaves_no_settings_for_another() -> None:
    eve = Profile(name="", addresses=("ws://a.example",), username="eve", tls=TLS.insecure(), channel_binding=False)
    async with filled(Target(eve)) as (form, _pilot):
        put(form, "address", "wss://b.example")
        other = form.target()
        assert (other.tls, other.profile.channel_binding) == (SYSTEM, True)


async def test_a_certificate_trusted_for_one_address_takes_no_secret_to_it() -> None:
    async with filled(Target.of("wss://a.example", "admin", "given")) as (form, pilot):
        put(form, "address", "wss://b.example")
        put(form, "password", "for b")
        await pilot.pause()
        form.trust(TLS.pinned("ab" * 32))
        put(form, "address", "wss://c.example")
        await pilot.pause()
        assert (sent(form), form.target().tls) == (None, SYSTEM)
        put(form, "address", "wss://b.example")
        await pilot.pause()
        assert sent(form) is None, "the one given for a"
        assert form.target().tls == TLS.pinned("ab" * 32)
