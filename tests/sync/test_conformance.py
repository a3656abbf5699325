"""The rows of the official client's inventory on every release, and by the old protocol of later ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from truenas_client import (
    Client,
    LegacyClient,
    NotAuthenticated,
)
from truenas_client.simulator import ThreadedSimulator

from .nas import RELEASES, nas_of
from .rows import ROWS, Row

# -- running them ----------------------------------------------------------------------------


@contextmanager
def signed_in(nas: ThreadedSimulator) -> Iterator[Client]:
    with Client(nas.url) as client:
        client.login_with_password("admin", "admin")
        yield client


@pytest.fixture(scope="module", params=RELEASES)
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedSimulator]:
    with nas_of(request.param, tmp_path_factory.mktemp("nas")) as nas:
        yield nas


@pytest.mark.parametrize("check", ROWS, ids=lambda check: check.__name__)
def test_row(check: Row, release: ThreadedSimulator) -> None:
    release.advance(60)  # the minute in which the server takes 20 logins
    with signed_in(release) as client:
        check(client, release)


def test_the_old_protocol_of_later_releases(nas: ThreadedSimulator) -> None:
    with Client(str(nas.nas.info()["legacy"])) as client:
        assert isinstance(client, LegacyClient)
        assert client.ping() is True
        assert client.call("auth.login", "admin", "wrong") is False
        assert client.call("auth.login", "admin", "admin") is True
        assert client.call("t.job", 1, job=True) == 1
        client.call("auth.logout")
        with pytest.raises(NotAuthenticated):
            client.call("t.echo")
