"""The command palette: every action with its present key, every method, themes; never more than fifty at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from truenas_client.methods.catalogue import Method
from truenas_client.methods.search import Index
from tui import actions
from tui.actions import Action
from tui.cards.card import Standing
from tui.section_specs import section_of
from tui.text import plain
from tui.themes import OFFERED_THEMES
from tui.widgets.method_list import MethodList
from tui.widgets.method_rows import why_words
from tui.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tui.app import TrueNASApp
    from tui.session.session import Session

__all__ = ["MOST_HITS", "Commands", "Palette"]

MOST_HITS = 50
"""The palette takes the better part of a second to fill with nine hundred."""

MOST_STARRED = 5
MOST_RECENT = 3
"""Of these so few before anything is typed that the actions are all in sight as well."""

LEAST_LETTERS = 3
"""From so many on what is typed is looked for in the sentences about actions as well."""

LONGEST = 300
"""Characters of a server's text on one line of the palette."""


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

    @property
    def _has_list(self) -> bool:
        return bool(self.query("CommandList") and self.query("LoadingIndicator"))


class Commands(Provider):
    """Actions of the registry that can be triggered from here, then methods, then themes."""

    async def startup(self) -> None:
        screen = self.screen
        self._session = screen.session if isinstance(screen, Workspace) else None
        self._connections = cast("TrueNASApp", self.app).connections
        self._others = self._connections.others
        self._index = screen.query_one(MethodList).index if isinstance(screen, Workspace) else Index([])

    def _actions(self) -> Iterator[tuple[Action, str]]:
        """Each action with its present key; the cursor keys of lists are no commands."""
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
                yield action, here.get(action.id) or (actions.key_text(known[0]) if known else "")

    def _run(self, action: Action) -> Callable[[], Awaitable[None]]:
        screen = self.screen
        if isinstance(screen, Workspace):
            return partial(screen.perform, action.id)

        async def run() -> None:
            await self.app.run_action(action.name, screen if action.where == "connect" else self.app)

        return run

    async def discover(self) -> Hits:
        for hit in islice(self._offered(), MOST_HITS):
            yield hit

    def _offered(self) -> Iterator[DiscoveryHit]:
        """What is there before anything is typed: places to go, methods that are often used, then all other actions."""
        entries = list(self._actions())
        places = [entry for entry in entries if _is_place(entry[0])]
        for action, key in places:
            yield DiscoveryHit(_title(action), self._run(action), text=_words(action), help=_help(action, key))
        for session in self._others:
            shown, show = _connection(session), partial(self._connections.show, session)
            yield DiscoveryHit(shown, show, text=shown.plain, help=_where(session))  # type: ignore[arg-type]
        for method, why in self._often():
            shown, run = _call(method.name), self._open(method.name)
            # Given as Content: text would be read as markup there.
            text = _about(why, method.summary)
            yield DiscoveryHit(shown, run, text=f"call: {method.name}", help=text)  # type: ignore[arg-type]
        for action, key in entries:
            if not _is_place(action):
                yield DiscoveryHit(_title(action), self._run(action), text=_words(action), help=_help(action, key))

    def _often(self) -> Iterator[tuple[Method, str]]:
        """Starred methods, then those called last."""
        session = self._session
        if session is None:
            return
        stars = session.memory.stars[:MOST_STARRED]
        recent = [name for name in session.memory.recent if name not in stars][:MOST_RECENT]
        for names, why in ((stars, "starred"), (recent, "recent")):
            for name in names:
                if (method := session.method(name)) is not None:
                    yield method, why

    def _open(self, name: str) -> Callable[[], Awaitable[None]]:
        screen = self.screen
        assert isinstance(screen, Workspace)
        return partial(screen.open_method, name)

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
            elif len(query) >= LEAST_LETTERS and query.lower() in action.help.lower():
                # A user that does not know the title finds the action by its effect.
                yield Hit(1, _title(action), self._run(action), text=words, help=_help(action, key))
        for theme in OFFERED_THEMES:
            words = f"theme: {theme}"
            if (score := matcher.match(words)) > 0:
                yield Hit(score, matcher.highlight(words), partial(self._use_theme, theme), text=words, help="Colours")
        for session in self._others:
            shown = _connection(session)
            if (score := matcher.match(shown.plain)) > 0:
                show = partial(self._connections.show, session)
                yield Hit(1 + score, shown, show, text=shown.plain, help=_where(session))  # type: ignore[arg-type]
        wanted = query.strip().removeprefix("call:").strip()
        hits = self._index.search(wanted, limit=MOST_HITS) if wanted and self._session is not None else ()
        for rank, found in enumerate(hits):
            yield Hit(
                # Between 0 and 1, below every action, in the order of the index.
                0.9 * (1 - rank / MOST_HITS),
                _call(found.method.name),
                self._open(found.method.name),
                text=f"call: {found.method.name}",
                # Given as Content: text would be read as markup there.
                help=_about(why_words(found.why), found.method.summary),  # type: ignore[arg-type]
            )

    def _use_theme(self, name: str) -> None:
        self.app.theme = name


def _words(action: Action) -> str:
    return f"{action.group}: {action.title}"


def _title(action: Action) -> Content:
    return Content(_words(action))


def _call(method: str) -> Content:
    return Content.assemble("call: ", plain(method[:LONGEST]))


def _connection(session: Session) -> Content:
    return Content.assemble("connection: ", plain(session.host[:LONGEST]))


def _where(session: Session) -> Content:
    """The line below a connection: as whom, and where it stands."""
    return plain("   ".join(text for text in (session.target.user, session.address, session.state.value) if text))


def _about(why: str, summary: str) -> Content:
    """The line below a method: why it is here, then what it does."""
    return plain("   ".join(text for text in (why, summary[:LONGEST]) if text))


def _is_place(action: Action) -> bool:
    """Whether it leads to a section."""
    return action.id.startswith("go.") and action.group == "Go"


def _help(action: Action, key: str) -> str:
    return "   ".join(filter(None, (key, actions.worded(action.help, typing=False))))
