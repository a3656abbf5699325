"""The form as text, at three sizes: as it opens, and with values of each kind in it.

A changed text is a finding: read the difference, and when it is meant, take the new one with
``pytest tests/snapshots --snapshot-update``.
"""

from __future__ import annotations

import json

from syrupy.assertion import SnapshotAssertion

from tests.app.conftest import at_desk
from tests.snapshots.texts import NORMAL, compared
from tui.app import Start
from tui.widgets.form_view import FormView

VALUES = {"name": "tank/media", "type": "VOLUME", "volsize": 10 * 2**30, "sparse": True}


async def test_the_form(snapshot: SnapshotAssertion) -> None:
    async with at_desk(Start(demo=True, fresh=True), NORMAL) as desk:
        await desk.landed()
        await desk.until(lambda: desk.session.online and desk.session.life.latency, "the connection")
        await desk.open("pool.dataset.create", "pool.dataset.create")
        await desk.press("f2")
        await desk.see("[Form]", "to fill in")
        await compared(desk.pilot, snapshot, "form-opened")
        desk.explore.call_pane.put_draft([VALUES])
        form = desk.explore.call_pane.draft_view
        assert isinstance(form, FormView)
        assert form.rows.move_to(json.dumps(["more", 0]))
        await desk.press("enter")
        await desk.see("10.0 GiB", "create_ancestors")
        await compared(desk.pilot, snapshot, "form-filled-in")
