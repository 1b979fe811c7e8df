"""The numbers of the method, each with unit and reason, and its decision where there is one: a record for each step.

Settings are what a user chooses; these are what the method was built and measured with. They are immutable, and every
step gets its record as an argument. An experiment measures another value with a changed copy.

>>> METHOD.points.vault_end_rings
2
>>> METHOD.with_changes(points={"vault_end_rings": 0}).points.vault_end_rings
0

The unit is the ending of the name: ``_mm``, ``_mm2``, ``_mm3``, ``_cm2``, ``_ml``, ``_deg``, ``_hu``. Without one a
number is a share (0..1), a count, or what its text says. Rings are those of the grid at the step's level.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class SegmentationParameters:
    """How bone is separated from everything else (:mod:`SkullRestoreLib.segmentation`)."""

    threshold_range_hu: tuple[float, float] = (150.0, 500.0)
    """Range of the threshold that is found: above 500 HU thin temporal bone and orbital roofs get holes."""
    soft_tissue_range_hu: tuple[int, int] = (-30, 120)
    """Where the soft tissue of a head is looked for, HU. In a CT that is not calibrated, this range and that of the
    threshold are shifted to where its soft tissue is."""
    working_voxel_mm: float = 0.5
    """Voxels of a CT are averaged as long as they do not get larger than this. A restored surface is less exact by far,
    and clinical scans are that coarse."""
    accepted_threshold_hu: tuple[int, int] = (50, 1500)
    """Range of the threshold that a user may set."""
    metal_hu: int = 2500
    """What is brighter is metal: screws, plates, meshes."""
    blurred_metal_hu: int = 2000
    """And so is what is brighter than this and hangs together with it: no bone of the vault is,"""
    blurred_metal_mm: float = 4.0
    """up to this far from it: a thin mesh that the scan has blurred, and not the petrous bone behind a screw."""
    metal_rim_mm: float = 1.0
    """Metal is blurred over this distance; voxels there are no bone either (decision 0052)."""
    min_piece_mm3: float = 20.0
    """Smaller pieces of bone are specks; smaller pieces of metal are noise or the densest petrous bone."""
    soft_tissue_hu: int = -300
    """What is denser belongs to a body, except what fills the corners of the scan."""
    least_filling_hu: int = -900
    """HU. Where half of the corners have one value above this, it is not air but a filling: of a round field of view,
    of an image that was rotated, or of air that was cut away."""
    least_head_ml: float = 200.0
    """A smaller body of soft tissue is no head but a cushion or what is left on a dry skull: the brain of the smallest
    supported head has 350 mL."""
    head_opening_mm: float = 6.0
    """An opening by this much separates the head from a thin head rest or blanket that touches it."""
    touching_mm: float = 5.0
    """A piece this close to the skull may belong to it; a head rest is further away, for the scalp is between."""
    min_touching_piece_mm3: float = 3000
    """Least volume of a piece outside the skull's convex hull that belongs to it."""
    min_reported_mm3: float = 1000
    """Pieces outside the head are reported from this volume on."""
    max_head_height_mm: float = 260.0
    """Bone further than this below the vertex is neck and shoulders."""


@dataclass(frozen=True)
class PlausibilityParameters:
    """What the bone of a head is like (:mod:`SkullRestoreLib.segmentation.plausibility`); anything else is refused."""

    bone_volume_range_ml: tuple[float, float] = (150.0, 1500.0)
    """Volume of the bone. 96 scans of adults have 304 to 885 mL; a third of the vault may be lost, and jaw and neck may
    be in the scan."""
    full_volume_size_mm: float = 165.0
    """The least volume is that of a head whose bone measures this, in the middle one of its three extents. Smaller
    heads have less, by the third power."""
    width_range_mm: tuple[float, float] = (60, 320)
    """Size of the bone from side to side. Whether a head is too small is decided when it was recognised."""
    length_range_mm: tuple[float, float] = (70, 320)
    """Size of the bone from front to back."""
    height_range_mm: tuple[float, float] = (40, 320)
    """Size of the bone upwards."""
    least_narrowness: float = 0.5
    """The shorter one of width and length as a share of the longer: skulls have 0.6 to 1, half a skull 0.4."""
    max_thin_share: float = 0.7
    """Share of a mask's bone that may be no thicker than a voxel. Real skulls in voxels of 1.9 mm have 0.10 to 0.14, of
    3 mm 0.18; walls of 1.5 to 2 mm in voxels of 1.5 to 1.8 mm, through which 1 to 12 % of the rays pass, 0.76 to 1."""
    reported_thin_share: float = 0.4
    """From this share on, the user is warned of gaps in thin bone."""
    set_around_share: float = 0.9
    """A mask is set around the head where at least this share of the voxels on its array's faces is set."""
    second_skull_mm: tuple[float, float, float] = (90.0, 105.0, 55.0)
    """A body next to another is a second skull from this width, length and height on; jaws are smaller."""
    skulls_apart_mm: float = 80.0
    """Two bodies of a skull's size whose centres are farther apart than this from side to side, or from front to back,
    are two skulls."""
    skulls_above_mm: float = 200.0
    """The same for bodies above each other: a vault that was sawn off is above its base."""
    max_cut_top_cm2: float = 25.0
    """Bone may meet the upper edge of the scan over this area; more would be vault that is cut off."""
    max_cut_side_cm2: float = 30.0
    """The same for the left and the right edge."""
    max_cut_back_cm2: float = 30.0
    """The same for the edge at the back."""
    max_cut_front_cm2: float = 50.0
    """The same for the edge in front, where it may be a nose or a chin."""
    max_field_of_view_area_cm2: float = 3.0
    """Bone that meets the edge of a round field of view over more than this is reported."""
    vault_radius_mm: float = 80.0
    """Radius of a sphere as round as the vault, whose section half a voxel beyond the last slice is smaller."""
    filling_hu: int = -1500
    """Voxels below this are outside a round field of view: air is -1000 HU, scanners fill with -2000 or less."""


