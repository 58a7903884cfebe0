"""overlook add DIR FILE...: register images, boxes, or a CSV of counts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from overlook.cli import say, typed


def register(app: typer.Typer) -> None:
    @app.command()
    def add(
        folder: Path = typer.Argument(..., metavar="DIR", help="The case folder."),
        files: list[Path] = typer.Argument(..., metavar="FILE...", help="Images, boxes, cloud masks or counts."),
        when: str = typer.Option(
            "", help="When it was taken: a date (that UTC day), a time with a zone, or START/END."
        ),
        gsd: float = typer.Option(0.0, help="Ground sample distance in metres a pixel, if the file does not say."),
        centre: str = typer.Option("", help="LON,LAT of the image's middle, longitude first, with --gsd; north is up."),
        control_points: Path | None = typer.Option(None, help="CSV of column,row,lon,lat, three points or more."),
        crs: str = typer.Option("", help="EPSG:CODE, or `local` for a plane without a place on Earth."),
        kind: str = typer.Option(
            "image",
            help="What it is: image, screenshot or figure; the last two may be undated, and are then never counted.",
        ),
        sensor: str = typer.Option("", help="Satellite or sensor; images of one sensor share their errors."),
        off_nadir: float | None = typer.Option(None, help="Degrees that the sensor looked away from straight down."),
        sun_elevation: float | None = typer.Option(None, help="Degrees above the horizon; computed when left out."),
        sun_azimuth: float | None = typer.Option(None, help="Degrees from north by east; computed when left out."),
        geolocation_error: float | None = typer.Option(None, help="How far off its place may be: metres, one sigma."),
        catalogue_id: str = typer.Option("", help="The provider's id of the acquisition."),
        why: str = typer.Option("unknown", help="Why it was acquired: routine, tasked, chosen or unknown."),
        credit: str = typer.Option("", help="Whom to credit, as the report prints it."),
        licence: str = typer.Option("", help="Under which licence, such as CC-BY-4.0."),
        may_publish: bool | None = typer.Option(
            None, "--may-publish/--may-not-publish", help="Whether its pixels may be published; not said is no."
        ),
        label: list[str] = typer.Option([], help="X,Y,WIDTH,HEIGHT in pixels of a burned-in label; again for more."),
        cloud_mask: Path | None = typer.Option(
            None, help="A raster (non-zero is cloud) or polygons; or NAME.cloud.geojson beside NAME."
        ),
        provider_mask: str = typer.Option(
            "",
            help="KIND:FILE, the provider's own mask: scl, qa_pixel, bqa, udm2 or clouds (polygons).",
        ),
        bands: str = typer.Option("", help="Band roles in order: red,green,blue,nir,grey,alpha,other,vv,vh,hh,hv."),
        dem: Path | None = typer.Option(None, help="Heights of the ground in metres, for a raw frame (RPC)."),
        height: float | None = typer.Option(None, help="Height of the ground above the ellipsoid, for a raw frame."),
        geoid: float = typer.Option(0.0, help="Height of the geoid there, added to a DEM above sea level; metres."),
        calibration: Path | None = typer.Option(None, help="What a radar image's numbers mean: S1's XML, or JSON."),
        link: bool = typer.Option(False, "--link", help="Link to the images instead of copying them."),
        observer: str = typer.Option("", help="Who drew the boxes, when neither name nor file says."),
        image: str = typer.Option("", help="The scene that the boxes are of, when their name does not say."),
        searched: str = typer.Option("", help="Classes looked for on the whole image: vehicle,container."),
        as_json: bool = say.JSON,
    ) -> None:
        """Register images, boxes drawn on them, or counts; what is refused is named, and stops nothing else."""
        from overlook import run
        from overlook.collect import Registering
        from overlook.terms import Rights

        of_kind = _one_of("--kind", kind, ("image", "screenshot", "figure"))
        because = _one_of("--why", why, ("routine", "tasked", "chosen", "unknown"))
        known_roles = ("red", "green", "blue", "nir", "grey", "alpha", "other", "vv", "vh", "hh", "hv")
        roles = tuple(_one_of("--bands", role, known_roles) for role in typed.words(bands))
        place = typed.numbers(centre, 2, "--centre", "LON,LAT") if centre else None
        labels = [typed.numbers(text, 4, "--label", "X,Y,WIDTH,HEIGHT") for text in label]
        registering = Registering(
            when=typed.interval(when, "--when") if when else None,
            gsd_m=gsd or None,
            centre=(place[0], place[1]) if place else None,
            control_points=_points(control_points) if control_points else (),
            crs=crs or None,
            kind=of_kind,
            sensor=sensor,
            off_nadir_deg=off_nadir,
            sun_elevation_deg=sun_elevation,
            sun_azimuth_deg=sun_azimuth,
            geolocation_error_m=geolocation_error,
            catalogue_id=catalogue_id,
            rights=Rights(may_publish=may_publish, licence=licence, credit=credit),
            why_acquired=because,
            labels_px=tuple((int(x), int(y), int(w), int(h)) for x, y, w, h in labels),
            cloud_mask=cloud_mask,
            provider_mask=_mask(provider_mask) if provider_mask else None,
            bands=roles,
            dem=dem,
            height_m=height,
            geoid_m=geoid,
            calibration=calibration,
            link=link,
        )
        boxing = run.Boxing(observer=observer, scene=image, searched=typed.words(searched))
        with say.progress() as progress:
            added = run.add(folder, files, registering=registering, boxing=boxing, progress=progress)
        for one in added:
            if as_json:
                problem = {"code": one.error.code, "message": str(one.error)} if one.error else None
                notes = list(one.notes)
                say.document({"file": one.file, "what": one.what, "id": one.id, "notes": notes, "error": problem})
            elif one.error is None and one.what not in ("companion", "cloud mask"):
                print(f"{one.what} {one.id}")
            for note in one.notes:
                print(f"overlook: note: {one.file}: {note}", file=sys.stderr)
        refused = [one.error for one in added if one.error is not None]
        for error in refused:
            print(f"overlook: {error}", file=sys.stderr)
        if refused:
            raise typer.Exit(min(error.exit_code for error in refused))


def _one_of(option: str, value: str, known: tuple[str, ...]) -> Any:
    """`value`, which is one of `known`. Raises UsageError with the nearest spelling."""
    from difflib import get_close_matches

    from overlook.errors import UsageError

    if value not in known:
        close = get_close_matches(value, known, n=1)
        hint = f"did you mean '{close[0]}'" if close else f"one of {', '.join(known)}"
        raise UsageError("E-USAGE-CHOICE", f"'{value}' is none of its values", where=option, remedy=hint)
    return value


def _mask(text: str) -> tuple[str, Path]:
    """KIND:FILE as the kind's name and a path. Whether the kind is known is told where it is read."""
    from overlook.errors import UsageError

    kind, colon, file = text.partition(":")
    if not colon or not kind or not file:
        raise UsageError(
            "E-USAGE-CHOICE",
            f"'{text}' is not KIND:FILE",
            where="--provider-mask",
            remedy="such as --provider-mask scl:T52SCJ_SCL_20m.tif",
        )
    return {"clouds": "cloud polygons"}.get(kind.strip().lower(), kind.strip().lower()), Path(file)


