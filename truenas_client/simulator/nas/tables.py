"""Query methods over rows: the same few lines for every service that lists things."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from truenas_client.filters import filter_list

from .. import shapes
from ..call import Call
from ..errors import InstanceNotFound

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["add_query"]

Row = dict[str, Any]


def add_query(
    nas: Simulator,
    namespace: str,
    rows: Callable[[], list[Row]],
    *,
    what: str,
    roles: Iterable[str],
    docs: dict[str, str] | None = None,
    key: str = "id",
    event: bool = True,
    instance: bool = True,
) -> None:
    """Add ``<namespace>.query`` and ``.get_instance`` over ``rows()``; ``what`` names a row, as in "disks"."""
    roles = tuple(roles)
    sample = rows()
    row = shapes.like_all(sample, docs)
    returns = shapes.table(row, f"The {what}, one of them, or how many there are.")
    nas.service(namespace, "crud", datastore_primary_key=key)

    def query(call: Call, filters: list[Any], options: dict[str, Any]) -> Any:
        return filter_list(rows(), filters, options)

    nas.method(
        f"{namespace}.query",
        accepts=nas.query_arguments(),
        returns=returns,
        roles=roles,
        filterable=True,
        description=f"List the {what}. Filters choose, options sort, cut and count.",
    )(query)

    if instance:

        def get_instance(call: Call, id: Any, options: dict[str, Any]) -> Any:
            found = next((row for row in rows() if row[key] == id), None)
            if found is None:
                raise InstanceNotFound(f"{namespace} {id} does not exist")
            return found

        nas.method(
            f"{namespace}.get_instance",
            accepts=shapes.arguments(
                id=shapes.any_(f"The {key} of the row."), options=shapes.obj("Query options.", {})
            ),
            returns=shapes.returning(row),
            roles=roles,
            description=f"Answer one of the {what} by its {key}.",
        )(get_instance)
    if event:
        nas.event(f"{namespace}.query", roles=roles)
