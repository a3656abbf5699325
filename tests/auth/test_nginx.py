"""Logins through a real proxy that ends TLS, where nginx is installed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from truenas_client import APIKeyAuthMech, AsyncClient, InvalidCredentials
from truenas_client.simulator import Simulator
from truenas_client.simulator.tls import Tls

from .ways import api_key, nas_with_keys

# Debian puts it where only root's PATH leads.
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
KEY = api_key(1, "admin").text

CONFIGURATION = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        location / {{
            proxy_pass {target};
            proxy_ssl_verify off;
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
        }}
    }}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def nginx(folder: Path, target: str, tls: Tls) -> AsyncIterator[str]:
    """nginx with this certificate in front of an address; its own."""
    assert NGINX is not None
    port = free_port()
    scheme = "https" if target.startswith("wss") else "http"
    configuration = folder / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder,
            port=port,
            certificate=tls.path,
            key=tls.path.with_name("key.pem"),
            target=f"{scheme}://{target.partition('://')[2].partition('/')[0]}",
        )
    )
    words = ["-e", "stderr", "-p", str(folder), "-c", str(configuration)]
    process = await asyncio.create_subprocess_exec(NGINX, *words, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    try:
        async with asyncio.timeout(10):
            while True:
                assert process.returncode is None, await process.stderr.read()
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.01)
        yield f"wss://127.0.0.1:{port}/api/current"
    finally:
        process.terminate()
        await process.wait()


async def sign_in_through(nas: Simulator, url: str) -> None:
    async with AsyncClient(url, verify_ssl=False) as client:
        with pytest.raises(InvalidCredentials, match=r"proxy.*sha256:.*--no-channel-binding"):
            await client.login_with_api_key("admin", KEY)
        await client.login_with_api_key("admin", KEY, channel_binding=False)
        assert (await client.call("auth.me"))["pw_name"] == "admin"
        await client.login_with_api_key("admin", KEY, APIKeyAuthMech.PLAIN)
    async with AsyncClient(nas.secure_url, verify_ssl=False) as client:
        await client.login_with_api_key("admin", KEY)
        assert (await client.call("auth.me"))["pw_name"] == "admin"


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
@pytest.mark.parametrize("encrypted_behind", [True, False])
async def test_binding_works_directly_and_not_through_nginx(tmp_path: Path, encrypted_behind: bool) -> None:
    own = Tls("127.0.0.1")
    try:
        async with nas_with_keys(tls=True) as nas:
            target = nas.secure_url if encrypted_behind else nas.url
            assert target is not None
            async with nginx(tmp_path, target, own) as url:
                await sign_in_through(nas, url)
    finally:
        own.remove()


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
async def test_with_the_servers_own_certificate_it_is_the_server(tmp_path: Path) -> None:
    """As TrueNAS has it: its own nginx, with the certificate that its middleware publishes, in front."""
    async with nas_with_keys(tls=True) as nas:
        assert nas.tls is not None
        assert nas.secure_url is not None
        async with nginx(tmp_path, nas.secure_url, nas.tls) as url, AsyncClient(url, verify_ssl=False) as client:
            await client.login_with_api_key("admin", KEY)
            assert (await client.call("auth.me"))["pw_name"] == "admin"
