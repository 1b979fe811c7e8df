"""Segment the bone of the skull: a CT or a bone mask in, bone out."""
