"""The command line, ``skullrestore``: commands in, exit codes out. It holds no clinical knowledge."""
