"""Tell a full disk from other errors of the system."""

import errno


def is_full_disk(error: BaseException) -> bool:
    """Check whether an error says that the disk, or a user's share of it, is full.

    Parameters
    ----------
    error
        Anything.

    Returns
    -------
    bool
        Whether it does.

    Examples
    --------
    >>> is_full_disk(OSError(errno.ENOSPC, "No space left on device")), is_full_disk(ValueError())
    (True, False)
    """
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
