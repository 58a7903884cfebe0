"""Doubts about the dates and places of images, and who looked for their clouds. Told, and nothing is mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from overlook.run.folder import CaseFolder
from overlook.run.scenes import SceneResult
from overlook.run.steps import key_of, step, store_of
from overlook.terms import LOCAL, Case, ChipMeta, Flag, Interval, Scene, digest, dumps, loads

if TYPE_CHECKING:
    from overlook.imagery.sameness import Print, Reduced, Sameness

#: Shadows that point this much away from where the sun stood are no error of the method (docs/explanation/masks.md).
DOUBT_DEG = 90.0
_ROOMS = ("collect", "imagery")


def flags_of(
    folder: CaseFolder, case: Case, scenes: Sequence[Scene], results: Sequence[SceneResult]
) -> tuple[Flag, ...]:
    """Every doubt, by scene: from metadata, from the shadows on its chip, and from pairs of chips."""
    from overlook.collect import check_scene

    known = {scene.id: scene for scene in scenes}
    flags = [flag for scene in scenes for flag in check_scene(scene, case)]
    with_chip = [(known[r.scene], r) for r in results if r.chip]
    for scene, result in with_chip:
        flags += _shadows(folder, scene, result.chip)
    by_site: dict[str, list[tuple[Scene, str]]] = {}
    for scene, result in with_chip:
        by_site.setdefault(result.site, []).append((scene, result.chip))
    for members in by_site.values():
        flags += _pairs(folder, members)
    return tuple(dict.fromkeys(flags))


def cloud_notes(chips: Sequence[ChipMeta], scenes: Sequence[Scene]) -> tuple[str, ...]:
    """Whose word the images' clouds rest on, where it is not a person's or the provider's; and what chips say."""
    sensors = {scene.id: scene.sensor for scene in scenes}
    unsure = Counter(sensors.get(c.scene, "unknown") for c in chips if c.clouds_by == "detector, not validated")
    notes = [
        f"The clouds of {n} image{'' if n == 1 else 's'} were looked for by Overlook's own detector, which was not "
        f"measured against the truth for sensor {sensor}."
        for sensor, n in sorted(unsure.items())
    ]
    blind = sum(c.clouds_by == "nobody" and c.usable_fraction > 0 for c in chips)
    if blind:
        which = "one image" if blind == 1 else f"{blind} images"
        notes.append(
            f"Nobody masked the clouds of {which}, and they cannot be told from the pixels: all counts as seen."
        )
    notes += [f"Image {c.scene}: {note}" for c in chips for note in c.notes]
    return tuple(notes)


def _shadows(folder: CaseFolder, scene: Scene, chip: str) -> tuple[Flag, ...]:
    """Where the sun stood by the time and place that are said, and by the shadows on the image."""
    if scene.when is None or not scene.when.is_instant or scene.crs == LOCAL or scene.kind != "image":
        return ()
    store = store_of(folder)

    def make() -> dict[str, bytes]:
        from overlook.collect.sun import sun_position
        from overlook.imagery import decode
        from overlook.imagery.shadow_azimuth import apart_deg, sun_from_shadows

        assert scene.when is not None
        seen = sun_from_shadows(decode(store.get(chip)))
        middle = scene.footprint.centroid
        elevation, azimuth = sun_position(scene.when.start, middle.x, middle.y)
        found: tuple[Flag, ...] = ()
        # Near the zenith shadows are short, and azimuth is a matter of minutes.
        if seen is not None and elevation < 70 and apart_deg(seen.sun_azimuth_deg, azimuth) > DOUBT_DEG:
            found = (
                Flag(
                    kind="shadows disagree",
                    scenes=(scene.id,),
                    what="Shadows on the image seem to point the wrong way for its time: look at them.",
                    evidence=(
                        ("sun at its time and place", f"azimuth {azimuth:.0f}°"),
                        ("sun by its shadows", f"azimuth {seen.sun_azimuth_deg:.0f}° ± {seen.error_95_deg:.0f}°"),
                    ),
                ),
            )
        return {"flags": dumps(found, tuple[Flag, ...])}

    key = key_of("shadows", _ROOMS, chip=chip, when=digest(scene.when), at=scene.footprint.wkb_hex)
    made = step(store, key, f"shadows {scene.id}", make)
    found: tuple[Flag, ...] = loads(store.get(made.outputs["flags"]), tuple[Flag, ...])
    return found


