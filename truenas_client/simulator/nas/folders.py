"""Looking at files: ``filesystem.listdir`` and ``.stat``, and saving the configuration.

What there is: the mounted datasets, a few folders of the system, and the files that
were written through the API. Their contents are those of `Nas.contents`.
"""

from __future__ import annotations

import errno
import json
import posixpath
from typing import Any
from zlib import crc32

from .. import shapes
from ..call import Call
from ..errors import CallError
from ..extension import Extensible
from ..secrets import masked
from ..state import Nas
from ..world import World
from .tables import pristine

__all__ = ["PART"]

READ = ("FILESYSTEM_ATTRS_READ", "FILESYSTEM_ATTRS_WRITE", "FILESYSTEM_FULL_CONTROL", "READONLY_ADMIN", "SHARING_ADMIN")
FOLDERS = ("/", "/etc", "/home", "/home/admin", "/mnt", "/root", "/tmp", "/var", "/var/log", "/var/log/jobs")
Row = dict[str, Any]


def _folders(nas: Nas) -> set[str]:
    """Every folder: those of the system, of datasets, and those that hold a file."""
    mounted = {
        f"/mnt/{dataset.name}"
        for dataset in nas.world.datasets.values()
        if dataset.type == "FILESYSTEM" and not dataset.locked
    }
    found = {*FOLDERS, *mounted}
    for path in nas.contents:
        while (path := posixpath.dirname(path)) not in found:
            found.add(path)
    return found


def _entry(nas: Nas, path: str) -> Row:
    """One file or folder as a listing tells it. Raises `CallError` where there is none."""
    path = posixpath.normpath(path)
    content = nas.contents.get(path)
    folder = content is None
    if folder and path not in _folders(nas):
        raise CallError(f"Path {path} not found", errno.ENOENT)
    size = 4096 if content is None else len(content)
    return World.blank("filesystem") | {
        "name": posixpath.basename(path) or "/",
        "path": path,
        "realpath": path,
        "type": "DIRECTORY" if folder else "FILE",
        "size": size,
        "allocation_size": -(-size // 512) * 512,
        "mode": 0o40755 if folder else 0o100644,
        "mount_id": 1 + crc32(_octets(_dataset(nas, path))) % 1000,
        "is_mountpoint": path.removeprefix("/mnt/") in nas.world.datasets,
    }


def _below(nas: Nas, path: str) -> list[Row]:
    """The entries of a folder. Raises `CallError` for a path that is none."""
    if _entry(nas, path)["type"] != "DIRECTORY":
        raise CallError(f"Path {path} is not a directory", errno.ENOTDIR)
    path = posixpath.normpath(path)
    names = sorted(one for one in {*_folders(nas), *nas.contents} if posixpath.dirname(one) == path != one)
    return [_entry(nas, name) for name in names]


def _dataset(nas: Nas, path: str) -> str:
    name = path.removeprefix("/mnt/")
    while name and name not in nas.world.datasets:
        name = posixpath.dirname(name).strip("/")
    return name


PATH = shapes.text("Absolute path.", minLength=1)
PART = Extensible()


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise CallError(f"{path}: an absolute path begins with a slash", errno.EINVAL)
    return path


def _listing() -> dict[str, shapes.Schema]:
    named = {"path": PATH}
    for name, schema in zip(("query_filters", "query_options"), PART.query_arguments(), strict=True):
        named[name] = {**schema, "_name_": name, "title": name}
    return named


@PART.method(
    "filesystem.listdir",
    accepts=_listing,
    returns=lambda: shapes.table(
        shapes.like(_entry(pristine(), "/mnt")), "The files and folders, one of them, or their number."
    ),
    roles=READ,
    filterable=True,
)
def listdir(call: Call, path: str, filters: list[Any], options: dict[str, Any]) -> Any:
    """The files and folders in a folder."""
    return call.filter_list(_below(call.nas, _absolute(path)), filters, options)


def _stat_row(nas: Nas, path: str) -> Row:
    row = _entry(nas, path)
    moment = nas.world.started.timestamp()
    times = dict.fromkeys(("atime", "mtime", "ctime", "btime"), moment)
    further = {"dev": 50, "inode": crc32(_octets(row["path"])), "nlink": 2, "user": "root", "group": "root"}
    return {name: value for name, value in row.items() if name not in _LISTED_ONLY} | times | further


@PART.method(
    "filesystem.stat",
    accepts={"path": PATH},
    returns=lambda: shapes.like(_stat_row(pristine(), "/mnt")),
    roles=READ,
)
def stat(call: Call, path: str) -> Row:
    """The facts of a file or folder: kind, size, owner, times."""
    return _stat_row(call.nas, _absolute(path))


PART.service("config")


@PART.job(
    "config.save",
    accepts={
        "options": shapes.obj(
            "What to include.",
            {},
            secretseed=shapes.boolean("The key of the stored secrets.", default=False),
            pool_keys=shapes.boolean("The keys of encrypted pools.", default=False),
            root_authorized_keys=shapes.boolean("The SSH keys of root.", default=False),
        )
    },
    returns={"type": "null"},
    roles=("FULL_ADMIN",),
    downloadable=True,
)
async def save(call: Call, options: dict[str, Any]) -> None:
    """Write the configuration to a download: the settings of all services as JSON, secrets masked."""
    call.progress(50, "Writing the configuration")
    await call.output.write(json.dumps(masked(call.nas.world.configs), indent=1, default=str).encode())


_LISTED_ONLY = frozenset({"name", "path", "xattrs", "zfs_attrs"})


def _octets(path: str) -> bytes:
    # A name that is not UTF-8 has lone surrogates in it.
    return path.encode("utf-8", "surrogatepass")
