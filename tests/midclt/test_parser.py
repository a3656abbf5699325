"""The command line: what is accepted, what is refused, which abbreviations hold."""

from __future__ import annotations

from argparse import _SubParsersAction
from importlib import import_module
from typing import Any

import pytest

from midclt import get_parser
from midclt.agent import quick
from midclt.manpage import manual_page
from midclt.parser import COMMANDS, subparsers
from tests.midclt.conftest import Run

# What scripts may write for the long options of the official command.
ABBREVIATIONS = {
    "--uri": ["--ur", "--uri"],
    "--username": ["--us", "--user", "--username"],
    "--password": ["--pa", "--pass", "--password"],
    "--timeout": ["--t", "--time", "--timeout"],
    "--api-key": ["--a", "--api", "--api-key"],
    "--insecure": ["--in", "--insec", "--insecure"],
    "--plain": ["--pl", "--plain"],
    "--no-channel-binding": ["--n", "--no", "--no-channel-binding"],
}
FLAGS = ("--insecure", "--plain", "--no-channel-binding")


@pytest.mark.parametrize(("option", "spellings"), ABBREVIATIONS.items())
def test_abbreviated_options_keep_their_meaning(option: str, spellings: list[str]) -> None:
    for spelling in spellings:
        words = [spelling] if option in FLAGS else [spelling, "5"]
        options = vars(get_parser().parse_args([*words, "ping"]))
        assert options[option[2:].replace("-", "_")] in (True, "5", 5.0), spelling


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["call", "m"], {"method": ["m"], "job": False, "quiet": False, "job_print": "progressbar"}),
        (["call", "-j", "m", "a"], {"method": ["m", "a"], "job": True}),
        (["call", "m", "a", "-j"], {"method": ["m", "a"], "job": True}),
        (["call", "m", "-q", "--job"], {"method": ["m"], "job": True, "quiet": True}),
        (["call", "-j", "-jp", "description", "m"], {"job": True, "job_print": "description"}),
        (["call", "--job-print", "progressbar", "m"], {"job": False, "job_print": "progressbar"}),
        (["call", "m", "-1"], {"method": ["m", "-1"]}),
        (["call", "m", "-1.5", "x"], {"method": ["m", "-1.5", "x"]}),
        (["call", "m", "-"], {"method": ["m", "-"]}),
        (["call", "m", "--", "-x", "--job"], {"method": ["m", "-x", "--job"], "job": False}),
        (["call", "--", "m", "-x"], {"method": ["m", "-x"]}),
        (["call", "m", ""], {"method": ["m", ""]}),
        (["call", "m", "--dry-run", "a", "-1", "-q", "-", "b"], {"method": ["m", "a", "-1", "-", "b"], "quiet": True}),
        (["call", "m", "-j", "a", "--", "-x", "--", "-q"], {"method": ["m", "a", "-x", "--", "-q"], "quiet": False}),
        (["compare", "m", "--on", "a,b", "x", "y"], {"method": "m", "arguments": ["x", "y"], "on": "a,b"}),
        (["upload", "m", "f", "--fill", "x"], {"method": "m", "file": "f", "arguments": ["x"], "fill": True}),
        (["call", "m", "-a b"], {"method": ["m", "-a b"]}),
        (["-u", "ws://nas", "-U", "me", "-P", "x", "ping"], {"uri": "ws://nas", "username": "me", "password": "x"}),
        (["ping"], {"uri": None, "username": None, "password": None, "timeout": None, "insecure": False}),
        (["ping"], {"api_key": None, "plain": False, "no_channel_binding": False}),
        (["-U", "me", "-K", "1-k", "--plain", "ping"], {"api_key": "1-k", "plain": True, "no_channel_binding": False}),
        (["-t", "5", "subscribe", "e"], {"event": "e", "timeout": 5.0, "number": None}),
        (["subscribe", "e", "-t", "7"], {"timeout": 7.0}),
        (["-t", "5", "subscribe", "e", "-t", "7", "-n", "3"], {"timeout": 7.0, "number": 3}),
        (["--pr", "lab", "--ca", "/x", "ping"], {"profile": "lab", "ca": "/x", "password": None, "plain": False}),
        (["ping"], {"profile": None, "ca": None, "plain": False}),
        (["-U", "me", "--ca", "/x", "profile", "add", "lab", "nas"], {"username": "me", "ca": "/x", "insecure": False}),
        (["-U", "me", "profile", "add", "lab", "-U", "you", "--insecure"], {"username": "you", "insecure": True}),
        ([], {"name": None}),
    ],
)
def test_what_is_read(argv: list[str], expected: dict[str, Any]) -> None:
    options = vars(get_parser().parse_args(argv))
    assert {name: options.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    "argv",
    [
        ["call"],
        ["call", "-jp", "circle", "m"],
        ["call", "m", "-x"],
        ["call", "m", "-q", "a", "-x", "b"],
        ["--job", "call", "m"],
        ["call", "-u", "ws://nas", "m"],
        ["subscribe"],
        ["subscribe", "a", "b"],
        ["subscribe", "-n", "x", "e"],
        ["subscribe", "-n", "0", "e"],
        ["subscribe", "-n", "-1", "e"],
        ["-t", "soon", "ping"],
        ["-t", "-1", "ping"],
        ["-t", "nan", "ping"],
        ["-t", "inf", "ping"],
        ["dance"],
        ["--u", "x", "ping"],
        ["--p", "x", "ping"],
        ["profile"],
        ["profile", "dance"],
        ["profile", "add"],
        ["--i", "--no-chan=1", "ping"],
        ["-K"],
    ],
)
def test_bad_usage_is_status_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        get_parser().parse_args(argv)
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert "usage: midclt" in err


