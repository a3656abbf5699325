"""The validator of a normalised schema: that of `jsonschema`, made stoppable, and fast on long lists.

`jsonschema` is imported at the first check. The changed validator finds the same problems,
except in lists with very many wrong items: there it reports the first `MOST_PROBLEMS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from .draft import allows
from .forms import unformed
from .normalise import Schema
from .pattern import finds

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["MOST_PROBLEMS", "Stopped", "stopping", "validator"]

MOST_PROBLEMS = 100
"""The most reported problems. Users correct some before they read further."""
_MANY = 20
"""The length from which `allows` searches a list for wrong items, and only those are checked in full."""
_JUDGED = frozenset([
    "type", "const", "enum", "anyOf", "minLength", "maxLength", "pattern", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "uniqueItems", "prefixItems", "items", "required",
    "properties", "additionalProperties", "title", "description", "default", "examples", "format", "discriminator",
])  # fmt: skip
"""The keywords that `allows` judges, and those that only annotate."""

# A context variable, because the check inside the library's own walk takes no argument of ours.
_stop: ContextVar[Callable[[], bool] | None] = ContextVar("stop", default=None)


class Stopped(Exception):
    """The caller stopped a check. Its results so far are incomplete."""


@contextmanager
def stopping(stop: Callable[[], bool]) -> Iterator[None]:
    """Checks inside this context call ``stop`` at each value, and raise `Stopped` when it returns true.

    This stops a check in a thread within a millisecond.
    """
    token = _stop.set(stop)
    try:
        yield
    finally:
        _stop.reset(token)


@cache
def validator(*, sent: bool = False) -> Any:
    """The stoppable validator of a draft 2020-12 schema.

    With ``sent`` it judges arguments (`forms.marked`) as servers do: dates and sets need their forms, and ``1.0`` is no
    integer.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend

    def asking(keyword: str) -> Callable[..., Iterator[ValidationError]]:
        original = Draft202012Validator.VALIDATORS[keyword]

        def check_keyword(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
            stop = _stop.get()
            if stop is not None and stop():
                raise Stopped
            yield from original(validator, wanted, value, schema) or ()

        return check_keyword

    def kind(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        wrong = False
        for error in asking("type")(validator, wanted, value, schema):
            wrong = True
            yield error
        if wrong or not sent:
            return
        if isinstance(value, float) and "integer" in wanted and "number" not in wanted:
            yield ValidationError("a whole number has no point")
        elif why := unformed(schema, value):
            yield ValidationError(why, validator="form")

    def simple(schema: Any) -> bool:
        return _is_simple(schema) and not (sent and _has_forms(schema))

    def items(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        if not isinstance(value, list) or len(value) < _MANY or not simple(wanted):
            yield from Draft202012Validator.VALIDATORS["items"](validator, wanted, value, schema) or ()
            return
        # Nearly all items of a long list are valid, and `allows` finds that out ten times as fast.
        wrong = 0
        for index in range(len(schema.get("prefixItems", ())), len(value)):
            if not allows(wanted, value[index]):
                yield from validator.descend(value[index], wanted, path=index)
                wrong += 1
                if wrong == MOST_PROBLEMS:
                    return

    def pattern(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        # A search that may take too long is not started: then only the server judges.
        if isinstance(value, str) and finds(wanted, value) is False:
            yield ValidationError(f"{value!r} does not match {wanted!r}")

    def any_of(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        if not isinstance(value, list) or len(value) < _MANY or not all(simple(branch) for branch in wanted):
            yield from asked["anyOf"](validator, wanted, value, schema)
        elif not any(allows(branch, value) for branch in wanted):
            lists = [branch for branch in wanted if branch.get("type") == "array" and "items" in branch]
            if lists:
                # The user most likely means the kind of list that fits most items, so explain only that one.
                yield from validator.descend(value, min(lists, key=lambda branch: _wrong_items(branch, value)))
            else:
                yield from asked["anyOf"](validator, wanted, value, schema)

    # Every object and every list of alternatives passes one of these, so a stop takes effect soon.
    asked = {name: asking(name) for name in ("properties", "anyOf")}
    return extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {**asked, "type": kind, "items": items, "pattern": pattern, "anyOf": any_of}
    )


def _wrong_items(schema: Any, value: list[Any]) -> int:
    return sum(not allows(schema["items"], item) for item in value)


def _has_forms(schema: Any) -> bool:
    """Whether a simple schema needs a ``$`` form somewhere, which `allows` does not check."""
    if not isinstance(schema, dict):
        return False
    return "format" in schema or "uniqueItems" in schema or any(map(_has_forms, _parts(schema)))


def _is_simple(schema: Any) -> bool:
    """Whether `allows` judges every keyword of a schema."""
    if not isinstance(schema, dict):
        return False
    return _JUDGED.issuperset(schema) and all(isinstance(part, bool) or _is_simple(part) for part in _parts(schema))


def _parts(schema: Schema) -> list[Any]:
    """The schemas inside of a schema."""
    named = schema.get("properties", {}).values()
    others = [schema[key] for key in ("items", "additionalProperties") if key in schema]
    return [*named, *schema.get("anyOf", ()), *schema.get("prefixItems", ()), *others]
