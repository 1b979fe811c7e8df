"""The effect *Skull defect* of Segment Editor: paint a defect, and see its area and the restored surface.

In a folder of its own without other code: Slicer takes the name of the folder or of the file for that of a module.
"""

import qt
from SegmentEditorEffects import AbstractScriptedSegmentEditorPaintEffect
from slicer.i18n import tr as _


class SkullDefectEffect(AbstractScriptedSegmentEditorPaintEffect):
    """Slicer's own brush on a segment of the skull, and below its options what was painted.

    Parameters
    ----------
    scriptedEffect
        ``qSlicerSegmentEditorScriptedPaintEffect``.
    """

    def __init__(self, scriptedEffect):
        scriptedEffect.name = "Skull defect"  # not translated: modules find effects by their names
        scriptedEffect.title = _("Skull defect")  # else it is "Paint", that of Slicer's brush
        scriptedEffect.perSegment = True
        scriptedEffect.requireSegments = True
        super().__init__(scriptedEffect)
        self.painter = None

    def clone(self):
        """Make another one, for another editor."""
        import qSlicerSegmentationsEditorEffectsPythonQt as effects

        made = effects.qSlicerSegmentEditorScriptedPaintEffect(None)
        made.setPythonSource(__file__.replace("\\", "/"))
        return made

    def icon(self):
        """Return the picture on the button."""
        from SkullRestorePanelLib.logic import resourcePath

        path = resourcePath("Icons/SkullDefect.png")
        return qt.QIcon(path) if path is not None else qt.QIcon()

    def helpText(self):
        """Return what the help of the effect says."""
        return (
            "<html>"
            + _("Paint a defect of the skull: where bone is missing, or where it is to be removed.")
            + "<p>"
            + _(
                "What is painted is taken out of the bone. After each stroke its area is shown, and some seconds later "
                "the restored surface. Works on the bone of a case of SkullRestore, in slices and in 3D; "
                "Shift + mouse wheel changes the size of the brush."
            )
            + "</html>"
        )

    def setupOptionsFrame(self):
        """Add the controls below those of the brush."""
        self.areaLabel = qt.QLabel("")
        self.areaLabel.wordWrap = True
        self.scriptedEffect.addOptionsWidget(self.areaLabel)
        self.followCheckBox = qt.QCheckBox(_("Restore after each stroke"))
        self.followCheckBox.toolTip = _("Restores the skull a moment after the brush is lifted. On by default.")
        self.followCheckBox.checked = True
        self.scriptedEffect.addOptionsWidget(self.followCheckBox)
        self.restoreButton = qt.QPushButton(_("Restore now"))
        self.restoreButton.toolTip = _(
            "Restores the skull without the bone that is painted over; moved points are placed anew."
        )
        self.scriptedEffect.addOptionsWidget(self.restoreButton)
        self.clearButton = qt.QPushButton(_("Remove the paint"))
        self.clearButton.toolTip = _("Removes the painted segment. Bone that was painted over comes back by Undo only.")
        self.scriptedEffect.addOptionsWidget(self.clearButton)
        self.restoreButton.connect("clicked(bool)", self.onRestore)
        self.clearButton.connect("clicked(bool)", self.onClear)

    def activate(self):
        """Begin to paint; the editor is ready for other segments and modes only after this call."""
        from SkullRestorePanelLib.painting import DefectPainter

        self.painter = DefectPainter(
            self.scriptedEffect.parameterSetNode(), self.showText, lambda: self.followCheckBox.checked
        )
        qt.QTimer.singleShot(0, self.begin)

    def begin(self):
        """Choose the segment for the paint, unless the effect was left meanwhile."""
        if self.painter is not None:
            self.painter.begin()

    def deactivate(self):
        """End; a restoration that runs goes on."""
        if self.painter is not None:
            self.painter.end()
        self.painter = None

    def showText(self, text):
        """Show area, step or reason."""
        self.areaLabel.text = text

    def onRestore(self, _checked=False):
        """Restore the skull."""
        if self.painter is not None:
            self.painter.restore(even_if_points_are_lost=True)

    def onClear(self, _checked=False):
        """Remove the paint."""
        if self.painter is not None:
            self.painter.clear()
