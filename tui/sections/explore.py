"""Explore: methods at the left, the call at the top, its result below.

The section connects its panes: what is chosen in one is shown in another. Each
method keeps its draft for the session. What is done with calls is in `calling`.

The file is long because each key and message that moves between the panes ends here.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.widgets import TextArea

from tui import actions
from tui.sections.comparing import Comparing
from tui.sections.copying import Copying
from tui.sections.drafting import Drafting
from tui.sections.splits import Split
from tui.sections.welcome import welcome
from tui.session.session import Session
from tui.text import safe
from tui.widgets.call_pane import DOCS, CallPane
from tui.widgets.docs import Docs
from tui.widgets.docs_box import DocsPane
from tui.widgets.draft_view import FORM, QUERY
from tui.widgets.method_list import MethodList, Typed
from tui.widgets.pane import Pane
from tui.widgets.result_messages import ColumnsWanted, QueryWanted
from tui.widgets.result_pane import ResultPane
from tui.widgets.watching import WatchingPane

__all__ = ["Explore"]

OF_A_METHOD = (
    "call_repeat", "call_save", "call_elsewhere", "call_view", "pane_args", "edit_problem", "edit_complete",
)  # fmt: skip
"""Actions on the method that is open."""


class Explore(Comparing, Copying, Drafting):
    """The section the app opens with."""

    BINDINGS = actions.bindings("explore")
    SPLITS = (
        Split("result", "#result", "top"),
        Split("methods", "#methods", "right", least=20, narrow=False),
        Split("side", "#side", "left", least=24),
    )

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._drafts: dict[str, str] = {}
        self._coming_back = True

    def compose(self) -> ComposeResult:
        yield MethodList(self._session.memory, id="methods")
        with Vertical(id="middle"):
            yield CallPane(self._session, id="call")
            yield ResultPane(self._session, id="result").add_class("-nothing")
        yield Vertical(id="side")

    def on_mount(self) -> None:
        self.call_pane.known = self._session.caller.known
        self._forget = self._session.catalogue_changed.subscribe(self._take_catalogue)
        self._take_catalogue()

    def on_unmount(self) -> None:
        self._forget()

    def _take_catalogue(self) -> None:
        if not self.children:
            return  # the app is closing: widgets go from the innermost on
        self.methods.set_catalogue(self._session.catalogue, cached=self._session.learning.cached)
        self.call_pane.greet(welcome(self._session))
        if self._method and (method := self._session.method(self._method)) is not None:
            # The same server again: draft and view stay, docs and checks are those of the new catalogue.
            self.call_pane.renew(method)
            self._show_side_docs(self._method)
        if self._coming_back and len(self._session.catalogue):
            self._coming_back = False
            # A search that the user has begun is not interrupted.
            if not self._method and not self.methods.filter.value:
                self._come_back()

    def _come_back(self) -> None:
        """Opens what was open when the app was left."""
        memory, focused = self._session.memory, self.screen.focused
        docs = memory.app.docs_open
        if memory.method:
            self.open_method(memory.method)
        if self._method and docs:
            self.call_pane.show(DOCS)
            self.call_pane.focus_view()
        if not self.display and focused is not None:
            # Another section is shown: the cursor stays there.
            focused.focus()

    def take_over(self, typed: Typed) -> None:
        """Goes on where the user was on the first screen."""
        self._open_drawer()
        # Not by focus(), which waits for its turn: the next key may be there already.
        self.screen.set_focus(self.methods.filter)
        self.methods.go_on(typed.filter, typed.cursor)
        if typed.chosen:
            self.open_method(typed.chosen)

    def enter(self) -> None:
        if not self._method:
            self.action_pane_methods()
        elif self.narrow and self._has_drawer:
            self.methods.filter.focus()
        else:
            self.call_pane.focus_view()

    # Methods -----------------------------------------------------------------------

    @on(MethodList.Chosen)
    def _chosen(self, event: MethodList.Chosen) -> None:
        event.stop()
        self.open_method(event.method)

    @on(MethodList.Highlighted)
    def _highlighted(self, event: MethodList.Highlighted) -> None:
        event.stop()
        method = self._session.method(event.method) if event.method else None
        if self._has_drawer and self.narrow and (method is not None or not self.methods.names.rows):
            # A namespace leaves what was previewed there; where nothing matches, nothing is.
            self.call_pane.preview(method)
        if self.wide and self.methods.has_focus_within and method is not None:
            self._show_side_docs(method.name)

    def open_method(self, name: str) -> None:
        """Opens a method with its draft, or with its smallest valid arguments, and its last call."""
        method = self._session.method(name)
        if method is None:
            return
        if self._method:
            self._drafts[self._method] = self.call_pane.text
        self._method = self._session.memory.method = name
        self._insisted = ""
        self._close_drawer()
        self.call_pane.open(method, self._drafts.get(name) or self._session.memory.draft_of(name))
        self.methods.show_current(name)
        self.result_pane.show(self._session.caller.last.get(name))
        self.result_pane.empty_text(f"{actions.key('call.run')} runs it.")
        self.result_pane.set_class(name in self._session.caller.last, "-ran")
        self.result_pane.remove_class("-nothing")
        self._show_side_docs(name)
        self.call_pane.focus_view()

    def action_call_elsewhere(self) -> None:
        """Makes this call on another open connection, and goes there."""
        if not self.open_shown() and self._method:
            self.post_message(self.CallElsewhere(self._method, self.call_pane.text))

    def _show_side_docs(self, name: str) -> None:
        method = self._session.method(name)
        for pane in self.query("#docs-pane").results(DocsPane):
            if method is not None:
                pane.box.docs.show(method)

    @property
    def _has_drawer(self) -> bool:
        """Whether the methods are wanted, which a narrow screen shows in the place of the result."""
        return self.methods.has_class("-drawer")

    def _open_drawer(self) -> None:
        # Classes of the panes that change by it: one of the section would have all in it styled anew.
        for pane in (self.methods, self.result_pane):
            pane.add_class("-drawer")
        # At once, not only by the class, so that letters typed next arrive in the filter.
        self.methods.display = True

    def _close_drawer(self) -> None:
        if self._has_drawer:
            inside = self.narrow and self.methods.has_focus_within
            for pane in (self.methods, self.result_pane):
                pane.remove_class("-drawer")
            self.methods.styles.clear_rule("display")
            if self.call_pane.previewed is not None:
                self.call_pane.preview(None)
            self._show_side_docs(self._method)
            if inside:
                self.call_pane.focus_view()

    async def on_resize(self) -> None:
        side = self.query_one("#side", Vertical)
        if self.wide and not side.children:
            # Made when there is room for it: a narrow screen starts sooner without.
            await side.mount_all([DocsPane(self._session, id="docs-pane"), WatchingPane(self._session, id="watching")])
            self._show_side_docs(self._method)
        if self.call_pane.previewed is not None and not self.narrow:
            # The methods have a place of their own now; what was previewed gives way to what is open.
            self.call_pane.preview(None)

    def action_pane_methods(self) -> None:
        """Opens the methods with the focus in the filter."""
        self._open_drawer()
        if self.narrow and self.methods.highlighted:
            self.call_pane.preview(self._session.method(self.methods.highlighted))
        # Not by focus(), which waits for its turn: a view that is shown meanwhile would take the focus back.
        self.screen.set_focus(self.methods.filter)

    def action_method_star(self) -> None:
        """Stars the method under the cursor of the list, from elsewhere the one that is open; or takes the star."""
        in_list = self.methods.has_focus_within
        name = self.methods.highlighted if in_list else self._method
        if not name:
            self.notify("Open a method to star it.", timeout=2)
            return
        starred = self.methods.toggle_star(name)
        if not in_list:  # which shows the star itself
            self.notify(f"{'Starred' if starred else 'Removed the star from'} {safe(name)}.", timeout=2)

    # Arguments and docs ------------------------------------------------------------

    def action_pane_args(self) -> None:
        self.open_shown()
        self._close_drawer()
        self.call_pane.show_arguments()
        self.call_pane.focus_view()

    def action_pane_docs(self) -> None:
        """The docs take the place of the arguments, or get the focus where they have a place of their own."""
        if self.wide:
            self.query_one(DocsPane).box.focus_docs()
            return
        self.open_shown()
        self._close_drawer()
        if self.call_pane.view == DOCS and self.call_pane.has_focus_within:
            self.action_pane_args()
            return
        self.call_pane.show(DOCS)
        self.call_pane.focus_view()

    @on(Docs.CallWanted)
    def _call_wanted(self, event: Docs.CallWanted) -> None:
        event.stop()
        if event.method == self._method:
            self.action_pane_args()
        else:
            self.open_method(event.method)

    @on(CallPane.Shown)
    def _shown(self, event: CallPane.Shown) -> None:
        event.stop()
        for pane in (self.call_pane, self.result_pane):
            pane.set_class(event.view in (DOCS, FORM), "-reading")
        self.result_pane.set_class(event.view == QUERY, "-asking")
        self._session.memory.app.docs_open = event.view == DOCS

    @on(CallPane.TabPressed, "#call")
    def _call_tab(self, event: Pane.TabPressed) -> None:
        event.stop()
        self.open_shown()
        self.call_pane.show(event.tab)
        self.call_pane.focus_view()

    @on(TextArea.Changed, "#editor")
    def _keep_draft(self) -> None:
        """Remembers the arguments as they are now, for the method they belong to now."""
        method, text = self.call_pane.method, self.call_pane.text
        if method is not None:
            self._session.memory.keep_draft(method, "" if text == self.call_pane.draft.smallest else text)

    # The result --------------------------------------------------------------------

    def action_pane_result(self) -> None:
        self._close_drawer()
        self.result_pane.content.focus()

    def action_pane_find(self) -> None:
        """Finds in the result, or in the docs or the form that has the focus; in the methods, goes to their filter."""
        if (box := self._docs_box) is not None:
            box.field.open()
        elif self.methods.has_focus_within:
            self.methods.filter.focus()
        elif (view := self._focused_view) is None or not view.find():
            self._close_drawer()
            self.result_pane.open_find()

    def action_find_next(self) -> None:
        self.result_pane.step_find(1)

    def action_find_previous(self) -> None:
        self.result_pane.step_find(-1)

    def action_result_view(self) -> None:
        self.result_pane.next_view()

    def action_result_previous(self) -> None:
        self.result_pane.show_previous()

    @on(QueryWanted)
    def _query(self, event: QueryWanted) -> None:
        """Makes the query the draft, and runs it; the focus stays in the result."""
        event.stop()
        if event.method == self._method and not self._session.caller.waits(event.method):
            self.call_pane.rewrite(event.params)
            self._start(self._session.new_call(event.method, event.params))

    @on(ColumnsWanted)
    @work(exclusive=True, group="columns")
    async def _columns(self) -> None:
        views = self.result_pane.views
        view = views.table_view if views is not None else None
        if view is not None:
            # Imported when it is wanted: few results are tables whose columns are arranged.
            from tui.cards.columns import ColumnsScreen

            chosen = await ColumnsScreen(view.table, view.key).ask(self)
            if chosen is not None:
                view.rearrange(chosen)

    # Around ------------------------------------------------------------------------

    def place(self, where: str) -> DOMNode | None:
        if where != "result":
            return self
        views = self.result_pane.views
        if views is None or views.table_view is None:
            self.notify("Only for a result that is shown as a table (v).", timeout=3)
            return None
        return views

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        try:
            result = self.result_pane
        except NoMatches:
            return True
        match action:
            case "call_abort" | "call_watch":
                return result.running_job is not None
            case "result_previous":
                return result.has_previous
            case action if action in OF_A_METHOD:
                return bool(self._method)
            case "pane_docs":
                return bool(self._method) or self.wide
            case "pane_find":
                if self.methods.has_focus_within:
                    return not self.methods.filter.has_focus
                return result.views is not None or self._docs_box is not None or self._focused_view is not None
            case "find_next" | "find_previous":
                return result.finds is not None and result.finds.seeks
            case "result_view":
                return result.views is not None
            case "diff_pin" | "diff_compare" | "result_save":
                return result.shown is not None
            case "copy_menu":
                return self.copies_something
            case _:
                return True

    def footer_words(self) -> Mapping[str, str]:
        """The actions that the footer names only now."""
        words = {"app.cancel": "cancel"} if self.result_pane.cancellable else {}
        if self.result_pane.has_focus_within:
            # What was asked twice is likely to be compared.
            return words | ({"diff.compare": "compare"} if self.result_pane.has_previous else {})
        return words | {"copy.menu": ""}

    def back(self) -> bool:
        # A text field is left first; only from elsewhere does the row or the search of the result close.
        if self.result_pane.has_focus_within and self.result_pane.back():
            return True
        if (box := self._docs_box) is not None and box.back():
            return True
        if self._has_drawer and self.methods.has_focus_within:
            return self._leave_methods()
        if self.wide and self._docs_box is not None:
            self.action_pane_args()
            return True
        if self.call_pane.has_focus_within:
            if self.call_pane.view == DOCS:
                self.action_pane_args()
            elif (view := self.call_pane.draft_view) is None or not view.back():
                self.result_pane.content.focus()
            return True
        return False

    def _leave_methods(self) -> bool:
        if self.methods.filter.value:
            self.methods.filter.value = ""
            self.methods.filter.focus()
            return True
        if not self._method:
            # Nothing is open behind the list: letters become commands once the focus leaves the field.
            if self.methods.filter.has_focus:
                self.methods.names.focus()
                return True
            return False
        self._close_drawer()
        self.call_pane.focus_view()
        return True
