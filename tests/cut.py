"""Cuts a small catalogue from a real one: its names, and the schemas of some methods; every description is our own.

Tests that need a catalogue of the real kind read it as ``facts.catalogue("cut")``, so they run without the recorded
facts too. `python -m tests.cut` makes it anew, from release 26.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests import facts

WHOLE = re.compile(
    r"(pool\.dataset|pool\.snapshot|user|service|ssh|ipmi\.lan|cronjob|disk|config|mail)\.\w+"
    r"|app\.(config|get_instance|update)|core\.(ping|bulk)|filesystem\.(get|put)|interface\.create"
    r"|pool\.(create|export|is_upgraded|query|scrub\.scrub)|replication\.create|sharing\.(nfs\.update|smb\.create)"
    r"|system\.(debug|info|reboot)|vm\.log_file_download|audit\.download_report"
)
"""The methods that keep their arguments."""
FLAGS = ("job", "filterable", "downloadable", "uploadable", "no_auth_required")
KEPT = re.compile(
    r"_name_|_required_|type|enum|const|default|required|nullable|additionalProperties|pattern|format|uniqueItems"
    r"|(min|max)(Length|Items|imum)|exclusiveMinimum|\$ref"
)
DEEPER = {"properties", "$defs", "patternProperties"}
WORDS = {
    "query": "Lists what {} has",
    "create": "Makes one more of {}",
    "update": "Changes what {} holds",
    "delete": "Removes one of {}",
    "get_instance": "Reads one of {}",
    "config": "Reads the settings of {}",
}


def schema(value: Any) -> Any:
    """The parts of a schema that say what is allowed, without its prose."""
    if isinstance(value, list):
        return [schema(one) for one in value]
    if not isinstance(value, dict):
        return value
    cut: dict[str, Any] = {}
    for key, inner in value.items():
        if key in DEEPER:
            cut[key] = {name: schema(one) for name, one in inner.items()}
        elif key in ("items", "anyOf", "oneOf", "allOf", "prefixItems") or (
            key == "additionalProperties" and isinstance(inner, dict)
        ):
            cut[key] = schema(inner)
        elif key == "discriminator":
            cut[key] = {"propertyName": inner["propertyName"]}
        elif KEPT.fullmatch(key) or (key == "title" and _names_a_type(inner, value)):
            cut[key] = inner
    return cut


def _names_a_type(title: Any, value: dict[str, Any]) -> bool:
    """Whether a title is the name of a type, which links stand on; others are prose."""
    return isinstance(title, str) and title.isidentifier() and title != value.get("_name_")


def entry(name: str, real: dict[str, Any]) -> dict[str, Any]:
    """What the cut says of a method."""
    service, _, last = name.rpartition(".")
    cut: dict[str, Any] = {flag: True for flag in FLAGS if real.get(flag)}
    if WHOLE.fullmatch(name):
        cut["roles"] = real["roles"]
        cut["description"] = WORDS.get(last, "Does {1} with {0}").format(service, last.replace("_", " ")) + "."
        cut["accepts"] = schema(real["accepts"])
    return cut


def main() -> None:
    rows = {name: entry(name, real) for name, real in sorted(facts.catalogue("26").items())}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(cut)}" for name, cut in rows.items())
    facts.CUT.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
