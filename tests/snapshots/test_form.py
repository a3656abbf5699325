"""The form, the query, the columns card and the diff as text, at three sizes.

A changed text is a finding: read the difference, and when it is meant, take the new one with
``pytest tests/snapshots --snapshot-update``.
"""

from __future__ import annotations

import json

from syrupy.assertion import SnapshotAssertion

from tests.app.conftest import at_desk
from tests.snapshots.texts import NARROW, NORMAL, compared
from tui.app import Start
from tui.widgets.form_view import FormView

VALUES = {"name": "tank/media", "type": "VOLUME", "volsize": 10 * 2**30, "sparse": True}


async def test_form_query_columns_and_diff(snapshot: SnapshotAssertion) -> None:
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
        await desk.press("slash")
        await desk.type("quota")
        await desk.press("enter")
        await desk.see("refquota", "quota  ")
        await desk.see_gone("user_properties")
        await compared(desk.pilot, snapshot, "form-found", {"80x24": NARROW})
        await desk.press("escape")
        await desk.open("sv q", "service.query")
        await desk.press("f2")
        await desk.see("[Query]", "fields")
        await desk.type('service in ssh, ftp, nfs and enable = true or service = "cifs"')
        await desk.see("makes")
        await compared(desk.pilot, snapshot, "query")
        await desk.press("ctrl+u")
        await desk.type("service in ssh, ftp or state =")
        await desk.see("^")
        await compared(desk.pilot, snapshot, "query-wrong", {"80x24": NARROW})
        await desk.press("ctrl+u", "enter")
        await desk.ended()
        await desk.see("[Table]", "cifs")
        await desk.press("escape", "t")
        await desk.see("Columns", "show or hide")
        await compared(desk.pilot, snapshot, "columns")
        await desk.press("escape")
        first = desk.explore.result_pane.call
        desk.explore.call_pane.rewrite([[["service", "!=", "nfs"]]])
        await desk.run()
        await desk.until(lambda: desk.explore.result_pane.call is not first, "the second result")
        await desk.press("i", "D")
        await desk.see("[Diff]", "removed")
        await compared(desk.pilot, snapshot, "diff")
