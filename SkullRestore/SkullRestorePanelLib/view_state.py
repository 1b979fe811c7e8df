"""The part of the panel with which a user looks at a result: section, box, mirrored side, fade, pictures."""

import slicer
import vtk
from slicer.i18n import tr as _


def capture_3d_view():
    """Take a picture of the 3D view that is seen. It shows no name of a patient, as corners of slices do.

    Returns
    -------
    ndarray
        (height, width, 3) uint8.

    Raises
    ------
    SkullRestoreLib.errors.InputError
        If the layout has no 3D view.
    """
    from vtk.util.numpy_support import vtk_to_numpy

    from SkullRestoreLib.errors import InputError

    manager = slicer.app.layoutManager()
    widgets = [manager.threeDWidget(n) for n in range(manager.threeDViewCount)] if manager is not None else []
    seen = next((widget for widget in widgets if widget.visible), None)
    if seen is None:
        raise InputError(_("There is no 3D view in this layout. Choose one with a 3D view."))
    view = seen.threeDView()
    view.forceRender()
    grab = vtk.vtkWindowToImageFilter()
    grab.SetInput(view.renderWindow())
    grab.SetInputBufferTypeToRGB()
    grab.ReadFrontBufferOff()
    grab.Update()
    image = grab.GetOutput()
    width, height, _depth = image.GetDimensions()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, -1)[::-1, :, :3].copy()


def chosen_defect(ui, session):
    """Find the defect that is looked at: of the chosen row, else the first one that is restored.

    Parameters
    ----------
    ui
        The controls, by name.
    session : SkullRestoreLib.session.Session

    Returns
    -------
    int or None
        Its number; None where there is none.
    """
    rows, chosen = session.defect_rows, ui.defectsTable.currentRow()
    if 0 <= chosen < len(rows):
        return rows[chosen].number
    return next((row.number for row in rows if row.is_enabled), None)


def show_views(ui, session):
    """Show which aids are on, and their numbers.

    Parameters
    ----------
    ui
        The controls, by name.
    session : SkullRestoreLib.session.Session or None
    """
    aids = session.aids if session is not None else None
    ui.sectionCheckBox.checked = aids is not None and aids.shows_section
    ui.clipCheckBox.checked = aids is not None and aids.shows_clip_box
    ui.mirrorCheckBox.checked = aids is not None and aids.shows_mirror
    ui.fadeSlider.value = 100 * aids.shown_part if aids is not None else 100
    lines = [
        _("Defect {number}: median {median} mm, 95 % within {within} mm; {percent} % compared.").format(
            number=one.defect,
            median=f"{one.median_mm:+.1f}",
            within=f"{one.within_95_mm:.1f}",
            percent=f"{one.compared_percent:.0f}",
        )
        for one in (aids.mirror_numbers if aids is not None else ())
    ]
    ui.mirrorLabel.text = "\n".join(lines)
    ui.mirrorLabel.setVisible(bool(lines))
    count = len(aids.own_pictures) if aids is not None else 0
    ui.picturesLabel.text = _("Pictures of your views for the report: {count}.").format(count=count)
    ui.picturesLabel.setVisible(count > 0)
