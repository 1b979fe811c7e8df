"""Parts of the panel, in a folder of their own: 3D Slicer loads every file next to SkullRestore.py as a module."""
