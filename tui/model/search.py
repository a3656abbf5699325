"""Finding a method while typing.

A query is terms parted by spaces; every term has to match. A term matches a
method's name as a part of it, or as letters in order that mostly start words
(``pds`` in ``pool.dataset``), or else stands in the summary or in the name of
an argument. Names beat texts, word starts beat insides, whole parts beat halves.

Names are prepared when the index is made; summaries and argument names when a
term first needs them (or by `prepare`). The last query's candidates are kept:
one more letter only has to look among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Hit", "Index", "Searchable"]

_COMMON = {"query": 6.0, "config": 6.0, "info": 5.0, "create": 3.0, "update": 2.5, "get_instance": 2.0, "delete": 1.5}
"""What people most often look for, once the letters fit equally well."""


class Searchable(Protocol):
    """What the index needs to know of a method."""

    @property
    def name(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def names(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Hit:
    """A method found, its score (more is better) and where in its name the letters matched."""

    method: Searchable
    score: float
    positions: tuple[int, ...]


class _Entry:
    __slots__ = ("action", "base", "bonus", "lower", "method", "texts")

    def __init__(self, method: Searchable) -> None:
        self.method = method
        self.lower = lower = method.name.lower()
        # What one letter is worth at each place: starts of parts, then of words in parts, then the rest.
        previous = "." + lower[:-1]
        self.bonus = [10 if char == "." else 8 if char in "_-" else 1 for char in previous]
        self.action = lower.rfind(".") + 1
        self.base = _COMMON.get(lower[self.action :], 0.0) - len(lower) * 0.2
        self.texts: tuple[str, str] | None = None

    def words(self) -> tuple[str, str]:
        """The summary and the argument names, lower case, each word after a space."""
        if self.texts is None:
            method = self.method
            self.texts = (" " + method.summary.lower(), " " + " ".join(method.names).lower())
        return self.texts

    def may_match(self, term: str) -> bool:
        """Whether the term could match at all; what fails this with two letters or more fails with more of them too."""
        at = 0
        find = self.lower.find
        for char in term:
            at = find(char, at) + 1
            if not at:
                return self._in_texts(term)
        return True

    def _in_texts(self, term: str) -> bool:
        # A single letter stands in every text.
        return len(term) > 1 and any(term in text for text in self.words())

    def match(self, term: str) -> tuple[float, tuple[int, ...]] | None:
        score, start = self._part(term)
        part = (score, tuple(range(start, start + len(term)))) if start >= 0 else None
        if part is not None and (self.bonus[start] > 1 or len(term) == 1):
            return part
        fuzzy = self._letters(term) if len(term) > 1 else None
        if part is not None and fuzzy is not None:
            return max(part, fuzzy)
        return part or fuzzy or self._text(term)

    def _part(self, term: str) -> tuple[float, int]:
        """The best place where the term stands in the name as it is."""
        lower = self.lower
        best, where, wholes = 0.0, -1, 0
        start = lower.find(term)
        while start >= 0:
            end = start + len(term)
            worth = self.bonus[start]
            if worth == 10:
                # A whole part, and more so the whole last part, is what was meant.
                score = 100.0 + (3 if start == self.action else 0)
                score += 28 if end == len(lower) else 20 if lower[end] == "." else 0
                wholes += end == len(lower) or lower[end] == "."
            else:
                score = 84.0 if worth > 1 else min(25.0 + 4 * len(term), 60.0)
            if score > best:
                best, where = score, start
            start = lower.find(term, start + 1)
        # pool.scrub.scrub is more about scrubs than boot.scrub is.
        return best + 6.0 * max(0, wholes - 1), where

    def _letters(self, term: str) -> tuple[float, tuple[int, ...]] | None:
        """The best way to find the term's letters in order, when most of them start a word or follow each other."""
        lower, bonus = self.lower, self.bonus
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
        # Weak: fewer than half of the letters start a word or follow their neighbour, or the first one does not.
        strong = sum(
            bonus[position] > 1 or (index > 0 and positions[index - 1] == position - 1)
            for index, position in enumerate(positions)
        )
        if bonus[positions[0]] == 1 or strong * 2 < len(term):
            return None
        return 70.0 * total / (10 * len(term)) - 0.2 * (positions[-1] - positions[0]), tuple(positions)

    def _text(self, term: str) -> tuple[float, tuple[int, ...]] | None:
        if not self._in_texts(term):
            return None
        summary, names = self.words()
        if f" {term}" in names:
            return 24.0, ()
        if f" {term}" in summary:
            return 22.0, ()
        if f"_{term}" in names:
            return 18.0, ()
        return (12.0, ()) if len(term) > 2 else None


class Index:
    """A search index over methods. Make a new one for a new catalogue."""

    def __init__(self, methods: Iterable[Searchable]) -> None:
        self._entries = [_Entry(method) for method in methods]
        self._last_query = ""
        self._last = self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def prepare(self) -> None:
        """Read all summaries and argument names now (about 15 ms for 800 methods)."""
        for entry in self._entries:
            entry.words()

    def search(self, query: str, limit: int = 200) -> list[Hit]:
        """The best ``limit`` methods for a query, best first; equal ones by name. An empty query finds nothing."""
        terms = query.lower().split()
        if not terms:
            return []
        entries = self._candidates(query.lower(), terms)
        whole = ".".join(terms)
        hits: list[Hit] = []
        for entry in entries:
            hit = _score(entry, terms, whole)
            if hit is not None:
                hits.append(hit)
        hits.sort(key=lambda hit: (-hit.score, hit.method.name))
        return hits[:limit]

    def _candidates(self, query: str, terms: list[str]) -> list[_Entry]:
        narrower = bool(self._last_query) and query.startswith(self._last_query)
        entries = self._last if narrower else self._entries
        found = [entry for entry in entries if all(map(entry.may_match, terms))]
        if all(len(term) > 1 for term in terms):
            self._last_query, self._last = query, found
        return found


def _score(entry: _Entry, terms: list[str], whole: str) -> Hit | None:
    score = entry.base
    positions: tuple[int, ...] = ()
    last = -1
    for term in terms:
        found = entry.match(term)
        if found is None:
            return None
        score += found[0]
        if found[1]:
            places = found[1]
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
        score += 400.0 if entry.lower == whole else 200.0
    return Hit(entry.method, score, tuple(sorted(set(positions))) if len(terms) > 1 else positions)
