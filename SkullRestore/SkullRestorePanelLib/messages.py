"""What the panel says about an action: a sentence under the button that was pressed, in words of the panel.

A mistake of the user is such a sentence; only a fault of the program is shown with its traceback.
"""

import re
from contextlib import contextmanager

import slicer
from slicer.i18n import tr as _

from SkullRestorePanelLib.language import translate

MESSAGE_LABELS = {
    "input": "inputMessage",
    "bone": "boneMessage",
    "restore": "restoreMessage",
    "missed": "missedMessage",
    "plan": "planMessage",
    "edit": "editMessage",
    "implant": "implantMessage",
    "compare": "compareMessage",
    "export": "exportMessage",
    "views": "viewsMessage",
}
"""Part of the panel -> its label under the button."""

_OPTION = re.compile(r"--[a-z][a-z-]*")


def panel_words(text):
    """Put what the library says into words of the panel: its language, and controls in place of options.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        An option without a control is named as a setting, as a script calls it.
    """
    from SkullRestoreLib.settings import ImplantSettings, PlanSettings, Settings, list_settings

    records = (PlanSettings, Settings, ImplantSettings)
    names = {spec.cli_flag: f"'{translate(spec.label)}'" for record in records for spec in list_settings(record)}
    names["--force"] = _("'Replace an earlier result'")
    names["--spacing"] = _("'Image Spacing' in the module Volumes")
    named = _OPTION.sub(lambda found: names.get(found.group(), found.group().lstrip("-").replace("-", " ")), text)
    return translate(named)


class SectionMessages:
    """The sentences of the panel's parts.

    Parameters
    ----------
    ui
        The controls, by name.
    """

    def __init__(self, ui):
        self._ui = ui
        self._texts = {}

    def clear(self):
        """Forget every sentence, as when another input is chosen."""
        self._texts.clear()

    @contextmanager
    def reporting(self, section, failed, *, waitCursor=False, isNew=True):
        """Run an action: what the user can mend becomes a sentence, a fault of the program is shown with its details.

        Parameters
        ----------
        section : str
            A key of :data:`MESSAGE_LABELS`.
        failed : str
            Heading for a fault of the program.
        waitCursor : bool
        isNew : bool
            Whether an action begins, which takes the last sentence away; False where work goes on.
        """
        from SkullRestoreLib.errors import SkullRestoreError

        if isNew:
            self._texts.pop(section, None)
        with slicer.util.tryWithErrorDisplay(failed, waitCursor=waitCursor):
            try:
                yield
            except SkullRestoreError as error:
                self._texts[section] = panel_words(str(error))

    def show(self, session):
        """Show each sentence in its part; the session's own about the last edit or result too.

        Parameters
        ----------
        session : SkullRestoreLib.session.Session or None
        """
        said = {} if session is None or not session.message else {session.message_topic: session.message}
        for section, name in MESSAGE_LABELS.items():
            text = self._texts.get(section) or panel_words(said.get(section, ""))
            label = getattr(self._ui, name)
            label.text = text
            label.setVisible(bool(text))
