"""Predict the vault as it was before it was damaged: bone and head frame in, predicted tables out."""
