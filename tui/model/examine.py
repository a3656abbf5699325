"""The problems of the arguments as typed: in the JSON, in the values, in the placeholders.

Pure and possibly slow (60,000 characters take some 60 ms): made to be run in a thread
for long texts and to be stopped there (`truenas_client.methods.validator.stopping`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from truenas_client.methods.catalogue import Method
from truenas_client.methods.check import Problem
from truenas_client.methods.draft import allows
from truenas_client.methods.forms import LONGEST_TEXT, has_long_text
from truenas_client.secrets.placeholders import Placeholder, find, is_variable
from truenas_client.secrets.redact import holds_mask, mask_places

from .jsontext import Document, Path, TextProblem, parse
from .schemaplace import schemas_at, value_at
from .spans import place

__all__ = ["LEFT_OUT", "Examined", "examine", "place_placeholder"]

LEFT_OUT = "a secret was left out at ********; type it again"


@dataclass(frozen=True, slots=True)
class Examined:
    """A text that was read. ``problems`` is everything wrong, in its order; with ``unsendable`` there is no call."""

    document: Document
    problems: tuple[TextProblem, ...]
    unsendable: str = ""
    """Why this can never be sent, in words, "" when it can (however the server takes it)."""
    left_out: tuple[TextProblem, ...] = ()
    """Where a secret stood that was not stored, or that the server did not show: places to fill in."""

    hint: str = ""
    """What the server may refuse although the schema allows it."""

    @property
    def text(self) -> str:
        """The text that was read."""
        return self.document.text


def examine(
    text: str, method: Method | None, unknown: Callable[[Placeholder], str | None] = lambda _: None
) -> Examined:
    """Read and check a text. ``unknown`` returns the error of a placeholder's name, None for a valid one."""
    document = parse(text)
    if not document.ok:
        return Examined(document, tuple(document.problems), "this is not JSON", _left_out(text))
    if not isinstance(document.value, list):
        whole = TextProblem(0, len(text), "the arguments are a list: [...]")
        return Examined(document, (whole,), "this is not a list in JSON")
    standing: dict[Path, list[Placeholder]] = {}
    if "${" in text or "\\u" in text:
        for path, placeholder in find(document.value):
            standing.setdefault(path, []).append(placeholder)
    masked = holds_mask(document.value)
    problems: list[TextProblem] = []
    if method is not None:
        found = method.check(document.value)
        problems += place(
            document,
            (
                one
                for one in found
                if not _may_be_filled(method, document.value, one, standing)
                and not (masked and _is_masked(document.value, one.path))
            ),
        )
    lost: list[TextProblem] = []
    for path, some in standing.items():
        for placeholder in some:
            message = placeholder.wrong or unknown(placeholder)
            if message:
                lost.append(TextProblem(*place_placeholder(document, path, placeholder), message))
    problems = sorted([*problems, *lost], key=lambda problem: (problem.start, problem.end))
    unsendable = lost[0].message if lost else LEFT_OUT if masked else ""
    hint = f"a text has over {LONGEST_TEXT:,} characters" if has_long_text(document.value) else ""
    return Examined(document, tuple(problems), unsendable, _left_out(text), hint)


def _left_out(text: str) -> tuple[TextProblem, ...]:
    return tuple(TextProblem(start, end, "to fill in") for start, end in mask_places(text))


def _is_masked(value: Any, path: Path) -> bool:
    """Whether a mask is at a path: a problem there does not concern the value that will be sent."""
    there = value_at(value, path)
    return isinstance(there, str) and bool(mask_places(there))


def _may_be_filled(method: Method, values: Any, problem: Problem, standing: dict[Path, list[Placeholder]]) -> bool:
    """Whether a problem is one of a text that will be another when it is sent: only its kind is known now."""
    if problem.path not in standing or problem.key:
        return False
    if is_variable(value_at(values, problem.path)):
        return True  # its value may be of any kind
    schemas = schemas_at([param.schema for param in method.params], values, problem.path)
    return any("type" not in schema or allows({"type": schema["type"]}, "") for schema in schemas)


def place_placeholder(document: Document, path: Path, placeholder: Placeholder) -> tuple[int, int]:
    """Where a placeholder is in the text; where its characters are written as escapes, the whole text it is in."""
    start, end = document.span(path)
    written = document.text[start:end]
    value = value_at(document.value, path)
    form = value[placeholder.start : placeholder.end]
    # The same form may stand there more than once, and escaped dollars may precede it: count those before.
    at = -1
    for _ in range(value[: placeholder.end].count(form)):
        at = written.find(form, at + 1)
        if at < 0:
            return start, end
    return start + at, start + at + len(form)
