"""The ``system`` service: what this machine is, how long it runs, and its settings."""

from __future__ import annotations

import errno
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .. import shapes
from ..call import Call
from ..errors import ValidationErrors
from .world import World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["install"]

READ = ("READONLY_ADMIN", "SHARING_ADMIN")
GENERAL = (*READ, "SYSTEM_GENERAL_READ")


def install(nas: Simulator, world: World) -> None:
    """Add the service."""
    nas.service("system")
    nas.event("system.ready", no_authz=True)

    def info() -> dict[str, Any]:
        now = nas.clock.wall()
        up = now - world.boot_time
        load = [round(0.4 + 0.3 * ((now.minute * 7 + step * 3) % 10) / 10, 2) for step in range(3)]
        return {
            "version": nas.release.version,
            "buildtime": world.boot_time - timedelta(days=40),
            "hostname": world.hostname,
            "physmem": world.memory,
            "model": "Simulated CPU 8 x 2.8 GHz",
            "cores": world.cores,
            "physical_cores": world.cores // 2,
            "loadavg": load,
            "uptime": str(up).partition(".")[0],
            "uptime_seconds": round(up.total_seconds(), 3),
            "system_serial": world.serial,
            "system_product": "Simulated NAS",
            "system_product_version": "1",
            "license": None,
            "boottime": world.boot_time,
            "datetime": now,
            "timezone": world.timezone,
            "system_manufacturer": "Nobody",
            "ecc_memory": True,
        }

    docs = {
        "version": "The release that runs.",
        "buildtime": "When that release was built.",
        "hostname": "Name of the machine, without its domain.",
        "physmem": "Memory in octets.",
        "model": "The processor.",
        "cores": "Processor cores, counting two for a core with two threads.",
        "physical_cores": "Processor cores, counting each once.",
        "loadavg": "Mean number of processes that want to run: over one, five and fifteen minutes.",
        "uptime": "Time since the start, to read.",
        "uptime_seconds": "Time since the start in seconds.",
        "boottime": "When the machine was started.",
        "datetime": "What its clock says.",
        "timezone": "Where it believes to be.",
        "ecc_memory": "Whether the memory finds and mends its own errors.",
    }

    @nas.method("system.info", returns=shapes.returning(shapes.like(info(), docs)), roles=READ)
    def system_info(call: Call) -> dict[str, Any]:
        """What this machine is: release, processor, memory, and how long it has been running."""
        return info()

    @nas.method("system.version", returns=shapes.returning(shapes.text()), no_authz=True)
    def version(call: Call) -> str:
        """The release, with the name of the product before it."""
        return f"TrueNAS-{nas.release.version}"

    @nas.method("system.version_short", returns=shapes.returning(shapes.text()), no_authz=True)
    def version_short(call: Call) -> str:
        """The release, without the name of the product."""
        return nas.release.version

    @nas.method("system.boot_id", returns=shapes.returning(shapes.text()), no_auth=True)
    def boot_id(call: Call) -> str:
        """A text that is another after each start of the machine."""
        return nas.boot_id

    @nas.method("system.host_id", returns=shapes.returning(shapes.text()), roles=READ)
    def host_id(call: Call) -> str:
        """A text that stays the same as long as this installation lives."""
        return world.serial.encode().hex() * 4

    @nas.method("system.ready", returns=shapes.returning(shapes.boolean()), roles=READ)
    def ready(call: Call) -> bool:
        """Whether the machine has finished starting."""
        return True

    @nas.method(
        "system.state", returns=shapes.returning(shapes.choice("BOOTING", "READY", "SHUTTING_DOWN")), roles=READ
    )
    def state(call: Call) -> str:
        """Where between start and end the machine is."""
        return "READY"

    @nas.method("system.product_type", returns=shapes.returning(shapes.text()), roles=READ)
    def product_type(call: Call) -> str:
        """Which edition this is."""
        return "COMMUNITY_EDITION"

    @nas.job(
        "system.reboot",
        accepts=shapes.arguments(
            reason=shapes.text("Reason, written to the log.", minLength=1),
            options=shapes.obj("How.", {}, delay=shapes.nullable(shapes.integer("Seconds to wait."), default=None)),
        ),
        roles=(),
    )
    async def reboot(call: Call, reason: str, options: dict[str, Any]) -> None:
        """Restart the machine. All connections end; jobs are forgotten."""
        await call.sleep(options.get("delay") or 1)
        nas.restart_soon()

    _config(nas, world)


