"""The Python blocks of the official client's README run: after the one change of import, and unchanged by `drop_in`.

They are read from the reference at test time, never copied; only what names a place or a person is put in.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.facts import ROOT, require_facts
from truenas_client import Client
from truenas_client.simulator import Call, ThreadedSimulator

from .nas import nas_of

SUBSTITUTIONS = {
    "ws://some.other.truenas/api/current": "{secure_url}",
    '"/path/to/keyfile.json"': "{key_file!r}",
    "username, password": '"admin", "admin"',
    "(username, ": '("{owner}", ',
    ", key)": ", {key!r})",
    "mypool/mydataset": "tank/secret",
    'c.call("user.create", user)': 'c.call("user.create", user)["id"]',  # since 25.04 it answers the whole user
}
"""What stands in the README, and what the test puts there; the order matters."""


@pytest.fixture(scope="module")
def nas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedSimulator]:
    folder = tmp_path_factory.mktemp("official")
    made = nas_of("26", folder, tls=True)

    @made.nas.job("pool.dataset.lock")
    async def lock(call: Call, name: str) -> bool:
        assert name == "tank/secret"
        return True

    @made.nas.job("pool.dataset.unlock")
    async def unlock(call: Call, name: str, options: dict[str, object]) -> dict[str, object]:
        return {"unlocked": [name], "failed": {}}

    with made as nas:
        yield nas


def blocks() -> list[str]:
    text = (require_facts() / "reference" / "official-client-readme.md").read_text(encoding="utf-8")
    found: list[str] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(found) >= 3
    return found


def completed(block: str, nas: ThreadedSimulator, folder: Path) -> str:
    """A block with our server's names in place of the README's."""
    key = next(iter(nas.api_keys.values()))
    path = folder / "keyfile.json"
    path.write_text(f'{{"raw_key": "{key}", "api_key_id": {key.partition("-")[0]}}}')
    path.chmod(0o600)
    owner = nas.nas.api_keys[int(key.partition("-")[0])].account
    facts = {"secure_url": nas.secure_url, "key_file": str(path), "key": key, "owner": owner}
    for theirs, ours in SUBSTITUTIONS.items():
        block = block.replace(theirs, ours.format(**facts))
    if "import Client" not in block:
        block = "from truenas_api_client import Client\n" + block
    return block


def run(code: str, nas: ThreadedSimulator, folder: Path, *, drop_in: bool) -> subprocess.CompletedProcess[str]:
    # ``Client()`` means this machine's middleware: the simulated one has its own socket.
    place = "import truenas_client.endpoint as e; e.LOCAL_SOCKET = {!r}; e.parse.cache_clear()\n"
    code = place.format(str(nas.nas.info()["unix"])) + code
    path = folder / "script.py"
    path.write_text(code if drop_in else code.replace("truenas_api_client", "truenas_client"))
    command = [sys.executable, *(["-m", "truenas_client.drop_in"] if drop_in else []), str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SSL_CERT_FILE": str(nas.nas.info()["certificate"])}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, cwd=ROOT)


@pytest.mark.parametrize("drop_in", [False, True], ids=["import changed", "drop_in"])
@pytest.mark.parametrize("number", range(3))
def test_a_block_runs(number: int, drop_in: bool, nas: ThreadedSimulator, tmp_path: Path) -> None:
    code = completed(blocks()[number], nas, tmp_path)
    ran = run(code, nas, tmp_path, drop_in=drop_in)
    assert (ran.returncode, ran.stderr) == (0, "")
    if number == 0:
        assert ran.stdout == "pong\nJohn Doe\n"
        with Client(f"ws+unix://{nas.nas.info()['unix']}") as c:
            (user,) = c.call("user.query", [["full_name", "=", "John Doe"]])
            c.call("user.delete", user["id"])


def test_every_block_is_run() -> None:
    assert len(blocks()) == 3
