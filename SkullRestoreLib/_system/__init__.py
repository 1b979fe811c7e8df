"""The operating system's side: processes, memory, progress, files that appear complete or not at all."""
