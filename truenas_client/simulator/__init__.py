"""An in-process TrueNAS for demos and tests. Data, descriptions and schemas are our own.

`Simulator` is the door; a method gets a `Call`, a source a `Source`, and both
raise `CallError`, `ValidationErrors`, `ValidationError` or `InstanceNotFound`.
`shapes` writes schemas.
"""

from __future__ import annotations

from . import shapes
from .accounts import Account, ApiKey
from .call import Call
from .clock import Clock
from .errors import CallError, InstanceNotFound, MatchNotFound, ValidationError, ValidationErrors
from .events import Source
from .jobs import Job
from .release import RELEASES
from .simulator import Simulator

__all__ = [
    "RELEASES",
    "Account",
    "ApiKey",
    "Call",
    "CallError",
    "Clock",
    "InstanceNotFound",
    "Job",
    "MatchNotFound",
    "Simulator",
    "Source",
    "ValidationError",
    "ValidationErrors",
    "shapes",
]
