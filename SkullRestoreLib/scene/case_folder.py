"""The folder of a case in the subject hierarchy: it holds the nodes of the case, and hides or shows them together.

The case refers to the display node of its folder. By it the folder is found again after it was renamed and after the
scene was loaded; its visibility counts for everything inside, whatever the nodes themselves say, so that work that ends
while its case is hidden shows nothing.
"""

from SkullRestoreLib.scene.mrml_types import MrmlNode, SubjectHierarchy

_FOLDER_ROLE = "folder"
_HIDDEN_ATTRIBUTE = "SkullRestore.hidden"
"""On the node of a case that is hidden: a folder that is made later is hidden too."""
_WANTED_ATTRIBUTE = "SkullRestore.wanted"
"""On a colour bar that is shown while its case is."""


def add_to_case_folder(case: MrmlNode, node: MrmlNode) -> None:
    """Put a node into the case's folder. Where there is none yet, it is made, and the input is put into it as well.

    Parameters
    ----------
    case
        The case node.
    node
        What goes into the folder.
    """
    hierarchy = case.GetScene().GetSubjectHierarchyNode()
    if hierarchy is None:
        return
    folder = _case_folder_item(case, hierarchy)
    if not folder:
        source = case.GetNodeReference("input")
        item = hierarchy.GetItemByDataNode(source) if source is not None else 0
        folder = hierarchy.CreateFolderItem(
            hierarchy.GetItemParent(item) if item else hierarchy.GetSceneItemID(), case.GetName()
        )
        _add_folder_display(case, hierarchy, folder)
        if source is not None:
            _move_to_folder(hierarchy, folder, source)
    _move_to_folder(hierarchy, folder, node)


def set_case_shown(case: MrmlNode, shown: bool) -> None:
    """Show everything of a case as it was, or hide it all.

    Parameters
    ----------
    case
        The case node.
    shown
        False hides its nodes in every view; each keeps its own visibility.
    """
    case.SetAttribute(_HIDDEN_ATTRIBUTE, None if shown else "true")
    display = case.GetNodeReference(_FOLDER_ROLE)
    if display is not None:
        display.SetVisibility(shown)
        display.Modified()  # views that were there before the scene was loaded have not looked at the folder yet
    show_wanted_bars(case)


def show_wanted_bars(case: MrmlNode) -> None:
    """Show the colour bars of a case that are wanted, while the case is shown, and hide the others.

    Parameters
    ----------
    case
        The case node.
    """
    roles: list[str] = []
    case.GetNodeReferenceRoles(roles)
    for node in (case.GetNodeReference(role) for role in roles):
        bar = find_colour_bar(node) if node is not None else None
        if bar is not None:
            bar.SetVisibility(is_case_shown(case) and bar.GetAttribute(_WANTED_ATTRIBUTE) is not None)


def is_case_shown(case: MrmlNode) -> bool:
    """Find out whether a case is shown.

    Parameters
    ----------
    case
        The case node.

    Returns
    -------
    bool
        True until :func:`set_case_shown` hides it.
    """
    return case.GetAttribute(_HIDDEN_ATTRIBUTE) is None


def find_colour_bar(node: MrmlNode) -> MrmlNode | None:
    """Find the colour bar of a model.

    Parameters
    ----------
    node
        Any node.

    Returns
    -------
    vtkMRMLColorLegendDisplayNode or None
        None where it has none.
    """
    if not node.IsA("vtkMRMLDisplayableNode"):
        return None
    displays = [node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes())]
    return next((d for d in displays if d is not None and d.IsA("vtkMRMLColorLegendDisplayNode")), None)


def show_colour_bar(node: MrmlNode, bar: MrmlNode, wanted: bool) -> None:
    """Show the colour bar of a model while its case is shown, or hide it.

    Parameters
    ----------
    node
        ``vtkMRMLModelNode``.
    bar
        ``vtkMRMLColorLegendDisplayNode``.
    wanted
        Whether it is shown.
    """
    import slicer

    bar.SetAttribute(_WANTED_ATTRIBUTE, "true" if wanted else None)
    bar.SetVisibility(wanted and slicer.vtkMRMLFolderDisplayNode.GetHierarchyVisibility(node))


def _add_folder_display(case: MrmlNode, hierarchy: SubjectHierarchy, folder: int) -> None:
    """Give a folder the display node that the application would make when its eye is clicked."""
    display = case.GetScene().AddNewNodeByClass("vtkMRMLFolderDisplayNode", case.GetName())
    display.SetVisibility(is_case_shown(case))
    hierarchy.SetItemDataNode(folder, display)
    case.SetNodeReferenceID(_FOLDER_ROLE, display.GetID())


def _case_folder_item(case: MrmlNode, hierarchy: SubjectHierarchy) -> int:
    """Find the item of the case's folder; 0 where there is none."""
    display = case.GetNodeReference(_FOLDER_ROLE)
    return int(hierarchy.GetItemByDataNode(display)) if display is not None else 0


def _move_to_folder(hierarchy: SubjectHierarchy, folder: int, node: MrmlNode) -> None:
    item = hierarchy.GetItemByDataNode(node)
    if item:
        hierarchy.SetItemParent(item, folder)
    else:  # the application makes an item for every node; without it there is none yet
        hierarchy.CreateItem(folder, node)
