"""The command palette: every action with its present key, every method, themes; never more than fifty at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import Matcher

from truenas_client.methods.search import Index
from tui import actions
from tui.actions import Action
from tui.cards.card import Standing
from tui.section_specs import section_of
from tui.text import plain, safe
from tui.themes import OFFERED_THEMES
from tui.widgets.method_list import MethodList
from tui.widgets.method_rows import why_words
from tui.workspace import Workspace

if TYPE_CHECKING:
    from tui.app import TrueNASApp
    from tui.session.session import Session

__all__ = ["MOST_HITS", "Command", "Commands", "Palette"]

MOST_HITS = 50
"""The palette takes the better part of a second to fill with nine hundred."""

MOST_STARRED = 5
MOST_RECENT = 3
"""Of these so few before anything is typed that the actions are all in sight as well."""

LEAST_LETTERS = 3
"""From so many on what is typed is looked for in the sentences about actions as well."""

LONGEST = 300
"""Characters of one line of the palette: a server's text may be longer."""


class Palette(Standing, CommandPalette):
    """Textual's palette, which takes letters at once and an answer once it has stood."""

    def on_mount(self) -> None:
        self.query_one("#--container").border_title = "Commands"

    # A search may end after the palette was closed; its list is gone then.

    def _gather_commands(self, search_value: str) -> Any:
        return super()._gather_commands(search_value) if self.is_current and self._has_list else None

    def _watch__list_visible(self) -> None:
        if self._has_list:
            super()._watch__list_visible()

    def _watch__show_busy(self) -> Any:
        return super()._watch__show_busy() if self._has_list else None

    def _action_command_list(self, action: str) -> None:
        # Keys come faster than the list is laid out; then Textual looks for lines that it does not have.
        if self._has_list and self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)

    @property
    def _has_list(self) -> bool:
        return bool(self.query("CommandList") and self.query("LoadingIndicator"))


class Command(NamedTuple):
    """A line of the palette: what it shows, what it does, and what is told of it on the line below."""

    words: str
    run: Callable[[], Awaitable[None] | None]
    about: str

    @property
    def _shown(self) -> Content:
        return plain(self.words[:LONGEST])

    @property
    def _told(self) -> Any:
        """As Content, which Textual draws too, though it asks for text: that would be read as markup."""
        return plain(self.about)

    def offered(self) -> DiscoveryHit:
        """As it is there before anything is typed."""
        return DiscoveryHit(self._shown, self.run, text=self.words, help=self._told)

    def found(self, score: float, matcher: Matcher | None = None) -> Hit:
        """As it is found; with ``matcher`` the letters that fit are marked, in words of ours only."""
        shown = self._shown if matcher is None else matcher.highlight(self.words)
        return Hit(score, shown, self.run, text=self.words, help=self._told)


class Commands(Provider):
    """Actions of the registry that can be triggered from here, then methods, then themes."""

    async def startup(self) -> None:
        screen = self.screen
        self._session = screen.session if isinstance(screen, Workspace) else None
        self._connections = cast("TrueNASApp", self.app).connections
        self._others = [self._connection(session) for session in self._connections.others]
        self._index = screen.query_one(MethodList).index if isinstance(screen, Workspace) else Index([])

    def _actions(self) -> Iterator[tuple[Action, Command]]:
        """Each action, told with its present key; the cursor keys of lists are no commands."""
        here = {
            binding.id: actions.key_text(key)
            for key, (_node, binding, _enabled, _tooltip) in reversed(self.screen.active_bindings.items())
            if binding.id
        }
        in_workspace = isinstance(self.screen, Workspace)
        # The places to go come first: most users open the palette to go elsewhere.
        for action in sorted(actions.ACTIONS, key=lambda action: not action.id.startswith("go.")):
            wanted = action.where == "app" or (
                action.where == "workspace" or section_of(action.where) is not None
                if in_workspace
                else action.where == "connect"
            )
            if wanted and action.id != "app.palette":
                known = actions.keys_of(action.id)
                key = here.get(action.id) or (actions.key_text(known[0]) if known else "")
                told = _told(key, actions.worded(action.help, typing=False))
                yield action, Command(f"{action.group}: {action.title}", self._run(action), told)

    def _run(self, action: Action) -> Callable[[], Awaitable[None]]:
        screen = self.screen
        if isinstance(screen, Workspace):
            return partial(screen.perform, action.id)

        async def run() -> None:
            await self.app.run_action(action.name, screen if action.where == "connect" else self.app)

        return run

    def _connection(self, session: Session) -> Command:
        """Another connection: as whom, and where it stands."""
        about = _told(session.target.user, session.address, session.state.value)
        return Command(safe(f"connection: {session.host}"), partial(self._connections.show, session), about)

    def _method(self, name: str, why: str, summary: str) -> Command:
        """A method: why it is here, then what it does."""
        screen = self.screen
        assert isinstance(screen, Workspace)
        about = _told(why, summary[:LONGEST])
        return Command(f"call: {name}", partial(screen.open_method, name), about)

    async def discover(self) -> Hits:
        for entry in islice(self._offered(), MOST_HITS):
            yield entry.offered()

    def _offered(self) -> Iterator[Command]:
        """What is there before anything is typed: places to go, methods that are often used, then all other actions."""
        entries = list(self._actions())
        yield from (entry for action, entry in entries if _is_place(action))
        yield from self._others
        yield from self._often()
        yield from (entry for action, entry in entries if not _is_place(action))

    def _often(self) -> Iterator[Command]:
        """Starred methods, then those called last."""
        session = self._session
        if session is None:
            return
        stars = session.memory.stars[:MOST_STARRED]
        recent = [name for name in session.memory.recent if name not in stars][:MOST_RECENT]
        for names, why in ((stars, "starred"), (recent, "recent")):
            for name in names:
                if (method := session.method(name)) is not None:
                    yield self._method(name, why, method.summary)

    async def search(self, query: str) -> Hits:
        count = 0
        async for hit in self._found(query):
            yield hit
            count += 1
            if count == MOST_HITS:
                return

    async def _found(self, query: str) -> AsyncIterator[Hit]:
        matcher = self.matcher(query)
        for action, entry in self._actions():
            if (score := matcher.match(entry.words)) > 0:
                # Actions come before methods that match as well: there are few of them.
                yield entry.found(1 + score, matcher)
            elif len(query) >= LEAST_LETTERS and query.lower() in action.help.lower():
                # A user that does not know the title finds the action by its effect.
                yield entry.found(1)
        for theme in OFFERED_THEMES:
            entry = Command(f"theme: {theme}", partial(setattr, self.app, "theme", theme), "Colours")
            if (score := matcher.match(entry.words)) > 0:
                yield entry.found(score, matcher)
        for entry in self._others:
            if (score := matcher.match(entry.words)) > 0:
                yield entry.found(1 + score)
        wanted = query.strip().removeprefix("call:").strip()
        hits = self._index.search(wanted, limit=MOST_HITS) if wanted and self._session is not None else ()
        for rank, found in enumerate(hits):
            # Between 0 and 1, below every action, in the order of the index.
            method = self._method(found.method.name, why_words(found.why), found.method.summary)
            yield method.found(0.9 * (1 - rank / MOST_HITS))


def _told(*texts: str) -> str:
    return "   ".join(filter(None, texts))


def _is_place(action: Action) -> bool:
    """Whether it leads to a section."""
    return action.id.startswith("go.") and action.group == "Go"
