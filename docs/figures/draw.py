"""Draws the SVG figures of the documentation: ``python docs/figures/draw.py``.

Plain strings, no dependency. Data are square-cornered, networks rounded, operations pills, so that
no figure relies on color alone; the colors are those of Okabe and Ito.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from html import escape
from pathlib import Path

Point = tuple[float, float]

INK, MUTED, BLUE, ORANGE, RED = "#222222", "#555555", "#0072b2", "#9a6200", "#c04a00"
STYLES = {  # fill, outline
    "data": ("#eeeeee", "#666666"),
    "frame": ("#fde6bd", ORANGE),
    "network": ("#d3e7f6", BLUE),
    "operation": ("#ffffff", INK),
}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
WIDTH = 560


class Drawing:
    """A card of boxes, texts and arrows; y points down."""

    def __init__(self, title: str, height: int) -> None:
        self.title, self.height = title, height
        self.parts: list[str] = []
        self.texts: list[tuple[str, float, float, float, float]] = []  # what, x0, y0, x1, y1

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: int = 14,
        bold: bool = False,
        anchor: str = "middle",
        color: str = INK,
    ) -> None:
        """Write one line, centered on y; ``_X`` makes X a subscript, ``-`` a minus sign."""
        words = words.replace("-", "\N{MINUS SIGN}").replace(" x ", " \N{MULTIPLICATION SIGN} ")
        width = _width(words, size)
        left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
        self.texts.append((words, left, y - size / 2, left + width, y + size / 2))
        pieces = re.split(r"_(\w)", words)
        spans = escape(pieces[0])
        for subscript, rest in zip(pieces[1::2], pieces[2::2], strict=True):
            spans += f'<tspan dy="4" font-size="{size - 3}">{escape(subscript)}</tspan>'
            spans += f'<tspan dy="-4">{escape(rest or chr(8203))}</tspan>'
        weight = ' font-weight="bold"' if bold else ""
        self.parts.append(
            f'<text x="{x:g}" y="{y + 0.35 * size:g}" font-size="{size}" fill="{color}" '
            f'text-anchor="{anchor}"{weight}>{spans}</text>'
        )

    def box(
        self,
        kind: str,
        x: float,
        y: float,
        width: float,
        height: float,
        *lines: str,
        size: int = 14,
        copies: int = 1,
    ) -> None:
        """Draw a box of a kind with centered lines, in front of ``copies - 1`` others."""
        fill, outline = STYLES[kind]
        radius = {"network": 9.0, "operation": min(width, height) / 2}.get(kind, 0.0)
        for shift in reversed(range(0, 6 * copies, 6)):
            self.parts.append(
                f'<rect x="{x + shift:g}" y="{y - shift:g}" width="{width:g}" '
                f'height="{height:g}" rx="{radius:g}" fill="{fill}" stroke="{outline}" '
                'stroke-width="1.6"/>'
            )
        for row, line in enumerate(lines):
            if _width(line, size) > width - 6:
                raise ValueError(f"{self.title}: {line!r} is wider than its box")
            middle = y + height / 2 + (row - (len(lines) - 1) / 2) * 1.3 * size
            self.text(x + width / 2, middle, line, size=size)

    def arrow(
        self,
        *points: Point,
        color: str = INK,
        dashed: bool = False,
        bend: float = 0.0,
        head: bool = True,
    ) -> None:
        """Draw an arrow along points; with ``bend`` an arc between two, so much lower midway."""
        (x0, y0), (x1, y1) = points[-2:]
        if bend:
            control = ((x0 + x1) / 2, (y0 + y1) / 2 + 2 * bend)
            x0, y0 = control
        length = math.hypot(x1 - x0, y1 - y0)
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        end = (x1 - 7 * dx, y1 - 7 * dy) if head else (x1, y1)
        if bend:
            (x, y), (cx, cy) = points[0], control
            path = f"M{x:.5g},{y:.5g} Q{cx:.5g},{cy:.5g} {end[0]:.5g},{end[1]:.5g}"
        else:
            path = "M" + " L".join(f"{x:.5g},{y:.5g}" for x, y in [*points[:-1], end])
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(
            f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.8"{dash}/>'
        )
        if head:
            wings = [(x1 - 9 * dx - s * 5 * dy, y1 - 9 * dy + s * 5 * dx) for s in (1, -1)]
            corners = " ".join(f"{x:.5g},{y:.5g}" for x, y in [(x1, y1), *wings])
            self.parts.append(f'<polygon points="{corners}" fill="{color}"/>')

    def dot(self, x: float, y: float, *, radius: float = 5, color: str = BLUE) -> None:
        """Draw a filled dot."""
        self.parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{color}"/>')

    def bar(
        self, x: float, y: float, width: float, height: float, fill: str, outline: str = "none"
    ) -> None:
        """Draw a plain rectangle."""
        self.parts.append(
            f'<rect x="{x:.5g}" y="{y:.5g}" width="{width:.5g}" height="{height:.5g}" '
            f'fill="{fill}" stroke="{outline}" stroke-width="1.2"/>'
        )

    def svg(self) -> str:
        """Return the file's text."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" '
            f'width="{WIDTH}" height="{self.height}" role="img" font-family="{FONT}">'
        )
        card = (
            f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{self.height - 1}" rx="8" '
            'fill="#fcfbf8" stroke="#d6d2c8"/>'
        )
        return "\n".join(
            [head, f"<title>{escape(self.title)}</title>", card, *self.parts, "</svg>"]
        )


