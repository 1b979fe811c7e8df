"""Masks that were cropped to their content: their margins are free, unless the scan itself ended there."""

import numpy as np
import pytest
from helpers_intake import ellipsoid_head, scan_affine, write_image

from SkullRestoreLib.io.read import read

SIZE = (96, 110, 78)


@pytest.fixture(scope="module")
def mask():
    """Bone of a head with a large hole on the left, so that the intact surface bulges beyond what is left."""
    return (ellipsoid_head(scan_affine(), SIZE, holes=[(-72, 0, 20, 40)]) > 300).astype(np.uint8)


def part(array, first, last):
    """The voxels from ``first`` to ``last`` (i, j, k), both included, and their place."""
    place = scan_affine()
    place[:3, 3] += place[:3, :3] @ first
    return array[tuple(slice(a, b + 1) for a, b in zip(first[::-1], last[::-1], strict=True))], place


def content(array):
    """First and last i, j, k of what is not empty."""
    found = np.argwhere(array)[:, ::-1]
    return found.min(axis=0), found.max(axis=0)


def free_mm(volume, axis, end):
    """Empty space between bone and a face of the array, mm."""
    layers = np.flatnonzero(volume.array.any(axis=tuple(a for a in range(3) if a != axis)))
    return (layers[0] if end == 0 else volume.array.shape[axis] - 1 - layers[-1]) * volume.spacing[2 - axis]


def in_place(volume, array):
    """Whether the bone of a volume is where it is in the complete array."""
    kji = np.argwhere(volume.array)
    ijk = np.rint(np.linalg.inv(scan_affine())[:3] @ (volume.ijk_to_ras @ np.c_[kji[:, ::-1], np.ones(len(kji))].T))
    found = np.zeros(array.shape, bool)
    found[tuple(ijk.astype(int)[::-1])] = True
    return found


@pytest.mark.parametrize("name", ["bone.seg.nrrd", "bone.nii.gz", "bone.mha"])
@pytest.mark.parametrize("gap", [0, 1])
def test_a_mask_that_ends_with_its_bone_gets_free_margins_except_below(tmp_path, mask, name, gap):
    first, last = content(mask)
    volume = read(write_image(tmp_path / name, *part(mask, first - gap, last + gap)))
    assert [free_mm(volume, axis, end) >= 24 for axis in range(3) for end in (0, 1)] == [False, *[True] * 5]
    np.testing.assert_array_equal(in_place(volume, mask), mask > 0)
    assert any("ends with its bone" in f for f in volume.findings)


@pytest.mark.parametrize("side", range(6))
@pytest.mark.parametrize("depth", [3, 8])
def test_a_mask_of_a_scan_that_was_cut_stays_open_on_that_side(tmp_path, mask, side, depth):
    first, last = content(mask)
    axis, end = divmod(side, 2)
    (first if end == 0 else last)[2 - axis] += depth if end == 0 else -depth
    volume = read(write_image(tmp_path / "bone.seg.nrrd", *part(mask, first, last)))
    assert free_mm(volume, axis, end) == 0
    free = sum(free_mm(volume, *divmod(n, 2)) >= 24 for n in range(6))
    assert free == (5 if side == 0 else 4)


def test_a_mask_on_the_grid_of_its_scan_is_left_as_it_is(tmp_path, mask):
    volume = read(write_image(tmp_path / "bone.nrrd", mask, scan_affine()))
    assert volume.array.shape == mask.shape
    first, last = content(mask)
    last[2] = SIZE[2] - 1  # a free margin at the top only: the scan may have ended at the five other sides
    assert read(write_image(tmp_path / "top.nrrd", *part(mask, first, last))).array.shape[0] == SIZE[2] - first[2]


def with_scan(path, place, size):
    """Add what 3D Slicer says of the scan to the header of a segmentation."""
    numbers = [*place.ravel(), *np.column_stack([np.zeros(3, int), np.array(size) - 1]).ravel()]
    text = "".join(f"{n};" for n in numbers)
    key = f"Segmentation_ConversionParameters:=Joint|0|no.&Reference image geometry|{text}|Text.&Other|1|x.&\n"
    head, _, values = path.read_bytes().partition(b"\n\n")
    path.write_bytes(head + b"\n" + key.encode() + b"\n" + values)
    return path


def test_a_segmentation_that_names_its_scan_is_free_up_to_the_edges_of_the_scan(tmp_path, mask):
    first, last = content(mask)
    path = write_image(tmp_path / "bone.seg.nrrd", *part(mask, first, last))
    volume = read(with_scan(path, scan_affine(), SIZE))
    before, after = first * 2.0, (np.array(SIZE) - 1 - last) * 2.0
    expected = [min(26, gap) for axis in (2, 1, 0) for gap in (before[axis], after[axis])]
    assert [free_mm(volume, axis, end) for axis in range(3) for end in (0, 1)] == expected
    np.testing.assert_array_equal(in_place(volume, mask), mask > 0)


def test_a_segmentation_whose_scan_ends_in_the_vault_stays_open_there(tmp_path, mask):
    """The scan ends where the hole is: only the header can say so."""
    first, last = content(mask)
    place = scan_affine()
    place[:3, 3] += place[:3, :3] @ [0, 0, first[2]]
    size = (SIZE[0], SIZE[1], last[2] + 1 - first[2])
    path = write_image(tmp_path / "bone.seg.nrrd", *part(mask, first, last))
    volume = read(with_scan(path, place, size))
    assert [free_mm(volume, 0, end) for end in (0, 1)] == [0, 0]
    assert free_mm(volume, 2, 0) > 0


def test_a_scan_of_another_grid_in_the_header_is_not_believed(tmp_path, mask):
    first, last = content(mask)
    path = write_image(tmp_path / "bone.seg.nrrd", *part(mask, first, last))
    volume = read(with_scan(path, scan_affine((1.0, 1.0, 1.0)), SIZE))
    assert any("ends with its bone" in f for f in volume.findings)
