"""What the panel remembers, saved with the scene."""

from pathlib import Path
from typing import Annotated, Union

import slicer
from slicer.parameterNodeWrapper import Choice, Default, WithinRange, parameterNodeWrapper

InputNode = Union[  # noqa: UP007 (what the wrapper knows); a labelmap is a volume too, but the selectors list only the kinds that are named here
    slicer.vtkMRMLScalarVolumeNode, slicer.vtkMRMLLabelMapVolumeNode, slicer.vtkMRMLSegmentationNode, slicer.vtkMRMLModelNode, None
]


@parameterNodeWrapper
class SkullRestoreParameterNode:
    """What the panel remembers. The settings' ranges are those of SkullRestoreLib.settings; a test compares them."""

    inputNode: InputNode
    autoThreshold: bool = True
    threshold: Annotated[float, WithinRange(50, 1500), Default(300.0)]
    points: Annotated[int, WithinRange(8, 200), Default(24)]
    minArea: Annotated[float, WithinRange(0.1, 200), Default(1.0)]
    snapping: bool = True
    thickness: Annotated[float, WithinRange(2, 10), Default(4.0)]
    followInnerTable: bool = False
    minThickness: Annotated[float, WithinRange(1, 6), Default(2.0)]
    sink: Annotated[float, WithinRange(0, 2), Default(0.0)]
    temporalFill: Annotated[float, WithinRange(0, 6), Default(0.0)]
    clearance: Annotated[float, WithinRange(0, 3), Default(1.0)]
    bevel: Annotated[float, WithinRange(0, 45), Default(0.0)]
    rimRadius: Annotated[float, WithinRange(0, 2), Default(0.5)]
    minEdge: Annotated[float, WithinRange(0.5, 4), Default(1.0)]
    trimUndercuts: bool = True
    onlay: Annotated[float, WithinRange(0, 12), Default(0.0)]
    onlayThickness: Annotated[float, WithinRange(0.6, 3), Default(1.2)]
    perforations: bool = False
    perforation: Annotated[float, WithinRange(1, 6), Default(2.0)]
    perforationSpacing: Annotated[float, WithinRange(4, 40), Default(10.0)]
    sutureHoles: Annotated[int, WithinRange(0, 60), Default(0)]
    sutureHole: Annotated[float, WithinRange(0.8, 4), Default(1.5)]
    holeToEdge: Annotated[float, WithinRange(2, 20), Default(5.0)]
    fixation: Annotated[str, Choice(["none", "tabs", "recesses"]), Default("none")]
    fixationCount: Annotated[int, WithinRange(2, 12), Default(4)]
    fixationPoints: str = ""
    parts: Annotated[int, WithinRange(1, 3), Default(1)]
    lap: Annotated[float, WithinRange(2, 12), Default(4.0)]
    jointGap: Annotated[float, WithinRange(0, 1), Default(0.15)]
    mould: bool = False
    material: Annotated[str, Choice(["PEEK", "PMMA", "titanium", "UHMWPE", "hydroxyapatite"]), Default("PEEK")]
    beforeNode: InputNode
    exportFolder: Path
    overwrite: bool = False
    exportScene: bool = False
    exportPly: bool = False
    exportObj: bool = False
    export3mf: bool = False
    exportPdf: bool = False


FORMATS = {"exportPly": "ply", "exportObj": "obj", "export3mf": "3mf", "exportPdf": "pdf"}

# Field of the panel -> setting of the library.
SETTINGS = {"points": "points", "minArea": "min_area_cm2"}
IMPLANT_SETTINGS = {
    "thickness": "thickness_mm",
    "followInnerTable": "follow_inner_table",
    "minThickness": "min_thickness_mm",
    "sink": "sink_mm",
    "temporalFill": "temporal_fill_mm",
    "clearance": "clearance_mm",
    "bevel": "bevel_deg",
    "rimRadius": "rim_radius_mm",
    "minEdge": "min_edge_mm",
    "trimUndercuts": "trim_undercuts",
    "onlay": "onlay_mm",
    "onlayThickness": "onlay_thickness_mm",
    "perforations": "perforations",
    "perforation": "perforation_mm",
    "perforationSpacing": "perforation_spacing_mm",
    "sutureHoles": "suture_holes",
    "sutureHole": "suture_hole_mm",
    "holeToEdge": "hole_to_edge_mm",
    "fixation": "fixation",
    "fixationCount": "fixation_count",
    "fixationPoints": "fixation_points",
    "parts": "parts",
    "lap": "lap_mm",
    "jointGap": "joint_gap_mm",
    "mould": "mould",
    "material": "material",
}
BY_ARROW = ("insertion",)  # settings that are given in the views


def chosen(node, fields):
    """What the panel's controls say of some settings, under the library's names.

    Parameters
    ----------
    node : SkullRestoreParameterNode
    fields : dict
        Field of the panel -> setting of the library.
    """
    values = {name: getattr(node, field) for field, name in fields.items()}
    if "fixation_points" in values:
        values["fixation_points"] = tuple(values["fixation_points"].replace(",", " ").split())
    return values
