"""Network interfaces and the settings of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import shapes
from ..call import Call
from .system import add_config
from .tables import add_query
from .world import World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["install"]

READ = ("NETWORK_INTERFACE_READ", "NETWORK_INTERFACE_WRITE", "READONLY_ADMIN", "SHARING_ADMIN")
GENERAL = ("NETWORK_GENERAL_READ", "NETWORK_GENERAL_WRITE", "READONLY_ADMIN")

DOCS = {
    "id": "Name of the interface.",
    "type": "PHYSICAL, BRIDGE, LINK_AGGREGATION or VLAN.",
    "aliases": "Addresses that are set by hand.",
    "ipv4_dhcp": "Takes its address from the network.",
    "mtu": "Longest packet; null for the usual.",
    "state": "How it is at the moment.",
    "description": "A note of the administrator.",
}


def install(nas: Simulator, world: World) -> None:
    """Add the services."""
    interfaces = [
        _interface(world, "eno1", "192.0.2.40", True, "Home network"),
        _interface(world, "eno2", None, False, ""),
    ]
    add_query(nas, "interface", lambda: interfaces, what="network interfaces", roles=READ, docs=DOCS)

    @nas.method(
        "interface.ip_in_use",
        accepts=shapes.arguments(options=shapes.obj("Which to leave out.", {}, True)),
        roles=READ,
    )
    def ip_in_use(call: Call, options: dict[str, Any]) -> list[dict[str, Any]]:
        """The addresses in use."""
        return [alias for interface in interfaces for alias in interface["state"]["aliases"] if alias["type"] == "INET"]

    world.configs["network.configuration"] = {
        "id": 1,
        "hostname": world.hostname,
        "domain": world.domain,
        "ipv4gateway": "192.0.2.1",
        "ipv6gateway": "",
        "nameserver1": "192.0.2.1",
        "nameserver2": "",
        "nameserver3": "",
        "httpproxy": "",
        "hosts": [],
        "domains": [],
        "service_announcement": {"mdns": True, "wsd": True, "netbios": False},
        "activity": {"type": "DENY", "activities": []},
        "hostname_local": world.hostname,
        "hostname_b": None,
        "hostname_virtual": None,
        "state": {
            "ipv4gateway": "192.0.2.1",
            "ipv6gateway": "",
            "nameserver1": "192.0.2.1",
            "nameserver2": "",
            "nameserver3": "",
            "hosts": [],
        },
    }
    add_config(
        nas, world, "network.configuration", "names, gateway and name servers", GENERAL, ("NETWORK_GENERAL_WRITE",)
    )

    @nas.method("network.general.summary", roles=GENERAL)
    def summary(call: Call) -> dict[str, Any]:
        """Addresses, routes and name servers, in short."""
        return {
            "ips": {"eno1": {"IPV4": ["192.0.2.40/24"], "IPV6": ["fe80::40/64"]}},
            "default_routes": ["192.0.2.1"],
            "nameservers": ["192.0.2.1"],
        }

    routes = world.table("staticroute")
    routes[1] = {"id": 1, "destination": "198.51.100.0/24", "gateway": "192.0.2.254", "description": "Workshop"}
    add_query(nas, "staticroute", lambda: list(routes.values()), what="static routes", roles=READ)


def _interface(world: World, name: str, address: str | None, up: bool, description: str) -> dict[str, Any]:
    mac = ":".join(["02", *(world.hexdigits(2) for _ in range(5))])
    aliases: list[dict[str, Any]] = []
    if address is not None:
        aliases = [{"type": "INET", "address": address, "netmask": 24}]
    state_aliases = [{"type": "LINK", "address": mac}, *({**a, "broadcast": "192.0.2.255"} for a in aliases)]
    return {
        "id": name,
        "name": name,
        "fake": False,
        "type": "PHYSICAL",
        "state": {
            "name": name,
            "orig_name": name,
            "description": name,
            "mtu": 1500,
            "cloned": False,
            "flags": ["UP", "BROADCAST", "RUNNING", "MULTICAST"] if up else ["UP", "BROADCAST", "MULTICAST"],
            "nd6_flags": [],
            "capabilities": [],
            "link_state": "LINK_STATE_UP" if up else "LINK_STATE_DOWN",
            "media_type": "Ethernet",
            "media_subtype": "autoselect",
            "active_media_type": "Ethernet",
            "active_media_subtype": "1000Mb/s Twisted Pair" if up else "Unknown!",
            "supported_media": [],
            "media_options": [],
            "link_address": mac,
            "permanent_link_address": mac,
            "hardware_link_address": mac,
            "aliases": state_aliases,
            "vrrp_config": [],
            "rx_queues": 4,
            "tx_queues": 4,
        },
        "aliases": aliases,
        "ipv4_dhcp": False,
        "ipv6_auto": False,
        "description": description,
        "mtu": None,
    }