def _width(words: str, size: int) -> float:
    """Estimate the width of a line in a wide font."""
    return 0.6 * size * len(words.replace("_", "").replace("\N{COMBINING TILDE}", ""))


def key() -> Drawing:
    """Draw the key to the shapes of the other figures."""
    d = Drawing("Key to the figures", 80)
    d.box("data", 14, 20, 116, 40, "data, given")
    d.box("frame", 146, 20, 144, 40, "data, generated")
    d.box("network", 306, 20, 104, 40, "network")
    d.box("operation", 426, 20, 118, 40, "operation")
    return d


def frame() -> Drawing:
    """Draw how one frame is generated."""
    d = Drawing("How a frame is generated", 640)
    left, right, width = 50, 310, 190
    d.box("data", left, 32, width, 52, "conditions", "frames t-2, t-1, t", copies=3)
    d.box("frame", right, 32, width, 52, "past frames", "frames t-2, t-1", copies=2)
    for x, name in ((left, "condition encoder"), (right, "frame encoder")):
        middle = x + width / 2
        d.arrow((middle, 84), (middle, 116))
        d.box("network", x, 116, width, 44, name)
    d.box("operation", 260, 184, 30, 30, "+", size=18)
    d.arrow((left + 95, 160), (left + 95, 199), (260, 199))
    d.arrow((right + 95, 160), (right + 95, 199), (290, 199))
    for x, name in ((left, "image branch"), (right, "flow branch")):
        d.arrow((275, 214), (275, 236), (x + 95, 236), (x + 95, 260))
        d.box("network", x, 260, width, 44, name)
    d.arrow((left + 95, 304), (left + 95, 336))
    d.box("frame", left, 336, width, 52, "hallucinated", "frame h")
    d.arrow((355, 304), (355, 336))
    d.box("frame", 300, 336, 104, 52, "occlusion", "mask m")
    d.arrow((460, 304), (460, 336))
    d.box("frame", 420, 336, 80, 52, "flow", "w")
    d.arrow((460, 388), (460, 424))
    d.box("operation", 406, 424, 108, 50, "warp", "frame t-1", size=13)
    d.arrow((506, 54), (538, 54), (538, 449), (514, 449))
    d.arrow((left + 95, 388), (left + 95, 510))
    d.arrow((352, 388), (352, 510))
    d.arrow((460, 474), (460, 510))
    d.box("operation", 50, 510, 464, 46, "(1 - m) · warped frame + m · h")
    d.arrow((275, 556), (275, 582))
    d.box("frame", 200, 582, 150, 40, "frame t")
    return d


