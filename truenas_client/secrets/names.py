"""Which fields of the API hold secrets: names, and places that no name gives away.

The server's schemas mark no secret, so this was gathered by reading the names of
every argument and result of the catalogues of 24.10 to 26. The tests read them again:
a name that looks secret and was not reviewed fails them.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = [
    "ARGUMENTS",
    "HARMLESS_MEMBERS",
    "HARMLESS_TREES",
    "MEMBERS",
    "NESTED",
    "RESULTS",
    "STORED_ELSEWHERE",
    "is_name_of_no_secret",
    "is_secret_name",
    "members_of",
]

_SECRET = re.compile(
    r"""
      pass(word|wd|phrase|key|code) | passwort | kennwort | secret    # words to let somebody in
    | (?<!by)(?<!com)(?<!over)(?<!sur)(?<!tres)pass_?\d*$ | pwd?\d*$ | pass_?hash | (^|_)pin_?code
    | tokens?_?\d*$ | (^|_)(t?otp|mfa)(_code)?s?$ | (^|_)(cookie|jwt|psk|pin)s?$ | (^|_)otp_ | authorization$
    | keys?_?\d*$ | keyhash$ | (unix|smb|nt|lm)hash$ | signature$     # keys, and what they can be guessed from
    | community\d?$ | ^psid$ | ^provisioning_uri$ | ^rfc_str$ | (^|_)webhook(_ur[li])?$ | masterauth | redis(cli)?_auth$
    | mnemonic$ | (seed|recovery)_phrase | (recovery|backup)_codes?$
    | cred(ential)?s?$ | ^encryption_salt$ | (auth|nonce|logged_in)_salt$ | ^(auth|session)_?token
    """,
    re.VERBOSE,
)
_HARMLESS = re.compile(
    r"""
      _(id|ids|enabled|disabled|type|required|expires\w*|format|location|method|policy|age|history|length|change|changed
       |configured|digits|ruleset|groups|server|file|path|status|authentication)$
    | (^|_)(public_?key|remote_host_key|pub|sshpubkey)$ | _(api|authorized|pool|zfs|dataset)_keys$ | ^api_keys$
    | ^last_ | ^(max|min)_ | ^has_ | ^ssh_credentials$ | ^kpasswd | _nopasswd$ | _resume_token$
    """,
    re.VERBOSE,
)
_ENDING = re.compile(r"(?<=.)_(value|val|str|text|base64|b64|hex|raw|plain|clear|content)$")
_NO_SECRET = re.compile(
    r"(^|_)(id|ids|guid|guids|uuid|uuids|serial|serials|wwn|lunid|fingerprint|checksum|digest|commit|etag|identifier|sha\d+"
    r"|image|images|snapshot|dataset|path|pubkey|public_?key|sshpubkey)$"
)


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a field of this name is to be masked, whatever it is in."""
    words = _words(name)
    return any(_SECRET.search(one) and not _HARMLESS.search(one) for one in (words, _ENDING.sub("", words)))


@lru_cache(maxsize=4096)
def is_name_of_no_secret(name: str) -> bool:
    """Whether what a field of this name holds may look random and is none all the same: an id, a fingerprint."""
    return bool(_NO_SECRET.search(_words(name)))


def _words(name: str) -> str:
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_")


ARGUMENTS: dict[str, frozenset[int]] = {
    "api_key.convert_raw_key": frozenset({0}),
    "auth.check_password": frozenset({1}),
    "auth.check_user": frozenset({1}),
    "auth.generate_onetime_password": frozenset(),
    "auth.generate_token": frozenset(),
    "auth.login": frozenset({1, 2}),
    "auth.login_ex": frozenset(),
    "auth.login_ex_continue": frozenset(),
    "auth.login_with_api_key": frozenset({0}),
    "auth.login_with_token": frozenset({0}),
    "auth.sessions": frozenset(),
    "auth.set_attribute": frozenset(),
    "auth.terminate_session": frozenset(),
    "auth.two_factor_auth": frozenset({1}),
    "auth.twofactor.update": frozenset(),
    "support.fetch_categories": frozenset({0}),
    "system.license_update": frozenset({0}),
    "truenas.license.upload": frozenset({0}),
    "user.setup_local_administrator": frozenset({1}),
    "user.verify_twofactor_token": frozenset({1}),
}
"""Positions of arguments that are a secret by themselves, not an object with one. A method
of ``auth`` that is not named here has all its texts and codes masked."""

NESTED: dict[str, tuple[int, int, bool]] = {
    "core.bulk": (0, 1, True),
    "core.download": (0, 1, False),
    "failover.call_remote": (0, 1, False),
}
"""Methods that name another: where its name stands, where its arguments, and whether those are a list of such."""

STORED_ELSEWHERE = ("credential", "credentials", "private_key")
"""Ends of names of members that may hold the number of a stored secret instead of one."""

MEMBERS: dict[str, frozenset[str]] = {
    # Addresses of chat rooms: who knows one may write there.
    "alertservice.": frozenset({"url"}),
    "kerberos.keytab.": frozenset({"file"}),
}
"""By the beginning of a method's name: members that are secret there, though their names do not tell."""

HARMLESS_MEMBERS: dict[str, frozenset[str]] = {
    "acme.dns.authenticator.authenticator_schemas": frozenset({"key"}),
    "alert.list": frozenset({"key"}),
    "auth.sessions": frozenset({"credentials"}),
    "auth.set_attribute": frozenset({"key"}),
    "cloudsync.providers": frozenset({"credentials_oauth"}),
    "disk.temperature_alerts": frozenset({"key"}),
    "reporting.exporters.exporter_schemas": frozenset({"key"}),
}
"""Members that are no secret there, though their names say so."""

HARMLESS_TREES = frozenset({"attribute_maps"})
"""Members in which nothing is secret: names of fields, such as that of a password in a directory."""

RESULTS = frozenset(
    {
        "auth.generate_onetime_password",
        "auth.generate_token",
        "nvmet.host.generate_key",
        "pool.dataset.export_key",
        "reporting.netdataweb_generate_password",
        "system.advanced.sed_global_password",
        "tn_connect.generate_claim_token",
        "tn_connect.get_registration_uri",
        "user.provisioning_uri",
    }
)
"""Methods whose answer is a secret by itself."""


@lru_cache(maxsize=1024)
def members_of(method: str) -> tuple[frozenset[str], frozenset[str]]:
    """The members that are secret in this method's arguments and results against their name, and those that are not."""
    secret = frozenset[str]().union(*(names for start, names in MEMBERS.items() if method.startswith(start)))
    return secret, HARMLESS_MEMBERS.get(method, frozenset())
