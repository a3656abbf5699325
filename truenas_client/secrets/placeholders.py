"""Placeholders in the arguments of a call: ``${env:NAME}``, ``${secret:NAME}`` and ``${var:NAME}``.

The user writes one in place of a value. It is kept and shown as written; only the copy that is sent gets the value. A
``var`` is asked for when the call is made (`storage.saved_call`). A text stays a text, whatever the value is. Other
uses of ``${`` have no meaning here and stay. To send a placeholder literally, double its dollar: ``$${env:NAME}`` is
sent as ``${env:NAME}``. (In general each pair of dollars is sent as one, and an odd dollar begins the placeholder.)

Pure: the caller supplies the values. The keys of objects are not searched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from .redact import mask_places
from .value import Secret

__all__ = [
    "Filled",
    "Kind",
    "Placeholder",
    "Unfilled",
    "changed",
    "changed_texts",
    "fill",
    "find",
    "is_variable",
    "joined",
    "pieces",
    "placeholders",
    "unmasked",
]

Kind = Literal["env", "secret", "var"]

Path = tuple[str | int, ...]

_KINDS = "|".join(get_args(Kind))
# Dollars before a brace belong to no name: they begin the next form.
_FORM = re.compile(rf"(?<!\$)(?P<dollars>\$++)\{{(?P<kind>{_KINDS}):(?P<name>(?:[^{{}}$]++|\$++(?!\{{))*)(?P<end>\}})?")
_LITERAL = re.compile(rf"\$+(?=\{{(?:{_KINDS}):)")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder in a text: its name, and its offsets (from ``$`` to after ``}``).

    ``wrong`` says why it is invalid; "" for a valid one.
    """

    kind: Kind
    name: str
    start: int
    end: int
    wrong: str = ""

    def __str__(self) -> str:
        return f"${{{self.kind}:{self.name}}}"


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A placeholder without a value, its path, and the reason."""

    path: Path
    placeholder: Placeholder
    message: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A value to send. ``secrets`` are the values put in; ``unfilled`` are the placeholders without a value."""

    value: Any
    secrets: tuple[Secret, ...] = ()
    unfilled: tuple[Unfilled, ...] = ()


def placeholders(text: str) -> list[Placeholder]:
    """The placeholders in one text, in order."""
    return [placeholder for _, placeholder in pieces(text) if placeholder is not None]


def is_variable(value: Any) -> bool:
    """Whether a JSON value is one placeholder of the kind ``var`` and nothing else."""
    found = placeholders(value) if isinstance(value, str) and value.startswith("${var:") else []
    return len(found) == 1 and not found[0].wrong and found[0].end == len(value)


def find(value: Any) -> Iterator[tuple[Path, Placeholder]]:
    """Every placeholder in a JSON value with the path of its text, in order."""
    stack: list[tuple[Path, Any]] = [((), value)]
    while stack:
        path, here = stack.pop()
        if isinstance(here, str):
            if "${" in here:
                yield from ((path, placeholder) for placeholder in placeholders(here))
        elif isinstance(here, dict):
            stack += reversed([((*path, key), item) for key, item in here.items()])
        elif isinstance(here, list):
            stack += reversed([((*path, index), item) for index, item in enumerate(here)])


def fill(value: Any, lookup: Callable[[Placeholder], Secret | str]) -> Filled:
    """A copy of a JSON value with all placeholders replaced. Parts without one are the same objects, not copies.

    ``lookup`` returns the value of a placeholder, or as a plain text the reason why it has none. It is called once for
    each name.
    """
    answers: dict[tuple[str, str], Secret | str] = {}
    unfilled: list[Unfilled] = []

    def text(path: Path, here: str) -> str:
        parts: list[str] = []
        for literal, placeholder in pieces(here):
            parts.append(literal)
            if placeholder is None:
                continue
            key = (placeholder.kind, placeholder.name)
            if placeholder.wrong:
                unfilled.append(Unfilled(path, placeholder, placeholder.wrong))
                continue
            if key not in answers:
                answers[key] = lookup(placeholder)
            answer = answers[key]
            if isinstance(answer, Secret):
                parts.append(answer.reveal())
            else:
                unfilled.append(Unfilled(path, placeholder, answer))
        return "".join(parts)

    def copy(path: Path, here: Any) -> Any:
        if isinstance(here, str):
            return text(path, here) if "${" in here else here
        if isinstance(here, dict):
            members = {key: copy((*path, key), item) for key, item in here.items()}
            return members if any(members[key] is not here[key] for key in here) else here
        if isinstance(here, list):
            items = [copy((*path, index), item) for index, item in enumerate(here)]
            return items if any(new is not old for new, old in zip(items, here, strict=True)) else here
        return here

    copied = copy((), value)
    return Filled(copied, tuple(one for one in answers.values() if isinstance(one, Secret)), tuple(unfilled))


def joined(parts: Iterable[str | Placeholder]) -> str:
    """The text in which these literal texts and placeholders stand: what `pieces` takes apart, put together.

    In the literal texts nothing is a placeholder, whatever they hold.
    """
    text, literal = "", ""
    for part in parts:
        if isinstance(part, Placeholder):
            text += _doubled(literal, before=True) + str(part)
            literal = ""
        else:
            literal += part
    return text + _doubled(literal)


def changed(text: str, change: Callable[[Placeholder], str | Placeholder]) -> str:
    """The text with another placeholder, or a literal text, in place of each placeholder."""
    parts: list[str | Placeholder] = []
    for literal, placeholder in pieces(text):
        parts += [literal] if placeholder is None else [literal, change(placeholder)]
    return joined(parts)


def unmasked(text: str, written: Iterator[str]) -> str:
    """The text with one of these placeholders in place of each of its masks."""
    parts, done = [], 0
    for start, end in mask_places(text):
        before = text[done:start]
        dollars = len(before) - len(before.rstrip("$"))  # each pair is sent as one; the next begins the placeholder
        parts += [before, "$" * dollars, next(written)]
        done = end
    return "".join([*parts, text[done:]])


def changed_texts(value: Any, change: Callable[[str], Any]) -> Any:
    """A copy of a JSON value with each of its texts changed, but for the keys of objects."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: changed_texts(member, change) for key, member in value.items()}
    return [changed_texts(item, change) for item in value] if isinstance(value, list) else value


def _doubled(literal: str, *, before: bool = False) -> str:
    """A literal text as it has to be written, ``before`` a placeholder or not."""
    pattern = rf"{_LITERAL.pattern}|\$+\Z" if before else _LITERAL
    return re.sub(pattern, lambda dollars: dollars[0] * 2, literal)


def pieces(text: str) -> Iterator[tuple[str, Placeholder | None]]:
    """The text as literal pieces, as they are sent, each with the placeholder that follows it."""
    done = 0
    for form in _FORM.finditer(text):
        dollars = len(form["dollars"])
        literal = text[done : form.start()] + "$" * (dollars // 2)
        done = form.end()
        if dollars % 2 == 0:
            yield literal + text[form.end("dollars") : form.end()], None
            continue
        kind: Kind = form["kind"]  # type: ignore[assignment]  # one of them, by the pattern
        wrong = "" if form["end"] else "missing }"
        if not wrong and not form["name"].strip():
            wrong = "a name is missing"
        yield literal, Placeholder(kind, form["name"].strip(), form.end("dollars") - 1, form.end(), wrong)
    if done < len(text) or not done:
        yield text[done:], None
