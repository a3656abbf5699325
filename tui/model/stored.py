"""The object of a call: its name, the method that reads the stored one, and the arguments for that.

An ``update`` takes the number or name of a row and the fields to change, or for the
settings of a service the fields alone. The row is read by ``get_instance`` or
``query``, settings by ``config``; which of them a server has, and what they take, its
catalogue says. Decides only; reads nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from truenas_client.methods.catalogue import Catalogue
from truenas_client.methods.risk import inner_method
from tui.model.answers import first_text, mapping

__all__ = ["Lookup", "lookup", "resource_of", "title_of"]

_ROW_IDS = frozenset({"id", "id_", "app_name", "id_or_name"})
"""Names of a first argument that is what rows have as ``id``."""
_NAME_FIELDS = {"service": "service"}
"""The field of rows that a name is looked for in, where it is not ``name``."""
_NO_NAMES = frozenset({"reason", "action", "method", "attrs", "options", "pid"})
"""Names of a first argument that does not name anything."""
_NAMING = ("name", "path", "dataset", "dev", "device", "id")
"""Members that name what an object of arguments is about, best first."""
_TITLES = ("name", "username", "group", "service", "description", "title", "dataset", "path", "comment", "id")
"""Fields that say what a row is called, best first."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A call that reads the stored object.

    ``changes`` is the place of the argument with the fields that change, None when the
    call changes no fields (a deletion); ``under`` names the member of it that the answer
    is the stored state of, empty for all of it.
    """

    method: str
    params: tuple[Any, ...]
    changes: int | None = None
    under: str = ""

    def stored(self, answer: Any) -> Any:
        """The stored object from the answer, None when it holds none."""
        if isinstance(answer, list):
            answer = answer[0] if answer else None
        if not isinstance(answer, Mapping):
            return None
        return {self.under: answer} if self.under else answer


def lookup(name: str, params: Sequence[Any], catalogue: Catalogue) -> Lookup | None:
    """How to read what this call is about; None when there is nothing to be read, or no method that reads it."""
    namespace, _, action = name.rpartition(".")
    if not params:
        return None
    if action in ("update", "do_update"):
        if isinstance(params[0], Mapping):
            return _settings(namespace, catalogue) if len(params) == 1 else None
        if len(params) < 2 or not isinstance(params[1], Mapping):
            return None
        found = _values_of_app(params, catalogue) if namespace == "app" else None
        return found or _row(name, params[0], catalogue, 1)
    method = catalogue.get(name)
    if method is None or method.risk != "risk" or not method.params or method.params[0].name not in _ROW_IDS:
        return None
    return _row(name, params[0], catalogue, None)


def resource_of(name: str, params: Sequence[Any], catalogue: Catalogue) -> str:
    """The name of the object of the call, from the arguments; "" when they name none."""
    inner = inner_method(name, params)
    if inner is not None:
        calls = params[1] if len(params) > 1 and isinstance(params[1], list) else []
        if name == "core.bulk":
            # Of many there is no one name.
            calls = calls[0] if len(calls) == 1 and isinstance(calls[0], list) else []
        return resource_of(inner, calls, catalogue) if inner != name else ""
    first = params[0] if params else None
    if isinstance(first, Mapping):
        first = next((first[member] for member in _NAMING if _names(first.get(member))), None)
    elif _first_name(name, catalogue) in _NO_NAMES:
        first = None
    return str(first) if _names(first) else ""


def _names(value: Any) -> bool:
    return (isinstance(value, str) and bool(value)) or (isinstance(value, int) and not isinstance(value, bool))


def title_of(stored: Any) -> str:
    """The name of a stored object; "" when it has none that a user would type."""
    return first_text(mapping(stored), *_TITLES)


def _settings(namespace: str, catalogue: Catalogue) -> Lookup | None:
    method = catalogue.get(f"{namespace}.config")
    if method is None or any(param.required for param in method.params):
        return None
    return Lookup(method.name, (), 0)


def _values_of_app(params: Sequence[Any], catalogue: Catalogue) -> Lookup | None:
    # An app's row does not hold its values: another method returns them.
    if "values" in params[1] and "app.config" in catalogue:
        return Lookup("app.config", (params[0],), 1, "values")
    return None


def _row(name: str, row: Any, catalogue: Catalogue, changes: int | None) -> Lookup | None:
    if isinstance(row, bool) or not isinstance(row, int | str):
        return None
    namespace = name.rpartition(".")[0]
    instance = catalogue.get(f"{namespace}.get_instance")
    if instance is not None and not instance.check([row]) and not _is_name(name, row, catalogue):
        return Lookup(instance.name, (row,), changes)
    query = catalogue.get(f"{namespace}.query")
    if query is None or not query.params:
        return None
    filters = [[_field(name, row, catalogue), "=", row]]
    if "query-filters" in mapping(query.params[0].schema.get("properties")):
        return Lookup(query.name, ({"query-filters": filters},), changes)
    return Lookup(query.name, (filters,), changes)


def _first_name(name: str, catalogue: Catalogue) -> str:
    method = catalogue.get(name)
    return method.params[0].name if method is not None and method.params else "id"


def _is_name(name: str, row: int | str, catalogue: Catalogue) -> bool:
    """Whether the row is given by its name where it could also be by its number."""
    return isinstance(row, str) and _first_name(name, catalogue) == "id_or_name"


def _field(name: str, row: int | str, catalogue: Catalogue) -> str:
    if _is_name(name, row, catalogue):
        return _NAME_FIELDS.get(name.rpartition(".")[0], "name")
    first = _first_name(name, catalogue)
    return "id" if first in _ROW_IDS else first
