"""Network interfaces and the settings of the network."""

from __future__ import annotations

from typing import Any

from .. import shapes
from ..call import Call
from ..extension import Extensible
from .tables import add_config, add_table, read

__all__ = ["PART"]

PART = Extensible()
add_table(PART, "interface")


@PART.method(
    "interface.ip_in_use", accepts={"options": shapes.obj("Which to leave out.", {}, True)}, roles=read("interface")
)
def ip_in_use(call: Call, options: dict[str, Any]) -> list[dict[str, Any]]:
    """The addresses in use."""
    found = (alias for row in call.nas.world.table("interface").values() for alias in row["state"]["aliases"])
    return [alias for alias in found if alias["type"] == "INET"]


add_config(PART, "network.configuration")


@PART.method("network.general.summary", roles=read("network.configuration"))
def summary(call: Call) -> dict[str, Any]:
    """Addresses, routes and name servers, in short."""
    return {
        "ips": {"eno1": {"IPV4": ["192.0.2.40/24"], "IPV6": ["fe80::40/64"]}},
        "default_routes": ["192.0.2.1"],
        "nameservers": ["192.0.2.1"],
    }


add_table(PART, "staticroute")
