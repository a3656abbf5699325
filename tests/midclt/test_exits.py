"""Which failure ends with which number."""

from __future__ import annotations

import pytest

from midclt.exits import ExitStatus, folded, status_of
from truenas_client import exc


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (exc.ClientException("x"), 1),
        (exc.MethodNotFound("x"), 1),
        (exc.ProtocolError("x"), 1),
        (exc.PayloadTooLarge("m", 2, 1), 1),
        (exc.TooManyConcurrentCalls("x"), 1),
        (exc.SubscriptionEnded("x"), 1),
        (exc.InvalidEndpoint("x"), 2),
        (exc.ConnectError("x", "tls"), 3),
        (exc.ConnectRefused("x", "connect"), 3),
        (exc.ConnectTimeout("x", "connect"), 3),
        (exc.HandshakeRejected("x", 404), 3),
        (exc.ConnectionLost("x"), 3),
        (exc.InvalidCredentials("x"), 4),
        (exc.OTPRequired("x"), 4),
        (exc.RedirectRequired("x"), 4),
        (exc.NotAuthenticated("x"), 4),
        (exc.NotAuthorized("x"), 4),
        (exc.CallTimeout(), 5),
        (exc.ValidationErrors([]), 6),
        (exc.JobFailed("x"), 7),
        (exc.JobAborted("x"), 7),
        (exc.JobLost("x"), 7),
        (exc.RateLimited("x"), 8),
    ],
)
def test_status_of_errors(error: exc.ClientException, status: int) -> None:
    assert status_of(error) == status


def test_every_error_of_the_tree_has_a_status() -> None:
    for name in exc.__all__:
        kind = getattr(exc, name)
        if isinstance(kind, type) and issubclass(kind, exc.ClientException):
            assert status_of(kind.__new__(kind)) in list(ExitStatus)


def test_compat_folds_what_is_new_into_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIDCLT_EXIT", raising=False)
    assert [folded(status) for status in ExitStatus] == list(ExitStatus)
    monkeypatch.setenv("MIDCLT_EXIT", "compat")
    assert {int(status): folded(status) for status in ExitStatus} == {
        **dict.fromkeys(range(1, 10), 1),
        0: 0,
        2: 2,
        130: 130,
        141: 141,
        143: 143,
    }
