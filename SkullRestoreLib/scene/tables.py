"""Rows of figures as a table node."""

from collections.abc import Mapping, Sequence
from typing import Any

from vtkmodules.vtkCommonCore import vtkDoubleArray, vtkIntArray, vtkStringArray
from vtkmodules.vtkCommonDataModel import vtkTable

_ARRAYS = ((bool, vtkStringArray), (int, vtkIntArray), (float, vtkDoubleArray), (str, vtkStringArray))


def show_rows(node, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Put rows into a table node; what was in it is replaced. A missing number is an empty cell.

    Parameters
    ----------
    rows
        One mapping of column title to value for each row; a title names its unit.
    columns
        Titles in order.
    """
    table = vtkTable()
    for title in columns:
        table.AddColumn(_column(title, [row.get(title) for row in rows]))
    node.SetUseColumnTitleAsColumnHeader(True)
    node.SetAndObserveTable(table)


def rows_of(node) -> list[dict[str, Any]]:
    """The rows of a table node, by title: numbers as numbers, all else as text; none where there is no table."""
    table = node.GetTable() if node is not None else None
    if table is None:
        return []
    columns = [table.GetColumn(n) for n in range(table.GetNumberOfColumns())]
    return [{c.GetName(): _value(c.GetValue(row)) for c in columns} for row in range(table.GetNumberOfRows())]


def _value(cell: Any) -> Any:
    """A number where a cell is one: a table that was saved comes back as text."""
    if not isinstance(cell, str):
        return cell
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell


def _column(title: str, values: list[Any]):
    kinds = {type(v) for v in values if v is not None}
    kind = next((array for t, array in _ARRAYS if kinds == {t}), vtkStringArray) if None not in values else vtkStringArray
    array = kind()
    array.SetName(title)
    for value in values:
        array.InsertNextValue(_word(value) if kind is vtkStringArray else value)
    return array


def _word(value: Any) -> str:
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
