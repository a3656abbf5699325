"""Completion at a caret: what may be written there, and the edit that writes it.

Pure: a text, an offset and a method go in, candidates and replacements come out. A
text that is being typed is read as if the quote just opened were closed at the caret.
Accepting writes valid JSON around itself: the colon and a first value after a key,
and the commas that are missing before and after.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from truenas_client.methods.catalogue import Method
from truenas_client.methods.draft import Draft
from truenas_client.secrets.placeholders import Placeholder

from .candidates import Candidate, key_candidates, value_candidates
from .jsontext import Document, Path, json_line, parse
from .known import Known

__all__ = ["Candidate", "Completions", "Insertion", "accept", "complete", "narrowed"]

_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*+"?')
_BEGUN = re.compile(r"(?<!\$)(?:\$\$)*(?P<form>\$\{[^{}$]*)\Z")
"""A placeholder that is being typed: nothing of its text comes after it yet."""
_ONE_LINE = 40
_INDENT = 2


@dataclass(frozen=True, slots=True)
class Completions:
    """The completions at a caret.

    ``start`` to ``end`` is the token that is replaced (empty between tokens), ``typed`` what of it stands before the
    caret, without its quote. ``path`` is that of the object for a key, of the value for a value. ``lead`` is where
    the comma that is missing before belongs, -1 when none is; ``trail`` what has to follow. ``around`` is the span of
    the object a value is a member of, where it can be replaced.
    """

    wants: Literal["key", "value"]
    path: Path
    start: int
    end: int
    typed: str
    candidates: tuple[Candidate, ...]
    lead: int = -1
    trail: str = ""
    has_value: bool = False
    around: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Insertion:
    """A replacement of ``start`` to ``end`` by ``before``, ``selected`` and ``after``, the middle left selected.

    ``to_fill`` are the paths of what waits to be filled in now.
    """

    start: int
    end: int
    before: str
    selected: str = ""
    after: str = ""
    to_fill: tuple[Path, ...] = ()


def complete(
    method: Method,
    text: str,
    caret: int,
    known: Known,
    *,
    read: Document | None = None,
    onward: bool = False,
    named: Callable[[], Sequence[Placeholder]] = tuple,
) -> Completions | None:
    """The completions at an offset of the arguments, None without any.

    ``read`` is the text when it was read already. With ``onward``, where nothing is to choose at a value that is no
    empty text, the keys are given that may follow it. ``named`` are the placeholders there are, asked for only where
    one is begun.
    """
    inside = _text_around(text, caret)
    begun = None if inside is None else _BEGUN.search(text, inside.start + 1, caret)
    if begun is not None:
        typed = begun["form"]
        stands = [Candidate(str(one), str(one), one.kind) for one in named()]
        if fitting := [one for one in stands if one.word.startswith(typed)]:
            end = caret + 1 if text[caret : caret + 1] == "}" else caret
            return Completions("value", (), begun.start("form"), end, typed, tuple(fitting))
    here = _at_caret(method, text, caret, known, read)
    if here is not None and here.candidates:
        return here
    if here is None or not onward or here.wants == "key" or not isinstance(here.path[-1], str):
        return None
    if inside is not None and not text[here.start : here.end].strip('"'):
        return None  # an empty text: what is typed next is to be in it
    lead, trail, _ = _surroundings(text, here.end, here.end, key=False)
    document = read if read is not None and read.text == text else parse(text)
    found = key_candidates(method, document.value, here.path[:-1])
    return Completions("key", here.path[:-1], here.end, here.end, "", tuple(found), lead, trail) if found else None


def _at_caret(method: Method, text: str, caret: int, known: Known, read: Document | None) -> Completions | None:
    inside = _text_around(text, caret)
    closing = inside is not None and inside.unclosed
    if closing:
        document = parse(f'{text[:caret]}"{text[caret:]}')
    else:
        document = read if read is not None and read.text == text else parse(text)
    place = document.path_at(caret)
    wants, path, start, end = place.wants, place.path, place.start, place.end
    if wants is None:
        following = _next_place(document, path, caret)
        if following is None:
            return None
        wants, path = following
        start = end = caret
    if wants == "key" and start == caret:
        end = caret  # before a key that is there: another one is put in front of it
    typed = document.text[start:caret]
    if closing:
        end = caret
    elif caret == end and len(typed) > 1 and typed.endswith('"'):
        typed = typed[:-1]
    typed = typed.removeprefix('"')
    lead, trail, has_value = _surroundings(text, start, end, key=wants == "key")
    if wants == "key":
        own = _key_of(document.text[start:caret] if closing else text[start:end])
        # A key with its value is there, whether or not the caret is in it.
        found = key_candidates(method, document.value, path, but=None if has_value else own)
    else:
        if not path:
            return None
        if end > start and text[start] in "[{":
            return None
        found = value_candidates(method, document.value, path, known, empty=start == end)
    whole = wants == "value" and document.ok and not closing and isinstance(path[-1], str)
    around = document.span(path[:-1]) if whole else None
    return Completions(wants, path, start, end, typed, tuple(found), lead, trail, has_value, around)


def narrowed(candidates: Sequence[Candidate], typed: str) -> list[Candidate]:
    """The candidates that match the typed text, best first: equal, beginning, beginning of a part, inside."""
    if not typed:
        return list(candidates)
    lower = typed.lower()
    ranked: list[tuple[int, int, Candidate]] = []
    for index, candidate in enumerate(candidates):
        word = candidate.word.lower()
        at = word.find(lower)
        if at >= 0:
            rank = 1 if candidate.word.startswith(typed) else 2 if at == 0 else 4 if word[at - 1].isalnum() else 3
            rank = 0 if candidate.word == typed else rank
            ranked.append((rank, index, candidate))
    return [candidate for _, _, candidate in sorted(ranked, key=lambda entry: entry[:2])]


def accept(text: str, completions: Completions, candidate: Candidate) -> Insertion:
    """The edit that writes a candidate."""
    start, lead = completions.start, ""
    if completions.lead >= 0:
        # The comma goes where it belongs, behind the value before, not where the caret is.
        lead = "," + (text[completions.lead : start] or " ")
        start = completions.lead
    if completions.wants == "key" and completions.has_value:
        return Insertion(start, completions.end, lead + candidate.text)
    if candidate.branch is not None and completions.around is not None:
        return _rewritten(text, completions.around, candidate.branch, completions.path[:-1])
    if candidate.value is None:
        return Insertion(start, completions.end, lead + candidate.text, "", completions.trail)
    path = completions.path
    before = lead
    if completions.wants == "key":
        before += f"{candidate.text}: "
        path = (*path, candidate.word)
    line = json_line(candidate.value.value)
    written = line if len(line) <= _ONE_LINE else _indented(text, completions.start, candidate.value)
    return _filling(candidate.value, path, start, completions.end, before, written, completions.trail)


def _rewritten(text: str, span: tuple[int, int], value: Draft, path: Path) -> Insertion:
    """An object written anew, in one line when it was."""
    start, end = span
    written = _indented(text, start, value) if "\n" in text[start:end] else json_line(value.value)
    return _filling(value, path, start, end, "", written, "")


def _filling(value: Draft, path: Path, start: int, end: int, before: str, written: str, after: str) -> Insertion:
    """The edit that writes a value with what is around it; the first place to fill in is selected next."""
    first, last = _to_select(written, value)
    to_fill = tuple(path + place for place in value.to_fill)
    return Insertion(start, end, before + written[:first], written[first:last], written[last:] + after, to_fill)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that a caret is in: where it begins, and whether reading on would swallow the rest of its line."""

    start: int
    unclosed: bool


