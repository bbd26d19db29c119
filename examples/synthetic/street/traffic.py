"""Adds cars and people, standing and moving."""

from __future__ import annotations

from typing import NamedTuple

from examples.synthetic.street import car_textures as cars
from examples.synthetic.street.builder import Builder
from examples.synthetic.street.ground_textures import shadow
from examples.synthetic.street.paint import between
from examples.synthetic.street.surfaces import X, Y, Z
from examples.synthetic.street.thing_textures import person, rider

_CABIN = (0.55, 2.85)  # start and end of the cabin along the car, from its near end


class Ground(NamedTuple):
    """The cross-section of the street, in meters.

    Attributes:
        road: half the width of the road.
        sidewalk: width of each sidewalk.
        length: length of the street.
        curb: height of the sidewalks.
        parking: whether cars are parked at the curb.
        lane: x of the middle of the camera's lane.
    """

    road: float
    sidewalk: float
    length: float
    curb: float
    parking: bool
    lane: float


class CarModel(NamedTuple):
    """The numbers of a car's textures in the atlas."""

    body_end: int
    body_side: int
    body_top: int
    cabin_end: int
    cabin_side: int
    cabin_top: int


def add_cars(builder: Builder, ground: Ground, speed: float) -> None:
    """Place parked cars at the curbs, and moving ones in both lanes.

    Args:
        builder: the street.
        ground: the cross-section of the street.
        speed: speed of the camera, in meters per frame.
    """
    rng = builder.rng
    rears, fronts = (
        [
            CarModel(*map(builder.atlas.add, cars.car(rng, builder.texels, front=front)))
            for _ in range(5)
        ]
        for front in (False, True)
    )
    dark = builder.atlas.add(shadow(builder.texels))

    def add(models: list[CarModel], x: float, z: float, velocity: float = 0.0) -> None:
        _add_car(builder, models[int(rng.integers(len(models)))], dark, x, z, velocity)

    if ground.parking:
        for side, models in ((1, rears), (-1, fronts)):
            z = between(rng, 4, 12)
            while z < ground.length:
                add(models, side * (ground.road - 1.05 + between(rng, -0.1, 0.1)), z)
                z += between(rng, 5.2, 8) if rng.random() < 0.6 else between(rng, 12, 26)
    z, pace = between(rng, 9, 20), speed * between(rng, 0.9, 1.15)
    while z < ground.length and rng.random() < 0.75:
        add(rears, ground.lane + between(rng, -0.2, 0.2), z, pace)
        z += between(rng, 12, 30)
    z, pace = between(rng, 15, 45), -between(rng, 0.3, 0.6)
    while z < 2.5 * ground.length:
        add(fronts, -ground.lane + between(rng, -0.2, 0.2), z, pace)
        z += between(rng, 10, 45)


def _add_car(
    builder: Builder, model: CarModel, dark: int, x: float, z: float, velocity: float
) -> None:
    """Build a car of two boxes; x is its middle, z its near end."""
    motion = (0.0, velocity)
    instance = builder.new_instance("car")
    half, top = cars.WIDTH / 2, cars.BODY + cars.CABIN
    flat = {"cut": True, "velocity": motion, "tint": 0.9}
    builder.add("road", Y, 0.012, (x - 1, z - 0.2), (x + 1, z + 4.4), dark, **flat)
    for low, high, side, begin, end, textures in (
        (0.0, cars.BODY, half, 0.0, cars.LENGTH, model[:3]),
        (cars.BODY - 0.02, top, half - 0.1, *_CABIN, model[3:]),
    ):
        options = {"instance": instance, "velocity": motion, "cut": True}
        span = (z + begin, z + end)
        left, right = x - side, x + side
        builder.add("car", Z, span[0], (left, low), (right, high), textures[0], **options)
        for position, facing in ((left, -1), (right, 1)):
            corners = ((span[0], low), (span[1], high))
            builder.add("car", X, position, *corners, textures[1], facing=facing, **options)
        options["cut"] = False
        if low > 0:
            left, right = left + 0.12, right - 0.12
        corners = ((left, span[0]), (right, span[1]))
        builder.add("car", Y, high - 0.02, *corners, textures[2], facing=1, **options)


def add_people(builder: Builder, ground: Ground) -> None:
    """Place walking people on the sidewalks, and cyclists at the edge of the road."""
    rng = builder.rng
    walkers = [builder.paint(person) for _ in range(6)]
    z = between(rng, 4, 10)
    while z < 1.3 * ground.length:
        side = int(rng.choice([-1, 1]))
        x = side * (ground.road + between(rng, 1.1, ground.sidewalk - 0.4))
        pace = between(rng, 0.05, 0.1) * int(rng.choice([-1, 1]))
        texture = walkers[int(rng.integers(len(walkers)))]
        for _ in range(int(rng.integers(1, 3))):
            _add_person(builder, "person", x, z, ground.curb, texture, pace)
            x, z = x - side * 0.55, z + 0.3
            texture = walkers[int(rng.integers(len(walkers)))]
        z += between(rng, 4, 16)
    cyclists = [builder.paint(rider) for _ in range(2)]
    z = between(rng, 8, 40)
    x = ground.lane + 1.6 if ground.parking else ground.road - 0.7
    while z < ground.length:
        texture = cyclists[int(rng.integers(2))]
        _add_person(builder, "rider", x, z, 0, texture, between(rng, 0.18, 0.28))
        z += between(rng, 25, 70)


def _add_person(
    builder: Builder, name: str, x: float, z: float, ground: float, texture: int, pace: float
) -> None:
    scale = between(builder.rng, 0.92, 1.05)
    builder.add(
        name, Z, z, (x - 0.5 * scale, ground), (x + 0.5 * scale, ground + 2 * scale), texture,
        cut=True, instance=builder.new_instance(name), velocity=(0, pace),
    )  # fmt: skip
