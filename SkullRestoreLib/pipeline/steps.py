"""The clinical steps in their order, from an input to a restoration, as generators for front ends.

Progress and cancelling are one generator: it yields ``(step, fraction)`` when a step starts; a front end that stops
iterating cancels. :func:`restore_steps` runs everything. Its stages can be run alone: by an evaluation, which gives one
head to several predictors, and by a session, which keeps what each stage returned and runs only the rest after an edit.

Input -> :class:`HeadAnalysis` -> predicted :class:`VaultTables` -> :class:`DetectedDefects` -> :class:`Reconstruction`
-> :class:`ImplantSet` -> :class:`Restoration`.
"""

from collections.abc import Generator, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system import memory, resources
from SkullRestoreLib._system.allocator import limit_arenas
from SkullRestoreLib._system.alongside import start_alongside
from SkullRestoreLib._system.progress import Progress, StepTimer, peak_memory_mb
from SkullRestoreLib.geometry import surface_mesh, working_grid
from SkullRestoreLib.implant.patch_geometry import KeptGeometry
from SkullRestoreLib.method_parameters import METHOD, MethodParameters
from SkullRestoreLib.pipeline import head_steps
from SkullRestoreLib.pipeline.case_codes import with_case_code
from SkullRestoreLib.pipeline.editable import EditableRestoration
from SkullRestoreLib.pipeline.implants import (
    DefectOptions,
    check_fixation_points,
    collect_soft_tissue,
    design_each,
    implant_labels,
    label_texts,
)
from SkullRestoreLib.pipeline.results import (
    HeadAnalysis,
    ImplantSet,
    Reconstruction,
    review_notes,
)
from SkullRestoreLib.pipeline.surface import missing_bone_labels
from SkullRestoreLib.prediction import models
from SkullRestoreLib.prediction.models import Predictor
from SkullRestoreLib.records import (
    Bone,
    Mesh,
    Settings,
    Volume,
)
from SkullRestoreLib.segmentation import bone_segmentation
from SkullRestoreLib.settings import Direction
from SkullRestoreLib.skull_model.atlas import Atlas


def restore_steps(
    source: Volume | Mesh,
    settings: Settings,
    *,
    predict: Predictor | None = None,
    with_implants: bool = True,
    parameters: MethodParameters = METHOD,
) -> Generator[Progress, None, EditableRestoration]:
    """Restore the skull and design its implants.

    Parameters
    ----------
    source
        A CT, a bone mask, or a skull model.
    settings
        What the user chose.
    predict
        Predicts the tables in place of the network, as the baselines of an evaluation do.
    with_implants
        Whether implants are designed.
    parameters
        The numbers of the method, which an experiment may change.

    Yields
    ------
    tuple of str and float
        Name of the step that starts, and the part of the work that is done (0..1).

    Returns
    -------
    EditableRestoration
        Without defects when the vault is intact.

    Raises
    ------
    SkullRestoreError
        With a message that says what is wrong with the input and what to do.
    """
    limit_arenas(is_session=False)  # what one step has freed would add to the memory of the next (decision 0186)
    clock, settings = StepTimer(), with_case_code(settings)
    yield clock.start_step("load the weights", 0.0)
    weights, atlas = models.find_weights_and_atlas(settings)
    if predict is None:
        predict = models.load_predictor_in_background(weights, settings, atlas.model, parameters=parameters)
    analysis = yield from segment_and_analyse(source, settings, atlas, clock, parameters=parameters)
    take_skull, drawn_bone = head_steps.start_display_model(analysis.bone), analysis.bone
    reconstruction = yield from head_steps.reconstruct_vault(analysis, predict, atlas.model, settings, clock)
    models.release_prior()  # a seventh of the memory; the next case makes it while its bone is segmented
    analysis = reconstruction.detected.analysis  # without the objects that were in the holes
    if analysis.bone is not drawn_bone:
        take_skull = head_steps.start_display_model(analysis.bone)
    if with_implants:
        implants = yield from design_implants(source, analysis, reconstruction, settings, clock)
    else:
        implants = yield from _without_implants(source, analysis, reconstruction, clock)
    yield clock.start_step("make the display model", 0.9)
    skull = take_skull()
    clock.stop_step()
    return assemble_restoration(
        source,
        reconstruction.detected.analysis,
        reconstruction,
        implants,
        skull,
        settings=settings,
        weights_sha256=resources.file_sha256(weights),
        seconds=clock.seconds,
    )


