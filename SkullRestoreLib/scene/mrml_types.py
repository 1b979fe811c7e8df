"""Names for what slicer-core hands out without type information; each docstring says which MRML class is meant."""

from typing import Any, TypeAlias

MrmlScene: TypeAlias = Any
"""A ``vtkMRMLScene``."""
MrmlNode: TypeAlias = Any
"""A node of a scene."""
SubjectHierarchy: TypeAlias = Any
"""A ``vtkMRMLSubjectHierarchyNode``: the tree of patients, folders and nodes."""
