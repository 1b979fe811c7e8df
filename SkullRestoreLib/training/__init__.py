"""Fitting the shape model and the network on any folder of skulls."""
