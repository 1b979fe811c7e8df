"""What the panel shows of a session: a session in, enabled controls, texts and tables out.

Which button can be pressed is a table of the library, ``SkullRestoreLib.session.offers.OFFERS``. Its rows are named by
text here, because the session is not loaded with the module.
"""

from slicer.i18n import tr as _

from SkullRestorePanelLib.language import translate
from SkullRestorePanelLib.messages import panel_words

_MAX_COLUMN_WIDTH_PX = 96
"""Longer texts are broken, so that the last columns are seen in a narrow panel too."""

CONTROL_OFFERS = {
    "segmentButton": "segment",
    "editBoneButton": "edit_bone",
    "restoreButton": "restore",
    "drawLineButton": "draw_line",
    "drawCircleButton": "draw_line",
    "tumourLineButton": "draw_line",
    "undoLineButton": "undo",
    "redoLineButton": "redo",
    "deleteLineButton": "delete_line",
    "planButton": "plan",
    "removeIslandButton": "remove_island",
    "removeIslandsButton": "remove_defect_islands",
    "outlineButton": "add_defect",
    "addMissedButton": "add_defect",
    "objectsTable": "switch_object",
    "fullnessSlider": "change_fullness",
    "placeButton": "place_points",
    "deletePointButton": "change_point",
    "resetPointButton": "change_point",
    "resetAllButton": "reset_points",
    "undoButton": "undo",
    "redoButton": "redo",
    "implantButton": "design_implants",
    "showImplantCheckBox": "show_implants",
    "findWayButton": "reset_arrows",
    "compareButton": "compare",
    "sigmaButton": "colour_by_error",
    "exportButton": "export",
    "sectionCheckBox": "look",
    "sectionTurnSlider": "look",
    "sectionOffsetSlider": "look",
    "clipCheckBox": "look",
    "mirrorCheckBox": "look",
    "fadeSlider": "look",
    "pictureButton": "look",
    "dropPicturesButton": "drop_pictures",
}
"""Control -> offer of the library's table. While work runs no control is enabled."""


PRIMARY_BUTTONS = ("restoreButton", "implantButton", "exportButton")
"""Buttons that lead on; the one that comes next is bold."""


class FocusKeeper:
    """Keeps the focus from jumping: Qt gives that of a disabled control to the next one, and scrolls to it.

    Within ``with keeper:`` controls may be disabled. The focus waits on *Cancel* while work runs, or on the scrolled
    part, and comes back when its control can be used again.

    Parameters
    ----------
    ui
        The controls, by name.
    """

    def __init__(self, ui):
        self._ui = ui
        self._focused = None  # control that has the focus
        self._waiting = None  # control that gets it back

    def __enter__(self):
        self._focused = _focused_name(self._ui)
        if self._focused is not None:
            self._ui.panelScroll.setFocus()

    def __exit__(self, *_error):
        focused, self._focused = self._focused, None
        if focused is None and _focused_name(self._ui, "panelScroll") is None:
            self._waiting = None  # the user has gone on to something else
            return
        if focused not in (None, "cancelButton"):
            self._waiting = focused
        for name in (self._waiting, "cancelButton"):
            if name is not None and getattr(self._ui, name).enabled:
                getattr(self._ui, name).setFocus()
                return


def _focused_name(ui, *names):
    """Name of the control that has the focus, of these or of those that may be disabled; None where none has."""
    import qt

    focused = qt.QApplication.focusWidget()
    names = names or (*CONTROL_OFFERS, "cancelButton")
    return next((name for name in names if focused is not None and getattr(ui, name) == focused), None)


def explain_ranges(ui, settings):
    """Add range, unit and default to the tool tips of the settings.

    Parameters
    ----------
    ui
        The controls, by name.
    settings : dict
        Field of the panel -> setting of the library.
    """
    controls = {widget.property("SlicerParameterName"): widget for widget in vars(ui).values()}
    for field, setting in settings.items():
        if field in controls and setting.low is not None:
            default = _("automatic") if setting.default is None else f"{setting.default:g}"
            spread = _("From {low} to {high} {unit}; default {default}.").format(
                low=f"{setting.low:g}", high=f"{setting.high:g}", unit=setting.unit, default=default
            )
            controls[field].toolTip = f"{controls[field].toolTip}\n{' '.join(spread.replace(' ;', ';').split())}"


def next_step(session):
    """Name the step that comes next, in a few words.

    Parameters
    ----------
    session : SkullRestoreLib.session.Session or None

    Returns
    -------
    str
    """
    if session is None:
        return _("Choose a head, or make a sample")
    if session.stale.surface:
        return _("Out of date: restore again")
    if session.stale.implants:
        return _("Out of date: design again")
    names = {
        "NO_BONE": _("Next: restore"),
        "SEGMENTED": _("Next: restore"),
        "RESTORED": _("Next: check points, design"),
        "DESIGNED": _("Next: export"),
        "EXPORTED": _("Exported"),
    }
    return names.get(session.state.name, "")


