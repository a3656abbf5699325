"""A job drawn in a few lines: progress, state, times, arguments, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from truenas_client.values.human import human_duration, human_time
from tui.session.stores import Job
from tui.text import bar, safe, safe_lines, wrap
from tui.widgets.lines import LineView, Span

__all__ = ["STATE_WORDS", "JobDetail", "left_text", "progress_text"]

STATE_WORDS = {
    "WAITING": ("waiting", "warning"),
    "RUNNING": ("running", "accent"),
    "SUCCESS": ("success", "ok"),
    "FAILED": ("failed", "error"),
    "ABORTED": ("aborted", "warning"),
}
"""The word and the style name of each state of a job."""

LONGEST_BAR = 60


def left_text(job: Job) -> str:
    """How long it may still take, always with `~`; empty while a guess would be worth nothing."""
    elapsed = job.elapsed()
    if job.ended or job.percent is None or job.percent < 5 or elapsed is None or elapsed < 10:
        return ""
    return f"~{human_duration(elapsed * (100 - job.percent) / job.percent)}"


def progress_text(job: Job) -> str:
    """The percentage, as far as it is known."""
    return "" if job.percent is None else f"{job.percent:.0f} %"


class JobDetail(LineView):
    """Draws one `Job`; give it a new one when it changed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._job: Job | None = None
        self._lines: list[tuple[Span, ...]] = []
        self._made_for = 0

    @property
    def job(self) -> Job | None:
        """The job that is shown."""
        return self._job

    def set_job(self, job: Job | None) -> None:
        """Shows this one; called again for every change, and each second for the clock."""
        self._job = job
        self._lay()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        if self._made_for != self.scrollable_content_region.width:
            self._lay()

    def line_count(self) -> int:
        return len(self._lines)

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        return self._lines[index]

    def _lay(self) -> None:
        cells = self._made_for = self.scrollable_content_region.width
        self._lines = [] if self._job is None else self._spans(self._job, max(cells, 20))
        self.lines_changed()

    def _spans(self, job: Job, cells: int) -> list[tuple[Span, ...]]:
        word, style = STATE_WORDS.get(job.state, (safe(job.state.lower()), ""))
        facts = [
            text for text in (progress_text(job), _elapsed(job), left_text(job) and left_text(job) + " left") if text
        ]
        fraction = 1.0 if job.state == "SUCCESS" else None if job.percent is None else job.percent / 100
        lines: list[tuple[Span, ...]] = [
            (Span(word, f"{style} strong".strip()), Span("   " + "   ".join(facts) if facts else "")),
            (Span(bar(fraction, min(cells, LONGEST_BAR), self.glyphs), style or "accent"),),
        ]
        lines += [(Span(part),) for part in wrap(safe(job.text), cells)] if job.text else [()]
        lines.append(())
        for label, text in (
            ("job", f"#{job.id} {job.method}"),
            ("what", job.description),
            ("arguments", job.arguments),
            ("started", human_time(job.started) if job.started else ""),
            ("by", job.by),
        ):
            if text:
                lines += self._labelled(label, text, cells)
        if job.error:
            lines.append(())
            for text in safe_lines(job.error.rstrip()):
                lines += [(Span(part, "error"),) for part in wrap(text, cells)]
        if job.logs:
            lines.append(())
            lines += [(Span(text, "dim"),) for text in safe_lines(job.logs.rstrip())]
        if job.state == "SUCCESS" and job.result:
            lines.append(())
            lines += self._labelled("result", job.result, cells)
        return lines

    def _labelled(self, label: str, text: str, cells: int) -> list[tuple[Span, ...]]:
        # Arguments and results can be large: the first few lines tell which job it is.
        parts = list(wrap(safe(text[: 6 * cells]), max(cells - 12, 10)))[:6]
        return [(Span(f"{label if place == 0 else '':<12}", "dim"), Span(part)) for place, part in enumerate(parts)]


def _elapsed(job: Job) -> str:
    elapsed = job.elapsed()
    return "" if elapsed is None else human_duration(elapsed)
