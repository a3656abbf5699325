"""What lists methods and services: for whom, and with what a client of the server's own command line needs."""

from __future__ import annotations

import pytest

from tests.simulator.talking import Refused, talk
from truenas_client.simulator import RELEASES, Simulator


@pytest.mark.parametrize("release", [name for name in RELEASES if name != "24.10"])
async def test_the_listing_for_the_command_line(release: str) -> None:
    async with Simulator(release=release) as nas, talk(nas) as client:
        services = await client.call("core.get_services", "CLI")
        methods = await client.call("core.get_methods", None, "CLI")
        everything = await client.call("core.get_methods")
        # As its command line reads them: each method's service is there, with the place it is shown at.
        for name, method in methods.items():
            config = services[name.rpartition(".")[0]]["config"]
            assert not config["cli_private"]
            assert config["cli_namespace"]
            assert method["cli_private"] is False
        assert services["pool.dataset"]["config"]["cli_namespace"] == "storage.dataset"
        assert services["user"]["config"]["cli_namespace"] == "account.user"
        assert "core" not in services
        assert {"core.ping", "auth.login_ex"} <= set(everything) - set(methods)
        assert set(await client.call("core.get_methods", "auth", "CLI")) < set(methods)


async def test_before_login_25_04_lists_what_needs_none_and_25_10_nothing() -> None:
    async with Simulator(release="25.04") as nas, talk(nas, login=False) as client:
        listed = await client.call("core.get_methods")
        assert "auth.login_ex" in listed
        assert "pool.query" not in listed
        assert await client.call("core.get_services") == nas.registry.all_services()
    async with Simulator(release="25.10") as nas, talk(nas, login=False) as client:
        with pytest.raises(Refused) as refused:
            await client.call("core.get_methods")
        assert refused.value.data["error"] == 207


async def test_a_service_that_is_not_there_has_no_methods() -> None:
    async with Simulator() as nas, talk(nas) as client:
        assert await client.call("core.get_methods", "nosuch") == {}
        for method, params in (("core.get_services", ["X"]), ("core.get_methods", [None, "X"])):
            with pytest.raises(Refused) as refused:
                await client.call(method, *params)
            assert (refused.value.code, refused.value.rows) == (
                -32602,
                [["target", "Input should be 'WS', 'CLI' or 'REST'", 22]],
            )