@dataclass(frozen=True)
class PoseParameters:
    """How the head frame is found (:mod:`SkullRestoreLib.pose.head_frame`)."""

    good_fit_mm: float = 2.9
    """Residual below which no better pose is looked for."""
    enough_coverage: float = 0.6
    """Coverage of the template's vault above which no other orientation is tried."""
    same_pose_deg: float = 20.0
    """Poses that are turned against each other by less are one pose, fitted from two starts."""
    trusted_residual_mm: float = 3.5
    """Residual above which the user is warned."""
    max_residual_mm: float = 6.0
    """Residual above which the bone is no head."""
    min_coverage: float = 0.35
    """Coverage of the template's vault below which the bone is no head."""
    max_misfit_mm: float = 6.5
    """Residual over coverage above which the bone is no head. Heads have 2 to 3, with a third of the vault lost up to
    4; a box of that size has 7."""
    max_cavity_bone_share: float = 0.3
    """Share of bone in the cranial cavity above which the bone is no skull (decision 0021)."""
    judged_z_mm: float = -78.0
    """Bone below this plane of the head frame (neck, jaw, table) may be anywhere, and is no evidence."""
    judged_radius_mm: float = 120.0
    """The same for bone further than this from the head's centre."""
    mm_per_surprisal: float = 4.0
    """Residual, mm, that one unit of surprisal is worth; a head rotated by 70 degrees has 0.5 more than an upright
    one."""
    usual_surprisal: float = 0.85
    """Most heads have a surprisal of 0.5 to 0.75; where it is more, all orientations are tried."""
    rival_margin_mm: float = 1.5
    """The user is warned where another frame explains the bone worse by less than this: residual over coverage, and
    surprisal in mm. The next best frame of most heads is worse by 2.5 mm and more."""
    weighed_rival_mm: float = 2.5
    """Where another frame is worse by less than this, all of the bone may move both before they are compared (decision
    0204). The best is moved too where its surprisal is doubtful."""
    doubtful_surprisal: float = 0.85
    """Surprisal above which the user is warned, where all of the bone has moved the frame. In right frames it is then
    0.42 to 0.79, in 99 of 100 wrong ones 0.87 and more where the base is in the scan."""
    moved_margin: float = 0.15
    """The user is warned where a rival's surprisal is then larger by less than this."""
    step_deg: float = 20.0
    """How far all of the bone may rotate a frame in one step: one standard deviation."""
    step_mm: float = 15.0
    """The same for the shift."""
    size_sigma: float = 0.05
    """How far all of the bone may change the size, in all: one standard deviation of its logarithm."""
    common_bone_mm: float = 4.0
    """From this distance of common bone on, points count less."""
    near_percent: float = 85.0
    """Part of the points, the nearest, that move the frame."""
    near_mm: float = 3.0
    """All points that are nearer than this to common bone move it too."""
    points_per_measurement: float = 40.0
    """Points that count as one independent measurement: neighbours are displaced together."""
    start_head_radius_mm: float = 78.0
    """The search starts with the head's centre this far below the highest bone."""
    fit_widths_mm: tuple[float, ...] = (25.0, 20.0, 16.0, 12.0, 10.0, 8.0, 8.0, 8.0)
    """Width of Tukey's biweight in each round of the fit."""
    min_fit_weight: float = 30
    """Sum of weights below which there are too few points on the vault to fit."""
    covered_mm: float = 8.0
    """A part of the template's vault has bone where a point is this close to it."""
    ordinary_size_log: float = 0.08
    """Natural logarithm of a head's size over the mean head's up to which it is not resized: the skulls that the
    statistics were learnt from are within it."""
    resized_from_log: float = 0.14
    """The same from which on it is resized fully."""
    fitted_margin_mm: float = 3.5
    """Poses of the search that explain the bone worse than the best one by more than this are not fitted."""
    fitted_size_range: tuple[float, float] = (0.4, 1.6)
    """The fit finds no size outside this."""
    mean_length_mm: float = 188.0
    """Length of the mean head, from front to back."""
    searched_sizes: tuple[float, ...] = (0.86, 0.72, 0.6, 1.18)
    """Sizes that are tried where no head of mean size fits well; the fit finds the size between them."""
    size_range: tuple[float, float] = (0.62, 1.4)
    """Smaller and larger heads are refused. Lengths of 0.65 of the mean and more are supported; the fitted size is
    right to a few per cent only."""


@dataclass(frozen=True)
class CutParameters:
    """When a head is cut off by a plane (:mod:`SkullRestoreLib.pose.cut_plane`, decision 0153)."""

    flat_within_mm: float = 1.0
    """Bone this close to a plane is in it; with larger voxels, the size of a voxel."""
    flat_within_deg: float = 4.0
    """Parts of the hull that are turned against each other by less are one plane."""
    sampling_mm: float = 1.5
    """Distance of the bone voxels that are looked at."""
    tried_facets: int = 200
    """Parts of the hull that are looked at, largest first."""
    least_area_cm2: float = 30.0
    """Area of a cut; the hull's flat parts over sound bone have up to 45 cm², but no vault beyond."""
    least_outline: float = 0.5
    """Share of the outline of a cut along which there is bone: cuts have 0.53 to 1, with the openings of the face."""
    outline_within_mm: float = 4.0
    """Bone this close to a place on the outline is along it."""
    layer_mm: float = 2.0
    """Thickness of the layer at a plane in which bone is counted; with larger voxels, the size of a voxel."""
    compared_layer: int = 2
    """Bone in the plane is compared with that in the layer that has so many between it and the plane's surface."""
    least_bone_in_plane: float = 0.5
    """Bone in the layer at a cut, as a part of that in the layer further in: 0.83 and more in 98 cuts of four heads, up
    to 0.18 where the plane touches the margin of a hole (decision 0203)."""
    below_z: float = -0.5
    """A plane whose normal points down more than this, in the head frame, is the lower end of the scan."""
    beyond_mm: float = 3.0
    """What the mean head has beyond the plane by less than this is not missing: heads differ in shape."""
    least_depth_mm: float = 12.0
    """Depth of the mean head's vault beyond the plane, for a head of its size. 13 mm and more in cuts that remove a
    tenth of the head; at most 5 mm in intact heads."""
    common_bone_share: float = 0.5
    """Bone that at least this share of heads has is missing where a patient lacks it."""
    vault_depth_mm: float = 15.0
    """Bone deeper below the mean outer table than this is base or face."""
    lowest_base_mm: float = -60.0
    """Bone below this plane of the head frame may be outside the scan."""
    max_base_ml: float = 2.5
    """Bone of the base and the face, of the mean head, that may lie beyond the plane, for a head of its size."""
    max_vault_cm2: float = 250.0
    """Vault that may lie beyond the plane, for a head of mean size: the largest craniectomies have some 200."""
    flat_end_cm2: float = 60.0
    """A plane in which vault alone ends is reported from this area on."""
    flat_end_outline: float = 0.7
    """The same for the share of its outline along which there is bone. Round defects of 154 cm² have up to 0.48."""


@dataclass(frozen=True)
class RefinementParameters:
    """How the head frame is corrected for missing bone (:mod:`SkullRestoreLib.pose.refine`, decision 0011)."""

    rotation_sigma_deg: float = 3.0
    """How far a fitted frame may be rotated about each axis: one standard deviation."""
    shift_sigma_mm: float = 3.0
    """How far a fitted frame may be shifted along each axis: one standard deviation."""
    max_rounds: int = 10
    """Rounds at most; in each the bone that belongs to the vault is chosen again. 0 leaves the frame as fitted."""
    at_rest_mm: float = 0.02
    """The rounds end when no point of the vault would move by more than this in all further ones (decision 0191)."""
    max_rotation_deg: float = 20.0
    """A frame that would be rotated further was not found at all and stays as it is (decision 0053)."""
    max_shift_mm: float = 15.0
    """The same for the shift."""
    doubtful_error_deg: float = 2.2
    """Standard error of the frame's rotation from which on the user is warned (decision 0103)."""


