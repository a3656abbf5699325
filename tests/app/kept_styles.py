"""Styles that are worked out once for all apps of a process: a third of what a test of an app took.

Textual parses the style sheets again for each app, and matches their rules with each node again whenever a class, the
focus or the screen changes. Here what it works out for a node is kept by all that decides it: the rules that may fit
the node, and which selectors of those rules hold for the node and for each node above it. That a selector holds is kept
too, by the type, the id and the classes of a node and those pseudo classes that any rule asks such a node for.
`test_kept_styles` compares with what Textual would work out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from textual.css.model import RuleSet, SelectorType
from textual.css.styles import RulesMap
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation
from textual.dom import DOMNode

_parse_rules, _parse, _apply = Stylesheet._parse_rules, Stylesheet.parse, Stylesheet.apply

Kind = tuple[type[DOMNode], str | None, frozenset[str]]
"""The type, the id and the classes of a node."""
Path = tuple[int, ...]
"""A node and those above it, from the app on: for each the number of its kind with the pseudo classes it has."""

_parsed: dict[tuple[object, ...], list[RuleSet]] = {}
_sheets: dict[tuple[object, ...], Rules] = {}
_fitting: dict[tuple[RuleSet, ...], Fitting] = {}

_pseudo_classes: dict[str, set[str]] = {}
"""What rules ask for, by the selector's name as nodes have it."""
_asked: dict[Kind, list[Callable[[Any], bool]]] = {}
_numbers: dict[object, int] = {}

MARKS = {SelectorType.TYPE: "", SelectorType.CLASS: ".", SelectorType.ID: "#"}
"""What a node has before the name of a selector; the other selectors fit every node."""


def names_of(kind: Kind) -> set[str]:
    """The names of selectors that fit: `DOMNode._selector_names`."""
    node, id_, classes = kind
    names = {"*", *(base.__name__ for base in node._css_bases(node)), *(f".{name}" for name in classes)}
    return names if id_ is None else names | {f"#{id_}"}


class Rules(list[RuleSet]):
    """The rules of a sheet, once for all sheets of the same sources; lives as long as the process."""

    def __init__(self, rules: Iterable[RuleSet]) -> None:
        super().__init__(rules)
        self._fitting: dict[Kind, Fitting] = {}
        for selector in (one for rule in self for selectors in rule.selector_set for one in selectors.selectors):
            mark = MARKS.get(selector.type)
            known = _pseudo_classes.setdefault("*" if mark is None else mark + selector.name, set())
            if not selector.pseudo_classes <= known:
                known |= selector.pseudo_classes
                _asked.clear()

    def fitting(self, kind: Kind) -> Fitting:
        if kind not in self._fitting:
            names = names_of(kind)
            rules = tuple(rule for rule in self if not names.isdisjoint(rule.selector_names))
            if rules not in _fitting:
                _fitting[rules] = Fitting(rules)
            self._fitting[kind] = _fitting[rules]
        return self._fitting[kind]


class Fitting:
    """The rules that may fit a kind of node, and what was worked out with them."""

    def __init__(self, rules: Iterable[RuleSet]) -> None:
        selectors = [one for rule in rules for selectors in rule.selector_set for one in selectors.selectors]
        # One of those that are alike.
        self._selectors = list({(one.type, one.name, *sorted(one.pseudo_classes)): one for one in selectors}.values())
        self._held: dict[int, int] = {}
        """For each number of a `Path`, which of the selectors hold, as bits."""
        self._found: dict[Path, Found] = {}

    def found(self, sheet: Stylesheet, path: Path, node: Callable[[], DOMNode]) -> Found:
        """What Textual finds for the node of this path."""
        try:
            place = tuple(map(self._held.__getitem__, path))
        except KeyError:
            for number, part in zip(path, node().css_path_nodes, strict=True):
                self._held[number] = sum(one.check(part) << bit for bit, one in enumerate(self._selectors))
            place = tuple(map(self._held.__getitem__, path))
        if place not in self._found:
            self._found[place] = Found(sheet, node())
        return self._found[place]


