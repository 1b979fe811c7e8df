"""Values on a sphere that resemble each other the more the nearer they are: directions and covariances in, values out.

Conditioning on measurements is that of Rasmussen and Williams 2006, eq. 2.23 and 2.24.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve


def correlation_along_sphere(
    first: NDArray[np.float64], second: NDArray[np.float64], *, radius_mm: float, length_mm: float
) -> NDArray[np.float64]:
    """Compute how much values in some directions resemble those in others: ``exp(-distance / length_mm)``.

    Parameters
    ----------
    first, second
        (a, 3) and (b, 3) float64, unit directions.
    radius_mm
        Of the sphere along which distances are measured.
    length_mm
        Distance over which the correlation falls to 1/e.

    Returns
    -------
    ndarray
        (a, b) float64, 0 to 1.

    Examples
    --------
    >>> one = np.eye(3)[:1]
    >>> correlation_along_sphere(one, np.eye(3)[:2], radius_mm=2.0, length_mm=np.pi).round(3).tolist()
    [[1.0, 0.368]]
    """
    cosine = np.clip(first @ second.T, -1, 1)
    return np.asarray(np.exp(np.arccos(cosine) * (-radius_mm / length_mm)))


def condition_on_measurements(
    measured: NDArray[np.float64], covariance: NDArray[np.float64], across: NDArray[np.float64], *, explain: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predict values from measured ones.

    Parameters
    ----------
    measured
        (k,) float64, minus what was expected.
    covariance
        (k, k) float64, of the measurements, their noise included; it is overwritten.
    across
        (w, k) float64, covariance between the wanted values and the measurements.
    explain
        The explained variance is computed for every so many of the wanted values, the first of them included.

    Returns
    -------
    change : (w,) float64
        Most likely value minus what was expected.
    explained : (w / explain,) float64
        Variance that the measurements take away.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where the covariance is not positive definite.

    Examples
    --------
    >>> change, explained = condition_on_measurements(np.array([2.0]), np.array([[1.25]]), np.array([[1.0], [0.5]]))
    >>> change.round(3).tolist(), explained.round(3).tolist()
    ([1.6, 0.8], [0.8, 0.2])
    """
    factor = cho_factor(covariance, lower=True, overwrite_a=True, check_finite=False)
    change = across @ cho_solve(factor, measured, check_finite=False)
    some = across[::explain]
    explained = np.einsum("ij,ji->i", some, cho_solve(factor, some.T, check_finite=False))
    return change, explained