@dataclass(frozen=True)
class ShapeParameters:
    """How the shape model is fitted to the bone that is left (:mod:`SkullRestoreLib.skull_model.shape_model`)."""

    rays_per_measurement: float = 120.0
    """Rays that count as one independent measurement: what the modes leave unexplained is smooth over many rays."""
    fit_widths_mm: tuple[float, ...] = (22.0, 16.0, 12.0, 9.0, 7.0, 6.0, 5.0, 5.0)
    """Width of the Tukey weight in each round: wide at first, because heads differ by more than a centimetre then."""
    table_variance_mm2: float = 0.25
    """Variance of a measured table that is added to the model's."""
    sound_bone_width_mm: float = 9.0
    """From this width on the fit is close enough to distinguish sound bone from new bone on the dura."""
    max_table_slope: float = 0.35
    """Where the outer table departs from the model by more than this, mm per mm along the surface, it is another bone
    (decision 0046)."""
    min_sound_share: float = 0.2
    """A connected part of the vault's bone is sound when it is the largest, or has at least this share of all bone
    (decision 0046). 0 takes all bone near the expected tables for the vault's."""


@dataclass(frozen=True)
class KrigingParameters:
    """How the vault is predicted from its sound bone (:mod:`SkullRestoreLib.prediction.kriging`)."""

    prior_level: int = 4
    """Grid level of the prior, 7 mm between vertices. Finer detail is left to the network and to the fit to the bone
    (decision 0009)."""
    correlation_length_mm: float = 20.0
    """Distance along the vault over which the correlation of the residuals falls to 1/e. This and the two numbers below
    were chosen on damaged training skulls, each with a model trained without that skull; the optimum is flat."""
    table_correlation: float = 0.5
    """Correlation between the residuals of the outer and the inner table at one place."""
    noise_mm: float = 0.3
    """Standard deviation of a measured table."""
    match_tolerance_mm: float = 6.0
    """The end of a bone interval this close to the predicted table is taken for that table. The network was trained on
    features with this tolerance."""
    wall_rings: tuple[int, int] = (2, 2)
    """Rings (3.4 mm) round a hole in which the (outer, inner) table is taken for the wall of the cut (decision
    0010)."""
    doubtful_rings: tuple[int, int] = (3, 6)
    """Rings (3.4 mm) round a hole in which the (outer, inner) table must agree with the bone further away to count
    (decision 0010)."""
    max_disagreement_sigmas: float = 3.0
    """Bone that is further than this from its prediction by the bone further away, in standard errors, does not
    count."""
    dense_rings: int = 3
    """Rings (7 mm) round a hole in which every vertex counts; further away every fourth does (decision 0058)."""


@dataclass(frozen=True)
class NetworkParameters:
    """How the network's output becomes a prediction (:mod:`SkullRestoreLib.prediction.network`)."""

    average_mirror_image: bool = True
    """Whether the prediction is the mean of the head's and its mirror image's (decision 0055)."""
    smoothing_passes: int = 8
    """Smoothing passes over the correction (decision 0013); 4 to 30 do equally well."""


@dataclass(frozen=True)
class ExtensionParameters:
    """How the end of the vault is moved (:mod:`SkullRestoreLib.prediction.vault_extension`, decision 0044)."""

    extension_mm: float = 9.0
    """The tables are continued this far, along the surface: no further do heads differ smoothly enough. 0 leaves the
    vault's end where it was learnt."""
    same_table_mm: float = 3.0
    """Bone ending this close to the continued outer table is that table."""
    no_bone_mm: float = 5.0
    """Where no bone ends this close to the continued outer table, there is an opening."""
    max_natural_depth_mm: float = 18.0
    """A natural opening reaches no deeper into the learnt vault than this; a hole that runs to the vault's end does."""
    spur_rings: int = 2
    """Parts of the extension narrower than twice this are dropped: they have more border than bone."""
    min_missing_probability: float = 0.5
    """Where the network's probability that bone is missing is higher, the vault has a hole."""
    min_hole_cm2: float = 0.5
    """The vault is extended only next to a hole of at least this area."""
    min_sigma_mm: float = 1.2
    """Least standard error of the continued tables."""
    traced_rings: int = 6
    """Rings beyond the vault in which the outer table is followed from bone to bone (10 mm at level 6)."""
    min_traced_neighbours: int = 2
    """Bone is followed to where it has at least this many neighbours that were reached before."""
    steep_mm: float = 5.0
    """Next to a hole the bone of its own side is followed where it falls by no more than this from ring to ring."""
    max_lower_mm: float = 10.0
    """And counts as this head's own table down to this far below the continued one."""
    roof_mm: float = 20.0
    """The roof of an orbit that a hole has lost is restored this far from the vault's end, where the other side has
    it."""
    min_roof_forward: float = 0.5
    """y of the unit vector; behind it there is no orbit."""
    max_side_difference_mm: float = 5.0
    """The two roofs differ by no more than this along a ray that grazes them."""
    roof_sigma_mm: float = 2.0
    """Least standard error of the roof along such a ray."""
    fading: float = 0.95
    """What differs between the other side and the bone that is predicted beyond the vault fades to this part from ring
    to ring,"""
    fading_rings: int = 12
    """over so many rings."""
    continued_rings: int = 14
    """Rings round a hole within which the tables beyond the vault get values that continue it: more than the fit to
    the bone and the detail of the other side use (decision 0158). 0 leaves the network's values there."""


@dataclass(frozen=True)
class EndParameters:
    """How bone beyond the learnt vault is predicted (:mod:`SkullRestoreLib.prediction.bone_beyond`, decision 0179)."""

    min_hole_cm2: float = 2.0
    """A smaller hole at the vault's end is a place at which the prediction is off: nothing follows from it."""
    followed_mm: float = 44.0
    """Bone is followed this far from the vault's end: the occiput to the foramen magnum."""
    followed_round_mm: float = 110.0
    """The same next to a hole: round it to what is left of its far side."""
    step_mm: float = 3.0
    """From ring to ring (1.7 mm) it departs by no more than this from what was reached before."""
    min_followed_neighbours: int = 2
    """It is followed to where it has at least this many neighbours that were reached before."""
    wall_mm: float = 5.0
    """Bone this near to a hole may be the wall of the cut; nothing is measured there."""
    near_mm: float = 42.0
    """Bone further than this from what is predicted does not count."""
    predicted_mm: float = 38.0
    """The bone beyond the vault is predicted this far from a hole."""
    min_fall: float = 0.4
    """At an end of bone the expected extent falls outwards by more than this, mm per mm; at a cut it does not."""
    scanned_mm: float = 1.5
    """A ray is scanned where the image goes on beyond the predicted outer table by this."""
    most_extent_mm: float = 17.0
    """Distance to the end of bone that is measured; more counts as this."""
    correlation_length_mm: float = 20.0
    """As for kriging: distance along the surface over which the correlation of the residuals falls to 1/e."""
    table_correlation: float = 0.5
    """As for kriging: correlation between the residuals of the two tables."""
    bone_noise_mm: float = 0.3
    """Standard deviation of a table that is measured beyond the vault."""
    vault_noise_factor: float = 6.0
    """The vault's tables count with this many of their standard errors: over a hole all of them have the same error.
    With 2 the validation holes are 0.02 mm worse on average, and two of thirteen more are off by over 1.2 mm RMS."""
    extent_noise_mm: float = 1.0
    """Standard deviation of a measured extent."""
    trusted_extent_mm: float = 5.0
    """Where bone is predicted to end within this distance, an end that is seen is that of the bone, not of the cut."""
    unreliable_mm: float = 3.4
    """What the network predicts in a hole this near to the vault's end does not count."""
    blended_mm: float = 24.0
    """At the vault's end, tables over a hole are those predicted with the bone beyond, and less and less up to this far
    inside. In thirteen validation holes these are nearer to the truth up to 10 mm, and the network's beyond 20 mm."""
    sure_opening_mm: float = -1.0
    """Where the expected extent is less, a hole has run into an opening, which is no vault."""
    side_rings: int = 6
    """Over this many rings the prediction fades out towards the sides of what it is known for."""
    near_end_rings: int = 3
    """The extent is measured within this many rings of an end."""
    nearby_rings: int = 2
    """What is expected of bone and of an opening is compared within this many rings of each other."""
    rounds: int = 2
    """Rounds after the first prediction; in each the ends are chosen again."""
    max_disagreement_sigmas: float = 3.0
    """Bone that is further than this from its prediction, in standard errors, is another bone, or the wall of the
    cut."""
    error_factor: float = 1.6
    """Measured errors are larger than predicted ones by this factor, in skulls that the statistics do not contain."""


