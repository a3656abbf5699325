"""The names that scripts of the official client import, and running such a script unedited."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from enum import IntEnum
from pathlib import Path
from types import ModuleType

import pytest

from tests.facts import ROOT
from truenas_client import ErrnoMixin, ProgressBar, Struct
from truenas_client.scram_impl import TNScramClient
from truenas_client.simulator import ThreadedSimulator

NAMES = """
from truenas_api_client import (
    CALL_TIMEOUT, MIDDLEWARE_RUN_DIR, UNIX_SOCKET_PREFIX, APIKeyAuthMech, Call, CallTimeout, Client, ClientException,
    ErrnoMixin, ErrorExtra, Job, JSONRPCClient, LegacyClient, ProgressBar, ReserveFDException, Struct, UndefinedType,
    ValidationErrors, get_parser, main, set_socket_options, undefined,
)
from truenas_api_client import ejson, exc, json
from truenas_api_client.auth_api_key import APIKeyAuthMech as mechanism
from truenas_api_client.config import CALL_TIMEOUT as timeout
from truenas_api_client.ejson import EJSONDecodeError, JSONEncoder, dump, dumps, loads, object_hook
from truenas_api_client.exc import ClientHandshakeError, ReserveFDException as reserve
from truenas_api_client.jsonrpc import JobProgress, JSONRPCError, TruenasError, TruenasTraceback, _JobDict
from truenas_api_client.legacy import LegacyClient as legacy
from truenas_api_client.scram_impl import TNScramClient
from truenas_api_client.utils import ProgressBar as bar
import truenas_api_client, truenas_client
assert Client is truenas_client.Client and exc.ClientException is truenas_client.ClientException
assert JSONRPCError.INVALID_PARAMS == -32602 and json is ejson and legacy is LegacyClient
assert truenas_client.CALL_TIMEOUT == CALL_TIMEOUT == timeout == 7
assert get_parser().parse_args(["ping"])
try:
    from truenas_api_client import WSClient
except ImportError:
    pass
else:
    raise AssertionError("a stub")
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "truenas_client.drop_in", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, env=os.environ | environment)


def test_the_names_are_there(tmp_path: Path) -> None:
    (tmp_path / "names.py").write_text(NAMES)
    ran = run(str(tmp_path / "names.py"), CALL_TIMEOUT="7")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "truenas_api_client" not in sys.modules


def test_a_script_runs_as_by_itself(nas: ThreadedSimulator, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("from truenas_api_client import Client\ndef make(uri): return Client(uri)\n")
    (tmp_path / "script.py").write_text(
        "import sys\nfrom helper import make\n"
        "if __name__ == '__main__':\n"
        "    with make(sys.argv[1]) as c:\n        print(c.ping(), sys.argv[2:], __file__)\n    sys.exit(3)\n"
    )
    ran = run(str(tmp_path / "script.py"), nas.url, "--flag")
    assert (ran.returncode, ran.stdout, ran.stderr) == (3, f"pong ['--flag'] {tmp_path}/script.py\n", "")


def test_a_wrong_call_says_how() -> None:
    assert run().returncode == 2
    assert "SCRIPT" in run("--help").stdout
    assert "no such file" in run("nowhere.py").stderr


def test_scram_by_itself(nas: ThreadedSimulator) -> None:
    from truenas_client import Client

    key = next(iter(nas.api_keys.values()))
    number, _, secret = key.partition("-")
    scram = TNScramClient(raw_key_material=secret)
    login = {"mechanism": "SCRAM", "scram_type": "CLIENT_FIRST_MESSAGE"}
    with Client(nas.url) as c:
        name = f"{nas.nas.api_keys[int(number)].account}:{number}"
        answer = c.call("auth.login_ex", login | {"rfc_str": scram.get_client_first_message(name)})
        final = scram.get_client_final_message(answer["rfc_str"])
        answer = c.call("auth.login_ex", login | {"scram_type": "CLIENT_FINAL_MESSAGE", "rfc_str": final})
        assert scram.verify_server_final_message(answer["rfc_str"])
        assert not scram.verify_server_final_message("v=AAAA")
        assert c.call("t.echo", 1) == 1
    with pytest.raises(ValueError, match="raw_key_material"):
        TNScramClient()


def test_errors_have_names(monkeypatch: pytest.MonkeyPatch) -> None:
    named = ("ENOMETHOD", "ESERVICESTARTFAILURE", "EALERTCHECKERUNAVAILABLE", "EREMOTENODEERROR", "EDATASETISLOCKED")
    named += ("EINVALIDRRDTIMESTAMP", "ENOTAUTHENTICATED", "ESSLCERTVERIFICATIONERROR", "EREBOOTREQUIRED")
    assert tuple(ErrnoMixin._get_errname(number) for number in range(201, 211)) == (*named, "EHAUNAVAILABLE")
    assert [ErrnoMixin._get_errname(number) for number in (2, None, 999, 2009)] == ["ENOENT", None, None, None]
    libzfs = ModuleType("libzfs")
    libzfs.Error = IntEnum("Error", {"NOENT": 2009})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "libzfs", libzfs)
    assert [ErrnoMixin._get_errname(number) for number in (2009, 2010)] == ["EZFS_NOENT", None]


def test_struct_and_progress_bar() -> None:
    struct = Struct({"a": 1, "b": {"c": 2}})
    assert (struct.a, struct.b.c) == (1, 2)  # type: ignore[attr-defined]
    stream = io.StringIO()
    with ProgressBar(stream) as bar:
        bar.update(0, "begun")
        bar.update(50)
        bar.update(100, "done")
        bar.finish()
    assert stream.getvalue() == "0.0 %  begun\n100.0 %  done\n"