def _points(path: Path) -> tuple[tuple[float, float, float, float], ...]:
    from overlook.errors import InputError

    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        remedy = "name a CSV of column,row,lon,lat with --control-points"
        raise InputError(
            "E-INPUT-POINTS", f"the control points cannot be read: {why}", where=str(path), remedy=remedy
        ) from error
    order = list(_POINT)
    points: list[tuple[float, float, float, float]] = []
    for number, line in enumerate(lines, 1):
        names = [_POINT_NAMES.get(cell.strip().lower(), cell.strip().lower()) for cell in line.split(",")]
        if not line.strip() or line.startswith("#"):
            continue
        if not points and any(name[:1].isalpha() for name in names):
            if sorted(names) != sorted(_POINT):
                raise InputError(
                    "E-INPUT-POINTS",
                    f"its header is {line[:80]!r}",
                    where=f"{path}:{number}",
                    remedy="name the columns column,row,lon,lat, with commas between",
                )
            order = names
            continue
        row = dict(zip(order, typed.numbers(line, 4, f"{path}:{number}", ",".join(order)), strict=True))
        points.append((row["column"], row["row"], row["lon"], row["lat"]))
    return tuple(points)


_POINT = ("column", "row", "lon", "lat")
_POINT_NAMES = {"col": "column", "x": "lon", "y": "lat", "longitude": "lon", "latitude": "lat"}