@dataclass(frozen=True)
class StripParameters:
    """How bone between a hole and the vault's end is used (:mod:`SkullRestoreLib.prediction.bone_at_end`)."""

    width_mm: float = 14.0
    """Bone this near to the vault's end is such a strip: kriging leaves out 10 mm next to a hole. 0 uses none."""
    near_mm: float = 16.0
    """It counts this near to a hole, and changes the prediction this far around it."""
    followed_mm: float = 60.0
    """It is followed this far from the sound vault: along the brow to the nasal root."""
    max_slope: float = 0.5
    """It departs from the prediction by no more than this, mm per mm; the wall of a cut and bone on the dura are
    steeper."""
    wall_rings: int = 1
    """Next to what is missing a ray may end on the wall of the cut."""
    min_both_sides_cm2: float = 15.0
    """It is used next to a hole of which the part that the other side lacks too is at least this large: smaller ones
    get the other side's detail, and were worse with it."""
    correlation_length_mm: float = 20.0
    """As for kriging: distance along the surface over which the correlation of the errors falls to 1/e."""
    noise_mm: float = 0.3
    """Standard deviation of a measured table."""
    inner_follows: float = 0.5
    """The inner table follows the outer one by this part, as for kriging."""
    min_thickness_mm: float = 1.0
    """Least distance between the tables."""
    least_error: float = 0.3
    """At least this part of the standard error is left."""
    most_measured: int = 400
    """Of more vertices of a strip every second, third... counts."""


@dataclass(frozen=True)
class DetailParameters:
    """How the other side gives detail to a hole (:mod:`SkullRestoreLib.prediction.mirrored_detail`, decision 0157)."""

    share: float = 0.6
    """Part of the mirrored detail that is added; 0 adds none. The errors of validation skulls follow it by 0.4 to 0.7
    at every depth of the vault."""
    rings: int = 14
    """Rings round a hole in which it is added: more than the fit to the bone uses."""
    wall_rings: int = 2
    """Rings round a hole in which a ray may end on the wall of the cut; bone there shows no detail."""
    max_detail_mm: float = 6.0
    """Bone further than this from the predicted table is not that table."""
    min_thickness_mm: float = 1.0
    """Least distance between the tables."""


@dataclass(frozen=True)
class DetectionParameters:
    """What counts as a defect on the grid, and how it is called (:mod:`SkullRestoreLib.defects.detect`)."""

    hidden_beyond_mm: float = 3.0
    """Where bone counts as lost (decision 0120), what is this near to the predicted tables is vault."""
    tolerance_mm: float = 2.5
    """Bone that ends this close to the predicted outer table is the outer table; where the prediction is uncertain, two
    of its standard errors, up to twice this."""
    min_area_cm2: float = 0.2
    """Smaller gaps are sutures, vessels and pinholes of thin bone."""
    surely_missing: float = 0.9
    """Predicted probability of missing bone above which a vertex is missing whatever the distance is."""
    possibly_missing: float = 0.3
    """Predicted probability of missing bone below which a vertex is not missing, unless it is above the other one."""
    opening_rings: int = 1
    """Parts narrower than twice this many rings are sutures: they are removed, so that they do not join two defects."""
    vault_edge_rings: int = 2
    """A region this near to the end of the vault, or of the scan, touches it."""
    min_empty_share: float = 0.2
    """A part without any bone makes a defect of what blurred bone is next to it only when it is at least this part of
    all of it."""
    min_present_share: float = 0.5
    """A gap in what the threshold shows is bone when at least this part of it has the mass of bone; else it is
    doubtful."""
    min_region_fraction: float = 0.12
    """A bone is named when at least this part of the defect is in it."""
    max_fraction_across: float = 0.2
    """With more than this part of its area on the other side, a defect crosses the midline."""
    far_from_midline_x: float = 0.35
    """x of a unit vector: a defect with over half of its area further out than this is on both sides, not on the
    midline."""
    min_orbital_fraction: float = 0.15
    """A frontal defect with more than this part of its area in the roof of the orbit is called fronto-orbital."""
    low_direction_z: float = -0.3
    """A defect with a direction below this (z of the unit vector, 17 degrees below the head's centre) runs low to the
    base."""