def segment_and_analyse(
    source: Volume | Mesh,
    settings: Settings,
    atlas: Atlas,
    clock: StepTimer,
    *,
    parameters: MethodParameters = METHOD,
) -> Generator[Progress, None, HeadAnalysis]:
    """Segment the bone, find the head frame, and trace the rays.

    Parameters
    ----------
    source, settings
        As for :func:`restore_steps`.
    atlas
        Its mean head finds the pose.
    clock
        Takes the seconds of each step.
    parameters
        As for :func:`restore_steps`.

    Yields
    ------
    tuple of str and float
        As :func:`restore_steps`.

    Returns
    -------
    HeadAnalysis

    Raises
    ------
    InputError
        If the input has no skull, or more voxels than fit into memory.
    """
    yield clock.start_step("segment the bone", 0.05)
    if isinstance(source, Volume):
        averaged_to_mm = parameters.segmentation.working_voxel_mm if source.kind == "ct" else None
        voxels, held = source.array.size, source.array.nbytes
        memory.check_memory(voxels, source.spacing, held_bytes=held, averaged_to_mm=averaged_to_mm)
    volume, bone = segment_input(source, settings, parameters=parameters, keep_volume=False)
    findings = volume.findings
    return (
        yield from head_steps.analyse_head(bone, settings, atlas, clock, input_findings=findings, parameters=parameters)
    )


def segment_input(
    source: Volume | Mesh, settings: Settings, *, parameters: MethodParameters = METHOD, keep_volume: bool = True
) -> tuple[Volume, Bone]:
    """Segment the bone of an input.

    Parameters
    ----------
    source, settings, parameters
        As for :func:`restore_steps`.
    keep_volume
        Whether the voxels of ``volume`` are needed afterwards. Otherwise averaged ones become the field of the bone,
        which saves the memory of a copy. Those of ``source`` never change.

    Returns
    -------
    volume : Volume
        The input as voxels: those of a CT that are finer than the answer needs are averaged.
    bone : Bone

    Raises
    ------
    InputError
        If it has no skull.
    """
    cleaning = parameters.segmentation
    if isinstance(source, Mesh):
        volume = surface_mesh.voxelise_model(source)
    else:
        volume = working_grid.average_fine_voxels(source, parameters=cleaning)
    may_change = volume is not source and not keep_volume
    return volume, bone_segmentation.segment(
        volume, threshold_hu=settings.threshold_hu, parameters=parameters, may_change=may_change
    )


