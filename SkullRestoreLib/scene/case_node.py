"""One restoration's place in the scene: a node that remembers, and a folder that holds its nodes.

The node is a ``vtkMRMLScriptedModuleNode``: plain text parameters and references to other nodes, saved with the scene by itself.
"""

import json
from typing import Any

MODULE = "SkullRestoreCase"
_MEMORY = "memory"


def cases(scene) -> list:
    """All case nodes of a scene, oldest first."""
    found = [
        scene.GetNthNodeByClass(n, "vtkMRMLScriptedModuleNode") for n in range(scene.GetNumberOfNodesByClass("vtkMRMLScriptedModuleNode"))
    ]
    return [node for node in found if node.GetAttribute("ModuleName") == MODULE]


def case_of(scene, source):
    """The case whose input is this node; None where there is none."""
    return next((c for c in cases(scene) if c.GetNodeReferenceID("input") == source.GetID()), None)


def new_case(scene, source):
    """A case for an input node. Its folder in the subject hierarchy comes with its first part: who only looks at an input finds it where it was."""
    node = scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode", scene.GenerateUniqueName(f"{source.GetName()} restoration"))
    node.SetAttribute("ModuleName", MODULE)
    node.SetHideFromEditors(True)
    node.SetNodeReferenceID("input", source.GetID())
    return node


def part(case, role: str, kind: str | None = None, name: str | None = None):
    """The node that plays a role in a case; made, and put into the case's folder, where ``kind`` is given and there is none."""
    node = case.GetNodeReference(role)
    if node is None and kind is not None:
        scene = case.GetScene()
        node = scene.AddNewNodeByClass(kind, scene.GenerateUniqueName(name or role))
        case.SetNodeReferenceID(role, node.GetID())
        adopt(case, node)
    return node


def adopt(case, node) -> None:
    """Put a node into the case's folder, which is made where there is none, with the input in it."""
    hierarchy = _hierarchy(case.GetScene())
    if hierarchy is None:
        return
    folder = _folder(case, hierarchy)
    if not folder:
        source = case.GetNodeReference("input")
        item = hierarchy.GetItemByDataNode(source) if source is not None else 0
        folder = hierarchy.CreateFolderItem(hierarchy.GetItemParent(item) if item else hierarchy.GetSceneItemID(), case.GetName())
        case.SetParameter("folder", str(folder))
        if source is not None:
            _put(hierarchy, folder, source)
    _put(hierarchy, folder, node)


def _put(hierarchy, folder: int, node) -> None:
    item = hierarchy.GetItemByDataNode(node)
    if item:
        hierarchy.SetItemParent(item, folder)
    else:  # in the application an item is there already; without it nobody makes one
        hierarchy.CreateItem(folder, node)


def parts(case, prefix: str) -> dict[int, Any]:
    """Nodes whose role is ``prefix`` and a number, by number."""
    roles: list[str] = []
    case.GetNodeReferenceRoles(roles)
    numbers = [int(r.removeprefix(prefix)) for r in roles if r.startswith(prefix) and r.removeprefix(prefix).isdecimal()]
    return {n: node for n in sorted(numbers) if (node := case.GetNodeReference(f"{prefix}{n}")) is not None}


def drop(case, role: str) -> None:
    """Remove the node of a role from the scene."""
    node = case.GetNodeReference(role)
    if node is None:
        return
    scene = case.GetScene()
    for n in reversed(range(node.GetNumberOfDisplayNodes() if node.IsA("vtkMRMLDisplayableNode") else 0)):
        if node.GetNthDisplayNode(n) is not None:
            scene.RemoveNode(node.GetNthDisplayNode(n))
    if node.IsA("vtkMRMLStorableNode") and node.GetStorageNode() is not None:
        scene.RemoveNode(node.GetStorageNode())
    scene.RemoveNode(node)
    case.RemoveNodeReferenceIDs(role)


def drop_all(case, prefixes: tuple[str, ...]) -> None:
    """Remove the numbered nodes of these roles."""
    for prefix in prefixes:
        for number in parts(case, prefix):
            drop(case, f"{prefix}{number}")


def remember(case, memory: dict[str, Any]) -> None:
    """Store plain values with the scene."""
    case.SetParameter(_MEMORY, json.dumps(memory, allow_nan=False))


def recall(case) -> dict[str, Any]:
    """What was stored; empty where nothing was, or where it cannot be read."""
    try:
        memory = json.loads(case.GetParameter(_MEMORY) or "{}")
    except ValueError:
        return {}
    return memory if isinstance(memory, dict) else {}


def _hierarchy(scene):
    return scene.GetSubjectHierarchyNode()


def _folder(case, hierarchy) -> int:
    """The folder's item, 0 where there is none; found by its name after a scene was loaded, because item numbers change."""
    item = int(case.GetParameter("folder") or 0)
    if item and hierarchy.GetItemName(item) == case.GetName():
        return item
    item = hierarchy.GetItemByName(case.GetName())
    if item:
        case.SetParameter("folder", str(item))
    return item
