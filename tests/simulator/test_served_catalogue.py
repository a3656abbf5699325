"""A served catalogue: what the simulator does not implement is checked and answered by its schemas."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.facts import SOME_RELEASES, catalogue
from tests.simulator.talking import Refused, talk
from truenas_client import Catalogue
from truenas_client.methods.check import check
from truenas_client.methods.filters import filter_list
from truenas_client.simulator import Simulator, shapes
from truenas_client.simulator.registry import entry


def row() -> dict[str, Any]:
    return shapes.obj(id=shapes.integer(), name=shapes.text(), size=shapes.integer())


MINE = {
    "mine.query": entry(
        accepts=Simulator(demo_data=False).query_arguments(), returns=shapes.table(row(), "Rows."), filterable=True
    ),
    "mine.get_instance": entry(accepts=shapes.arguments(id=shapes.integer()), returns=shapes.returning(row())),
    "mine.set": entry(accepts=shapes.arguments(limit=shapes.integer(maximum=5)), returns=shapes.returning(row())),
    "mine.work": entry(
        accepts=shapes.arguments(name=shapes.text()), returns=shapes.returning(shapes.boolean()), job=True
    ),
}


@pytest.mark.parametrize("release", SOME_RELEASES)
async def test_every_method_answers_what_its_schema_says(release: str) -> None:
    methods = catalogue(release)
    known = Catalogue.from_methods(methods)
    nas = Simulator(catalogue=methods, demo_data=False, speed=5000)
    nas.add_account("admin", "admin")
    async with nas, talk(nas) as client:
        unimplemented = [name for name in methods if nas.registry.methods[name].handler is None]
        assert len(unimplemented) > len(methods) - 40
        for name in unimplemented:
            method = known.get(name)
            assert method is not None
            assert check(method.returns, await client.call(name, *method.draft())) == [], name


async def test_arguments_are_checked_first() -> None:
    async with Simulator(catalogue=MINE) as nas, talk(nas) as client:
        with pytest.raises(Refused) as refused:
            await client.call("mine.set", 6)
        assert refused.value.rows == [["limit", "Input should be less than or equal to 5", 22]]
        with pytest.raises(Refused) as refused:
            await client.call("mine.work")
        assert (refused.value.code, refused.value.rows) == (-32602, [["name", "Field required", 22]])


async def test_a_query_honours_filters_and_options() -> None:
    async with Simulator(catalogue=MINE) as nas, talk(nas) as client:
        rows = await client.call("mine.query")
        assert [one["id"] for one in rows] == [1, 2, 3]
        assert await client.call("mine.query", [], {"count": True}) == 3
        assert await client.call("mine.query", [["id", "=", 2]], {"get": True}) == rows[1]
        options = {"order_by": ["-id"], "limit": 2, "select": ["id"]}
        assert await client.call("mine.query", [], options) == filter_list(rows, [], options)
        with pytest.raises(Refused) as refused:
            await client.call("mine.query", [["id", "=", 9]], {"get": True})
        assert refused.value.data["trace"]["class"] == "MatchNotFound"
        assert (await client.call("mine.get_instance", 7))["id"] == 7


async def test_an_empty_catalogue_lists_nothing_and_only_for_its_simulator() -> None:
    async with Simulator() as nas, Simulator(catalogue={}) as empty, talk(nas) as client, talk(empty) as other:
        assert await other.call("core.get_methods") == {}
        assert "pool.query" in await client.call("core.get_methods")


async def test_a_job_takes_steps() -> None:
    async with Simulator(catalogue=MINE, speed=100) as nas, talk(nas) as client:
        await client.call("core.subscribe", "core.get_jobs")
        assert isinstance(await client.call("mine.work", "x"), bool)
        shown = [frame["params"]["fields"]["progress"]["percent"] for frame in client.events]
        assert shown[:6] == [0, 0, 0, 25, 50, 75]


async def answers(seed: int) -> str:
    async with Simulator(catalogue=MINE, seed=seed) as nas, talk(nas) as client:
        return json.dumps([await client.call("mine.query"), await client.call("mine.set", 1)])


async def test_the_seed_decides() -> None:
    assert await answers(3) == await answers(3)
    assert await answers(3) != await answers(4)


async def test_implemented_methods_serve_a_real_catalogue() -> None:
    # Members that a release has not are ours to tell; that a call runs with fewer arguments is not.
    methods = catalogue("25.10")
    async with Simulator(catalogue=methods, speed=1000) as nas, talk(nas) as client:
        assert await client.call("alert.list_categories")
        assert await client.call("pool.query", [], {"count": True}) == 2
        assert set(await client.call("core.get_methods")) == set(methods)


async def test_a_user_that_was_made_can_sign_in_without_access() -> None:
    async with Simulator() as nas, talk(nas) as client:
        made = await client.call("user.create", {"username": "eve", "full_name": "Eve", "password": "pw"})
        async with talk(nas, login=False) as other:
            assert await other.login("eve", "wrong") == {"response_type": "AUTH_ERR"}
            assert await other.login("eve", "pw") == {"response_type": "DENIED"}
            await client.call("user.update", made["id"], {"locked": True})
            assert await other.login("eve", "pw") == {"response_type": "EXPIRED"}
            await client.call("user.delete", made["id"])
            assert await other.login("eve", "pw") == {"response_type": "AUTH_ERR"}
