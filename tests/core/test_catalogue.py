"""The catalogue: what methods say of themselves, their risk, and all real methods at once."""

from __future__ import annotations

import json
import re
import tracemalloc
from itertools import islice
from typing import Any

import pytest

from tests.facts import CATALOGUES, RELEASES, SOME_RELEASES
from tests.facts import catalogue as real
from truenas_client.engine.ledger import may_start_job
from truenas_client.methods import risk
from truenas_client.methods.catalogue import Catalogue
from truenas_client.methods.doctext import first_sentence, one_line, plain_text


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "description": None,
        "cli_description": "",
        "examples": {},
        "accepts": [],
        "returns": [],
        "roles": [],
        "job": False,
        "filterable": False,
        "downloadable": False,
        "uploadable": False,
        "no_auth_required": False,
    } | changes


def argument(name: str, *, required: bool = True, **schema: Any) -> dict[str, Any]:
    return {"_name_": name, "_required_": required, "title": name, **schema}


def one(name: str = "a.b", **changes: Any) -> Any:
    method = Catalogue.from_methods({name: entry(**changes)}).get(name)
    assert method is not None
    return method


def test_methods_are_sorted_and_split_into_namespaces() -> None:
    catalogue = Catalogue.from_methods(
        {"z.last": entry(), "a.b.query": entry(), "a.b.create": entry(), "bare": entry()}
    )
    assert list(catalogue.methods) == ["a.b.create", "a.b.query", "bare", "z.last"]
    assert catalogue.namespaces() == ["", "a.b", "z"]
    assert len(catalogue) == 4
    method = catalogue.get("a.b.query")
    assert method is not None
    assert (method.namespace, method.action) == ("a.b", "query")
    assert catalogue.get("a.b.missing") is None


def test_entries_that_are_not_objects_are_unreadable_and_a_wrong_answer_is_an_error() -> None:
    catalogue = Catalogue.from_methods({"a.b": None, "a.c": entry()})
    assert list(catalogue.methods) == ["a.b", "a.c"]
    assert catalogue.methods["a.b"].problems == ("its entry is NoneType",)
    assert catalogue.methods["a.c"].problems == ()
    with pytest.raises(TypeError):
        Catalogue.from_methods(["a.b"])  # type: ignore[arg-type]


def test_an_entry_without_anything_still_answers() -> None:
    method = Catalogue.from_methods({"a.b": {}}).get("a.b")
    assert method is not None
    assert (method.summary, method.description, method.examples, method.params) == ("", "", (), ())
    assert (method.returns, method.draft(), method.check([])) == ({}, [], [])


def test_the_summary_falls_back_to_the_first_sentence_of_the_description() -> None:
    assert one(cli_description="Makes a :doc:`dataset <x>`.").summary == "Makes a dataset"
    assert one(description="Makes ``tank``. And more.\n\nMuch more.").summary == "Makes tank"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, ""),
        ("Calls :method:`core.ping`.", "Calls core.ping"),
        ("Takes ``a``,\n  `b`  and **c**", "Takes a, b and c"),
        ("See `the pages <https://x.example/>`_ for it", "See the pages for it"),
        ("One. Two.", "One. Two"),
        ("And so on...", "And so on..."),
    ],
)
def test_one_line(text: str | None, line: str) -> None:
    assert one_line(text) == line


def test_the_first_sentence_ends_at_its_full_stop() -> None:
    assert first_sentence("Sets e.g. a name\nof it. Then more.\n\nRest") == "Sets e.g. a name of it"


def test_descriptions_fold_into_paragraphs_and_keep_items_and_blocks() -> None:
    text = "First line\nof a     paragraph.\n\n\n- item one\n- item ``two``\n\n    indented   block\n\n.. note:: mind\n"
    assert plain_text(text) == (
        "First line of a paragraph.\n\n- item one\n- item two\n\n    indented   block\n\nNote: mind"
    )


def test_examples_are_those_for_callers_of_this_interface() -> None:
    examples = {"__all__": ["for all\n"], "websocket": ["\n\nfor us"], "rest": ["not us"], "cli": ["nor us"]}
    assert one(examples=examples).examples == ("for all", "for us")


