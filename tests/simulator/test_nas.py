"""The simulated NAS is one consistent, changing system that describes itself truly."""

from __future__ import annotations

import gzip
import json
import statistics
import time
from typing import Any

import jsonschema
import pytest
from websockets.asyncio.client import connect

from tests.facts import catalogue, facts, require_facts
from tests.simulator.talking import Refused, talk
from truenas_client.methods.normalise import normalise
from truenas_client.simulator import Call, Simulator

# Methods that end something or need the state of another call.
NOT_CALLED = {"auth.logout", "auth.terminate_other_sessions", "config.save", "core.job_wait", "system.reboot"}


def standard(schema: Any) -> Any:
    """The schema in standard form: the server writes the schema of items into a list of one."""
    if isinstance(schema, dict):
        made = {name: standard(member) for name, member in schema.items()}
        if isinstance(schema.get("items"), list):
            made["items"] = made["items"][0] if made["items"] else {}
        return made
    return [standard(member) for member in schema] if isinstance(schema, list) else schema


def plain(value: Any) -> Any:
    """A result with the extended forms as the text that schemas say they are."""
    if isinstance(value, dict):
        if len(value) == 1 and "$date" in value:
            return "2024-01-01T00:00:00Z"
        return {name: plain(member) for name, member in value.items()}
    return [plain(member) for member in value] if isinstance(value, list) else value


async def test_only_24_10_lists_its_events() -> None:
    async with Simulator(release="24.10") as nas, connect(nas.legacy_url, max_size=None) as connection:

        async def call(method: str, *params: Any) -> dict[str, Any]:
            await connection.send(json.dumps({"id": "1", "msg": "method", "method": method, "params": params}))
            answer: dict[str, Any] = json.loads(await connection.recv())
            return answer

        await connection.send('{"msg": "connect", "version": "1", "support": ["1"]}')
        await connection.recv()
        assert (await call("auth.login", "admin", "admin"))["result"] is True
        events = (await call("core.get_events"))["result"]
        assert {"alert.list", "core.get_jobs", "pool.query", "reporting.realtime"} <= set(events)
        assert events["alert.list"]["wildcard_subscription"] is True
        assert events["reporting.realtime"]["wildcard_subscription"] is False
        assert events["reporting.realtime"]["accepts"][0]["properties"]["interval"]["type"] == "integer"
        if facts() is not None:
            real = json.loads(gzip.decompress((require_facts() / "api" / "events-24.10.json.gz").read_bytes()))
            assert {frozenset(event) for event in events.values()} == {frozenset(event) for event in real.values()}
    async with Simulator() as nas, talk(nas) as client:
        with pytest.raises(Refused) as refused:
            await client.call("core.get_events")
        assert refused.value.code == -32601


async def test_graphs_agree_with_each_other() -> None:
    async with Simulator() as nas, talk(nas) as client:
        names = [row["name"] for row in await client.call("reporting.graphs")]
        assert await client.call("reporting.netdata_graphs", [], {"count": True}) == len(names) > 5
        now = int(nas.clock.wall().timestamp())
        stretch = {"start": now - 7200, "end": now - 3600}
        (one,) = await client.call("reporting.get_data", [{"name": "disk", "identifier": "sda"}], stretch)
        assert one["legend"] == ["time", "reads", "writes"]
        assert (one["start"], one["end"]) == (one["data"][0][0], one["data"][-1][0]) == (now - 7200, now - 3600)
        assert all(len(row) == 3 for row in one["data"])
        reads = [row[1] for row in one["data"]]
        assert (one["aggregations"]["min"]["reads"], one["aggregations"]["max"]["reads"]) == (min(reads), max(reads))
        later = {"start": now - 3700, "end": now - 3600, "aggregate": False}
        (other,) = await client.call("reporting.get_data", [{"name": "disk", "identifier": "sda"}], later)
        assert other["aggregations"] is None
        shown = {row[0]: row[1:] for row in other["data"]}
        assert (
            [shown[row[0]] for row in one["data"] if row[0] in shown]
            == [row[1:] for row in one["data"] if row[0] in shown]
            != []
        )
        for name in names:
            for graph in await client.call("reporting.graph", name, {"unit": "YEAR", "page": 2}):
                assert 300 < len(graph["data"]) < 400
        for graphs, query in (
            ([{"name": "disk"}], {}),
            ([{"name": "nothing"}], {}),
            ([], {}),
            ([{"name": "cpu"}], {"start": now, "end": now - 5}),
            ([{"name": "cpu"}], {"unit": "DAY", "start": 5}),
        ):
            with pytest.raises(Refused):
                await client.call("reporting.get_data", graphs, query)


async def test_every_method_without_required_arguments_answers_what_it_promises() -> None:
    async with Simulator() as nas, talk(nas) as client:
        methods = await client.call("core.get_methods")
        tried = 0
        for name, entry in methods.items():
            if name in NOT_CALLED or any(argument["_required_"] for argument in entry["accepts"]):
                continue
            result = await client.call(name)
            jsonschema.validate(plain(result), standard(entry["returns"][0]))
            tried += 1
        assert tried >= 40


