"""The methods compared: each gets the same analysed head, and reports defects with their restored surfaces."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system import resources
from SkullRestoreLib._system.progress import StepTimer, run_to_end
from SkullRestoreLib.defects import patch
from SkullRestoreLib.errors import DependencyError, InputError
from SkullRestoreLib.evaluation.cases.intact_skull import IntactSkull
from SkullRestoreLib.evaluation.measures.reported_defect import ReportedDefect
from SkullRestoreLib.evaluation.methods import baselines
from SkullRestoreLib.method_parameters import METHOD, MethodParameters
from SkullRestoreLib.pipeline import head_steps, steps
from SkullRestoreLib.pipeline.results import HeadAnalysis, Reconstruction
from SkullRestoreLib.prediction import network, ray_tracing
from SkullRestoreLib.prediction.models import Predictor, find_weights_and_atlas
from SkullRestoreLib.prediction.true_size import rays_at_mean_size
from SkullRestoreLib.records import Bone, DefectPatch, Mesh, RayMap, VaultTables, Volume
from SkullRestoreLib.settings import Settings
from SkullRestoreLib.skull_model.atlas import Atlas
from SkullRestoreLib.skull_model.shape_model import ShapeModel


@dataclass
class MethodContext:
    """One analysed head, and the work that methods share on it."""

    analysis: HeadAnalysis
    settings: Settings
    seconds: dict[str, float] = field(default_factory=dict)  # of the steps before any method

    @property
    def atlas(self) -> Atlas:
        """Mean head and shape model of the weights in use."""
        return cached_models(self.settings)[1]

    def reconstruct_with(self, predict: Predictor) -> Reconstruction:
        """Restore the head with another predictor in place of the network.

        Parameters
        ----------
        predict
            Predicts the vault's tables from rays and shape model.
        """
        return run_to_end(
            head_steps.reconstruct_vault(self.analysis, predict, self.atlas.model, self.settings, StepTimer())
        )

    def predict_tables(self, rays: RayMap, model: ShapeModel) -> VaultTables:
        """Predict the vault by the network.

        Parameters
        ----------
        rays
            Bone intervals.
        model
            The shape model.
        """
        return cached_predictor(self.settings, self.analysis.parameters)(rays, model)

    @cached_property
    def predicted_tables(self) -> VaultTables:
        """The network's prediction for this head."""
        return self.predict_tables(rays_at_mean_size(self.analysis.rays), self.atlas.model)

    @cached_property
    def own_reconstruction(self) -> Reconstruction:
        """The restoration with the network, which predicts again where blurred bone or an object was found."""
        return self.reconstruct_with(self.predict_tables)

    def with_parameters(self, parameters: MethodParameters) -> "MethodContext":
        """Keep head frame and rays, and do what follows with other parameters.

        Parameters
        ----------
        parameters
            Of the method.
        """
        return MethodContext(replace(self.analysis, parameters=parameters), self.settings)

    def with_new_analysis(self, parameters: MethodParameters) -> "MethodContext":
        """Analyse the same bone again with other parameters: head frame and rays.

        Parameters
        ----------
        parameters
            Of the method.
        """
        bone, clock = self.analysis.bone, StepTimer()
        analysis = run_to_end(head_steps.analyse_head(bone, self.settings, self.atlas, clock, parameters=parameters))
        return MethodContext(analysis, self.settings)

    def trace_intact_skull(self, skull: IntactSkull) -> RayMap:
        """Trace the intact skull in the head frame that was found on the defective one.

        Parameters
        ----------
        skull
            The intact skull.
        """
        bone = Bone(skull.bone.view(np.uint8), 0.5, skull.bone, skull.ijk_to_ras)
        return ray_tracing.trace_rays(bone, self.analysis.pose, level=max(self.settings.level, network.NETWORK_LEVEL))


Method = Callable[[MethodContext], list[ReportedDefect]]


def build_context(source: Volume, settings: Settings) -> MethodContext:
    """Find bone and pose and trace the rays, once for all methods.

    Parameters
    ----------
    source
        CT or mask.
    settings
        Of the restoration.

    Returns
    -------
    MethodContext
        What the methods share.

    Raises
    ------
    SkullRestoreError
        If the input cannot be used.
    """
    timer = StepTimer()
    analysis = run_to_end(steps.segment_and_analyse(source, settings, cached_models(settings)[1], timer))
    timer.stop_step()
    return MethodContext(analysis, settings, timer.seconds)


@lru_cache(maxsize=2)
def cached_models(settings: Settings) -> tuple[Path, Atlas]:
    """Find the weights and load the atlas that belongs to them, once.

    Parameters
    ----------
    settings
        Name the weights.

    Returns
    -------
    weights : Path
        The network's file.
    atlas : Atlas
        Mean head and shape model.
    """
    return find_weights_and_atlas(settings)


def atlas_path(settings: Settings) -> Path:
    """Find the file of the mean head and shape model that belong to the weights in use.

    Parameters
    ----------
    settings
        Name the weights.
    """
    return _companion_file(settings, "shape.safetensors")


def _companion_file(settings: Settings, name: str) -> Path:
    """A file next to the weights in use, or the one that ships with SkullRestore."""
    companion = cached_models(settings)[0].with_name(name)
    return companion if settings.weights and companion.is_file() else resources.weights_path(name)


