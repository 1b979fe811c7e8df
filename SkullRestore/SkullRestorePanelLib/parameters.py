"""What the panel remembers, saved with the scene."""

from pathlib import Path
from typing import Annotated, Union

import slicer
from slicer.parameterNodeWrapper import Choice, Default, WithinRange, parameterNodeWrapper

InputNode = Union[slicer.vtkMRMLScalarVolumeNode, slicer.vtkMRMLSegmentationNode, slicer.vtkMRMLModelNode, None]  # noqa: UP007 (what the wrapper knows)


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
    clearance: Annotated[float, WithinRange(0, 3), Default(1.0)]
    bevel: Annotated[float, WithinRange(0, 45), Default(0.0)]
    temporalFill: Annotated[float, WithinRange(0, 6), Default(0.0)]
    perforations: bool = False
    fixation: Annotated[str, Choice(["none", "tabs", "recesses"]), Default("none")]
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
    "clearance": "clearance_mm",
    "bevel": "bevel_deg",
    "temporalFill": "temporal_fill_mm",
    "perforations": "perforations",
    "fixation": "fixation",
    "material": "material",
}
