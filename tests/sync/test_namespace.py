"""Methods by attribute access, on the client with an event loop too."""

from __future__ import annotations

import copy

import pytest

from truenas_client import AsyncClient
from truenas_client.namespace import Namespace
from truenas_client.simulator import Simulator


async def test_it_names_methods_of_the_async_client() -> None:
    async with Simulator(speed=100) as nas, AsyncClient(nas.url) as client:
        await client.login_with_password("admin", nas.users["admin"]["password"])
        assert await client.api.core.ping() == "pong"
        assert await client.api.pool.query([], {"count": True}, timeout=5) > 0


def test_it_is_its_path_and_nothing_else() -> None:
    namespace = Namespace(lambda method, *params, **options: (method, params, options))
    assert namespace.a.b_c.d(1, x=2) == ("a.b_c.d", (1,), {"x": 2})
    assert namespace.system.global_.id()[0] == "system.global.id"
    assert namespace.a_.b_()[0] == "a_.b_"
    assert repr(namespace.a.b) == "<method a.b>"
    assert repr(copy.copy(namespace.a)) == "<method a>"
    with pytest.raises(TypeError, match="name a method"):
        namespace()