@dataclass(frozen=True)
class ObjectParameters:
    """What in a hole does not belong to the vault (:mod:`SkullRestoreLib.defects.vault_objects`)."""

    widest_slice_mm: float = 6.0
    """In thicker slices no objects are looked for (decision 0218)."""
    sure_slice_mm: float = 2.5
    """In thicker slices some are not seen, and that is said."""
    level_mm: float = 1.2
    """Bone that ends this much below the predicted outer table is off the vault. Of sound vaults 95 % end within
    0.5 mm of the prediction."""
    depth_mm: float = 16.0
    """Objects are looked for down to this far inside the inner table."""
    height_mm: float = 6.0
    """And up to this far outside the outer table."""
    min_bone_mm: float = 1.0
    """A ray that meets less bone meets no object."""
    shell_mm: float = 2.8
    """A layer of bone or metal thinner than this is a thin shell."""
    shell_under_mm: float = 4.5
    """Where the vault is thicker than this, a thin shell is no vault."""
    sheet_part: float = 0.35
    """What is level and has less than this part of the vault's thickness, with nothing beneath it, is a sheet put over
    the hole: meshes have 0.1 to 0.25."""
    stands_out_part: float = 0.3
    """On the bone around the hole, such a sheet stands out by at least this part of its thickness."""
    shell_level_mm: float = 3.0
    """A thin shell within this of the outer table is looked at; a deeper one is off the vault already."""
    dense_ratio: float = 1.35
    """What is denser in its middle than the vault's tables (upper quartile of the greatest value along each ray) by
    this factor is no bone of this patient."""
    min_metal_mm3: float = 50.0
    """Thin metal that the scan has blurred is so dense, fills at least this volume,"""
    metal_rim_mm: float = 2.0
    """is farther than this from metal that is set apart, which the scan blurs as well,"""
    max_thick_part: float = 0.1
    """and no more than this part of it is thicker than a thin shell, or it is a plate of bone cement or ceramic."""
    metal_share: float = 0.1
    """Metal over this part of an object's surroundings makes it a part of a mesh or plate."""
    metal_hides_mm: float = 2.5
    """Metal of a plate this near to bone hides some of it, as a screw does: what it blurs was taken off."""
    metal_beside_rings: int = 9
    """Metal over the bone this many rings (15 mm) around a mesh or plate belongs to it,"""
    metal_blur_mm: float = 1.5
    """with what the scan blurs around it,"""
    over_table_mm: float = 0.1
    """as far as it is this much over the predicted outer table."""
    metal_like_hu: float = 1500.0
    """A thin shell with this mean value is metal that the scan has blurred."""
    bridges_mm: tuple[float, ...] = (3.0, 6.0, 10.0, 15.0, 22.0)
    """Bridges of bone across a kerf up to these widths are looked over, the narrow ones first."""
    widest_gap_mm: float = 16.0
    """A part that reaches the end of the vault is enclosed by gaps up to this width: kerfs and burr holes, no holes."""
    kerf_density: float = 0.72
    """A narrow line along which the vault's mean density is less than this part of that on both sides is a kerf that
    the scan has blurred over."""
    layer_kerf_density: float = 0.75
    """The same of the middle and the outer layer: both must be low, next to each other."""
    kerf_rings: int = 3
    """Such a line is at most twice this many rings of the grid wide."""
    thin_wall_reach_rings: int = 8
    """Bone that is as low compared with what is up to this many rings (13 mm) away,"""
    thin_wall_rings: int = 2
    """over this many rings (3.4 mm) on all sides, is a thin wall: a kerf is narrower, with its blur 3 to 5 mm."""
    table_kerf_density: float = 0.8
    """A saw cuts the outer table: within as many rings the outermost fifth of the vault is less dense than this part of
    that on both sides,"""
    min_kerf_mm: float = 12.0
    """along at least this length: gaps and veins of the diploe under it are shorter (decision 0215)."""
    step_mm: float = 1.2
    """Where both faces of the bone are at two heights that differ by this within a few directions, a flap has moved,"""
    step_slices: float = 1.2
    """if they differ by this many slices as well, as thin bone has steps of up to one."""
    min_kerf_share: float = 0.7
    """Where less than half of a level flap's edge is free, this part of it must be free or a blurred kerf,"""
    most_held_mm: float = 75.0
    """and no more than this of it may be held by the bone around it,"""
    min_drilled_share: float = 0.5
    """or this part, where three burr holes or more are along it, as sutures have none,"""
    known_part: float = 0.5
    """(also where this part of it was a flap with an earlier prediction),"""
    min_free_share: float = 0.4
    """and this part must be free: sutures and thin bone look like a blurred kerf."""
    min_open_share: float = 0.5
    """An object hangs together with the skull along at most the rest of its edge."""
    min_open_known: float = 0.35
    """The same of what was an object with an earlier prediction (decision 0202)."""
    min_open_dense: float = 0.25
    """The same of what is denser than the vault: the scan blurs its narrow gaps away."""
    min_area_cm2: float = 2.0
    """Smaller objects are crumbs."""
    max_enclosed_cm2: float = 250.0
    """A larger part of the vault that is enclosed by kerfs is the vault itself."""
    opening_rings: int = 2
    """Strips narrower than twice this many rings of the grid are bevelled walls of a hole, not objects."""
    wall_mm: float = 10.0
    """What is along the edge of a hole and reaches no farther into it is its slanting wall."""
    vault_edge_rings: int = 3
    """What is this near to the end of the vault is face or base."""
    around_rings: int = 4
    """An object that reaches this many rings beyond its place hangs together with the skull there."""
    held_part: float = 0.85
    """The skull goes on in an object where it holds at least this part of the object's thickness next to it."""
    flap_fill: float = 0.5
    """For what has less than this part of the vault's thickness, neither a blurred kerf nor a step of both tables is
    an edge: resorbed flaps have 0.6 and more, the back wall of a sinus 0.2."""
    air_mm: float = 2.0
    """A second wall of bone beneath the vault has more air than this above it: the back wall of a sinus."""
    wall_slope: float = 0.7
    """It rises or falls by no more than this, mm per mm, from the edge of an opened sinus outwards."""
    min_wall_share: float = 0.25
    """What goes on as such a wall along this part of its edge is the back wall of a sinus, and no object."""
    min_ahead: float = 0.2
    """Cosine of the angle to its middle within which all of a flap is, to have an outline in a plane."""
    outline_reach_mm: float = 130.0
    """From what is known of a flap its outline is looked for this far away:"""
    outline_held: float = 0.2
    """a closed line along which no more than this part of the bone goes on;"""
    end_held: float = 0.5
    """along the end of the vault, beyond which nothing is known, this part is assumed."""
    outline_rings: int = 4
    """The outline of a flap is looked for this many rings of the grid beyond the convex hull of what is known of it."""
    held_density: tuple[float, float] = (0.7, 0.95)
    """Bone goes on where the vault is this dense, as parts of what is around: from the first on in part, from the
    second on fully."""
    outline_step_mm: tuple[float, float] = (0.4, 1.2)
    """And bone goes on over a step between neighbouring directions up to the first height, and ends at the second."""
    min_held: float = 0.3
    """Less bone than this joins nothing to a flap."""
    least_held: float = 0.02
    """An outline is no longer than need be in a burr hole either."""
    hull_weight: float = 0.15
    """A direction within the convex hull of a flap is bound to it by this part of what binds neighbours in sound
    bone, and one outside of it to the skull."""
    notch_rings: int = 2
    """Bone this many rings of the grid within the convex hull of a flap and farther is in a notch of its outline,"""
    kerf_reach_rings: int = 3
    """and the skull's for certain if the flap has an edge within this many rings of it, a kerf away."""
    moves_frame_cm2: float = 15.0
    """Objects of this area or more may have moved the head frame: it is found again without them."""
    follow_mm: float = 9.0
    """How far an object is followed through the bone mask."""
    split_rings: int = 2
    """Bone within this many rings of a flap's outline on the grid is split between it and the skull by voxels."""
    density_power: float = 4.0
    """There a way through less dense bone is longer, by this power of the ratio,"""
    least_density: float = 0.1
    """down to this part of the flap's density."""
    longest_way_mm: float = 30.0
    """Bone that is farther than this from both sides, as across a kerf, stays what it is on the grid."""
    cut_density: float = 0.85
    """Bone that is this dense on both sides of the outline, as parts of the flap's density, was cut through,"""
    cut_depth_mm: float = 2.0
    """looked at down to this far below the outer table, as the border of a patch is."""
    plastic_hu: float = 95.0
    """What is denser than this between the tables of a hole, and no bone, is plastic: fresh blood has 90 HU at most."""
    plastic_spread: float = 0.5
    """Its tenth and ninetieth percentile are within this part of its median: thin bone that the scan has blurred is
    less even."""
    min_plastic_cm2: float = 4.0
    """Smaller ones are drains, clips and sponges."""
    solid_part: float = 0.88
    """Bone whose middle is as dense as this part of the greatest density along the ray has no diploe there,"""
    closed_plate_hu: float = 950.0
    """and may be a plate of ceramic or cement from this density on; what is less dense is known by that."""
    closed_plate_spread: float = 0.06
    """A plate without a gap is so even: its density is within this part of the most frequent one."""
    min_closed_plate_cm2: float = 6.0
    """Smaller ones are islands of compact bone."""
    border_rings: tuple[int, int] = (3, 6)
    """Around it the density is looked at this many rings of the grid (5 and 10 mm) outside its border:"""
    least_fall: float = 0.15
    """there it is lower by this part,"""
    closed_part: float = 0.75
    """along at least this part of the border: of thin squamae along up to 0.64,"""
    closed_part_in_diploe: float = 0.55
    """or this part, where bone as thick has diploe in the rest of this patient's vault, by as much,"""
    alike_mm: float = 0.5
    """and is as thick within this."""
    bone_part: float = 0.5
    """At least this part of the border is in bone, or sound bone at the edge of a hole would be a plate;"""
    sharp_part: float = 0.75
    """and at the nearer place the density has fallen by at least this part of what it has at the farther one: around
    sound compact bone the diploe begins gradually."""
    border_depth_mm: tuple[float, float] = (2.0, 2.6)
    """It ends where the density between these depths below the outer face of the bone, beneath the outer table, is
    half-way to that of the bone around it,"""
    border_depth_part: tuple[float, float] = (0.5, 0.65)
    """in a thin plate between these parts of its thickness."""
    faint_level_mm: float = 3.0
    """Bone that ends this near to the predicted outer table is looked at below its own face, which the threshold puts
    too deep in a plate that is hardly denser."""
    faint_part: float = 0.8
    """A plate that is nowhere as dense as this part of the patient's tables is no bone: of sound vaults, 99.5 % are;"""
    faint_spread: float = 0.3
    """from place to place, and along a ray, its density varies by less than this part of it;"""
    even_part: float = 0.95
    """or, where it varies along the ray by less than"""
    even_spread: float = 0.12
    """this, nowhere as dense as that part: 99 % of sound bone with diploe varies more;"""
    table_part: float = 0.85
    """bone around it is as dense as this part of the tables."""
    table_depth_mm: tuple[float, float] = (0.5, 1.5)
    """It ends where what is this deep is half-way as dense."""
    sunk_mm: float = 1.5
    """A median depth above this is sunk, below its negative it stands out."""
    tilted_deg: float = 3.0
    """A slope against the vault above this is tilted."""
    resorbed_fill: float = 0.75
    """A flap that fills less than this part of the vault's thickness is resorbed."""
    dural_mm: float = 6.0
    """Pieces this far below the outer table have grown on the dura,"""
    below_inner_mm: float = 0.5
    """and so have those that are this far below the inner table, where the vault is thin."""
    resorbed_part: float = 0.2
    """And so is one that leaves more than this part of its hole free,"""
    burr_hole_cm2: tuple[float, float] = (0.4, 4.0)
    """Area of a burr hole, least and greatest: 7 to 22 mm."""
    round_part: float = 0.4
    """A burr hole fills at least this part of the circle round it."""
    burr_holes_apart_mm: float = 150.0
    """The burr holes of one flap are at most this far from each other."""
    burr_holes_cm2: float = 6.0
    """and this area: four burr holes of 14 mm."""


