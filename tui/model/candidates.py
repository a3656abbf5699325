"""The completions for a place in the arguments: keys and values, from the schema, then from earlier results.

The keys of an object are exactly the members its schema has and the text has not,
required ones first. Values are those the schema lists (choices, true and false, null,
the tags of a union's branches), what queries may name, ids seen in earlier results,
and for containers their smallest content. Nothing here looks at the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from truenas_client.methods.catalogue import Method
from truenas_client.methods.describe import type_words
from truenas_client.methods.draft import Draft, allows, draft
from truenas_client.methods.fieldnames import field_schemas, fields
from truenas_client.methods.filters import OPERATORS
from truenas_client.methods.forms import date_form
from truenas_client.methods.leaves import leaves
from truenas_client.methods.normalise import Schema
from truenas_client.methods.querywords import size_of

from .jsontext import Path, json_line
from .known import Known, Thing, wanted
from .schemaplace import choices_of, fitting, rebranched, schemas_at, value_at

__all__ = ["Candidate", "key_candidates", "value_candidates"]

_JOINERS = ("OR", "AND")
_MOST_SEEN = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """One completion.

    ``word`` is what is typed to find it and what is shown, ``text`` the JSON that is written (of a key: the key in
    quotes), ``detail`` a few words beside it. Of a key ``value`` is what its value starts as; of a container, its
    content. Of the tag of a union ``branch`` is what the object around it becomes, None when only the tag changes.
    """

    word: str
    text: str
    detail: str = ""
    required: bool = False
    value: Draft | None = None
    branch: Draft | None = None


def key_candidates(method: Method, values: Any, path: Path, *, but: str | None = None) -> list[Candidate]:
    """The missing members of the object at ``path``; ``but`` is a key being typed, which does not count as there."""
    here = value_at(values, path)
    present = here if isinstance(here, dict) else {}
    objects = [
        leaf for leaf in fitting(schemas_at(_roots(method), values, path), present, but=but) if "properties" in leaf
    ]
    members: dict[str, Any] = {}
    for leaf in objects:
        for name, schema in leaf["properties"].items():
            members.setdefault(name, schema)
    missing = [name for name in members if name not in present or name == but]
    required = {name for name in missing if all(name in leaf.get("required", ()) for leaf in objects)}
    missing.sort(key=lambda name: name not in required)
    return [_key(name, members[name], required=name in required) for name in missing]


def _key(name: str, schema: Any, *, required: bool) -> Candidate:
    facts = [_kind(schema)]
    if required:
        facts.append("required")
    elif isinstance(schema, dict) and "default" in schema:
        facts.append(f"default {json_line(schema['default'], 30)}")
    value = draft(schema) if isinstance(schema, dict) else Draft(None)
    return Candidate(name, json_line(name), ", ".join(facts), required, value)


def _kind(schema: Any) -> str:
    choices = [choice for leaf in leaves(schema) for choice in leaf.get("enum", ())]
    if not choices:
        return type_words(schema)
    return (
        " or ".join(json_line(choice, 20) for choice in choices)
        if len(choices) < 4
        else f"one of {len(choices)} values"
    )


def value_candidates(method: Method, values: Any, path: Path, known: Known, *, empty: bool) -> list[Candidate]:
    """The possible values at ``path``. ``empty``: no text is there yet, so containers are offered too."""
    schemas, typed = schemas_at(_roots(method), values, path), value_at(values, path)
    found: dict[str, Candidate] = {}
    for candidate in chain(
        _with_branches(method, values, path, _listed(schemas)),
        _dates(schemas, typed),
        _sizes(schemas, typed),
        _of_query(method, values, path),
        _seen(method, schemas, path, known),
        _containers(method, schemas, path) if empty else (),
    ):
        found.setdefault(candidate.text, candidate)
    return list(found.values())


def _with_branches(method: Method, values: Any, path: Path, listed: Iterable[Candidate]) -> Iterator[Candidate]:
    """The values of a tag, each with what the object around it becomes; those of any other member as they are."""
    around = value_at(values, path[:-1])
    if not isinstance(around, dict) or not isinstance(tag := path[-1], str):
        yield from listed
        return
    branches = schemas_at(_roots(method), values, path[:-1])
    for one in listed:
        yield replace(one, branch=rebranched(branches, around, tag, json.loads(one.text)))


def _listed(schemas: Iterable[Schema]) -> Iterator[Candidate]:
    nullable = False
    for schema in schemas:
        kinds = schema.get("type", ())
        if choices := choices_of(schema):
            for choice in choices:
                if not isinstance(choice, (dict, list)):
                    # The default of a constant is no news.
                    yield _value(choice, "default" if len(choices) > 1 and schema.get("default") == choice else "")
        elif "boolean" in kinds:
            for choice in (True, False):
                yield _value(choice, "default" if schema.get("default") is choice else "")
        nullable = nullable or "null" in kinds
    if nullable:
        yield _value(None)


def _dates(schemas: Iterable[Schema], typed: Any) -> Iterator[Candidate]:
    """The form of a date that was typed as people write it, or of one to be filled in."""
    if not any(schema.get("format") == "date-time" for schema in schemas):
        return
    if isinstance(typed, str) and (form := date_form(typed)) is not None:
        yield Candidate(typed, json.dumps(form), f"written {json.dumps(form)}")
    elif not typed:
        yield Candidate('{"$date": 0}', '{"$date": 0}', "milliseconds since 1970, or type 2030-01-31")


def _sizes(schemas: Iterable[Schema], typed: Any) -> Iterator[Candidate]:
    """The bytes of a size that was typed as people write it."""
    if not isinstance(typed, str) or (count := size_of(typed)) is None:
        return
    if any(kind in schema.get("type", ()) for schema in schemas for kind in ("integer", "number")):
        yield Candidate(typed, str(count), f"{count} bytes")


def _of_query(method: Method, values: Any, path: Path) -> Iterator[Candidate]:
    """Field names and operators in the filters of a query, field names in its options."""
    if not method.filterable or len(path) < 3:
        return
    if path[0] == 1 and len(path) == 3 and path[1] in ("select", "order_by"):
        yield from _fields(method)
        if path[1] == "order_by":
            yield from (Candidate(f"-{name}", json.dumps(f"-{name}"), "downwards") for name in fields(method))
    if path[0] != 0:
        return
    first = value_at(values, (*path[:-1], 0))
    if path[-1] == 0:
        yield from _fields(method)
        yield from (Candidate(word, json.dumps(word), "any of a list of filters") for word in _JOINERS[:1])
    elif path[-1] == 1 and first not in _JOINERS:
        yield from (Candidate(sign, json.dumps(sign), "operator") for sign in OPERATORS)
    elif path[-1] == 2:
        yield from _listed(field_schemas(method, first))


def _fields(method: Method) -> Iterator[Candidate]:
    for name, schema in fields(method).items():
        yield Candidate(name, json_line(name), type_words(schema))


def _seen(method: Method, schemas: Sequence[Schema], path: Path, known: Known) -> Iterator[Candidate]:
    """Ids and names of things seen in results, where an argument of that name takes one."""
    plain = [schema for schema in schemas if not choices_of(schema)]
    if not plain or not path or not isinstance(path[0], int) or path[0] >= len(method.params):
        return
    count = 0
    for namespace in wanted(known, method, path, method.params[path[0]].name):
        for thing in known.of(namespace):
            candidate = next(
                (seen for seen in _as(thing) if any(allows(s, json.loads(seen.text)) for s in plain)), None
            )
            if candidate is not None and count < _MOST_SEEN:
                count += 1
                yield candidate


def _as(thing: Thing) -> Iterator[Candidate]:
    """The completions for one object: its id, else its name."""
    yield Candidate(str(thing.id), json_line(thing.id), thing.name or "seen")
    if thing.name:
        yield Candidate(thing.name, json_line(thing.name), f"seen, {thing.id}")


def _containers(method: Method, schemas: Sequence[Schema], path: Path) -> Iterator[Candidate]:
    name = method.params[path[0]].name if schemas and len(path) == 1 and isinstance(path[0], int) else ""
    for schema in schemas:
        if schema.get("type") in ("object", "array"):
            started = draft({key: value for key, value in schema.items() if key != "default"})
            detail = f"{name}, {type_words(schema)}" if name else type_words(schema)
            yield Candidate(json_line(started.value, 60), json.dumps(started.value), detail, value=started)


def _value(value: Any, detail: str = "") -> Candidate:
    text = json_line(value)
    return Candidate(value if isinstance(value, str) else text, text, detail)


def _roots(method: Method) -> list[Schema]:
    return [param.schema for param in method.params]
