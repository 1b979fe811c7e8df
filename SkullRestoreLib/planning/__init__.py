"""Plan a resection, its implant and its guides before the bone is cut."""
