"""The documentation as pages: what they say, what is folded, where links lead; and every method there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.app.stage import HOSTILE, UNSAFE
from tests.facts import FULL, RELEASES, SIZES
from tests.facts import catalogue as real
from tests.shelf import SHELF
from truenas_client.methods.catalogue import Catalogue, Method
from truenas_client.methods.examples import examples_of
from tui.model.outline import CallLink, DraftLink, Item, MethodLink, Page, TypeLink, method_page, type_page
from tui.model.trail import Place, Trail, search
from tui.text import ASCII, UNICODE, width
from tui.widgets.docs_layout import NARROWEST, Line, lay_out, line_of, plain

CATALOGUE = Catalogue.from_methods(
    {"shelf.create": SHELF, "shelf.query": {"filterable": True, "description": "Lists."}, "wall.paint": {}}
)


def shelf() -> Method:
    return method("shelf.create")


def method(name: str) -> Method:
    found = CATALOGUE.get(name)
    assert found is not None
    return found


def drawn(page: Page, cells: int = 76, *, trail: Trail | None = None, unfolded: bool = False) -> list[Line]:
    return lay_out(
        page,
        cells,
        glyphs=UNICODE,
        folded=(lambda item: False) if unfolded else trail.folded if trail is not None else (lambda item: item.folded),
        known=lambda name: name != page.title and name in CATALOGUE,
    )


def texts(lines: list[Line]) -> list[str]:
    return [plain(line).rstrip() for line in lines]


def item(page: Page, name: str) -> Item:
    return next(item for item in page.walk() if item.name == name)


def trail_of(name: str = "shelf.create", **options: Any) -> Trail:
    return Trail(method(name), lookup=CATALOGUE.get, **options)


# What a page says.


def test_a_method_with_everything() -> None:
    assert texts(drawn(method_page(shelf(), held={"ROOM_ADMIN"}))) == [
        "shelf.create  write  job",
        "",
        "Puts up a shelf, as shelf.query lists them.",
        "",
        "See wall.paint,",
        "shelf.query and no.such.",
        "",
        "needs one of  SHELF_WRITE,  ROOM_ADMIN:  you have ROOM_ADMIN",
        "",
        "Arguments",
        "▾ shelf  ShelfCreate  required",
        "    name    string  required  not empty",
        "            What to call it.",
        '    wood    string  default "OAK"  one of "OAK"  "PINE"',
        "  ▸ colour  string  one of 40 values",
        "  ▾ place   object  required",
        '    ▸ either  kind = "WALL"  Wall  2 members',
        '    ▸ or  kind = "FLOOR"  Floor  1 member',
        "  ▾ bolts   object  required",
        "      size  integer  at most 9",
        "  ▸ extras  Extras  1 member",
        "",
        "Returns",
        "▾ ShelfEntry",
        "    id  integer",
        "",
        "Examples",
        "A shelf of oak",
        "enter makes it the draft",
        "  [",
        "    {",
        '      "name": "books"',
        "    }",
        "  ]",
    ]


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (None, "needs one of  SHELF_WRITE,  ROOM_ADMIN"),
        ({"SHELF_WRITE"}, "needs one of  SHELF_WRITE,  ROOM_ADMIN:  you have SHELF_WRITE"),
        ({"FULL_ADMIN"}, "needs one of  SHELF_WRITE,  ROOM_ADMIN:  you have FULL_ADMIN"),
        ({"OTHER"}, "needs one of  SHELF_WRITE,  ROOM_ADMIN:  you have none of them"),
        (set(), "needs one of  SHELF_WRITE,  ROOM_ADMIN:  you have none of them"),
    ],
)
def test_roles_and_whether_the_user_has_them(held: set[str] | None, words: str) -> None:
    assert words in texts(drawn(method_page(shelf(), held=held)))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"uploadable": True, "job": True}, "read  job  upload"),
        ({"downloadable": True, "filterable": True}, "read  table  download"),
        ({"no_auth_required": True}, "read  no sign-in needed"),
    ],
)
def test_flags_stand_beside_the_name(flags: dict[str, Any], words: str) -> None:
    found = Catalogue.from_methods({"shelf.get_one": flags}).get("shelf.get_one")
    assert found is not None
    assert texts(drawn(method_page(found)))[0] == f"shelf.get_one  {words}"


def test_a_method_that_takes_and_says_nothing() -> None:
    assert texts(drawn(method_page(method("wall.paint")))) == [
        "wall.paint  write",
        "",
        "needs  no role of its own",
        "",
        "Arguments  none",
        "",
        "Returns",
        "  any value",
    ]


def test_a_list_of_filters_says_what_a_filter_is() -> None:
    entry = {"filterable": True, "accepts": [{"_name_": "filters", "type": "array"}, {"_name_": "o", "type": "object"}]}
    found = Catalogue.from_methods({"shelf.query": entry}).get("shelf.query")
    assert found is not None
    lines = texts(drawn(method_page(found)))
    assert lines[lines.index("▾ filters  list") + 1].startswith(
        '  each  ["field", "operator", value]  operators  =  !='
    )


def test_a_long_enumeration_unfolds() -> None:
    trail = trail_of()
    colour = item(trail.page, "colour")
    assert not any("C39" in line for line in texts(drawn(trail.page, trail=trail)))
    trail.fold(colour, False)
    assert any('"C39"' in line for line in texts(drawn(trail.page, trail=trail)))


def test_what_has_to_be_filled_in_is_open_and_what_is_deep_is_folded() -> None:
    page = method_page(shelf())
    folded = {found.name: found.folded for found in page.walk() if found.folds and found.name}
    assert folded == {"shelf": False, "colour": True, "place": False, "bolts": False, "extras": True, "lamp": True}


def test_a_long_list_of_required_members_is_folded_at_first() -> None:
    many = {f"m{number}": {"type": "integer"} for number in range(20)}
    schema = {"type": "object", "required": ["x"], "properties": {"x": {"type": "object", "properties": many}}}
    found = Catalogue.from_methods({"a.b": {"accepts": [{**schema, "_name_": "data"}]}}).get("a.b")
    assert found is not None
    assert item(method_page(found), "x").folded


# Links and the way back.


def test_a_type_opens_its_own_page_and_back_returns_as_it_was() -> None:
    trail = trail_of()
    trail.fold(item(trail.page, "bolts"), True)
    before = texts(drawn(trail.page, trail=trail))
    place = Place(item(trail.page, "extras").key, 0, 5)
    link = item(trail.page, "extras").link
    assert link is not None
    assert trail.follow(link, place)
    assert texts(drawn(trail.page, trail=trail)) == [
        "Extras",
        "",
        "in  shelf.create > shelf",
        "",
        "Members",
        "▸ lamp  Lamp  1 member",
    ]
    inner = item(trail.page, "lamp").link
    assert inner is not None
    assert trail.follow(inner, Place(("member", 0)))
    assert texts(drawn(trail.page, trail=trail))[2] == "in  shelf.create > shelf > Extras"
    assert trail.depth == 2
    assert trail.back() == Place(("member", 0))
    assert trail.back() == place
    assert trail.back() is None
    assert texts(drawn(trail.page, trail=trail)) == before


def test_alternatives_open_by_what_picks_them() -> None:
    page = method_page(shelf())
    branch = next(found for found in page.walk() if found.kind == "branch")
    assert isinstance(branch.link, TypeLink)
    assert texts(drawn(type_page(branch.link)))[:2] == ['Wall  kind = "WALL"', ""]
    union = item(page, "place")
    assert union.link is None, "what has no name folds in its place"


def test_names_of_methods_in_descriptions_lead_to_them() -> None:
    trail = trail_of()
    lines = drawn(trail.page, trail=trail)
    links = [line.link for line in lines if isinstance(line.link, MethodLink)]
    assert links == [MethodLink("shelf.query"), MethodLink("wall.paint"), MethodLink("shelf.query")]
    assert trail.follow(links[0], Place(("text",)))
    assert texts(drawn(trail.page, trail=trail))[0] == "shelf.query  read  table"
    assert trail.back() == Place(("text",))


def test_what_leads_out_of_the_docs_is_not_followed() -> None:
    trail = trail_of()
    links = {type(line.link): line.link for line in drawn(trail.page) if line.link is not None}
    assert links[CallLink] == CallLink("shelf.create")
    assert links[DraftLink] == DraftLink("shelf.create", [{"name": "books"}])
    for kind in (CallLink, DraftLink):
        assert not trail.follow(links[kind], Place())
    assert not trail.follow(MethodLink("gone.away"), Place())
    assert trail.depth == 0


def test_a_method_read_again_keeps_its_folds() -> None:
    trail = trail_of()
    trail.fold(item(trail.page, "extras"), False)
    again = Catalogue.from_methods({"shelf.create": {**SHELF, "job": False}}).get("shelf.create")
    assert again is not None
    trail.renew(again, held=None)
    lines = texts(drawn(trail.page, trail=trail))
    assert lines[0] == "shelf.create  write"
    assert any(line.endswith("lamp  Lamp  1 member") for line in lines)


def test_everything_below_folds_and_unfolds_and_what_is_hidden_is_revealed() -> None:
    trail = trail_of()
    top = item(trail.page, "shelf")
    trail.fold(top, False, below=True)
    assert not any(trail.folded(found) for found in trail.page.walk() if found.folds)
    trail.fold(top, True, below=True)
    watt = item(trail.page, "watt")
    assert line_of(drawn(trail.page, trail=trail), watt.key) is None
    trail.reveal(watt.key)
    assert line_of(drawn(trail.page, trail=trail), watt.key) is not None


def test_search_goes_through_what_is_folded_and_around_the_end() -> None:
    page = method_page(shelf())
    found = [hit.name for hit in search(page, "WATT", after=None)]
    assert found == ["watt"]
    first = item(page, "shelf")
    assert next(search(page, "name", after=first.key)).name == "name"
    assert next(search(page, "shelf", after=item(page, "id").key)).key == ("example", 0)
    assert next(search(page, "shelf", after=("title",), backwards=True)).key == ("example", 0)
    assert not list(search(page, "nowhere", after=None))


# Examples.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Do it.\n\n  :::javascript\n  {"method": "a.b", "params": [1, {"x": "y"}]}', [("Do it", [1, {"x": "y"}])]),
        ('{"method": "a.b, "params": []}', [("", [])]),
        ('One\n{"method": "a.b", "params": [1]}\nTwo\n{"method": "a.b", "params": [2]}', [("One", [1]), ("Two", [2])]),
        ('Of another: {"method": "c.d", "params": [1]}', [('Of another: {"method": "c.d", "params": [1]}', None)]),
        ('{"method": "a.b", "params": [1,]}', [('{"method": "a.b", "params": [1,]}', None)]),
        ('{"method": "a.b", "params": {"x": 1}}', [('{"method": "a.b", "params": {"x": 1}}', None)]),
        ("Only words.", [("Only words.", None)]),
        ('{"method": "a.b", "params": ' + "[" * 100_000, None),
        ("  \n ", []),
    ],
)
def test_examples_are_read_as_calls(text: str, expected: list[tuple[str, Any]] | None) -> None:
    found = [(example.caption, example.params) for example in examples_of([text], "a.b")]
    if expected is None:
        assert all(params is None for _, params in found)
    else:
        assert found == expected


# Whatever a server sends.

SHORT = [text for text in HOSTILE if len(text) < 100]
names = st.text(max_size=12) | st.sampled_from(SHORT)
scalars = st.none() | st.booleans() | st.integers() | names
schemas: st.SearchStrategy[Any] = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["string", "integer", "object", "array", "null"])
            | names
            | st.lists(names, max_size=3),
            "title": names,
            "description": names,
            "default": scalars,
            "enum": st.lists(scalars, max_size=15),
            "const": scalars,
            "examples": st.lists(scalars, max_size=2) | scalars,
            "pattern": names,
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "title": names,
            "description": names,
            "properties": st.dictionaries(names, inner, max_size=4),
            "patternProperties": st.dictionaries(names, inner, max_size=2),
            "additionalProperties": inner | st.booleans(),
            "items": inner | st.lists(inner, max_size=2),
            "anyOf": st.lists(inner, max_size=3),
            "oneOf": st.lists(inner, max_size=3),
            "allOf": st.lists(inner, max_size=3),
            "required": st.lists(names, max_size=3),
            "discriminator": st.fixed_dictionaries({"propertyName": names}),
        },
    ),
    max_leaves=12,
)


def check(lines: list[Line], cells: int) -> None:
    """Nothing a terminal could stumble over, nothing empty but single gaps, nothing wider than it may be."""
    for before, line in zip([None, *lines], lines, strict=False):
        text = plain(line)
        assert not UNSAFE.search(text)
        if not text.strip():
            assert line == Line([]), line
            assert before is not None
            assert plain(before).strip(), "two gaps together"
            continue
        assert line.item is not None
        # JSON is cut where it is drawn, and far inside a word may have no room left; all else is wrapped.
        if line.item.kind != "literal" and cells >= 44:
            assert width(text) <= cells, text
    assert not lines or plain(lines[-1]).strip(), "a gap at the end"


@given(schema=schemas, text=names)
def test_any_schema_and_any_text_becomes_harmless_lines(schema: Any, text: str) -> None:
    entry = {
        "description": text,
        "roles": [text],
        "examples": {"websocket": [text, '{"method": "a.b", "params": [' + '"x",' * 3 + "1]}"]},
        "accepts": [{**schema, "_name_": text}, schema],
        "returns": [schema],
    }
    found = Catalogue.from_methods({"a.b": entry}).get("a.b")
    assert found is not None
    page = method_page(found, held={text})
    assert len({item.key for item in page.walk()}) == len(list(page.walk())), "keys are unique"
    for cells in (5, 44, 76):
        for unfolded in (False, True):
            lines = drawn(page, cells, unfolded=unfolded)
            for line in lines:
                assert not UNSAFE.search(plain(line))
    for line in lines:
        if isinstance(line.link, TypeLink):
            assert drawn(type_page(line.link), unfolded=True)


@pytest.mark.parametrize("release", RELEASES)
def test_every_real_method(release: str) -> None:
    """Each method that differs from that of the release after; in `make test` a third of them in each release, each in
    one width."""
    methods = real(release)
    catalogue = Catalogue.from_methods(methods)
    assert len(catalogue) == SIZES[release]
    after = real(RELEASES[RELEASES.index(release) + 1]) if release != RELEASES[-1] else {}
    drafts = 0
    for found in catalogue:
        if methods[found.name] == after.get(found.name):
            continue
        if not FULL and crc32(found.name.encode()) % 3 != RELEASES.index(release) % 3:
            continue
        trail = Trail(found, lookup=catalogue.get, held={"READONLY_ADMIN"})
        page = trail.page
        assert len({item.key for item in page.walk()}) == len(list(page.walk()))

        def known(name: str, own: str = found.name) -> bool:
            return name != own and name in catalogue

        widths = (44, 76, 112)
        for cells in widths if FULL else (widths[crc32(found.name[::-1].encode()) % 3],):
            check(lay_out(page, cells, glyphs=ASCII, folded=trail.folded, known=known), cells)
        lines = lay_out(page, 76, glyphs=UNICODE, folded=lambda item: False, known=known)
        check(lines, 76)
        assert {line.item.key for line in lines if line.item is not None} == {item.key for item in page.walk()}, (
            found.name
        )
        for line in links(lines):
            assert line.item is not None
            assert line.link is not None
            place = Place(line.item.key, 0, 3)
            if isinstance(line.link, TypeLink | MethodLink):
                assert trail.follow(line.link, place), (found.name, line.link)
                inner = lay_out(trail.page, 76, glyphs=UNICODE, folded=trail.folded, known=known)
                check(inner, 76)
                assert inner[0].item is not None
                assert trail.back() == place
            elif isinstance(line.link, DraftLink):
                drafts += 1
                assert catalogue.get(line.link.method) is found
            else:
                assert isinstance(line.link, CallLink)
                assert catalogue.get(line.link.name) is found
        assert trail.depth == 0
        assert trail.page is page
    assert drafts > 10


def links(lines: list[Line]) -> Iterator[Line]:
    """A line for each place that lines lead to, once for each item."""
    seen = set()
    for line in lines:
        if line.link is not None and line.item is not None:
            mark = (line.item.key, id(line.link) if isinstance(line.link, TypeLink | DraftLink) else line.link)
            if mark not in seen:
                seen.add(mark)
                yield line


def test_the_narrowest_width_is_kept() -> None:
    assert texts(drawn(method_page(shelf()), 3)) == texts(drawn(method_page(shelf()), NARROWEST))
