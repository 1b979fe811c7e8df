"""What the section *Plan a resection* shows: the session's planner in, texts and tables out."""

from slicer.i18n import tr as _

from SkullRestorePanelLib.language import translate
from SkullRestorePanelLib.messages import panel_words
from SkullRestorePanelLib.panel_state import fill_table, show_details


def show_plan(ui, session):
    """Show the line, its warnings, and the guides.

    Parameters
    ----------
    ui
        The controls, by name.
    session : SkullRestoreLib.session.Session or None
    """
    show_line(ui, session)
    planner = session.planner if session is not None else None
    rows = planner.guide_rows if planner is not None else []
    fill_table(
        ui.guidesTable,
        [("", translate(r["name"]), r["volume"], r["edge"], translate(r["checks"])) for r in rows],
        ticks=[r["shown"] for r in rows],
    )
    show_details(ui.guideDetailsLabel, ui.guidesTable, [_guide_details(row) for row in rows])
    stale = planner.stale if planner is not None else ()
    ui.planStaleLabel.setVisible(bool(stale))
    ui.planStaleLabel.text = (
        "\n".join([_("The plan is not what is chosen now. Plan again, or change it back; it cannot be exported.")])
        + "\n"
        + panel_words("\n".join(stale))
        if stale
        else ""
    )


def show_line(ui, session):
    """Show the numbers of the line: quick enough for a point that is dragged.

    Parameters
    ----------
    ui
        The controls, by name.
    session : SkullRestoreLib.session.Session or None
    """
    planner = session.planner if session is not None else None
    ui.lineLabel.text = _line_text(planner)
    warnings = planner.warnings if planner is not None else ()
    refusal = planner.refusal if planner is not None else ""
    ui.lineWarningsLabel.text = panel_words("\n".join([refusal, *warnings] if refusal else warnings))
    ui.lineWarningsLabel.setVisible(bool(refusal or warnings))
    rows = planner.landmark_rows if planner is not None else []
    fill_table(ui.landmarksTable, [(translate(name), translate(distance)) for name, distance in rows])


def _line_text(planner):
    """Area, circumference and sharpest bend, or what to do to have them."""
    count = len(planner.curve.points) if planner is not None else 0
    if not count:
        return _("No line is drawn yet.")
    if not planner.is_prepared:
        return _("{count} points. Press 'Draw the line' or 'Plan the resection' to measure it.").format(count=count)
    measure = planner.measure
    if measure.line is None:
        return _("{count} points.").format(count=count)
    return _("<b>{area} cm²</b>, {length} mm around, least radius {radius} mm; {count} points.").format(
        area=f"{measure.area_cm2:.1f}",
        length=f"{measure.circumference_mm:.0f}",
        radius=f"{measure.least_radius_mm:.0f}",
        count=count,
    )


def _guide_details(row):
    """How a guide sits, or why it is withheld."""
    name = translate(row["name"])
    if row["reason"]:
        return _("{guide}: {reason}").format(guide=name, reason=panel_words(row["reason"]))
    if not row["play"]:
        return _("{guide}: it is tried on the table, and on no bone.").format(guide=name)
    slide, turn = row["play"].split(", ")
    seat = _("{guide}: held down by hand it slides by up to {slide} mm and turns by up to {turn}.").format(
        guide=name, slide=slide, turn=turn
    )
    return seat + (" " + _("Feet: {feet}.").format(feet=translate(row["feet"])) if row["feet"] else "")
