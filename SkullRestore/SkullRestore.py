"""3D Slicer's door to SkullRestore: a panel that connects buttons to a session; everything clinical happens in SkullRestoreLib."""

import sys
from pathlib import Path

import slicer
import vtk
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

_HERE = Path(__file__).resolve().parent
# A source run: the repository was dropped onto Slicer, and the library stands beside this folder instead of beside this file.
for _place in (_HERE, *([] if (_HERE / "SkullRestoreLib").is_dir() else [_HERE.parent])):
    if str(_place) not in sys.path:
        sys.path.insert(0, str(_place))

from SkullRestorePanelLib import shown  # noqa: E402
from SkullRestorePanelLib.logic import PAUSE_S, SkullRestoreLogic, resource  # noqa: E402
from SkullRestorePanelLib.parameters import BY_ARROW, FORMATS, IMPLANT_SETTINGS, SETTINGS, SkullRestoreParameterNode, chosen  # noqa: E402, F401


class SkullRestore(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("SkullRestore")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Planning")]
        parent.dependencies = []
        parent.contributors = ["SkullRestore contributors"]
        parent.helpText = _(
            "Restores the lost surface of the skull from a head CT and designs a printable implant: choose the CT, press Restore, "
            "drag the reference points where the surface should be another one, design the implant, export. "
            "<p><b>Research use only.</b> Not cleared by any authority; a qualified clinician must approve every design.</p>"
            '<p>Tutorial: <a href="https://github.com/SkullRestore/SlicerSkullRestore#tutorial">github.com/SkullRestore/SlicerSkullRestore</a></p>'
        )
        parent.acknowledgementText = _(
            "Method after Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102. "
            "Weights and shape statistics (CC BY-NC-SA 4.0) were learnt from SkullFix, made from CQ500."
        )
        icon = resource("Icons/SkullRestore.png")
        if icon is not None:
            import qt

            parent.icon = qt.QIcon(icon)
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    """Offer the sample head in the module Sample Data, where there is one."""
    try:
        import SampleData
    except ImportError:
        return
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="SkullRestore",
        sampleName="SkullRestoreHead",
        uris="",
        fileNames="",
        nodeNames="",
        thumbnailFileName=resource("Icons/SkullRestoreHead.png"),
        customDownloader=lambda _source=None: SkullRestoreLogic().makeSample(),
    )


class SkullRestoreWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel: connects controls to a session and shows what it tells."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.session = None
        self.sample = None  # the job that makes the sample head
        self.refused = ""  # why the chosen input cannot be used
        self._parameterNode = None
        self._guiTag = None
        self._filling = False

    # --- life

    def setup(self):
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        import qt

        panel = slicer.util.loadUI(resource("UI/SkullRestore.ui"))
        self.layout.addWidget(panel)
        self.ui = slicer.util.childWidgetVariables(panel)
        panel.setMRMLScene(slicer.mrmlScene)
        self.logic = SkullRestoreLogic()
        self.timer = qt.QTimer()
        self.timer.setInterval(1)
        self.timer.connect("timeout()", self.onTimer)
        for name, action in self._actions().items():
            getattr(self.ui, name).connect("clicked(bool)", action)
        self.ui.thresholdSlider.connect("valueChanged(double)", self.onThreshold)
        self.ui.pointsSpinBox.connect("editingFinished()", self.onPointCount)
        self.ui.islandsTable.connect("cellClicked(int,int)", self.onIslandClicked)
        self.ui.defectsTable.connect("cellClicked(int,int)", self.onDefectClicked)
        self.ui.defectsTable.connect("itemChanged(QTableWidgetItem*)", self.onDefectChanged)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndImportEvent, self.onSceneEndImport)
        self.initializeParameterNode()

    def _actions(self):
        """Buttons and what they do."""
        return {
            "sampleButton": self.onSample,
            "previewCheckBox": self.onThreshold,
            "segmentButton": self.onSegment,
            "editBoneButton": self.onEditBone,
            "removeIslandButton": self.onRemoveIsland,
            "removeIslandsButton": self.onRemoveIslands,
            "restoreButton": self.onRestore,
            "outlineButton": self.onOutline,
            "addMissedButton": self.onAddMissed,
            "snappingCheckBox": self.onSnapping,
            "placeButton": self.onPlace,
            "deletePointButton": self.onDeletePoint,
            "undoButton": self.onUndo,
            "redoButton": self.onRedo,
            "resetPointButton": self.onResetPoint,
            "resetAllButton": self.onResetAll,
            "implantButton": self.onImplant,
            "showImplantCheckBox": self.onShowImplant,
            "showWayCheckBox": self.onShowWay,
            "findWayButton": self.onFindWay,
            "compareButton": self.onCompare,
            "sigmaButton": self.onSigma,
            "exportButton": self.onExport,
            "cancelButton": self.onCancel,
        }

    def enter(self):
        """Take up what the scene holds when the user comes back to the panel."""
        self.initializeParameterNode()

    def exit(self):
        """Let go of the parameter node while the panel is not seen; work in the background goes on."""
        if self.session is not None and not self.session.closed:
            self.session.hide_threshold()
        self.ui.previewCheckBox.checked = False
        self.setParameterNode(None)

    def cleanup(self):
        """Let go of everything before the panel is destroyed."""
        self.timer.stop()
        self.setParameterNode(None)
        self.removeObservers()
        self.logic.closeSessions()

    def onReload(self):
        """Reload the library with the module, which Slicer would leave as it is."""
        self.cleanup()
        for name in [name for name in sys.modules if name.split(".")[0] in ("SkullRestoreLib", "SkullRestorePanelLib")]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def onSceneStartClose(self, _caller=None, _event=None):
        """Let go of the scene's nodes before they go."""
        self.timer.stop()
        if self.sample is not None:
            self.sample.cancel()
        self.sample = self.session = None
        self.setParameterNode(None)
        self.logic.closeSessions()

    def onSceneEndClose(self, _caller=None, _event=None):
        """Start anew in the empty scene if the panel is seen."""
        if self.parent.isEntered:
            self.initializeParameterNode()
        self.showState()

    def onSceneEndImport(self, _caller=None, _event=None):
        """Take up what a loaded scene holds, now that all of it is there."""
        if self.parent.isEntered:
            self.initializeParameterNode()

    def initializeParameterNode(self):
        """Connect the panel with what it remembers."""
        self.setParameterNode(self.logic.getParameterNode())
        if self._parameterNode.inputNode is None:
            self._parameterNode.inputNode = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
        self.onInput()

    @property
    def parameters(self):
        """What the panel remembers; connected when a script presses a button of a panel that is not seen."""
        if self._parameterNode is None:
            self.initializeParameterNode()
        return self._parameterNode

    def setParameterNode(self, node):
        """Connect the controls with a parameter node, or with none."""
        if self._parameterNode is not None:
            self._parameterNode.disconnectGui(self._guiTag)
            self.removeObserver(self._parameterNode.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onInput)
        self._parameterNode = node
        if node is not None:
            # by hand, because connectGui of some versions gives no tag, and what it connected could never be let go of
            named = {widget.property("SlicerParameterName"): widget for widget in vars(self.ui).values()}
            self._guiTag = node.connectParametersToGui({name: widget for name, widget in named.items() if name})
            self.addObserver(node.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onInput)

    # --- input and bone

    def onInput(self, _caller=None, _event=None):
        """Open the session of the chosen input, when it is another one."""
        if slicer.mrmlScene.IsImporting():  # the nodes are not whole yet
            return
        node = self._parameterNode.inputNode if self._parameterNode is not None else None
        current = self.session.source_node if self.session is not None else None
        wanted, now = (None if one is None else one.GetID() for one in (node, current))
        if wanted == now and (wanted is not None or self.session is None):
            self.showState()
            return
        if self.session is not None:
            if self.showState in self.session.on_change:
                self.session.on_change.remove(self.showState)
            self.session.hide_threshold()
        self.session, self.refused = None, ""
        if node is not None:
            self._open(node)
        self.showState()

    def _open(self, node):
        """Open an input; why it cannot be used is said in the panel, where the intake's findings would stand."""
        from SkullRestoreLib.case import SkullRestoreError

        try:
            # Slicer's WaitCursor would process events in the middle of one
            with slicer.util.tryWithErrorDisplay(show=False, waitCursor=True):
                self.session = self.logic.session(node)
                if self.showState not in self.session.on_change:
                    self.session.on_change.append(self.showState)
                self.session.set_snapping(self._parameterNode.snapping)
                if self.session.can_resume and not self.session.busy and not self.logic.missing("segment"):
                    self.session.start_resume()
        except SkullRestoreError as error:
            self.refused = str(error)

    def onSample(self, _checked=False):
        """Begin to make the sample head."""
        with slicer.util.tryWithErrorDisplay(_("The sample could not be made."), waitCursor=True):
            self.sample = self.logic.startSample()
            self.timer.start()
        self.showState()

    def onSampleMade(self):
        """Choose the sample head."""
        job, self.sample = self.sample, None
        head, before = self.logic.takeSample(job)
        if self._parameterNode is not None:  # the user may have gone to another module meanwhile
            self._parameterNode.inputNode = head
            self._parameterNode.beforeNode = before

    def onThreshold(self, _value=None):
        """Show in the slices what the threshold takes."""
        if self.session is None or self._filling:
            return
        if self.ui.previewCheckBox.checked:
            self.showFoundThreshold()
            self.session.show_threshold(self.ui.thresholdSlider.value)
        else:
            self.session.hide_threshold()

    def showFoundThreshold(self):
        """Let the slider show the threshold that was found, where none is chosen."""
        from SkullRestoreLib.case import SkullRestoreError

        try:
            found = self.session.suggested_threshold() if self.parameters.autoThreshold else None
        except SkullRestoreError:
            return  # Segment says why there is none
        if found is not None and round(found) != self.parameters.threshold:
            self.parameters.threshold = min(max(float(round(found)), self.ui.thresholdSlider.minimum), self.ui.thresholdSlider.maximum)

    def onSegment(self, _checked=False):
        """Segment the bone."""
        self.ui.previewCheckBox.checked = False
        threshold = None if self.parameters.autoThreshold else self.parameters.threshold
        self._start(_("The bone could not be segmented."), ("segment",), lambda: self.session.start_segmentation(threshold))

    def onEditBone(self, _checked=False):
        """Open the bone in Segment Editor."""
        with slicer.util.tryWithErrorDisplay(_("Segment Editor could not be opened."), waitCursor=True):
            slicer.util.selectModule("SegmentEditor")
            editor = slicer.util.getModuleWidget("SegmentEditor").editor
            editor.setSegmentationNode(self.session.bone_node)
            if self.session.source_node.IsA("vtkMRMLScalarVolumeNode"):
                editor.setSourceVolumeNode(self.session.source_node)

    def onRemoveIsland(self, _checked=False):
        """Take the chosen bone island out."""
        row = self.ui.islandsTable.currentRow()
        if 0 <= row < len(self.session.islands):
            island = self.session.islands[row][0]
            self._start(_("The bone island could not be removed."), ("segment",), lambda: self.session.start_removal_of([island]))

    def onRemoveIslands(self, _checked=False):
        """Take every bone island out that lies in a defect."""
        self._start(_("The bone islands could not be removed."), ("segment",), lambda: self.session.start_removal_from_defects())

    def onIslandClicked(self, row, _column):
        """Centre all views on a bone island."""
        if row < len(self.session.islands):
            self.session.centre_on_island(self.session.islands[row][0])

    # --- restoration

    def onRestore(self, _checked=False):
        """Find the defects and restore the lost surface."""
        self.ui.previewCheckBox.checked = False
        self._start(_("The skull could not be restored."), ("segment", "restore"), lambda: self.session.start_restoration(self.settings()))

    def settings(self):
        """What is chosen in the panel, as the library's settings."""
        from SkullRestoreLib.settings import ImplantSettings, Settings

        own, implant = (chosen(self.parameters, fields) for fields in (SETTINGS, IMPLANT_SETTINGS))
        threshold = None if self.parameters.autoThreshold else self.parameters.threshold
        return Settings(threshold_hu=threshold, **own, implant=ImplantSettings(**implant))

    def onDefectClicked(self, row, _column):
        """Centre all views on a defect."""
        if row < len(self.session.rows):
            self.session.centre_on(self.session.rows[row].number)

    def onDefectChanged(self, item):
        """Switch a defect on or off."""
        import qt

        if not self._filling and item.column() == 0:
            row = self.session.rows[item.row()]
            wanted = item.checkState() == qt.Qt.Checked
            if wanted != row.on:
                self._edit(lambda: self.session.switch(row.number, wanted))

    def onOutline(self, checked=False):
        """Place points round a missed defect, or end that."""
        self._edit(lambda: self.session.place_outline(checked))

    def onAddMissed(self, _checked=False):
        """Restore a defect that was not found."""
        self.ui.outlineButton.checked = False
        painted = self.ui.paintedSelector.currentNode()
        self._start(_("The defect could not be added."), (), lambda: self.session.start_missed_defect(painted))

    # --- editing

    def onSnapping(self, _checked=False):
        """Points snap to the outer table, or not."""
        if self.session is not None:
            self.session.set_snapping(self.ui.snappingCheckBox.checked)

    def onPointCount(self):
        """Place another number of points."""
        count = self.ui.pointsSpinBox.value
        if self.session is not None and self.session.is_restored and count != self.session.settings.points:
            self._edit(lambda: self.session.set_point_count(count))

    def onPlace(self, checked=False):
        """Place points with the mouse, or end that."""
        self._edit(lambda: self.session.place_points(checked))

    def onDeletePoint(self, _checked=False):
        """Delete the point that was touched last."""
        self._edit(lambda: self.session.remove_point(self.session.touched))

    def onUndo(self, _checked=False):
        """Take the last edit back."""
        self._edit(self.session.undo)

    def onRedo(self, _checked=False):
        """Do again what was taken back."""
        self._edit(self.session.redo)

    def onResetPoint(self, _checked=False):
        """Put the point that was touched last back."""
        self._edit(lambda: self.session.reset_points([self.session.touched]))

    def onResetAll(self, _checked=False):
        """Put every point back."""
        self._edit(self.session.reset_points)

    # --- implant, comparison, export

    def onImplant(self, _checked=False):
        """Design the implants."""
        self.ui.showImplantCheckBox.checked = True
        self._start(_("The implants could not be designed."), ("implant",), lambda: self.session.start_implants(self.settings().implant))

    def onShowImplant(self, checked=False):
        """Show the implants or the surfaces."""
        if self.session is not None:
            self.session.foreground("implant" if checked else "surface")

    def onShowWay(self, checked=False):
        """Show the arrows along which the implants are put in, or not."""
        if self.session is not None:
            self.session.show_ways(checked)

    def onFindWay(self, _checked=False):
        """Forget the arrows that were turned by hand."""
        self._edit(self.session.find_ways)

    def onCompare(self, _checked=False):
        """Compare with the skull before the operation."""
        self.ui.showImplantCheckBox.checked = False  # the distances are colours of the surfaces
        before = self.parameters.beforeNode
        self._start(_("The skulls could not be compared."), ("segment",), lambda: self.session.start_comparison(before))

    def onSigma(self, _checked=False):
        """Colour the surfaces by their standard error."""
        self._edit(self.session.colour_by_sigma)

    def onExport(self, _checked=False):
        """Write everything into the chosen folder."""
        node = self.parameters
        also = tuple(name for field, name in FORMATS.items() if getattr(node, field))

        def start():
            if str(node.exportFolder) in ("", "."):
                raise ValueError(_("Choose a folder for the files first."))
            self.session.start_export(node.exportFolder, force=node.overwrite, scene_file=node.exportScene, also=also)

        self._start(
            _("The result could not be written."),
            ("implant", "export", *(("pdf",) if "pdf" in also else ())),
            start,
        )

    # --- work in the background

    def _start(self, failed, steps, start):
        """Start work in the background, with the packages it needs."""
        try:
            with slicer.util.tryWithErrorDisplay(failed, waitCursor=False):  # questions may be asked
                if self.session is None:
                    raise ValueError(_("Choose a head CT, a bone segmentation or a skull model first."))
                self.logic.require(*steps)
                with slicer.util.tryWithErrorDisplay(show=False, waitCursor=True):
                    start()
        finally:
            self.showState()

    def _edit(self, change):
        """Change something at once."""
        try:
            with slicer.util.tryWithErrorDisplay(_("This could not be changed."), waitCursor=False):
                change()
        finally:
            self.showState()

    def onTimer(self):
        """Give the thread that works its turn, and take over what it made."""
        try:
            with slicer.util.tryWithErrorDisplay(_("SkullRestore could not finish."), waitCursor=False):
                if self.sample is not None:
                    if self.sample.wait(PAUSE_S):
                        self.onSampleMade()
                elif self.session is None or not self.session.poll(PAUSE_S):
                    self.stopTimer()
                    if self.session is not None and self.session.is_segmented and self._parameterNode is not None:
                        self.showFoundThreshold()
        finally:
            self.showProgress()

    def stopTimer(self):
        """Rest, unless a result has begun new work."""
        if self.sample is None and (self.session is None or not self.session.busy):
            self.timer.stop()

    def onCancel(self, _checked=False):
        """Stop the work."""
        if self.sample is not None:
            self.sample.cancel()
            self.sample = None
        if self.session is not None:
            self.session.cancel()
        self.showState()

    # --- what is shown

    def showProgress(self):
        """Show the step that is going on."""
        job = self.sample or (self.session.job if self.session is not None else None)
        self.ui.progressBar.setVisible(job is not None)
        self.ui.cancelButton.setVisible(job is not None)
        if job is not None:
            self.ui.progressBar.setValue(int(100 * job.fraction))
            self.ui.progressBar.setFormat(job.step)
            slicer.util.showStatusMessage(_("SkullRestore: {step}").format(step=job.step), 1000)

    def showState(self):
        """Show everything that the session tells."""
        self._filling = True
        try:
            session = self.session if self.session is not None and not self.session.closed else None
            shown.show_available(self.ui, session)
            shown.show_texts(self.ui, session, self.refused, self.logic.missing("segment", "restore", "implant", "export"))
            shown.show_tables(self.ui, session)
            self.showProgress()
        finally:
            self._filling = False
        if session is not None and session.busy:  # started here or by a script: the timer is what lets it land
            self.timer.start()


