"""Methods of the demo that scripts of others use: members, values, files."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import Any

import pytest

from tests.simulator.talking import Refused, talk
from truenas_client.simulator import Simulator, ThreadedSimulator


@pytest.mark.parametrize(
    ("method", "params", "row"),
    [
        ("app.start", ["x" * 2048], ["app_name", "String should have at most 1024 characters", 22]),
        ("app.start", [2048], ["app_name", "Input should be a valid string", 22]),
        ("pool.get_instance", ["one"], ["id", "Input should be a valid integer", 22]),
        ("service.control", ["START", "x" * 1025], ["service", "String should have at most 1024 characters", 22]),
        ("user.create", [{"username": "a", "full_name": "A", "home_mode": "9"}], None),
        ("pool.dataset.create", [{"name": "tank/x", "compression": "bogus"}], None),
        ("pool.dataset.create", [{"name": "tank/x", "recordsize": "7K"}], None),
        ("pool.dataset.update", ["tank", {"checksum": "CRC"}], None),
        ("sharing.smb.create", [{"name": "n", "path": "/mnt/tank", "purpose": "NONE"}], None),
    ],
)
async def test_values_are_held_against_the_schema(method: str, params: list[Any], row: list[Any] | None) -> None:
    async with Simulator(speed=1000) as nas, talk(nas) as client:
        with pytest.raises(Refused) as refused:
            await client.call(method, *params)
        assert refused.value.code == -32602
        assert row is None or refused.value.rows == [row]


async def test_users_and_groups_have_the_members_people_use() -> None:
    async with Simulator() as nas, talk(nas) as client:
        group = await client.call("group.create", {"name": "makers", "sudo_commands": ["/usr/bin/id"]})
        (row,) = await client.call("group.query", [["id", "=", group]])
        assert (row["name"], row["gid"] >= 3000, row["sudo_commands"]) == ("makers", True, ["/usr/bin/id"])
        key = "ssh-ed25519 " + "A" * 3000
        wanted = {"sshpubkey": key, "sudo_commands": ["ALL"], "password_disabled": True}
        user = await client.call(
            "user.create", {"username": "eve", "full_name": "Eve", "group": group, "groups": [group], **wanted}
        )
        assert {name: user[name] for name in wanted} == wanted
        assert user["uid"] > 3000
        assert user["group"]["bsdgrp_group"] == "makers"
        changed = await client.call("user.update", user["id"], {"sshpubkey": None, "sudo_commands_nopasswd": ["ALL"]})
        assert (changed["sshpubkey"], changed["sudo_commands_nopasswd"]) == (None, ["ALL"])
        with pytest.raises(Refused) as refused:
            await client.call("user.update", user["id"], {"groups": [999]})
        assert refused.value.rows[0][0] == "user_update.groups"
        with pytest.raises(Refused):
            await client.call("group.create", {"name": "makers"})
        assert await client.call("group.update", group, {"name": "doers"}) == group
        assert await client.call("group.delete", group) == group
        made = await client.call("user.create", {"username": "r", "full_name": "R", "random_password": True})
        assert (await client.login("r", made["password"]))["response_type"] == "DENIED"


async def test_an_aborted_task_does_not_run_for_ever() -> None:
    async with Simulator(speed=10) as nas, talk(nas) as client:
        await client.call("core.subscribe", "replication.query")
        await client.send("replication.run", 1)
        (job,) = await client.call("core.get_jobs")
        while job["state"] == "WAITING":
            (job,) = await client.call("core.get_jobs")
        await client.call("core.job_abort", job["id"])
        changed = await client.event(lambda params: params["collection"] == "replication.query")
        assert changed["fields"]["job"] == {"id": job["id"], "state": "ABORTED"}


async def test_the_system_dataset_can_be_moved() -> None:
    async with Simulator(speed=1000) as nas, talk(nas) as client:
        before = await client.call("systemdataset.config")
        assert set(before) == {"id", "pool", "pool_set", "uuid", "basename", "path"}
        moved = await client.call("systemdataset.update", {"pool": "flash"})
        assert (moved["pool"], moved["basename"]) == ("flash", "flash/.system")
        assert await client.call("systemdataset.config") == moved
        with pytest.raises(Refused):
            await client.call("systemdataset.update", {"pool": "nosuch"})


async def test_folders_and_files() -> None:
    async with Simulator() as nas, talk(nas) as client:
        nas.contents["/mnt/tank/documents/letters/one.txt"] = b"Dear"
        names = [row["name"] for row in await client.call("filesystem.listdir", "/mnt")]
        assert names == ["flash", "tank"]
        options = {"select": ["name", "type", "size"]}
        assert await client.call("filesystem.listdir", "/mnt/tank/documents/letters", [], options) == [
            {"name": "one.txt", "type": "FILE", "size": 4}
        ]
        found = await client.call("filesystem.listdir", "/mnt/tank", [["name", "^", "d"]])
        assert [row["path"] for row in found] == ["/mnt/tank/documents"]
        stat = await client.call("filesystem.stat", "/mnt/tank/documents")
        assert (stat["type"], stat["realpath"], stat["is_mountpoint"]) == ("DIRECTORY", "/mnt/tank/documents", True)
        assert (await client.call("filesystem.stat", "/mnt/tank/documents/letters/one.txt"))["size"] == 4
        for method, path, number in (
            ("filesystem.stat", "/nosuch", 2),
            ("filesystem.listdir", "/nosuch", 2),
            ("filesystem.listdir", "/mnt/tank/documents/letters/one.txt", 20),
            ("filesystem.stat", "relative", 22),
        ):
            with pytest.raises(Refused) as refused:
                await client.call(method, path)
            assert refused.value.data["error"] == number


async def test_a_name_that_is_not_utf_8_goes_both_ways() -> None:
    async with Simulator() as nas, talk(nas) as client:
        nas.contents["/mnt/tank/\udc80.txt"] = b"x"
        (row,) = await client.call("filesystem.listdir", "/mnt/tank", [["type", "=", "FILE"]])
        assert row["name"] == "\udc80.txt"
        assert (await client.call("filesystem.stat", row["path"]))["size"] == 1


def test_the_configuration_can_be_saved() -> None:
    async def offer(nas: Simulator) -> Any:
        async with talk(nas) as client:
            return await client.call("core.download", "config.save", [{}], "nas.json")

    with ThreadedSimulator(speed=100) as nas:
        _, path = asyncio.run(offer(nas.nas))
        address = nas.url.replace("ws://", "http://").replace("/api/current", path)
        with urllib.request.urlopen(address) as answer:
            assert "system.general" in json.load(answer)


async def test_datasets_take_what_scripts_give() -> None:
    async with Simulator() as nas, talk(nas) as client:
        data = {
            "name": "tank/x",
            "type": "FILESYSTEM",
            "acltype": "NFSV4",
            "aclmode": "PASSTHROUGH",
            "casesensitivity": "INSENSITIVE",
            "checksum": "SHA512",
            "compression": "ZSTD-FAST-10",
            "inherit_encryption": True,
            "user_properties": [{"key": "me:note", "value": "x"}],
        }
        row = await client.call("pool.dataset.create", data)
        assert row["checksum"]["value"] == "SHA512"
        assert row["acltype"]["value"] == "NFSV4"
        volume = {"name": "tank/v", "type": "VOLUME", "volsize": 1 << 30, "volblocksize": "16K", "sparse": True}
        assert (await client.call("pool.dataset.create", volume))["type"] == "VOLUME"
        made = await client.call("sharing.nfs.create", {"path": "/mnt/tank/x", "maproot_user": "root"})
        assert made["maproot_user"] == "root"
