"""Measure how firmly cutting guides seat on real skulls: ``python benchmarks/guide_seats.py --out guide_seats.csv``.

Circles of several sizes at eight places of the vault, on skulls that training never saw. For each line the play is
measured

- of a guide that touches the bone all over (no feet), and of guides with feet at several reaches, on their triangles;
- of all outer table within the same reaches, as if everything touched without a gap: what contact can do there at most.

The file is added to: the same command continues where it stopped. A table in Markdown is printed at the end.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from plans import analyse, point_at

from SkullRestoreLib.errors import SkullRestoreError
from SkullRestoreLib.geometry.icosphere import direction_from_angles
from SkullRestoreLib.planning.feet import widen_map
from SkullRestoreLib.planning.guide_checks import check_guide, measure_play
from SkullRestoreLib.planning.guides import build_guide
from SkullRestoreLib.planning.resection import Head, line_around_point
from SkullRestoreLib.planning.seat_play import MAX_PLAY_DEG, MAX_PLAY_MM, SeatPlay
from SkullRestoreLib.planning.wall import CutWall
from SkullRestoreLib.settings import PlanSettings, Settings

PLACES_DEG = {
    "frontal": (20, 35),
    "frontolateral": (40, 25),
    "pterional": (62, 12),
    "temporal": (90, 8),
    "parietal": (90, 50),
    "vertex": (90, 82),
    "parieto-occipital": (130, 45),
    "occipital": (150, 25),
}
"""Azimuth and elevation in the head frame."""
DIAMETERS_MM = (40.0, 60.0, 80.0)
NAMES = ("skull", "place", "diameter_mm", "reach_mm", "contact", "play_mm", "play_deg", "failed")
CONTACT_POINTS = 800
FROM_LINE_MM = 3.0
LEAST_COSINE = 0.25
LABELS = {"plain": "touches all over", "feet": "8 feet", "all": "all outer table in reach"}


def measure_all(wall: CutWall, reach_mm: float) -> SeatPlay:
    """The play that is left where all outer table within a reach touches without a gap."""
    table, line = wall.line.table, wall.line
    outside = -line.inside_mm
    seen = table.known & (table.normals[..., 2] > LEAST_COSINE)
    flat = np.flatnonzero(seen & (outside > FROM_LINE_MM) & (outside < reach_mm))
    flat = flat[:: max(len(flat) // CONTACT_POINTS, 1)]
    points = table.surface_points.reshape(-1, 3)[flat]
    normals = table.normals.reshape(-1, 3)[flat] @ table.chart.axes
    return measure_play(points, np.zeros(len(points)), normals, table)


def measure_line(wall: CutWall, head: Head, reaches: tuple[float, ...]) -> Iterator[dict]:
    """Rows of one line."""

    def row(reach: float, contact: str, play: SeatPlay | None, failed: str = "") -> dict:
        found = (float("nan"),) * 2 if play is None else (max(play.sideways_mm), max(play.turn_deg))
        return dict(zip(NAMES[3:], (reach, contact, *found, failed), strict=True))

    for reach in (0.0, *reaches):
        settings = replace(wall.settings, guide_feet=8 if reach else 0, guide_reach_mm=reach or 35.0)
        on = widen_map(CutWall(wall.line, settings), head)
        try:
            checks = check_guide(build_guide("frame", on), on)
        except SkullRestoreError as error:
            yield row(reach, "feet" if reach else "plain", None, str(error))
            continue
        yield row(reach, "feet" if reach else "plain", checks.play, " | ".join(checks.failed))
        if reach:
            yield row(reach, "all", measure_all(on, reach))


def print_table(rows: list[dict]) -> None:
    """Medians, and how many guides have a seat of their own."""
    print(
        "| Contact | Reach, mm | Guides | Slides, mm: median, 95 %, largest | Turns, °: median, 95 %, largest | Seats |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for contact, reach in dict.fromkeys((row["contact"], float(row["reach_mm"])) for row in rows):
        mine = [row for row in rows if (row["contact"], float(row["reach_mm"])) == (contact, reach)]
        mm, deg = (np.array([float(row[name]) for row in mine]) for name in ("play_mm", "play_deg"))
        made = np.isfinite(mm)
        spread = [
            f"{np.median(v[made]):.2f}, {np.percentile(v[made], 95):.2f}, {v[made].max():.2f}" if made.any() else ""
            for v in (mm, deg)
        ]
        firm = np.count_nonzero((mm <= MAX_PLAY_MM) & (deg <= MAX_PLAY_DEG))
        print(f"| {LABELS[contact]} | {reach or '-'} | {made.sum()} | {' | '.join(spread)} | {firm} |")


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skulls", type=Path, default=Path("../shared/data/skullfix/complete"), help="intact skulls")
    parser.add_argument("--split", type=Path, default=Path("Resources/split.json"), help="skulls training never saw")
    parser.add_argument("--count", type=int, default=3, help="number of skulls")
    parser.add_argument("--reach", type=float, nargs="*", default=[35.0, 70.0], help="of the feet, mm")
    parser.add_argument("--out", type=Path, default=Path("out/guide_seats.csv"))
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    if options.out.is_file():
        with options.out.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    names = [n for n in json.loads(options.split.read_text())["test"] if (options.skulls / f"{n}.nrrd").is_file()]
    if not names:
        sys.exit(f"There are no held-out skulls in {options.skulls}.")
    done = {(row["skull"], row["place"]) for row in rows}
    with options.out.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, NAMES)
        if not rows:
            writer.writeheader()
        for number, name in enumerate(names[: options.count]):
            missing = [place for place in PLACES_DEG if (name, place) not in done]
            if not missing:
                continue
            _, head = analyse(options.skulls / f"{name}.nrrd", Settings())
            for place in missing:
                size = DIAMETERS_MM[(number + list(PLACES_DEG).index(place)) % len(DIAMETERS_MM)]
                centre = point_at(head, direction_from_angles(*PLACES_DEG[place]))
                try:
                    line = line_around_point(centre, (size, size), 0.0, head)
                except SkullRestoreError as error:
                    print(f"{name} {place}: {error}", flush=True)
                    continue
                found = list(measure_line(CutWall(line, PlanSettings()), head, tuple(options.reach)))
                for row in found:
                    rows.append({"skull": name, "place": place, "diameter_mm": size} | row)
                    writer.writerow(rows[-1])
                file.flush()
                print(
                    name,
                    place,
                    *(f"{r['contact']} {r['reach_mm']:g}: {r['play_mm']:.2f} mm {r['play_deg']:.2f}°" for r in found),
                    flush=True,
                )
    print_table(rows)


if __name__ == "__main__":
    main()
