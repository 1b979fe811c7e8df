"""The place of one restoration in a scene: a case node that stores values, and a folder that holds the other nodes.

The case node is a ``vtkMRMLScriptedModuleNode``: text parameters and references to other nodes, which MRML saves
with the scene. The others are found by their *role*, the name of the reference, such as ``"points"`` or ``"surface1"``.
"""

import json
from typing import Any

from SkullRestoreLib._system.translation import say, translate
from SkullRestoreLib.scene.case_folder import add_to_case_folder, set_case_shown
from SkullRestoreLib.scene.mrml_types import MrmlNode, MrmlScene

CASE_MODULE_NAME = "SkullRestoreCase"
OWN_NODE_ATTRIBUTE = "SkullRestore.role"
"""On every node that a case made: selectors of inputs leave it out."""
RESTORATION_KEY = "memory"
"""What is needed to take up a restoration again."""
PICTURES_KEY = "pictures"
"""The user's own pictures for the report: apart, because they are large and seldom change."""


def case_nodes(scene: MrmlScene) -> list[MrmlNode]:
    """List the case nodes of a scene.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.

    Returns
    -------
    list of vtkMRMLScriptedModuleNode
        Oldest first.
    """
    scripted = [
        scene.GetNthNodeByClass(n, "vtkMRMLScriptedModuleNode")
        for n in range(scene.GetNumberOfNodesByClass("vtkMRMLScriptedModuleNode"))
    ]
    return [node for node in scripted if node.GetAttribute("ModuleName") == CASE_MODULE_NAME]


def case_for_input(scene: MrmlScene, source: MrmlNode) -> MrmlNode | None:
    """Find the case whose input is this node.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    source
        The input node.

    Returns
    -------
    vtkMRMLScriptedModuleNode or None
        None where there is no such case.
    """
    return next((c for c in case_nodes(scene) if c.GetNodeReferenceID("input") == source.GetID()), None)


def create_case_node(scene: MrmlScene, source: MrmlNode) -> MrmlNode:
    """Make a case for an input node.

    Its folder in the subject hierarchy is made with its first result: an input that is only looked at stays where it
    was.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    source
        The input node.

    Returns
    -------
    vtkMRMLScriptedModuleNode
        Hidden from editors, with a unique name.
    """
    node = scene.AddNewNodeByClass(
        "vtkMRMLScriptedModuleNode", unique_node_name(scene, say("{1} restoration", source.GetName()))
    )
    node.SetAttribute("ModuleName", CASE_MODULE_NAME)
    node.SetHideFromEditors(True)
    node.SetNodeReferenceID("input", source.GetID())
    return node


def unique_node_name(scene: MrmlScene, name: str) -> str:
    """Return a name that no node of the scene has.

    ``vtkMRMLScene.GenerateUniqueName`` counts on from every name that was ever used: a result that is made again would
    be called "Restored surface 1_1".

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    name
        The name that is wanted.

    Returns
    -------
    str
        The name itself where it is free, else with the first free number: "Restored surface 1 (2)".
    """
    free, number = name, 2
    while scene.GetFirstNodeByName(free) is not None:
        free, number = f"{name} ({number})", number + 1
    return free


def is_own_node(node: MrmlNode) -> bool:
    """Find out whether a case made this node, so that it is a result and no input.

    Parameters
    ----------
    node
        Any node of a scene.

    Returns
    -------
    bool
        False for an input.
    """
    return node.GetAttribute(OWN_NODE_ATTRIBUTE) is not None


def own_nodes(scene: MrmlScene) -> list[MrmlNode]:
    """List the nodes that the cases of a scene made.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.

    Returns
    -------
    list of vtkMRMLNode
        In the order of the scene.
    """
    nodes = (scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes()))
    return [node for node in nodes if is_own_node(node)]


def find_role_node(case: MrmlNode, role: str) -> MrmlNode | None:
    """Find the node that has a role in a case.

    Parameters
    ----------
    case
        The case node.
    role
        Such as ``"surface1"``.

    Returns
    -------
    vtkMRMLNode or None
        None where there is none.
    """
    return case.GetNodeReference(role)


def node_for_role(case: MrmlNode, role: str, class_name: str, name: str | None = None) -> MrmlNode:
    """Return the node that has a role in a case; where there is none, make it in the case's folder.

    Parameters
    ----------
    case
        The case node.
    role
        Such as ``"surface1"``.
    class_name
        MRML class of a new node.
    name
        Name of a new node in English; it is translated and made unique. The role by default.

    Returns
    -------
    vtkMRMLNode
        Referenced by the case.
    """
    node = case.GetNodeReference(role)
    if node is None:
        scene = case.GetScene()
        node = scene.AddNewNodeByClass(class_name, unique_node_name(scene, translate(name or role)))
        node.SetAttribute(OWN_NODE_ATTRIBUTE, role)
        case.SetNodeReferenceID(role, node.GetID())
        add_to_case_folder(case, node)
    return node


def nodes_for_prefix(case: MrmlNode, prefix: str) -> dict[int, MrmlNode]:
    """Find the nodes whose role is a prefix and a number.

    Parameters
    ----------
    case
        The case node.
    prefix
        Such as ``"surface"``.

    Returns
    -------
    dict
        Number to node, in the order of the numbers; nodes that were deleted are left out.
    """
    roles: list[str] = []
    case.GetNodeReferenceRoles(roles)
    numbers = [
        int(r.removeprefix(prefix)) for r in roles if r.startswith(prefix) and r.removeprefix(prefix).isdecimal()
    ]
    return {n: node for n in sorted(numbers) if (node := case.GetNodeReference(f"{prefix}{n}")) is not None}


def remove_role_node(case: MrmlNode, role: str) -> None:
    """Remove the node of a role from the scene, with its display and storage nodes.

    Parameters
    ----------
    case
        The case node.
    role
        A role that no node has is ignored.
    """
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


def remove_prefix_nodes(case: MrmlNode, prefixes: tuple[str, ...]) -> None:
    """Remove the nodes whose role is one of these prefixes and a number.

    Parameters
    ----------
    case
        The case node.
    prefixes
        Such as ``("surface", "implant")``.
    """
    for prefix in prefixes:
        for number in nodes_for_prefix(case, prefix):
            remove_role_node(case, f"{prefix}{number}")


def show_only_case(case: MrmlNode) -> None:
    """Show one case, and hide the others: their skulls and surfaces would be drawn over it.

    Parameters
    ----------
    case
        The case node that is shown.
    """
    for other in case_nodes(case.GetScene()):
        set_case_shown(other, other.GetID() == case.GetID())


def save_values(case: MrmlNode, values: dict[str, Any], key: str = RESTORATION_KEY) -> None:
    """Store plain values with the scene.

    Parameters
    ----------
    case
        The case node.
    values
        What JSON can hold; nothing is kept of empty ones.
    key
        Under which name: :data:`RESTORATION_KEY` or :data:`PICTURES_KEY`.

    Raises
    ------
    ValueError
        For a number that is not finite.
    """
    if values:
        case.SetParameter(key, json.dumps(values, allow_nan=False))
    else:
        case.UnsetParameter(key)


def load_values(case: MrmlNode, key: str = RESTORATION_KEY) -> dict[str, Any]:
    """Read the values that :func:`save_values` stored.

    Parameters
    ----------
    case
        The case node.
    key
        Under which name.

    Returns
    -------
    dict
        Empty where nothing was stored, or where it cannot be read.
    """
    try:
        values = json.loads(case.GetParameter(key) or "{}")
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}
