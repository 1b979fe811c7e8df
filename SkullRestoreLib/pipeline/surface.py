"""Fit the restored surface to reference points, and label the missing bone: defects and points in, patches out.

Nothing is predicted again here, so these functions also serve every edit.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib._system.page_zeros import zeros_by_page
from SkullRestoreLib.defects import missing_bone, patch
from SkullRestoreLib.method_parameters import METHOD, MissingBoneParameters
from SkullRestoreLib.pipeline.results import DetectedDefects, Reconstruction, describe_defect
from SkullRestoreLib.records import Bone, DefectPatch, Pose, ReferencePoint, VaultTables


def restore_surface(
    detected: DetectedDefects, points: Sequence[ReferencePoint], *, fullness: float = 0.0
) -> Reconstruction:
    """Fit the surface through reference points, and move the patch of each defect onto it: one back-substitution.

    Parameters
    ----------
    detected
        The defects, and the surface fitted to the bone.
    points
        Reference points of all defects.
    fullness
        0 for the most likely surface, more for a fuller one, less for a flatter one.

    Returns
    -------
    Reconstruction
        The restored tables, and the defects as measured on them.
    """
    pose = detected.analysis.pose
    tables = detected.fitted_surface.tables_through(list(points), pose.ras_to_head, fullness=fullness)
    patches = tuple(patch.move_to_tables(o.patch, tables, o.vertex_rays) for o in detected.openings)
    describe = partial(
        describe_defect,
        pose=pose,
        vault_tables=tables,
        side_known=detected.analysis.bone.side_known,
        parameters=detected.analysis.parameters,
    )
    defects = tuple(describe(o, moved) for o, moved in zip(detected.openings, patches, strict=True))
    small_defects = tuple(describe(o, o.patch) for o in detected.small_openings)
    return Reconstruction(detected, tables, defects, small_defects, tuple(points), patches)


def missing_bone_labels(
    patches: Sequence[DefectPatch],
    vault_tables: VaultTables,
    bone: Bone,
    pose: Pose,
    *,
    parameters: MissingBoneParameters = METHOD.missing_bone,
) -> NDArray[np.uint8]:
    """Label the missing bone on the input's grid.

    Parameters
    ----------
    patches
        The restored surface of each defect.
    vault_tables
        The restored tables.
    bone, pose
        Segmented bone and head frame.
    parameters
        Of this step.

    Returns
    -------
    ndarray
        (nk, nj, ni) uint8, number of the defect; 0 elsewhere.
    """
    labels = zeros_by_page(bone.mask.shape, np.uint8)
    for defect_patch in patches:
        missing_bone.label_missing_bone(labels, defect_patch, vault_tables, bone, pose, parameters=parameters)
    return labels
