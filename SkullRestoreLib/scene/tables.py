"""Rows of numbers and texts as a table node, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from vtkmodules.vtkCommonCore import vtkAbstractArray, vtkDoubleArray, vtkIntArray, vtkStringArray
from vtkmodules.vtkCommonDataModel import vtkTable

from SkullRestoreLib.scene.mrml_types import MrmlNode

_COLUMN_ARRAY_TYPES: tuple[tuple[type, type[vtkAbstractArray]], ...] = (
    (bool, vtkStringArray),
    (int, vtkIntArray),
    (float, vtkDoubleArray),
    (str, vtkStringArray),
)


def show_rows(node: MrmlNode, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Put rows into a table node; its former content is replaced. A missing number is an empty cell.

    Parameters
    ----------
    node
        ``vtkMRMLTableNode``.
    rows
        One mapping of column title to value for each row; a title names its unit.
    columns
        Titles in order.
    """
    table = vtkTable()
    for title in columns:
        table.AddColumn(_table_column(title, [row.get(title) for row in rows]))
    node.SetUseColumnTitleAsColumnHeader(True)
    node.SetAndObserveTable(table)


def read_rows(node: MrmlNode | None) -> list[dict[str, Any]]:
    """Read the rows of a table node.

    Parameters
    ----------
    node
        ``vtkMRMLTableNode``; None has no rows.

    Returns
    -------
    list of dict
        Values by column title: numbers as numbers, all else as text. Empty where there is no table.
    """
    table = node.GetTable() if node is not None else None
    if table is None:
        return []
    columns = [table.GetColumn(n) for n in range(table.GetNumberOfColumns())]
    return [{c.GetName(): _cell_value(c.GetValue(row)) for c in columns} for row in range(table.GetNumberOfRows())]


def _cell_value(cell: Any) -> Any:
    """Turn a cell into a number where it is one: a table that was saved comes back as text."""
    if not isinstance(cell, str):
        return cell
    for number_type in (int, float):
        try:
            return number_type(cell)
        except ValueError:
            continue
    return cell


def _table_column(title: str, values: list[Any]) -> vtkAbstractArray:
    types = {type(v) for v in values if v is not None}
    array_type = (
        next((array for t, array in _COLUMN_ARRAY_TYPES if types == {t}), vtkStringArray)
        if None not in values
        else vtkStringArray
    )
    array: Any = array_type()
    array.SetName(title)
    for value in values:
        array.InsertNextValue(_cell_text(value) if array_type is vtkStringArray else value)
    return array


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
