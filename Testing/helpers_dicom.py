"""DICOM series of every kind that scanners, archives and converters make, from one small block of HU."""

import shutil
from pathlib import Path

import numpy as np
from helpers_intake import write_dicom
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, EnhancedCTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian

PLACE = np.array([[-0.5, 0, 0, 10.0], [0, -0.6, 0, 12.0], [0, 0, 1.0, -30.0], [0, 0, 0, 1]])


def block(slices=24):
    """HU from -1000 to 2000, (slices, 20, 16) int16: smooth with noise, so that every way of compressing has something to do."""
    k, j, i = np.meshgrid(np.arange(slices), np.arange(20), np.arange(16), indexing="ij")
    wave = 800 * np.sin(k / 5.0) * np.cos(j / 4.0) + 600 * np.sin(i / 3.0)
    return np.clip(wave + np.random.default_rng(0).integers(-50, 51, wave.shape), -1000, 2000).astype(np.int16)


def series(folder, hu=None, **tags):
    """A plain series; gives back its folder."""
    write_dicom(Path(folder), block() if hu is None else hu, PLACE, **tags)
    return Path(folder)


def change(folder, do):
    """Have ``do(dataset, number)`` change every file; number counts the slices from the lowest, from 0."""
    sets = sorted((dcmread(p) for p in Path(folder).iterdir()), key=lambda d: d.ImagePositionPatient[2])
    for number, data in enumerate(sets):
        done = do(data, number)
        (data if done is None else done).save_as(data.filename, enforce_file_format=True)
    return Path(folder)


def with_syntax(folder, uid):
    """Write every file anew in a transfer syntax: the data set alone, or its pixels too."""
    uid = UID(uid)

    def do(data, _number):
        if uid == ExplicitVRBigEndian:
            data.PixelData = np.frombuffer(data.PixelData, "<u2").astype(">u2").tobytes()
            data["PixelData"].VR = "OW"
        if uid.is_compressed and not uid.is_deflated:
            data.compress(uid, generate_instance_uid=False)
            return
        for _element in data:  # what has not been looked at yet would be copied as it was
            pass
        data.file_meta.TransferSyntaxUID = uid
        data.set_original_encoding(uid.is_implicit_VR, uid.is_little_endian)

    return change(folder, do)


def by_gdcm(folder, compressor):
    """Compress every file as GDCM does, with its JPEG (lossless, process 14) or JPEG2000; the rest of the headers is kept."""
    import SimpleITK

    def do(data, _number):
        scratch = Path(folder).parent / "scratch.dcm"
        writer = SimpleITK.ImageFileWriter()
        writer.SetImageIO("GDCMImageIO")
        writer.SetFileName(str(scratch))
        writer.SetUseCompression(True)
        writer.SetCompressor(compressor)
        writer.Execute(SimpleITK.GetImageFromArray(data.pixel_array[None]))
        made = dcmread(scratch)
        scratch.unlink()
        assert made.file_meta.TransferSyntaxUID.is_compressed
        data.file_meta.TransferSyntaxUID = made.file_meta.TransferSyntaxUID
        for name in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
            setattr(data, name, getattr(made, name))
        data["PixelData"].is_undefined_length = True

    return change(folder, do)


def enhanced(folder, hu=None, *, rescale=lambda number: (1, -1024), order=None, syntax=ExplicitVRLittleEndian):
    """One enhanced multi-frame CT (DICOM PS3.3 A.38) in place of the files of a series; ``rescale`` gives each frame's slope and intercept."""
    hu = block() if hu is None else hu
    series(folder, hu)
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