class Found:
    """Stands for the sheet while Textual works out the rules of a node, and keeps them."""

    def __init__(self, sheet: Stylesheet, node: DOMNode) -> None:
        self.rules, self.rules_map, self._check_rule = sheet.rules, sheet.rules_map, sheet._check_rule
        self.node_rules: RulesMap | None = None
        self.settled: RulesMap | None = None
        """As the styles of a node hold them once they are set, but for the layout: each node has its own."""
        _apply(self, node)  # type: ignore[arg-type]
        self._hints = (node._has_hover_style, node._has_focus_within, node._has_order_style, node._has_odd_or_even)
        del self.rules, self.rules_map, self._check_rule

    def replace_rules(self, node: DOMNode, rules: RulesMap, animate: bool = False) -> None:
        self.node_rules = rules

    def _process_component_classes(self, node: DOMNode) -> None:
        pass

    def put(self, sheet: Stylesheet, node: DOMNode, animate: bool = False) -> None:
        """What `Stylesheet.apply` leaves on a node."""
        node._has_hover_style, node._has_focus_within, node._has_order_style, node._has_odd_or_even = self._hints
        if self.node_rules is None:
            return
        base = node.styles.base
        if self.settled is None or "transitions" in self.node_rules:
            sheet.replace_rules(node, self.node_rules, animate)
            self.settled = with_name_of_layout(base.get_rules())
        elif with_name_of_layout(base._rules) == self.settled:
            if not animate or base._rules != self.node_rules:
                node.notify_style_update()
        elif base._rules or node._is_mounted:
            sheet.replace_rules(node, self.node_rules, animate)
        else:
            rules = self.settled.copy()
            layout = rules.pop("layout", None)
            base.merge_rules(rules)
            base.layout = layout
            node.notify_style_update()


def with_name_of_layout(rules: RulesMap) -> RulesMap:
    layout = rules.get("layout")
    return rules if layout is None else {**rules, "layout": layout.name}  # type: ignore[typeddict-item]


def path_of(node: DOMNode, known: dict[Any, Any]) -> tuple[Kind, Path]:
    """`known` is empty or from the same pass over nodes, in which nothing that decides changes."""
    if node not in known:
        above = path_of(node._parent, known)[1] if isinstance(node._parent, DOMNode) else ()
        kind = (type(node), node._id, node.classes)
        known[node] = kind, (*above, number_of(kind, node))
    found: tuple[Kind, Path] = known[node]
    return found


def number_of(kind: Kind, node: DOMNode | None) -> int:
    if kind not in _asked:
        names = {name for selector in names_of(kind) for name in _pseudo_classes.get(selector, ())}
        _asked[kind] = [check for name, check in kind[0]._PSEUDO_CLASSES.items() if name in names]
    checks = _asked[kind]
    return _numbers.setdefault((kind, *checks, *[check(node) for check in checks]), len(_numbers))


def parse_rules(
    sheet: Stylesheet, css: str, read_from: CSSLocation, *place: object, **options: object
) -> list[RuleSet]:
    key = (css, read_from, place, frozenset(options.items()), frozenset(sheet._variables.items()))
    if key not in _parsed:
        _parsed[key] = _parse_rules(sheet, css, read_from, *place, **options)  # type: ignore[arg-type]
    return _parsed[key]


def parse(sheet: Stylesheet) -> None:
    sources = (tuple(sheet.source.items()), frozenset(sheet._variables.items()))
    if sources not in _sheets or sheet._invalid_css:
        _parse(sheet)
        assert sheet._rules is not None
        _sheets[sources] = Rules(sheet._rules)
    sheet._rules, sheet._rules_map, sheet._require_parse = _sheets[sources], None, False


def apply(sheet: Stylesheet, node: DOMNode, *, animate: bool = False, cache: dict[Any, Any] | None = None) -> None:
    rules = sheet.rules
    assert isinstance(rules, Rules)
    kind, path = path_of(node, {} if cache is None else cache)
    rules.fitting(kind).found(sheet, path, lambda: node).put(sheet, node, animate)
    if components := node._get_component_classes():
        apply_to_components(sheet, node, sorted(components), rules, path)


def apply_to_components(sheet: Stylesheet, node: DOMNode, names: list[str], rules: Rules, path: Path) -> None:
    """As `Stylesheet._process_component_classes`; one whose rules are as before stays."""
    changed = False
    for name in names:
        kind = (DOMNode, None, frozenset((name,)))
        make = partial(component, name, node)
        found = rules.fitting(kind).found(sheet, (*path, number_of(kind, None)), make)
        before = node._component_styles.get(name)
        if before is not None and with_name_of_layout(before.base._rules) == found.settled:
            continue
        part = make()
        found.put(sheet, part)
        changed = changed or before != part.styles
        node._component_styles[name] = part.styles
    if changed:
        node.refresh()


def component(name: str, node: DOMNode) -> DOMNode:
    part = DOMNode(classes=name)
    part._attach(node)
    return part


def keep() -> None:
    """From here on, for the whole process."""
    Stylesheet._parse_rules = parse_rules  # type: ignore[assignment,method-assign]
    Stylesheet.parse = parse  # type: ignore[method-assign]
    Stylesheet.apply = apply  # type: ignore[method-assign]
