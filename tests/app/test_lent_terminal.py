"""The user's editor and pager: what the editor leaves comes back, and what is only shown is harmless."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.app.stage import HOSTILE, UNSAFE
from tui.lent_terminal import NotShown, edited_by_program, shown


class Terminal:
    """What a program needs of the app."""

    lent = 0

    @contextmanager
    def batch_update(self) -> Iterator[None]:
        yield

    @contextmanager
    def suspend(self) -> Iterator[None]:
        self.lent += 1
        yield  # as Textual's: after an error the app would not come back
        self.lent -= 1

    def refresh(self) -> None:
        assert not self.lent


def program(folder: Path, lines: str) -> str:
    script = folder / "program"
    script.write_text(f"#!/bin/sh\n{lines}\n")
    script.chmod(0o700)
    return str(script)


async def edited(monkeypatch: pytest.MonkeyPatch, editor: str) -> str:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", editor)
    return await edited_by_program(Terminal(), "oak\n")  # type: ignore[arg-type]


async def test_what_the_editor_leaves_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await edited(monkeypatch, "sed -i s/oak/pine/") == "pine\n"
    monkeypatch.setenv("VISUAL", " ")
    assert await edited_by_program(Terminal(), "oak\n") == "pine\n"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("editor", "told"),
    [
        ("false", "status 1"),
        ("/no/such/editor", "No such file"),
        ("sed -i s/oak/\\\\xff/", "UTF-8"),
        ("sed -i 's/oak/x/", r"\$EDITOR is no command: no closing quotation"),
    ],
)
async def test_an_editor_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, editor: str, told: str) -> None:
    with pytest.raises(NotShown, match=told):
        await edited(monkeypatch, editor)


@pytest.mark.parametrize("editor", [False, True])
@pytest.mark.parametrize("value", ["\n".join(HOSTILE), {"names": list(HOSTILE)}], ids=["text", "value"])
async def test_what_is_shown_is_harmless(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: object, editor: bool
) -> None:
    monkeypatch.setenv("PAGER", program(tmp_path, f"exec cat > {tmp_path}/shown"))
    monkeypatch.setenv(
        "VISUAL", program(tmp_path, f'cat "${{1:--}}" > {tmp_path}/shown; stat -c %a "$1" > {tmp_path}/mode')
    )
    if not editor:
        program(tmp_path, f"exec cat > {tmp_path}/shown")
    await shown(Terminal(), "names", value, editor=editor)  # type: ignore[arg-type]
    lines = (tmp_path / "shown").read_text().splitlines()
    assert len(lines) > len(HOSTILE)
    assert [line for line in lines if UNSAFE.search(line)] == []
    assert "語" * 10_000 in "".join(lines)
    assert not editor or (tmp_path / "mode").read_text() == "400\n"


async def test_a_pager_that_is_left_early_is_no_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PAGER", program(tmp_path, "read line; exec <&-"))
    await shown(Terminal(), "text", "line\n" * 1_000_000)  # type: ignore[arg-type]
    monkeypatch.setenv("PAGER", "/no/such/pager -x")
    with pytest.raises(NotShown, match="/no/such/pager: No such file"):
        await shown(Terminal(), "text", "")  # type: ignore[arg-type]
