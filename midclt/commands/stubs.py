"""``midclt stubs``: type stubs of the server's methods, for editors and type checkers."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..exits import CommandError, ExitStatus
from ..shared_options import add_listing_options

__all__ = ["add_options", "run"]

_USE = """\
what finds them:
  VS Code, pyright   at once, where the folder is typings, in the project
  mypy               with mypy_path = "typings" in its configuration
  jedi               with Project(..., added_sys_path=["typings"])

The program stays as it is:
  from truenas_client import Client
  with Client("nas.example") as nas:
      nas.api.pool.dataset.query([], {"limit": 5})

A method that this release does not have is an error of the type checker.
Members of answers count as present. A part of a name that is a keyword of
Python has an underscore: nas.api.system.global_.id(). The types have names for
annotations, which are there for the type checker alone:
  if TYPE_CHECKING:
      from truenas_api.pool import PoolRow
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "Write stubs (.pyi) of the server's methods: editors then complete nas.api.pool.,\n"
        "and type checkers know what each method takes and answers. They take the place\n"
        "of stubs that were written there before."
    )
    parser.epilog = _USE
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "folder", metavar="FOLDER", nargs="?", default="typings", help="where they go (default: typings)"
    )
    add_listing_options(parser)


def run(options: argparse.Namespace) -> ExitStatus:
    """Write the stubs."""
    import truenas_client
    from truenas_client.methods.stubs import PACKAGE, api_stubs, client_stub

    from ..listing import listing
    from ..output import say

    folder = Path(options.folder).expanduser()
    _check(folder)
    found = listing(options)
    client = client_stub(truenas_client.__all__, truenas_client._HOMES)
    files = {f"{PACKAGE}/{name}": text for name, text in api_stubs(found.catalogue, found.version).items()}
    # mypy and pyright look for the plain name in a folder of stubs, jedi for the other.
    files |= {"truenas_client/__init__.pyi": client, "truenas_client-stubs/__init__.pyi": client}
    files["truenas_client-stubs/py.typed"] = "partial\n"
    for old in (folder / PACKAGE).glob("*.pyi"):
        old.unlink()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    say(f"{folder}: stubs of the {len(found.catalogue)} methods of {found.version or 'the server'}")
    return ExitStatus.OK


def _check(folder: Path) -> None:
    """Refuse a folder where something else would be lost, or stubs would stand in the package itself."""
    from truenas_client.methods.stubs import MARK, PACKAGE

    if (folder / "truenas_client" / "__init__.py").exists():
        raise CommandError(f"{folder} holds the package truenas_client itself: name another folder", ExitStatus.USAGE)
    for path in [*(folder / PACKAGE).glob("*"), *(folder / "truenas_client").glob("*")]:
        made = path.name == "py.typed" or (
            path.suffix == ".pyi" and path.read_text(encoding="utf-8", errors="replace").startswith(MARK)
        )
        if not made:
            raise CommandError(f"{path} was not made by midclt stubs: name another folder", ExitStatus.USAGE)
