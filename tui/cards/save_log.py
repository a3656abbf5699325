"""Saving the log of a job: asks where to, and fetches it from the server into that file."""

from __future__ import annotations

from textual.widget import Widget

from truenas_client import exc
from truenas_client.values.human import human_size
from tui.cards.handing_over import handed_over
from tui.cards.save import Saving, ask_where_to_save
from tui.cards.toast import tell_failure
from tui.model.failure import explain, explain_file
from tui.model.job import Job
from tui.session.session import Session
from tui.text import safe

__all__ = ["save_log"]


async def save_log(node: Widget, session: Session, job: Job) -> None:
    """Asks over the screen of ``node``, and tells there what was saved. From a worker."""
    what, name = f"log of #{job.id} {job.method}", f"job-{job.id}-{job.method}"
    saving = Saving("Save the log", what, "All that the job has logged so far.", name, ".log")
    chosen = await ask_where_to_save(node, saving, session.caller.file_places)
    if chosen is None:
        return
    try:
        client = session.life.online_client()
        saved = await client.job_logs(job.id, to=chosen.path, overwrite=chosen.replace)
    except exc.ClientException as error:
        tell_failure(node, explain(error, method="core.job_download_logs"), "error")
    except OSError as error:
        tell_failure(node, explain_file(error), "error")
    else:
        size = human_size(saved.size, decimal=True)
        node.notify(safe(f"Saved the log, {size}, to {handed_over(node, chosen.path)}"), timeout=6)
