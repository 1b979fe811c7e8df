"""Stands for a workspace's page, controller and views in tests of the server around it: no scene, and nothing to draw.

The worker that loads this is the real one, with its real connection, routes and uploads: see ``take_part`` in
helpers_remember.py.
"""

from SkullRestoreLib.errors import SkullRestoreError


def build(server, _controller):
    """Lay out an empty page."""
    from trame.ui.html import DivLayout

    with DivLayout(server):
        pass


class SceneViewer:
    """Shows nothing."""

    def __init__(self, server):
        self.server = server


class NoResults:
    """No file was made."""

    def file_path(self, _name):
        return None


class PageController:
    """Takes uploads, and cannot read them."""

    def __init__(self, state, viewer, audit, folder, limits):
        self.state, self.viewer, self.audit, self.folder, self.limits = state, viewer, audit, folder, limits
        self.results = NoResults()

    def require_idle(self):
        """Nothing ever runs."""

    def start_reading_upload(self, _received):
        raise SkullRestoreError("This workspace stands for one in a test.")
