"""The dancer's appearance: body parts, each a textured surface along one bone.

A point on a surface is (s, a): the distance along the bone, in body heights, and the angle about
it, 0 towards the viewer of an unturned dancer. A texture is a function of (s, a) alone, so that it
moves and turns with the body. All textures are smooth, so that a warp can reproduce them.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from examples.synthetic.dancer.motion import (
    FOOT,
    FOREARM,
    HAND,
    HEAD,
    NECK,
    SHANK,
    THIGH,
    TORSO,
    UPPER_ARM,
)

Texture = Callable[[Tensor, Tensor], Tensor]
Color = tuple[float, float, float]
Shape = Literal["capsule", "slab", "ellipse"]

HEAD_RADIUS = 0.056
EYE, NOSE, MOUTH, EAR = (0.078, 0.45), (0.055, 0.0), (0.03, 0.0), (0.07, 1.45)  # (s, a)


class Part(NamedTuple):
    """One part of the body.

    Attributes:
        name: name of the part.
        start: joint at which its bone starts.
        end: joint at which it ends.
        shape: a capsule, a slab with rounded corners, or an ellipse from joint to joint.
        radii: half its width at both ends, in body heights.
        length: length of its bone, in body heights.
        texture: (s, a) -> RGB in [0, 1], in a last dimension.
        turns: whether it turns about its bone with the body, with the head, or not at all.
        nearer: offset of its depth, which decides the occlusion order where bones meet.
        densepose: index of the body part in DensePose maps.
    """

    name: str
    start: str
    end: str
    shape: Shape
    radii: tuple[float, float]
    length: float
    texture: Texture
    turns: Literal["body", "head", "none"]
    nearer: float
    densepose: int


def dancer_parts(seed: int) -> tuple[Part, ...]:
    """Build the body parts of a dancer; the seed chooses the colors of its clothes."""
    rng = torch.rand(8, generator=torch.Generator().manual_seed(seed)).tolist()
    shirt, print_, sleeve, left, right = (
        _color((rng[0] + turn) % 1.0, saturation, value)
        for turn, saturation, value in (
            (0.0, 0.75, 0.75),
            (0.12, 0.5, 1.0),
            (0.5, 0.65, 0.6),
            (0.62, 0.6, 0.35),
            (0.3, 0.5, 0.45),
        )
    )
    skin = _color(0.06, 0.35 + 0.25 * rng[1], 0.95 - 0.35 * rng[2])
    hair = _color(0.07, 0.6, 0.15 + 0.4 * rng[3])
    white: Color = (0.95, 0.95, 0.92)
    red: Color = (0.85, 0.15, 0.15)
    torso = Part("torso", "hip", "neck", "slab", (0.088, 0.112), TORSO,
                 _shirt(shirt, print_, white), "body", 0.0, 2)  # fmt: skip
    hips = Part("hips", "hip", "neck", "capsule", (0.085, 0.03), TORSO,
                _plain(left), "body", -0.02, 2)  # fmt: skip
    neck = Part("neck", "neck", "chin", "capsule", (0.032, 0.03), NECK,
                _plain(_darker(skin)), "none", 0.01, 2)  # fmt: skip
    head = Part("head", "chin", "top", "ellipse", (HEAD_RADIUS, HEAD_RADIUS), HEAD,
                _face(skin, hair), "head", 0.08, 23)  # fmt: skip
    parts = [torso, hips, neck, head]
    for side, name in ((-1, "r"), (1, "l")):
        is_left = side > 0
        leg, ring = (left, white) if is_left else (right, print_)
        parts += [
            Part(f"{name}_upper_arm", f"{name}_shoulder", f"{name}_elbow", "capsule",
                 (0.036, 0.031), UPPER_ARM,
                 _ringed(sleeve, white if is_left else shirt, 0.08, 0.02), "none", 0.03,
                 15 if is_left else 16),
            Part(f"{name}_forearm", f"{name}_elbow", f"{name}_wrist", "capsule", (0.029, 0.022),
                 FOREARM, _ringed(skin, red if is_left else hair, 0.12, 0.012), "none", 0.04,
                 19 if is_left else 20),
            Part(f"{name}_hand", f"{name}_wrist", f"{name}_hand", "capsule", (0.022, 0.026), HAND,
                 _ringed(skin, _darker(skin), 0.06, 0.012), "none", 0.05, 4 if is_left else 3),
            Part(f"{name}_thigh", f"{name}_hip", f"{name}_knee", "capsule", (0.062, 0.046), THIGH,
                 _striped(leg, ring, 1.1 * side), "body", -0.08, 10 if is_left else 9),
            Part(f"{name}_shank", f"{name}_knee", f"{name}_ankle", "capsule", (0.045, 0.032), SHANK,
                 _ringed(leg, ring, 0.06 if is_left else 0.12, 0.025), "body", -0.03,
                 14 if is_left else 13),
            Part(f"{name}_foot", f"{name}_heel", f"{name}_toe", "capsule", (0.028, 0.026), FOOT,
                 _ringed(red if is_left else white, white if is_left else red, 0.07, 0.02), "none",
                 0.02, 5 if is_left else 6),
        ]  # fmt: skip
    return tuple(parts)


def _shirt(base: Color, stripes: Color, badge: Color) -> Texture:
    def texture(s: Tensor, a: Tensor) -> Tensor:
        wave = 0.5 + 0.5 * torch.sin(s * (2 * torch.pi / 0.075) + 1.5 * torch.sin(2 * a))
        color = _mixed(_rgb(base), _rgb(stripes), 0.75 * wave)
        spot = _inside(((s - 0.19) / 0.045) ** 2 + ((a - 0.25) / 0.4) ** 2)
        color = _mixed(color, _rgb(badge), spot)
        button = _inside(((s - 0.19) / 0.02) ** 2 + ((a - 0.25) / 0.18) ** 2)
        color = _mixed(color, _rgb((0.1, 0.1, 0.3)), button)
        return _mixed(color, _rgb(_darker(base)), _inside(((s - 0.02) / 0.02) ** 2))  # hem

    return texture


def _face(skin: Color, hair: Color) -> Texture:
    def blob(
        s: Tensor, a: Tensor, position: tuple[float, float], size: tuple[float, float]
    ) -> Tensor:
        return _inside(((s - position[0]) / size[0]) ** 2 + ((a - position[1]) / size[1]) ** 2)

    def texture(s: Tensor, a: Tensor) -> Tensor:
        color = _rgb(skin).expand(*s.shape, 3)
        color = _mixed(color, _rgb(_darker(skin)), blob(s, a, NOSE, (0.014, 0.14)))
        color = _mixed(color, _rgb((0.7, 0.2, 0.22)), blob(s, a, MOUTH, (0.008, 0.36)))
        for side in (-1, 1):
            eye = (EYE[0], side * EYE[1])
            color = _mixed(color, _rgb((1.0, 1.0, 1.0)), blob(s, a, eye, (0.009, 0.24)))
            color = _mixed(color, _rgb((0.08, 0.06, 0.1)), blob(s, a, eye, (0.009, 0.11)))
            brow = (EYE[0] + 0.016, side * EYE[1])
            color = _mixed(color, _rgb(hair), blob(s, a, brow, (0.005, 0.26)))
        above = torch.sigmoid((s - 0.112 - 0.01 * torch.cos(3 * a)) / 0.004)
        beside = torch.sigmoid((a.abs() - 1.25) / 0.07) * torch.sigmoid((s - 0.05) / 0.005)
        return _mixed(color, _rgb(hair), torch.maximum(above, beside))

    return texture


def _plain(base: Color) -> Texture:
    return lambda s, a: _rgb(base).expand(*(s + a).shape, 3)


def _ringed(base: Color, ring: Color, position: float, width: float) -> Texture:
    """Color a part with one ring around it."""
    return lambda s, a: _mixed(
        _rgb(base).expand(*(s + a).shape, 3), _rgb(ring), _inside(((s - position) / width) ** 2)
    )


def _striped(base: Color, stripe: Color, position: float) -> Texture:
    """Color a part with one stripe along it, and a soft check."""

    def texture(s: Tensor, a: Tensor) -> Tensor:
        check = 0.5 + 0.5 * torch.sin(s * (2 * torch.pi / 0.09)) * torch.cos(2 * a)
        color = _mixed(_rgb(base), _rgb(_darker(base)), check)
        return _mixed(color, _rgb(stripe), _inside(((a - position) / 0.3) ** 2))

    return texture


def _inside(squared: Tensor) -> Tensor:
    """Compute a soft mask of the unit circle, 1 inside and 0 outside, from the squared radius."""
    return torch.sigmoid((1 - squared) * 4)


def _mixed(below: Tensor, above: Tensor, share: Tensor) -> Tensor:
    return below + (above - below) * share[..., None]


def _rgb(color: Color) -> Tensor:
    return torch.tensor(color, dtype=torch.float64)


def _color(hue: float, saturation: float, value: float) -> Color:
    return colorsys.hsv_to_rgb(hue, saturation, value)


def _darker(color: Color) -> Color:
    return (0.72 * color[0], 0.68 * color[1], 0.68 * color[2])
