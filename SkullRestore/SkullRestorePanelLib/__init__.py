"""Parts of the module, in a folder of their own: 3D Slicer loads every file next to SkullRestore.py as a module."""

import sys
from pathlib import Path

_MODULES = Path(__file__).resolve().parent.parent
# Run from source, the library is next to the folder of the modules; installed, it is in it.
for _folder in (_MODULES, *([] if (_MODULES / "SkullRestoreLib").is_dir() else [_MODULES.parent])):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))