def foreground() -> Drawing:
    """Draw the two forms of the foreground composite."""
    d = Drawing("Two forms of the foreground composite", 470)
    for x, form, note in ((145, "released", "(default)"), (415, "paper", "(Eq. 9)")):
        d.text(x, 26, f"{form} {note}", bold=True)
    top = {20: ("h_B", "background"), 155: ("warped", "frame t-1")}
    top |= {290: ("h_F", "foreground"), 425: ("h_B", "background")}
    for x, lines in top.items():
        d.box("frame", x, 48, 115, 52, *lines)
    d.box("frame", 20, 218, 115, 52, "h_F", "foreground")
    d.box("frame", 425, 218, 115, 52, "warped", "frame t-1")
    for x, first, second, side in (
        (20, "mix by mask m", "paste by mask f", 1),
        (290, "paste by mask f", "mix by mask m", -1),
    ):
        middle = x + 125
        d.arrow((x + 57, 100), (x + 57, 140))
        d.arrow((x + 193, 100), (x + 193, 140))
        d.box("operation", x + 25, 140, 200, 42, first)
        d.arrow((middle + side * 68, 182), (middle + side * 68, 310))
        d.arrow((middle - side * 68, 270), (middle - side * 68, 310))
        d.box("operation", x + 25, 310, 200, 42, second)
        d.arrow((middle, 352), (middle, 384))
        d.box("frame", middle - 60, 384, 120, 40, "frame t")
    d.text(145, 446, "foreground is generated again", size=13, color=MUTED)
    d.text(415, 446, "foreground can be warped", size=13, color=MUTED)
    d.arrow((280, 16), (280, 454), dashed=True, head=False, color="#aaaaaa")
    return d


def discriminators() -> Drawing:
    """Draw the inputs of D_I and D_V."""
    d = Drawing("What the image and the video discriminators see", 486)

    def discriminator(y: float, channels: str) -> None:
        d.box("operation", 200, y - 24, 92, 48, "stack", channels, size=13)
        for height, name, columns, rows in ((-46, "full size", 7, 5), (46, "half size", 4, 3)):
            d.arrow((292, y), (308, y), (308, y + height), (326, y + height))
            d.box("network", 326, y + height - 26, 122, 52, "patch network", name, size=13)
            d.arrow((448, y + height), (472, y + height))
            x0, y0 = 474, y + height - rows * 5
            for row in range(rows):
                for column in range(columns):
                    d.bar(x0 + 10 * column, y0 + 10 * row, 10, 10, "#ffffff", BLUE)

    d.text(20, 26, "D_I: one frame with its conditions", bold=True, anchor="start")
    d.box("data", 16, 62, 156, 46, "conditions t")
    d.box("frame", 16, 130, 156, 52, "frame t", "real or generated")
    d.arrow((172, 85), (186, 85), (186, 112), (201, 112))
    d.arrow((172, 156), (186, 156), (186, 128), (201, 128))
    discriminator(120, "C + 3")
    d.text(546, 208, "one score per patch", size=12, color=MUTED, anchor="end")
    d.arrow((20, 232), (540, 232), dashed=True, head=False, color="#aaaaaa")

    d.text(20, 258, "D_V: K = 3 frames with their flows", bold=True, anchor="start")
    for x, name in ((16, "t-2s"), (70, "t-s"), (124, "t")):
        d.box("frame", x, 292, 48, 44, name, size=13)
    d.text(94, 350, "real or generated", size=12, color=MUTED)
    for x in (43, 97):
        d.box("data", x, 380, 48, 40, "flow", size=13)
    d.text(94, 434, "of the real frames", size=12, color=MUTED)
    d.arrow((172, 314), (186, 314), (186, 352), (201, 352))
    d.arrow((145, 400), (186, 400), (186, 368), (201, 368))
    discriminator(360, "9 + 4")
    d.text(280, 464, "s = 1, 3, 9 frames apart: one D_V for each", size=13, color=MUTED)
    return d


HISTORY, CHUNK = 18, 6
GROUPS = {  # rate: its groups, newest first, as vidgan.functional.temporal_group_indices has them
    0: [(21, 22, 23), (18, 19, 20)],
    1: [(17, 20, 23), (14, 17, 20)],
    2: [(5, 14, 23), (2, 11, 20)],
}


def temporal_rates() -> Drawing:
    """Draw the groups of frames at each temporal rate."""
    d = Drawing("The groups of frames at three temporal rates", 306)
    x0, step = 64, 20

    def at(index: int) -> float:
        return x0 + step * (index + 0.5)

    d.text(x0 + step * HISTORY / 2, 26, f"{HISTORY} frames before, detached", size=13)
    d.text(x0 + step * (HISTORY + CHUNK / 2), 26, "newest chunk", size=13)
    for index in range(HISTORY + CHUNK):
        fill, outline = STYLES["frame" if index >= HISTORY else "data"]
        d.bar(x0 + step * index + 1, 42, step - 2, 26, fill, outline)
    edge = x0 + step * HISTORY
    d.arrow((edge, 74), (edge, 268), dashed=True, head=False, color="#999999")
    for rate, groups in GROUPS.items():
        top = 98 + 60 * rate
        d.text(8, top, f"rate {rate}", size=13, bold=True, anchor="start")
        d.text(8, top + 18, f"{3**rate} apart", size=12, anchor="start", color=MUTED)
        for number, group in enumerate(groups):
            y, color = top + 22 * number, (BLUE, RED)[number]
            d.arrow((at(group[0]), y), (at(group[-1]), y), head=False, color=color)
            for index in group:
                if number:
                    d.bar(at(index) - 5, y - 5, 10, 10, color)
                else:
                    d.dot(at(index), y, color=color, radius=5.5)
    d.dot(150, 286)
    d.text(162, 286, "newest group", size=13, anchor="start")
    d.bar(296, 281, 10, 10, RED)
    d.text(314, 286, "previous group", size=13, anchor="start")
    return d


