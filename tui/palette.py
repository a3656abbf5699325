"""The command palette: every action with its present key, every method, themes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui import actions
from tui.actions import Action
from tui.model.search import Index
from tui.screens.workspace import Workspace
from tui.text import plain
from tui.themes import THEMES

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["MOST_HITS", "Commands"]

# Ours first, then the two that leave the colours to the terminal.
OFFERED_THEMES = (*(theme.name for theme in THEMES), "ansi-dark", "ansi-light")

MOST_HITS = 50
"""The palette takes the better part of a second to fill with nine hundred."""


class Commands(Provider):
    """Actions of the registry that can be triggered from here, then methods, then themes."""

    async def startup(self) -> None:
        screen = self.screen
        self._index = Index(screen.session.catalogue) if isinstance(screen, Workspace) else None

    def _actions(self) -> Iterator[tuple[Action, str]]:
        """Each action with its present keys; cursor keys of lists are no commands."""
        here = {
            binding.id: actions.key_text(key)
            for key, (_node, binding, _enabled, _tooltip) in reversed(self.screen.active_bindings.items())
            if binding.id
        }
        in_workspace = isinstance(self.screen, Workspace)
        # The places to go come first: most who open the palette want to be elsewhere.
        for action in sorted(actions.ACTIONS, key=lambda action: not action.id.startswith("go.")):
            wanted = action.where == "app" or (
                action.where in ("workspace", "explore", "result", "jobs", "events")
                if in_workspace
                else action.where == "connect"
            )
            if wanted and action.id != "app.palette":
                yield action, here.get(action.id, action.key)

    def _run(self, action: Action) -> Callable[[], Awaitable[None]]:
        screen = self.screen
        if isinstance(screen, Workspace):
            return partial(screen.perform, action.id)

        async def run() -> None:
            await self.app.run_action(action.name, screen if action.where == "connect" else self.app)

        return run

    async def discover(self) -> Hits:
        for action, key in self._actions():
            yield DiscoveryHit(_title(action), self._run(action), text=_words(action), help=_help(action, key))

    async def search(self, query: str) -> Hits:
        count = 0
        async for hit in self._found(query):
            yield hit
            count += 1
            if count == MOST_HITS:
                return

    async def _found(self, query: str) -> AsyncIterator[Hit]:
        matcher = self.matcher(query)
        for action, key in self._actions():
            words = _words(action)
            if (score := matcher.match(words)) > 0:
                # Actions come before methods that match as well: there are few of them.
                yield Hit(1 + score, matcher.highlight(words), self._run(action), text=words, help=_help(action, key))
        for theme in OFFERED_THEMES:
            words = f"theme: {theme}"
            if (score := matcher.match(words)) > 0:
                yield Hit(score, matcher.highlight(words), partial(self._use_theme, theme), text=words, help="Colours")
        screen = self.screen
        if self._index is None or not isinstance(screen, Workspace):
            return
        wanted = query.strip().removeprefix("call:").strip()
        for hit in self._index.search(wanted, limit=MOST_HITS) if wanted else ():
            shown = Content.assemble("call: ", plain(hit.method.name))
            yield Hit(
                # Between 0 and 1, in the order of the index.
                min(max(hit.score / 1000, 0.001), 0.999),
                shown,
                partial(screen.open_method, hit.method.name),
                text=f"call: {hit.method.name}",
                # Given as Content: text would be read as markup there.
                help=plain(hit.method.summary),  # type: ignore[arg-type]
            )

    def _use_theme(self, name: str) -> None:
        self.app.theme = name


def _words(action: Action) -> str:
    return f"{action.group}: {action.title}"


def _title(action: Action) -> Content:
    return Content(_words(action))


def _help(action: Action, key: str) -> str:
    return f"{key}   {action.help}" if key else action.help
