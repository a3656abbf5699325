"""Finding a method while typing.

A query is terms parted by spaces; every term has to match. A term matches a
method's name as a part of it, or as letters in order that mostly start words
(``pds`` in ``pool.dataset``), a plural also as its singular, or else the name of an argument in the same ways, or
stands in the summary. Names beat arguments and texts, word starts beat insides, whole
parts beat halves. Invariants: a method of exactly that name comes first, then those
whose names begin with it, whatever else matches.

Names are prepared when the index is made; summaries and argument names when a
term first needs them (or by `prepare`). The last query's candidates are kept:
one more letter only has to look among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .catalogue import Method

__all__ = ["SUMMARY", "Hit", "Index"]

SUMMARY = ""
"""In `Hit.why`: the summary contains the term. Any other entry is the name of an argument."""

_LONGEST = 100
"""Characters of a name that still count against it; a server could send any."""

_COMMON = {"query": 6.0, "config": 6.0, "info": 5.0, "create": 3.0, "update": 2.5, "get_instance": 2.0, "delete": 1.5}
"""The methods that users most often look for, when the letters match equally well."""


class Hit(NamedTuple):
    """A method found, its score (more is better) and where in its name the letters matched.

    ``why`` says for each term that is not in the name where it is: `SUMMARY`, or the name of an argument.
    """

    method: Method
    score: float
    positions: tuple[int, ...]
    why: tuple[str, ...] = ()


_Match = tuple[float, tuple[int, ...], str | None]
"""The worth of a term in a method, where its letters are in the name, and why it matches when it is not in the name."""


class _Entry:
    __slots__ = ("action", "base", "bonus", "lower", "method", "place", "summary")

    def __init__(self, place: int, method: Method) -> None:
        self.place = place
        self.method = method
        self.lower = lower = _lower(method.name)
        self.bonus = _bonus(lower)
        self.action = lower.rfind(".") + 1
        self.base = _COMMON.get(lower[self.action :], 0.0) - min(len(lower), _LONGEST) * 0.2
        self.summary: str | None = None

    def text(self) -> str:
        """The summary in lower case, after a space."""
        if self.summary is None:
            self.summary = " " + self.method.summary.lower()
        return self.summary

    def match(self, term: str, arguments: _Arguments) -> _Match | None:
        score, start = self._part(term)
        part: _Match | None = (score, tuple(range(start, start + len(term))), None) if start >= 0 else None
        as_one = self._whole_word(one) if (one := _singular(term)) else None
        if as_one is not None and as_one[0] > score:
            return as_one
        if part is not None and (self.bonus[start] > 1 or len(term) == 1):
            return part
        fuzzy = _letters(term, self.lower, self.bonus) if len(term) > 1 else None
        if fuzzy is not None and (part is None or fuzzy[0] > part[0]):
            return (*fuzzy, None)
        return part or self._elsewhere(term, arguments)

    def _whole_word(self, term: str) -> _Match | None:
        """The best place where the name has a word of just these letters; for a term with an s more."""
        score, start = self._part(term)
        end = start + len(term)
        if start < 0 or self.bonus[start] == 1 or self.lower[end : end + 1] not in ("", ".", "_", "-"):
            return None
        return score - 4.0, tuple(range(start, end)), None

    def _part(self, term: str) -> tuple[float, int]:
        """The best place where the name contains the term unchanged."""
        lower = self.lower
        best, where, wholes = 0.0, -1, 0
        start = lower.find(term)
        while start >= 0:
            end = start + len(term)
            worth = self.bonus[start]
            if worth == 10:
                # A whole part, and more so the whole last part, is the most likely intent.
                score = 100.0 + (3 if start == self.action else 0)
                score += 28 if end == len(lower) else 20 if lower[end] == "." else 0
                wholes += end == len(lower) or lower[end] == "."
            else:
                score = 84.0 if worth > 1 else min(25.0 + 4 * len(term), 60.0)
            if score > best:
                best, where = score, start
            start = lower.find(term, start + 1)
        # pool.scrub.scrub is more about scrubs than boot.scrub is.
        return best + 6.0 * min(max(0, wholes - 1), 4), where

    def _elsewhere(self, term: str, arguments: _Arguments) -> _Match | None:
        if len(term) < 2:
            return None
        worth, name = arguments.get(term, {}).get(self.place, (0.0, ""))
        text = self.text()
        if worth < 22.0 and f" {term}" in text:
            return 22.0, (), SUMMARY
        if worth < 12.0 and len(term) > 2 and term in text:
            return 12.0, (), SUMMARY
        return (worth, (), name) if name else None


_Arguments = dict[str, dict[int, tuple[float, str]]]
"""For each term, by the place of a method: the best of its arguments that match, and what that is worth."""


class _Vocabulary:
    """The names of all arguments, each once, with the methods that take it."""

    def __init__(self, entries: Sequence[_Entry]) -> None:
        self._entries = entries
        # Keyed by the name as it came: argument names differ in little else than case.
        self._places: dict[str, list[int]] = {}
        self._done = 0
        self._lower: list[tuple[str, str, list[int]]] | None = None
        self._last: tuple[str, list[tuple[str, str, list[int]]]] = ("", [])

    def read(self, many: int) -> int:
        """Read the arguments of this many further methods. Return how many methods are left."""
        for entry in self._entries[self._done : self._done + many]:
            for name in entry.method.names:
                self._places.setdefault(name, []).append(entry.place)
        self._done = min(self._done + many, len(self._entries))
        return len(self._entries) - self._done

    def possible(self, term: str) -> list[tuple[str, str, list[int]]]:
        """The names that hold the term's letters in order: what matches it, and longer terms, is among them."""
        if self._lower is None:
            self.read(len(self._entries))
            self._lower = [(name.lower(), name, places) for name, places in self._places.items()]
        last, among = self._last
        among = among if last and term.startswith(last) else self._lower
        found = [word for word in among if _in_order(term, word[0])]
        self._last = (term, found)
        return found

    def matches(self, term: str) -> dict[int, tuple[float, str]]:
        """The methods with an argument that matches, by their places."""
        found: dict[int, tuple[float, str]] = {}
        for lower, name, places in self.possible(term):
            worth = _worth(term, lower)
            if worth:
                for place in places:
                    if place not in found or found[place][0] < worth:
                        found[place] = (worth, name)
        return found


