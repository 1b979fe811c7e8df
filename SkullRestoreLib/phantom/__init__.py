"""Make a synthetic head CT with a hole in the skull, in DICOM, and the same head intact as truth.

The vault is a random head of the shape statistics, skull base and face are the mean head bent to meet it, and the hole
is cut in space as a surgeon's saw does. Nothing in it comes from one patient. It is meant for trying the program out
and for tests, and is no substitute for real heads.
"""

from SkullRestoreLib.phantom.make import (
    FACTS_FILE,
    SITE_NAMES,
    PhantomOptions,
    SiteName,
    is_phantom_file,
    make_phantom,
    write_phantom,
)

__all__ = ["FACTS_FILE", "SITE_NAMES", "PhantomOptions", "SiteName", "is_phantom_file", "make_phantom", "write_phantom"]
