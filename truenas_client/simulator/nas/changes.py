"""Creating, updating and deleting the rows of a table: one machine, and a subclass where a service does it its own way.

Invariant: a row is checked as a whole before it is kept, and subscribers are told once it is.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import ValidationErrors, refused
from ..extension import Extensible
from ..state import Nas
from ..world import DATA, World
from .tables import Row, find_row, pristine, rows_of

__all__ = ["Changes"]


class Changes:
    """``.create``, ``.update`` and ``.delete`` of one table. ``world.json`` says which roles may call them."""

    members: dict[str, shapes.Schema] = {}
    """What a new row is made of; without any ``world.json`` has them. A row keeps those that its ``blank`` has."""
    fixed: Collection[str] = ()
    """Members that a row keeps as it was created."""
    data_named = False
    """Whether the client's data is an argument ``<service>_create`` or ``_update``, or just ``data``."""
    options: shapes.Schema | None = None
    """What ``.delete`` takes besides the id."""
    answer: shapes.Schema | None = None
    """What `created`, `updated` and `deleted` answer, where it is not the row and true."""
    called: str | None = None
    """What an error calls a row that does not exist, where it is not the service."""
    words = ("; returns it", "")
    """What the descriptions say of the answers: of a row that is kept, and of one that is deleted."""

    def __init__(self, part: Extensible, namespace: str) -> None:
        facts = DATA["tables"][namespace]
        members = self.members or facts["members"]
        self.namespace, self.one = namespace, facts["one"]
        self.prefix = namespace.replace(".", "_")
        create, update = (f"{self.prefix}_create", f"{self.prefix}_update") if self.data_named else ("data", "data")
        changeable = {name: schema for name, schema in members.items() if name not in self.fixed}
        article = "an" if self.one[0] in "SN" else "a"  # an SMB share, an NFS share
        ident = {"id": shapes.integer(f"Number of the {self.one}.")}
        further = {} if self.options is None else {"options": self.options}
        kept, gone = (self._row, shapes.boolean("Always true.")) if self.answer is None else (self.answer, self.answer)
        new = shapes.obj(f"The new {self.one}.", ..., **members)
        changes = shapes.obj("What to change; the rest stays.", {}, **shapes.changeable(changeable))
        for action, accepts, returns, words, handler in (
            ("create", {create: new}, kept, self.words[0], self.create),
            ("update", {**ident, update: changes}, kept, self.words[0], self.update),
            ("delete", {**ident, **further}, gone, self.words[1], self.delete),
        ):
            part.method(
                f"{namespace}.{action}",
                accepts=accepts,
                returns=returns,
                roles=facts["write"],
                description=f"{action.title()} {article} {self.one}{words}.",
            )(handler)

    def _row(self) -> shapes.Schema:
        return shapes.like_all([*rows_of(self.namespace, pristine()), World.blank(self.namespace)])

    # --- where a service differs ---------------------------------------------------------------

    def check(self, world: World, row: Row, data: Row, errors: ValidationErrors, prefix: str) -> None:
        """Complete a row that the client's ``data`` is in. Add what is wrong; attributes begin with ``prefix``."""

    def created(self, nas: Nas, row: Row, data: Row) -> Any:
        """Do what belongs to a new row; the answer."""
        return self.updated(nas, row, data)

    def updated(self, nas: Nas, row: Row, data: Row) -> Any:
        """Do what belongs to a changed row; the answer."""
        return row

    def deleted(self, nas: Nas, row: Row) -> Any:
        """Do what belongs to the end of a row; the answer."""
        return True

    # --- the methods ---------------------------------------------------------------------------

    def create(self, call: Call, data: Row) -> Any:
        world = call.nas.world
        row = self._keep(world, World.blank(self.namespace) | {"id": world.next_id(self.namespace)}, data, "create")
        answer = self.created(call.nas, row, data)
        call.nas.send_event(f"{self.namespace}.query", "ADDED", id=row["id"], fields=dict(row))
        return answer

    def update(self, call: Call, id: int, data: Row) -> Any:
        row = self._keep(call.nas.world, find_row(call.nas.world, self.namespace, id, self.called), data, "update")
        answer = self.updated(call.nas, row, data)
        call.nas.send_event(f"{self.namespace}.query", "CHANGED", id=id, fields=dict(row))
        return answer

    def delete(self, call: Call, id: int, *options: Row) -> Any:
        row = find_row(call.nas.world, self.namespace, id, self.called)
        if row.get("builtin"):
            raise refused(f"{self.prefix}_delete.id", f"A {self.one} of the system can't be deleted")
        del call.nas.world.table(self.namespace)[id]
        call.nas.send_event(f"{self.namespace}.query", "REMOVED", id=id)
        return self.deleted(call.nas, row)

    def _keep(self, world: World, before: Row, data: Row, action: str) -> Row:
        row = before | {name: value for name, value in data.items() if name in before}
        errors = ValidationErrors()
        self.check(world, row, data, errors, f"{self.prefix}_{action}")
        errors.check()
        world.table(self.namespace)[row["id"]] = row
        return row