def _worth(term: str, name: str) -> float:
    """The score of a term in the name of an argument, 0 when it does not match."""
    at = name.find(term)
    if at == 0:
        return 30.0 if len(name) == len(term) else 24.0
    if at > 0:
        return 18.0 if f"_{term}" in name else 12.0 if len(term) > 2 else 0.0
    if len(term) < 4:
        return 0.0
    fuzzy = _letters(term, name, _bonus(name), share=0.75)
    return 8.0 if fuzzy is not None else 0.0


def _singular(term: str) -> str:
    """What a user who types a plural looks for, "" for any other word: ``services`` is about ``service.query``."""
    return term[:-1] if len(term) > 3 and term.endswith("s") and not term.endswith("ss") else ""


def _in_order(term: str, text: str) -> bool:
    """Whether the text contains the letters of the term in this order."""
    at = 0
    find = text.find
    for char in term:
        at = find(char, at) + 1
        if not at:
            return False
    return True


def _lower(name: str) -> str:
    """The name in lower case, letter for letter, so that places in it are places in the name."""
    lower = name.lower()
    return lower if len(lower) == len(name) else "".join(c.lower() if len(c.lower()) == 1 else c for c in name)


def _bonus(lower: str) -> bytes:
    """The score of one letter at each place: starts of parts, then of words in parts, then the rest."""
    previous = "." + lower[:-1]
    return bytes([10 if char == "." else 8 if char in "_-" else 1 for char in previous])