def test_the_quick_way_leaves_bad_usage_to_the_parser(run: Run) -> None:
    for argv in (["--profile", "call", "-t"], ["-t", "call"], ["--profile", "call"], ["--agent", "call", "--profile"]):
        assert quick.plain(argv) is None
    ran = run("--profile", "call", "-t")
    assert (ran.status, "expected one argument" in ran.err) == (2, True)


def test_building_the_parser_has_no_side_effect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRUENAS_URI", "ws://elsewhere")
    monkeypatch.setenv("CALL_TIMEOUT", "nonsense")
    assert get_parser().parse_args(["ping"]).uri is None
    assert capsys.readouterr() == ("", "")


def test_the_parser_is_whole_before_it_reads_anything() -> None:
    (commands,) = (action for action in get_parser()._actions if isinstance(action, _SubParsersAction))
    assert list(commands.choices) == list(COMMANDS)
    assert all(command.description for command in commands.choices.values())
    assert "--job-print" in commands.choices["call"].format_help()


def test_each_command_and_action_has_the_function_that_does_it() -> None:
    for name, parser in subparsers(get_parser()).items():
        command = import_module(f"midclt.commands.{name}")
        work = import_module(f"midclt.{command.WORK}") if hasattr(command, "WORK") else command
        for function in [f"do_{action}" for action in subparsers(parser)] or ["run"]:
            assert callable(getattr(work, function, None)), (name, function)


@pytest.mark.parametrize("flag", ["-j", "-job", "--job"])
def test_each_spelling_of_job(flag: str) -> None:
    for argv in (["call", flag, "-jp", "description", "m"], ["call", "m", flag, "-jp", "description"]):
        options = get_parser().parse_args(argv)
        assert (options.job, options.job_print, options.method) == (True, "description", ["m"])


def test_the_manual_page_has_every_command_and_option() -> None:
    page = manual_page()
    for name in COMMANDS:
        assert f"\n.SS {name}\n" in page
    for words in (
        "\\-\\-otp\\-command WORDS",
        "MIDCLT_EXIT=compat",
        ".SS jobs watch",
        ".SS key create",
        ".SH EXIT STATUS",
    ):
        assert words in page, words
    assert all(line.startswith(".") or not line.startswith("'") for line in page.splitlines())
    requests = {line.split()[0] for line in page.splitlines() if line.startswith(".")}
    assert requests == {".TH", ".SH", ".SS", ".TP", ".B", ".PP", ".nf", ".fi"}
