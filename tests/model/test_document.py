"""The document for the user's editor: it reads back as the arguments, and its comments become members."""

from __future__ import annotations

import re
from random import Random

import pytest

from tests.facts import RELEASES, catalogue
from tests.model.test_form import arguments_of, ordered
from truenas_client.methods.catalogue import Catalogue, Method
from tui.model.document import document, read_document


def shelf() -> Method:
    members = {
        "name": {"type": "string", "description": "What it is called."},
        "boards": {"type": "integer", "default": 3},
        "password": {"type": "string"},
    }
    schema = {"type": "object", "_name_": "shelf", "_required_": True, "properties": members, "required": ["name"]}
    found = Catalogue.from_methods({"shelf.create": {"accepts": [schema], "returns": []}}).get("shelf.create")
    assert found is not None
    return found


@pytest.mark.parametrize("release", RELEASES)
def test_a_document_reads_back_as_the_arguments(release: str) -> None:
    random = Random(release)
    for method in random.sample(list(Catalogue.from_methods(catalogue(release))), 15):
        for values in arguments_of(method, random, 1):
            assert ordered(read_document(document(method, values), values)[1]) == ordered(values), method.name


def test_what_may_be_left_out_is_a_comment_that_can_become_a_member() -> None:
    text = document(shelf(), [{"name": "a, // b"}])
    assert "// string, required: What it is called" in text
    assert '// "boards": 3,' in text
    assert read_document(text, [])[1] == [{"name": "a, // b"}]
    assert read_document(re.sub(r'// ("boards")', r"\1", text), [])[1] == [{"name": "a, // b", "boards": 3}]


def test_secrets_are_not_in_the_document_and_come_back() -> None:
    before = [{"name": "a", "password": "hidden1"}]
    text = document(shelf(), before)
    assert "hidden1" not in text
    assert read_document(text, before)[1] == before


def test_what_is_not_json_comes_back_as_it_is() -> None:
    assert read_document('// x\n[{"a": }]', []) == ('[{"a": }]', None)


def test_separators_that_are_no_line_feeds_stay_in_their_text() -> None:
    before = [{"name": "a\u2028b\x85c"}]
    assert read_document(document(shelf(), before).replace("\n", "\r\n"), before)[1] == before