GRADIENTS = {  # backprop_length: which drawn frame's loss reaches which frame before, in a chunk
    1: [],
    2: [(1, 0), (3, 2)],
    4: [(1, 0), (2, 0), (2, 1), (3, 1), (3, 2)],
}


def rollout() -> Drawing:
    """Draw two chunks of four frames, and how far gradients reach back in each."""
    d = Drawing("Chunked rollout and truncated back-propagation", 432)
    x0, step, cell = 22, 53, 32
    for start, length, name in ((0, 2, "given"), (2, 4, "chunk 1"), (6, 4, "chunk 2")):
        d.text(x0 + step * (start + length / 2) - 10, 22, name, size=14, bold=True)
    for column in range(10):
        x = x0 + step * column
        d.box("data", x, 42, cell, 32, f"s_{column}")
        if column < 2:
            d.box("data", x, 108, cell, 34, f"x_{column}")
        else:
            d.box("frame", x, 108, cell, 34, f"x\N{COMBINING TILDE}_{column}")
            d.arrow((x + cell / 2, 74), (x + cell / 2, 108))
            d.arrow((x - step + cell, 125), (x, 125))  # from the previous frame
            d.arrow((x - 2 * step + cell - 7, 142), (x + 7, 142), bend=14)  # from two frames before
    for boundary in (2, 6):
        x = x0 + step * boundary - 10.5
        d.arrow((x, 34), (x, 392), dashed=True, head=False, color="#888888")
    d.text(x0 + step * 2 - 10, 408, "state", size=13, color=MUTED)
    d.text(x0 + step * 6 - 10, 408, "state, detached", size=13, color=MUTED)
    for row, (length, arrows) in enumerate(GRADIENTS.items()):
        y = 212 + 64 * row
        d.text(16, y - 8, "backprop", size=13, anchor="start")
        d.text(16, y + 10, f"length {length}", size=13, anchor="start")
        for chunk in (2, 6):
            for index in range(4):
                d.dot(x0 + step * (chunk + index) + cell / 2, y, color=ORANGE, radius=6)
            for late, early in arrows:
                a, b = (x0 + step * (chunk + i) + cell / 2 for i in (late, early))
                if late - early == 1:
                    d.arrow((a - 7, y), (b + 7, y), color=RED)
                else:
                    d.arrow((a - 4, y + 7), (b + 5, y + 6), color=RED, bend=14)
    return d


def streaming() -> Drawing:
    """Draw the streaming generator: one condition in, one frame out."""
    d = Drawing("Streaming: one condition in, one frame out", 236)
    d.parts.append(
        '<rect x="150" y="44" width="262" height="172" rx="9" fill="none" stroke="#888888" '
        'stroke-dasharray="5 4" stroke-width="1.4"/>'
    )
    d.text(281, 24, "StreamingGenerator.step", bold=True)
    d.box("data", 16, 66, 110, 44, "condition t")
    d.arrow((126, 88), (196, 88))
    d.box("network", 196, 62, 170, 52, "generator")
    d.arrow((366, 88), (438, 88))
    d.box("frame", 438, 66, 104, 44, "frame t")
    d.box("data", 196, 148, 170, 52, "state: last L", "frames, conditions", copies=1)
    d.arrow((281, 148), (281, 114))
    d.arrow((490, 110), (490, 174), (366, 174), dashed=True)
    d.arrow((71, 110), (71, 174), (196, 174), dashed=True)
    return d


