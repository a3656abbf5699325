"""Saving the log of a job: asks where to, and fetches it from the server into that file."""

from __future__ import annotations

from textual.widget import Widget

from truenas_client import exc
from truenas_client.values.human import human_size
from tui.cards.card import ask
from tui.cards.file import FileScreen
from tui.cards.handing_over import handed_over
from tui.cards.toast import tell_failure
from tui.model.failure import explain, explain_file
from tui.model.job import Job
from tui.model.paths import shortened
from tui.session.session import Session
from tui.text import safe

__all__ = ["save_log"]


async def save_log(node: Widget, session: Session, job: Job) -> None:
    """Asks over the screen of ``node``, and tells there what was saved. From a worker."""
    method = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in job.method[:60])
    path = f"{session.caller.file_places.folder}/job-{job.id}-{method}.log"
    chosen = await ask(node, FileScreen("download", f"log of #{job.id} {job.method}", path, private=True))
    if chosen is None:
        return
    if not node.app.is_web:
        session.caller.file_places.folder = shortened(chosen.path.parent)
    try:
        client = session.life.online_client()
        saved = await client.job_logs(job.id, to=chosen.path, overwrite=chosen.overwrite)
    except exc.ClientException as error:
        tell_failure(node, explain(error, method="core.job_download_logs"), "error")
    except OSError as error:
        tell_failure(node, explain_file(error), "error")
    else:
        size = human_size(saved.size, decimal=True)
        node.notify(safe(f"Saved the log, {size}, to {handed_over(node, chosen.path)}"), timeout=6, markup=False)