def _primary_button(session):
    if session is None:
        return None
    names = {"NO_BONE": "restoreButton", "SEGMENTED": "restoreButton", "RESTORED": "implantButton"}
    if session.stale.surface:
        return "restoreButton"
    return "implantButton" if session.stale.implants else names.get(session.state.name, "exportButton")


def enable_available_controls(ui, session):
    """Enable the controls that can be used now.

    Parameters
    ----------
    ui
        The controls, by name.
    session : SkullRestoreLib.session.Session or None
    """
    offers = session.offers if session is not None else {}
    for name, offer in CONTROL_OFFERS.items():
        getattr(ui, name).enabled = offers.get(offer, False)
    if session is not None and not session.is_busy:
        # an edit shows the surfaces again, an export the implants that it made
        ui.showImplantCheckBox.checked = ui.showImplantCheckBox.enabled and session.front == "implant"
    ui.thresholdSlider.enabled = not ui.autoThresholdCheckBox.checked
    primary = _primary_button(session)
    for name in PRIMARY_BUTTONS:
        getattr(ui, name).styleSheet = "font-weight: bold;" if name == primary else ""


def show_stale(ui, session, before_node):
    """Show which results do not belong to what the panel shows, and why.

    Parameters
    ----------
    ui
        The controls, by name.
    session : SkullRestoreLib.session.Session or None
    before_node
        The skull before the operation that is chosen now.
    """
    stale = session.stale if session is not None else None
    lines = []
    if stale is not None and stale.surface:
        lines.append(
            _(
                "OUT OF DATE: the restored surface is not what is chosen now. "
                "Restore again, or change it back; it cannot be exported."
            )
        )
    elif stale is not None and stale.implants:
        lines.append(
            _("OUT OF DATE: the implant is not what is chosen now. Design it again; an export does so by itself.")
        )
    lines += [panel_words(sentence) for sentence in stale.sentences] if stale is not None else []
    compared_with = session.compared_with if session is not None else None
    if compared_with is not None and before_node is not None and compared_with.GetID() != before_node.GetID():
        lines.append(_("The comparison was made with '{name}'.").format(name=compared_with.GetName()))
    ui.staleLabel.text = "\n".join(lines)
    ui.staleLabel.setVisible(bool(lines))
    can_mend = stale is not None and stale.files and session.can("restore" if stale.surface else "design implants")
    ui.staleButton.setVisible(bool(can_mend))
    ui.staleButton.text = _("Restore again") if stale is not None and stale.surface else _("Design again")


def show_texts(ui, session, refusal, missing_packages):
    """Show findings, warnings, failures and counts.

    Parameters
    ----------
    ui
        The controls, by name.
    session : SkullRestoreLib.session.Session or None
    refusal : str
        Why the chosen input cannot be used; empty where it can.
    missing_packages : list of str
    """
    ui.missingLabel.setVisible(bool(missing_packages))
    ui.installButton.setVisible(bool(missing_packages))
    ui.missingLabel.text = _("Not installed yet: {packages}. You are asked when they are needed.").format(
        packages=", ".join(missing_packages)
    )
    about_implants = (*session.implant_warnings, *session.implant_notes) if session is not None else ()
    warnings = session.warnings if session is not None else ()
    notes = session.notes if session is not None else ()
    findings = (*(w for w in warnings if w in session.findings), *notes) if session is not None else ()
    ui.findingsLabel.text = panel_words(refusal or "\n".join(f for f in findings if f not in about_implants))
    if session is None and not refusal:
        ui.findingsLabel.text = _("Choose a head CT. To try it out, make a sample head, and press Restore.")
    shown = [w for w in warnings if w not in findings and w not in about_implants]
    ui.warningsLabel.text = panel_words("\n".join(shown) if session is not None and session.is_segmented else "")
    ui.implantNotesLabel.text = panel_words("\n".join(about_implants))
    ui.implantNotesLabel.setVisible(bool(about_implants))
    failures = session.failures if session is not None else ()
    ui.failuresLabel.setVisible(bool(failures))
    ui.failuresLabel.text = (
        panel_words("\n".join([_("Not passed; such an implant is not exported:"), *failures])) if failures else ""
    )
    total = len(session.points) if session is not None else 0
    moved = session.moved_point_count if session is not None else 0
    ui.fullnessLabel.text = _fullness_in_words(session)
    ui.movedLabel.text = _("{moved} of {total} points moved or placed by hand.").format(moved=moved, total=total)


def _fullness_in_words(session):
    if session is None or session.fullness is None:
        return ""
    from SkullRestoreLib.settings import describe_fullness

    return translate(describe_fullness(session.fullness))


