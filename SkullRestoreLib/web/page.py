"""The page itself: the template, and what each of its controls calls."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from trame.ui.vuetify3 import VAppLayout

from SkullRestoreLib import resources
from SkullRestoreLib.session import Session
from SkullRestoreLib.web import choices, results
from SkullRestoreLib.web.door import Door

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


def build(server, door: Door) -> None:
    """Lay the page out, and connect its controls with the door."""
    static = resources.resource("web/page.html").parent
    icons = resources.resource("Icons/SkullRestore.png").parent
    server.enable_module(
        {
            "serve": {"__skullrestore": str(static), "__skullrestore_icons": str(icons)},
            "styles": ["__skullrestore/page.css"],
            "scripts": ["__skullrestore/page.js"],
        }
    )
    server.state.trame__title = "SkullRestore"
    server.state.trame__favicon = "__skullrestore_icons/SkullRestore.png"
    config = {"theme": {"defaultTheme": "skullrestore", "themes": {"skullrestore": _THEME}}}
    with VAppLayout(server, vuetify_config=config) as layout:
        layout.root.add_child((static / "page.html").read_text(encoding="utf-8"))
    for name, (action, call) in _actions(door).items():
        server.trigger(name)(_safely(door, action, call))
    server.state.change("preview", "threshold")(lambda **_: _quietly(door, lambda: _show_threshold(door)))


def _actions(door: Door) -> dict[str, tuple[str, Callable[..., None]]]:
    """Name on the page, word in the audit (empty for what only changes the view), and what is called."""

    def edit(change: Callable[..., None]) -> Callable[..., None]:
        return lambda *given: change(door.require(), *given)

    return {
        "sample": ("", door.make_sample),
        "choose_series": ("", door.choose_series),
        "close_case": ("close case", door.close),
        "cancel": ("", door.cancel),
        "segment": ("", lambda: _segment(door)),
        "restore": ("", lambda: _restore(door)),
        "remove_island": ("", lambda number: door.start("remove island", lambda s: s.start_removal_of([s.islands[int(number)][0]]))),
        "centre": ("", edit(lambda s, number: s.centre_on(int(number)))),
        "switch": ("switch defect", edit(lambda s, number, on: s.switch(int(number), bool(on)))),
        "outline": ("", lambda on: _outline(door, bool(on))),
        "add_missed": ("", lambda: _add_missed(door)),
        "place": ("", lambda on: _place(door, bool(on))),
        "snapping": ("", edit(lambda s, on: s.set_snapping(bool(on)))),
        "undo": ("undo", edit(lambda s: s.undo())),
        "redo": ("redo", edit(lambda s: s.redo())),
        "touch": ("", edit(lambda s, number: _touch(door, s, int(number)))),
        "nudge": ("move point", edit(lambda s, mm: _nudge(s, float(mm)))),
        "delete_point": ("delete point", edit(lambda s: s.remove_point(s.touched))),
        "reset_point": ("reset point", edit(lambda s: s.reset_points([s.touched]))),
        "reset_points": ("reset points", edit(lambda s: s.reset_points())),
        "points_changed": ("", lambda: _point_count(door)),
        "design": ("", lambda: _design(door)),
        "show_implant": ("", edit(lambda s, on: _foreground(door, s, "implant" if on else "surface"))),
        "compare": ("", door.compare),
        "sigma": ("", edit(lambda s: _colour_by_sigma(door, s))),
        "export": ("", lambda: _export(door)),
        "fit": ("", lambda name: door.viewer.views[name].fit_view_to_content()),
    }


def _safely(door: Door, action: str, call: Callable[..., None]) -> Callable[..., None]:
    """What goes wrong is shown and noted; what was done is noted."""

    @wraps(call)
    def called(*given: Any) -> None:
        door.acting = True
        try:
            call(*given)
        except Exception as error:
            door.tell_error(action or "request", error)
        else:
            if action:
                door.audit(action, "done")
            door.viewer.draw()
        finally:
            door.acting = False

    return called


def _quietly(door: Door, call: Callable[[], None]) -> None:
    try:
        call()
    except Exception as error:
        door.tell_error("request", error)


def _show_threshold(door: Door) -> None:
    session = door.session
    if session is None or session.closed:
        return
    if door.state.preview and door.state.threshold is not None and not door.state.busy:
        session.show_threshold(float(door.state.threshold))
    else:
        session.hide_threshold()


def _segment(door: Door) -> None:
    settings = door.settings()
    door.state.preview = False
    door.start("segment", lambda s: s.start_segmentation(settings.threshold_hu), door.viewer.fit)


def _restore(door: Door) -> None:
    settings = door.settings()
    door.state.preview = False
    _stop_placing(door)
    door.start("restore", lambda s: s.start_restoration(settings), lambda: _look_at_first(door))


def _look_at_first(door: Door) -> None:
    door.viewer.fit()
    session = door.require()
    if session.rows:
        session.centre_on(session.rows[0].number)
    door.state.open = ["restore", "points"]


def _stop_placing(door: Door) -> None:
    if door.session is not None and door.session.is_restored and (door.state.placing or door.state.outlining):
        door.session.place_points(False)
    door.state.placing = door.state.outlining = False


def _place(door: Door, on: bool) -> None:
    door.require().place_points(on)
    door.state.placing, door.state.outlining = on, False


def _outline(door: Door, on: bool) -> None:
    door.require().place_outline(on)
    door.state.outlining, door.state.placing = on, False


def _add_missed(door: Door) -> None:
    _stop_placing(door)
    door.start("add defect", lambda s: s.start_missed_defect())


def _touch(door: Door, session: Session, number: int) -> None:
    if 0 <= number < len(session.points):
        session.touched = number
        door.viewer.look_at(session.points[number].position)
        door.show()


def _nudge(session: Session, mm: float) -> None:
    """Move the chosen point along its normal: what a hand on the keyboard can do instead of dragging."""
    point = session.points[session.touched]
    snapping = session.snapping
    session.snapping = False  # else it would be drawn back to the bone at once
    try:
        session.move_point(session.touched, point.position + mm * point.normal)
    finally:
        session.snapping = snapping


def _point_count(door: Door) -> None:
    count = door.settings().points
    session = door.require()
    if session.is_restored and count != session.settings.points:
        session.set_point_count(count)


def _design(door: Door) -> None:
    settings = choices.implant_settings(door.state.implant)

    def shown() -> None:
        door.state.implant_shown = True

    door.start("design implants", lambda s: s.start_implants(settings), shown)


def _foreground(door: Door, session: Session, what: str) -> None:
    session.foreground(what)
    door.show()


def _colour_by_sigma(door: Door, session: Session) -> None:
    session.colour_by_sigma()
    door.show()


def _export(door: Door) -> None:
    folder, formats, design = door.results.new_folder(), tuple(door.state.formats), results.design_of(door.require())

    def written() -> None:
        door.results.take(folder, design)
        door.require().message = ""
        door.show()

    door.start("export", lambda s: s.start_export(folder, also=formats), written)