def _config(nas: Simulator, world: World) -> None:
    _system_dataset(nas, world)
    world.configs["system.general"] = {
        "id": 1,
        "kbdmap": "us",
        "timezone": world.timezone,
        "ui_address": ["0.0.0.0"],
        "ui_v6address": ["::"],
        "ui_port": 80,
        "ui_httpsport": 443,
        "ui_httpsredirect": False,
        "ui_httpsprotocols": ["TLSv1.2", "TLSv1.3"],
        "ui_x_frame_options": "SAMEORIGIN",
        "ui_allowlist": [],
        "ui_consolemsg": False,
        "ui_certificate": 1,
        "ui_certificate_name": "truenas_default",
        "usage_collection": False,
        "usage_collection_is_set": True,
        "wizardshown": True,
        "ds_auth": False,
    }
    add_config(
        nas,
        world,
        "system.general",
        "the web interface, language and time zone",
        GENERAL,
        ("SYSTEM_GENERAL_WRITE",),
        "general_settings",
    )
    world.configs["system.advanced"] = {
        "id": 1,
        "advancedmode": False,
        "anonstats": False,
        "anonstats_token": "",
        "autotune": False,
        "boot_scrub": 7,
        "consolemenu": True,
        "consolemsg": False,
        "debugkernel": False,
        "fqdn_syslog": False,
        "isolated_gpu_pci_ids": [],
        "kdump_enabled": False,
        "kernel_extra_options": "",
        "nvidia": False,
        "overprovision": None,
        "sed_user": "USER",
        "uploadcrash": False,
        "motd": "Welcome to a simulated NAS.",
        "login_banner": "",
        "powerdaemon": False,
        "serialconsole": False,
        "serialport": "ttyS0",
        "serialspeed": "9600",
        "sysloglevel": "F_INFO",
        "syslogservers": [],
        "traceback": True,
    }
    advanced = ("READONLY_ADMIN", "SHARING_ADMIN", "SYSTEM_ADVANCED_READ")
    add_config(
        nas, world, "system.advanced", "console, logs and the message of the day", advanced, ("SYSTEM_ADVANCED_WRITE",)
    )


def _system_dataset(nas: Simulator, world: World) -> None:
    pool = next(iter(world.pools.values())).name
    settings = {
        "id": 1,
        "pool": pool,
        "pool_set": True,
        "uuid": world.uuid().replace("-", ""),
        "basename": f"{pool}/.system",
        "path": "/var/db/system",
    }
    world.configs["systemdataset"] = settings
    nas.service("systemdataset", "config")
    shape = shapes.like(settings)
    read = ("DATASET_READ", "DATASET_WRITE", "READONLY_ADMIN", "SHARING_ADMIN")

    @nas.method("systemdataset.config", returns=shapes.returning(shape), roles=read)
    def config(call: Call) -> dict[str, Any]:
        """Where the system keeps its own data."""
        return dict(settings)

    @nas.job(
        "systemdataset.update",
        accepts=shapes.arguments(
            data=shapes.obj(
                "What to change; the rest stays.",
                ...,
                pool=shapes.optional(shapes.nullable(shapes.text("Pool to keep it on; null lets the system choose."))),
                pool_exclude=shapes.optional(shapes.nullable(shapes.text("Pool to keep it away from."))),
            )
        ),
        returns=shapes.returning(shape),
        roles=("DATASET_WRITE", "SHARING_ADMIN"),
    )
    async def update(call: Call, data: dict[str, Any]) -> dict[str, Any]:
        """Move the data of the system to another pool; returns the settings."""
        names = [found.name for found in world.pools.values() if found.name != data.get("pool_exclude")]
        chosen = data.get("pool", settings["pool"]) or (names or [pool])[0]
        if chosen not in [found.name for found in world.pools.values()]:
            errors = ValidationErrors()
            errors.add("sysdataset_update.pool", f"There is no pool {chosen!r}", errno.ENOENT)
            raise errors
        call.progress(50, f"Moving to {chosen}")
        await call.sleep(2)
        settings.update(pool=chosen, pool_set=data.get("pool") is not None, basename=f"{chosen}/.system")
        return dict(settings)


def add_config(
    nas: Simulator,
    world: World,
    namespace: str,
    what: str,
    read: tuple[str, ...],
    write: tuple[str, ...],
    argument: str = "data",
) -> None:
    """Add ``<namespace>.config`` and ``.update`` over the settings kept in the world."""
    settings = world.configs[namespace]
    shape = shapes.like(settings)
    nas.service(namespace, "config")

    def config(call: Call) -> dict[str, Any]:
        return dict(settings)

    def update(call: Call, data: dict[str, Any]) -> dict[str, Any]:
        settings.update(data)
        return dict(settings)

    members = {
        name: shapes.optional({key: value for key, value in schema.items() if key not in ("_name_", "_required_")})
        for name, schema in shape["properties"].items()
        if name != "id"
    }
    nas.method(
        f"{namespace}.config",
        returns=shapes.returning(shape),
        roles=read,
        description=f"The settings of {what}.",
    )(config)
    nas.method(
        f"{namespace}.update",
        accepts=shapes.arguments(**{argument: shapes.obj("The settings to change; the others stay.", {}, **members)}),
        returns=shapes.returning(shape),
        roles=write,
        description=f"Update the settings of {what}; returns all of them.",
    )(update)
