"""The documentation of a method or of a type as a page of items that fold.

::

    Page ─ Item ─ Item ...         a method: description, rights, arguments, result, examples
                  └ Link           where enter leads: a type's page, a method's page, the call, the draft

A page is made from a `Method` or from the `Node` that describes a value, without a width, a font or a colour: an item
holds words with the names of their styles, and the widget wraps them. All texts are the server's, unchanged.

Invariants: the key of an item is unique on its page and the same whenever the page is made again, so folds and cursor
can be found by it; a link holds what it leads to or its name, so it never depends on what is on screen.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from truenas_client.methods.catalogue import Method
from truenas_client.methods.describe import Node, describe
from truenas_client.methods.examples import Example, examples_of
from truenas_client.methods.filters import OPERATORS

__all__ = [
    "CallLink",
    "DraftLink",
    "Item",
    "Key",
    "Link",
    "MethodLink",
    "Page",
    "TypeLink",
    "Word",
    "method_page",
    "type_page",
]

Key = tuple[str | int, ...]
Kind = Literal["title", "heading", "text", "value", "branch", "literal"]

MOST_CHOICES = 12
"""Values of an enumeration that are shown at once; more of them fold."""
OPEN_MEMBERS = 12
"""A required member with at most so many members of its own is open at first."""
DEEPEST_OPEN = 2

_FILTERS = ("filters", "query-filters")
_RISKS = {"read": "dim", "write": "warning", "risk": "error"}


class Word(NamedTuple):
    """A word, or a few that belong together, and the name of the style they are drawn in."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class TypeLink:
    """Leads to the page of a type. ``place`` says where it was found: ``pool.create > data``."""

    node: Node
    place: str


@dataclass(frozen=True, slots=True)
class MethodLink:
    """Leads to the page of a method."""

    name: str


@dataclass(frozen=True, slots=True)
class CallLink:
    """Leads to the arguments of a method."""

    name: str


@dataclass(frozen=True, slots=True)
class DraftLink:
    """Makes the arguments of an example the draft."""

    method: str
    params: list[Any]


