from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client.dialing import websocket_url
from truenas_client.endpoint import LOCAL_SOCKET, names_no_path, parse
from truenas_client.exc import ConnectError, InvalidEndpoint


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (None, f"ws+unix://{LOCAL_SOCKET}"),
        ("  ", f"ws+unix://{LOCAL_SOCKET}"),
        ("nas", "wss://nas/api/current"),
        ("nas:8443", "wss://nas:8443/api/current"),
        ("NAS.lab.example", "wss://nas.lab.example/api/current"),
        ("192.0.2.7", "wss://192.0.2.7/api/current"),
        ("fd00::1", "wss://[fd00::1]/api/current"),
        ("fe80::1%eth0", "wss://[fe80::1%eth0]/api/current"),
        ("[fd00::1]:444", "wss://[fd00::1]:444/api/current"),
        ("https://nas", "wss://nas/api/current"),
        ("https://nas/", "wss://nas/api/current"),
        ("http://nas:80", "ws://nas/api/current"),
        ("ws://127.0.0.1:6000/api/v25.10.0", "ws://127.0.0.1:6000/api/v25.10.0"),
        ("wss://nas/api/current", "wss://nas/api/current"),
        ("ws+unix:///tmp/a b.sock", "ws+unix:///tmp/a b.sock"),
    ],
)
def test_addresses_as_people_write_them(typed: str | None, text: str) -> None:
    assert parse(typed).text == text
    assert parse(text) == parse(typed), "what is shown can be typed again"


def test_the_zone_of_an_address_is_not_told_to_the_server() -> None:
    endpoint = parse("https://[fe80::1%25eth0]:8443")
    assert endpoint.server_name == "fe80::1"
    assert websocket_url(endpoint) == "wss://[fe80::1]:8443/api/current"
    assert websocket_url(parse(None)) == "ws://localhost:80/api/current"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("ftp://nas", "ftp://"),
        ("wss://", "host is missing"),
        ("wss://nas:port", "Port"),
        ("wss://nas:99999", "ort"),
        ("my nas", "spaces"),
        ("ws+unix://relative.sock", "begin with /"),
        ("wss://nas/api/current?x=1", "no ? or #"),
    ],
)
def test_what_makes_no_sense_says_why(typed: str, words: str) -> None:
    with pytest.raises(InvalidEndpoint) as caught:
        parse(typed)
    assert words in caught.value.error
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, ConnectError)


def test_credentials_in_an_address_are_refused_and_not_repeated() -> None:
    with pytest.raises(InvalidEndpoint) as caught:
        parse("wss://admin:hunter2@nas/api/current")
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_clear_error(typed: str) -> None:
    try:
        endpoint = parse(typed)
    except InvalidEndpoint:
        return
    assert parse(endpoint.text) == endpoint


@pytest.mark.parametrize(
    ("typed", "local"), [(None, True), ("ws://127.0.0.1", True), ("[::1]", True), ("localhost", True), ("nas", False)]
)
def test_local_means_this_machine(typed: str | None, local: bool) -> None:
    assert parse(typed).is_local is local


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://nas/ui", "wss://nas/api/current"),
        ("https://nas/ui/sessions/signin", "wss://nas/api/current"),
        ("https://nas/ui/storage?tab=1#top", "wss://nas/api/current"),
        ("http://nas:8080/ui/", "ws://nas:8080/api/current"),
        ("nas/ui/dashboard", "wss://nas/api/current"),
        ("https://nas/api", "wss://nas/api/current"),
        ("https://nas/api/v2.0", "wss://nas/api/current"),
        ("https://nas/api/docs/current/", "wss://nas/api/current"),
        ("https://[fe80::1%25eth0]:8443/ui/", "wss://[fe80::1%eth0]:8443/api/current"),
        ("fe80::1%eth0", "wss://[fe80::1%eth0]/api/current"),
        ("wss://nas/api/v25.10.0", "wss://nas/api/v25.10.0"),
        ("ws+unix:///run/nas.sock:/websocket", "ws+unix:///run/nas.sock:/websocket"),
    ],
)
def test_addresses_as_people_have_them(typed: str, meant: str) -> None:
    assert parse(typed).text == meant
    assert names_no_path(typed) is (meant.endswith("/api/current"))


def test_a_socket_may_speak_the_old_protocol() -> None:
    named = parse("ws+unix:///run/nas.sock:/websocket")
    assert (named.socket, named.is_legacy, named.is_local) == ("/run/nas.sock", True, True)
    assert names_no_path(None)
    assert names_no_path("ws+unix:///run/nas.sock")
    assert not parse(None).is_legacy
