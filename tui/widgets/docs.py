"""`Docs`: what a method is, takes and returns, as lines that wrap to the width there is.

Drawn from a `Method` of the catalogue and the `Node` trees its schemas describe themselves by; every text in them is
the server's. The lines are made when a method is shown and again when the width changes, and only then.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import Binding, BindingType

from truenas_client.catalogue import Method
from truenas_client.schema.describe import Node, describe
from tui.text import safe, safe_lines, width, wrap
from tui.widgets.lines import LineView, Span

Line = list[Span]

_RISKS = {"read": "dim", "write": "warning", "risk": "error"}
_NARROWEST = 24  # cells; text is not wrapped into less, but cut
_WIDEST_NAME = 26  # cells that the names of one object are padded to at most
_LONGEST = 20_000  # characters of one text that are looked at
_MOST_LINES = 20_000


class Word(NamedTuple):
    """A word of a flowing line, with the style it is drawn in."""

    text: str
    style: str = ""


class Docs(LineView):
    """The documentation of one method: `show(method)`, then scrolling and `find`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "find_next", "next match", show=False, id="find.next"),
        Binding("N", "find_previous", "previous match", show=False, id="find.previous"),
    ]

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._method: Method | None = None
        self._held: Collection[str] | None = None
        self._lines: list[Line] = []
        self._wrapped_at = -1
        self._sought = ""
        self._found = -1

    @property
    def method(self) -> Method | None:
        return self._method

    def show(self, method: Method | None, *, held: Collection[str] | None = None) -> None:
        """Shows a method from the top, or nothing. `held` are the roles of the user, when they are known."""
        self._method = method
        self._held = held
        self._found = -1
        self._wrapped_at = -1
        self._rewrap()
        self.scroll_lines(0)

    def on_resize(self, event: events.Resize) -> None:
        if self.scrollable_content_region.width != self._wrapped_at:
            self._rewrap()

    def _rewrap(self) -> None:
        cells = self.scrollable_content_region.width
        if not cells:
            return
        self._wrapped_at = cells
        # One cell less than there is: the scroll bar may come.
        lines = [] if self._method is None else method_lines(self._method, cells - 1, held=self._held)
        self._lines = []
        for line in lines:
            self._lines.append(line)
            if len(self._lines) == _MOST_LINES:
                break
        self.lines_changed()

    def line_count(self) -> int:
        return len(self._lines)

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        line = self._lines[index]
        if not self._sought or self._sought not in _plain(line).lower():
            return line
        return _marked(line, self._sought)

    # Finding

    def find(self, text: str) -> int:
        """Marks a text, capitals or not, and goes to the first line that holds it from here on; how many lines do."""
        self._sought = text.lower()
        self._strips.clear()
        self.refresh()
        if not text:
            return 0
        count = sum(self._sought in _plain(line).lower() for line in self._lines)
        self._found = self.scroll_offset.y - 1
        self._step(1)
        return count

    def action_find_next(self) -> None:
        self._step(1)

    def action_find_previous(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        if not self._sought:
            return
        count = len(self._lines)
        for distance in range(1, count + 1):
            index = (self._found + by * distance) % count
            if self._sought in _plain(self._lines[index]).lower():
                self._found = index
                top = self.scroll_offset.y
                if not top <= index < top + self.page_height:
                    self.scroll_lines(index - self.page_height // 3)
                return


def method_lines(method: Method, cells: int, *, held: Collection[str] | None = None) -> Iterator[Line]:
    """Everything there is to say about a method, in lines of at most `cells` cells where words allow."""
    cells = max(cells, _NARROWEST)
    yield from _flow([Word(method.name, "title"), *_badges(method)], cells)
    text = method.description or method.summary
    if text:
        yield []
        yield from _paragraphs(text, cells)
    yield []
    yield from _needs(method, cells, held)
    yield []
    if method.params:
        yield [Span("Arguments", "title")]
        nodes = [describe(param.schema, name=param.name, required=param.required) for param in method.params]
        yield from _members(nodes, 2, cells)
    else:
        yield [Span("Takes no arguments.", "dim")]
    yield []
    yield [Span("Returns", "title")]
    yield from _members([describe(method.returns)], 2, cells)
    if method.examples:
        yield []
        yield [Span("Examples", "title")]
        for example in method.examples:
            for line in safe_lines(example[:_LONGEST]):
                yield [Span("  "), Span(line)]
            yield []


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


def _needs(method: Method, cells: int, held: Collection[str] | None) -> Iterator[Line]:
    words = [Word("needs", "dim")]
    if not method.roles:
        words.append(Word("no role" if method.no_auth_required else "any sign-in", ""))
    for place, role in enumerate(method.roles):
        words += [Word("or", "dim")] if place else []
        words.append(Word(role, "strong"))
    if method.roles and held is not None and "FULL_ADMIN" not in held:
        has = any(role in held for role in method.roles)
        words.append(Word("which you have" if has else "which you do not have", "ok" if has else "error"))
    yield from _flow(words, cells, hanging=6)


def _members(nodes: Sequence[Node], indent: int, cells: int) -> Iterator[Line]:
    """Members side by side: names in one column, what they are beside them, what is inside them below."""
    names = max((width(safe(node.name[:200])) for node in nodes), default=0)
    names = min(names, _WIDEST_NAME, cells // 3)
    for node in nodes:
        yield from _node(node, indent, names, cells)


def _node(node: Node, indent: int, names: int, cells: int) -> Iterator[Line]:
    # Far inside there is no room left to go further right; the order of the lines still tells.
    indent = min(indent, cells // 2)
    name = safe(node.name[:200])
    lead = [Span(" " * indent)]
    begin = indent
    if names:
        lead += [Span(name, "key"), Span(" " * max(names - width(name), 0) + "  ")]
        begin += names + 2
    facts = list(_facts(node))
    if width(name) > names:  # a name too long for the column stands alone
        yield lead[:2]
        lead = [Span(" " * begin)]
    room = max(cells - begin, _NARROWEST // 2)
    for place, line in enumerate(_flow(facts, room)):
        yield [*(lead if place == 0 else [Span(" " * begin)]), *line]
    if node.description:
        for paragraph in safe_lines(node.description[:_LONGEST]):
            yield from ([Span(" " * begin), Span(text, "dim")] for text in wrap(paragraph, room))
    if node.children:
        yield from _members(node.children, indent + 2, cells)
    for branch in node.branches:
        yield from _branch(branch, "either" if branch is node.branches[0] else "or", indent + 2, cells)


def _branch(branch: Node, word: str, indent: int, cells: int) -> Iterator[Line]:
    """One of several alternatives: what picks it, what is known of it, and its members below."""
    tag = branch.tag or branch.type
    facts = [fact for fact in _facts(branch) if fact.text != tag and not (branch.children and fact.text == branch.type)]
    words = [Word(word, "dim"), Word(tag, "strong"), *facts]
    for line in _flow(words, max(cells - indent, _NARROWEST // 2), hanging=len(word) + 2):
        yield [Span(" " * indent), *line]
    for paragraph in safe_lines(branch.description[:_LONGEST]) if branch.description else ():
        for text in wrap(paragraph, max(cells - indent - 2, _NARROWEST // 2)):
            yield [Span(" " * (indent + 2)), Span(text, "dim")]
    if branch.children:
        yield from _members(branch.children, indent + 2, cells)
    for inner in branch.branches:
        yield from _branch(inner, "either" if inner is branch.branches[0] else "or", indent + 2, cells)


def _facts(node: Node) -> Iterator[Word]:
    """What is known of a value, as words that flow: type, whether required, default, limits, choices."""
    yield Word(node.type, "")
    if node.title and node.title != node.type:
        yield Word(node.title, "accent")
    if node.required:
        yield Word("required", "warning")
    # The default of an object is the defaults of its members, which stand below.
    if node.default is not None and (not node.children or node.default in ("null", "{}")):
        yield Word(f"default {node.default}", "dim")
    for constraint in node.constraints:
        yield Word(constraint, "dim")
    for place, choice in enumerate(node.choices):
        yield Word(f"one of {choice}" if place == 0 and len(node.choices) > 1 else choice, "string")


def _flow(words: Sequence[Word], cells: int, *, hanging: int = 0) -> Iterator[Line]:
    """Words one after the other, two spaces between them, in as many lines as needed; a long one is wrapped itself."""
    line: Line = []
    used = 0
    for word in words:
        text = safe(word.text[:_LONGEST])
        if used and used + 2 + width(text) > cells:
            yield line
            line, used = [Span(" " * hanging)] if hanging else [], hanging
        elif used:
            line.append(Span("  "))
            used += 2
        *whole, rest = wrap(text, max(cells - used, 8))
        for piece in whole:
            yield [*line, Span(piece, word.style)]
            line, used = [Span(" " * hanging)] if hanging else [], hanging
        line.append(Span(rest, word.style))
        used += width(rest)
    yield line


def _paragraphs(text: str, cells: int) -> Iterator[Line]:
    for paragraph in safe_lines(text[:_LONGEST]):
        stripped = paragraph.lstrip()
        indent = min(len(paragraph) - len(stripped), cells // 2)
        for line in wrap(stripped, cells - indent):
            yield [Span(" " * indent), Span(line)] if indent else [Span(line)]


def _plain(line: Line) -> str:
    return "".join(span.text for span in line)


def _marked(line: Line, sought: str) -> Line:
    """The line with every place marked where the text stands, across spans of different styles too."""
    plain = _plain(line).lower()
    if len(plain) != len(_plain(line)):  # lower case can be longer; then only the line is found, not the place
        return line
    marks: set[int] = set()
    at = plain.find(sought)
    while at >= 0:
        marks.update(range(at, at + len(sought)))
        at = plain.find(sought, at + len(sought))
    spans: Line = []
    place = 0
    for text, style in line:
        begin = 0
        for index in range(1, len(text) + 1):
            if index == len(text) or ((place + index) in marks) != ((place + begin) in marks):
                marked = (place + begin) in marks
                spans.append(Span(text[begin:index], f"{style} mark".strip() if marked else style))
                begin = index
        place += len(text)
    return spans
