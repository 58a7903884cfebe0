"""An image that is in no case: its scale, place and bands, as far as its header and one word say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from overlook.collect.bands import band_roles
from overlook.collect.georeference import georeference, pixel_sides_m
from overlook.collect.names import safe_name, split_name
from overlook.collect.outside import headers
from overlook.collect.registering import Registering
from overlook.errors import InputError
from overlook.terms import LOCAL, Scene

#: A pixel's width over its height, or the other way round, that is still square enough to look at.
_SQUARE = 1.1


def unadded(image: Path, *, gsd_m: float | None = None) -> Scene:
    """The scene of an image that nobody added: undated, of no sensor, not digested.

    An image without a coordinate system lies in a plane of its own ("local"), with `gsd_m` for its scale. Raises
    InputError for what is no image, for pixels that are not square on the ground, and when neither the file nor `gsd_m`
    says how large they are, or they do not agree.
    """
    where = str(image)
    header = headers.read_header(image)
    if "palette" in header.interpretations:
        raise InputError(
            "E-INPUT-PALETTE",
            "its pixels are numbers of colours in a table, not brightness",
            where=where,
            remedy="write the colours out with gdal_translate -expand rgb",
        )
    said = Registering(gsd_m=gsd_m)
    if header.transform is None or not header.crs:
        if gsd_m is None:
            raise InputError(
                "E-INPUT-NO-SCALE",
                "nothing says how large its pixels are",
                where=where,
                remedy="give the pixel size in metres with --gsd, such as --gsd 0.3",
            )
        header, said = replace(header, transform=None, crs=""), Registering(gsd_m=gsd_m, crs=LOCAL)
    place = georeference(header, said, where=where)
    wide, high = pixel_sides_m(place.crs, place.transform, header.shape, where=where)
    if not 1 / _SQUARE <= wide / high <= _SQUARE:
        raise InputError(
            "E-INPUT-PIXELS",
            f"its pixels are {wide:.3g} by {high:.3g} m on the ground, and everything in it is squeezed",
            where=where,
            remedy="project it to metres first, such as gdalwarp -t_srs EPSG:32651",
        )
    stem, _ = split_name(image.name)
    return Scene(
        id=safe_name(stem),
        path=image.name,
        digest="",
        when=None,
        when_source="unknown",
        gsd_m=place.gsd_m,
        crs=place.crs,
        transform=place.transform,
        shape=header.shape,
        bands=band_roles(header, stem, ()),
        dtype=header.dtype,
        footprint=place.footprint,
    )
