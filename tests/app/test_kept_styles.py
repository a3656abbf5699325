"""The styles that tests keep for all apps are those that Textual would work out for each."""

import pytest
from textual.css.styles import RenderStyles
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode

from tests.app import kept_styles
from tests.app.conftest import Open
from tests.app.waiting import resized


async def test_what_is_kept_is_what_textual_works_out(signed_in: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: set[tuple[str, ...]] = set()

    def worked_out(sheet: Stylesheet, node: DOMNode) -> object:
        other = DOMNode()
        if (rules := kept_styles.Found(sheet, node).node_rules) is not None:
            sheet.replace_rules(other, rules)
        return rules_of(other.styles)

    def rules_of(styles: RenderStyles) -> object:
        return kept_styles.with_name_of_layout(styles.base.get_rules())

    def apply(sheet: Stylesheet, node: DOMNode, **options: object) -> None:
        kept_styles.apply(sheet, node, **options)  # type: ignore[arg-type]
        hints = (node._has_hover_style, node._has_focus_within, node._has_order_style, node._has_odd_or_even)
        assert rules_of(node.styles) == worked_out(sheet, node), node.css_path_nodes
        assert hints == kept_styles.Found(sheet, node)._hints
        for name, styles in node._component_styles.items():
            assert rules_of(styles) == worked_out(sheet, kept_styles.component(name, node)), (node, name)
        compared.add((node.css_identifier, *sorted(node.pseudo_classes & {"hover", "focus", "disabled", "light"})))

    monkeypatch.setattr(Stylesheet, "apply", apply)
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("pool.query", "pool.query")
        await desk.run()
        await desk.press("tab", "ctrl+p", "escape", "ctrl+s", "question_mark", "escape")
        await desk.pilot.hover(desk.explore.methods.filter)
        desk.app.theme = "light"
        await resized(desk.pilot, 140, 40)
        await desk.settled()
    assert len(compared) > 60