async def test_entries_have_the_keys_and_the_form_of_the_real_listing() -> None:
    async with Simulator() as nas, talk(nas) as client:
        methods = await client.call("core.get_methods")
        services = await client.call("core.get_services")
    keys = {frozenset(entry) for entry in methods.values()}
    assert len(keys) == 1
    for name, entry in methods.items():
        assert entry["description"], name
        assert {schema["_name_"] for schema in entry["accepts"]} | {"_"}
        assert name.rpartition(".")[0] in services
    if facts() is not None:
        real = catalogue("26")
        assert keys == {frozenset(entry) for entry in real.values()}
        for name, entry in methods.items():
            if name in real:
                assert entry["job"] == real[name]["job"], name
                assert entry["no_auth_required"] == real[name]["no_auth_required"], name
                names = [schema["_name_"] for schema in real[name]["accepts"]]
                assert [schema["_name_"] for schema in entry["accepts"]] == names[: len(entry["accepts"])], name
            assert name in real, f"{name} is no method of the real server"


async def test_a_dataset_lives_and_dies() -> None:
    async with Simulator() as nas, talk(nas) as client:
        await client.call("core.subscribe", "pool.dataset.query")
        tank = (await client.call("pool.query", [["name", "=", "tank"]], {"get": True}))["allocated"]
        made = await client.call("pool.dataset.create", {"type": "VOLUME", "name": "tank/disk", "volsize": 2**30})
        assert made["volsize"]["parsed"] == 2**30
        event = await client.event(lambda params: params["msg"] == "added")
        assert event["fields"] == made
        after = (await client.call("pool.query", [["name", "=", "tank"]], {"get": True}))["allocated"]
        assert after == tank + 2**30
        changed = await client.call("pool.dataset.update", "tank/disk", {"compression": "ZSTD"})
        assert (changed["compression"]["value"], changed["compression"]["source"]) == ("ZSTD", "LOCAL")
        with pytest.raises(Refused) as refused:
            await client.call("pool.dataset.create", {"type": "FILESYSTEM", "name": "tank/disk"})
        assert (refused.value.code, refused.value.rows[0][::2]) == (-32602, ["pool_dataset_create.name", 17])
        assert await client.call("pool.dataset.delete", "tank/disk") is True
        with pytest.raises(Refused) as refused:
            await client.call("pool.dataset.get_instance", "tank/disk")
        assert refused.value.rows[0][::2] == [None, 2]


async def test_children_inherit_what_they_do_not_set() -> None:
    async with Simulator() as nas, talk(nas) as client:
        row = await client.call("pool.dataset.get_instance", "tank/media/films")
        assert (row["recordsize"]["value"], row["recordsize"]["source"]) == ("1M", "INHERITED")
        await client.call("pool.dataset.update", "tank/media", {"recordsize": "INHERIT"})
        row = await client.call("pool.dataset.get_instance", "tank/media/films")
        assert (row["recordsize"]["value"], row["recordsize"]["source"]) == ("128K", "DEFAULT")


async def test_a_missing_field_is_named() -> None:
    async with Simulator() as nas, talk(nas) as client:
        for data in ({}, {"type": "FILESYSTEM"}):
            with pytest.raises(Refused) as refused:
                await client.call("pool.dataset.create", data)
            assert refused.value.code == -32602
            assert refused.value.rows == [["data.FILESYSTEM.name", "Field required", 22]]


async def test_a_scrub_goes_to_its_end_and_shows_in_the_pool() -> None:
    async with Simulator(speed=40) as nas, talk(nas) as client:
        await client.call("core.subscribe", "core.get_jobs")
        await client.call("core.subscribe", "pool.scan")
        started = nas.clock.now()
        assert await client.call("pool.scrub.scrub", "flash", "START") is None
        assert nas.clock.now() - started > 25
        jobs = [f["params"]["fields"] for f in client.events if f["params"]["collection"] == "core.get_jobs"]
        percents = [job["progress"]["percent"] for job in jobs]
        assert percents == sorted(percents)
        assert len(set(percents)) > 20
        assert (jobs[-1]["state"], percents[-1]) == ("SUCCESS", 100)
        scans = [f["params"]["fields"]["scan"] for f in client.events if f["params"]["collection"] == "pool.scan"]
        assert scans[0]["state"] == "SCANNING"
        scan = (await client.call("pool.query", [["name", "=", "flash"]], {"get": True}))["scan"]
        assert (scan["state"], scan["percentage"], scan["errors"]) == ("FINISHED", 100.0, 0)


async def test_stopping_and_aborting_a_scrub() -> None:
    async with Simulator(speed=20) as nas, talk(nas) as client, talk(nas) as other:
        for stop in ("STOP", "abort"):
            scrub = await client.send("pool.scrub.scrub", "tank")
            await other.call("core.subscribe", "pool.scan")
            await other.event(lambda params: params["fields"]["scan"]["state"] == "SCANNING")
            if stop == "STOP":
                await other.call("pool.scrub.scrub", "tank", "STOP")
            else:
                running = [["state", "=", "RUNNING"], ["method", "=", "pool.scrub.scrub"]]
                job = await other.call("core.get_jobs", running, {"get": True})
                await other.call("core.job_abort", job["id"])
            assert await client.answer(scrub) is None
            scan = (await other.call("pool.query", [["name", "=", "tank"]], {"get": True}))["scan"]
            assert scan["state"] == "CANCELED"
            other.events.clear()
        with pytest.raises(Refused):
            await client.call("pool.scrub.scrub", "nopool")


