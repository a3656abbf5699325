"""The rows of the list of methods: starred ones, the last ones called, the tree of namespaces; or the hits of a search.

Values in, rows out. The key of a row tells its method: several rows can have the same one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from truenas_client.methods.catalogue import Catalogue, Method
from tui.text import Glyphs
from tui.widgets.columns import Cell, Row

if TYPE_CHECKING:
    from truenas_client.methods.search import Hit

__all__ = ["METHOD", "RECENT", "hit_rows", "method_of", "namespace_of", "space", "tree_rows", "why_words"]

SPACE = "namespace:"
METHOD = "method:"
STARRED = "starred:"
CALLED = "called:"
RECENT = "recent"
"""The key of the row above the methods called last. It has no colon, so no method or namespace can have it."""

MOST_RECENT = 5
"""How many of them are shown: enough to go back and forth, and the tree still begins on the first screen."""


def space(name: str) -> str:
    """The key of a namespace's row."""
    return SPACE + name


def method_of(key: str | None) -> str | None:
    """The method of a row, None for rows above methods."""
    kind, colon, name = (key or "").partition(":")
    return name if colon and f"{kind}:" in (METHOD, STARRED, CALLED) else None


def namespace_of(key: str) -> str | None:
    """The namespace that a row is or that its method is in, None where there is neither."""
    method = method_of(key)
    if method is not None:
        return method.rpartition(".")[0]
    return key.removeprefix(SPACE) if key.startswith(SPACE) else None


def tree_rows(
    catalogue: Catalogue, *, unfolded: Collection[str], stars: Sequence[str], recent: Sequence[str], glyphs: Glyphs
) -> list[Row]:
    """The rows of the tree. ``unfolded`` are the keys of rows whose methods are shown."""
    rows = [
        Row(STARRED + method.name, (method.name,), badges=badges(method), sign=glyphs.star)
        for method in _known(catalogue, stars)
    ]
    last = _known(catalogue, (name for name in recent if name not in stars))[:MOST_RECENT]
    if last:
        opened = RECENT in unfolded
        rows.append(Row(RECENT, (Cell("recent", "dim"),), fold=not opened, badges=(Cell(str(len(last)), "dim"),)))
        if opened:
            rows += [Row(CALLED + method.name, (method.name,), depth=1, badges=badges(method)) for method in last]
    below: dict[str, list[Method]] = {}
    for method in catalogue:
        below.setdefault(method.namespace, []).append(method)
    for name in sorted(below):
        opened = space(name) in unfolded
        count = Cell(str(len(below[name])), "dim")
        rows.append(Row(space(name), (name or "(no namespace)",), fold=not opened, badges=(count,)))
        if opened:
            rows += [
                Row(
                    METHOD + method.name,
                    (method.action,),
                    depth=1,
                    badges=badges(method, star=glyphs.star if method.name in stars else ""),
                )
                for method in below[name]
            ]
    return rows


def hit_rows(catalogue: Catalogue, hits: Iterable[Hit], *, stars: Sequence[str], glyphs: Glyphs) -> list[Row]:
    """The matches, best first: full names, and for a match elsewhere its place."""
    rows = []
    for hit in hits:
        name = hit.method.name
        method = catalogue.get(name)
        cells = [Cell(name, marks=hit.positions)]
        if hit.why:
            cells.append(Cell(" ".join(dict.fromkeys(reason or "summary" for reason in hit.why)), "dim"))
        star = glyphs.star if name in stars else ""
        rows.append(Row(METHOD + name, tuple(cells), badges=badges(method, star=star) if method is not None else ()))
    return rows


def why_words(why: Sequence[str]) -> str:
    """Where a method was found, when not by its name: ``by its argument recordsize and its summary``."""
    from truenas_client.methods.search import SUMMARY

    arguments = [reason for reason in dict.fromkeys(why) if reason != SUMMARY]
    words = [f"its argument{'s' if len(arguments) > 1 else ''} {', '.join(arguments)}"] if arguments else []
    words += ["its summary"] if SUMMARY in why else []
    return "by " + " and ".join(words) if words else ""


def badges(method: Method, *, star: str = "") -> tuple[Cell | str, ...]:
    """The marks of a method for the list."""
    words = [Cell(star, "warning")] if star else []
    if method.problems:
        words.append(Cell("unreadable", "error"))
    if method.job:
        words.append(Cell("job", "accent"))
    if method.filterable:
        words.append(Cell("table", "dim"))
    if method.risk != "read":
        words.append(Cell(method.risk, "error" if method.risk == "risk" else "warning"))
    return tuple(words)


def _known(catalogue: Catalogue, names: Iterable[str]) -> list[Method]:
    """The methods of these names that the server has."""
    return [method for name in names if (method := catalogue.get(name)) is not None]