def show_tables(ui, session):
    """Show defects, bone islands, implants and the comparison.

    Parameters
    ----------
    ui
        The controls, by name.
    session : SkullRestoreLib.session.Session or None
    """
    rows = session.defect_rows if session is not None else []
    fill_table(
        ui.defectsTable,
        [("", translate(r.side), translate(r.region), f"{r.area_cm2:.1f}", _point_count(r)) for r in rows],
        ticks=[r.is_enabled for r in rows],
    )
    objects = session.object_rows if session is not None else []
    fill_table(
        ui.objectsTable,
        [("", _object_name(r), f"{r.area_cm2:.0f}", f"{r.depth_mm:.1f}") for r in objects],
        ticks=[r.is_removed for r in objects],
    )
    ui.objectsTable.setVisible(bool(objects))
    show_details(ui.defectDetailsLabel, ui.defectsTable, [_defect_details(r) for r in rows])
    islands = session.islands if session is not None else ()
    fill_table(
        ui.islandsTable,
        [(str(n), f"{island.volume_ml:.2f}", str(defect or "")) for n, (island, defect) in enumerate(islands, 1)],
    )
    implant_rows = session.implant_rows if session is not None else []
    material = session.settings.implant.material if session is not None else ""
    fill_table(ui.implantsTable, [_implant_cells(row, material) for row in implant_rows])
    show_details(ui.implantDetailsLabel, ui.implantsTable, [_implant_details(row) for row in implant_rows])
    comparison_rows = session.comparison_rows if session is not None else []
    fill_table(ui.comparisonTable, [_comparison_cells(row) for row in comparison_rows])


def show_details(label, table, details):
    """Show what a narrow table leaves out of its chosen row; of the first one where none is chosen.

    Parameters
    ----------
    label : QLabel
    table : QTableWidget
    details : list of str
        A text for each row.
    """
    row = table.currentRow()
    label.text = details[row if 0 <= row < len(details) else 0] if details else ""
    label.setVisible(bool(details))


def _object_name(row):
    """Number and kind, and a sign where it is to be restored again."""
    changed = " ⚠" if row.is_removed != row.was_removed else ""
    return f"{row.number} {translate(row.kind)}{changed}"


def _point_count(row):
    """Number of points, with a sign where the line below has something to look at."""
    return f"{row.points} ⚠" if row.uncertain or row.open_margin else str(row.points)


def _defect_details(row):
    margin = _("a part of its margin is not bone") if row.open_margin else _("bone all around")
    return _("Defect {number}: {points} points, {moved} moved, {uncertain} uncertain; {margin}.").format(
        number=row.number, points=row.points, moved=row.moved, uncertain=row.uncertain, margin=margin
    )


def _implant_cells(row, material):
    """Number, volume, mass in the chosen material, checks."""
    from SkullRestoreLib.settings import MATERIAL_DENSITIES

    number, volume, *masses, _thickness, _watertight, checks = row
    by_material = dict(zip(("PEEK", "titanium", "PMMA"), masses, strict=True))
    mass = by_material.get(material, round(volume * MATERIAL_DENSITIES[material], 1))
    return (str(number), str(volume), str(mass), translate(str(checks)))


def _implant_details(row):
    number, _volume, peek, titanium, pmma, thickness, watertight, _checks = row
    closed = _("watertight") if watertight == "yes" else _("NOT WATERTIGHT")
    return _(
        "Implant {number}: {closed}, thickness {thickness} mm; PEEK {peek} g, titanium {titanium} g, PMMA {pmma} g."
    ).format(number=number, closed=closed, thickness=thickness, peek=peek, titanium=titanium, pmma=pmma)


def _comparison_cells(row):
    """Format the numbers of one defect; what could not be compared is an empty text already."""
    formats = (("Area error (cm²)", "+.2f"), ("Largest deviation (mm)", ".2f"), ("RMS deviation (mm)", ".2f"))
    numbers = ("" if row[title] == "" else format(row[title], spec) for title, spec in formats)
    return (str(row["Defect"]), *numbers, translate(row["Grade"]))


def fill_table(table, rows, ticks=None):
    """Put texts into a table; the selected row stays selected.

    Parameters
    ----------
    table : QTableWidget
    rows : list of tuple of str
    ticks : list of bool, optional
        Check boxes of the first column.
    """
    import qt

    table.setRowCount(len(rows))
    for n, texts in enumerate(rows):
        for column, text in enumerate(texts):
            item = qt.QTableWidgetItem(text)
            if ticks is not None and column == 0:
                item.setCheckState(qt.Qt.Checked if ticks[n] else qt.Qt.Unchecked)
            table.setItem(n, column, item)
    table.resizeColumnsToContents()
    for column in range(table.columnCount):
        table.setColumnWidth(column, min(table.columnWidth(column), _MAX_COLUMN_WIDTH_PX))
    table.resizeRowsToContents()
