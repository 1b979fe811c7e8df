"""DICOM series of every kind that scanners, archives and converters write, from one small block of HU."""

import shutil
import struct
from pathlib import Path

import numpy as np
from helpers_intake import write_dicom
from pydicom import dcmread
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, EnhancedCTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian

SERIES_AFFINE = np.array([[-0.5, 0, 0, 10.0], [0, -0.6, 0, 12.0], [0, 0, 1.0, -30.0], [0, 0, 0, 1]])


def hu_block(slices=24):
    """HU from -1000 to 2000, (slices, 20, 16) int16: smooth with noise, so that every compression is tested."""
    k, j, i = np.meshgrid(np.arange(slices), np.arange(20), np.arange(16), indexing="ij")
    wave = 800 * np.sin(k / 5.0) * np.cos(j / 4.0) + 600 * np.sin(i / 3.0)
    return np.clip(wave + np.random.default_rng(0).integers(-50, 51, wave.shape), -1000, 2000).astype(np.int16)


def write_series(folder, hu=None, **tags):
    """Write a plain series; return its folder."""
    write_dicom(Path(folder), hu_block() if hu is None else hu, SERIES_AFFINE, **tags)
    return Path(folder)


def edit_series(folder, edit):
    """Change every file with ``edit(dataset, number)``; the number counts the slices from the lowest one, from 0."""
    sets = sorted((dcmread(p) for p in Path(folder).iterdir()), key=lambda d: d.ImagePositionPatient[2])
    for number, data in enumerate(sets):
        edited = edit(data, number)
        (data if edited is None else edited).save_as(data.filename, enforce_file_format=True)
    return Path(folder)


def write_raw_values(folder, values):
    """Write values into every header as they are, byte by byte, valid or not: keyword -> bytes, or None to remove it.

    pydicom would decode and encode them. The files must be those of ``write_series``.
    """
    for path in Path(folder).iterdir():
        elements = _split_elements(path.read_bytes())
        for keyword, raw in values.items():
            tag = tag_for_keyword(keyword)
            elements.pop(tag, None)
            if raw is not None:
                even = raw + b" " * (len(raw) % 2)
                vr = dictionary_VR(tag).encode()
                elements[tag] = struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(even)) + even
        path.write_bytes(b"\0" * 128 + b"DICM" + b"".join(element for _, element in sorted(elements.items())))
    return Path(folder)


def _split_elements(content):
    """The elements of a file in explicit VR little endian without sequences, by their tags."""
    position, elements = 132, {}
    while position < len(content):
        group, number, vr, length = struct.unpack("<HH2sH", content[position : position + 8])
        head = 8
        if vr in (b"OB", b"OW", b"UN", b"UT"):
            head, length = 12, struct.unpack("<I", content[position + 8 : position + 12])[0]
        elements[group << 16 | number] = content[position : position + head + length]
        position += head + length
    return elements


def recode_series(folder, uid):
    """Rewrite every file in a transfer syntax: the data set only, or its pixels too."""
    uid = UID(uid)

    def recode(data, _number):
        if uid == ExplicitVRBigEndian:
            data.PixelData = np.frombuffer(data.PixelData, "<u2").astype(">u2").tobytes()
            data["PixelData"].VR = "OW"
        if uid.is_compressed and not uid.is_deflated:
            data.compress(uid, generate_instance_uid=False)
            return
        for _element in data:  # elements that have not been read yet would be copied without recoding
            pass
        data.file_meta.TransferSyntaxUID = uid
        data.set_original_encoding(uid.is_implicit_VR, uid.is_little_endian)

    return edit_series(folder, recode)


def compress_with_gdcm(folder, compressor):
    """Compress every file with GDCM's JPEG (lossless, process 14) or JPEG2000; the rest of the headers is kept."""
    import SimpleITK

    def compress(data, _number):
        scratch = Path(folder).parent / "scratch.dcm"
        writer = SimpleITK.ImageFileWriter()
        writer.SetImageIO("GDCMImageIO")
        writer.SetFileName(str(scratch))
        writer.SetUseCompression(True)
        writer.SetCompressor(compressor)
        writer.Execute(SimpleITK.GetImageFromArray(data.pixel_array[None]))
        compressed = dcmread(scratch)
        scratch.unlink()
        assert compressed.file_meta.TransferSyntaxUID.is_compressed
        data.file_meta.TransferSyntaxUID = compressed.file_meta.TransferSyntaxUID
        for name in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
            setattr(data, name, getattr(compressed, name))
        data["PixelData"].is_undefined_length = True

    return edit_series(folder, compress)


def write_enhanced_ct(folder, hu=None, *, rescale=lambda number: (1, -1024), order=None, syntax=ExplicitVRLittleEndian):
    """Write one enhanced multi-frame CT (DICOM PS3.3 A.38) in place of a series.

    ``rescale`` gives the slope and intercept of each frame.
    """
    hu = hu_block() if hu is None else hu
    write_series(folder, hu)
    sets = sorted((dcmread(p) for p in Path(folder).iterdir()), key=lambda d: d.ImagePositionPatient[2])
    order = list(range(len(sets))) if order is None else order
    data, frames, stored = sets[0], [], []
    for number in order:
        frame, position, values = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = sets[number].ImagePositionPatient
        values.RescaleSlope, values.RescaleIntercept = rescale(number)
        frame.PlanePositionSequence, frame.PixelValueTransformationSequence = Sequence([position]), Sequence([values])
        frames.append(frame)
        slope, intercept = rescale(number)
        stored.append(np.rint((hu[number] - intercept) / slope).astype(np.uint16))
    shared, measures, orientation = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, orientation.ImageOrientationPatient = data.PixelSpacing, data.ImageOrientationPatient
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Sequence([measures]), Sequence([orientation])
    data.SharedFunctionalGroupsSequence, data.PerFrameFunctionalGroupsSequence = Sequence([shared]), Sequence(frames)
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept"):
        delattr(data, name)
    data.NumberOfFrames, data.PixelData = len(frames), np.stack(stored).tobytes()
    if syntax.is_compressed:
        data.compress(syntax, generate_instance_uid=False)
    shutil.rmtree(folder)
    Path(folder).mkdir()
    data.save_as(Path(folder) / "all.dcm", enforce_file_format=True)
    return Path(folder)