@dataclass(frozen=True)
class BoneMassParameters:
    """How the bone on a ray is weighed (:mod:`SkullRestoreLib.defects.bone_mass`, decision 0104)."""

    above_mm: float = 4.0
    """Bone is weighed from this far above the predicted outer table."""
    below_mm: float = 2.0
    """The vault is weighed down to this far below the predicted inner table."""
    depth_share: float = 0.65
    """For what is present, the vault is weighed down to this part of its thickness and 1 mm: new bone on the dura does
    not count."""
    min_depth_mm: float = 3.0
    """And down to this depth at least: a thin vault is predicted to a millimetre."""
    sure_mm: float = 1.0
    """Where the standard error of the prediction is larger, bone may lie deeper than predicted..."""
    depth_sigmas: float = 2.0
    """... and is weighed down to this many times the rest of that error deeper."""
    prediction_rounds: int = 3
    """How often the vault is predicted at most, each time with the blurred bone that the last prediction found."""
    settled_mm: float = 0.05
    """Where that bone has moved by less than this, another prediction would change nothing: by 0.003 mm in the heads
    that this was measured on."""
    background_mm: tuple[float, float] = (4.0, 7.0)
    """How far below the inner table the scan shows what is there without bone."""
    sound_mm: float = 1.5
    """Bone that ends this close to the predicted outer table is sound: it gives the density and the blur."""
    doubted_probability: float = 0.5
    """From this probability of missing bone on, a ray is weighed although bone ends at the outer table."""
    edge_mm: float = 3.0
    """The blur is measured on the edge of the outer table, this far above and below it."""
    gate_hu: float = 60.0
    """Less than this above the background is soft tissue or fresh blood, and no bone."""
    gate_sigmas: float = 3.0
    """Less than this many standard deviations of the noise is no bone."""
    present_share: float = 0.25
    """With this part of the predicted thickness there is bone, within the limits below: an intact vault is not thinner
    than that, whatever the threshold shows of it."""
    present_mm: tuple[float, float] = (0.7, 2.0)
    """Least and greatest of these limits."""
    absent_share: float = 0.1
    """With less than this part of the predicted thickness there is no bone, within the limits below."""
    absent_mm: tuple[float, float] = (0.25, 0.6)
    """Least and greatest of these limits."""
    peak_share: float = 0.65
    """In a sharp scan, thin bone reaches at least this part of the peak that its mass and the blur let expect."""
    sharp_blur_mm: float = 0.8
    """A scan with less blur than this in all directions is sharp."""
    shifting_blur_mm: float = 1.2
    """From this blur along the ray on, bone that the threshold shows may be shifted by millimetres."""
    reach_mm: float = 3.0
    """How far the edge of a hole may look like thin bone: its wall is oblique by this."""
    reach_blurs: float = 2.0
    """And by this many standard deviations of the blur."""


@dataclass(frozen=True)
class PresenceParameters:
    """How bone below the restored surface is measured (:mod:`SkullRestoreLib.defects.bone_presence`)."""

    layer_depths_mm: tuple[tuple[float, ...], ...] = ((0.2, 0.6, 1.0), (0.6, 1.2, 1.8))
    """Sample depths of the shallow and the deep layer. Bone is their mean; at a thin wall the shallow one counts alone
    (decision 0050). Without layers the border is that of the hole's vertices on the grid."""
    thin_wall_ramp: tuple[float, float] = (0.6, 1.0)
    """Where the shallow layer holds this much more bone than the deep one, the bone is a thin wall, and only the
    shallow layer counts: from the first difference on in part, from the second on fully."""
    max_shallow_slice_mm: float = 1.0
    """Thicker slices blur the shallow layer away, so only the deep one counts."""
    metal_depths_mm: tuple[float, ...] = (-2.0, -1.0, 0.0, 1.0, 2.0)
    """Metal at these depths hides the shallow layer."""
    metal_halo_rings: int = 5
    """And so it does this many edges (about 2 mm) around it."""
    screw_depths_mm: tuple[float, ...] = (1.2, 1.7, 2.2)
    """Metal at these depths is a screw (decision 0052)."""
    screw_halo_mm: float = 1.5
    """Segmentation removed the screw, and the bone within this of it."""
    solid_bone_hu: float = 300.0
    """This far above the threshold bone is solid; below it the voxel is partly something else."""
    solid_bone_in_mask: float = 0.5
    """The same for a mask of 0 and 1, whose threshold is 0.5."""


