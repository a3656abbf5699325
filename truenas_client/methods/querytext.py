"""Query filters as a line of text, and back: ``name = tank and (size > 1T or status in ONLINE, DEGRADED)``.

::

    any of   := all of ("or" all of)*
    all of   := test ("and" test)*
    test     := field operator value | "(" any of ")" | "any(" any of ")" | "all(" any of ")"

The operators are the server's (`filters.OPERATORS`), with ``C`` before one that ignores case. After ``in`` and
``nin`` stand values with commas between them; any other list stands in brackets. A bare date or time compares
times: ``created > 2026-01-01`` is a filter on ``created.$date``, as the server wants it. ``any(...)`` is an OR, even
of one branch, and ``all(...)`` is a branch in a list, even of one filter. So different filters have different texts.

Invariants: nothing here does I/O; `read_filters` raises only `QueryTextError`; for filters that `filters_text`
can say, ``read_filters(filters_text(filters)) == filters``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NoReturn

from .filters import OPERATORS
from .querywords import (
    KEYWORDS,
    QueryTextError,
    Unsayable,
    bare_value,
    below,
    date_at,
    field_at,
    field_text,
    is_date,
    unquoted,
    value_text,
)

__all__ = ["QueryTextError", "Unsayable", "filters_text", "read_filters"]

Filters = list[Any]

TIMED = frozenset({"=", "!=", ">", ">=", "<", "<="})
"""The operators that compare times, on a field that ends with ``.$date``."""
DATE = ".$date"
_MANY = frozenset({"in", "nin", "Cin", "Cnin"})
_SPACE = re.compile(r"\s*")
_OPERATOR = re.compile(r"C?(?:(?:!=|>=|<=|!\^|!\$|[=><~^$])|(?i:r?n?in)(?![^\s(\[\"']))")
_WORD = re.compile(r"[^\s,()\[\]\"'][^\s,()\[\]]*")
_UNIT = re.compile(r"\s(?:[KMGTPE]i?B|kB|B)(?![^\s,()\[\]])")
_GROUP = re.compile(r"(any|all)\s*\(")
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)
_FOREIGN = re.compile(
    r"==|<>|=>|=<|&&?|\|\|?|(?i:like|contains|is|not|between|eq|ne|gt|lt)(?![^\s(])|[^\s\w]+|[^\s,()\[\]]+"
)
_INSTEAD = {
    "==": "write =",
    "<>": "write !=",
    "=>": "write >=",
    "=<": "write <=",
    "&": "write and",
    "&&": "write and",
    "|": "write or",
    "||": "write or",
    "like": "write ~ and a pattern, rin for what it holds, or ^ for a beginning",
    "contains": "write rin, which looks into a list or a text",
    **dict.fromkeys(("starts", "startswith", "begins"), "write ^"),
    **dict.fromkeys(("ends", "endswith"), "write $"),
    "is": "write =",
    "not": "the negated operators are != nin rnin !^ !$",
}
_DEEPEST = 30
"""Parentheses in parentheses. No server takes more than a few."""


def read_filters(text: str) -> Filters:
    """The filters of a query text; none for an empty one. Raises `QueryTextError`, which says where."""
    return _Reader(text).whole()


class _Reader:
    """Reads one text from left to right. Each method leaves ``at`` behind what it read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._depth = 0

    def whole(self) -> Filters:
        if self._ended():
            return []
        filters = self._any_of()
        if not self._ended():
            if self.text[self.at] == ",":
                self._fail("a list of values needs brackets here, as in [a, b]")
            if self.text[self.at] == ")":
                self._fail("this parenthesis closes nothing")
            self._fail_at_word("expected and, or, or the end; a text with spaces needs quotes")
        return filters

    # --- structure

    def _any_of(self) -> Filters:
        branches = self._branches()
        return branches[0][0] if len(branches) == 1 else [["OR", [_branch(*branch) for branch in branches]]]

    def _branches(self) -> list[tuple[Filters, bool]]:
        branches = [self._all_of()]
        while self._keyword("or"):
            branches.append(self._all_of())
        return branches

    def _all_of(self) -> tuple[Filters, bool]:
        """The filters that must all hold, and whether ``all(...)`` says to keep one of them in a list."""
        filters, kept = self._test()
        while self._keyword("and"):
            more, _ = self._test()
            filters, kept = [*filters, *more], False
        return filters, kept

    def _test(self) -> tuple[Filters, bool]:
        if self._ended():
            self._fail("expected a field")
        group = _GROUP.match(self.text, self.at)
        if group is None and self.text[self.at] != "(":
            return [self._comparison()], False
        opened = self.at
        self.at = group.end() if group else self.at + 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise QueryTextError("this is nested too deeply", opened)
        branches = self._branches()
        if self._ended() or self.text[self.at] != ")":
            if not self._ended() and self.text[self.at] == ",":
                self._fail("a list of values needs brackets here, as in [a, b]")
            if not self._ended():
                self._fail_at_word("expected and, or, or a closing parenthesis; a text with spaces needs quotes")
            raise QueryTextError("this parenthesis is not closed", opened)
        self.at += 1
        self._depth -= 1
        if len(branches) > 1 or (group and group[1] == "any"):
            filters: Filters = [["OR", [_branch(*branch) for branch in branches]]]
        else:
            filters = branches[0][0]
        return filters, bool(group and group[1] == "all")

    # --- one comparison

    def _comparison(self) -> list[Any]:
        begin = self.at
        field = self._quoted()
        if field is None:
            field = field_at(self.text, self.at)
            if field is None:
                self._fail_at_word("expected a field")
            if field.lower() in KEYWORDS:
                self._fail(f"expected a field; one with the name {field} needs quotes", len(field))
            if field.lower() == "not":
                self._fail(f"there is no {field}: {_INSTEAD['not']}", len(field))
            self.at += len(field)
        if self._ended():
            raise QueryTextError(f"{field_text(field)} needs an operator and a value", begin, self.at - begin)
        sign = self._operator()
        timed = sign in TIMED
        if self._ended():
            self._fail(f"{sign} needs a value")
        if sign in _MANY:
            return [field, sign, self._many()]
        date = date_at(self.text, self.at) if timed else None
        if date is not None:
            self.at += len(date)
            return [field if field.endswith(DATE) else field + DATE, sign, date]
        return [field, sign, self._value()]

    def _operator(self) -> str:
        found = _OPERATOR.match(self.text, self.at)
        foreign = _FOREIGN.match(self.text, self.at)
        word = foreign[0] if foreign else ""
        if found is None or word in _INSTEAD:
            about = _INSTEAD.get(word.lower()) or f"the operators are {' '.join(OPERATORS)}, with C before: any case"
            self._fail(f"{word} is no operator: {about}", len(word))
        self.at = found.end()
        sign = found[0]
        # IN and NIN as in SQL; a C is a capital on every server.
        return "C" + sign[1:].lower() if sign[0] == "C" else sign.lower()

    def _many(self) -> list[Any]:
        """The values after ``in``: with commas between them, alone, or in brackets or parentheses."""
        if self.text[self.at] == "(":
            return self._items(")")
        bracket = self.text[self.at] == "["
        values = [self._value()]
        while self._comma():
            values.append(self._value())
        only: Any = values[0]
        return only if bracket and len(values) == 1 else values

    def _items(self, end: str) -> list[Any]:
        opened = self.at
        self.at += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise QueryTextError("this is nested too deeply", opened)
        values: list[Any] = []
        while not self._ended() and self.text[self.at] != end:
            values.append(self._value())
            if not self._comma() and not self._ended() and self.text[self.at] != end:
                self._fail_at_word(f"expected a comma or {end}")
        if self._ended():
            raise QueryTextError("this list is not closed", opened)
        self.at += 1
        self._depth -= 1
        return values

    def _value(self) -> Any:
        if self._ended():
            self._fail("expected a value")
        if self.text[self.at] == "[":
            return self._items("]")
        quoted = self._quoted()
        if quoted is not None:
            return quoted
        found = _WORD.match(self.text, self.at)
        if found is None or found[0][0] in "=<>!":
            self._fail_at_word("expected a value; one that begins so needs quotes")
        word = found[0]
        if word.lower() in KEYWORDS:
            self._fail(f"expected a value; the text {word} needs quotes", len(word))
        begin, self.at = self.at, found.end()
        unit = _UNIT.match(self.text, self.at)
        value = bare_value(word, begin)
        if unit and type(value) in (int, float):
            self.at = unit.end()
            return bare_value(word + unit[0], begin)
        if self.at < len(self.text) and self.text[self.at] == "(":
            raise QueryTextError("a text with parentheses needs quotes", begin, len(word) + 1)
        return value

    def _quoted(self) -> str | None:
        if self._ended() or self.text[self.at] not in "\"'":
            return None
        found = _QUOTED.match(self.text, self.at)
        if found is None:
            self._fail("this quote is not closed")
        self.at = found.end()
        return unquoted(found[1] if found[1] is not None else found[2])

    # --- small steps

    def _ended(self) -> bool:
        """Whether only spaces are left. Skips those that come next."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at >= len(self.text)

    def _keyword(self, word: str) -> bool:
        if self._ended():
            return False
        end = self.at + len(word)
        if self.text[self.at : end].lower() != word or self.text[end : end + 1].strip() not in ("", "(", '"', "'"):
            return False
        self.at = end
        return True

    def _comma(self) -> bool:
        if self._ended() or self.text[self.at] != ",":
            return False
        self.at += 1
        return True

    def _fail(self, message: str, length: int = 1) -> NoReturn:
        raise QueryTextError(message, self.at, length)

    def _fail_at_word(self, message: str) -> NoReturn:
        found = _FOREIGN.match(self.text, self.at)
        word = found[0] if found else ""
        about = _INSTEAD.get(word.lower())
        self._fail(f"there is no {word}: {about}" if about else message, len(word))


def _branch(filters: Filters, kept: bool) -> Any:
    """A branch of an OR: a single filter stands for itself."""
    return filters if kept or len(filters) > 1 else filters[0]


# --- filters to text ---------------------------------------------------------------------------


def filters_text(filters: Any) -> str:
    """The text of filters. Raises `Unsayable` for those that it has no words for, and for what is no filter."""
    if not isinstance(filters, (list, tuple)):
        raise Unsayable("filters are a list")
    return _all_text(filters, alone=True)


def _all_text(filters: Sequence[Any], *, alone: bool, depth: int = 0) -> str:
    """Filters that must all hold. ``alone``: nothing stands beside the text, so an OR needs no parentheses."""
    if depth > _DEEPEST // 2:
        raise Unsayable("the filters are nested too deeply")
    texts = []
    for index, item in enumerate(filters):
        with below(index):
            texts.append(_one_text(item, alone=alone and len(filters) == 1, depth=depth))
    return " and ".join(texts)


def _one_text(item: Any, *, alone: bool, depth: int) -> str:
    if not isinstance(item, (list, tuple)) or not item:
        raise Unsayable("a filter is a list of field, operator and value")
    if len(item) == 2 and item[0] == "OR":
        branches = item[1]
        if not isinstance(branches, (list, tuple)) or not branches:
            raise Unsayable("an OR without branches has no words")
        texts = []
        for index, branch in enumerate(branches):
            with below(1, index):
                texts.append(_branch_text(branch, depth + 1))
        if len(texts) == 1:
            return f"any({texts[0]})"
        return " or ".join(texts) if alone else f"({' or '.join(texts)})"
    if len(item) != 3 or not isinstance(item[0], str) or not isinstance(item[1], str):
        raise Unsayable("a filter is a list of field, operator and value")
    return _comparison_text(*item)


def _branch_text(branch: Any, depth: int) -> str:
    if not isinstance(branch, (list, tuple)) or not branch:
        raise Unsayable("a branch of an OR is a filter or a list of them")
    if not isinstance(branch[0], (list, tuple)):
        return _one_text(branch, alone=False, depth=depth)
    text = _all_text(branch, alone=len(branch) == 1, depth=depth)
    return f"({text})" if len(branch) > 1 else f"all({text})"


def _comparison_text(field: str, sign: str, value: Any) -> str:
    if (sign[1:] if sign.startswith("C") else sign) not in OPERATORS:
        with below(1):
            raise Unsayable(f"{sign} is no operator")
    if sign in _MANY and not isinstance(value, (list, tuple)):
        with below(2):
            raise Unsayable(f"{sign} has words for a list only")
    with below(2):
        return _said(field, sign, value)


def _said(field: str, sign: str, value: Any) -> str:
    if sign in _MANY:
        plain = value and not any(isinstance(item, (list, tuple)) for item in value)
        words = ", ".join(map(value_text, value)) if plain else value_text(value)
        return f"{field_text(field)} {sign} {words}"
    inner = field.removesuffix(DATE)
    if inner != field and not inner.endswith(DATE) and sign in TIMED and isinstance(value, str) and is_date(value):
        return f"{field_text(inner)} {sign} {value}"
    return f"{field_text(field)} {sign} {value_text(value)}"