def test_arguments_have_names_order_and_a_draft_up_to_the_last_required_one() -> None:
    method = one(
        accepts=[
            argument("dev", required=False, type="string"),
            argument("mode", enum=["QUICK", "FULL"], type="string"),
            argument("sync", required=False, type="boolean", default=True),
        ]
    )
    assert [(param.name, param.required) for param in method.params] == [
        ("dev", False),
        ("mode", True),
        ("sync", False),
    ]
    assert method.draft() == ["", "QUICK"]
    assert method.smallest().to_fill == ((0,),)


def test_changing_a_draft_changes_nothing_else() -> None:
    method = one(accepts=[argument("names", type="array", items=[{"type": "array"}], default=[["x"]])])
    method.draft()[0][0].append("mine")
    assert method.draft() == [[["x"]]]


def test_packing_changes_nothing_but_the_memory() -> None:
    methods = {
        "a.b": entry(accepts=[argument("n", type="integer", minimum=3)], returns=[{"type": "object"}]),
        "a.c": entry(accepts=[argument("tag", type="object", properties={"deep": {"_required_": True}})]),
    }
    plain, packed = Catalogue.from_methods(methods), Catalogue.from_methods(methods)
    assert list(packed.pack(at_a_time=1)) == [1, 0]
    for name in methods:
        left, right = plain.methods[name], packed.methods[name]
        assert left.params == right.params
        assert left.returns == right.returns
        assert left.names == right.names
    assert packed.methods["a.c"].names == ("tag", "deep")


# Risk


@pytest.mark.parametrize(
    ("name", "facts", "expected"),
    [
        ("x.query", {}, "read"),
        ("x.get_thing", {}, "read"),
        ("x.list_things", {}, "read"),
        ("x.is_ready", {}, "read"),
        ("x.colour_choices", {}, "read"),
        ("x.anything", {"filterable": True}, "read"),
        ("x.anything", {"roles": ["THING_READ"]}, "read"),
        ("x.anything", {"roles": ["READONLY_ADMIN"]}, "read"),
        ("x.anything", {"roles": ["THING_WRITE"]}, "write"),
        ("x.getaway", {}, "write"),
        ("pool.export", {"roles": ["POOL_WRITE"]}, "risk"),
        ("api_key.create", {"roles": ["READONLY_ADMIN"]}, "write"),
        ("system.version", {}, "read"),
        ("core.bulk", {}, "risk"),
    ],
)
def test_risk_by_rule_and_by_review(name: str, facts: dict[str, Any], expected: str) -> None:
    assert one(name, **facts).risk == expected


def test_calls_that_carry_another_are_what_that_one_is() -> None:
    catalogue = Catalogue.from_methods(
        {"x.query": entry(), "x.save": entry(roles=["X_READ"]), "pool.export": entry(), "core.bulk": entry()}
    )
    assert catalogue.risk_of("core.bulk", ["x.query", [[], []]]) == "read"
    assert catalogue.risk_of("core.bulk", ["pool.export", [[1]]]) == "risk"
    assert catalogue.risk_of("core.download", ["x.save", [], "file"]) == "read"
    assert catalogue.risk_of("core.download", ["x.unknown", [], "file"]) == "write"
    assert catalogue.risk_of("core.bulk", ["core.download", [["x.save", []], ["pool.export", []]]]) == "risk"
    assert catalogue.risk_of("core.bulk", ["core.bulk", [["x.query", []]]]) == "risk"
    assert catalogue.risk_of("core.bulk", []) == "risk"
    assert catalogue.risk_of("core.bulk", [None]) == "risk"
    assert catalogue.risk_of("y.get_it") == "read"


def test_the_reviewed_lists_do_not_overlap() -> None:
    assert not risk.RISK & risk.READS
    assert not risk.RISK & risk.WRITES
    assert not risk.READS & risk.WRITES


