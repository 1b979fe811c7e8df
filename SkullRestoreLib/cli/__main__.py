"""Runs the command line as ``python -m SkullRestoreLib.cli``."""

from SkullRestoreLib.cli.main import main

if __name__ == "__main__":
    main()
