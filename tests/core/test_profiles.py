"""Profiles: read with errors that say where and what to do, edited without losing what people wrote."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from truenas_client import AsyncClient, Client, FingerprintMismatch
from truenas_client.aio.profile_login import sign_in
from truenas_client.exc import (
    InsecureTransport,
    InvalidCredentials,
    InvalidProfile,
    NotAuthenticated,
    SecretUnavailable,
)
from truenas_client.secrets.value import Ask, Command, Environment, File, Keyring, Secret, Text
from truenas_client.simulator import Simulator
from truenas_client.storage import MECHANISMS, Known, Profile, Profiles, choose, paths
from truenas_client.storage.importing import read_official
from truenas_client.storage.profile import from_toml, to_toml
from truenas_client.trust import SYSTEM, TLS

MARKER = "m4rker-s3cret"
BOTH = """\
# my servers
default = "lab"   # the one at home

[profile.lab]
# in the cupboard
address = "wss://nas.lab.example" # port 443
username = "admin"
secret = { keyring = "lab" }
colour = "green"

[profile."old.nas"]
addresses = ["wss://a", "wss://b"]
tls = { fingerprints = ["sha256:%s"] }

# the end
""" % ("ab" * 32)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(BOTH)
    path.chmod(0o600)
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of its own: nothing of the user's is read or written."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in [name for name in os.environ if name.startswith("TRUENAS_") and name != "TRUENAS_FACTS"]:
        monkeypatch.delenv(name)
    return tmp_path


# -- reading ---------------------------------------------------------------------------------


def test_what_is_read(config: Path) -> None:
    profiles = Profiles(config)
    assert profiles.names == ["lab", "old.nas"]
    assert profiles.default == "lab"
    lab = profiles.get("lab")
    assert lab == Profile(
        name="lab",
        addresses=("wss://nas.lab.example",),
        username="admin",
        mechanism="password",
        secret=Keyring("lab"),
        colour="green",
    )
    assert (lab.read_only, lab.channel_binding, lab.password_over_ws) == (True, True, True)
    old = profiles.get("old.nas")
    assert old.addresses == ("wss://a", "wss://b")
    assert old.tls == TLS.pinned("ab" * 32)
    assert (old.mechanism, old.secret) == ("none", Ask())


def test_no_file_is_no_profiles(tmp_path: Path) -> None:
    profiles = Profiles(tmp_path / "no" / "config.toml")
    assert (profiles.names, profiles.default) == ([], None)
    with pytest.raises(InvalidProfile, match="no profile 'x'; there is none at all"):
        profiles.get("x")
    with pytest.raises(InvalidProfile, match="no default profile"):
        profiles.named(None)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[profile.lab\n", "", "at line 1"),
        ("[profile.lab]\nread_onyl = true\n", ":2", "read_onyl: there is no such key; read_only is meant"),
        ('[profile.a]\nusername = "x"\n[profile.lab]\n\nusername = 5\n', ":5", "username: should be a text"),
        ('[profile.lab]\nmechanism = "magic"', ":2", "mechanism: should be one of password, api-key"),
        ('[profile.lab]\nmechanism = "api-key"', ":1", "username: is missing, and the mechanism api-key needs one"),
        ('[profile.lab]\naddress = "ftp://x"', ":2", "address: 'ftp://x': use wss://"),
        ('[profile.lab]\naddress = ""', ":2", "address: should be"),
        ('[profile.lab]\naddresses = "wss://x"', ":2", "addresses: should be a list"),
        ('[profile.lab]\naddress = "x"\naddresses = ["y"]', ":3", "give either"),
        ('[profile.lab]\nread_only = "yes"', ":2", "read_only: should be true or false"),
        ('[profile.lab]\ntls = "none"', ":2", 'tls: should be "system"'),
        ('[profile.lab]\ntls = { fingerprints = ["abc"] }', ":2", "tls: 'abc' is no fingerprint"),
        ('[profile.lab]\ntls = { ca_file = "x", fingerprints = [] }', ":2", "tls: should be"),
        (f'[profile.lab]\nsecret = "{MARKER}"', ":2", "secret: use"),
        (f'[profile.lab]\npassword = "{MARKER}"', ":2", "password: there is no such key"),
        (f'[profile.lab]\nsecret = {{ command = "op {MARKER}" }}', ":2", "a command is a list"),
        (f'[profile.lab]\nsecret.text = "{MARKER}"\nsecret.env = "X"', ":2", "secret: use"),
        ("profile = 5", ":1", "write profiles as"),
        ("[profile]\nlab = 5", ":2", "write it as [profile.lab]"),
        ("[profiles.lab]", ":1", "profiles: there is no such key"),
        ("default = 5", ":1", "default: should be the name"),
    ],
)
def test_what_cannot_be_read(config: Path, text: str, line: str, words: str) -> None:
    config.write_text(text)
    with pytest.raises(InvalidProfile) as caught:
        Profiles(config).get("lab")
    assert str(caught.value).startswith(f"{config}{line}: ")
    assert words in str(caught.value)
    assert MARKER not in str(caught.value)


def test_a_broken_profile_is_alone_in_that(config: Path) -> None:
    config.write_text(BOTH + "[profile.bad]\nx = 1\n")
    profiles = Profiles(config)
    assert profiles.get("lab").username == "admin"
    with pytest.raises(InvalidProfile):
        profiles.get("bad")
    profiles.remove("bad")
    assert profiles.names == ["lab", "old.nas"]


def test_a_name_that_nearly_exists(config: Path) -> None:
    with pytest.raises(InvalidProfile, match="did you mean lab"):
        Profiles(config).get("lba")


@pytest.mark.skipif(os.name != "posix", reason="modes mean nothing here")
def test_clear_text_wants_a_closed_file(config: Path) -> None:
    profiles = Profiles(config)
    profiles.put(Profile(name="clear", username="u", secret=Text(Secret(MARKER))))
    assert profiles.get("clear").secret == Text(Secret(MARKER))
    assert MARKER not in repr(profiles.get("clear"))
    config.chmod(0o644)
    with pytest.raises(InvalidProfile, match="chmod 600") as caught:
        profiles.get("clear")
    assert MARKER not in str(caught.value)
    assert profiles.get("lab")


@pytest.mark.skipif(os.name != "posix", reason="modes mean nothing here")
@pytest.mark.parametrize("what", ["file", "folder", "owner"])
def test_a_command_that_others_may_have_written_is_refused(config: Path, what: str) -> None:
    profiles = Profiles(config)
    profiles.put(Profile(name="vault", username="u", secret=Command(("touch", "/tmp/ran"))))
    with config.open("a") as file:
        file.write('\n[secret]\nSMTP = { command = ["touch", "/tmp/ran"] }\n')
    assert Profiles(config).get("vault").secret == Command(("touch", "/tmp/ran"))
    assert list(Profiles(config).secrets) == ["SMTP"]
    match what:
        case "file":
            config.chmod(0o620)
        case "folder":
            config.parent.chmod(0o777)
        case "owner" if os.geteuid() == 0:
            os.chown(config, 12345, -1)
        case _:
            pytest.skip("only root can give a file away")
    mend = {"file": f"chmod go-w {config}$", "folder": f"chmod go-w {config.parent}$", "owner": f"chown 0 {config}$"}
    with pytest.raises(InvalidProfile, match=mend[what]):
        Profiles(config).get("vault")
    with pytest.raises(InvalidProfile, match=mend[what]):
        _ = Profiles(config).secrets
    assert Profiles(config).get("lab")


# -- writing ---------------------------------------------------------------------------------


def test_comments_and_order_survive_edits(config: Path) -> None:
    profiles = Profiles(config)
    lab = profiles.get("lab")
    profiles.put(Profile(**{**_members(lab), "colour": "red", "username": "root"}))
    profiles.use("old.nas")
    profiles.put(Profile(name="new", addresses=("nas",), secret=Command(("pass", "nas")), username="x"))
    profiles.remove("new")
    expected = (
        BOTH.replace('"green"', '"red"').replace('"admin"', '"root"').replace('default = "lab"', 'default = "old.nas"')
    )
    assert config.read_text().rstrip("\n") == expected.rstrip("\n")


def test_what_is_taken_back_goes_and_the_rest_stays(config: Path) -> None:
    profiles = Profiles(config)
    profiles.put(Profile(name="lab", addresses=("wss://nas.lab.example",), username="admin"))
    text = config.read_text()
    assert "keyring" not in text
    assert "colour" not in text
    for kept in ("# my servers", "# in the cupboard", "# port 443", "# the end", "old.nas"):
        assert kept in text


def test_edits_of_others_are_kept(config: Path) -> None:
    mine, theirs = Profiles(config), Profiles(config)
    theirs.put(Profile(name="theirs"))
    mine.put(Profile(name="mine"))
    assert Profiles(config).names == ["lab", "old.nas", "theirs", "mine"]


def test_profiles_in_one_line_can_be_edited_too(config: Path) -> None:
    config.write_text('profile = { lab = { address = "nas" } }  # mine\n')
    profiles = Profiles(config)
    profiles.put(Profile(name="new", addresses=("other",), username="admin"))
    profiles.put(Profile(name="lab", addresses=("nas", "nas2")))
    assert [profiles.get(name).addresses for name in profiles.names] == [("nas", "nas2"), ("other",)]
    assert "# mine" in config.read_text()


def test_a_broken_file_is_not_written_over(config: Path) -> None:
    profiles = Profiles(config)
    config.write_text("[profile.lab\n")
    for edit in (lambda: profiles.put(Profile(name="x")), lambda: profiles.remove("lab"), lambda: profiles.use("lab")):
        with pytest.raises(InvalidProfile, match="line 1"):
            edit()
    assert config.read_text() == "[profile.lab\n"


@pytest.mark.skipif(os.name != "posix", reason="modes mean nothing here")
def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "config.toml"
    profiles = Profiles(path)
    profiles.put(Profile(name="x"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    profiles.use("x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_default_comes_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# hello\n[profile.x]\n")
    profiles = Profiles(path)
    profiles.use("x")
    assert profiles.default == "x"
    assert "# hello" in path.read_text()
    profiles.use(None)
    assert Profiles(path).default is None
    profiles.use("x")
    profiles.remove("x")
    assert (profiles.default, profiles.names) == (None, [])
    with pytest.raises(InvalidProfile):
        profiles.use("y")
    with pytest.raises(InvalidProfile):
        profiles.remove("y")


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "x" * 65, 'x"]'])
def test_names_that_are_none(config: Path, name: str) -> None:
    with pytest.raises(InvalidProfile, match="no name for a profile"):
        Profiles(config).put(Profile(name=name))
    assert config.read_text() == BOTH


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
WORDS = TEXTS.filter(bool)
SECRETS = st.one_of(
    st.just(Ask()),
    WORDS.map(Keyring),
    WORDS.map(File),
    WORDS.map(Environment),
    st.lists(WORDS, min_size=1, max_size=3).map(tuple).map(Command),
    WORDS.map(lambda text: Text(Secret(text))),
)
TRUST = st.one_of(
    st.just(SYSTEM),
    st.just(TLS.insecure()),
    WORDS.map(lambda path: TLS(ca_file=path)),
    st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3).map(
        lambda all: TLS.pinned(*(b.hex() for b in all))
    ),
)
PROFILES = st.builds(
    Profile,
    name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,9}", fullmatch=True),
    addresses=st.lists(st.sampled_from(["nas", "wss://a:1/x", "ws+unix:///s"]), max_size=3).map(tuple),
    username=WORDS,
    mechanism=st.sampled_from(MECHANISMS),
    secret=SECRETS,
    tls=TRUST,
    channel_binding=st.booleans(),
    read_only=st.booleans(),
    password_over_ws=st.booleans(),
    colour=TEXTS,
)


@given(PROFILES)
def test_what_is_written_is_read_again(profile: Profile) -> None:
    assert from_toml(profile.name, to_toml(profile)) == profile


@given(first=PROFILES, second=PROFILES)
def test_any_profile_survives_the_file(
    tmp_path_factory: pytest.TempPathFactory, first: Profile, second: Profile
) -> None:
    path = tmp_path_factory.mktemp("profiles") / "config.toml"
    path.write_text(BOTH)
    profiles = Profiles(path)
    profiles.put(first)
    profiles.put(Profile(**{**_members(second), "name": first.name}))
    assert profiles.get(first.name) == Profile(**{**_members(second), "name": first.name})
    assert "# the end" in path.read_text()


def _members(profile: Profile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in profile.__dataclass_fields__}


# -- who wins --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "environment", "expected"),
    [
        # flag > environment > profile > this machine; the last says whether the profile's secret may go there
        ({}, {}, ("wss://nas.lab.example", "admin", "lab", True)),
        ({"profile": "old.nas"}, {"TRUENAS_PROFILE": "lab"}, ("wss://a", None, "old.nas", True)),
        ({}, {"TRUENAS_PROFILE": "old.nas"}, ("wss://a", None, "old.nas", True)),
        # A default profile has no say about another address.
        ({"uri": "wss://x"}, {}, ("wss://x", None, None, False)),
        ({}, {"TRUENAS_URI": "wss://x"}, ("wss://x", None, None, False)),
        ({"uri": "wss://x"}, {"TRUENAS_URI": "wss://y"}, ("wss://x", None, None, False)),
        ({"profile": "lab"}, {"TRUENAS_URI": "wss://x"}, ("wss://x", "admin", "lab", False)),
        ({"profile": "lab", "uri": "wss://x"}, {}, ("wss://x", "admin", "lab", False)),
        # The same place in other words is the profile's own; without TLS, or at another port, it is not.
        ({"profile": "lab", "uri": "nas.lab.example"}, {}, ("nas.lab.example", "admin", "lab", True)),
        ({"profile": "lab", "uri": "ws://nas.lab.example"}, {}, ("ws://nas.lab.example", "admin", "lab", False)),
        ({"profile": "lab", "uri": "nas.lab.example:8"}, {}, ("nas.lab.example:8", "admin", "lab", False)),
        ({"profile": "old.nas", "uri": "wss://b"}, {}, ("wss://b", None, "old.nas", True)),
        # Another user has another secret.
        ({"username": "me"}, {"TRUENAS_USERNAME": "you"}, ("wss://nas.lab.example", "me", "lab", False)),
        ({}, {"TRUENAS_USERNAME": "you"}, ("wss://nas.lab.example", "you", "lab", False)),
        ({"username": "admin"}, {}, ("wss://nas.lab.example", "admin", "lab", True)),
    ],
)
def test_who_wins(config: Path, flags: dict[str, Any], environment: dict[str, str], expected: tuple[Any, ...]) -> None:
    choice = choose(environment, **flags, profiles=lambda: Profiles(config))
    name = choice.profile.name if choice.profile else None
    assert (choice.address, choice.username, name, choice.entrusted) == expected


def test_without_profiles_it_is_this_machine(tmp_path: Path) -> None:
    choice = choose({}, profiles=lambda: Profiles(tmp_path / "none"))
    assert (choice.address, choice.username, choice.tls, choice.profile) == (None, None, SYSTEM, None)


def test_no_file_is_read_for_an_address_without_a_profile() -> None:
    def read() -> Profiles:
        raise AssertionError("read")

    assert choose({}, uri="wss://x", profiles=read).address == "wss://x"


def test_taking_any_certificate_is_for_the_profiles_own_address(config: Path) -> None:
    Profiles(config).put(Profile(name="lax", addresses=("wss://nas",), tls=TLS.insecure()))

    def chosen(**flags: Any) -> TLS:
        return choose({}, profile="lax", **flags, profiles=lambda: Profiles(config)).tls

    assert chosen() == TLS.insecure()
    assert chosen(uri="wss://other") == SYSTEM
    assert chosen(tls=TLS.authority("/ca")) == TLS.authority("/ca")


def test_addresses_are_tried_in_the_order_of_the_profile(config: Path) -> None:
    assert choose({}, profile="old.nas", profiles=lambda: Profiles(config)).addresses == ("wss://a", "wss://b")
    choice = choose({}, profile="old.nas", uri="wss://b", profiles=lambda: Profiles(config))
    assert choice.addresses == ("wss://b", "wss://a")
    assert choose({}, uri="wss://x").addresses == ("wss://x",)


# -- signing in ------------------------------------------------------------------------------


async def test_a_client_by_profile(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS", "admin")
    async with Simulator(tls=True) as nas:
        assert nas.tls is not None
        profiles = Profiles()
        assert profiles.path.is_relative_to(home)
        tls = TLS.pinned(nas.tls.fingerprint)
        common: dict[str, Any] = {"addresses": (nas.info()["wss"],), "username": "admin", "tls": tls}
        profiles.put(Profile(name="env", secret=Environment("NAS"), **common))
        profiles.put(Profile(name="ask", **common))
        profiles.put(Profile(name="wrong", secret=Text(Secret(MARKER)), **common))
        profiles.put(Profile(name="pin", **common | {"tls": TLS.pinned("0" * 64)}))
        profiles.put(Profile(name="nobody", mechanism="none", **common))
        profiles.use("env")
        async with AsyncClient.from_profile() as client:
            assert (await client.call("auth.me"))["pw_name"] == "admin"
        async with AsyncClient.from_profile("ask", ask=lambda: "admin") as client:
            assert client.signed_in
        async with AsyncClient.from_profile("nobody") as client:
            assert not client.signed_in
        with pytest.raises(SecretUnavailable):
            await AsyncClient.from_profile("ask").connect()
        with pytest.raises(InvalidCredentials) as caught:
            await AsyncClient.from_profile("wrong").connect()
        assert MARKER not in str(caught.value)
        with pytest.raises(FingerprintMismatch):
            await AsyncClient.from_profile("pin").connect()

        def blocking(name: str | None = None, **options: Any) -> str:
            with Client.from_profile(name, **options) as client:
                return str(client.call("auth.me")["pw_name"])

        assert await asyncio.to_thread(blocking) == "admin"
        assert await asyncio.to_thread(blocking, "ask", ask=lambda: "admin") == "admin"
        for name, error in (
            ("ask", SecretUnavailable),
            ("wrong", InvalidCredentials),
            ("nobody", NotAuthenticated),
            ("none-such", InvalidProfile),
        ):
            with pytest.raises(error):
                await asyncio.to_thread(blocking, name)
        with pytest.raises(FingerprintMismatch):
            await asyncio.to_thread(blocking, "pin", ask=lambda: "admin")
        monkeypatch.setenv("TRUENAS_PROFILE", "nobody")
        async with AsyncClient.from_profile() as client:
            assert not client.signed_in
    with pytest.raises(InvalidProfile):
        AsyncClient.from_profile("none-such")


async def test_the_next_address_when_one_is_gone(home: Path) -> None:
    async with Simulator() as nas:
        Profiles().put(Profile(name="ha", addresses=("ws://127.0.0.1:1", nas.url)))
        async with AsyncClient.from_profile("ha") as client:
            assert client.endpoint.text == nas.url
            nas.drop_connections()
            assert await client.call("core.ping") == "pong"
        Profiles().put(Profile(name="gone", addresses=("ws://127.0.0.1:1", "ws://127.0.0.1:2")))
        with pytest.raises(ConnectionRefusedError):
            await AsyncClient.from_profile("gone").connect()


async def test_scram_is_remembered_and_not_gone_back_on(home: Path) -> None:
    async with Simulator(tls=True) as nas:
        key = nas.info()["api_keys"]["demo"]
        profile = Profile(name="key", addresses=(nas.info()["wss"],), username="admin", mechanism="api-key")
        async with AsyncClient(profile.address, verify_ssl=False) as client:
            login = await sign_in(client, profile, secret=Secret(key))
            assert login is not None
            assert login.mechanism == "SCRAM"
        assert Known().scram_seen(profile.endpoints[0])
        plain = Profile(**{**_members(profile), "mechanism": "api-key-plain"})
        async with AsyncClient(profile.address, verify_ssl=False) as client:
            with pytest.raises(InsecureTransport, match="by SCRAM before"):
                await sign_in(client, plain, secret=Secret(key))
    assert key not in _written(home)


def _written(folder: Path) -> str:
    return "\n".join(file.read_text() for file in folder.rglob("*") if file.is_file())


# -- importing -------------------------------------------------------------------------------


def test_the_official_programs_settings(tmp_path: Path) -> None:
    file = tmp_path / "truenas_tui.conf"
    text = (
        "[truenas]\nserver = nas.lab.example\nusername = admin\napi_key_path = ~/50%.key\n"
        "verify_ssl = true\nca_cert = /ca.pem\n"
    )
    file.write_text(text)
    file.chmod(0o400)
    assert read_official(file) == [
        Profile(
            name="nas.lab.example",
            addresses=("nas.lab.example",),
            username="admin",
            mechanism="api-key",
            secret=File("~/50%.key"),
            tls=TLS.authority("/ca.pem"),
        )
    ]
    assert file.read_text() == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("server = nas\n", [("nas", "", "none", SYSTEM, Ask())]),
        ("[a]\nserver=nas\nverify_ssl=no\nca_cert=/x\n", [("nas", "", "none", TLS.insecure(), Ask())]),
        ("[a]\nserver='wss://nas:8'\nusername=\"me\"\n", [("nas", "me", "password", SYSTEM, Ask())]),
        (
            "[DEFAULT]\nusername=me\n[a]\nserver=n1\n[b]\nserver=n2\n[c]\nx=1\n",
            [("n1", "me", "password", SYSTEM, Ask()), ("n2", "me", "password", SYSTEM, Ask())],
        ),
        ("\ufeff[a]\nserver=192.0.2.7\n", [("192.0.2.7", "", "none", SYSTEM, Ask())]),
    ],
)
def test_other_ways_to_write_them(tmp_path: Path, text: str, expected: list[Any]) -> None:
    file = tmp_path / "x.conf"
    file.write_text(text, encoding="utf-8")
    assert [(p.name, p.username, p.mechanism, p.tls, p.secret) for p in read_official(file)] == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: No such file"),
        ("", "names no server"),
        ("[a]\nserver =\n", "names no server"),
        ("[a]\nserver = ftp://x\n", "server: 'ftp://x'"),
        ("[a]\nserver = x\nverify_ssl = maybe\n", "verify_ssl: should be yes or no"),
        (f"[a]\n{MARKER}\n", ":2: that is no INI file"),
        (f"[a]\nserver=x\nserver={MARKER}\n", ":3: that is no INI file"),
    ],
)
def test_settings_that_cannot_be_read(tmp_path: Path, text: str | None, words: str) -> None:
    file = tmp_path / "x.conf"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InvalidProfile) as caught:
        read_official(file)
    assert str(file) in str(caught.value)
    assert words in str(caught.value)
    assert MARKER not in str(caught.value)


@pytest.mark.parametrize("root", [None, "", "  ", "/somewhere"])
def test_the_paths_are_those_of_platformdirs(monkeypatch: pytest.MonkeyPatch, root: str | None) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
        if root is not None:
            monkeypatch.setenv(name, root)
    name, folder = paths.APPLICATION, paths.catalogues_path()
    assert paths.config_path() == platformdirs.user_config_path(name, appauthor=False) / "config.toml"
    assert folder == platformdirs.user_cache_path(name, appauthor=False) / "catalogues"