def test_every_reviewed_name_exists_and_needs_its_review() -> None:
    every = {name: item for release in RELEASES for name, item in real(release).items()}
    # Private on the servers the catalogues come from, callable by those who ask for private methods.
    private = {"boot.format", "filesystem.file_receive", "reporting.clear"}
    assert (risk.RISK | risk.READS | risk.WRITES) - private <= every.keys()
    for name in risk.READS | risk.WRITES:
        plain = {
            risk.by_rule(name, filterable=real(release)[name]["filterable"], roles=real(release)[name]["roles"])
            for release in RELEASES
            if name in real(release)
        }
        assert plain != {"read" if name in risk.READS else "write"}, f"{name} is listed for nothing"


@pytest.mark.parametrize("release", SOME_RELEASES)
def test_real_methods_are_what_people_take_them_for(release: str) -> None:
    catalogue = Catalogue.from_methods(real(release))
    for method in catalogue:
        if method.filterable:
            assert method.risk == "read", method.name
        if method.action in ("create", "update", "set", "run"):
            assert method.risk != "read", method.name
        if method.action in ("delete", "destroy", "wipe", "reset", "shutdown", "reboot"):
            assert method.risk != "read", method.name
    for name in ("system.info", "pool.query", "core.get_jobs", "core.get_methods", "core.subscribe", "filesystem.stat"):
        found = catalogue.get(name)
        assert found is None or found.risk == "read", name
    for name in ("pool.export", "pool.dataset.delete", "disk.wipe", "system.reboot", "system.shutdown", "config.reset"):
        found = catalogue.get(name)
        assert found is None or found.risk == "risk", name


# All real methods


@pytest.mark.parametrize("release", CATALOGUES)
def test_what_is_no_job_by_its_name_is_none(release: str) -> None:
    methods = real(release)
    jobs = [name for name, method in methods.items() if method.get("job")]
    assert jobs
    assert all(map(may_start_job, jobs))
    assert sum(not may_start_job(name) for name in methods) > len(methods) / 10


@pytest.mark.parametrize("release", CATALOGUES)
def test_every_real_method_has_a_valid_smallest_draft(release: str) -> None:
    catalogue = Catalogue.from_methods(real(release))
    assert len(catalogue) == len(real(release))
    for method in catalogue:
        smallest = method.smallest()
        assert method.check(smallest.value) == [], method.name
        for path in smallest.to_fill:
            value: Any = smallest.value
            for part in path:
                value = value[part]
        # Leaving the last argument out is noticed: nothing in the draft is there for nothing.
        if smallest.value:
            assert method.check(smallest.value[:-1]), method.name


@pytest.mark.parametrize("release", CATALOGUES)
def test_every_real_text_is_plain(release: str) -> None:
    for method in Catalogue.from_methods(real(release)):
        assert "\n" not in method.summary
        assert "  " not in method.summary
        for mark in ("``", ":method:`", ":doc:`", ".. versionadded", ".. deprecated", '{\n        "jsonrpc"'):
            assert mark not in method.summary, method.name
            assert mark not in method.description, method.name
        assert not re.search("::$", method.description, re.MULTILINE), method.name


def test_a_line_that_a_server_cut_is_told_from_the_description() -> None:
    texts = {"description": "Made by :method:`auth.generate_token`. More.", "cli_description": "Made by :method:`auth"}
    assert one(**texts).summary == "Made by auth.generate_token"


def test_examples_inside_a_description_are_examples() -> None:
    message = '    {\n        "jsonrpc": "2.0",\n        "method": "a.b",\n        "params": [1]\n    }'
    method = one(description=f"Does it.\n\nSuch as::\n\n    [1]\n\nDo one::\n\n{message}\n")
    assert method.description == "Does it.\n\nSuch as:\n\n    [1]"
    assert method.examples == (f"Do one::\n\n{message}",)
    told = one(description=f"Do one::\n\n{message}", examples={"websocket": ["Theirs."]})
    assert told.examples == ("Theirs.", f"Do one::\n\n{message}")


def test_a_real_catalogue_packs_small() -> None:
    text = json.dumps(dict(islice(real("26").items(), 0, None, 4)))
    tracemalloc.start()
    try:
        catalogue = Catalogue.from_methods(json.loads(text))
        for _ in catalogue.pack():
            pass
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(catalogue) >= len(real("26")) // 4
    assert kept < 1_000_000
