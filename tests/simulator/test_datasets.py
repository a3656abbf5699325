"""What ``options.extra`` makes of ``pool.dataset.query``."""

from __future__ import annotations

from typing import Any

from tests.simulator.talking import talk
from truenas_client.simulator import Simulator


async def test_extra_options_of_the_datasets() -> None:
    async with Simulator() as nas, talk(nas) as client:

        async def query(*filters: Any, **extra: Any) -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = await client.call("pool.dataset.query", list(filters), {"extra": extra})
            return rows

        everything = await query()
        names = [row["id"] for row in everything]
        roots = [name for name in names if "/" not in name]
        assert len(names) > len(roots) == 2
        assert names == sorted(names)
        tank = next(row for row in everything if row["id"] == "tank")
        assert {row["id"] for row in tank["children"]} <= set(names)

        nested = await query(flat=False)
        assert [row["id"] for row in nested] == roots
        assert nested[roots.index("tank")] == tank
        alone = await query(retrieve_children=False)
        assert [(row["id"], row["children"]) for row in alone] == [(name, []) for name in roots]
        (media,) = await query(["id", "=", "tank/media"], flat=False)
        assert len(media["children"]) == 3
        (media,) = await query(["id", "=", "tank/media"], retrieve_children=False)
        assert media["children"] == []
        assert len(await query(["id", "in", ["tank/media", "flash"]])) == 2

        (few,) = await query(["id", "=", "flash"], properties=["used"], retrieve_children=False)
        assert {"id", "mountpoint", "used", "user_properties"} <= set(few)
        assert not {"compression", "available"} & set(few)
        (none,) = await query(["id", "=", "flash"], properties=[], retrieve_user_props=False)
        assert not {"used", "compression", "user_properties"} & set(none)

        (row,) = await query(["id", "=", "tank/documents"], snapshots=True)
        assert len(row["snapshots"]) == 7
        assert {one["dataset"] for one in row["snapshots"]} == {"tank/documents"}
        assert {len(one["properties"]) for one in row["snapshots"]} == {0}
        (row,) = await query(["id", "=", "flash/home"], snapshots_recursive=True, snapshots_properties=["used"])
        assert {one["dataset"] for one in row["snapshots"]} == {"flash/home/ada", "flash/home/grace"}
        assert {tuple(one["properties"]) for one in row["snapshots"]} == {("used",)}
        assert "snapshots" not in tank

        found = await client.call("pool.dataset.get_instance", "tank", {"extra": {"retrieve_children": False}})
        assert (found["id"], found["children"]) == ("tank", [])
