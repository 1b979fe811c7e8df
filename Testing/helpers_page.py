"""A page whose controls can be used without a browser: the controller with a real session on a real scene."""

import asyncio
from types import SimpleNamespace

from helpers_scene import Application

from SkullRestoreLib.web import page
from SkullRestoreLib.web.controller import PageController
from SkullRestoreLib.web.upload import UploadLimits


class State(dict):
    """The page's state, as trame has it: values by name; listeners are called when the state is flushed."""

    def __init__(self):
        super().__init__()
        self.__dict__["listeners"], self.__dict__["dirty"] = {}, set()

    def __getattr__(self, name):
        return self[name]

    def __setattr__(self, name, value):
        self.update({name: value})

    def update(self, values):
        self.dirty.update(name for name, value in values.items() if name not in self or self[name] != value)
        super().update(values)

    def change(self, *names):
        def listen(call):
            for name in names:
                self.listeners.setdefault(name, []).append(call)

        return listen

    def flush(self):
        names, called = set(self.dirty), []
        self.dirty.clear()
        for call in (call for name in names for call in self.listeners.get(name, [])):
            if call not in called:
                called.append(call)
                call()
        if self.dirty:
            self.flush()


class Page:
    """A page whose controls can be used, and what it shows."""

    def __init__(self, folder):
        self.app = Application()
        viewer = SimpleNamespace(
            scene=self.app.scene,
            views={},
            visible_legend=lambda: None,
            **dict.fromkeys(("show_input", "hide", "redraw_views", "fit_views", "centre_slices_on"), lambda *_: None),
            **dict.fromkeys(("set_slice_lines", "set_depth_peeling", "fit_narrow_view"), lambda *_: None),
            clear=lambda: self.app.scene.Clear(False),
            run_after_drag=lambda call: call(),
        )
        self.audited = []
        self.state = State()
        self.controller = PageController(
            self.state, viewer, lambda *line: self.audited.append(line), folder, UploadLimits()
        )
        self.state.case_title = ""
        self.actions = page.connect(
            SimpleNamespace(state=self.state, trigger=lambda _name: lambda call: call), self.controller
        )
        self.state.flush()

    def press(self, name, *arguments):
        self.actions[name](*arguments)
        self.state.flush()

    def set(self, **values):
        """Change values as a control does, and call what listens to them."""
        self.state.update(values)
        self.state.flush()

    def implant(self, **values):
        self.set(implant=self.state.implant | values)

    async def done(self):
        await self.controller.wait_until_done()
        self.state.flush()
        return self

    def open(self, head, title="Head CT"):
        from SkullRestoreLib.records import Volume

        self.controller.open_case(Volume(head.ct, head.ijk_to_ras, "ct"), title)
        # a coarse grid, which the page does not offer, makes the test fast
        self.controller.session.settings = self.controller.session.settings.with_changes(level=5)
        self.state.flush()


def on_a_page(folder, use):
    """Use a page, and close its case."""

    async def run():
        page_ = Page(folder)
        await use(page_)
        page_.controller.close_case()

    asyncio.run(run())
