"""The page: its template, and what each of its controls does."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from trame.ui.vuetify3 import VAppLayout

from SkullRestoreLib._system import resources
from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.session import Session
from SkullRestoreLib.settings import LANGUAGES, Language
from SkullRestoreLib.web import result_files
from SkullRestoreLib.web.controller import PageController
from SkullRestoreLib.web.page_state import NOTHING_PLACED

_THEME = {
    "dark": True,
    "colors": {
        "background": "#14171b",
        "surface": "#1c2127",
        "surface-light": "#252b33",
        "primary": "#4fb3bf",
        "secondary": "#8fa3b5",
        "warning": "#f2a541",
        "error": "#ef6a6a",
        "success": "#5fbf77",
    },
}

_VIEW_ACTIONS = (
    *("centre", "touch", "show_implant", "sigma", "fit", "look", "turn", "zoom", "window", "window_by_mouse"),
    *("crosshair", "measure", "clear_measures", "show_guide", "section", "choose_fixations", "pinch", "fingers"),
)
"""Actions that only change what is seen: an error stays until something is tried again."""


def build(server: Any, controller: PageController) -> None:
    """Lay out the page, and connect its controls with the controller.

    Parameters
    ----------
    server
        trame's server.
    controller
        What the controls act on.
    """
    static = resources.resource_path("web/page.html").parent
    icons = resources.resource_path("Icons/SkullRestore.png").parent
    server.enable_module(
        {
            "serve": {"__skullrestore": str(static), "__skullrestore_icons": str(icons)},
            "styles": ["__skullrestore/page.css"],
            "scripts": ["__skullrestore/language.js", "__skullrestore/page.js"],
        }
    )
    # one browser's own, and not shared with another one in which the same user is signed in
    server.state.client_only("leaving", "uploading", "upload_percent", "notice", "equal_views", "help")
    server.state.trame__title = "SkullRestore"
    server.state.trame__favicon = "__skullrestore_icons/SkullRestore.png"
    config = {"theme": {"defaultTheme": "skullrestore", "themes": {"skullrestore": _THEME}}}
    with VAppLayout(server, vuetify_config=config) as layout:
        layout.root.add_child((static / "page.html").read_text(encoding="utf-8"))
    connect(server, controller)


def connect(server: Any, controller: PageController) -> dict[str, Callable[..., None]]:
    """Connect the page's controls with the controller.

    Parameters
    ----------
    server
        trame's server.
    controller
        What the controls act on.

    Returns
    -------
    dict
        What each control calls, by its name on the page.
    """
    calls = {
        name: _audited_action(controller, audit_word, call, only_view=name in _VIEW_ACTIONS)
        for name, (audit_word, call) in _page_actions(controller).items()
    }
    calls |= {name: _after_drag(controller, calls[name]) for name in ("undo", "redo")}
    for name, call in calls.items():
        server.trigger(name)(call)
    server.state.change("preview", "threshold", "threshold_auto")(
        lambda **_: _run_reporting_errors(controller, lambda: _threshold_chosen(controller))
    )
    server.state.change("layers")(lambda **_: _run_reporting_errors(controller, lambda: _layers_chosen(controller)))
    server.state.change("section_mm")(lambda **_: _run_reporting_errors(controller, lambda: _section_moved(controller)))
    server.state.change("plan", "choices")(lambda **_: _run_reporting_errors(controller, controller.apply_plan_choices))
    server.state.change("run", "implant")(lambda **_: _run_reporting_errors(controller, controller.apply_choices))
    return calls


def _page_actions(controller: PageController) -> dict[str, tuple[str, Callable[..., None]]]:
    """By name on the page: the word for the audit (empty where only the view changes), and what is called."""
    session = controller.require_session
    return {
        "sample": ("", controller.start_sample),
        "choose_series": ("", controller.start_reading_series),
        "close_case": ("close case", controller.close_case),
        "cancel": ("", controller.cancel),
        "segment": ("", lambda: _start_segmentation(controller)),
        "restore": ("", lambda: _start_restoration(controller)),
        "remove_island": ("", lambda number: _start_island_removal(controller, int(number))),
        "centre": ("", lambda number: _centre_on_defect(controller, int(number))),
        "switch": ("switch defect", lambda number, on: session().set_defect_enabled(int(number), bool(on))),
        "switch_object": ("switch object", lambda number, on: session().set_object_removed(int(number), bool(on))),
        "centre_object": ("", lambda number: session().centre_on_object(int(number))),
        "outline": ("", lambda on: _set_placing_outline(controller, bool(on))),
        "add_missed": ("", lambda: _start_adding_missed_defect(controller)),
        "place": ("", lambda on: _set_placing_points(controller, bool(on))),
        "snapping": ("", lambda on: session().set_snapping(bool(on))),
        "undo": ("undo", controller.undo),
        "redo": ("redo", controller.redo),
        "touch": ("", lambda number: _select_point(controller, int(number))),
        "nudge": ("move point", lambda mm: _move_along_normal(session(), float(mm))),
        "delete_point": ("delete point", lambda: session().remove_point(_selected_point(session()))),
        "reset_point": ("reset point", lambda: session().reset_points([_selected_point(session())])),
        "reset_points": ("reset points", lambda: session().reset_points()),
        "points_changed": ("", lambda: _update_point_count(controller)),
        "fullness_changed": ("change fullness", lambda: _update_fullness(controller)),
        "design": ("", lambda: _start_implant_design(controller)),
        "reset_arrows": ("reset insertion directions", lambda: session().reset_insertion_arrows()),
        "choose_fixations": ("", lambda on: controller.fixations.let_clicks_choose(bool(on))),
        "fixation": ("choose fixation", lambda label: controller.fixations.toggle(str(label))),
        "clear_fixations": ("clear fixations", controller.fixations.clear),
        "show_implant": (
            "",
            lambda on: _bring_to_front(controller, "implant" if on else "surface"),
        ),
        "compare": ("", controller.start_comparison),
        "keep_before": ("compare with another patient's scan", controller.confirm_preoperative),
        "drop_before": ("", controller.discard_preoperative),
        "sigma": ("", lambda: _colour_by_standard_error(controller)),
        "export": ("", lambda language="en": _start_export(controller, language)),
        **_plan_actions(controller),
        **_view_actions(controller),
    }


def _plan_actions(controller: PageController) -> dict[str, tuple[str, Callable[..., None]]]:
    """As :func:`_page_actions`, for the resection that is planned before the bone is cut."""
    session = controller.require_session
    return {
        "draw_line": ("", lambda on: _start_drawing(controller, "curve", bool(on))),
        "draw_circle": ("", lambda on: _start_drawing(controller, "circle", bool(on))),
        "delete_line": ("delete line", lambda: session().planner.delete_line()),
        "plan": ("", lambda: _start_plan(controller)),
        "show_guide": ("", lambda kind, on: session().planner.show_guide(kind, bool(on))),
    }


def _start_drawing(controller: PageController, origin: str, on: bool) -> None:
    """Let clicks draw the resection line; the head is looked for first where it is not known."""
    session = controller.require_session()
    if not on:
        session.stop_placing()
        controller.update_page()
        return
    session.choose(controller.chosen_settings())
    controller.apply_plan_choices()
    controller.start_task("draw line", lambda s: s.planner.start_drawing(origin))


def _start_plan(controller: PageController) -> None:
    settings = controller.chosen_settings()
    controller.apply_plan_choices()
    controller.state.preview = False
    controller.start_task("plan", lambda s: s.planner.start_plan(settings), lambda: _show_plan(controller))


def _show_plan(controller: PageController) -> None:
    """Look at the planned opening."""
    planned = controller.require_session().planner.planned
    if planned is not None:
        _centre_on_defect(controller, planned.plan.defect)
    controller.state.open = ["plan", "files"]


def _view_actions(controller: PageController) -> dict[str, tuple[str, Callable[..., None]]]:
    """As :func:`_page_actions`, for what only changes how the case is seen."""
    viewer, tools = controller.viewer, controller.tools
    return {
        "fit": ("", lambda name: _fit_view(controller, str(name))),
        "look": ("", lambda direction: viewer.look_from(direction)),
        "turn": ("", lambda right, up: viewer.turn(float(right), float(up))),
        "pinch": ("", lambda name, *how: viewer.pinch(str(name), *map(float, how))),
        "fingers": ("", tools.enlarge_points),
        "zoom": ("", lambda name, closer: viewer.zoom(name, closer=bool(closer))),
        "window": ("", tools.set_window),
        "window_by_mouse": ("", lambda on: tools.set_window_by_mouse(bool(on))),
        "crosshair": ("", lambda on: tools.set_crosshair(bool(on))),
        "measure": ("", tools.start_measuring),
        "clear_measures": ("", tools.clear_measures),
        "section": ("", tools.section.choose),
    }


def _audited_action(
    controller: PageController, audit_word: str, call: Callable[..., None], *, only_view: bool
) -> Callable[..., None]:
    """Wrap an action: an error is shown and noted; what was done is noted."""

    @wraps(call)
    def run_action(*arguments: Any) -> None:
        controller.is_handling_action = True
        if not only_view:
            controller.state.error = ""  # of an earlier try
        try:
            call(*arguments)
        except Exception as error:
            controller.report_error(audit_word or "request", error)
        else:
            if audit_word:
                controller.audit(audit_word, "done")
            controller.viewer.redraw_views()
        finally:
            controller.is_handling_action = False

    return run_action


def _after_drag(controller: PageController, run_action: Callable[[], None]) -> Callable[[], None]:
    """Wrap an action: a drag in a view that was ended before it, and is still on its way here, comes first."""
    return wraps(run_action)(lambda: controller.viewer.run_after_drag(run_action))


def _run_reporting_errors(controller: PageController, call: Callable[[], None]) -> None:
    try:
        call()
    except Exception as error:
        controller.report_error("request", error)


def _threshold_chosen(controller: PageController) -> None:
    """Preview the threshold in the slices, and use it where the user moved it away from the automatic one."""
    session = controller.session
    if session is None or session.is_closed:
        return
    controller.sync_threshold()
    controller.apply_choices()
    state = controller.state
    if state.preview and state.threshold is not None and not state.busy:
        session.show_threshold_preview(float(state.threshold))
    else:
        session.hide_threshold_preview()


def _layers_chosen(controller: PageController) -> None:
    controller.tools.apply_layers()
    controller.viewer.redraw_views()


def _fit_view(controller: PageController, name: str) -> None:
    if name == controller.state.section_view:
        controller.viewer.fit_slice(name)
    else:
        controller.viewer.views[name].fit_view_to_content()


def _section_moved(controller: PageController) -> None:
    controller.tools.section.move(float(controller.state.section_mm))


def _start_segmentation(controller: PageController) -> None:
    settings = controller.chosen_settings()
    controller.state.preview = False
    controller.start_task("segment", lambda s: s.start_segmentation(settings.threshold_hu), controller.viewer.fit_views)


def _start_island_removal(controller: PageController, number: int) -> None:
    controller.start_task("remove island", lambda s: s.start_island_removal([s.islands[number][0]]))


def _start_restoration(controller: PageController) -> None:
    settings = controller.chosen_settings()
    controller.state.preview = False
    _stop_placing(controller)
    controller.start_task("restore", lambda s: s.start_restoration(settings), lambda: _show_first_defect(controller))


def _show_first_defect(controller: PageController) -> None:
    controller.viewer.fit_views()
    session = controller.require_session()
    if session.defect_rows:
        _centre_on_defect(controller, session.defect_rows[0].number)
    controller.state.open = ["restore", "points"]


def _centre_on_defect(controller: PageController, number: int) -> None:
    controller.require_session().centre_on_defect(number)
    controller.viewer.fit_narrow_view()


def _stop_placing(controller: PageController) -> None:
    session, state = controller.session, controller.state
    if session is not None and session.is_restored and (state.placing or state.outlining):
        session.set_placing_points(False)
    state.placing = state.outlining = False
    state.drawing = ""


def _set_placing_points(controller: PageController, on: bool) -> None:
    controller.require_session().set_placing_points(on)
    controller.state.update(NOTHING_PLACED | {"placing": on})


def _set_placing_outline(controller: PageController, on: bool) -> None:
    controller.require_session().set_placing_outline(on)
    controller.state.update(NOTHING_PLACED | {"outlining": on})


def _start_adding_missed_defect(controller: PageController) -> None:
    _stop_placing(controller)
    controller.start_task("add defect", lambda s: s.start_adding_missed_defect())


def _select_point(controller: PageController, number: int) -> None:
    session = controller.require_session()
    if 0 <= number < len(session.points):
        session.selected_point_index = number
        controller.viewer.centre_slices_on(session.points[number].position)
        controller.update_page()


def _selected_point(session: Session) -> int:
    if session.selected_point_index is None:
        raise SkullRestoreError("Choose a point first.")
    return session.selected_point_index


def _move_along_normal(session: Session, mm: float) -> None:
    """Move the chosen point along its normal: editing by keyboard instead of dragging."""
    number = _selected_point(session)
    point = session.points[number]
    snapping = session.snapping
    session.snapping = False  # else the point would snap back to the bone at once
    try:
        session.move_point(number, point.position + mm * point.normal)
    finally:
        session.snapping = snapping


def _update_point_count(controller: PageController) -> None:
    count = controller.chosen_settings().points
    session = controller.require_session()
    if session.is_restored and count != session.point_count:
        session.set_point_count(count)


def _update_fullness(controller: PageController) -> None:
    fullness = controller.chosen_settings().fullness
    session = controller.require_session()
    if session.is_restored and fullness != session.fullness:
        session.set_fullness(fullness)


def _start_implant_design(controller: PageController) -> None:
    settings = controller.chosen_settings().implant
    controller.start_task("design implants", lambda s: s.start_implant_design(settings))


def _bring_to_front(controller: PageController, layer: str) -> None:
    controller.require_session().bring_to_front(layer)
    controller.update_page()


def _colour_by_standard_error(controller: PageController) -> None:
    controller.require_session().colour_by_standard_error()
    controller.update_page()


def _start_export(controller: PageController, language: str) -> None:
    """Write the files; the reports speak the language of the page."""
    session = controller.require_session()
    session.choose(controller.chosen_settings())
    folder = controller.results.new_folder()
    formats = tuple(controller.state.formats)
    fingerprint = result_files.design_fingerprint(session)
    spoken: Language = next((one for one in LANGUAGES if one == language), "en")

    def on_written() -> None:
        controller.results.offer_files(folder, fingerprint)
        controller.require_session().clear_message()
        controller.update_page()

    controller.start_task("export", lambda s: s.start_export(folder, also=formats, language=spoken), on_written)
