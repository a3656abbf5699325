"""A method with everything that documentation can show: types, alternatives, enumerations, links, an example."""

from __future__ import annotations

from typing import Any

from truenas_client.simulator import Call, Simulator

SHELF: dict[str, Any] = {
    "description": "Puts up a shelf, as :method:`shelf.query` lists them.\n\n"
    "See ``wall.paint``, shelf.query and no.such.",
    "roles": ["SHELF_WRITE", "ROOM_ADMIN"],
    "job": True,
    "accepts": [
        {
            "_name_": "shelf",
            "_required_": True,
            "type": "object",
            "title": "ShelfCreate",
            "required": ["name", "place", "bolts"],
            "properties": {
                "name": {"type": "string", "minLength": 1, "description": "What to call it."},
                "wood": {"enum": ["OAK", "PINE"], "type": "string", "default": "OAK"},
                "colour": {"enum": [f"C{number}" for number in range(40)], "type": "string"},
                "place": {
                    "discriminator": {"propertyName": "kind"},
                    "oneOf": [
                        {
                            "type": "object",
                            "title": "Wall",
                            "properties": {"kind": {"const": "WALL"}, "height": {"type": "integer"}},
                        },
                        {"type": "object", "title": "Floor", "properties": {"kind": {"const": "FLOOR"}}},
                    ],
                },
                "bolts": {"type": "object", "properties": {"size": {"type": "integer", "maximum": 9}}},
                "extras": {
                    "type": "object",
                    "title": "Extras",
                    "properties": {"lamp": {"type": "object", "title": "Lamp", "properties": {"watt": {}}}},
                },
            },
        }
    ],
    "returns": [{"type": "object", "title": "ShelfEntry", "properties": {"id": {"type": "integer"}}}],
    "examples": {
        "websocket": [
            '  A shelf of oak.\n\n    :::javascript\n    {"id": "1", "msg": "method", "method": "shelf.create",\n'
            '     "params": [{"name": "books"}]}\n'
        ]
    },
}


def put_up(nas: Simulator) -> None:
    """Adds the method, and the one its description names, to a simulator."""

    @nas.method("shelf.query", roles=["READONLY_ADMIN"], description="Lists shelves.")
    def query(call: Call) -> list[Any]:
        return []

    @nas.method(
        "shelf.create",
        accepts=SHELF["accepts"],
        returns=SHELF["returns"],
        roles=SHELF["roles"],
        description=SHELF["description"],
        examples=SHELF["examples"]["websocket"],
    )
    def create(call: Call, shelf: Any) -> dict[str, Any]:
        return {"id": 1}
