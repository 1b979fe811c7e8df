"""Sessions by their input, the packages that they need, and the sample; usable from a script without the panel."""

import importlib.util
import logging
import subprocess
from pathlib import Path
from typing import ClassVar

import slicer
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic

from SkullRestorePanelLib.parameters import SkullRestoreParameterNode

# What each step needs beside what Slicer has: import name -> name to install. Versions stand in Resources/requirements.txt.
PACKAGES = {
    "segment": {"cc3d": "connected-components-3d", "fast_simplification": "fast-simplification"},
    "restore": {"torch": "torch", "safetensors": "safetensors"},
    "implant": {"manifold3d": "manifold3d", "trimesh": "trimesh"},
    "export": {"jinja2": "Jinja2", "PIL": "pillow", "trimesh": "trimesh", "embreex": "embreex"},
    "pdf": {"fpdf": "fpdf2"},
    "sample": {"pydicom": "pydicom"},
}


HELPFUL = ("threadpoolctl",)
"""Installed with the others, but nobody is held up for them."""

PAUSE_S = 0.03
"""A shorter pause starves the thread that works; a longer one is felt as a delay."""


class SkullRestoreLogic(ScriptedLoadableModuleLogic):
    """Sessions by their input, the packages that they need, and the sample; usable from a script without the panel."""

    sessions: ClassVar[dict] = {}
    """By the input's ID, the same for panel and scripts: two sessions on one case would undo each other's work."""

    def getParameterNode(self):
        """Return what the panel remembers."""
        return SkullRestoreParameterNode(super().getParameterNode())

    def session(self, node):
        """Give the session of an input node; one is opened when there is none.

        Parameters
        ----------
        node : vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode or vtkMRMLModelNode

        Returns
        -------
        SkullRestoreLib.session.Session

        Raises
        ------
        SkullRestoreLib.case.InputError
            If the node cannot be used; the message says why.
        """
        from SkullRestoreLib.session import Session

        for name, one in list(self.sessions.items()):
            if one.closed or one.source_node is None:  # its input was deleted
                one.close()
                del self.sessions[name]
        known = None if node is None else self.sessions.get(node.GetID())
        if known is None:
            import qt

            known = Session(slicer.mrmlScene, node, schedule=lambda call: qt.QTimer.singleShot(0, call))
            self.sessions[node.GetID()] = known
        return known

    def restore(self, node, settings=None):
        """Restore a skull and wait for it; the application goes on drawing meanwhile.

        Parameters
        ----------
        node
            As for :meth:`session`.
        settings : SkullRestoreLib.settings.Settings, optional

        Returns
        -------
        SkullRestoreLib.session.Session
        """
        self.require("segment", "restore")
        session = self.session(node)
        session.start_restoration(settings)
        session.finish(slicer.app.processEvents)
        return session

    def startSample(self):
        """Begin to make a synthetic head with a hole, and the same head before; nothing is downloaded.

        Returns
        -------
        SkullRestoreLib.session.job.Job
            Give it to :meth:`takeSample` when it is done.
        """
        from SkullRestoreLib import phantom
        from SkullRestoreLib.session.job import Job

        return Job("Make a sample head", phantom.in_memory(seed=3, size_cm=9.0, matrix=256, slice_mm=1.0))

    def takeSample(self, job):
        """Put a sample into the scene and show it.

        Returns
        -------
        list of vtkMRMLScalarVolumeNode
            The head, and the same head before the operation.
        """
        from SkullRestoreLib.scene.volumes import add_volume

        if job.error is not None:
            raise job.error
        names = ("Sample head", "Sample head before the operation")
        nodes = [add_volume(slicer.mrmlScene, volume, name) for volume, name in zip(job.result, names, strict=True)]
        logic = slicer.app.applicationLogic()
        logic.GetSelectionNode().SetActiveVolumeID(nodes[0].GetID())
        logic.PropagateVolumeSelection(1)
        return nodes

    def makeSample(self):
        """Make the sample and wait for it; see :meth:`takeSample`."""
        job = self.startSample()
        while not job.wait(PAUSE_S):
            slicer.app.processEvents()
        return self.takeSample(job)

    def missing(self, *steps):
        """List the packages that are not installed, by the name to install."""
        needed = {module: package for step in steps for module, package in PACKAGES[step].items()}
        return [package for module, package in needed.items() if importlib.util.find_spec(module) is None]

    def require(self, *steps):
        """Install what steps need, asking first.

        Raises
        ------
        RuntimeError
            With a sentence that says what to do, if something is still missing.
        """
        missing = self.missing(*steps)
        if "torch" in missing:
            self._requireTorch()
            missing.remove("torch")
        if missing:
            self._install(missing)
        if left := self.missing(*steps):
            raise RuntimeError(
                _(
                    "These Python packages are missing: {packages}. Without a connection to the internet install them from wheel files: "
                    'in the Python console, slicer.util.pip_install("--no-index --find-links FOLDER {packages}").'
                ).format(packages=" ".join(left))
            )

    def _requireTorch(self):
        try:
            import PyTorchUtils
        except ImportError:
            raise RuntimeError(self._howToGetTorch()) from None
        if PyTorchUtils.PyTorchUtilsLogic().installTorch(askConfirmation=True, torchVersionRequirement=">=2.1") is None:
            raise RuntimeError(_("PyTorch was not installed. The network needs it: press the button again and agree."))

    @staticmethod
    def _howToGetTorch():
        offline = _(
            'Without a connection to the internet: in the Python console, slicer.util.pip_install("--no-index --find-links FOLDER torch").'
        )
        if hasattr(slicer.app, "extensionsManagerModel"):
            first = _("The network needs PyTorch. Install the extension PyTorch (Extensions Manager), restart Slicer and try again.")
        else:
            first = _(
                'The network needs PyTorch. This Slicer has no Extensions Manager: in the Python console, slicer.util.pip_install("torch").'
            )
        return f"{first} {offline}"

    def _install(self, packages):
        """Ask, and install; what cannot be installed, without a connection say, is told by :meth:`require`."""
        packages = {*packages, *(name for name in HELPFUL if importlib.util.find_spec(name) is None)}
        wanted = [line for line in requirements() if line.split(">=")[0] in packages]
        ensure = _slicersInstaller()
        try:
            if ensure is not None:
                from packaging.requirements import Requirement

                ensure([Requirement(line) for line in wanted], requester="SkullRestore")
            elif slicer.util.confirmOkCancelDisplay(
                _("SkullRestore needs these Python packages: {packages}. Install them?").format(packages=", ".join(wanted))
            ):
                slicer.util.pip_install(wanted)
        except subprocess.CalledProcessError as error:
            logging.warning("SkullRestore: pip ended with %s", error.returncode)
        importlib.invalidate_caches()

    def closeSessions(self):
        """Let go of everything that the sessions hold."""
        for session in self.sessions.values():
            session.close()
        self.sessions.clear()


def _slicersInstaller():
    """Slicer's own way of asking for packages; its home differs between versions, and old ones have none."""
    for home in ("slicer.packaging", "slicer.pydeps"):
        try:
            ensure = getattr(importlib.import_module(home), "pip_ensure", None)
        except ImportError:
            continue
        if ensure is not None:
            return ensure
    return None


def resource(name):
    """Path of a file that ships with the module; None where it is missing."""
    from SkullRestoreLib import resources

    try:
        return str(resources.resource(name))
    except resources.ResourceError:
        return None


def requirements():
    """What pip is asked for: a line for each package."""
    lines = Path(resource("requirements.txt")).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
