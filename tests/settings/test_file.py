"""The settings file: what is wrong is told with its line, and nothing that people wrote is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui import __main__ as program
from tui.settings.file import NotWritten, SettingsFile, settings_path, template
from tui.settings.values import SETTINGS, Settings

WRITTEN = """\
# mine
theme = "light"   # by day
them = 1

[limits]
# many
events = "x"
frames = 50

[keys]
"call.run" = "f10" # as at home
app.jmp = "q"
pane.zoom = ["ctrl+i"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "truenas-tui.toml"


def test_without_a_file_all_is_the_default(path: Path) -> None:
    file = SettingsFile(path)
    assert (file.settings, file.changed_keys, file.all_problems) == (Settings(), {}, [])
    assert not path.exists()


def test_what_is_wrong_is_told_with_its_line_and_the_rest_counts(path: Path) -> None:
    path.write_text(WRITTEN)
    file = SettingsFile(path)
    assert file.settings == Settings(theme="light", frames=50)
    assert file.changed_keys == {"call.run": "f10"}
    assert file.all_problems == [
        f"{path}:3: them: there is no such setting; did you mean theme?",
        f"{path}:7: limits.events: should be a whole number from 10 to 100000",
        f"{path}:12: app.jmp: there is no such action; did you mean app.jump?",
        f"{path}:13: pane.zoom: 'ctrl+i' does not arrive: for a terminal it is tab",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('theme = "drak"', "1: theme: there is no theme 'drak'; there are dark, light"),
        ("\nanimation = 1", "2: animation: should be true or false"),
        ('glyphs = "emoji"', '1: glyphs: should be "auto", "unicode" or "ascii"'),
        ("clipboard = 3", "1: clipboard: should be a word in quotes"),
        ("keys = 3", "1: keys: should be a table"),
        ("[limits]\nframes = true", "2: limits.frames: should be a whole number"),
    ],
)
def test_a_wrong_value_has_the_default(path: Path, text: str, told: str) -> None:
    path.write_text(text)
    file = SettingsFile(path)
    assert [told in one for one in file.all_problems] == [True]
    assert file.settings == Settings()


@pytest.mark.parametrize("content", [b'theme = "light"\nx = [\n1 2', b"a = \xff", b"x = 1\nx = 2\n"])
def test_what_is_no_toml_is_never_written_over(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    file = SettingsFile(path)
    assert file.settings == Settings()
    assert len(file.problems) == 1
    assert str(path) in file.problems[0]
    with pytest.raises(NotWritten):
        file.put("theme", "light")
    assert file.settings.theme == "light", "it holds for this run"
    assert path.read_bytes() == content


def test_a_value_in_the_place_of_a_table_is_told_when_one_in_it_is_written(path: Path) -> None:
    path.write_text("limits = 5\n")
    settings = SettingsFile(path)
    with pytest.raises(NotWritten, match="toml:1: limits is no table there"):
        settings.put("limits.events", 100)
    assert (settings.settings.events, path.read_text()) == (100, "limits = 5\n")
    path.write_text("limits = {frames = 50}\n")
    settings.put("limits.events", 200)
    assert SettingsFile(path).settings[-2:] == (200, 50)


def test_an_edit_keeps_all_that_people_wrote(path: Path) -> None:
    path.write_text(WRITTEN)
    path.chmod(0o600)
    file = SettingsFile(path)
    file.put("theme", "dark")
    file.put("limits.frames", None)
    file.put("confirm.quit", "jobs")
    file.put("animation", True)
    changed = (
        WRITTEN.replace('"light"', '"dark"')
        .replace("frames = 50\n", "")
        .replace("them = 1\n", "them = 1\nanimation = true\n")
    )
    assert path.read_text() == f'{changed}\n[confirm]\nquit = "jobs"\n'
    assert file.settings == SettingsFile(path).settings == Settings(theme="dark", quit="jobs", animation=True)


def test_two_programs_keep_each_other_s_changes(path: Path) -> None:
    one, other = SettingsFile(path), SettingsFile(path)
    one.put("theme", "light")
    other.put("limits.events", 100)
    assert SettingsFile(path).settings == Settings(theme="light", events=100)


def test_a_new_file_tells_of_every_setting_and_says_nothing(path: Path) -> None:
    path.write_text(template())
    file = SettingsFile(path)
    assert (file.settings, file.all_problems, file.own_keys) == (Settings(), [], [])
    for setting in SETTINGS:
        assert f"# {setting.name} = " in file.text
    # Each of its lines is right once the sign of a comment is taken from it.
    path.write_text("\n".join(line.removeprefix("# ") if " = " in line else line for line in file.text.splitlines()))
    assert SettingsFile(path).all_problems == []


def test_a_run_that_leaves_nothing_behind_writes_nothing(path: Path) -> None:
    file = SettingsFile(path, writes=False)
    with pytest.raises(NotWritten, match="leaves nothing behind"):
        file.put("theme", "light")
    file.read()
    assert file.settings.theme == "light", "it holds for this run"
    with pytest.raises(NotWritten):
        file.put("theme", None)
    assert file.settings == Settings()
    assert not path.exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritten, match="cannot be written"):
        SettingsFile(tmp_path / "file" / "x.toml").put("theme", "light")


# The command.


def test_the_keys_are_printed_as_they_are(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text('[keys]\n"call.run" = "f10"\n')
    assert program.main(["keys"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if "call.run" in line] == [["F10", "call.run", "Run", "the", "call"]]
    assert program.main(["keys", "--config", str(path)]) == 2
    assert f"{path} is not there" in capsys.readouterr().err
    path.write_text(WRITTEN)
    assert program.main(["keys", "--config", str(path)]) == 2
    assert capsys.readouterr().err.count(f"truenas-tui: {path}:") == 4


@pytest.mark.parametrize("name", ["default", "vim", "plain"])
def test_what_is_printed_as_toml_is_taken_by_the_settings(
    path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert program.main(["keys", "--toml", "--preset", name]) == 0
    path.write_text(capsys.readouterr().out)
    file, preset = SettingsFile(path), SettingsFile(path.with_name("preset.toml"))
    assert file.all_problems == []
    preset.put("keymap", name)
    assert file.changed_keys == preset.changed_keys
