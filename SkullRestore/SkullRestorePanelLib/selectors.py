"""What the selectors of the panel list: inputs, and no results of the module."""

SELECTORS = ("inputSelector", "beforeSelector", "paintedSelector", "tumourSelector")
NODE_PARAMETERS = ("inputNode", "beforeNode")
"""Fields that hold a node."""


def hide_own_nodes(ui, scene):
    """Leave the module's own nodes out of the selectors.

    Parameters
    ----------
    ui
        The controls, by name.
    scene
        ``vtkMRMLScene``.
    """
    from SkullRestoreLib.scene.case_node import own_nodes

    hidden = [node.GetID() for node in own_nodes(scene)]
    for name in SELECTORS:
        model = getattr(ui, name).sortFilterProxyModel()
        if list(model.hiddenNodeIDs) != hidden:
            model.hiddenNodeIDs = hidden


def let_go(ui, parameters, node):
    """Choose nothing in place of a node that is about to be removed; a selector would choose another one.

    Parameters
    ----------
    ui
        The controls, by name.
    parameters : SkullRestoreParameterNode or None
    node
        ``vtkMRMLNode``.
    """
    for name in NODE_PARAMETERS:
        chosen = getattr(parameters, name) if parameters is not None else None
        if chosen is not None and chosen.GetID() == node.GetID():
            setattr(parameters, name, None)
    for name in SELECTORS:
        selector = getattr(ui, name)
        if selector.currentNode() is not None and selector.currentNode().GetID() == node.GetID():
            selector.setCurrentNode(None)


def first_input(scene, active_id):
    """Find the volume that the panel chooses by itself: the one in the slices, else the first one.

    Parameters
    ----------
    scene
        ``vtkMRMLScene``.
    active_id : str or None
        Identifier of the active volume.

    Returns
    -------
    vtkMRMLScalarVolumeNode or None
        Never a result of the module, nor a node that is hidden from editors.
    """
    from SkullRestoreLib.scene.case_node import is_own_node

    count = scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode")
    volumes = [scene.GetNthNodeByClass(n, "vtkMRMLScalarVolumeNode") for n in range(count)]
    volumes = [volume for volume in volumes if not volume.GetHideFromEditors() and not is_own_node(volume)]
    active = [volume for volume in volumes if volume.GetID() == active_id]
    return next(iter([*active, *volumes]), None)