class SkullRestoreTest(ScriptedLoadableModuleTest):
    """Self-test inside Slicer, with and without a main window."""

    def runTest(self):
        """Run the phantom through the panel's way; without PyTorch up to the bone."""
        slicer.mrmlScene.Clear()
        logic = SkullRestoreLogic()
        self.assertIsNotNone(resource("UI/SkullRestore.ui"))
        head, before = logic.makeSample()
        if missing := logic.missing("segment"):
            self.delayDisplay(_("Skipped, because these packages are missing: {packages}").format(packages=", ".join(missing)))
            return
        session = logic.session(head)
        session.start_segmentation()
        session.finish(slicer.app.processEvents)
        self.assertIsNotNone(session.bone_node)
        if missing := logic.missing("restore", "implant"):
            self.delayDisplay(
                _("Stopped after the bone, because these packages are missing: {packages}").format(packages=", ".join(missing))
            )
            return
        session = logic.restore(head)
        self.assertEqual(len(session.rows), 1)
        self.assertGreater(session.rows[0].area_cm2, 40)
        session.set_snapping(False)
        session.move_point(0, session.points[0].position + 2)
        self.assertEqual(session.moved_points, 1)
        session.undo()
        self.assertEqual(session.moved_points, 0)
        session.start_implants()
        session.finish(slicer.app.processEvents)
        self.assertTrue(session.implants[0].watertight)
        session.start_comparison(before)
        session.finish(slicer.app.processEvents)
        self.assertLess(session.comparison.differences[0].deviation.largest, 4)
        slicer.mrmlScene.Clear()
        self.assertTrue(session.closed)
        self.delayDisplay(_("Test passed."))