def design_implants(
    source: Volume | Mesh,
    analysis: HeadAnalysis,
    reconstruction: Reconstruction,
    settings: Settings,
    clock: StepTimer,
    *,
    insertion_directions: Mapping[int, Direction] | None = None,
    kept: KeptGeometry | None = None,
) -> Generator[Progress, None, ImplantSet]:
    """Design the implants, and label missing bone and implants on the input's grid.

    Parameters
    ----------
    source, settings, clock
        As for :func:`restore_steps`; a model has no grid and gets no labels.
    analysis, reconstruction
        From the stages before.
    insertion_directions
        Insertion direction of single defects, by number.
    kept
        What earlier designs found on the same surfaces.

    Yields
    ------
    tuple of str and float
        As :func:`restore_steps`.

    Returns
    -------
    ImplantSet

    Raises
    ------
    InputError
        If a fixation is wanted at a reference point that does not exist.
    """
    bone, pose = analysis.bone, analysis.pose
    check_fixation_points(settings.implant, reconstruction.points)
    take_labels = start_alongside(partial(_label_missing_bone, source, analysis, reconstruction))
    yield clock.start_step("design the implants", 0.7)
    implants, not_made = design_each(
        reconstruction.patches,
        bone,
        settings.implant,
        pose=pose,
        points=reconstruction.points,
        options=DefectOptions(
            insertion_directions=insertion_directions or {},
            labels=label_texts(settings.case_code, reconstruction.defects),
            soft_tissue=collect_soft_tissue(reconstruction.detected, reconstruction.vault_tables),
            kept=kept or KeptGeometry(),
        ),
    )
    yield clock.start_step("fill the missing bone", 0.8)
    implant_mask = implant_labels(implants, bone) if isinstance(source, Volume) else None
    return ImplantSet(implants, not_made, take_labels(), implant_mask)


def _label_missing_bone(
    source: Volume | Mesh, analysis: HeadAnalysis, reconstruction: Reconstruction
) -> NDArray[np.uint8] | None:
    """Label the missing bone on the input's grid; a model has none."""
    if not isinstance(source, Volume):
        return None
    patches, tables, parameters = reconstruction.patches, reconstruction.vault_tables, analysis.parameters
    return missing_bone_labels(patches, tables, analysis.bone, analysis.pose, parameters=parameters.missing_bone)


def _without_implants(
    source: Volume | Mesh, analysis: HeadAnalysis, reconstruction: Reconstruction, clock: StepTimer
) -> Generator[Progress, None, ImplantSet]:
    """No implants; only the missing bone is labelled."""
    yield clock.start_step("fill the missing bone", 0.8)
    return ImplantSet((), (), _label_missing_bone(source, analysis, reconstruction), None)


def reference_surface(source: Volume | Mesh, settings: Settings) -> Mesh:
    """Extract the bone's surface of a skull that a restoration is compared with.

    Parameters
    ----------
    source, settings
        As for :func:`restore_steps`.

    Returns
    -------
    Mesh
        mm RAS, every triangle.

    Raises
    ------
    InputError
        If it has no skull.
    """
    _, bone = segment_input(source, settings)
    return surface_mesh.extract_surface(bone.field, bone.iso, bone.ijk_to_ras)


def assemble_restoration(
    source: Volume | Mesh,
    analysis: HeadAnalysis,
    reconstruction: Reconstruction,
    implants: ImplantSet,
    skull: Mesh,
    *,
    settings: Settings,
    weights_sha256: str,
    seconds: dict[str, float],
) -> EditableRestoration:
    """Put the results of all stages into one record.

    Parameters
    ----------
    source
        The input.
    analysis, reconstruction, implants
        From the stages.
    skull
        For display.
    settings
        With which everything was made.
    weights_sha256
        Of the network's file.
    seconds
        Step name to seconds.

    Returns
    -------
    EditableRestoration
        Its points can be moved: it keeps ``reconstruction.detected``.
    """
    notes = review_notes(reconstruction.defects, reconstruction.points, settings)
    return EditableRestoration(
        bone=analysis.bone,
        source=source,
        pose=analysis.pose,
        vault_tables=reconstruction.vault_tables,
        skull=skull,
        defects=reconstruction.defects,
        small_defects=reconstruction.small_defects,
        points=reconstruction.points,
        patches=reconstruction.patches,
        implants=implants.implants,
        restored_bone=implants.restored_bone,
        implant_mask=implants.implant_mask,
        settings=settings,
        weights_sha256=weights_sha256,
        findings=tuple(dict.fromkeys((*analysis.findings, *notes, *implants.findings))),
        seconds=seconds,
        peak_memory_mb=peak_memory_mb(),
        not_made=implants.not_made,
        objects=analysis.objects,
        detected=reconstruction.detected,
    )