async def test_realtime_figures_tick() -> None:
    async with Simulator(speed=50) as nas, talk(nas) as client:
        await client.call("core.subscribe", 'reporting.realtime:{"interval": 2}')
        seen = [(await client.event(lambda params: "fields" in params))["fields"] for _ in range(3)]
        assert all({"cpu", "disks", "interfaces", "memory"} <= set(fields) for fields in seen)
        assert len({fields["cpu"]["cpu"]["usage"] for fields in seen}) > 1
        await client.call("core.subscribe", 'reporting.realtime:{"interval": 1}')
        refused = await client.event(lambda params: "error" in params)
        assert refused["error"]["extra"] == [["interval", "Input should be greater than or equal to 2", 22]]


async def test_an_alert_comes_and_goes() -> None:
    async with Simulator(speed=100) as nas, talk(nas) as client:
        await client.call("core.subscribe", "alert.list")
        before = len(await client.call("alert.list"))
        added = await client.event(lambda params: params["msg"] == "added")
        assert added["fields"]["uuid"] == added["id"]
        assert len(await client.call("alert.list")) == before + 1
        removed = await client.event(lambda params: params["msg"] == "removed")
        assert removed["id"] == added["id"]


async def test_the_same_seed_makes_the_same_nas() -> None:
    answers = []
    for seed in (5, 5, 6):
        async with Simulator(seed=seed) as nas, talk(nas) as client:
            disks = await client.call("disk.query", [], {"select": ["serial", "size"]})
            answers.append((disks, nas.info()["api_keys"]))
    assert answers[0] == answers[1] != answers[2]


async def test_a_laid_catalogue_is_served_whole() -> None:
    if facts() is None:
        pytest.skip("no recorded facts")
    real = catalogue("26")
    async with Simulator(catalogue=real) as nas, talk(nas) as client:
        assert await client.call("core.get_methods") == real
        assert (await client.call("system.info"))["hostname"] == "nas"
        assert len(await client.call("pool.query", [["healthy", "=", True]])) == 2
        for params in ([{}], [{"type": "FILESYSTEM"}]):
            with pytest.raises(Refused) as refused:
                await client.call("pool.dataset.create", *params)
            assert refused.value.rows == [["data.FILESYSTEM.name", "Field required", 22]]
        made = await client.call("pool.dataset.create", {"type": "FILESYSTEM", "name": "tank/new"})
        assert made["id"] == "tank/new"
        with pytest.raises(Refused) as unknown:
            await client.call("no.such")
        assert unknown.value.code == -32601
        await client.login("viewer", "viewer")
        listed = await client.call("core.get_methods")
        assert set(listed) == {
            name
            for name, entry in real.items()
            if "READONLY_ADMIN" in entry["roles"] or entry["no_auth_required"] or entry["no_authz_required"]
        }


async def test_answers_fit_the_schemas_of_the_real_server() -> None:
    if facts() is None:
        pytest.skip("no recorded facts")
    async with Simulator(catalogue=catalogue("26")) as nas, talk(nas) as client:
        wrong = []
        for method in list(nas.registry.methods.values()):
            needs = any(argument["_required_"] for argument in method.entry["accepts"])
            if method.handler is None or method.private or needs or method.job or method.name in NOT_CALLED:
                continue
            result = plain(await client.call(method.name))
            validator = jsonschema.Draft202012Validator(normalise(method.entry["returns"][0]))
            wrong += [f"{method.name}: {error.message[:200]}" for error in validator.iter_errors(result)][:1]
        assert wrong == []


async def test_making_and_starting_one_costs_next_to_nothing() -> None:
    """Each test of this suite pays it: schemas and rows are made when they are asked for, and schemas once."""
    costs = []
    for _ in range(20):
        began = time.process_time()
        nas = Simulator()
        await nas.start()
        costs.append(time.process_time() - began)
        await nas.stop()
    assert statistics.median(costs) < 0.005


async def test_what_is_added_to_one_simulator_is_not_in_another() -> None:
    async with Simulator() as nas, Simulator() as other, talk(nas) as client, talk(other) as elsewhere:
        await client.login("admin", "admin")
        await elsewhere.login("admin", "admin")
        before = await client.call("core.get_methods")
        assert before == await elsewhere.call("core.get_methods")

        @nas.method("my.echo")
        def echo(call: Call, value: Any) -> Any:
            return value

        assert (await client.call("core.get_methods")).keys() - before.keys() == {"my.echo"}
        assert before == await elsewhere.call("core.get_methods")
        await client.call("sharing.nfs.update", 1, {"comment": "changed"})
        assert (await elsewhere.call("sharing.nfs.get_instance", 1))["comment"] == ""
