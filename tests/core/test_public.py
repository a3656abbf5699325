"""The public surface: names, signatures and bases, as ``public.txt`` beside this lists them.

A change of the surface is made on purpose: `python -m tests.core.test_public` writes the list anew, and the
difference is read before it is committed.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

import truenas_client
from truenas_client import ejson, exc

LIST = Path(__file__).with_name("public.txt")
PROTOCOLS = ("__enter__", "__aenter__", "__iter__", "__aiter__", "__await__", "__len__", "__getitem__", "__contains__")


MADE_BY_THE_CLIENT = ("AsyncJob", "AsyncSubscription", "BulkInterrupted", "LargeAnswer", "LiveQuery")
"""Their constructors are nobody's to call."""
INSIDE = {
    "AsyncClient": ("on_ended", "on_update", "open_http"),
    "AsyncJob": ("bound", "settled", "update"),
    "AsyncSubscription": ("finish", "finish_source", "mark", "push", "topic"),
}
"""What the parts of the client call of each other."""


def surface() -> Iterator[str]:
    """A line for each public thing: the package's names, then those of its documented modules."""
    for module in (truenas_client, exc, ejson):
        yield f"# {module.__name__}"
        for name in sorted(module.__all__):
            value = getattr(module, name)
            home = exc if module is truenas_client and getattr(exc, name, None) is value else module
            yield f"{name}: see {exc.__name__}" if home is not module else from_value(name, value)
            if home is module and inspect.isclass(value):
                yield from (f"    {line}" for line in members(value))


def from_value(name: str, value: Any) -> str:
    if isinstance(value, ModuleType):
        return f"module {name}"
    if inspect.isclass(value):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        return f"class {name}({bases})" if bases else f"class {name}"
    if callable(value):
        return signature(name, value)
    return f"{name} = {value!r}" if isinstance(value, (int, str)) else f"{name}: {type(value).__name__}"


def members(cls: type) -> Iterator[str]:
    """What a user of a class may name; what it has from outside of the package is not ours to keep."""
    made = cls.__name__ in MADE_BY_THE_CLIENT or issubclass(cls, Enum)
    if not made and (not issubclass(cls, BaseException) or "__init__" in vars(cls)):
        yield signature("__init__", cls.__init__)
    own = [base for base in cls.__mro__ if base.__module__.startswith("truenas_client")]
    if issubclass(cls, BaseException):
        own = own[:1]  # the others are listed themselves
    names = {name for base in own for name in (*vars(base), *vars(base).get("__annotations__", ()))}
    names |= {name for base in own if "__init__" in vars(base) for name in assigned(base)}
    names -= {*INSIDE.get(cls.__name__, ())}
    for name in sorted(name for name in names if not name.startswith("_") or name in PROTOCOLS):
        found = inspect.getattr_static(cls, name, None)
        if isinstance(found, property):
            yield f"{name} -> {text(inspect.signature(found.fget).return_annotation) if found.fget else ''}"
        elif isinstance(found, (classmethod, staticmethod)):
            yield f"{type(found).__name__} {signature(name, found.__func__)}"
        elif inspect.isfunction(found):
            yield signature(name, found)
        elif isinstance(found, Enum):
            yield f"{name} = {found.value!r}"
        else:
            yield name


def assigned(cls: type) -> Iterator[str]:
    """The attributes that the constructor of a class sets."""
    try:
        source = inspect.getsource(cls.__init__)
    except OSError:  # a dataclass wrote it
        return
    for node in ast.walk(ast.parse(textwrap.dedent(source))):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            yield node.attr


def signature(name: str, function: Any) -> str:
    made = inspect.signature(function)
    parameters = [
        one.replace(
            annotation=one.empty if one.annotation is one.empty else Raw(text(one.annotation)),
            default=Raw(one.default.__name__) if inspect.isfunction(one.default) else one.default,
        )
        for one in made.parameters.values()
        if one.name not in ("self", "cls")
    ]
    returned = "" if made.return_annotation is made.empty else f" -> {text(made.return_annotation)}"
    asynchronous = "async " if inspect.iscoroutinefunction(function) else ""
    return f"{asynchronous}{name}{made.replace(parameters=parameters, return_annotation=made.empty)}{returned}"


class Raw:
    """An annotation that is shown as it stands in the source."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def text(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", repr(annotation))


def test_the_public_surface_is_as_it_was() -> None:
    assert list(surface()) == LIST.read_text().splitlines(), "if that is meant: python -m tests.core.test_public"


def test_every_public_name_is_there_and_none_is_loaded_before_it_is_used() -> None:
    assert sorted(set(truenas_client.__all__)) == sorted(truenas_client.__all__)
    assert set(truenas_client.__all__) <= set(dir(truenas_client))


def test_type_checkers_see_the_same_names_as_programs() -> None:
    tree = ast.parse(Path(truenas_client.__file__).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.asname for node in imports for name in node.names if name.asname} == set(truenas_client.__all__)


if __name__ == "__main__":
    LIST.write_text("\n".join(surface()) + "\n")
