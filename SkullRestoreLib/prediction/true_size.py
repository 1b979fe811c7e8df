"""Predict the vault of a head of any size: rays in mm in, tables in mm out.

Network and shape statistics know adults. The rays of a child's head, or of a very large one, are brought to the size of
the mean head first, and what is predicted from them is brought back. A head within the range of those learnt from has
size 1 and is not changed.
"""

from dataclasses import replace

import numpy as np

from SkullRestoreLib.method_parameters import METHOD, MethodParameters
from SkullRestoreLib.prediction.bone_at_end import follow_bone_at_end
from SkullRestoreLib.prediction.bone_beyond import blend_at_end, predict_bone_beyond
from SkullRestoreLib.prediction.mirrored_detail import add_mirrored_detail
from SkullRestoreLib.prediction.models import Predictor
from SkullRestoreLib.prediction.vault_extension import continue_round_holes, extend_vault, find_vault_hole
from SkullRestoreLib.records import RayMap, VaultTables
from SkullRestoreLib.skull_model.shape_model import ShapeModel


def predict_complete_vault(
    predict: Predictor, rays: RayMap, model: ShapeModel, *, parameters: MethodParameters = METHOD
) -> VaultTables:
    """Predict the tables that the vault had before it was damaged, up to where it ends in this head.

    Parameters
    ----------
    predict
        Predicts the tables of a head of mean size.
    rays
        Of this head.
    model
        The shape model.
    parameters
        Of the method.

    Returns
    -------
    VaultTables
        At the level of the rays, in the true size of the head.
    """
    mean_sized = rays_at_mean_size(rays)
    extension, tables = parameters.extension, predict(mean_sized, model)
    tables = follow_bone_at_end(tables, mean_sized, parameters=parameters.strip, extension=extension)
    hole = find_vault_hole(tables, mean_sized, parameters=extension)
    beyond = predict_bone_beyond(tables, mean_sized, hole, model, parameters=parameters)
    if beyond is not None:
        tables = blend_at_end(tables, beyond, parameters=parameters.vault_end)
    tables = extend_vault(tables, mean_sized, model, beyond=beyond, parameters=extension)
    tables = continue_round_holes(tables, mean_sized, model, beyond=beyond, parameters=extension)
    tables = add_mirrored_detail(tables, mean_sized, parameters=parameters.detail, extension=extension)
    return tables_at_size(tables, rays.size)


def rays_at_mean_size(rays: RayMap) -> RayMap:
    """Bring the rays of a head to the size of the mean head.

    Parameters
    ----------
    rays
        Of a head of any size.

    Returns
    -------
    RayMap
        ``rays`` itself where the head has size 1.

    Examples
    --------
    >>> rays = RayMap(0, np.full((12, 1, 2), 60.0, np.float32), np.full(12, 90.0, np.float32), size=0.75)
    >>> rays_at_mean_size(rays).intervals[0, 0].tolist()
    [80.0, 80.0]
    """
    if rays.size == 1:
        return rays
    size = np.float32(rays.size)
    return replace(rays, intervals=rays.intervals / size, reach=rays.reach / size, size=1.0)


def tables_at_size(tables: VaultTables, size: float) -> VaultTables:
    """Enlarge or shrink tables about the head's centre.

    Parameters
    ----------
    tables
        Of a head of mean size.
    size
        Factor.

    Returns
    -------
    VaultTables
        ``tables`` itself where the factor is 1.

    Examples
    --------
    >>> tables = VaultTables(0, *np.full((6, 12), 80.0))
    >>> float(tables_at_size(tables, 0.75).outer[0])
    60.0
    """
    if size == 1:
        return tables
    lengths = {name: size * getattr(tables, name) for name in ("outer", "inner", "outer_sigma", "inner_sigma")}
    return replace(tables, **lengths)