Link = TypeLink | MethodLink | CallLink | DraftLink


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a page.

    ``name`` stands in a column of its own beside those of its siblings, ``words`` flow beside it, ``text`` (in
    paragraphs) stands below them, ``hidden`` words follow when the item is unfolded. ``folded`` tells how it stands at
    first. ``lead`` words stand before everything else.
    """

    key: Key
    kind: Kind
    words: tuple[Word, ...] = ()
    name: str = ""
    lead: str = ""
    text: str = ""
    summary: str = ""
    hidden: tuple[Word, ...] = ()
    children: tuple[Item, ...] = ()
    folded: bool = False
    link: Link | None = None

    @property
    def folds(self) -> bool:
        """Whether the item can fold."""
        return self.kind in ("value", "branch") and bool(self.children or self.hidden)

    def said(self) -> str:
        """Every word of the item itself, to search in."""
        parts = [self.lead, self.name, *(word.text for word in self.words), *(word.text for word in self.hidden)]
        return "  ".join(part for part in (*parts, self.text) if part)


@dataclass(frozen=True, slots=True)
class Page:
    """The items that are shown at once. ``title`` names them in a few words."""

    title: str
    items: tuple[Item, ...]
    _holders: dict[Key, Item] = field(repr=False, compare=False, default_factory=dict)
    """What holds an item directly, by its key."""

    def __post_init__(self) -> None:
        self._holders.update((inner.key, item) for item in self.walk() for inner in item.children)

    def walk(self) -> Iterator[Item]:
        """Every item, folded or not, in the order of the page."""
        stack = list(reversed(self.items))
        while stack:
            item = stack.pop()
            yield item
            stack.extend(reversed(item.children))

    def above(self, key: Key) -> Iterator[Item]:
        """The items that hold this one, the nearest first."""
        while (item := self._holders.get(key)) is not None:
            yield item
            key = item.key


def method_page(method: Method, *, held: Collection[str] | None = None) -> Page:
    """Everything there is to say about a method. ``held`` are the roles of the user, when they are known."""
    items = [Item(("title",), "title", (Word(method.name, "title"), *_badges(method)), link=CallLink(method.name))]
    if text := method.description or method.summary:
        items.append(Item(("text",), "text", text=text))
    items.append(Item(("needs",), "text", tuple(_needs(method, held))))
    items.append(_heading("arguments", "Arguments", () if method.params else (Word("none", "dim"),)))
    for index, param in enumerate(method.params):
        node = describe(param.schema, name=param.name, required=param.required)
        help_ = _filters_help(("arg", index)) if method.filterable and param.name in _FILTERS else ()
        items.append(_value(node, ("arg", index), method.name, top=True, deeper=DEEPEST_OPEN, extra=help_))
    items.append(_heading("returns", "Returns"))
    returns = method.returns
    if method.problems:
        words = (Word("unreadable", "error"), Word("; ".join(method.problems)))
        items.insert(1, Item(("unreadable",), "text", words, text="Arguments may be wrong without a word here."))
    items.append(_value(describe(returns), ("returns",), method.name, top=True))
    examples = examples_of(method.examples, method.name)
    if examples:
        items.append(_heading("examples", "Examples"))
        for index, example in enumerate(examples):
            items += _example(example, index, method.name)
    return Page(method.name, tuple(items))


def type_page(link: TypeLink) -> Page:
    """The page of one type: its facts and its members, the first level open."""
    node = link.node
    name = node.title or node.tag or node.name or node.type
    words = [Word(name, "title"), Word(node.tag if node.tag != name else "", "strong")]
    words += [fact for fact in _facts(node) if fact.text != name]
    items = [
        Item(("title",), "title", tuple(word for word in words if word.text), text=node.description),
        Item(("place",), "text", (Word("in", "dim"), Word(link.place))),
        _heading("members", "One of" if node.branches and not node.children else "Members"),
    ]
    place = f"{link.place} > {name}"
    return Page(name, (*items, *_inside(node, ("inside",), place, deeper=1)))


def _heading(key: str, text: str, words: Sequence[Word] = ()) -> Item:
    return Item(("heading", key), "heading", (Word(text, "title"), *words))


def _badges(method: Method) -> Iterator[Word]:
    yield Word(method.risk, _RISKS.get(method.risk, ""))
    for there, word in (
        (method.job, "job"),
        (method.filterable, "table"),
        (method.uploadable, "upload"),
        (method.downloadable, "download"),
        (method.no_auth_required, "no sign-in needed"),
    ):
        if there:
            yield Word(word, "accent")


def _needs(method: Method, held: Collection[str] | None) -> Iterator[Word]:
    several = len(method.roles) > 1
    yield Word("needs one of" if several else "needs", "dim")
    if not method.roles:
        yield Word("no role" if method.no_auth_required else "no role of its own", "dim")
        return
    for role in method.roles[:-1]:
        yield Word(f"{role},", "strong")
    yield Word(method.roles[-1] + ("" if held is None else ":"), "strong")
    if held is not None:
        yours = next((role for role in (*method.roles, "FULL_ADMIN") if role in held), "")
        lacks = "you have none of them" if several else "you do not have it"
        yield Word(f"you have {yours}" if yours else lacks, "ok" if yours else "error")


def _filters_help(parent: Key) -> tuple[Item, ...]:
    """The form of every list of filters: the schemas of servers only call it a list."""
    form = (Word("each", "dim"), Word('["field", "operator", value]', "string"), Word("operators", "dim"))
    operators = (Word(operator, "string") for operator in OPERATORS)
    return (Item((*parent, "filters"), "text", (*form, *operators)),)


def _inside(node: Node, key: Key, place: str, *, deeper: int = 0) -> Iterator[Item]:
    """The members of a value, then its alternatives."""
    for index, child in enumerate(node.children):
        yield _value(child, (*key, index), place, deeper=deeper)
    for index, branch in enumerate(node.branches):
        yield _branch(branch, (*key, "|", index), place, index)


def _value(
    node: Node, key: Key, place: str, *, top: bool = False, deeper: int = 0, extra: tuple[Item, ...] = ()
) -> Item:
    """An argument, a member or the result, with what is inside.

    What is at the ``top`` is open at first, and ``deeper`` levels further what has to be filled in, unless it is long.
    """
    inside = f"{place} > {node.name}" if node.name else place
    children = (*extra, *_inside(node, key, inside, deeper=deeper - (0 if top else 1)))
    words = tuple(_facts(node))
    hidden: tuple[Word, ...] = ()
    if len(node.choices) > MOST_CHOICES:
        hidden = tuple(Word(choice, "string") for choice in node.choices)
        words += (Word(f"one of {len(hidden)} values", "string"),)
    else:
        words += tuple(_choice_words(node))
    short = len(node.children) + len(node.branches) <= OPEN_MEMBERS
    return Item(
        key,
        "value",
        words,
        name=node.name,
        text=node.description,
        summary=_count(node),
        hidden=hidden,
        children=children,
        folded=bool(hidden) or not (top or (deeper > 0 and node.required and short)),
        link=TypeLink(node, place) if node.title and (node.children or node.branches) else None,
    )


def _branch(node: Node, key: Key, place: str, index: int) -> Item:
    """One of several alternatives: the value that selects it, its facts, its members inside."""
    tag = node.tag or node.type
    children = tuple(_inside(node, key, f"{place} > {tag}"))
    link = TypeLink(node, place) if children else None
    facts = [fact for fact in _facts(node) if fact.text not in (tag, node.type)]
    if tag != node.type:
        facts.insert(0, Word(tag, "link" if link is not None else "strong"))
    elif not facts or facts[0].style != "link":
        # Nothing but the type picks it: without a name, the type is what there is to say.
        facts.insert(0, Word(node.type, "strong"))
    return Item(
        key,
        "branch",
        (*facts, *_choice_words(node)),
        lead="or" if index else "either",
        text=node.description,
        summary=_count(node),
        children=children,
        folded=True,
        link=link,
    )


def _facts(node: Node) -> Iterator[Word]:
    """The facts of a value, as words that flow: type, whether required, default, limits."""
    inside = bool(node.children or node.branches)
    if node.title and inside and node.type.count("object") == 1:
        yield Word(node.type.replace("object", node.title), "link")
    else:
        # Where the type is no more than that there are some values, these follow.
        if not (node.choices and node.type.startswith("one of ")):
            yield Word(node.type)
        if node.title and node.title != node.type:
            yield Word(node.title, "link" if inside else "accent")
    if node.required:
        yield Word("required", "warning")
    # The default of an object is the defaults of its members, which stand below.
    if node.default is not None and (not node.children or node.default in ("null", "{}")):
        yield Word(f"default {node.default}", "dim")
    for constraint in node.constraints:
        yield Word(constraint, "dim")
    if node.examples and not node.children:
        yield Word(f"such as {node.examples[0]}", "dim")


def _choice_words(node: Node) -> Iterator[Word]:
    """The values of an enumeration, where the words of the type do not say them already."""
    if node.choices and node.type == " or ".join(node.choices):
        return
    for place, choice in enumerate(node.choices):
        lead = "one of " if place == 0 and len(node.choices) > 1 else ""
        yield Word(lead + choice, "string")


def _count(node: Node) -> str:
    """How much is folded away."""
    if node.branches:
        return f"{len(node.branches)} forms"
    count = len(node.children)
    return f"{count} member{'' if count == 1 else 's'}" if count else ""


def _example(example: Example, index: int, method: str) -> Iterator[Item]:
    key: Key = ("example", index)
    if example.params is None:
        yield Item(key, "literal", text=example.caption)
        return
    link = DraftLink(method, example.params)
    caption = example.caption or "A call"
    yield Item(key, "text", (Word("{nav.open} makes it the draft", "link"),), text=caption, link=link)
    shown = json.dumps(example.params, indent=2, ensure_ascii=False)
    yield Item((*key, "params"), "literal", text=shown, link=link)
