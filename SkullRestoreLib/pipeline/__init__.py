"""The clinical steps in their order, from an input to a folder of results."""