def cached_predictor(settings: Settings, parameters: MethodParameters = METHOD) -> Predictor:
    """Make a predictor from the network, which is loaded once.

    Parameters
    ----------
    settings
        Name the weights.
    parameters
        Of the method.
    """
    trained = _cached_network(cached_models(settings)[0], settings.device)
    return partial(network.predict, trained, parameters=parameters)


@lru_cache(maxsize=2)
def _cached_network(path: Path, device: str) -> network.Network:
    return network.load_network(path, device=device)


def reported_defects(reconstruction: Reconstruction) -> list[ReportedDefect]:
    """List the defects of a reconstruction.

    Parameters
    ----------
    reconstruction
        A restored head.

    Returns
    -------
    list of ReportedDefect
        Largest first.
    """
    return [
        ReportedDefect(
            defect_patch.outer,
            defect.area_cm2,
            _defect_points(reconstruction, defect.number),
            defect_patch.sigma_mm,
        )
        for defect, defect_patch in zip(reconstruction.defects, reconstruction.patches, strict=True)
    ]


def _defect_points(reconstruction: Reconstruction, number: int) -> NDArray[np.float64]:
    """Reference points (p, 3), mm RAS, of one defect."""
    return np.array([p.position for p in reconstruction.points if p.defect == number]).reshape(-1, 3)


def _run_skullrestore(context: MethodContext) -> list[ReportedDefect]:
    return reported_defects(context.own_reconstruction)


def _run_unfitted_network(context: MethodContext) -> list[ReportedDefect]:
    """The network's own surface over the same defects, fitted neither to the bone nor to reference points."""
    reconstruction = context.own_reconstruction
    predicted = reconstruction.fitted_surface.predicted_tables
    return [replace(patch_on_tables(p, predicted, context), sigma_mm=p.sigma_mm) for p in reconstruction.patches]


def patch_on_tables(defect_patch: DefectPatch, tables: VaultTables, context: MethodContext) -> ReportedDefect:
    """Put a patch, vertex by vertex, on other tables.

    Parameters
    ----------
    defect_patch
        Of the restoration with the network. Gives the rays and the triangles.
    tables
        Give the outer surface.
    context
        Gives the head frame.

    Returns
    -------
    ReportedDefect
        Without points, and without standard error.
    """
    own = context.own_reconstruction.vault_tables
    vertex_rays = patch.VertexRays.from_points(
        defect_patch.outer.vertices, tables.level, context.analysis.pose, outer=own.outer
    )
    surface = Mesh(vertex_rays.points_at(tables.outer), defect_patch.outer.faces)
    return ReportedDefect(surface, patch.mesh_area_cm2(surface), np.zeros((0, 3)))


def _run_mishinov(context: MethodContext) -> list[ReportedDefect]:
    # imported here: it computes in torch, which no other method needs
    from SkullRestoreLib.evaluation.methods.mishinov_system import run_mishinov_system

    return run_mishinov_system(context.analysis, _companion_file(context.settings, "paper.safetensors"))


def _method_from_predictor(predict: Predictor) -> Method:
    return lambda context: reported_defects(context.reconstruct_with(predict))


OWN_METHOD = "SkullRestore"
PAPER_METHOD = "the paper's system"
METHODS: dict[str, Method] = {
    OWN_METHOD: _run_skullrestore,
    "network without reference points": _run_unfitted_network,
    PAPER_METHOD: _run_mishinov,
    "shape model": _method_from_predictor(baselines.shape_model_baseline),
    "mirroring": _method_from_predictor(baselines.mirroring_baseline),
    "thin plate": _method_from_predictor(baselines.thin_plate_baseline),
}
"""Name to method; the first is ours."""


@dataclass(frozen=True)
class EvaluationOptions:
    """Choices of a run over many cases."""

    methods: tuple[str, ...] = tuple(METHODS)
    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    workers: int = 1
    scheduler: str | None = None  # address of a Dask scheduler, instead of processes on this computer
    floor: bool = True  # also measure the upper bounds


def check_methods(wanted: Sequence[str], known: Sequence[str]) -> None:
    """Check, before any work, that methods are known, and that what they need is installed.

    Parameters
    ----------
    wanted
        Names that the user gave.
    known
        Names that can be measured here.

    Raises
    ------
    InputError
        If one is not known, or none is given.
    DependencyError
        If a package is missing that one of them needs.
    """
    unknown = [m for m in wanted if m not in known]
    if unknown or not wanted:
        raise InputError(
            f"{', '.join(unknown) or 'Nothing'} is no method that can be measured here; there are: {', '.join(known)}."
        )
    if PAPER_METHOD in wanted and (missing := [name for name in ("torch", "lightning") if find_spec(name) is None]):
        raise DependencyError(
            f"{PAPER_METHOD.capitalize()} needs packages that are not installed: {', '.join(missing)}. "
            "Install them with `pip install 'skullrestore[evaluate]'`, or name the other methods with --methods."
        )


def weights_in_use(settings: Settings) -> dict[str, str]:
    """Compute the checksums of network and shape model.

    Parameters
    ----------
    settings
        Name the weights.

    Returns
    -------
    dict
        SHA-256 under ``network`` and ``shape``.
    """
    return {
        "network": resources.file_sha256(cached_models(settings)[0]),
        "shape": resources.file_sha256(atlas_path(settings)),
    }
