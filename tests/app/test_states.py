"""The states of the screens, each with the test that reaches it: by a fault of the simulator where one is needed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.app.conftest import Open, at_desk
from truenas_client.simulator import Simulator
from tui.app import Start
from tui.cards.file import FileScreen
from tui.session.session import State

STATES = {
    "first start": "test_connect.test_signs_in_with_what_is_typed",
    "no call yet, and the first sentence": "test_states.test_before_anything_was_called",
    "catalogue from the cache": "test_starting.test_methods_are_there_before_the_server_is_and_are_not_read_again",
    "catalogue loading": "test_states.test_the_catalogue_is_loading",
    "call running": "test_explore.test_an_older_result_is_marked_while_a_call_runs",
    "call cancelled": "test_explore.test_a_call_in_flight_can_be_cancelled",
    "empty list": "test_result.test_an_empty_list_says_what_keeps_the_rows_away",
    "validation error of ours": "test_explore.test_a_problem_stops_the_run_once",
    "validation error of the server": "test_explore.test_the_server_s_refusal_is_placed_at_the_field",
    "call error": "test_explore.test_an_error_takes_the_place_of_the_result_and_p_brings_it_back",
    "missing role": "test_states.test_a_missing_role_is_named",
    "too large": "test_result.test_a_large_result_is_announced_and_its_size_is_told",
    "far too large": "test_result.test_a_huge_result_goes_to_a_private_file_and_its_beginning_is_shown",
    "disconnected": "test_loss.test_calls_are_refused_not_queued_while_offline",
    "reconnecting": "test_loss.test_the_wait_is_counted_down_and_cut_short_by_enter_or_a_click",
    "reconnecting: panels": "test_loss.test_subscriptions_return_with_a_gap",
    "call lost in flight": "test_loss.test_lost_in_the_middle_of_a_call",
    "rate limited": "test_profiles.test_a_login_that_has_to_wait_is_seen_waiting",
    "one-time password": "test_connect.test_one_time_password_is_a_step",
    "one-time password again": "test_loss.test_an_account_with_a_one_time_password_is_asked_for_another",
    "login expired": "test_loss.test_a_login_that_ends_is_noticed_and_renewed",
    "login expired, another secret": "test_connections.test_signing_in_again_in_place_when_the_secret_has_changed",
    "account expired": "test_connect.test_expired_account_says_so",
    "redirect": "test_states.test_a_standby_controller_names_the_other_and_is_not_left_by_itself",
    "not on the allow list": "test_states.test_an_address_that_is_not_allowed",
    "job running and successful": "test_jobs_and_events.test_a_job_is_shown_live_and_gives_its_result",
    "job failed": "test_jobs_and_events.test_a_failed_job_is_an_error_with_its_cause",
    "job aborted": "test_jobs_and_events.test_a_job_is_aborted_after_a_question",
    "job lost": "test_loss.test_a_job_that_a_restart_ended_is_lost",
    "panel paused": "test_widgets_events.test_pause_stands_still_and_counts",
    "panel filtered and dropping": "test_widgets_events.test_a_filter_keeps_what_fits_though_much_else_comes",
    "panel ended": "test_widgets_events.test_an_ended_feed_says_why",
    "read-only": "test_explore.test_read_only_refuses_and_says_how_to_allow",
    "too small": "test_actions.test_too_small_a_terminal_says_so_and_comes_back",
    "certificate refused": "test_trust.test_refusals_are_told_apart",
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_test(state: str) -> None:
    module, _, name = STATES[state].partition(".")
    tree = ast.parse((Path(__file__).parent / f"{module}.py").read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


async def test_before_anything_was_called(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.see("ctrl+j runs it.")


async def test_the_catalogue_is_loading() -> None:
    async with Simulator() as nas:
        nas.faults.add("latency", method="core.get_methods", shape="fixed", mean=3600.0)
        async with at_desk(Start(nas.url, "admin", "admin"), (80, 24)) as desk:
            await desk.press("enter")
            await desk.see("done  signed in as admin", "...")
            await desk.press("escape")
            await desk.see("Cancelled")


async def test_a_missing_role_is_named(signed_in: Open, nas: Simulator) -> None:
    # The list holds what the user may call; a right that was taken away since is missing all the same.
    nas.faults.add("error", method="pool.dataset.query", errno=13, reason="Not authorized")
    async with signed_in(size=(80, 24), user="viewer") as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.run()
        await desk.see("Not authorized", "DATASET_READ")


async def test_a_standby_controller_names_the_other_and_is_not_left_by_itself() -> None:
    async with Simulator() as nas:
        nas.faults.add("login-redirect", url="https://other.example")
        async with at_desk(Start(nas.url, "admin", "admin"), (80, 24)) as desk:
            await desk.press("enter")
            await desk.see("Standby controller", "https://other.example")
            assert desk.app.connections.sessions == []


async def test_an_address_that_is_not_allowed(signed_in: Open, nas: Simulator) -> None:
    async with signed_in(size=(80, 24)) as desk:
        nas.faults.add("not-allowed")
        nas.drop_connections()
        await desk.until(lambda: desk.session.state is State.OFFLINE, "given up")
        await desk.press("escape", "escape")
        await desk.see("offline", "R reconnects")


async def test_a_mistake_of_the_app_in_a_section_s_work_ends_it_with_the_error(
    signed_in: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails() -> None:
        async with signed_in() as desk:
            await desk.workspace.perform("event.sets")
            await desk.until(lambda: desk.app.failure, "the error")

    monkeypatch.setattr("tui.cards.panel_sets.PanelSetsScreen.ask", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        await fails()


async def test_a_mistake_of_the_app_in_a_card_s_work_ends_it_with_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails() -> None:
        async with at_desk(Start(), (80, 24)) as desk:
            desk.app.push_screen(FileScreen("download", "system.info", "~/x"))
            await desk.until(lambda: desk.app.failure, "the error")

    monkeypatch.setattr("tui.cards.file._to_save", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        await fails()
