"""Builds a random street: ground, houses, parks, and objects on the sidewalks."""

from __future__ import annotations

import numpy as np

from examples.synthetic.street import ground_textures as grounds
from examples.synthetic.street import house_textures as houses
from examples.synthetic.street import thing_textures as things
from examples.synthetic.street.builder import CLASSES, Builder
from examples.synthetic.street.paint import between
from examples.synthetic.street.surfaces import Scene, X, Y, Z
from examples.synthetic.street.traffic import Ground, add_cars, add_people

_VIEW = 150.0  # meters of street beyond the last position of the camera
_ENDLESS = 700.0


def build_street(
    rng: np.random.Generator, *, drive: float, speed: float, texels: int
) -> tuple[Scene, Ground]:
    """Build a street to drive through.

    Args:
        rng: generator of all random choices.
        drive: meters that the camera drives.
        speed: speed of the camera, in meters per frame.
        texels: texels per meter of the textures; a power of two.
    """
    cover = between(rng, 0, 1)  # clouds
    contrast = 1 - 0.7 * cover
    lit = 1 if rng.random() < 0.5 else -1  # the side of the street that the sun shines on
    sun = tuple(
        1 + contrast * part for part in (-0.22 * lit, 0.22 * lit, -0.08, 0.1)
    )  # facing left, right, the camera, up
    warmth = between(rng, 0.98, 1.07)
    builder = Builder(rng, texels, sun, warmth)
    haze = np.array([0.8, 0.84, 0.88]) * [warmth, 1, 1 / warmth]
    zenith = np.array([0.3, 0.5, 0.78]) * (1 - cover) + np.array([0.66, 0.7, 0.76]) * cover
    sky = builder.atlas.add(grounds.sky(rng, zenith, haze, cover))

    parking = rng.random() < 0.6
    road = between(rng, 5.2, 6) if parking else between(rng, 3.7, 4.6)
    lane = 1.7 if parking else road / 2
    ground = Ground(
        road, between(rng, 2.6, 4), drive + _VIEW, between(rng, 0.1, 0.18), parking, lane
    )
    _add_ground(builder, ground)
    fronts = [houses.facade(rng, texels) for _ in range(6)]
    facades = [(builder.atlas.add(texture), story) for texture, story in fronts]
    for side in (-1, 1):
        _add_houses(builder, ground, side, facades)
        _add_furniture(builder, ground, side)
    _add_backdrop(builder, ground)
    add_cars(builder, ground, speed)
    add_people(builder, ground)
    builder.atlas.close()
    scene = Scene(
        builder.atlas,
        sky,
        builder.surfaces,
        sky_label=CLASSES.index("sky"),
        haze=tuple((haze * 255).tolist()),
        fog=between(rng, 180, 400) * contrast,
    )
    return scene, ground


def _add_ground(builder: Builder, ground: Ground) -> None:
    rng, length = builder.rng, ground.length + 60
    road, outer = ground.road, ground.road + ground.sidewalk
    surface = builder.atlas.add(grounds.asphalt(rng, 2 * road, builder.texels))
    period = (2 * road, grounds.MARKING_PERIOD)
    builder.add("road", Y, 0, (-road, -20), (road, length), surface, covers=period)
    slabs, stones = builder.paint(grounds.paving), builder.paint(grounds.curb)
    lawn = builder.paint(grounds.grass)
    for side in (-1, 1):
        walk = sorted((side * road, side * outer))
        corners = ((walk[0], -20), (walk[1], length))
        builder.add("sidewalk", Y, ground.curb, *corners, slabs, covers=(4, 4))
        corners = ((-20, 0), (length, ground.curb))
        builder.add("sidewalk", X, side * road, *corners, stones, covers=(4, 0.25), facing=-side)
        field = sorted((side * outer, side * _ENDLESS))
        corners = ((field[0], -20), (field[1], length + _ENDLESS))
        builder.add("terrain", Y, ground.curb, *corners, lawn, covers=(8, 8))
    corners = ((-outer, length), (outer, length + _ENDLESS))
    builder.add("terrain", Y, 0, *corners, lawn, covers=(8, 8))
    z = between(rng, 10, 40)
    while z < ground.length:
        stripes = builder.atlas.add(grounds.zebra(rng, 2 * road, builder.texels))
        corners = ((-road + 0.5, z), (road - 0.5, z + 3))
        builder.add("road", Y, 0.006, *corners, stripes, cut=True)
        z += between(rng, 35, 90)


