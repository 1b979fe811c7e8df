"""Records into MRML nodes and back; the scene is an argument.

MRML is RAS, as the library is, so nothing is flipped here.
A node may be under a transform: what is read is where the node is seen (world coordinates), and what is written is
placed there without a transform of its own.
Only the main thread may call this package. It needs neither Qt nor the application: the same code runs in 3D Slicer,
in the browser and in the tests, on ``slicer-core``.
"""
