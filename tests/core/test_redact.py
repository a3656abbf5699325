"""Masking: by name, by place, in texts, and over every field of every real method."""

from __future__ import annotations

import json
import re
import string
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.argumentshapes import ORDINARY, SECRETIVE, with_secret
from tests.facts import RELEASES, SOME_RELEASES, catalogue
from truenas_client.secrets.names import ARGUMENTS, MEMBERS, NESTED, RESULTS
from truenas_client.secrets.redact import MASK, is_secret_name, redact, redact_call, redact_result, redact_text
from truenas_client.secrets.value import Secret

KEY = "12-" + "aB3d" * 16

# -- values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"password": "x", "username": "u"}, {"password": MASK, "username": "u"}),
        ({"a": [{"api_key": "x"}]}, {"a": [{"api_key": MASK}]}),
        ({"password": None, "secret": True, "token": ""}, {"password": None, "secret": True, "token": MASK}),
        ({"otp_token": 123456, "pin": 1.5}, {"otp_token": MASK, "pin": MASK}),
        ({"secret": {"a": "x", "b": [1, None]}}, {"secret": {"a": MASK, "b": [MASK, None]}}),
        (
            {"DB_PASSWORD": "x", "dbPassword": "y", "DB-PASS": "z"},
            {"DB_PASSWORD": MASK, "dbPassword": MASK, "DB-PASS": MASK},
        ),
        # References to stored secrets stay: they are numbers, or say more than the secret.
        ({"private_key": 7, "credentials": 3}, {"private_key": 7, "credentials": 3}),
        ({"private_key": "x"}, {"private_key": MASK}),
        ({"credential": {"username": "u", "password": "p"}}, {"credential": {"username": "u", "password": MASK}}),
        # A setting's name decides about its value.
        ([{"key": "size", "value": "5"}], [{"key": "size", "value": "5"}]),
        ([{"key": "DB_PASSWORD", "value": "x"}], [{"key": "DB_PASSWORD", "value": MASK}]),
        ([{"key": "com:x", "remove": True}], [{"key": "com:x", "remove": True}]),
        ({"key": "x", "name": "n"}, {"key": MASK, "name": "n"}),
        ({"attribute_maps": {"passwd": {"user_name": "uid"}}}, {"attribute_maps": {"passwd": {"user_name": "uid"}}}),
        ({"x": Secret("s"), "y": (Secret("s"),)}, {"x": MASK, "y": [MASK]}),
        # Frames and jobs know whose arguments they hold.
        ({"method": "auth.login", "params": ["u", "p"]}, {"method": "auth.login", "params": ["u", MASK]}),
        (
            {"id": 1, "method": "core.bulk", "arguments": ["auth.check_password", [["u", "p"], ["v", "q"]]]},
            {"id": 1, "method": "core.bulk", "arguments": ["auth.check_password", [["u", MASK], ["v", MASK]]]},
        ),
        ({"method": None, "params": 5}, {"method": None, "params": 5}),
        ({1: "x"}, {1: "x"}),
        ("plain text", "plain text"),
        (5, 5),
    ],
)
def test_values(value: Any, masked: Any) -> None:
    before = repr(value)
    assert redact(value) == masked
    assert repr(value) == before


@pytest.mark.parametrize(
    ("method", "params", "masked"),
    [
        ("auth.login", ["u", "p", "1"], ["u", MASK, MASK]),
        ("auth.login_with_token", ["t"], [MASK]),
        ("auth.login_ex", [{"mechanism": "PASSWORD_PLAIN", "username": "u", "password": "p"}], None),
        ("auth.set_attribute", ["key", {"a": 1}], ["key", {"a": 1}]),
        ("auth.something_new", ["x", 5, {"n": "y"}], [MASK, 5, {"n": MASK}]),
        ("core.download", ["api_key.convert_raw_key", ["k"], "f"], ["api_key.convert_raw_key", [MASK], "f"]),
        ("core.bulk", ["user.create", [[{"password": "p"}]], "d"], ["user.create", [[{"password": MASK}]], "d"]),
        ("core.bulk", ["user.create"], ["user.create"]),
        ("core.bulk", [5, [["x"]]], [5, [["x"]]]),
        (
            "alertservice.create",
            [{"attributes": {"type": "Slack", "url": "u"}}],
            [{"attributes": {"type": "Slack", "url": MASK}}],
        ),
        ("kerberos.keytab.create", [{"name": "n", "file": "f"}], [{"name": "n", "file": MASK}]),
        ("filesystem.stat", ["/mnt/secret"], ["/mnt/secret"]),
        ("user.query", [[["name", "=", "u"]], {"limit": 1}], [[["name", "=", "u"]], {"limit": 1}]),
        ("no.such", (), []),
    ],
)
def test_calls(method: str, params: Any, masked: Any) -> None:
    if masked is None:
        masked = [{"mechanism": "PASSWORD_PLAIN", "username": "u", "password": MASK}]
    assert redact_call(method, params) == masked