@dataclass(frozen=True)
class ThickSliceParameters:
    """The same in thick slices (:mod:`SkullRestoreLib.defects.partial_volume`, decision 0051)."""

    thick_slice_mm: float = 3.5
    """Thicker slices are compared with the intact vault. In thinner ones the layers just below the surface show as
    much, and need no tables."""
    depth_fraction: float = 0.5
    """Sample depth, as a part of what one slice spans of the vault: there a slice that contains the edge of the vault
    has as much of it above as below."""
    min_depth_mm: float = 1.2
    """Least sample depth; the greatest is the middle of the vault."""
    depth_factors: tuple[float, ...] = (0.6, 1.0, 1.4)
    """Samples are taken at the sample depth times each of these."""
    in_plane_blur_mm: float = 1.0
    """The edge of a table is blurred over this in the plane of the slices."""
    min_intact_fraction: float = 0.25
    """Where an intact vault would fill less of the slice than this, nothing can be concluded; this is used instead."""
    border_fraction: float = 0.53
    """Presence is 0 (the border) where this part of intact bone is left. It gives areas neither too large nor too small
    on validation skulls: walls slant, and half of what is left *at depth* is a tenth of a millimetre inside the edge of
    the outer table."""
    complete_fraction: float = 0.8
    """Presence is 1 from this part of intact bone on."""
    sound_fraction: float = 0.6
    """What shows less than this part of the value expected of intact bone is not used as intact bone."""


@dataclass(frozen=True)
class LowerBoneParameters:
    """How sound bone below the restored surface is followed (:mod:`SkullRestoreLib.defects.lower_bone`)."""

    reach_mm: float = 14.0
    """It is followed this far from where bone is at the surface. 0 follows none."""
    max_lower_mm: float = 5.0
    """And down to this far below the surface."""
    max_higher_mm: float = 1.5
    """Bone this far above the surface counts as the bone that is followed."""
    max_slope: float = 0.8
    """It departs by no more than this, mm per mm, from vertex to vertex of the finest mesh (0.4 mm); the wall of a cut
    is steeper."""
    min_neighbours: int = 2
    """It is followed to where it has at least this many neighbours that were reached before."""
    min_width_mm: float = 1.2
    """What is followed no further than this is the rounded edge of a cut."""
    edge_mm: float = 2.0
    """Its depth is continued this far, so that its edge is found where it ends."""


@dataclass(frozen=True)
class BorderParameters:
    """How a defect is cut out of the restored surface (:mod:`SkullRestoreLib.defects.patch`, decision 0014)."""

    crack_half_width_mm: float = 1.3
    """Gaps narrower than twice this are sutures and cracks, and no part of the defect."""
    cleft_half_width_mm: float = 3.0
    """Near the end of the vault, gaps narrower than twice this are orbits and clefts of the base next to the defect."""
    vault_end_zone_mm: float = 8.0
    """How near to the end of the vault the wider limit applies (decision 0045)."""
    max_speck_mm2: float = 12.0
    """Bone in the defect smaller than this is filled; larger bone is an island."""
    smoothing_passes: int = 2
    """How often bone presence is averaged with its neighbours before the surface is cut."""
    open_presence: float = -0.3
    """Where bone ends the defect, presence at the border is 0; below this the end of the vault or of the scan ended it
    (decision 0015)."""
    step_slope: float = 6.0
    """A triangle whose radius changes by more than this, mm per mm across, is left out: one that joins the margin of an
    orbit and its roof is in the air (decision 0197). The roof itself changes by 3 to 4."""
    min_open_fraction: float = 0.03
    """A margin of which more than this part does not end at bone is reported as open (decision 0015)."""
    max_natural_opening_cm2: float = 8.0
    """Heads differ where the vault ends: a gap there is lost bone only when it is larger than that difference. With 0
    every gap is lost bone."""
    natural_open_fractions: tuple[float, float, float] = (0.03, 0.2, 0.35)
    """A gap at the end of the vault is natural when more than this part of its border is open: for a gap of less than a
    quarter of the largest natural opening; for a larger one that touches the end; for one that does not."""


@dataclass(frozen=True)
class PointParameters:
    """Where reference points are placed, with which confidence (:mod:`SkullRestoreLib.defects.reference_points`)."""

    edge_inset_mm: float = 0.8
    """Points are this far behind the bone's edge, where the outer table is intact."""
    snap_distance_mm: float = 8.0
    """A point that the user places is drawn to the outer table within this distance; further off, it is not on the
    vault."""
    max_border_distance_mm: float = 1.1
    """A point further than this from the border is dropped (decision 0049): bone that far over or under the surface,
    which was not fitted to it, is the wall of an orbit or a cleft next to the defect, and no margin."""
    support_distances_mm: tuple[float, ...] = (1.5, 2.5, 4.0, 6.0)
    """Where bone is looked for behind a point."""
    max_support_miss_mm: float = 1.5
    """Bone within this of the restored surface supports a point."""
    miss_scale_mm: float = 1.5
    """Confidence falls as a Gaussian of the bone's distance from the surface, with this scale."""
    min_supported_confidence: float = 0.25
    """What is left of the confidence of a point without any bone behind it."""
    sigma_scale_mm: float = 3.0
    """Standard error of the surface at which confidence falls to 1 / sqrt(2)."""
    search_mm: float = 4.0
    """How far along the ray the bone's surface is searched for."""
    min_confidence: float = 0.45
    """Places with less confidence get no point: with sound bone at less than half of the distances behind, a border
    that runs over the side of the nose or a root of the zygomatic arch is no margin (decision 0209)."""
    vault_end_rings: int = 2
    """No point is this near (about 3.5 mm) to the end of the vault: there a natural opening is easily taken for the
    border (decision 0045)."""
    missing_probe_mm: tuple[float, ...] = (2.0, 3.5, 5.0)
    """Where the network's missing-bone probability is read, in front of a point."""
    min_missing_ratio: float = 0.8
    """Minimum ratio of that probability to its median along the border (decision 0047): next to a cleft or an orbit
    that the defect runs into, the network does not take the gap for lost bone."""
    min_flap_fraction: float = 0.5
    """An island that fills this part of the defect is a flap that was put back, and has points; a smaller one is new
    bone or a loose piece, and has none (decision 0048)."""
    min_points_per_loop: int = 3
    """A part of the border that would get fewer points gets none: it is a sliver, and fewer define no surface."""
    off_surface_confidence: float = 0.2
    """Confidence of a user's point off the vault: on the zygomatic arch, the petrous bone, the face."""


