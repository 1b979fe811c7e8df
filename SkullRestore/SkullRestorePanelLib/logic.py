"""The module's logic: one session for each input, the packages that steps need, and the sample head.

A script can use it without the panel.
"""

import importlib.util
import logging
import subprocess
from pathlib import Path
from typing import ClassVar

import slicer
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic

from SkullRestorePanelLib.parameters import SkullRestoreParameterNode

STEP_PACKAGES = {
    "segment": {"cc3d": "connected-components-3d", "fast_simplification": "fast-simplification"},
    "restore": {"safetensors": "safetensors"},
    "implant": {"manifold3d": "manifold3d", "trimesh": "trimesh"},
    "export": {"jinja2": "Jinja2", "PIL": "pillow", "trimesh": "trimesh", "embreex": "embreex"},
    "pdf": {"fpdf": "fpdf2"},
    "dicom": {"pydicom": "pydicom", "highdicom": "highdicom"},
    "sample": {"pydicom": "pydicom"},
}
"""What each step needs in addition to what Slicer has: import name -> name to install.

The versions are in Resources/requirements.txt.
"""

OPTIONAL_PACKAGES = ("threadpoolctl",)
"""Installed with the others; no step waits for them."""

WHEELS, BUNDLE_PAGE = "wheels", "INSTALL.txt"
"""Folder and page of the offline bundle, which `make slicer-bundle` makes."""

POLL_INTERVAL_S = 0.03
"""With a shorter pause the thread that works gets no turn; a longer one is felt as a delay."""


