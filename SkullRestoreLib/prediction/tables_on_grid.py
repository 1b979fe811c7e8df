"""Tables on the levels of the grid."""

import numpy as np
from numpy.typing import NDArray

from SkullRestoreLib.geometry.icosphere import values_at_level
from SkullRestoreLib.records import VaultTables


def tables_at_level(tables: VaultTables, level: int) -> VaultTables:
    """Return the same tables on another level of the grid.

    Parameters
    ----------
    tables
        Predicted tables.
    level
        Grid level, coarser or finer.

    Returns
    -------
    VaultTables
        ``tables`` itself where they are on this level.
    """
    if level == tables.level:
        return tables
    fields = np.stack(
        [tables.outer, tables.inner, tables.outer_sigma, tables.inner_sigma, tables.missing, tables.vault], axis=1
    )
    return tables_from_fields(values_at_level(fields, level), level)


def tables_from_fields(fields: NDArray[np.float64], level: int) -> VaultTables:
    """Make tables from columns.

    Parameters
    ----------
    fields
        (n, 6), columns in the order of the record; the vault is where the last is above 0.5.
    level
        Grid level.
    """
    outer, inner, outer_sigma, inner_sigma, missing, vault = np.ascontiguousarray(fields.T)
    return VaultTables(
        level,
        outer=outer,
        inner=inner,
        outer_sigma=outer_sigma,
        inner_sigma=inner_sigma,
        missing=missing,
        vault=vault > 0.5,
    )
