"""Release 27: what it shares with 26 and where it differs, over the wire."""

from __future__ import annotations

import json
import urllib.request

import pytest
from websockets.asyncio.client import connect

from tests.facts import catalogue
from tests.simulator.talking import Refused, Talk, talk
from truenas_client.simulator import RELEASES, Simulator, ThreadedSimulator


async def test_it_says_what_it_is_and_lists_its_api_versions() -> None:
    async with Simulator(release="27") as nas, talk(nas) as client:
        assert str((await client.call("system.info"))["version"]).endswith("27.0.0-BETA.1")
        assert RELEASES["27"].api_versions[:-1] == RELEASES["26"].api_versions
        assert RELEASES["27"].api_versions[-1] == "v27.0.0"
        assert (await client.login())["reconnect_token"] is None


def test_api_versions_over_http() -> None:
    with ThreadedSimulator(release="27") as nas:
        address = nas.url.replace("ws://", "http://").replace("/api/current", "/api/versions")
        with urllib.request.urlopen(address) as answer:
            assert json.load(answer) == list(RELEASES["27"].api_versions)


async def test_the_old_logins_are_listed_no_more_and_still_work() -> None:
    old = {"auth.login", "auth.login_with_api_key"}
    async with Simulator(release="26") as nas, talk(nas) as client:
        assert old <= set(await client.call("core.get_methods"))
    async with Simulator(release="27") as nas, talk(nas) as client:
        assert not old & set(await client.call("core.get_methods"))
        assert await client.call("auth.login", "admin", "admin") is True


async def test_the_first_field_to_sort_by_weighs_most() -> None:
    for release, weights in (("26", ("uid", "locked")), ("27", ("locked", "uid"))):
        async with Simulator(release=release) as nas, talk(nas) as client:
            user = await client.call("user.query", [["username", "=", "viewer"]], {"get": True})
            await client.call("user.update", user["id"], {"locked": True})
            rows = await client.call("user.query", [], {"order_by": ["locked", "uid"], "select": ["uid", "locked"]})
            assert len({row["locked"] for row in rows}) == 2
            assert rows == sorted(rows, key=lambda row: [row[name] for name in weights])


async def test_its_oldest_path_lacks_two_methods() -> None:
    async with Simulator(release="27") as nas, connect(nas.url.replace("current", "v25.04.0"), max_size=None) as oldest:
        client = Talk(oldest)
        await client.login()
        for method, params in (("core.get_methods", []), ("core.job_abort", [1])):
            with pytest.raises(Refused) as refused:
                await client.call(method, *params)
            assert (refused.value.code, refused.value.data["error"]) == (-32001, 201)


async def test_its_real_catalogue_is_served_with_its_new_jobs() -> None:
    methods = catalogue("27")
    async with Simulator(release="27", catalogue=methods, speed=1000) as nas, talk(nas) as client:
        assert set(await client.call("core.get_methods")) == set(methods)
        for name in ("container.delete", "pool.snapshottask.run"):
            assert nas.registry.methods[name].job is not None
        assert await client.call("auth.login", "admin", "admin") is True
        await client.call("core.subscribe", "core.get_jobs")
        await client.call("pool.snapshottask.run", 1)
        assert {frame["params"]["fields"]["method"] for frame in client.events} == {"pool.snapshottask.run"}


async def test_bad_selections_are_call_errors_there_and_invalid_arguments_on_26() -> None:
    codes = {}
    for release in ("26", "27"):
        async with Simulator(release=release) as nas, talk(nas) as client:
            with pytest.raises(Refused) as refused:
                await client.call("pool.query", [], {"select": ["topology.0"]})
            codes[release] = refused.value.code
    assert codes == {"26": -32602, "27": -32001}