def _text_around(text: str, caret: int) -> _Text | None:
    begin = text.rfind("\n", 0, caret) + 1
    end = text.find("\n", caret)
    strings = [*_STRING.finditer(text, begin, end if end >= 0 else len(text))]
    inside = next((one for one in strings if one.start() < caret and (caret < one.end() or not _closed(one[0]))), None)
    # With an odd number of quotes on the line the last text has no end: of its quotes one belongs to that at the caret.
    return None if inside is None else _Text(inside.start(), not _closed(strings[-1][0]))


def _closed(piece: str) -> bool:
    return len(piece) > 1 and piece.endswith('"')


def _next_place(document: Document, path: Path, caret: int) -> tuple[Literal["key", "value"], Path] | None:
    """After a value without a comma: the next key or item, which accepting puts the comma before."""
    text = document.text
    before, after = text[:caret].rstrip()[-1:], text[caret:].lstrip()[:1]
    if not path or before in ",:[{" or after not in ",]}":
        return None
    last = path[-1]
    return ("key", path[:-1]) if isinstance(last, str) else ("value", (*path[:-1], last + 1))


def _surroundings(text: str, start: int, end: int, *, key: bool) -> tuple[int, str, bool]:
    """Where a comma is missing before (-1: nowhere), what has to follow, and whether a colon follows."""
    before = len(text[:start].rstrip())
    lead = -1 if before == 0 or text[before - 1] in ",:[{" else before
    rest = text[end:].lstrip()
    if key and rest.startswith(":"):
        return lead, "", True
    if not rest or rest[0] in ",]}":
        return lead, "", False
    return lead, "," if text[end].isspace() else ", ", False


def _key_of(token: str) -> str | None:
    if not token:
        return None
    try:
        key = json.loads(token)
    except ValueError:
        return token.strip('"')
    return key if isinstance(key, str) else token


def _indented(text: str, offset: int, value: Draft) -> str:
    """A value on several lines, as far in as the line of the offset."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    margin = " " * (len(line) - len(line.lstrip(" ")))
    return json.dumps(value.value, indent=_INDENT, ensure_ascii=False).replace("\n", f"\n{margin}")


def _to_select(written: str, value: Draft) -> tuple[int, int]:
    """The range to select next: the first place to fill in, else the value itself; in a container, its end."""
    start, end = parse(written).span(value.to_fill[0] if value.to_fill else ())
    if written[start] == '"':
        return start + 1, end - 1
    if written[start] in "[{":
        inside = len(written[: end - 1].rstrip())
        return inside, inside
    return start, end
