"""Meshes, grids, voxels and distances: geometry without clinical knowledge."""