def test_results_that_are_secrets() -> None:
    assert redact_result("auth.generate_token", "abc") == MASK
    assert redact_result("pool.dataset.export_key", None) is None
    assert redact_result("core.ping", "pong") == "pong"
    assert redact_result("core.download", [5, "/_download/5?auth_token=abc"]) == [5, f"/_download/5?auth_token={MASK}"]
    assert redact_result("alert.list", [{"key": "[5]"}]) == [{"key": "[5]"}]
    assert redact_result("auth.sessions", [{"credentials": "LOGIN_PASSWORD"}]) == [{"credentials": "LOGIN_PASSWORD"}]


# -- texts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("nothing to hide: 5 = five", "nothing to hide: 5 = five"),
        (f"the key {KEY} was", f"the key {MASK} was"),
        ("wss://me:hunter2@nas/api", f"wss://me:{MASK}@nas/api"),
        ("GET /_download/5?auth_token=abc&x=1", f"GET /_download/5?auth_token={MASK}&x=1"),
        ('{"password": "two words", "x": "y"}', f'{{"password": "{MASK}", "x": "y"}}'),
        ("{'password': 'it\\'s', 'x': 1}", f"{{'password': '{MASK}', 'x': 1}}"),
        (r'"{\"api_key\": \"abc\"}"', rf'"{{\"api_key\": \"{MASK}\"}}"'),
        ("login(username='u', password='p')", f"login(username='u', password='{MASK}')"),
        ("environment:\n  DB_PASSWORD: hunter2\n  PORT: 5\n", f"environment:\n  DB_PASSWORD: {MASK}\n  PORT: 5\n"),
        ("token=null password=None secret: false", "token=null password=None secret: false"),
        ('cut off: "password": "abc de', f'cut off: "password": "{MASK}"'),
        ("x.y-password=abc", f"x.y-password={MASK}"),
        ("password_age=5 key_type: RSA", "password_age=5 key_type: RSA"),
        ("Authorization: Bearer abcdefghij", f"Authorization: Bearer {MASK}"),
        ("a\n-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----\nb", f"a\n{MASK}\nb"),
        ("-----BEGIN RSA PRIVATE KEY-----\nxx", MASK),
        ("-----BEGIN CERTIFICATE-----\nxx", "-----BEGIN CERTIFICATE-----\nxx"),
        (f'"password": "{MASK}"', f'"password": "{MASK}"'),
        ("at ${secret:mail}, $secret: mail", f"at ${{secret:mail}}, $secret: {MASK}"),
    ],
)
def test_texts(text: str, masked: str) -> None:
    assert redact_text(text) == masked
    assert redact_text(masked) == masked


@pytest.mark.parametrize(
    "part",
    [
        "a-",
        "a.",
        "\\\\",
        "password: ",
        'key="',
        "://a:",
        "-----BEGIN PRIVATE KEY-----",
        "-p ",
        "-u a:",
        "<a ",
        '"a", ',
        "mysql -",
        "a:b@",
        "value: ",
        "name: a\n",
        "Aa1",
        "set a_key ",
        "'",
        " ",
        "\n",
        '["key',
        "login a pass ",
    ],
)
def test_long_texts_take_no_longer_than_they_are_long(part: str) -> None:
    began = time.process_time()
    redact_text(part * (200_000 // len(part)))
    assert time.process_time() - began < 2


def test_given_secrets_go_wherever_they_stand() -> None:
    assert redact_text("ab hunter2 cd hunter2", [Secret("hunter2"), ""]) == f"ab {MASK} cd {MASK}"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda kids: st.lists(kids) | st.dictionaries(st.text(), kids),
    )
)
def test_anything_can_be_masked(value: Any) -> None:
    masked = redact(value)
    assert type(masked) is type(value)
    json.dumps(masked)


@given(
    name=st.sampled_from(["password", "apiKey", "X_TOKEN", "passphrase"]),
    value=st.from_regex(r"[A-Za-z0-9]{9,30}", fullmatch=True),
)
def test_what_stands_beside_its_name_is_masked_in_every_form(name: str, value: str) -> None:
    for text in (
        json.dumps({name: value}),
        repr({name: value}),
        json.dumps(json.dumps({name: value})),
        f"{name}={value}",
        f"{name}: {value}\n",
    ):
        assert value not in redact_text(text) or value.lower() in name.lower()