@dataclass(frozen=True)
class FitParameters:
    """How the surface is fitted to bone and reference points (:mod:`SkullRestoreLib.defects.thin_plate`)."""

    fit_rings: int = 9
    """Rings of sound bone that the surface is fitted to (about 15 mm at level 6)."""
    stiffness_length_mm: float = 16.0
    """Length over which the correction dies away where the network's standard error is 1 mm."""
    bone_error_mm: float = 0.06
    """Small against the network's error, so that the correction follows the bone; large enough to smooth voxel
    steps."""
    min_sigma_mm: float = 0.3
    """The network's standard error counts as at least this."""
    match_distance_mm: float = 3.0
    """Bone further than this from a predicted table is not that table. With 0 there is no fit to the bone."""
    cut_wall_rings: tuple[int, int] = (1, 6)
    """Rings around a defect in which a ray may end on the wall of the cut in place of the outer or the inner table.
    There bone counts only if it agrees with what is further out (decision 0010). A wall oblique to the rays hides the
    inner table over a centimetre."""
    wall_agreement_mm: float = 0.6
    """How near bone in these rings must be to the surface fitted to the rest."""
    min_outlier_mm: float = 0.5
    """Bone that is off its neighbourhood by less than this is no outlier."""
    outlier_factor: float = 4
    """Bone that is off its neighbourhood by more than this many medians, and by the distance above, is left out."""
    departing_error_mm: float = 0.04
    """Error of sound bone that departs from the fitted surface over some width (decision 0178): the correction follows
    it more closely, over a few millimetres."""
    max_departing_slope: float = 0.5
    """Such bone departs by no more than this, mm per mm; a chip is steeper."""
    min_followed_neighbours: int = 2
    """It is followed to where it has at least this many neighbours that were reached before."""
    departing_end_rings: int = 3
    """It is not followed this near to the end of the vault, where another bone begins."""
    point_error_mm: float = 0.02
    """Error of a reference point that the program placed."""
    moved_point_slack: float = 1e-6
    """Slack at a moved point, as a part of its own influence: small enough to be exact, large enough to be solvable
    (decision 0016)."""
    inner_follows: float = 0.5
    """The inner table follows the pull of the points on the outer one by this part, so that the thickness stays
    plausible."""
    min_thickness_mm: float = 1.0
    """Least distance between the tables: thinner bone would be a hole in the restored skull."""
    rim_error_fraction: float = 0.5
    """Part of the predicted standard error that is left at the margin, 1 for all of it. Measured on validation skulls:
    nine tenths of the errors are within the 90 % band at every distance from the margin (decision 0054)."""
    error_growth_mm: float = 8.0
    """Length over which the standard error grows into the defect to all of what was predicted (decision 0054)."""
    fullness_scale: float = 0.39
    """Mean height over a defect by which a fullness of 1 raises the surface, as a part of the mean standard error of
    the prediction there: 84 heads of 100 are flatter then (decision 0084)."""
    min_followed_fraction: float = 0.02
    """A defect in which the surface follows the displaced prediction by less than this part is too narrow to have a
    mean height of its own."""


@dataclass(frozen=True)
class MissingBoneParameters:
    """Which voxels are missing bone (:mod:`SkullRestoreLib.defects.missing_bone`, decision 0017)."""

    max_beyond_border_mm: float = 4.0
    """Missing bone may reach this far under or over the sound edge, because cuts are not made along rays."""
    min_layer_mm: float = 1.1
    """A layer between bone and restored table thinner than this is disagreement, not missing bone."""
    edge_iterations: int = 2
    """By how many voxels the layer is grown again under the patch, where thinner parts belong to it."""
    min_part_fraction: float = 0.01
    """A part that reaches under the patch with less than this of the largest part is dropped."""


@dataclass(frozen=True)
class SoftTissueParameters:
    """How skin and muscle are measured (:mod:`SkullRestoreLib.prediction.skin_tracing`, decision 0172)."""

    grid_level: int = 5
    """Skin is traced along the rays of this level, 3.5 mm apart: an implant could not follow finer detail."""
    skin_hu: float = -450.0
    """Half-way between air and soft tissue: the skin's surface is here, however much the scanner blurs it."""
    air_mm: float = 3.0
    """Air as deep as this is outside the head; less is a fold, a hair or noise."""
    not_scanned_hu: float = -1500.0
    """What is below this is no air but was not scanned: the skin is cut off there."""
    tissue_range_mm: tuple[float, float] = (1.0, 45.0)
    """Soft tissue over bone is as thick as this; anything else is a mistake, such as a head rest."""
    same_table_mm: float = 3.0
    """Bone farther than this from the restored table is not the outer table: no thickness is measured there."""
    scalp_percentile: float = 10.0
    """Around the hole's counterpart there is somewhere no muscle: this percentile of the thickness is that of the scalp
    alone."""
    muscle_mm: float = 3.0
    """Where the sound side has this much more than scalp, it has muscle that both sides are compared by."""
    around_mm: float = 40.0
    """Muscle of the operated side is measured over bone this near to the hole."""
    near_mm: float = 10.0
    """Measured places nearer than this count the same; beyond, with the fourth power of the distance less."""
    min_measured_cm2: float = 1.0
    """Muscle over less bone than this says nothing of the muscle over the hole."""
    min_seen: float = 0.7
    """Part of the place to be raised that must have its counterpart on the other side sound and in the scan."""
    lost_mm: float = 1.0
    """Where as much muscle or more is lost, the surface is raised in full; where none is lost, not at all."""
    smooth_mm: float = 10.0
    """The height by which the surface is raised is a mean over this distance."""
    least_raise_mm: float = 0.5
    """Where the skin would be lower than the other side's by no more than this everywhere, nothing is raised."""
    fade_from_mm: float = 3.0
    """Next to the bone nothing is raised, so that the step at the rim stays as it is."""
    bend_mm: float = 8.0
    """From there on the height may grow, over this distance ever more steeply."""
    max_slope: float = 0.5
    """And then as steeply as this."""


@dataclass(frozen=True)
class MethodParameters:
    """The numbers of all steps, in their order."""

    segmentation: SegmentationParameters = SegmentationParameters()
    plausibility: PlausibilityParameters = PlausibilityParameters()
    cut: CutParameters = CutParameters()
    pose: PoseParameters = PoseParameters()
    refinement: RefinementParameters = RefinementParameters()
    shape: ShapeParameters = ShapeParameters()
    kriging: KrigingParameters = KrigingParameters()
    network: NetworkParameters = NetworkParameters()
    extension: ExtensionParameters = ExtensionParameters()
    vault_end: EndParameters = EndParameters()
    strip: StripParameters = StripParameters()
    detail: DetailParameters = DetailParameters()
    objects: ObjectParameters = ObjectParameters()
    detection: DetectionParameters = DetectionParameters()
    bone_mass: BoneMassParameters = BoneMassParameters()
    presence: PresenceParameters = PresenceParameters()
    thick_slices: ThickSliceParameters = ThickSliceParameters()
    lower_bone: LowerBoneParameters = LowerBoneParameters()
    border: BorderParameters = BorderParameters()
    points: PointParameters = PointParameters()
    fit: FitParameters = FitParameters()
    missing_bone: MissingBoneParameters = MissingBoneParameters()
    soft_tissue: SoftTissueParameters = SoftTissueParameters()

    def with_changes(self, **changes: Mapping[str, Any]) -> "MethodParameters":
        """Return a copy with some numbers changed.

        Parameters
        ----------
        changes
            New values by name, for each step.

        Returns
        -------
        MethodParameters
            The copy.

        Raises
        ------
        TypeError
            If a step has no such number.
        AttributeError
            If there is no such step.

        Examples
        --------
        >>> MethodParameters().with_changes(fit={"fit_rings": 6}).fit.fit_rings
        6
        """
        return replace(self, **{step: replace(getattr(self, step), **values) for step, values in changes.items()})


METHOD = MethodParameters()
"""The method as it was measured and as it is used."""
