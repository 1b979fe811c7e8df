"""SkullRestore in 3D Slicer: a panel that connects controls to a session. Everything clinical is in SkullRestoreLib."""

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

_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)

from SkullRestorePanelLib import (  # noqa: E402
    dicom_database,
    language,
    panel_state,
    plan_state,
    selectors,
    view_state,
)
from SkullRestorePanelLib.logic import POLL_INTERVAL_S, SkullRestoreLogic, bundledWheels, resourcePath  # noqa: E402
from SkullRestorePanelLib.messages import SectionMessages, panel_words  # noqa: E402
from SkullRestorePanelLib.parameters import (  # noqa: E402, F401
    ALL_SETTINGS,
    CHOICE_SETTINGS,
    FORMAT_FIELDS,
    GENERAL_SETTINGS,
    IMPLANT_SETTINGS,
    PLAN_SETTINGS,
    SkullRestoreParameterNode,
    chosen_settings,
)
from SkullRestorePanelLib.shortcuts import Shortcuts  # noqa: E402


class SkullRestore(ScriptedLoadableModule):
    """Title, category, help and icon of the module."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        language.install(resourcePath)
        parent.title = _("SkullRestore")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Planning")]
        parent.dependencies = []
        parent.contributors = ["SkullRestore contributors"]
        parent.helpText = _(
            "Restores the lost surface of the skull from a head CT and designs a printable implant: "
            "choose the CT, press Restore, drag reference points to change the surface, design the implant, export. "
            "<p><b>Research use only.</b> Not cleared by any authority; "
            "a qualified clinician must approve every design.</p>"
            '<p>Tutorial: <a href="https://github.com/SkullRestore/SlicerSkullRestore#tutorial">'
            "github.com/SkullRestore/SlicerSkullRestore</a></p>"
        )
        parent.acknowledgementText = _(
            "Method after Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102. "
            "Weights and shape statistics (CC BY-NC-SA 4.0) were learnt from SkullFix, which was made from CQ500."
        )
        icon = resourcePath("Icons/SkullRestore.png")
        if icon is not None:
            import qt

            parent.icon = qt.QIcon(icon)
        slicer.app.connect("startupCompleted()", registerSampleData)
        slicer.app.connect("startupCompleted()", registerSegmentEditorEffect)


def registerSampleData():
    """Offer the sample head in the module Sample Data, where Slicer has it."""
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
        thumbnailFileName=resourcePath("Icons/SkullRestoreHead.png"),
        customDownloader=lambda _source=None: SkullRestoreLogic().makeSample(),
    )


def registerSegmentEditorEffect():
    """Offer the effect *Skull defect* in Segment Editor, where Slicer has it."""
    try:
        import qSlicerSegmentationsEditorEffectsPythonQt as effects
    except ImportError:
        return
    effect = effects.qSlicerSegmentEditorScriptedPaintEffect(None)
    effect.setPythonSource(f"{_HERE}/SkullDefectEffectLib/SkullDefectEffect.py".replace("\\", "/"))
    effect.self().register()


class SkullRestoreWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel: connects controls to a session, and shows its state."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.session = None
        self.sampleJob = None  # the job that makes the sample head
        self.refusal = ""  # why the chosen input cannot be used
        self._parameterNode = None
        self._guiConnectionTag = None
        self._updatingGui = False
        self._pointCount = None  # per defect, as shown last
        self._fullness = None  # of the surface, as shown last
        self._workSection = "input"  # part of the panel that started the work

    # --- setting up and closing

    def setup(self):
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        import qt

        panel = slicer.util.loadUI(resourcePath("UI/SkullRestore.ui"))
        self.layout.addWidget(panel)
        self.ui = slicer.util.childWidgetVariables(panel)
        panel.setMRMLScene(slicer.mrmlScene)
        self.logic = SkullRestoreLogic()
        panel_state.explain_ranges(self.ui, ALL_SETTINGS)
        self.messages = SectionMessages(self.ui)
        self.focus = panel_state.FocusKeeper(self.ui)
        self.shortcuts = Shortcuts(
            panel,
            {"Ctrl+Z": self.onUndo, "Ctrl+Y": self.onRedo, "Ctrl+Shift+Z": self.onRedo, "Esc": self.onStopPlacing},
        )
        self.timer = qt.QTimer()
        self.timer.setInterval(1)
        self.timer.connect("timeout()", self.onTimer)
        for name, action in self._buttonActions().items():
            getattr(self.ui, name).connect("clicked(bool)", action)
        self.ui.thresholdSlider.connect("valueChanged(double)", self.onThreshold)
        for name in ("sectionTurnSlider", "sectionOffsetSlider"):
            getattr(self.ui, name).connect("valueChanged(double)", self.onMoveSection)
        self.ui.fadeSlider.connect("valueChanged(double)", self.onFade)
        self.ui.pointsSpinBox.connect("editingFinished()", self.onPointCount)
        self.ui.fullnessSlider.connect("valueChanged(double)", self.onFullness)
        self.ui.islandsTable.connect("cellClicked(int,int)", self.onIslandClicked)
        self.ui.defectsTable.connect("cellClicked(int,int)", self.onDefectClicked)
        self.ui.defectsTable.connect("itemChanged(QTableWidgetItem*)", self.onDefectChanged)
        self.ui.objectsTable.connect("cellClicked(int,int)", self.onObjectClicked)
        self.ui.objectsTable.connect("itemChanged(QTableWidgetItem*)", self.onObjectChanged)
        self.ui.guidesTable.connect("itemChanged(QTableWidgetItem*)", self.onGuideChanged)
        self.ui.guidesTable.connect("cellClicked(int,int)", self.onGuideClicked)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndImportEvent, self.onSceneEndImport)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.NodeAboutToBeRemovedEvent, self.onNodeAboutToBeRemoved)
        interaction = slicer.app.applicationLogic().GetInteractionNode()
        self.addObserver(interaction, interaction.InteractionModeChangedEvent, self.onInteractionMode)
        self.initializeParameterNode()

    def _buttonActions(self):
        """Map each button to what it does."""
        return {
            "installButton": self.onInstallFromFolder,
            "sampleButton": self.onMakeSample,
            "previewCheckBox": self.onThreshold,
            "segmentButton": self.onSegment,
            "editBoneButton": self.onEditBone,
            "removeIslandButton": self.onRemoveIsland,
            "removeIslandsButton": self.onRemoveIslands,
            "restoreButton": self.onRestore,
            "drawLineButton": self.onDrawLine,
            "drawCircleButton": self.onDrawCircle,
            "tumourLineButton": self.onTumourLine,
            "undoLineButton": self.onUndo,
            "redoLineButton": self.onRedo,
            "deleteLineButton": self.onDeleteLine,
            "planButton": self.onPlan,
            "outlineButton": self.onPlaceOutline,
            "addMissedButton": self.onAddMissedDefect,
            "snappingCheckBox": self.onSnapping,
            "placeButton": self.onPlacePoints,
            "deletePointButton": self.onDeletePoint,
            "undoButton": self.onUndo,
            "redoButton": self.onRedo,
            "resetPointButton": self.onResetPoint,
            "resetAllButton": self.onResetAll,
            "implantButton": self.onDesignImplants,
            "showImplantCheckBox": self.onShowImplant,
            "showWayCheckBox": self.onShowInsertionArrows,
            "findWayButton": self.onResetInsertionArrows,
            "compareButton": self.onCompare,
            "sigmaButton": self.onColourByStandardError,
            "exportButton": self.onExport,
            "sectionCheckBox": self.onSection,
            "clipCheckBox": self.onClipBox,
            "mirrorCheckBox": self.onMirror,
            "pictureButton": self.onPicture,
            "dropPicturesButton": self.onDropPictures,
            "staleButton": self.onMakeCurrent,
            "cancelButton": self.onCancel,
        }

    def enter(self):
        """Connect the panel with the scene when the user opens it."""
        self.shortcuts.connect()
        self.initializeParameterNode()

    def exit(self):
        """Disconnect the parameter node while the panel is not seen; work in the background goes on."""
        if self.session is not None and not self.session.is_closed:
            self.session.hide_threshold_preview()
            self.session.stop_placing()
        self.ui.previewCheckBox.checked = False
        self.shortcuts.disconnect()
        self.setParameterNode(None)

    def cleanup(self):
        """Release everything before the panel is destroyed."""
        self.timer.stop()
        self.shortcuts.disconnect()
        self.setParameterNode(None)
        self.removeObservers()
        self.logic.closeSessions()

    def onReload(self):
        """Reload the library with the module; Slicer alone would keep the old library."""
        self.cleanup()
        for name in [name for name in sys.modules if name.split(".")[0] in ("SkullRestoreLib", "SkullRestorePanelLib")]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def onSceneStartClose(self, _caller=None, _event=None):
        """Release the nodes of the scene before it is closed."""
        self.timer.stop()
        if self.sampleJob is not None:
            self.sampleJob.cancel()
        self.sampleJob = self.session = None
        self.messages.clear()
        self.setParameterNode(None)
        self.logic.closeSessions()

    def onSceneEndClose(self, _caller=None, _event=None):
        """Connect the panel with the empty scene if it is seen."""
        if self.parent.isEntered:
            self.initializeParameterNode()
        self.showState()

    def onSceneEndImport(self, _caller=None, _event=None):
        """Connect the panel with a loaded scene, now that all its nodes are there."""
        if self.parent.isEntered:
            self.initializeParameterNode()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeAboutToBeRemoved(self, _caller, _event, node):
        """Choose nothing in place of a chosen node that is deleted."""
        if not slicer.mrmlScene.IsClosing():
            selectors.let_go(self.ui, self._parameterNode, node)

    def onInteractionMode(self, _caller=None, _event=None):
        """Show whether clicks place points: Slicer ends that by itself at a right click."""
        placing = self.session.placing if self.session is not None and not self.session.is_closed else None
        self.ui.placeButton.checked = placing == "points"
        self.ui.outlineButton.checked = placing == "outline"
        self.ui.drawLineButton.checked = placing == "line"
        self.ui.drawCircleButton.checked = placing == "circle"
        self.shortcuts.enable("Esc", placing is not None)

    def initializeParameterNode(self):
        """Connect the controls with their saved values, and choose defaults where there are none."""
        self.setParameterNode(self.logic.getParameterNode())
        if self._parameterNode.inputNode is None:
            active = slicer.app.applicationLogic().GetSelectionNode().GetActiveVolumeID()
            self._parameterNode.inputNode = selectors.first_input(slicer.mrmlScene, active)
        if str(self._parameterNode.exportFolder) in ("", "."):  # else the button shows a folder that is not used
            self._parameterNode.exportFolder = Path.home() / "SkullRestore"
        self.onInput()

    @property
    def parameters(self):
        """Values of the controls. Connected here if a script presses a button of a panel that is not seen."""
        if self._parameterNode is None:
            self.initializeParameterNode()
        return self._parameterNode

    def setParameterNode(self, node):
        """Connect the controls with a parameter node.

        Parameters
        ----------
        node : SkullRestoreParameterNode or None
            None disconnects them.
        """
        if self._parameterNode is not None:
            self._parameterNode.disconnectGui(self._guiConnectionTag)
            self.removeObserver(self._parameterNode.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onInput)
        self._parameterNode = node
        if node is not None:
            # not by connectGui, which in some versions returns no tag, so that nothing could be disconnected
            named = {widget.property("SlicerParameterName"): widget for widget in vars(self.ui).values()}
            self._guiConnectionTag = node.connectParametersToGui(
                {name: widget for name, widget in named.items() if name}
            )
            self.addObserver(node.parameterNode, vtk.vtkCommand.ModifiedEvent, self.onInput)

    # --- input and bone

    def onInput(self, _caller=None, _event=None):
        """Open the session of the chosen input, if it is another one."""
        if slicer.mrmlScene.IsImporting():  # some nodes are still missing
            return
        node = self._parameterNode.inputNode if self._parameterNode is not None else None
        current = self.session.source_node if self.session is not None else None
        nodeID, currentID = (None if n is None else n.GetID() for n in (node, current))
        if nodeID == currentID and (nodeID is not None or self.session is None):
            self.reportSettings()
            self.showState()
            return
        if self.session is not None:
            if self.showState in self.session.on_change:
                self.session.on_change.remove(self.showState)
            self.session.planner.on_measured = []
            self.session.hide_threshold_preview()
            self.session.stop_placing()
            self.session.aids.hide_section()
        self.session, self.refusal = None, ""
        self.messages.clear()
        if node is not None:
            self._openInput(node)
            self.logic.showInSlices(node)
        self.reportSettings()
        self.showState()

    def reportSettings(self):
        """Report the settings of the controls to the session, so that it can mark results made with other settings."""
        from SkullRestoreLib.errors import InputError

        if self.session is None or self.session.is_closed or self._parameterNode is None:
            return
        try:
            self.session.choose(self.chosenSettings())
        except InputError:
            return  # the step that uses it shows the error
        self.session.planner.choose(*self.chosenPlan())

    def _openInput(self, node):
        """Open an input. If it cannot be used, the panel says why in the place of the findings."""
        from SkullRestoreLib.errors import SkullRestoreError

        try:
            # not slicer.util.WaitCursor, which would process events inside of an event
            with slicer.util.tryWithErrorDisplay(show=False, waitCursor=True):
                self.session = self.logic.sessionForNode(node)
                if self.showState not in self.session.on_change:
                    self.session.on_change.append(self.showState)
                self.session.planner.on_measured = [self.onLineMeasured]
                self.session.show_alone()
                self.session.set_snapping(self._parameterNode.snapping)
                if self.session.can_resume and not self.session.is_busy and not self.logic.missingPackages("segment"):
                    self.session.start_resume()
        except SkullRestoreError as error:
            self.refusal = panel_words(str(error))

    def onInstallFromFolder(self, _checked=False):
        """Install the missing packages from the bundle's wheel files, or from a folder that the user chooses."""
        import qt

        folder = bundledWheels() or qt.QFileDialog.getExistingDirectory(
            slicer.util.mainWindow(), _("Folder with the wheel files")
        )
        with self.messages.reporting("input", _("The packages could not be installed."), waitCursor=True):
            if folder:
                self.logic.installFromFolder(folder)
        self.showState()

    def onMakeSample(self, _checked=False):
        """Start to make the sample head."""
        self._workSection = "input"
        with self.messages.reporting("input", _("The sample could not be made."), waitCursor=True):
            self.sampleJob = self.logic.startSample()
            self.timer.start()
        self.showState()

    def onSampleMade(self):
        """Choose the sample head as input."""
        job, self.sampleJob = self.sampleJob, None
        head, before = self.logic.addSampleToScene(job)
        if self._parameterNode is not None:  # None if the user has opened another module since
            self._parameterNode.inputNode = head
            self._parameterNode.beforeNode = before

    def onThreshold(self, _value=None):
        """Colour in the slices what the threshold takes."""
        if self.session is None or self._updatingGui:
            return
        if self.ui.previewCheckBox.checked:
            self.showSuggestedThreshold()
            self.session.show_threshold_preview(self.ui.thresholdSlider.value)
        else:
            self.session.hide_threshold_preview()

    def showSuggestedThreshold(self):
        """Show the automatic threshold on the slider, unless the user chose one."""
        from SkullRestoreLib.errors import SkullRestoreError

        try:
            found = self.session.automatic_threshold() if self.parameters.autoThreshold else None
        except SkullRestoreError:
            return  # the button Segment shows why there is none
        if found is not None and round(found) != self.parameters.threshold:
            self.parameters.threshold = min(
                max(float(round(found)), self.ui.thresholdSlider.minimum), self.ui.thresholdSlider.maximum
            )

    def onSegment(self, _checked=False):
        """Segment the bone."""
        self.ui.previewCheckBox.checked = False
        threshold = None if self.parameters.autoThreshold else self.parameters.threshold
        self._startWork(
            "bone",
            _("The bone could not be segmented."),
            ("segment",),
            lambda: self.session.start_segmentation(threshold),
        )

    def onEditBone(self, _checked=False):
        """Open the bone in Segment Editor."""
        with self.messages.reporting("bone", _("Segment Editor could not be opened."), waitCursor=True):
            slicer.util.selectModule("SegmentEditor")
            editor = slicer.util.getModuleWidget("SegmentEditor").editor
            editor.setSegmentationNode(self.session.bone_node)
            if self.session.source_node.IsA("vtkMRMLScalarVolumeNode"):
                editor.setSourceVolumeNode(self.session.source_node)

    def onRemoveIsland(self, _checked=False):
        """Remove the selected bone island."""
        row = self.ui.islandsTable.currentRow()
        if 0 <= row < len(self.session.islands):
            island = self.session.islands[row][0]
            self._startWork(
                "bone",
                _("The bone island could not be removed."),
                ("segment",),
                lambda: self.session.start_island_removal([island]),
            )

    def onRemoveIslands(self, _checked=False):
        """Remove every bone island that is in a defect."""
        self._startWork(
            "bone",
            _("The bone islands could not be removed."),
            ("segment",),
            lambda: self.session.start_defect_island_removal(),
        )

    def onIslandClicked(self, row, _column):
        """Centre all views on a bone island."""
        if row < len(self.session.islands):
            self.session.centre_on_island(self.session.islands[row][0])

    # --- restoration

    def onRestore(self, _checked=False):
        """Find the defects and restore the lost surface."""
        self.ui.previewCheckBox.checked = False
        self._startWork(
            "restore",
            _("The skull could not be restored."),
            ("segment", "restore"),
            lambda: self.session.start_restoration(self.chosenSettings()),
        )

    def chosenSettings(self):
        """Read the controls as the library's settings.

        Returns
        -------
        SkullRestoreLib.settings.Settings

        Raises
        ------
        SkullRestoreLib.errors.InputError
            With a sentence, if a value is out of range.
        """
        from SkullRestoreLib.errors import InputError
        from SkullRestoreLib.settings import Settings

        threshold = None if self.parameters.autoThreshold else self.parameters.threshold
        base = Settings() if self.session is None else self.session.settings  # for those without a control
        try:
            general, implant = (
                chosen_settings(self.parameters, fields) for fields in (GENERAL_SETTINGS, IMPLANT_SETTINGS)
            )
            return base.with_changes(threshold_hu=threshold, implant=base.implant.with_changes(**implant), **general)
        except ValueError as error:
            raise InputError(str(error)) from error

    def onDefectClicked(self, row, _column):
        """Centre all views on a defect."""
        if row < len(self.session.defect_rows):
            self.session.centre_on_defect(self.session.defect_rows[row].number)
        self.showState()

    def onDefectChanged(self, item):
        """Switch a defect on or off."""
        import qt

        if not self._updatingGui and item.column() == 0:
            row = self.session.defect_rows[item.row()]
            enabled = item.checkState() == qt.Qt.Checked
            if enabled != row.is_enabled:
                self._applyEdit("restore", lambda: self.session.set_defect_enabled(row.number, enabled))

    def onObjectClicked(self, row, _column):
        """Centre all views on an object in a hole."""
        if self.session is not None and row < len(self.session.object_rows):
            self.session.centre_on_object(self.session.object_rows[row].number)

    def onObjectChanged(self, item):
        """Let an object in a hole stay or go; the surface is out of date until the skull is restored again."""
        import qt

        if not self._updatingGui and item.column() == 0:
            row = self.session.object_rows[item.row()]
            removed = item.checkState() == qt.Qt.Checked
            if removed != row.is_removed:
                self._applyEdit("restore", lambda: self.session.set_object_removed(row.number, removed))

    def onPlaceOutline(self, checked=False):
        """Place points around a missed defect, or end that."""
        self._applyEdit("missed", lambda: self.session.set_placing_outline(checked))

    def onStopPlacing(self):
        """End the placing of points."""
        if self.session is not None:
            self.session.stop_placing()

    def onAddMissedDefect(self, _checked=False):
        """Restore a defect that was not found."""
        self.onStopPlacing()
        painted = self.ui.paintedSelector.currentNode()
        self._startWork(
            "missed", _("The defect could not be added."), (), lambda: self.session.start_adding_missed_defect(painted)
        )

    # --- planning before the bone is cut

    def chosenPlan(self):
        """Read the controls of the plan.

        Returns
        -------
        settings : SkullRestoreLib.settings.PlanSettings
        choices : SkullRestoreLib.settings.ResectionChoices
        """
        from SkullRestoreLib.settings import PlanSettings, ResectionChoices

        settings, choices = (chosen_settings(self.parameters, fields) for fields in (PLAN_SETTINGS, CHOICE_SETTINGS))
        return PlanSettings(**settings), ResectionChoices(**choices)

    def onDrawLine(self, checked=False):
        """Draw the resection line by clicks, or end that."""
        self._startDrawing("curve", checked)

    def onDrawCircle(self, checked=False):
        """Draw a circle at the next click, or end that."""
        self._startDrawing("circle", checked)

    def _startDrawing(self, origin, checked):
        """Let clicks draw; the head is looked for first where it is not known."""
        if not checked:
            self.onStopPlacing()
            self.showState()
            return
        self._startWork(
            "plan",
            _("The line could not be drawn."),
            ("segment", "restore", "implant"),
            lambda: self.session.planner.start_drawing(origin),
        )

    def onTumourLine(self, _checked=False):
        """Draw the line around the tumour."""
        tumour = self.ui.tumourSelector.currentNode()
        self._startWork(
            "plan",
            _("The line could not be drawn."),
            ("segment", "restore", "implant"),
            lambda: self.session.planner.start_tumour_line(tumour),
        )

    def onDeleteLine(self, _checked=False):
        """Delete the resection line."""
        self._applyEdit("plan", lambda: self.session.planner.delete_line())

    def onLineMeasured(self):
        """Show the numbers of a line whose point is dragged."""
        plan_state.show_line(self.ui, self.shownSession)

    def onPlan(self, _checked=False):
        """Plan the resection: opening, implant and guides."""
        self.ui.previewCheckBox.checked = False
        self._startWork(
            "plan",
            _("The resection could not be planned."),
            ("segment", "restore", "implant"),
            lambda: self.session.planner.start_plan(self.chosenSettings()),
        )

    def onGuideChanged(self, item):
        """Show or hide a guide."""
        import qt

        if not self._updatingGui and item.column() == 0:
            row = self.session.planner.guide_rows[item.row()]
            shown = item.checkState() == qt.Qt.Checked
            if shown != row["shown"]:
                self._applyEdit("plan", lambda: self.session.planner.show_guide(row["kind"], shown))

    def onGuideClicked(self, _row, _column):
        """Show how the chosen guide sits."""
        self.showState()

    # --- editing

    def onSnapping(self, _checked=False):
        """Choose whether points snap to the outer table."""
        if self.session is not None:
            self.session.set_snapping(self.ui.snappingCheckBox.checked)

    def onPointCount(self):
        """Place another number of points."""
        count = self.ui.pointsSpinBox.value
        if self.session is not None and self.session.is_restored and count != self.session.point_count:
            self._applyEdit("edit", lambda: self.session.set_point_count(count))

    def onFullness(self, fullness):
        """Make the restored surface fuller or flatter."""
        session = self.shownSession
        if not self._updatingGui and session is not None and session.is_restored and fullness != session.fullness:
            self._applyEdit("edit", lambda: session.set_fullness(fullness))

    def onPlacePoints(self, checked=False):
        """Place points with the mouse, or end that."""
        self._applyEdit("edit", lambda: self.session.set_placing_points(checked))

    def onDeletePoint(self, _checked=False):
        """Delete the point that was touched last."""
        self._applyEdit("edit", lambda: self.session.remove_point(self.session.selected_point_index))

    def onUndo(self, _checked=False):
        """Undo the last edit."""
        if not self.ui.undoButton.enabled:  # the key works always
            return
        self._applyEdit("edit", lambda: self.session.undo())

    def onRedo(self, _checked=False):
        """Redo what was undone."""
        if not self.ui.redoButton.enabled:
            return
        self._applyEdit("edit", lambda: self.session.redo())

    def onResetPoint(self, _checked=False):
        """Put the point that was touched last back."""
        self._applyEdit("edit", lambda: self.session.reset_points([self.session.selected_point_index]))

    def onResetAll(self, _checked=False):
        """Put every point back."""
        self._applyEdit("edit", lambda: self.session.reset_points())

    # --- implant, comparison, export

    def onDesignImplants(self, _checked=False):
        """Design the implants."""
        self.ui.showImplantCheckBox.checked = True
        self._startWork(
            "implant",
            _("The implants could not be designed."),
            ("implant",),
            lambda: self.session.start_implant_design(self.chosenSettings().implant),
        )

    def onShowImplant(self, checked=False):
        """Show the implants or the surfaces."""
        if self.session is not None:
            self.session.bring_to_front("implant" if checked else "surface")

    def onShowInsertionArrows(self, checked=False):
        """Show the insertion arrows, or hide them."""
        if self.session is not None:
            self.session.show_insertion_arrows(checked)

    def onResetInsertionArrows(self, _checked=False):
        """Drop the insertion directions that the user gave."""
        self._applyEdit("implant", lambda: self.session.reset_insertion_arrows())

    def onCompare(self, _checked=False):
        """Compare with the skull before the operation."""
        self.ui.showImplantCheckBox.checked = False  # the distances are colours of the surfaces
        before = self.parameters.beforeNode
        doubt = self.session.doubt_about(before)
        if doubt is not None and not slicer.util.confirmOkCancelDisplay(
            _("{doubt} Compare all the same?").format(doubt=language.translate(doubt))
        ):
            return
        self._startWork(
            "compare",
            _("The skulls could not be compared."),
            ("segment",),
            lambda: self.session.start_comparison(before, confirmed=True),
        )

    def onColourByStandardError(self, _checked=False):
        """Colour the surfaces by their standard error."""
        self._applyEdit("compare", lambda: self.session.colour_by_standard_error())

    def onExport(self, _checked=False):
        """Write everything into the chosen folder."""
        node = self.parameters
        extraFormats = tuple(name for field, name in FORMAT_FIELDS.items() if getattr(node, field))

        def start():
            self.session.choose(self.chosenSettings())
            withDicom = "dicom" in extraFormats
            self.session.start_export(
                node.exportFolder,
                force=node.overwrite,
                scene_file=node.exportScene,
                also=extraFormats,
                dicom_files=dicom_database.files_of(self.session.source_node) if withDicom else (),
                language=language.knownLanguage(),
                on_written=dicom_database.add_objects if withDicom else lambda _exported: "",
            )

        self._startWork(
            "export",
            _("The result could not be written."),
            ("implant", "export", *(name for name in ("pdf", "dicom") if name in extraFormats)),
            start,
        )

    # --- looking at the result

    def onSection(self, checked=False):
        """Show the section along the insertion direction in a slice view, or what that showed before."""
        aids = self.session.aids
        self._applyEdit("views", self._showSection if checked else aids.hide_section)

    def onMoveSection(self, _value=None):
        """Turn or shift the section."""
        if not self._updatingGui and self.shownSession is not None and self.session.aids.shows_section:
            self._showSection()

    def _showSection(self):
        self.session.aids.show_section(
            view_state.chosen_defect(self.ui, self.session),
            turn_deg=self.ui.sectionTurnSlider.value,
            offset_mm=self.ui.sectionOffsetSlider.value,
        )

    def onClipBox(self, checked=False):
        """Draw only what is inside of a box, or everything."""
        aids = self.session.aids
        self._applyEdit(
            "views",
            lambda: (
                aids.show_clip_box(view_state.chosen_defect(self.ui, self.session)) if checked else aids.hide_clip_box()
            ),
        )

    def onMirror(self, checked=False):
        """Show the mirrored other side, or hide it."""
        aids = self.session.aids
        self._applyEdit("views", aids.show_mirror if checked else aids.hide_mirror)

    def onFade(self, percent):
        """Let surfaces and implants fade."""
        if not self._updatingGui and self.shownSession is not None:
            self.session.aids.show_part_of_result(percent / 100)

    def onPicture(self, _checked=False):
        """Keep a picture of the 3D view for the report."""
        self._applyEdit("views", lambda: self.session.aids.keep_picture(view_state.capture_3d_view()))

    def onDropPictures(self, _checked=False):
        """Forget the pictures."""
        self._applyEdit("views", lambda: self.session.aids.drop_pictures())

    # --- work in the background

    def _startWork(self, section, failed, steps, start):
        """Start work in the background; the packages that it needs are installed first.

        Parameters
        ----------
        section : str
            Part of the panel that says what was refused.
        failed : str
            Heading of the message about a fault of the program.
        steps : tuple of str
            Keys of STEP_PACKAGES.
        start : callable
            Starts the work.
        """
        from SkullRestoreLib.errors import InputError

        self._workSection = section
        try:
            with self.messages.reporting(section, failed):  # without a wait cursor: the user may be asked something
                if self.session is None:
                    raise InputError(_("Choose a head CT, a bone segmentation or a skull model first."))
                self.logic.requirePackages(*steps)
                with slicer.util.tryWithErrorDisplay(show=False, waitCursor=True):
                    start()
        finally:
            self.showState()

    def _applyEdit(self, section, change):
        """Make a change that needs no background work."""
        try:
            with self.messages.reporting(section, _("This could not be changed.")):
                change()
        finally:
            self.showState()

    def onTimer(self):
        """Let the background work for a moment, and take over its result when it is done."""
        try:
            with self.messages.reporting(self._workSection, _("SkullRestore could not finish."), isNew=False):
                if self.sampleJob is not None:
                    if self.sampleJob.wait(POLL_INTERVAL_S):
                        self.onSampleMade()
                elif self.session is None or not self.session.poll(POLL_INTERVAL_S):
                    self.stopTimerIfIdle()
                    if self.session is not None and self.session.is_segmented and self._parameterNode is not None:
                        self.showSuggestedThreshold()
        finally:
            with self.focus:
                self.showProgress()
            self.messages.show(self.session)

    def stopTimerIfIdle(self):
        """Stop the timer, unless a result has started new work."""
        if self.sampleJob is None and (self.session is None or not self.session.is_busy):
            self.timer.stop()

    def onMakeCurrent(self, _checked=False):
        """Make again what is out of date."""
        stale = self.session.stale if self.session is not None else None
        if stale is not None and stale.surface:
            self.onRestore() if self.session.planner.planned is None else self.onPlan()
        elif stale is not None and stale.implants:
            self.onDesignImplants()

    def onCancel(self, _checked=False):
        """Cancel the work."""
        if self.sampleJob is not None:
            self.sampleJob.cancel()
            self.sampleJob = None
        if self.session is not None:
            self.session.cancel()
        self.showState()

    # --- what is shown

    def showProgress(self):
        """Show the step that runs, or the one that comes next, in the row that is always in sight."""
        job = self.sampleJob or (self.session.job if self.session is not None else None)
        self.ui.cancelButton.enabled = job is not None
        self.ui.progressBar.setValue(int(100 * job.fraction) if job is not None else 0)
        step = language.translate(job.step) if job is not None else panel_state.next_step(self.shownSession)
        self.ui.progressBar.setFormat(step)
        if job is not None:
            slicer.util.showStatusMessage(_("SkullRestore: {step}").format(step=step), 1000)

    @property
    def shownSession(self):
        """The session that is open; None where there is none."""
        return self.session if self.session is not None and not self.session.is_closed else None

    def showState(self):
        """Show the state of the session."""
        self._updatingGui = True
        try:
            session = self.shownSession
            self.followPointCount(session)
            self.followFullness(session)
            selectors.hide_own_nodes(self.ui, slicer.mrmlScene)
            with self.focus:
                self.showProgress()
                panel_state.enable_available_controls(self.ui, session)
            panel_state.show_stale(
                self.ui, session, self._parameterNode.beforeNode if self._parameterNode is not None else None
            )
            panel_state.show_texts(
                self.ui, session, self.refusal, self.logic.missingPackages("segment", "restore", "implant", "export")
            )
            panel_state.show_tables(self.ui, session)
            plan_state.show_plan(self.ui, session)
            view_state.show_views(self.ui, session)
            self.messages.show(session)
            self.onInteractionMode()
        finally:
            self._updatingGui = False
        if session is not None and session.is_busy:  # started here or by a script: the timer takes the result over
            self.timer.start()

    def followPointCount(self, session):
        """Show the number of points that undo or redo brought back."""
        count = session.point_count if session is not None else None
        changed, self._pointCount = count != self._pointCount, count
        if changed and count is not None and self._parameterNode is not None and count != self._parameterNode.points:
            self._parameterNode.points = count

    def followFullness(self, session):
        """Show the fullness that undo or redo brought back; another patient's surface begins with the most likely."""
        fullness = session.fullness if session is not None else None
        changed, self._fullness = fullness != self._fullness, fullness
        node = self._parameterNode
        if changed and node is not None and (fullness or 0.0) != node.fullness:
            node.fullness = fullness or 0.0


