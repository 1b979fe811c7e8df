"""Keys of the panel while it is seen: undo, redo, and Esc, which ends the placing of points."""

import slicer


class Shortcuts:
    """Keys that work wherever the mouse is; a text field that has the focus keeps its own undo.

    Parameters
    ----------
    parent
        Widget of the panel, where there is no main window.
    keys : dict
        Key sequence -> what it does.
    """

    def __init__(self, parent, keys):
        self._parent, self._keys, self._shortcuts = parent, keys, {}

    def connect(self):
        """Make the keys work."""
        import qt

        if self._shortcuts:
            return
        window = slicer.util.mainWindow() or self._parent
        for key, action in self._keys.items():
            shortcut = qt.QShortcut(window)
            shortcut.setKey(qt.QKeySequence(key))
            shortcut.connect("activated()", action)
            shortcut.connect("activatedAmbiguously()", action)  # the menu of the application has the same key
            self._shortcuts[key] = shortcut

    def enable(self, key, enabled):
        """Let a key work, or leave it to the application.

        Parameters
        ----------
        key : str
            Key sequence.
        enabled : bool
        """
        if key in self._shortcuts:
            self._shortcuts[key].enabled = enabled

    def disconnect(self):
        """Leave the keys to the application again."""
        for shortcut in self._shortcuts.values():
            shortcut.enabled = False
            shortcut.setParent(None)
        self._shortcuts = {}