def coarse_to_fine() -> Drawing:
    """Draw three scales, from the coarsest to the finest."""
    d = Drawing("Coarse to fine", 466)
    for scale, size in enumerate(("H/4 x W/4", "H/2 x W/2", "H x W")):
        y = 24 + 152 * scale
        d.box("data", 18, y + 20, 118, 54, "conditions", size)
        d.arrow((136, y + 47), (176, y + 47))
        d.box("network", 176, y, 196, 94, "CompositeGenerator", f"scale {scale}")
        d.arrow((372, y + 16), (414, y + 16))
        d.box("frame", 414, y - 2, 128, 36, f"frame t, {('1/4', '1/2', '1/1')[scale]}")
        d.box("frame", 414, y + 60, 128, 36, "past frames")
        d.arrow((478, y + 34), (478, y + 60), dashed=True)
        d.arrow((414, y + 78), (372, y + 78))
        if scale < 2:
            d.arrow((274, y + 94), (274, y + 152))
            d.text(286, y + 122, "features of each branch", size=13, anchor="start")
            d.arrow((77, y + 172), (77, y + 74))
            d.text(87, y + 122, "averaged", size=13, anchor="start")
    return d


GROWTH = {"num_scales": 2, "clip_length": 20, "first_clip_length": 5}
GROWTH |= {"backprop_length": 4, "num_rates": 3}
STAGES = [  # progress at the start, scales in use, clip length, back-propagation length
    (0, 1, 5, 1),
    (1 / 6, 1, 10, 2),
    (1 / 3, 1, 20, 4),
    (1 / 2, 2, 5, 1),
    (2 / 3, 2, 10, 2),
    (5 / 6, 2, 20, 4),
]
ALONE = (1 / 2, 5 / 8)  # progress in which the newest scale is trained alone
RATES = {0: (0, 0), 1: (1 / 6, 1 / 6 + 0.05), 2: (1 / 3, 1 / 3 + 0.05)}  # enters, in full


def growth() -> Drawing:
    """Draw a growth schedule over the training."""
    d = Drawing("A growth schedule", 432)
    x0, width = 122, 420

    def at(progress: float) -> float:
        return x0 + width * progress

    blue, outline = STYLES["network"]
    parts = [(0, 0.0, 0.5), (0, *ALONE), (0, ALONE[1], 1.0), (1, 0.5, 1.0)]
    for scale, start, end in parts:
        fill = "#ffffff" if (start, end) == ALONE else blue
        d.bar(at(start), 22 + 30 * scale, at(end) - at(start), 22, fill, outline)
    d.text(at(sum(ALONE) / 2), 33, "frozen", size=13)
    for scale in (0, 1):
        d.text(14, 33 + 30 * scale, f"scale {scale}", size=13, bold=True, anchor="start")
    rows = (("clip length", 174, 3.6, 2), ("backprop", 262, 12, 3))
    ends = [stage[0] for stage in STAGES[1:]] + [1.0]
    for name, floor, unit, entry in rows:
        d.text(14, floor - 12, name, size=13, bold=True, anchor="start")
        for stage, end in zip(STAGES, ends, strict=True):
            high = unit * stage[entry]
            d.bar(at(stage[0]), floor - high, at(end) - at(stage[0]), high, blue, outline)
            middle = (at(stage[0]) + at(end)) / 2
            d.text(middle, floor - high - 10, str(stage[entry]), size=13)
    d.text(14, 322, "D_V rates", size=13, bold=True, anchor="start")
    for rate, (start, full) in RATES.items():
        y = 312 + 28 * rate
        d.parts.append(
            f'<polygon points="{at(start):.5g},{y} {at(full):.5g},{y - 18} {at(1):.5g},{y - 18} '
            f'{at(1):.5g},{y}" fill="{blue}" stroke="{outline}" stroke-width="1.2"/>'
        )
        d.text(at(0.75), y - 9, f"rate {rate}", size=13)
    d.arrow((at(0), 386), (at(1) + 8, 386))
    for progress, name in ((0, "0"), (0.5, "0.5"), (1, "1")):
        d.arrow((at(progress), 382), (at(progress), 390), head=False)
        d.text(at(progress), 402, name, size=13)
    d.text(at(0.25), 404, "progress", size=13, color=MUTED)
    return d


FIGURES: tuple[Callable[[], Drawing], ...] = (
    key,
    frame,
    foreground,
    discriminators,
    temporal_rates,
    rollout,
    streaming,
    coarse_to_fine,
    growth,
)


def main() -> None:
    """Write every figure into the folder of this file."""
    for figure in FIGURES:
        path = Path(__file__).with_name(f"{figure.__name__}.svg")
        path.write_text(figure().svg() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