def _pairs(folder: CaseFolder, members: Sequence[tuple[Scene, str]]) -> Iterator[Flag]:
    """Pairs of one site under two dates that are one picture."""
    from overlook.imagery.sameness import LEAST_EQUAL, equal_share

    prints = [(scene, chip, _print(folder, chip)) for scene, chip in members]
    kept: dict[str, Reduced] = {}
    found: list[tuple[int, int, Sameness]] = []
    for n, (b, chip, print_b) in enumerate(prints):
        alike = [
            (m, other, equal)
            for m, (a, other, print_a) in enumerate(prints[:n])
            if not (a.when is not None and b.when is not None and a.when.overlaps(b.when))
            and (equal := equal_share(print_a, print_b)) is not None
            and equal >= LEAST_EQUAL
        ]
        same = _same_as(folder, chip, [(other, equal) for _, other, equal in alike], kept)
        found += [(m, n, one) for (m, _, _), one in zip(alike, same, strict=True) if one is not None]
    for m, n, same_one in sorted(found, key=lambda f: f[:2]):
        a, b = prints[m][0], prints[n][0]
        yield Flag(
            kind="same picture",
            scenes=(a.id, b.id),
            what=f"They seem to be one picture under two dates: over {same_one.share:.0%} of the site fine detail "
            f"correlates at {same_one.correlation:.2f}.",
            evidence=((a.id, _when(a.when)), (b.id, _when(b.when))),
        )


def _same_as(
    folder: CaseFolder, chip: str, others: Sequence[tuple[str, float]], kept: dict[str, Reduced]
) -> tuple[Sameness | None, ...]:
    """What `same_picture` says of a chip beside each earlier one: kept, so that one image more is one row of pairs."""
    from overlook.imagery.sameness import Sameness, same_picture

    if not others:
        return ()
    store = store_of(folder)

    def look(name: str) -> Reduced:
        from overlook.imagery import decode
        from overlook.imagery.sameness import reduced

        if name not in kept:
            kept[name] = reduced(decode(store.get(name)))
        return kept[name]

    def make() -> dict[str, bytes]:
        same = tuple(same_picture(look(other), look(chip), equal) for other, equal in others)
        return {"same": dumps(same, tuple[Sameness | None, ...])}

    key = key_of("same pictures", _ROOMS, chip=chip, others=[name for name, _ in others])
    made = step(store, key, f"same pictures {chip[:12]}", make)
    read: tuple[Sameness | None, ...] = loads(store.get(made.outputs["same"]), tuple[Sameness | None, ...])
    return read


def _print(folder: CaseFolder, chip: str) -> Print:
    store = store_of(folder)

    def make() -> dict[str, bytes]:
        from overlook.imagery import decode
        from overlook.imagery.sameness import print_of

        made = print_of(decode(store.get(chip)))
        return {"bits": np.packbits(made.bits).tobytes(), "known": np.packbits(made.known).tobytes()}

    from overlook.imagery import decode_meta
    from overlook.imagery.sameness import Print, blocks_of

    made = step(store, key_of("print", _ROOMS, chip=chip), f"print {chip[:12]}", make)
    n = blocks_of(decode_meta(store.get(chip)).shape)
    bits, known = (
        np.unpackbits(np.frombuffer(store.get(made.outputs[name]), dtype=np.uint8)).astype(bool)
        for name in ("bits", "known")
    )
    return Print(bits=bits[: n * 63].reshape(n, 63), known=known[:n])


def _when(when: Interval | None) -> str:
    if when is None:
        return "undated"
    return f"{when.start:%Y-%m-%d %H:%M} UTC" + ("" if when.is_instant else f" to {when.end:%Y-%m-%d %H:%M} UTC")
