"""Filling in arguments in the app: drafts and their fields, completion from results, placeholders, problems in time."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import pytest

from tests.app.conftest import Open
from tests.keptfiles import files_below
from truenas_client.secrets.value import Secret
from truenas_client.simulator import Call, Simulator, ValidationErrors
from truenas_client.storage import config_path
from tui.model.failure import Failure, FieldProblem
from tui.session.filling import LeftOut, PutIn, fill_arguments
from tui.widgets import call_pane

MARKED = "MARKEDqzxSECRET"
ACCEPTS: list[dict[str, Any]] = [
    {
        "type": "object",
        "_name_": "data",
        "_required_": True,
        "properties": {
            "name": {"type": "string"},
            "comment": {"type": "string"},
            "size": {"type": "integer"},
            "mode": {"type": "string", "enum": ["FAST", "SLOW"]},
            "list": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
        },
        "required": ["name", "comment"],
        "additionalProperties": False,
    }
]


@pytest.fixture
def taken(nas: Simulator) -> list[Any]:
    """What ``demo.take`` was called with; it answers it, and refuses a comment of ``no``."""
    seen: list[Any] = []

    @nas.method("demo.take", accepts=ACCEPTS, roles=["READONLY_ADMIN"])
    def take(call: Call, data: Any) -> Any:
        """Takes something."""
        seen.append(data)
        if data.get("comment", "").startswith("no"):
            errors = ValidationErrors()
            errors.add("data.comment", f"{data['comment']} is not taken")
            errors.check()
        return "taken"

    return seen


async def test_the_first_field_is_selected_and_one_key_goes_on_to_the_next(signed_in: Open, taken: list[Any]) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("demo take", "demo.take")
        await desk.see("fill 2 fields", "^g next")
        await desk.type("one")
        await desk.press("ctrl+g")
        await desk.type("two")
        await desk.see("valid")
        assert json.loads(desk.explore.call_pane.text) == [{"name": "one", "comment": "two"}]
        await desk.run()
        assert taken == [{"name": "one", "comment": "two"}]


async def test_fields_are_still_to_be_filled_when_a_draft_is_opened_again(signed_in: Open, taken: list[Any]) -> None:
    async with signed_in() as desk:
        await desk.open("demo take", "demo.take")
        await desk.type("one")
        await desk.see("fill 1 field")
        await desk.open("sys info", "system.info")
        await desk.open("demo take", "demo.take")
        await desk.see("fill 1 field")
        await desk.type("two")
        assert json.loads(desk.explore.call_pane.text) == [{"name": "one", "comment": "two"}]


async def test_a_completed_key_adds_its_fields_to_those_to_fill(signed_in: Open, taken: list[Any]) -> None:
    async with signed_in() as desk:
        await desk.open("demo take", "demo.take")
        await desk.write('[{"name": "x", "comment": "y" }]')
        editor = desk.explore.call_pane.editor
        editor.goto(editor.text.index(" }") + 1)
        await desk.press("ctrl+l")
        await desk.see("size", "mode", "list")
        await desk.press("tab")
        await desk.see("fill 1 field")
        await desk.press("4", "2")
        await desk.see("valid")
        assert json.loads(editor.text) == [{"name": "x", "comment": "y", "size": 42}]
        # Escape closes the list before it leaves the text.
        editor.goto(editor.text.index("}"))
        await desk.type(', "mo')
        await desk.see("tab accept", '"FAST" or "SLOW"')
        await desk.press("escape")
        await desk.see_gone("tab accept")
        assert editor.has_focus
        await desk.press("escape")
        await desk.until(lambda: not editor.has_focus, "out of the text")


async def test_ids_of_earlier_results_complete_arguments(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.run()
        await desk.open("pds del", "pool.dataset.delete")
        await desk.press("ctrl+l")
        await desk.until(lambda: desk.explore.call_pane.editor.choosing, "the list")
        await desk.see("flash", "seen")
        await desk.press("tab")
        first = json.loads(desk.explore.call_pane.text)[0]
        result = await desk.session.life.online_client().call("pool.dataset.query")
        assert first == result[0]["id"]


# Placeholders ----------------------------------------------------------------------


def keep_secret(name: str, text: str) -> None:
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / name).write_text(f"{text}\n")
    (path.parent / name).chmod(0o600)
    path.write_text(f'[secret]\n{name} = {{ file = "{path.parent / name}" }}\n')


async def test_placeholders_are_put_in_as_the_call_is_sent_and_nowhere_else(
    signed_in: Open, taken: list[Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "truenas_client")
    keep_secret("mail", MARKED)
    monkeypatch.setenv("DEMO_NUMBER", "5")
    written = [{"name": "${env:DEMO_NUMBER}", "comment": "a ${secret:mail} $${env:DEMO_NUMBER} ${HOME}"}]
    async with signed_in() as desk:
        await desk.open("demo take", "demo.take")
        await desk.write(json.dumps(written))
        await desk.see("valid")
        await desk.run()
        await desk.see("taken")
        assert taken == [{"name": "5", "comment": f"a {MARKED} ${{env:DEMO_NUMBER}} ${{HOME}}"}]
        call = desk.explore.result_pane.call
        assert call is not None
        assert call.params == written
        assert MARKED not in desk.text
        await desk.press("escape", "y", "a")
        await desk.until(lambda: desk.app.clipboard, "a copy")
        assert json.loads(desk.app.clipboard) == written
        # Again with what was written, whatever it stands for by now.
        keep_secret("mail", "another")
        await desk.press("r")
        await desk.until(lambda: len(taken) == 2, "the second call")
        assert taken[1]["comment"].startswith("a another ")
    assert MARKED not in caplog.text
    home = config_path().parent.parent.parent
    kept = [data for path, data in files_below(home).items() if path != config_path().parent / "mail"]
    assert any(b"${secret:mail}" in data for data in kept), "the draft is kept as it was written"
    assert not any(MARKED.encode() in data for data in kept)


async def test_what_the_server_says_back_is_masked(signed_in: Open, taken: list[Any]) -> None:
    keep_secret("mail", f"no{MARKED}")
    async with signed_in() as desk:
        await desk.open("demo take", "demo.take")
        await desk.write('[{"name": "x", "comment": ""}]')
        desk.explore.call_pane.editor.goto(27)
        await desk.type("${se")
        await desk.see("${secret:mail}", "tab accept")
        await desk.type("cret:m")
        await desk.press("tab")
        assert desk.explore.call_pane.text == '[{"name": "x", "comment": "${secret:mail}"}]'
        await desk.run()
        await desk.see("******** is not taken")
        assert taken[0]["comment"] == f"no{MARKED}"
        assert MARKED not in desk.text
        failure = desk.explore.result_pane.call
        assert failure is not None
        assert MARKED not in failure.failure.text
        # The server's words stand at the field they are about.
        (problem,) = desk.explore.call_pane.editor.problems
        assert desk.explore.call_pane.text[problem.start : problem.end] == '"${secret:mail}"'


async def test_the_arguments_of_jobs_are_masked(signed_in: Open, nas: Simulator) -> None:
    @nas.job("demo.work")
    async def work(call: Call, word: str) -> str:
        call.progress(50, f"at {word}")
        return "done"

    keep_secret("mail", MARKED)
    async with signed_in() as desk:
        await desk.open("demo work", "demo.work")
        await desk.write('["${secret:mail}"]')
        await desk.press("ctrl+j")
        await desk.see("Review", "${secret:mail}")
        await desk.press("enter")
        await desk.ended()
        await desk.until(lambda: any(job.ended for job in desk.session.jobs.newest_first()), "the job's end")
        (job,) = desk.session.jobs.newest_first()
        assert job.arguments == '["********"]'
        assert MARKED not in repr(job)


UNKNOWN = [
    ('[{"name": "${env:DEMO_NOPE}", "comment": "y"}]', "${env:DEMO_NOPE}", "no environment variable is named"),
    ('[{"name": "x", "comment": "a${secret:nope}"}]', "${secret:nope}", "no secret is named nope"),
    ('[{"name": "x", "comment": "${env:"}]', "${env:", "missing }"),
]


async def test_an_unknown_name_is_underlined_and_refuses_the_run(
    signed_in: Open, taken: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import keyring
    from keyring.backends import fail

    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)
    async with signed_in() as desk:
        await desk.open("demo take", "demo.take")
        for text, where, words in UNKNOWN:
            await desk.write(text)
            await desk.see("1 problem", words)
            (problem,) = desk.explore.call_pane.editor.problems
            assert text[problem.start : problem.end] == where
            for _ in range(2):  # insisting does not help
                await desk.press("home", "ctrl+j")
                await desk.see("Not sent:")
                assert desk.explore.call_pane.editor.caret == problem.start
        assert desk.explore.result_pane.call is None
        assert taken == []


def test_only_telling_texts_are_masked_inside_others() -> None:
    put_in = PutIn()
    value = {"a": "tank/x", "b": ["tank", 5, None], "tank": f"<{MARKED}>", "set": {MARKED, 5}}
    assert put_in.masked(value) is value
    put_in.add([Secret("tank"), Secret(MARKED), Secret(MARKED[:-3]), Secret("")])
    assert put_in.masked(value) == {
        "a": "tank/x",
        "b": ["********", 5, None],
        "tank": "<********>",
        "set": {"********", 5},
    }
    failure = put_in.masked_failure(Failure("t", MARKED, "", (FieldProblem("f", f"x {MARKED}"),), f"trace {MARKED}"))
    assert MARKED[:-3] not in repr(failure)
    assert failure.rows[0].attribute == "f"


async def test_a_name_that_turns_out_to_lead_nowhere_stops_the_call(signed_in: Open, taken: list[Any]) -> None:
    keep_secret("mail", MARKED)
    (config_path().parent / "mail").unlink()
    async with signed_in() as desk:
        await desk.open("demo take", "demo.take")
        text = '[{"name": "x", "comment": "${secret:mail}"}]'
        await desk.write(text)
        await desk.see("valid")
        await desk.run()
        await desk.see("Not sent", "1:27 The file")
        (problem,) = desk.explore.call_pane.editor.problems
        assert text[problem.start : problem.end] == '"${secret:mail}"'
        assert taken == []


async def test_a_placeholder_never_chooses_what_is_called(signed_in: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_METHOD", "system.reboot")
    async with signed_in() as desk:
        await desk.open("core bulk", "core.bulk")
        await desk.write('["${env:DEMO_METHOD}", [["why"]]]')
        await desk.press("ctrl+j")
        await desk.see("Review")
        await desk.press("enter")
        await desk.see("Not sent", "write the name of the")


# In time ---------------------------------------------------------------------------


def long_text(last: str) -> str:
    items = [{"n": number} for number in range(1800)]
    text = json.dumps([{"name": "x", "comment": "y", "list": items}], indent=2)
    assert len(text) > 60_000
    return text[: text.rindex("1799")] + last + text[text.rindex("1799") + 4 :]


async def test_a_long_text_is_looked_at_aside_and_dropped_by_the_next_key(
    signed_in: Open, taken: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    held = [True]
    examine = call_pane._examine_until

    def slowly(stop: Any, text: str, method: Any) -> Any:
        looked.append(text)
        while held[0] and not stop.is_set():
            time.sleep(0.001)
        return examine(stop, text, method)

    async with signed_in() as desk:
        await desk.open("demo take", "demo.take")
        await desk.write('[{"name": "x", "comment": "y", "mode": "FAS"}]')
        await desk.see("1 problem", 'expected one of "FAST", "SLOW"')
        await desk.write(long_text('"wrong"'))
        await desk.see("1 problem", "expected a whole number, not text")
        monkeypatch.setattr(call_pane, "_examine_until", slowly)
        editor = desk.explore.call_pane.editor
        editor.goto(editor.problems[0].start + 1)
        await desk.press("x")
        await desk.until(lambda: looked, "a look")
        # The next key stops it: what it would have found is not shown.
        seen = []
        monkeypatch.setattr(desk.explore.call_pane.draft, "take", lambda examined: bool(seen.append(examined.text)))
        await desk.press("y")
        await desk.until(lambda: len(looked) == 2, "another look")
        held[0] = False
        await desk.until(lambda: seen, "its outcome")
        assert seen == [looked[1]]
        assert '"xywrong"' in seen[0]


async def test_an_empty_required_text_stops_the_run_and_says_what_is_missing(signed_in: Open, nas: Simulator) -> None:
    async with signed_in() as desk:
        await desk.open("scrub.scrub", "pool.scrub.scrub")
        editor = desk.explore.call_pane.editor
        assert editor.text.startswith('[""')
        await desk.press("ctrl+j")
        await desk.see("Not sent: name is missing")
        assert desk.explore.result_pane.call is None
        await desk.press("ctrl+l")
        await desk.type("tank")
        assert editor.text.startswith('["tank"')
        # Half-typed, it says what is missing, and the caret stays in the word.
        await desk.write('[\n  "tank",\n  "STA\n]')
        editor.goto(editor.text.index("TA"))
        caret = editor.caret
        await desk.press("ctrl+j")
        await desk.see("Not sent: this is not JSON, 3:3", 'missing "')
        assert (editor.caret, editor.has_focus, editor.selected_text) == (caret, True, "")
        assert desk.explore.result_pane.call is None
        await desk.type("R")
        assert '"SRTA' in editor.text


@pytest.mark.parametrize("params", [["********"], [{"a": [{"b": "mysql://u:********@h"}]}], [{"********": 1}]])
async def test_a_mask_is_never_put_into_what_is_sent(params: list[object]) -> None:
    with pytest.raises(LeftOut, match="secret was left out"):
        await fill_arguments(params, PutIn())
    assert await fill_arguments(["*********", "*******"], PutIn()) == ["*********", "*******"]