class SkullRestoreLogic(ScriptedLoadableModuleLogic):
    """One session for each input, the packages that steps need, and the sample head."""

    sessions: ClassVar[dict] = {}
    """Input ID -> session, shared by panel and scripts: two sessions on one case would undo each other's work."""

    def getParameterNode(self):
        """Return the values of the panel's controls."""
        return SkullRestoreParameterNode(super().getParameterNode())

    def sessionForNode(self, node):
        """Return the session of an input node; where there is none, open one.

        Parameters
        ----------
        node : vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode or vtkMRMLModelNode

        Returns
        -------
        SkullRestoreLib.session.Session

        Raises
        ------
        SkullRestoreLib.errors.InputError
            If the node cannot be used; the message says why.
        """
        from SkullRestoreLib.session import Session

        for nodeID, session in list(self.sessions.items()):
            if session.is_closed or session.source_node is None:  # its input was deleted
                session.close()
                del self.sessions[nodeID]
        session = None if node is None else self.sessions.get(node.GetID())
        if session is None:
            import qt

            session = Session(slicer.mrmlScene, node, schedule=lambda call: qt.QTimer.singleShot(0, call))
            self.sessions[node.GetID()] = session
        return session

    def restore(self, node, settings=None):
        """Restore a skull and wait for it; the application stays responsive.

        Parameters
        ----------
        node
            As for :meth:`sessionForNode`.
        settings : SkullRestoreLib.settings.Settings, optional

        Returns
        -------
        SkullRestoreLib.session.Session

        Raises
        ------
        SkullRestoreLib.errors.DependencyError
            If a package is missing.
        SkullRestoreLib.errors.SkullRestoreError
            If the skull cannot be restored; the message says why.
        """
        self.requirePackages("segment", "restore")
        session = self.sessionForNode(node)
        session.start_restoration(settings)
        session.wait_until_done(slicer.app.processEvents)
        return session

    def startSample(self):
        """Start to make a synthetic head with a hole, and the same head before; nothing is downloaded.

        Returns
        -------
        SkullRestoreLib.session.background.BackgroundJob
            For :meth:`addSampleToScene` when it is done.
        """
        from SkullRestoreLib import phantom
        from SkullRestoreLib.session.background import BackgroundJob

        return BackgroundJob("Make a sample head", phantom.make_phantom(seed=3, size_cm=9.0, matrix=256, slice_mm=1.0))

    def addSampleToScene(self, job):
        """Put a sample into the scene and show it.

        Parameters
        ----------
        job : SkullRestoreLib.session.background.BackgroundJob
            From :meth:`startSample`, done.

        Returns
        -------
        list of vtkMRMLScalarVolumeNode
            The head, and the same head before the operation.
        """
        from SkullRestoreLib.scene.volumes import add_volume_node

        if job.error is not None:
            raise job.error
        names = ("Sample head", "Sample head before the operation")
        nodes = [
            add_volume_node(slicer.mrmlScene, volume, name) for volume, name in zip(job.result, names, strict=True)
        ]
        self.showInSlices(nodes[0])
        return nodes

    def showInSlices(self, node):
        """Show an input in the slices: a volume itself, a segmentation on its volume; slices that show it stay.

        Parameters
        ----------
        node : vtkMRMLNode
            An input.
        """
        volume = node.GetNodeReference("referenceImageGeometryRef") if node.IsA("vtkMRMLSegmentationNode") else node
        if volume is None or not volume.IsA("vtkMRMLScalarVolumeNode"):
            return
        scene, logic = slicer.mrmlScene, slicer.app.applicationLogic()
        count = scene.GetNumberOfNodesByClass("vtkMRMLSliceCompositeNode")
        composites = [scene.GetNthNodeByClass(n, "vtkMRMLSliceCompositeNode") for n in range(count)]
        if any(volume.GetID() not in (c.GetBackgroundVolumeID(), c.GetLabelVolumeID()) for c in composites):
            is_label = volume.IsA("vtkMRMLLabelMapVolumeNode")
            selection = logic.GetSelectionNode()
            (selection.SetActiveLabelVolumeID if is_label else selection.SetActiveVolumeID)(volume.GetID())
            (logic.PropagateLabelVolumeSelection if is_label else logic.PropagateBackgroundVolumeSelection)(1)

    def makeSample(self):
        """Make the sample and wait for it; see :meth:`addSampleToScene`."""
        job = self.startSample()
        while not job.wait(POLL_INTERVAL_S):
            slicer.app.processEvents()
        return self.addSampleToScene(job)

    def missingPackages(self, *steps):
        """List the packages that are not installed.

        Parameters
        ----------
        *steps : str
            Keys of :data:`STEP_PACKAGES`.

        Returns
        -------
        list of str
            Names to install.
        """
        needed = {module: package for step in steps for module, package in STEP_PACKAGES[step].items()}
        return [package for module, package in needed.items() if not _isInstalled(module)]

    def requirePackages(self, *steps):
        """Install what steps need; the user is asked first.

        Parameters
        ----------
        *steps : str
            Keys of :data:`STEP_PACKAGES`.

        Raises
        ------
        SkullRestoreLib.errors.DependencyError
            With a sentence that says what to do, if something is still missing.
        """
        from SkullRestoreLib.errors import DependencyError

        missing = self.missingPackages(*steps)
        if missing:
            self._installPackages(missing)
        if left := self.missingPackages(*steps):
            raise DependencyError(
                _(
                    "These Python packages are missing: {packages}. "
                    "Without a connection to the internet press 'Install from folder' at the top of this panel."
                ).format(packages=" ".join(left))
            )

    def installFromFolder(self, folder):
        """Install the packages that are missing from wheel files, without a connection to the internet.

        Parameters
        ----------
        folder : str or pathlib.Path
            With the wheel files, or with a folder "wheels" that holds them.

        Returns
        -------
        list of str
            What was installed.

        Raises
        ------
        SkullRestoreLib.errors.DependencyError
            If the folder holds no wheel file of a package, or none for this system and Python.
        """
        from SkullRestoreLib.errors import DependencyError

        folder = Path(folder)
        folder = folder / WHEELS if (folder / WHEELS).is_dir() else folder
        missing = self.missingPackages(*STEP_PACKAGES)
        here = {path.name.split("-")[0].replace("_", "-").lower() for path in folder.glob("*.whl")}
        if absent := [package for package in missing if package.lower().replace("_", "-") not in here]:
            raise DependencyError(
                _(
                    "The folder '{folder}' holds no wheel files of: {packages}. "
                    "Choose the folder 'wheels' of the offline bundle."
                ).format(folder=folder.name, packages=", ".join(absent))
            )
        wanted = {*missing, *(name for name in OPTIONAL_PACKAGES if name in here and not _isInstalled(name))}
        lines = [line for line in requirementLines() if line.split(">=")[0] in wanted]
        if lines:
            try:
                slicer.util.pip_install(["--no-index", "--find-links", str(folder), *lines])
            except subprocess.CalledProcessError as error:
                logging.warning("SkullRestore: pip ended with %s", error.returncode)
        importlib.invalidate_caches()
        if left := self.missingPackages(*STEP_PACKAGES):
            raise DependencyError(
                _(
                    "The wheel files of {packages} are not for this computer: "
                    "a bundle is made for one system, and for the Python of 3D Slicer 5.12 or newer."
                ).format(packages=", ".join(left))
            )
        return missing

    def _installPackages(self, packages):
        """Ask, and install. :meth:`requirePackages` reports what could not be installed."""
        packages = {*packages, *(name for name in OPTIONAL_PACKAGES if not _isInstalled(name))}
        lines = [line for line in requirementLines() if line.split(">=")[0] in packages]
        pipEnsure = _slicerPipEnsure()
        question = _("SkullRestore needs these Python packages: {packages}. Install them?").format(
            packages=", ".join(lines)
        )
        try:
            if (wheels := bundledWheels()) is not None:
                if slicer.util.confirmOkCancelDisplay(question):
                    self.installFromFolder(wheels)
            elif pipEnsure is not None:
                from packaging.requirements import Requirement

                pipEnsure([Requirement(line) for line in lines], requester="SkullRestore")
            elif slicer.util.confirmOkCancelDisplay(question):
                slicer.util.pip_install(lines)
        except subprocess.CalledProcessError as error:
            logging.warning("SkullRestore: pip ended with %s", error.returncode)
        importlib.invalidate_caches()

    def closeSessions(self):
        """Close every session."""
        for session in self.sessions.values():
            session.close()
        self.sessions.clear()


def _isInstalled(module):
    return importlib.util.find_spec(module) is not None


def bundledWheels():
    """Find the wheel files that the offline bundle brings along.

    Returns
    -------
    pathlib.Path or None
        The folder "wheels" next to the folders of the module; None where this is no bundle.
    """
    for parent in Path(__file__).resolve().parents[:4]:
        if (parent / WHEELS).is_dir() and (parent / BUNDLE_PAGE).is_file():
            return parent / WHEELS
    return None


def _slicerPipEnsure():
    """Find Slicer's own function that asks for packages; its module differs between versions, old ones have none."""
    for module in ("slicer.packaging", "slicer.pydeps"):
        try:
            pipEnsure = getattr(importlib.import_module(module), "pip_ensure", None)
        except ImportError:
            continue
        if pipEnsure is not None:
            return pipEnsure
    return None


def resourcePath(name):
    """Find a file that ships with the module.

    Parameters
    ----------
    name : str
        Relative to the folder Resources.

    Returns
    -------
    str or None
        None where it is missing.
    """
    from SkullRestoreLib._system import resources

    try:
        return str(resources.resource_path(name))
    except resources.ResourceError:
        return None


def requirementLines():
    """Read the packages and their versions: one requirement for each line."""
    lines = Path(resourcePath("requirements.txt")).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