def _add_houses(
    builder: Builder, ground: Ground, side: int, facades: list[tuple[int, float]]
) -> None:
    """Line one side with houses and occasional parks behind a wall, fence or hedge."""
    rng = builder.rng
    front = ground.road + ground.sidewalk
    wall, roof = builder.paint(houses.side_wall), builder.paint(houses.roof)
    crowns = [builder.paint(things.crown) for _ in range(2)]
    bark = builder.paint(things.bark)
    borders = (
        ("wall", builder.paint(houses.stone_wall), 1.6, (4, 2)),
        ("fence", builder.paint(houses.planks), 1.3, (4, 2)),
        ("vegetation", builder.paint(things.hedge), 1.1, (4, 1)),
    )
    dense = between(rng, 0.55, 0.9)
    z, was_park = between(rng, -14, -6), False
    while z < ground.length:
        if was_park or rng.random() < dense:
            number = int(rng.integers(len(facades)))
            texture, story = facades[number]
            long = between(rng, 8, 16)
            top = ground.curb + story * int(rng.integers(2, int(houses.FACADE / story) + 1))
            position = side * (front + between(rng, 0, 0.8))
            # The front continues behind the roof: from below the eaves are visible.
            corners = ((z, ground.curb), (z + long, top + 0.8))
            builder.add(
                "building",
                X,
                position,
                *corners,
                texture,
                covers=(houses.FACADE,) * 2,
                facing=-side,
            )
            corners = ((z - 0.2, top), (z + long + 0.2, top + 1.4))
            eaves = position - side * 0.3
            builder.add("building", X, eaves, *corners, roof, covers=(4, 2), facing=-side)
            across = sorted((position, position + side * 11))
            corners = ((across[0], ground.curb), (across[1], top + 0.8))
            builder.add("building", Z, z, *corners, wall, covers=(8, 8))
            z, was_park = z + long + (0 if rng.random() < 0.6 else between(rng, 1, 4)), False
            continue
        long = between(rng, 10, 26)
        name, texture, height, covers = borders[int(rng.integers(3))]
        position = side * (front + 0.2)
        corners = ((z, ground.curb), (z + long, ground.curb + height))
        cut = name == "vegetation"
        builder.add(name, X, position, *corners, texture, covers=covers, facing=-side, cut=cut)
        for _ in range(int(long / 4)):
            x = side * (front + between(rng, 3, 14))
            _add_tree(builder, x, z + between(rng, 0, long), ground.curb, crowns, bark)
        z, was_park = z + long, True


def _add_tree(
    builder: Builder, x: float, z: float, base: float, crowns: list[int], bark: int
) -> None:
    """Build a tree: a trunk, and a crown of three layers."""
    rng = builder.rng
    height, size = between(rng, 2, 3.2), between(rng, 1.5, 2.4)
    corners = ((x - 0.16, base), (x + 0.16, base + height + size))
    builder.add("vegetation", Z, z, *corners, bark, covers=(0.5, 2))
    for layer in range(3):
        wide = size * (1 - 0.12 * layer)
        left, low = x + between(rng, -0.5, 0.5) - wide, base + height + 0.35 * layer * size
        corners = ((left, low), (left + 2 * wide, low + 1.6 * wide))
        crown = crowns[int(rng.integers(len(crowns)))]
        position = z + 0.5 * (layer - 1) - 0.05
        tint = 0.9 + 0.12 * layer
        builder.add("vegetation", Z, position, *corners, crown, cut=True, tint=tint)


def _add_furniture(builder: Builder, ground: Ground, side: int) -> None:
    """Place trees, lamps, signs and traffic lights along the curb."""
    rng, base = builder.rng, ground.curb
    crowns = [builder.paint(things.crown) for _ in range(2)]
    bark, gray = builder.paint(things.bark), between(rng, 0.3, 0.55)
    pole = builder.atlas.add(things.metal(gray, builder.texels))
    signs = [builder.paint(things.sign) for _ in range(3)]
    lamps = [builder.paint(things.lights) for _ in range(2)]
    avenue = 0.65 if rng.random() < 0.5 else 0.15
    x = side * (ground.road + 0.55)

    def post(position: float, height: float, width: float) -> None:
        corners = ((x - width / 2, base), (x + width / 2, base + height))
        builder.add("pole", Z, position, *corners, pole, covers=(0.5, 2))

    z = between(rng, 3, 9)
    while z < ground.length:
        kind = rng.random()
        if kind < avenue:
            _add_tree(builder, x, z, base, crowns, bark)
        elif kind < avenue + 0.4 * (1 - avenue):  # a street lamp with an arm over the road
            post(z, 6, 0.18)
            arm = sorted((x, x - side * 1.6))
            corners = ((arm[0], base + 5.85), (arm[1], base + 6))
            builder.add("pole", Z, z, *corners, pole, covers=(0.5, 2))
        elif kind < avenue + 0.75 * (1 - avenue):
            post(z, 2.3, 0.12)
            sign = signs[int(rng.integers(3))]
            corners = ((x - 0.4, base + 2.1), (x + 0.4, base + 2.9))
            builder.add("traffic sign", Z, z - 0.03, *corners, sign, cut=True)
        else:
            post(z, 3.4, 0.16)
            lamp = lamps[int(rng.integers(2))]
            corners = ((x - 0.22, base + 2.5), (x + 0.22, base + 3.6))
            builder.add("traffic light", Z, z - 0.05, *corners, lamp)
        z += between(rng, 5, 13)


def _add_backdrop(builder: Builder, ground: Ground) -> None:
    """Add a backdrop: rows of trees on both sides and distant houses at the end."""
    trees, row = builder.paint(things.tree_row), builder.paint(houses.skyline)
    far = ground.length + 40
    for side in (-1, 1):
        corners = ((-40, 0), (far, 16))
        position = side * (ground.road + ground.sidewalk + 34)
        builder.add("vegetation", X, position, *corners, trees, covers=(64, 16), cut=True)
    builder.add("building", Z, far, (-120, 0), (120, 16), row, covers=(64, 16), cut=True)