class SkullRestoreTest(ScriptedLoadableModuleTest):
    """Self-test inside Slicer, with and without a main window: parts that stand alone, each within half a minute."""

    PARTS = (
        "test_sample",
        "test_segment",
        "test_restore",
        "test_edit",
        "test_design",
        "test_views",
        "test_compare",
        "test_close",
    )

    def setUp(self):
        """Begin with an empty scene."""
        slicer.mrmlScene.Clear()
        self.logic = SkullRestoreLogic()

    def runTest(self):
        """Run all parts, one after the other."""
        for name in self.PARTS:
            self.setUp()
            self.delayDisplay(name)
            getattr(self, name)()
        slicer.mrmlScene.Clear()
        self.delayDisplay(_("Test passed."))

    def test_sample(self):
        """Files are found, and the sample is made and shown without a download."""
        self.assertIsNotNone(resourcePath("UI/SkullRestore.ui"))
        head, before = self.logic.makeSample()
        self.assertEqual(head.GetImageData().GetDimensions(), before.GetImageData().GetDimensions())
        self.assertTrue(self.logic.sessionForNode(head).findings)

    def test_segment(self):
        """The bone of the sample is segmented and shown."""
        if self._lacks("segment"):
            return
        session = self.logic.sessionForNode(self.logic.makeSample()[0])
        session.start_segmentation()
        session.wait_until_done(slicer.app.processEvents)
        self.assertIsNotNone(session.bone_node)

    def test_restore(self):
        """The sample has one defect, and its surface is restored."""
        if self._lacks("segment", "restore"):
            return
        session, _before = self._restored()
        self.assertEqual(len(session.defect_rows), 1)
        self.assertGreater(session.defect_rows[0].area_cm2, 40)

    def test_edit(self):
        """A point is moved, and undo puts it back."""
        if self._lacks("segment", "restore"):
            return
        session, _before = self._restored()
        session.set_snapping(False)
        session.move_point(0, session.points[0].position + 2)
        self.assertEqual(session.moved_point_count, 1)
        session.undo()
        self.assertEqual(session.moved_point_count, 0)

    def test_design(self):
        """The implant passes its checks, and its arrow can be turned and turned back."""
        if self._lacks("segment", "restore", "implant"):
            return
        session, _before = self._restored()
        session.start_implant_design()
        session.wait_until_done(slicer.app.processEvents)
        self.assertTrue(session.implants[0].passed, session.failures)
        line = session.case_node.GetNodeReference("way1")
        end = line.GetNthControlPointPositionWorld(0)
        line.SetNthControlPointPositionWorld(0, end[0] + 8, end[1] + 8, end[2])
        slicer.app.processEvents()
        self.assertTrue(session.insertion_directions)
        session.undo()
        self.assertFalse(session.insertion_directions)

    def test_views(self):
        """The other side is drawn over the restored surface, a section goes through it, and both go away again."""
        if self._lacks("segment", "restore"):
            return
        session, _before = self._restored()
        session.aids.show_mirror()
        self.assertLess(abs(session.aids.mirror_numbers[0].median_mm), 4)
        session.aids.show_section(1)
        session.aids.show_clip_box(1)
        session.aids.hide_clip_box()
        session.aids.hide_section()
        session.aids.hide_mirror()
        self.assertIsNone(session.case_node.GetNodeReference("mirror1"))

    def test_compare(self):
        """The restored surface is near the skull before."""
        if self._lacks("segment", "restore"):
            return
        session, before = self._restored()
        session.start_comparison(before)
        session.wait_until_done(slicer.app.processEvents)
        self.assertLess(session.comparison.defect_comparisons[0].deviation.largest_mm, 4)

    def test_close(self):
        """Closing the scene ends the session."""
        session = self.logic.sessionForNode(self.logic.makeSample()[0])
        slicer.mrmlScene.Clear()
        self.assertTrue(session.is_closed)

    def _restored(self):
        """Restore the sample: its session, and the head before."""
        head, before = self.logic.makeSample()
        return self.logic.restore(head), before

    def _lacks(self, *steps):
        """Whether packages are missing that a part needs; that is said, and the part is left out."""
        missing = self.logic.missingPackages(*steps)
        if missing:
            self.delayDisplay(
                _("Skipped, because these packages are missing: {packages}").format(packages=", ".join(missing))
            )
        return bool(missing)
