"""The user's editor: it gets a file of its own, and what it leaves there comes back."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import pytest

from tui.editor_program import NoEditor, edited_by_program


class Terminal:
    """What the editor needs of the app."""

    def batch_update(self) -> AbstractContextManager[None]:
        return nullcontext()

    suspend = batch_update

    def refresh(self) -> None:
        pass


async def edited(monkeypatch: pytest.MonkeyPatch, editor: str) -> str:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", editor)
    return await edited_by_program(Terminal(), "oak\n")  # type: ignore[arg-type]


async def test_what_the_editor_leaves_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await edited(monkeypatch, "sed -i s/oak/pine/") == "pine\n"


@pytest.mark.parametrize(
    ("editor", "told"), [("false", "status 1"), ("/no/such/editor", "No such file"), ("sed -i s/oak/\\\\xff/", "UTF-8")]
)
async def test_an_editor_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, editor: str, told: str) -> None:
    with pytest.raises(NoEditor, match=told):
        await edited(monkeypatch, editor)
