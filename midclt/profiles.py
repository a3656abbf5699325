"""``midclt profile``: make, show, test and remove profiles. Invariant: it never prints a secret."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from truenas_client.exc import ClientException, InvalidProfile
from truenas_client.secrets.value import Ask, Command, Environment, File, Keyring, Reference, Secret, Text
from truenas_client.storage import Profile, Profiles
from truenas_client.storage.secret_store import forget, keep, keyring_problem
from truenas_client.trust import TLS

from .access import signed_in, trust_of
from .asking import ask
from .exits import CommandError, ExitStatus, status_of
from .output import print_line, say
from .trusting import settle

__all__ = ["do_add", "do_import", "do_ls", "do_rm", "do_show", "do_test", "do_trust", "do_use"]


def do_add(options: Namespace) -> ExitStatus:
    """Make a profile."""
    profiles = Profiles()
    name: str = options.profile_name
    if name == "all":
        raise CommandError("--on all means every profile: give this one another name", ExitStatus.USAGE)
    _check_free(profiles, name, options)
    reference = _reference(options.secret, profiles, name)
    addresses = tuple(options.addresses) or ((options.uri,) if options.uri else ())
    profile = Profile(
        name=name,
        addresses=addresses,
        username=options.username or "",
        mechanism=options.mechanism or "",
        secret=reference,
        channel_binding=not options.no_channel_binding,
        read_only=not options.write,
        password_over_ws=not options.no_password_over_ws,
        colour=options.colour,
    )
    profile.endpoints  # noqa: B018 - raises for an invalid address before the user is asked for anything
    profile = replace(profile, tls=_tls(profile, options))
    if profile.mechanism == "none":
        reference = Ask()
    secret = _new_secret(reference, profile, options)
    if secret is not None:
        if isinstance(reference, Text):
            reference = Text(secret)
        keep(reference, secret)
    profiles.put(replace(profile, secret=reference), new=not options.replace)
    if options.use:
        profiles.use(name)
    say(f"{name} is in {profiles.path}. The secret: {reference}.")
    return ExitStatus.OK


def _check_free(profiles: Profiles, name: str, options: Namespace) -> None:
    if name in profiles.names and not options.replace:
        raise CommandError(f"There is a profile {name} already: --replace replaces it", ExitStatus.USAGE)


def _reference(where: str, profiles: Profiles, name: str) -> Reference:
    kind, _, rest = where.partition(":")
    match kind:
        case "ask" if not rest:
            return Ask()
        case "keyring":
            if problem := keyring_problem():
                raise CommandError(problem, ExitStatus.USAGE)
            return Keyring(rest or name)
        case "file":
            return File(str(Path(rest).expanduser().absolute()) if rest else str(profiles.secret_file(name)))
        case "env" if rest:
            return Environment(rest)
        case "command" if rest.strip():
            try:
                return Command(tuple(shlex.split(rest)))
            except ValueError as e:
                raise CommandError(f"--secret command: {e}", ExitStatus.USAGE) from None
        case "text" if not rest:
            return Text(Secret(""))
    # The given text may be the secret itself, so the error does not repeat it.
    raise CommandError(
        "--secret is where the secret is, not the secret: ask, keyring, file[:PATH], env:VARIABLE, command:WORDS, text",
        ExitStatus.USAGE,
    )


def _tls(profile: Profile, options: Namespace) -> TLS:
    given = trust_of(options)
    if options.fingerprint:
        if given is not None:
            raise CommandError("Give one of --fingerprint, --ca and --insecure", ExitStatus.USAGE)
        try:
            return TLS.pinned(*options.fingerprint)
        except ValueError as e:
            raise CommandError(str(e), ExitStatus.USAGE) from None
    return given or settle(profile.endpoints[0])


def _new_secret(reference: Reference, profile: Profile, options: Namespace) -> Secret | None:
    """The secret to store now; None where it is stored elsewhere."""
    match reference:
        case Keyring() | Text():
            pass
        case File(path) if options.stdin or not Path(path).exists():
            pass
        case _:
            return None
    if options.stdin:
        text = sys.stdin.read().rstrip("\r\n") if sys.stdin is not None else ""
    else:
        text = ask(f"{'Password' if profile.mechanism == 'password' else 'Secret'} for {profile.name}: ") or ""
    if not text:
        raise CommandError("There is no secret to keep: run this in a terminal, or give --stdin", ExitStatus.USAGE)
    return Secret(text)


def do_ls(options: Namespace) -> ExitStatus:
    """List the profiles."""
    profiles = Profiles()
    rows = []
    status = ExitStatus.OK
    for name in profiles.names:
        mark = "*" if name == profiles.default else " "
        try:
            profile = profiles.get(name)
        except InvalidProfile as e:
            say(e.error)
            status = ExitStatus.ERROR
            continue
        rows.append((mark, name, profile.address or "this machine", profile.username or "-", profile.mechanism))
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(5)]
    for row in rows:
        print_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return status


def do_show(options: Namespace) -> ExitStatus:
    """Print a profile."""
    profile = Profiles().get(options.profile_name)
    rows = [
        ("address", ", ".join(profile.addresses) or "the socket of this machine"),
        ("user", profile.username or "-"),
        ("mechanism", profile.mechanism),
        ("secret", str(profile.secret)),
        ("certificate", _words(profile.tls)),
        ("bound to TLS", "yes" if profile.channel_binding else "no"),
        ("password over ws://", "with a warning" if profile.password_over_ws else "never"),
        ("calls that write", "refused (--write allows one)" if profile.read_only else "allowed"),
        ("colour", profile.colour or "-"),
    ]
    for name, value in rows:
        print_line(f"{name:<20} {value}")
    return ExitStatus.OK


def _words(tls: TLS) -> str:
    if not tls.verify:
        return "any is taken"
    if tls.ca_file is not None:
        return f"signed by one in {tls.ca_file}"
    return " or ".join(pin.text for pin in tls.pins) or "as the system trusts"


def do_use(options: Namespace) -> ExitStatus:
    """Have a profile used unless another is named."""
    Profiles().use(options.profile_name)
    return ExitStatus.OK


def do_rm(options: Namespace) -> ExitStatus:
    """Remove a profile and its stored secret."""
    profiles = Profiles()
    name: str = options.profile_name
    reference: Reference = Ask()
    try:
        reference = profiles.get(name).secret
    except InvalidProfile:
        if name not in profiles.names:
            raise
        # A broken profile can be removed too.
    profiles.remove(name)
    try:
        forget(reference)
        if isinstance(reference, File) and Path(reference.path) == profiles.secret_file(name):
            Path(reference.path).unlink(missing_ok=True)
    except (ClientException, OSError) as e:
        say(f"The profile was removed, its secret was not: {e}")
        return ExitStatus.ERROR
    return ExitStatus.OK


def do_trust(options: Namespace) -> ExitStatus:
    """Look at the certificate of a profile's server, and store the user's decision."""
    profiles = Profiles()
    profile = profiles.get(options.profile_name)
    endpoint = profile.endpoints[0]
    if not endpoint.is_tls:
        raise CommandError(f"{endpoint.text} has no TLS, and so no certificate", ExitStatus.USAGE)
    tls = settle(endpoint, profile.tls)
    if tls == profile.tls:
        say(f"Nothing to change: {_words(tls)}.")
        return ExitStatus.OK
    profiles.put(replace(profile, tls=tls))
    say(f"{profile.name} trusts {_words(tls)}.")
    return ExitStatus.OK


def do_import(options: Namespace) -> ExitStatus:
    """Make profiles from the settings of the official curses program."""
    from truenas_client.storage.importing import OFFICIAL, read_official

    profiles = Profiles()
    found = read_official(options.file or OFFICIAL)
    for profile in found:
        _check_free(profiles, profile.name, options)
    for profile in found:
        profiles.put(profile)
        say(f"{profile.name} is in {profiles.path}. The secret: {profile.secret}.")
    return ExitStatus.OK


def do_test(options: Namespace) -> ExitStatus:
    """Connect and sign in, and say each step."""
    profile = Profiles().named(options.profile_name or options.profile)
    options.profile = profile.name
    options.uri = options.uri or profile.address
    options.agent = "never"  # it is the sign-in that is tested
    try:
        with signed_in(options) as client:
            print_line(f"connected to {client.endpoint.text}")
            if profile.mechanism == "none":
                print_line("not signed in: the profile has no sign-in")
                client.ping(10.0)
            else:
                me = client.call("auth.me")
                name = me.get("pw_name") if isinstance(me, dict) else None
                print_line(f"signed in as {name or profile.username}, by {profile.mechanism}")
    except ClientException as e:
        raise CommandError(e.error, status_of(e)) from e
    return ExitStatus.OK
