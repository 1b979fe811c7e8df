"""What the panel shows of a session."""

from slicer.i18n import tr as _

_WIDEST = 96
"""Pixels of a table's column: longer texts are broken, so that the last columns are seen in a narrow panel too."""


def show_available(ui, session):
    """Enable what can be done now."""
    idle = session is not None and not session.busy
    restored = idle and session.is_restored
    touched = restored and session.touched is not None
    ready = {
        "segmentButton": idle,
        "restoreButton": idle,
        "editBoneButton": idle and session.bone_node is not None,
        "removeIslandButton": idle and bool(session.islands),
        "removeIslandsButton": idle and any(defect is not None for _, defect in session.islands),
        "outlineButton": restored,
        "addMissedButton": restored,
        "placeButton": restored,
        "deletePointButton": touched,
        "resetPointButton": touched,
        "resetAllButton": restored,
        "undoButton": restored and session.history.can_undo,
        "redoButton": restored and session.history.can_redo,
        "implantButton": restored,
        "showImplantCheckBox": restored and session.has_implants,
        "findWayButton": restored and session.has_ways,
        "compareButton": restored,
        "sigmaButton": restored and session.has_comparison,
        "exportButton": restored,
    }
    for name, enabled in ready.items():
        getattr(ui, name).enabled = bool(enabled)
    if idle and not ready["showImplantCheckBox"]:
        ui.showImplantCheckBox.checked = False  # after an edit the surfaces are shown again
    ui.thresholdSlider.enabled = not ui.autoThresholdCheckBox.checked


def show_texts(ui, session, refused, missing):
    """Show findings, warnings and counts."""
    ui.missingLabel.setVisible(bool(missing))
    ui.missingLabel.text = _("Not installed yet: {packages}. You are asked when they are needed.").format(packages=", ".join(missing))
    ui.findingsLabel.text = refused or ("\n".join(session.findings) if session is not None else _("Choose a head CT."))
    warnings = [w for w in session.warnings if w not in session.findings] if session is not None and session.is_segmented else []
    ui.warningsLabel.text = "\n".join(warnings)
    total = len(session.points) if session is not None else 0
    moved = session.moved_points if session is not None else 0
    ui.movedLabel.text = _("{moved} of {total} points moved or placed by hand.").format(moved=moved, total=total)
    ui.exportLabel.text = session.message if session is not None else ""


def show_tables(ui, session):
    """Show defects, bone islands, implants and the comparison."""
    rows = session.rows if session is not None else []
    fill(
        ui.defectsTable,
        [
            (
                "",
                r.side,
                r.region,
                f"{r.area_cm2:.1f}",
                str(r.points),
                str(r.moved),
                str(r.uncertain),
                _("yes") if r.open_margin else "",
            )
            for r in rows
        ],
        ticks=[r.on for r in rows],
    )
    islands = session.islands if session is not None else ()
    fill(ui.islandsTable, [(str(n), f"{one.volume_ml:.2f}", str(defect or "")) for n, (one, defect) in enumerate(islands, 1)])
    bodies = session.implant_rows if session is not None else []
    fill(ui.implantsTable, [tuple(str(v) for v in row) for row in bodies])
    fill(ui.comparisonTable, [_difference(row) for row in (session.comparison_rows if session is not None else [])])


def _difference(row):
    """A defect's numbers against the skull before, as texts."""
    numbers = (f"{row['Area error (cm²)']:+.2f}", f"{row['Largest deviation (mm)']:.2f}", f"{row['RMS deviation (mm)']:.2f}")
    return (str(row["Defect"]), *numbers, row["Grade"])


def fill(table, rows, ticks=None):
    """Put texts into a table; the chosen row stays chosen."""
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
        table.setColumnWidth(column, min(table.columnWidth(column), _WIDEST))
    table.resizeRowsToContents()