def test_the_log_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    from truenas_client.secrets.logs import log

    try:
        raise ValueError("password=hunter2")
    except ValueError:
        log.exception("it said %s", {"token": "abcdef"})
    assert "hunter2" not in caplog.text
    assert "abcdef" not in caplog.text
    assert "it said {'token': '********'}" in caplog.text
    assert "ValueError: password=********" in caplog.text


@pytest.mark.parametrize(("method", "params"), SECRETIVE)
def test_no_shape_of_arguments_shows_its_secret(method: str, params: list[Any]) -> None:
    before = with_secret(params, "Zq7kMarked")
    masked = redact_call(method, before)
    assert "Zq7kMarked" not in json.dumps(masked)
    assert MASK in json.dumps(masked)
    assert redact_call(method, masked) == masked
    assert before == with_secret(params, "Zq7kMarked")


@pytest.mark.parametrize(("method", "params"), ORDINARY)
def test_what_is_no_secret_is_shown(method: str, params: list[Any]) -> None:
    if '"passwd": ""' in json.dumps(params) or '"token": "${env:' in json.dumps(params):
        return  # what is empty or a reference is masked too, where a secret stands
    assert redact_call(method, params) == params


@given(st.lists(st.sampled_from(string.ascii_letters + string.digits), min_size=40, max_size=64).map("".join))
def test_long_words_thrown_by_dice_are_random(word: str) -> None:
    assume(sum(map(str.isdigit, word)) > 2 and len(set(word)) > 20)
    assume(len(re.findall(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+", word)) > len(word) / 3.3)
    assert redact_text(f"kept {word} here") == f"kept {MASK} here"


@pytest.mark.parametrize("release", ["24.10", "25.04", "25.10", "26"])
def test_names_choices_and_examples_of_real_schemas_look_like_no_secret(release: str) -> None:
    words = {word for entry in catalogue(release).values() for word in _single_words(entry)}
    assert len(words) > 2000
    seen = {word: masked for word in words if (masked := redact_text(word)) != word}
    # What the documentation itself shows of tokens and of an exchange of proofs.
    assert all(re.search(r"auth_token=|fyko\+d2|rmF9pqV8S7", word) for word in seen), seen


def _single_words(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _single_words(member)
    elif isinstance(value, list):
        for member in value:
            yield from _single_words(member)
    elif isinstance(value, str) and len(value) < 200 and "\n" not in value:
        yield value


# -- every real method -----------------------------------------------------------------------

LOOKS = re.compile(
    r"pass|secret|tok|key|cred|auth|priv|otp|seed|salt|hash|psk|pw|pin$|jwt|cookie|session|community|psid|claim|provision",
    re.IGNORECASE,
)


def _words(text: str) -> set[str]:
    return set(text.split())


SECRET = _words("""
    anonstats_token api_key api_token application_credential_secret application_key application_secret auth_token
    aws_secret_access_key bindpw bot_token client_key client_secret community consumer_key credentials
    dhchap_ctrl_key dhchap_key digitalocean_token encryption_key encryption_password encryption_salt helm_secret
    host_dsa_key host_ecdsa_key host_ed25519_key host_key host_rsa_key key keyhash ldap_user_dn_password
    mgmt_password monpwd new_password old_password otp_token pass passkey passphrase passwd password peersecret
    private_key privatekey provisioning_uri psid raw_key reconnect_token refresh_token release_secrets rfc_str
    routing_key secret secret_access_key sed_passwd server_key service_account_credentials service_key smbhash
    stored_key token unixhash v3_authkey v3_password v3_privkey v3_privpassphrase vnc_password
""")
HARMLESS = _words("""
    ANY_EXTENDED_KEY_USAGE CLIENT_AUTH SERVER_AUTH access_key_id api_key_id api_keys application_credential_id
    application_credential_name auth auth_networks auth_version authenticator authmethod author aws_access_key_id
    certificate_authority credential_type credentials_data credentials_id credentials_oauth dhchap_dhgroup
    dhchap_hash discovery_auth discovery_authgroup
    discovery_authmethod domains_authenticators encryption_key_format encryption_key_location existing_key_id
    host_dsa_key_cert_pub host_dsa_key_pub host_ecdsa_key_cert_pub host_ecdsa_key_pub host_ed25519_key_cert_pub
    host_ed25519_key_pub host_key_pub host_rsa_key_cert_pub host_rsa_key_pub key_format key_length key_type
    keyformat keylocation keystatus kpasswd_server last_password_change max_password_age min_password_age
    min_password_length netcat_passive_side_connect_address otp_digits overprovision passiveportsmax
    passiveportsmin password_age password_complexity_ruleset password_history password_history_length
    password_login_groups privatekey_path public_key pw_dir pw_gecos pw_gid pw_name pw_shell pw_uid
    receive_resume_token remote_host_key restrict_session salt session ssh_credentials sshpubkey
    subject_name_hash sudo_commands_nopasswd v3_authprotocol v3_authtype v3_privproto v3_privprotocol
    syslog_tls_certificate_authority xmit_hash_policy
""") | {"Last machine account password change"}
# Seen by name, and shown where it is another thing.
BOTH = {"key": {"alert.list", "auth.set_attribute", "disk.temperature_alerts"}, "credentials": {"auth.sessions"}}
TEXT = "visible text"


def _samples(schema: Any) -> Iterator[Any]:
    """Values with a text for every leaf that may hold one; together they take each branch of the schema."""
    if isinstance(schema, list):
        schema = schema[0] if schema else {}
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if branches:
        for branch in branches:
            yield from _samples(branch)
        return
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if properties := schema.get("properties"):
        variants = {name: list(_samples(member)) or [None] for name, member in properties.items()}
        for turn in range(max(map(len, variants.values()))):
            yield {name: values[turn % len(values)] for name, values in variants.items()}
    elif "array" in kinds:
        for item in _samples(schema.get("items") or {}):
            yield [item]
    elif "string" in kinds or kind is None:
        yield TEXT
    elif {"integer", "number", "float"} & set(kinds):
        yield 7


def _leaves(before: Any, after: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Each leaf's chain of names, and whether it is masked."""
    if isinstance(before, dict):
        for name, member in before.items():
            yield from _leaves(member, after[name], (*names, name))
    elif isinstance(before, list):
        for one, other in zip(before, after, strict=True):
            yield from _leaves(one, other, names)
    elif names and before is not None:
        yield names, after == MASK


@pytest.mark.parametrize("release", SOME_RELEASES)
def test_every_field_of_every_method_was_looked_at(release: str) -> None:
    shown: set[tuple[str, str]] = set()
    masked: set[tuple[str, str]] = set()

    def look(method: str, before: Any, after: Any) -> None:
        for names, hidden in _leaves(before, after):
            if "attribute_maps" in names:
                continue
            secret = [
                name for name in names if name in SECRET or name in MEMBERS.get(f"{method.rpartition('.')[0]}.", ())
            ]
            if hidden and not secret:
                masked.add((method, ".".join(names)))
            elif not hidden and (LOOKS.search(names[-1]) and names[-1] not in HARMLESS):
                shown.add((method, ".".join(names)))

    for method, entry in catalogue(release).items():
        for position, argument in enumerate(entry["accepts"] or ()):
            for sample in _samples(argument):
                params = [None] * position + [sample]
                look(method, sample, redact_call(method, params)[position])
        for answer in entry["returns"] or ():
            for sample in _samples(answer):
                if method not in RESULTS:
                    look(method, sample, redact_result(method, sample))
    # Stored secrets are pointed at by numbers, and some names stand for something else in places.
    pointers = {"private_key", "credentials", "credential"}
    left = {
        (method, path)
        for method, path in shown
        if method not in BOTH.get(name := path.rpartition(".")[2], ())
        and name not in pointers
        and not (name == "key" and ("user_properties" in path or "_schemas" in method))
    }
    assert not left, "these look like secrets: mask them or list them as harmless"
    assert not masked, "these are masked and nobody has said that they are secret"


@pytest.mark.parametrize("release", SOME_RELEASES)
def test_every_bare_argument_was_looked_at(release: str) -> None:
    harmless = {("auth.set_attribute", "key"), ("nvmet.host.generate_key", "dhchap_hash")}
    for method, entry in catalogue(release).items():
        for position, argument in enumerate(entry["accepts"] or ()):
            name = argument.get("_name_") or ""
            if argument.get("type") in ("string", ["string", "null"]) and LOOKS.search(name):
                assert position in ARGUMENTS.get(method, ()) or (method, name) in harmless, (method, name)
        if re.search(r"generate|export_key|claim|password|token", method):
            kinds = [answer.get("type") for answer in entry["returns"] or ()]
            assert method in RESULTS or "string" not in kinds, method


def test_the_lists_name_what_there_is() -> None:
    known = {method for release in RELEASES for method in catalogue(release)}
    assert not ({*ARGUMENTS, *NESTED, *RESULTS} - known)
    assert all(any(method.startswith(start) for method in known) for start in MEMBERS)
    assert not [name for name in SECRET if not is_secret_name(name)]
    assert not [name for name in HARMLESS if is_secret_name(name) and name != "credentials_oauth"]
