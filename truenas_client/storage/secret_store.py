"""Follow secret references: read, keep and forget secrets in their places.

Everything here blocks, a command for up to `COMMAND_SECONDS`, so a program with an event
loop runs it in a thread. Invariants: errors and warnings name the place, never the secret
or the output of a command; a secret is never an argument of a process; a keyring that
stores clear text is refused.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..bounded import TooLarge, read_output
from ..exc import SecretUnavailable
from ..secrets.logs import log
from ..secrets.value import Ask, Command, Environment, File, Keyring, Reference, Secret, Text
from .private_files import LARGEST_SECRET, read_secret, write_private

__all__ = ["forget", "held", "keep", "keyring_problem", "resolve"]

SERVICE = "truenas-client"
"""The service name of our entries in the keyring."""
COMMAND_SECONDS = 60.0
"""How long a password program may take. It may wait for a fingerprint or a passphrase."""


def resolve(
    reference: Reference,
    *,
    ask: Callable[[], str | None] | None = None,
    warn: Callable[[str], None] = log.warning,
    timeout: float = COMMAND_SECONDS,
) -> Secret:
    """Read the secret that a reference names.

    For `Ask`, ``ask`` asks the user; it returns None when there is no user to ask. Line ends
    after the secret are dropped. ``warn`` is called for a file that other users can read.
    Raises `SecretUnavailable`.
    """
    match reference:
        case Text(secret):
            return secret
        case Environment(variable):
            text = os.environ.get(variable)
            if not text:
                raise SecretUnavailable(f"The environment variable {variable} holds no secret: set it")
        case File(path):
            text = _read(path, warn)
        case Command(words):
            text = _output(words, timeout)
        case Keyring(account):
            found = _in_keyring(account)
            if found is None:
                raise SecretUnavailable(f"The keyring holds nothing for {account}: keep the secret there anew")
            text = found
        case Ask():
            text = ask() if ask is not None else None
            if not text:
                raise SecretUnavailable("The secret has to be typed, and there is no terminal to ask on")
    text = text.rstrip("\r\n")
    if not text:
        raise SecretUnavailable(f"The secret is not available: {reference} is empty")
    if len(text) > LARGEST_SECRET or "\0" in text:
        raise SecretUnavailable(f"This is not a password or key: {reference} is too long or no text")
    return Secret(text)


def keep(reference: Reference, secret: Secret) -> None:
    """Write a secret to the place that a reference names: the keyring, or a file of mode 0600.

    Raises `SecretUnavailable` for a place that this program cannot write.
    """
    match reference:
        case Keyring(account):
            with _open_keyring("did not take the secret") as keyring:
                keyring.set_password(SERVICE, account, secret.reveal())
        case File(path):
            try:
                write_private(_absolute(path), secret.reveal() + "\n")
            except OSError as e:
                raise SecretUnavailable(f"{path} cannot be written: {e.strerror or type(e).__name__}") from None
        case Text() | Ask():
            return
        case _:
            raise SecretUnavailable(f"The secret is {reference}: it has to be put there by other means")


def forget(reference: Reference) -> None:
    """Remove a secret from the keyring. A missing entry is no error, and files are left alone."""
    if not isinstance(reference, Keyring):
        return
    with _open_keyring(f"did not remove {reference.account}") as keyring:
        if keyring.get_password(SERVICE, reference.account) is not None:
            keyring.delete_password(SERVICE, reference.account)


def held(entry: Keyring) -> bool:
    """Whether the keyring has an entry of that name. Raises `SecretUnavailable`."""
    return _in_keyring(entry.account) is not None


def keyring_problem() -> str | None:
    """Why the keyring cannot be used here, as a text for the user; None when it can."""
    try:
        _keyring()
    except SecretUnavailable as e:
        return e.error
    return None


# -- the places ------------------------------------------------------------------------------


def _absolute(path: str) -> Path:
    expanded = Path(os.path.expanduser(path))
    if not expanded.is_absolute():
        raise SecretUnavailable(f"{path}: give the file of a secret with its whole path, or one beginning with ~")
    return expanded


def _read(path: str, warn: Callable[[str], None]) -> str:
    file = _absolute(path)
    try:
        return read_secret(file, "secret", warn)
    except (TooLarge, TimeoutError) as e:
        raise SecretUnavailable(f"The file {path} cannot hold a secret: {e}") from None
    except OSError as e:
        raise SecretUnavailable(f"The file {path} cannot be read: {e.strerror or type(e).__name__}") from None
    except UnicodeDecodeError:
        raise SecretUnavailable(f"The file {path} is no UTF-8 text") from None


def _output(words: tuple[str, ...], timeout: float) -> str:
    name = words[0]
    by_hand = "; run it by hand to see what it says"
    try:
        # The program keeps our terminal session, because a passphrase prompt needs the terminal. It does not get our
        # standard input, which may hold the arguments of a call.
        with subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        ) as program:
            status, printed = _ended(program, timeout)
    except TooLarge:
        raise SecretUnavailable(f"{name} prints more than a secret can be{by_hand}") from None
    except (TimeoutError, subprocess.TimeoutExpired):
        raise SecretUnavailable(f"{name} did not give the secret in {timeout:g} s{by_hand}") from None
    except FileNotFoundError:
        raise SecretUnavailable(f"There is no program {name}, which should print the secret") from None
    except (OSError, ValueError) as e:
        raise SecretUnavailable(f"{name} cannot be run ({type(e).__name__})") from None
    if status != 0:
        how = f"ended with status {status}" if status > 0 else f"was ended by signal {-status}"
        raise SecretUnavailable(f"{name} {how} instead of giving the secret{by_hand}")
    try:
        return printed.decode("utf-8")
    except UnicodeDecodeError:
        raise SecretUnavailable(f"{name} prints what is no UTF-8 text") from None


def _ended(program: subprocess.Popen[bytes], timeout: float) -> tuple[int, bytes]:
    """The status of a program and what it printed; a program that takes too long or prints too much is killed."""
    deadline = time.monotonic() + timeout
    assert program.stdout is not None
    try:
        printed = read_output(program.stdout, LARGEST_SECRET, timeout)
        return program.wait(max(deadline - time.monotonic(), 0.1)), printed
    except BaseException:
        program.kill()
        raise


def _in_keyring(account: str) -> str | None:
    with _open_keyring("does not answer", ": is it locked?") as keyring:
        text: str | None = keyring.get_password(SERVICE, account)
    return text


@contextmanager
def _open_keyring(failure: str, hint: str = "") -> Iterator[Any]:
    """The keyring; an error of its backend becomes `SecretUnavailable`, without its text, which could hold anything."""
    keyring = _keyring()
    try:
        yield keyring
    except Exception as e:  # noqa: BLE001 - backends raise what they like
        raise SecretUnavailable(f"The keyring {failure} ({type(e).__name__}){hint}") from None


def _keyring() -> Any:
    """The keyring module with a backend that protects what it keeps."""
    try:
        import keyring
        from keyring.backends import fail, null
    except ImportError:
        raise SecretUnavailable(
            "To use the keyring: pip install 'truenas-tui[keyring]'; or keep the secret in a file, or let a command"
            " print it"
        ) from None
    backend = keyring.get_keyring()
    if isinstance(backend, (fail.Keyring, null.Keyring)) or "plaintext" in type(backend).__name__.lower():
        raise SecretUnavailable(
            "This machine has no keyring (such as Secret Service, KWallet, Keychain or Credential Locker): keep the"
            " secret in a file, or let a command print it"
        )
    return keyring
