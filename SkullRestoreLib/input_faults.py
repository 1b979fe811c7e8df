"""What is wrong with inputs: one table of what we saw, what it most likely is, and what to do.

Readers and checks look for a fault where its evidence is, and take the words from here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from SkullRestoreLib.errors import InputError

__all__ = ["INPUT_FAULTS", "InputFault", "fault_error", "fault_sentence", "size_text"]


@dataclass(frozen=True)
class InputFault:
    """One row of the table. The first two texts make one sentence."""

    seen: str
    """What we saw; measured values in braces."""
    likely: str
    """What it most likely is."""
    advice: str
    """What to do: one or two sentences."""
    is_refused: bool = True
    """Whether the input is refused; otherwise it is used, with this as a finding."""


_EXPORT_HU = "Export the CT in Hounsfield units (HU), with rescale slope and intercept applied."

INPUT_FAULTS: Mapping[str, InputFault] = MappingProxyType(
    {
        # --- files
        "foreign form": InputFault(
            "{name} is {form}",
            "a form that is not read here",
            "{advice}",
        ),
        "unknown values": InputFault(
            "{name} stores its values as {form}",
            "a form that is not read here, although the file may be in order",
            "Export it again with plain numbers, such as 16-bit integers.",
        ),
        "unknown encoding": InputFault(
            "{name} packs its values as {form}",
            "a form that is not read here, although the file may be in order",
            "Export it again, without compression or with gzip.",
        ),
        "unknown version": InputFault(
            "{name} says that it is of the version {form}",
            "newer than what is read here",
            "Export it again in an older version of the format, or as another format.",
        ),
        "other content": InputFault(
            "{name} does not begin as a file of its name does",
            "damaged, or a file of another kind under a changed name",
            "Export it again.",
        ),
        # --- size
        "in metres": InputFault(
            "{name} measures {size}",
            "a head in metres",
            "Export it in millimetres{or_option}.",
        ),
        "in centimetres": InputFault(
            "{name} measures {size}",
            "a head in centimetres",
            "Export it in millimetres{or_option}.",
        ),
        "in inches": InputFault(
            "{name} measures {size}",
            "a head in inches",
            "Export it in millimetres{or_option}.",
        ),
        "in micrometres": InputFault(
            "{name} measures {size}",
            "a head in micrometres, or in millimetres that the header calls metres",
            "Export it in millimetres{or_option}.",
        ),
        "no head's size": InputFault(
            "{name} measures {size}",
            "not a human head, or in an unknown unit",
            "Give a scan or a model of one complete head, in millimetres{or_option}.",
        ),
        "slices far apart": InputFault(
            "The slices of {name} are {step} mm apart, and at most {limit} mm can be used",
            "a series for viewing, not the thin series of the scan",
            "Export the thin-slice series.",
        ),
        # --- DICOM
        "one series per image": InputFault(
            "Each of the {count} images has a series UID of its own",
            "one scan whose UIDs were replaced file by file, as some anonymisers do",
            "Anonymise the scan again so that its images keep one common series UID.",
        ),
        "several patients": InputFault(
            "The images of the series have the IDs of {count} patients",
            "images of several patients under one series UID, or a scan whose IDs were replaced file by file",
            "Export the CT of one patient again.",
        ),
        "frames without distance": InputFault(
            "The file holds {count} frames without a place for each, and without the distance between them",
            "an old multi-frame form that does not say how its images lie",
            "Export the CT as single slices, or as an enhanced CT.",
        ),
        "DICOM without image": InputFault(
            "{name} is a DICOM file without a slice",
            "a report, a scout view or a picture",
            "Choose the folder with the CT's image files.",
        ),
        "DICOM without slices": InputFault(
            "None of the DICOM files in {name} is a slice of a scan ({count} looked at)",
            "scout views, reports, colour pictures made from a CT, or damaged files",
            "Export the original CT series.",
        ),
        "DICOMDIR alone": InputFault(
            "There is a DICOMDIR, but none of the images that it lists",
            "only the table of contents of a disc",
            "Copy the disc's folders with the images too, and give the folder that holds everything.",
        ),
        # --- values
        "HU + 1024": InputFault(
            "The values look like HU + 1024 (soft tissue near {soft}, air near {air})",
            "a CT whose rescale intercept was not applied",
            _EXPORT_HU,
        ),
        "wrong offset": InputFault(
            "Air is near {air} and soft tissue near {soft}, where a CT has -1000 and 40 HU",
            "a CT with a wrong rescale intercept",
            _EXPORT_HU,
        ),
        "wrong level": InputFault(
            "Most voxels are near {soft}, where a CT has -1000 (air) or 40 HU (soft tissue)",
            "a CT without its rescale intercept, or no CT",
            _EXPORT_HU,
        ),
        "wrong slope": InputFault(
            "Soft tissue is {distance} above air, where a CT has about 1000 HU",
            "a CT with a wrong rescale slope",
            _EXPORT_HU,
        ),
        "grey image": InputFault(
            "The values run from {low} to {high}",
            "a grey image or a CT through a display window, not a CT in Hounsfield units (HU)",
            "Export the original CT.",
        ),
        "scaled to one": InputFault(
            "The values run from {low} to {high}",
            "a probability map, or a CT that was scaled for a network",
            "Give a mask of 0 and 1, or the CT in HU.",
        ),
        "unsigned": InputFault(
            "Air, or the filling around it, has the value {air}",
            "a CT whose signed values are labelled unsigned",
            "Export the CT again, with its values labelled signed (DICOM: Pixel Representation 1).",
        ),
        "inverted": InputFault(
            "Air, near {air}, is brighter than soft tissue, near {soft}",
            "an inverted image",
            "Export the original CT, not an inverted one.",
        ),
        "clipped high": InputFault(
            "{percent} of the bone has exactly the highest value, {high} HU",
            "a CT that was clipped there",
            "The surface of the bone may be some tenths of a millimetre off; export the CT with its complete range.",
            is_refused=False,
        ),
        "clipped low": InputFault(
            "No value is below {low} HU, and {percent} of all have exactly this one",
            "a CT whose air was cut away or stored as 0",
            "A table or head rest may be taken for bone; export the CT with its complete range if one is in the scan.",
            is_refused=False,
        ),
        "not calibrated": InputFault(
            "Air is near {air} and soft tissue near {soft}, where a CT has -1000 and 40 HU",
            "a cone-beam CT, or another one that is not calibrated",
            "The bone threshold follows the soft tissue; look at the bone before the result is used.",
            is_refused=False,
        ),
        "lossy": InputFault(
            "The images were compressed with loss{ratio}",
            "a copy for viewing",
            "Fine bone may be blurred; use the original images where there are any.",
            is_refused=False,
        ),
        "mixed kernels": InputFault(
            "Every second slice is sharper than its neighbours",
            "a scan of two kernels, stored as one series",
            "The {count} sharper slices were used; export one kernel alone to choose.",
            is_refused=False,
        ),
        # --- bone
        "two skulls": InputFault(
            "There are {count} bodies as large as a skull, {distance} mm apart",
            "several skulls in one file",
            "Save the skull to be restored alone.",
        ),
        "inverted mask": InputFault(
            "The mask is set around the head and not set in {volume} mL inside it",
            "an inverted mask",
            "Give a mask that is 1 in bone and 0 elsewhere.",
        ),
        "coarse mask": InputFault(
            "{percent} of the bone is no thicker than a voxel of {voxel} mm",
            "a mask or a model whose voxels are too coarse for its thin bone, or a shell without thickness",
            "Give a mask with smaller voxels, or the CT itself.",
        ),
        "thin mask": InputFault(
            "{percent} of the bone is as thin as a voxel, {voxel} mm",
            "a mask whose voxels are coarse for its thin bone",
            "Gaps in thin bone may look like defects; a mask with smaller voxels, or the CT itself, shows more.",
            is_refused=False,
        ),
        "half a skull": InputFault(
            "The bone measures {size}, which is too narrow for a complete head",
            "a part of a scan or of a skull",
            "Give a scan or a model that holds the complete head from its base to the vertex.",
        ),
        "cut off": InputFault(
            "Bone ends in a plane over {area} cm² at the {side} of the scan; {depth} mm of the head are missing",
            "a part of a scan or of a skull",
            "Give a scan or a model that holds the complete head from its base to the vertex.",
        ),
        "ends in a plane": InputFault(
            "Bone ends in a plane over {area} cm² at the {side} of the scan, {depth} mm below the usual surface",
            "a defect, or the end of the scan",
            "Where the scan ended there, nothing is known of the bone beyond: do not use the restoration then.",
            is_refused=False,
        ),
    }
)
"""Name of a fault -> its row."""


def fault_sentence(fault: str, **seen: object) -> str:
    """Say one fault in a sentence.

    Parameters
    ----------
    fault
        Name of a row of :data:`INPUT_FAULTS`.
    **seen
        The values in its braces.

    Returns
    -------
    str
        What we saw, what it most likely is, and what to do.

    Examples
    --------
    >>> fault_sentence("grey image", low=0, high=255)[:64]
    'The values run from 0 to 255: most likely a grey image or a CT t'
    """
    row = INPUT_FAULTS[fault]
    text = f"{row.seen}: most likely {row.likely}. {row.advice}".format(**seen)
    return text[0].upper() + text[1:]


def fault_error(fault: str, **seen: object) -> InputError:
    """Make the error of one fault.

    Parameters
    ----------
    fault
        Name of a row of :data:`INPUT_FAULTS` by which an input is refused.
    **seen
        The values in its braces.

    Returns
    -------
    InputError
        To be raised.

    Examples
    --------
    >>> raise fault_error("grey image", low=0, high=255)
    Traceback (most recent call last):
    SkullRestoreLib.errors.InputError: The values run from 0 to 255: most likely a grey image ...
    """
    if not INPUT_FAULTS[fault].is_refused:
        raise ValueError(f"'{fault}' is a finding, not an error")
    return InputError(fault_sentence(fault, **seen))


def size_text(sides_mm: Iterable[float]) -> str:
    """Write three lengths for a message, to about three digits.

    Parameters
    ----------
    sides_mm
        In the unit that the file has, or says that it has.

    Returns
    -------
    str
        Such as ``"0.23 × 0.23 × 0.15 mm"``.

    Examples
    --------
    >>> size_text((230.4, 1500, 0.1512))
    '230 × 1500 × 0.151 mm'
    """
    return " × ".join(f"{side:.0f}" if side >= 100 else f"{side:.3g}" for side in sides_mm) + " mm"
