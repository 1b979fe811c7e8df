"""Sizes of heads: how large a head is compared with the mean head, and from which size on that counts."""

import numpy as np

from SkullRestoreLib.method_parameters import METHOD, PoseParameters


def counted_size(factor: float, *, parameters: PoseParameters = METHOD.pose) -> float:
    """Find the size by which a head is brought to that of the heads which the statistics were learnt from.

    Their own differences in size are part of what was learnt, so a head within their range is not resized. Beyond it
    the resizing sets in gradually, so that two nearly equal heads are treated nearly equally.

    Parameters
    ----------
    factor
        Size of the head as a multiple of the mean head's.
    parameters
        ``ordinary_size_log`` and ``resized_from_log``.

    Returns
    -------
    float
        1 for an ordinary head, ``factor`` for one far from it, something between for one between.

    Examples
    --------
    >>> counted_size(0.96), counted_size(1.05), counted_size(0.7)
    (1.0, 1.0, 0.7)
    >>> 0.89 < counted_size(0.89) < 1.0
    True
    """
    log_factor = float(np.log(factor))
    ordinary, full = parameters.ordinary_size_log, parameters.resized_from_log
    if abs(log_factor) >= full:
        return factor
    counted = full * max(0.0, abs(log_factor) - ordinary) / (full - ordinary)
    return float(np.exp(np.copysign(counted, log_factor)))
