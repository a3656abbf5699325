"""Names that tell open connections apart."""

from tui.model.labels import Connection, told_apart


def test_names_are_told_apart_by_address_user_and_number() -> None:
    nas = Connection("nas", "wss://10.0.0.1/api/current", "admin")
    assert told_apart([nas, Connection("lab", "wss://lab/api/current", "admin")]) == ["nas", "lab"]
    assert told_apart([nas, nas._replace(address="wss://10.0.0.2:8443/x")]) == ["nas 10.0.0.1", "nas 10.0.0.2:8443"]
    assert told_apart([nas, nas._replace(user="viewer")]) == ["nas 10.0.0.1 as admin", "nas 10.0.0.1 as viewer"]
    assert told_apart([nas, nas]) == ["nas 10.0.0.1 as admin #1", "nas 10.0.0.1 as admin #2"]
    assert told_apart([Connection("local socket", "local socket", "")] * 2) == ["local socket #1", "local socket #2"]
