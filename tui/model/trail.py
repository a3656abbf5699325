"""The way through the documentation: pages followed by their links, each with its folds and the cursor left behind.

A `Trail` begins with the page of a method. `follow` goes to where a link leads and `back` returns to the page before
as it was left: the same folds, the cursor at the same place. Links to the call or the draft lead out of the
documentation and are not followed here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from truenas_client.methods.catalogue import Method
from tui.model.outline import Item, Key, Link, MethodLink, Page, TypeLink, method_page, type_page

__all__ = ["Place", "Trail", "search"]

MOST_PAGES = 100
"""Pages a trail remembers; of a longer one the oldest after the first are forgotten."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cursor is: in an item, ``line`` lines below its first one, ``row`` rows below the top of the view."""

    key: Key = ()
    line: int = 0
    row: int = 0


@dataclass(slots=True)
class _Visit:
    page: Page
    folds: dict[Key, bool] = field(default_factory=dict)
    place: Place = Place()


class Trail:
    """Pages one after the other, the last of them shown. ``lookup`` finds methods by name."""

    def __init__(
        self, method: Method, *, lookup: Callable[[str], Method | None], held: Collection[str] | None = None
    ) -> None:
        self.method = method
        self.held = held
        self._lookup = lookup
        self._visits = [_Visit(method_page(method, held=held))]

    @property
    def page(self) -> Page:
        """The page shown."""
        return self._visits[-1].page

    @property
    def depth(self) -> int:
        """How many pages `back` can return to."""
        return len(self._visits) - 1

    def renew(self, method: Method, *, held: Collection[str] | None) -> None:
        """The same method as another catalogue knows it: the first page is made again, its folds stay."""
        self.method = method
        self.held = held
        self._visits[0].page = method_page(method, held=held)

    def follow(self, link: Link, place: Place) -> bool:
        """Goes to the page a link leads to, remembering the cursor; False when it leads to no page."""
        page: Page
        if isinstance(link, TypeLink):
            page = type_page(link)
        elif isinstance(link, MethodLink) and (method := self._lookup(link.name)) is not None:
            page = method_page(method, held=self.held)
        else:
            return False
        self._visits[-1].place = place
        self._visits.append(_Visit(page))
        if len(self._visits) > MOST_PAGES:
            del self._visits[1]
        return True

    def back(self) -> Place | None:
        """Returns to the page before; the place the cursor had there, None when there is no page before."""
        if not self.depth:
            return None
        self._visits.pop()
        return self._visits[-1].place

    def leave(self, place: Place) -> None:
        """Remembers the cursor of the page shown."""
        self._visits[-1].place = place

    @property
    def place(self) -> Place:
        """Where the cursor was when the page shown was left."""
        return self._visits[-1].place

    @property
    def touched(self) -> bool:
        """Whether anything is not as it is at first: a fold, the page, the cursor."""
        visit = self._visits[-1]
        return bool(self.depth or visit.folds or visit.place.line or visit.place.key not in ((), ("title",)))

    # Folding

    def folded(self, item: Item) -> bool:
        """Whether an item of the page shown is folded."""
        return self._visits[-1].folds.get(item.key, item.folded)

    def fold(self, item: Item, folded: bool, *, below: bool = False) -> None:
        """Folds or unfolds an item, with ``below`` everything inside it as well."""
        folds = self._visits[-1].folds
        folds[item.key] = folded
        stack = list(item.children) if below else []
        while stack:
            inner = stack.pop()
            if inner.folds:
                folds[inner.key] = folded
            stack.extend(inner.children)

    def reveal(self, key: Key) -> None:
        """Unfolds every item around this one."""
        for item in self.page.above(key):
            self._visits[-1].folds[item.key] = False


def search(page: Page, text: str, *, after: Key | None, backwards: bool = False) -> Iterator[Item]:
    """The items whose words hold ``text`` (small letters or not), from ``after`` on and around the end."""
    sought = text.lower()
    items = list(page.walk())
    here = next((index for index, item in enumerate(items) if item.key == after), 0 if backwards else -1)
    step = -1 if backwards else 1
    for distance in range(1, len(items) + 1):
        item = items[(here + step * distance) % len(items)]
        if sought in item.said().lower():
            yield item
