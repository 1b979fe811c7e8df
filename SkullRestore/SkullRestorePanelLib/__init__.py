"""Parts of the module's panel; Slicer takes every file beside SkullRestore.py itself for a module."""
