"""Measure how good restorations are, against a known truth."""
