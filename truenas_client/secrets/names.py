"""Which fields of the API hold secrets: by their names, and by their places where the name does not show it.

The server's schemas mark no secret. So these lists were made by reading the names of
every argument and result in the catalogues of 24.10 to 26. The tests read the catalogues
again, and fail for a name that looks secret and was not reviewed.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = [
    "ARGUMENTS",
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
      pass(word|wd|phrase|key|code) | passwort | kennwort | secret    # passwords
    | (?<!by)(?<!com)(?<!over)(?<!sur)(?<!tres)pass_?\d*$ | pwd?\d*$ | pass_?hash | (^|_)pin_?code
    | tokens?_?\d*$ | (^|_)(t?otp|mfa)(_code)?s?$ | (^|_)(cookie|jwt|psk|pin)s?$ | (^|_)otp_ | authorization$
    | keys?_?\d*$ | keyhash$ | (unix|smb|nt|lm)hash$ | signature$     # keys, and hashes to guess them from
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
    """Whether a field of this name is masked in every object."""
    words = _words(name)
    return any(_SECRET.search(one) and not _HARMLESS.search(one) for one in (words, _ENDING.sub("", words)))


@lru_cache(maxsize=4096)
def is_name_of_no_secret(name: str) -> bool:
    """Whether a field of this name may hold a random-looking text that is no secret: an id, a fingerprint."""
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
"""Positions of the arguments that are themselves a secret. In a method of ``auth`` that is
not listed here, all texts and codes are masked."""

NESTED: dict[str, tuple[int, int, bool]] = {
    "core.bulk": (0, 1, True),
    "core.download": (0, 1, False),
    "failover.call_remote": (0, 1, False),
}
"""Methods that call another: the position of its name, of its arguments, and whether these are a list of calls."""

STORED_ELSEWHERE = ("credential", "credentials", "private_key")
"""Endings of member names that may hold the number of a stored secret instead of a secret."""

MEMBERS: dict[str, frozenset[str]] = {
    # Addresses of chat rooms. Any program that has the address may write to the room.
    "alertservice.": frozenset({"url"}),
    "kerberos.keytab.": frozenset({"file"}),
}
"""By the beginning of a method's name: members that are secret there, though their names do not show it."""

HARMLESS_MEMBERS: dict[str, frozenset[str]] = {
    "acme.dns.authenticator.authenticator_schemas": frozenset({"key"}),
    "alert.list": frozenset({"key"}),
    "auth.sessions": frozenset({"credentials"}),
    "auth.set_attribute": frozenset({"key"}),
    "cloudsync.providers": frozenset({"credentials_oauth"}),
    "disk.temperature_alerts": frozenset({"key"}),
    "reporting.exporters.exporter_schemas": frozenset({"key"}),
}
"""By method: members that are no secret there, though their names look like it."""

HARMLESS_TREES = frozenset({"attribute_maps"})
"""Members without any secret inside: they hold names of fields, such as the password field of a directory."""

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
"""Methods whose whole result is a secret."""


@lru_cache(maxsize=1024)
def members_of(method: str) -> tuple[frozenset[str], frozenset[str]]:
    """The exceptions for a method's arguments and results: members secret against their name, and harmless ones."""
    secret = frozenset[str]().union(*(names for start, names in MEMBERS.items() if method.startswith(start)))
    return secret, HARMLESS_MEMBERS.get(method, frozenset())
