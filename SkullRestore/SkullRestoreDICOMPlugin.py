"""Offer head CT for restoration in Slicer's DICOM module, with what their headers say before anything is loaded.

A module of its own, which is hidden: a Slicer without DICOM loses this offer and nothing else.
"""

import logging
import sys
from contextlib import suppress
from pathlib import Path

import slicer
from DICOMLib import DICOMLoadable, DICOMPlugin
from slicer.i18n import tr as _
from slicer.i18n import translate

_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)

from SkullRestorePanelLib import language  # noqa: E402
from SkullRestorePanelLib.dicom_database import INSTANCES_ATTRIBUTE  # noqa: E402
from SkullRestorePanelLib.logic import SkullRestoreLogic, resourcePath  # noqa: E402
from SkullRestorePanelLib.messages import panel_words  # noqa: E402

USABLE_CONFIDENCE, REFUSED_CONFIDENCE = 0.4, 0.05
"""Slicer loads a series with the plugin that is surest of it. A plain volume has 0.5, and 0.2 where positions are
missing: it stays what *Load* does, and this is what a user chooses."""


class SkullRestoreDICOMPluginClass(DICOMPlugin):
    """What the DICOM module asks: which series are offered, and load one."""

    def __init__(self):
        super().__init__()
        self.loadType = _("Head CT for restoration")
        self.tags["modality"] = "0008,0060"

    def examineForImport(self, fileLists):
        """Offer the series that may be heads.

        Parameters
        ----------
        fileLists : list of list of str
            Paths of the files of each series.

        Returns
        -------
        list of DICOMLoadable
        """
        loadables = []
        for files in fileLists:
            found = self.getCachedLoadables(files)
            if found is None:
                found = self.examineFiles(files)
                self.cacheLoadables(files, found)
            loadables += found
        return loadables

    def examineFiles(self, files):
        """Offer what is a head in one series; several scans may share its UID.

        Parameters
        ----------
        files : list of str
            Paths.

        Returns
        -------
        list of DICOMLoadable
            Empty for anything that is no CT.
        """
        if not files or slicer.dicomDatabase.fileValue(files[0], self.tags["modality"]) != "CT":
            return []
        from SkullRestoreLib.pipeline.check_headers import check_headers

        try:
            return [_loadable(verdict) for verdict in check_headers(files)]
        except ImportError as error:  # without pydicom there is no verdict
            logging.warning("SkullRestore: DICOM series are not offered, %s is missing", error.name)
            return []

    def load(self, loadable):
        """Load a series, and open it in SkullRestore.

        Parameters
        ----------
        loadable : DICOMLoadable
            One of those that were offered.

        Returns
        -------
        vtkMRMLScalarVolumeNode or None
            None where it cannot be used; the reason was shown.
        """
        from SkullRestoreLib.errors import SkullRestoreError
        from SkullRestoreLib.io import dicom_series, read

        try:
            files = list(loadable.files)
            chosen = dicom_series.choose_series(dicom_series.group_series(files), None, Path(files[0]).parent)
            volume = read.load_listed_series([chosen], chosen)
        except SkullRestoreError as error:
            slicer.util.warningDisplay(panel_words(str(error)))
            return None
        return self._show(loadable, volume, chosen.labels.description)

    def _show(self, loadable, volume, description):
        """Put a CT that was read into the scene, as the DICOM module does, and choose it in the panel."""
        import qt

        from SkullRestoreLib.errors import SkullRestoreError
        from SkullRestoreLib.scene.volumes import add_volume_node

        node = add_volume_node(slicer.mrmlScene, volume, description or _("Head CT"))
        self.addSeriesInSubjectHierarchy(loadable, node)
        database = slicer.dicomDatabase
        node.SetAttribute(INSTANCES_ATTRIBUTE, " ".join(database.instanceForFile(path) for path in loadable.files))
        logic = SkullRestoreLogic()
        with suppress(SkullRestoreError):  # the panel says why this head cannot be used
            session = logic.sessionForNode(node)
            session.findings = tuple(dict.fromkeys((*volume.findings, *session.findings)))
        logic.getParameterNode().inputNode = node
        if slicer.util.mainWindow() is not None:
            # the DICOM module is still at work: it would be left in the middle
            qt.QTimer.singleShot(0, lambda: slicer.util.selectModule("SkullRestore"))
        return node


def _loadable(verdict):
    """What the list of the DICOM module shows of a series: name, verdict as a tool tip, and warnings."""
    from SkullRestoreLib.pipeline.check_headers import HEADERS_ONLY

    one = DICOMLoadable()
    one.files = list(verdict.files)
    labels = verdict.series.labels
    name = " ".join(part for part in (labels.description, labels.kernel) if part)
    one.name = _("{series} (head CT for restoration)").format(series=name or _("Head CT"))
    heading = _("By its headers this CT can be restored.") if verdict.is_usable else _("This CT cannot be restored:")
    about = (*verdict.warnings, *verdict.notes) if verdict.is_usable else (verdict.reason,)
    one.tooltip = "\n".join(panel_words(line) for line in (heading, *about, HEADERS_ONLY))
    one.warning = panel_words(" ".join(verdict.warnings) if verdict.is_usable else verdict.reason)
    one.selected = False
    one.confidence = USABLE_CONFIDENCE if verdict.is_usable else REFUSED_CONFIDENCE
    return one


class SkullRestoreDICOMPlugin:
    """The hidden module by which Slicer finds the plugin."""

    def __init__(self, parent):
        language.install(resourcePath)
        parent.title = "SkullRestore DICOM Plugin"
        parent.categories = [translate("qSlicerAbstractCoreModule", "Planning")]
        parent.dependencies = []
        parent.contributors = ["SkullRestore contributors"]
        parent.helpText = _("Offers head CT for restoration in the module DICOM, with what their headers say.")
        parent.acknowledgementText = ""
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):  # the module DICOM may be loaded later
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["SkullRestoreDICOMPlugin"] = SkullRestoreDICOMPluginClass