def _letters(term: str, lower: str, bonus: bytes, *, share: float = 0.5) -> tuple[float, tuple[int, ...]] | None:
    """The best way to find the term's letters in order, when that share of them starts a word or follows the one
    before."""
    # For each letter: (position, score so far, index of the letter before in the previous list).
    rows: list[list[tuple[int, int, int]]] = []
    before: list[tuple[int, int, int]] = []
    for char in term:
        row: list[tuple[int, int, int]] = []
        best, best_at, seen = (0, -1, 0) if not rows else (-1, -1, 0)
        position = lower.find(char)
        while position >= 0:
            while seen < len(before) and before[seen][0] < position:
                if before[seen][1] > best:
                    best, best_at = before[seen][1], seen
                seen += 1
            if best >= 0:
                worth, came = best + bonus[position], best_at
                if seen and before[seen - 1][0] == position - 1 and before[seen - 1][1] + 7 >= worth:
                    worth, came = before[seen - 1][1] + max(7, bonus[position]), seen - 1
                row.append((position, worth, came))
            position = lower.find(char, position + 1)
        if not row:
            return None
        rows.append(row)
        before = row
    at = max(range(len(before)), key=lambda index: before[index][1])
    total = before[at][1]
    positions: list[int] = []
    for row in reversed(rows):
        position, _, came = row[at]
        positions.append(position)
        at = came
    positions.reverse()
    # Weak: too few of the letters start a word or follow their neighbour, or the first one does not.
    strong = sum(
        bonus[position] > 1 or (index > 0 and positions[index - 1] == position - 1)
        for index, position in enumerate(positions)
    )
    if bonus[positions[0]] == 1 or strong < share * len(term):
        return None
    spread = min(positions[-1] - positions[0], _LONGEST)
    return max(70.0 * total / (10 * len(term)) - 0.2 * spread, 1.0), tuple(positions)


class Index:
    """A search index over methods. Make a new one for a new catalogue."""

    def __init__(self, methods: Iterable[Method]) -> None:
        self._entries = [_Entry(place, method) for place, method in enumerate(methods)]
        self._vocabulary = _Vocabulary(self._entries)
        self._last_query = ""
        self._last = self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def prepare(self, at_a_time: int = 40) -> Iterator[int]:
        """Read all summaries and argument names now, in slices: each step gives how many methods are left.

        All of it takes about 20 ms for 800 methods, and the first search that needs it does what is left.
        """
        done = 0
        while done < len(self._entries):
            for entry in self._entries[done : done + at_a_time]:
                entry.text()
            done += at_a_time
            yield self._vocabulary.read(at_a_time)

    def search(self, query: str, limit: int = 200) -> list[Hit]:
        """The best ``limit`` methods for a query, best first; equal ones by name. An empty query finds nothing."""
        terms = query.lower().split()
        if not terms:
            return []
        arguments = {term: self._vocabulary.matches(term) for term in terms if len(term) > 1}
        entries = self._candidates(query.lower(), terms)
        whole = ".".join(terms)
        hits: list[Hit] = []
        for entry in entries:
            hit = _score(entry, terms, whole, arguments)
            if hit is not None:
                hits.append(hit)
        hits.sort(key=lambda hit: (-hit.score, hit.method.name))
        return hits[:limit]

    def _candidates(self, query: str, terms: list[str]) -> list[_Entry]:
        """Methods that could match: what is not among them is not when letters are added to the query either."""
        narrower = bool(self._last_query) and query.startswith(self._last_query)
        found = self._last if narrower else self._entries
        for term in terms:
            taking: set[int] = set()
            if len(term) > 1:
                taking.update(*(places for _lower, _name, places in self._vocabulary.possible(term)))
            found = [
                entry
                for entry in found
                if entry.place in taking
                or _in_order(_singular(term) or term, entry.lower)
                # Every text contains a single letter.
                or (len(term) > 1 and term in entry.text())
            ]
        if all(len(term) > 1 for term in terms):
            self._last_query, self._last = query, found
        return found


def _score(entry: _Entry, terms: list[str], whole: str, arguments: _Arguments) -> Hit | None:
    score = entry.base
    positions: tuple[int, ...] = ()
    why: tuple[str, ...] = ()
    last = -1
    for term in terms:
        found = entry.match(term, arguments)
        if found is None:
            return None
        worth, places, elsewhere = found
        score += worth
        if elsewhere is not None:
            why += (elsewhere,)
        elif places:
            if places[0] in positions:
                # Every term names something of its own, where the name has enough of it.
                again = entry.lower.find(term, last + 1)
                if again < 0:
                    score -= 30.0
                else:
                    places = tuple(range(again, again + len(term)))
            # Terms in the order of the name's parts are what people type.
            score += 5.0 if places[0] > last else 0.0
            last = places[-1]
            positions += places
    if entry.lower.startswith(whole):
        score += 20_000.0 if entry.lower == whole else 10_000.0
    return Hit(entry.method, score, tuple(sorted(set(positions))) if len(terms) > 1 else positions, why)
