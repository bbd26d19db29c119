"""The classes of Cityscapes: names, ids and colors.

Cordts et al. 2016, `arXiv:1604.01685 <https://arxiv.org/abs/1604.01685>`__.
"""

from __future__ import annotations

# fmt: off
_CLASSES: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("unlabeled", (0, 0, 0)),  # 0
    ("ego vehicle", (0, 0, 0)),
    ("rectification border", (0, 0, 0)),
    ("out of roi", (0, 0, 0)),
    ("static", (0, 0, 0)),
    ("dynamic", (111, 74, 0)),
    ("ground", (81, 0, 81)),
    ("road", (128, 64, 128)),  # 7
    ("sidewalk", (244, 35, 232)),
    ("parking", (250, 170, 160)),
    ("rail track", (230, 150, 140)),
    ("building", (70, 70, 70)),  # 11
    ("wall", (102, 102, 156)),
    ("fence", (190, 153, 153)),
    ("guard rail", (180, 165, 180)),
    ("bridge", (150, 100, 100)),
    ("tunnel", (150, 120, 90)),
    ("pole", (153, 153, 153)),  # 17
    ("polegroup", (153, 153, 153)),
    ("traffic light", (250, 170, 30)),
    ("traffic sign", (220, 220, 0)),
    ("vegetation", (107, 142, 35)),  # 21
    ("terrain", (152, 251, 152)),
    ("sky", (70, 130, 180)),
    ("person", (220, 20, 60)),  # 24
    ("rider", (255, 0, 0)),
    ("car", (0, 0, 142)),
    ("truck", (0, 0, 70)),
    ("bus", (0, 60, 100)),
    ("caravan", (0, 0, 90)),
    ("trailer", (0, 0, 110)),
    ("train", (0, 80, 100)),
    ("motorcycle", (0, 0, 230)),
    ("bicycle", (119, 11, 32)),  # 33
    ("license plate", (0, 0, 142)),
)
# fmt: on

CITYSCAPES_NAMES: tuple[str, ...] = tuple(name for name, _ in _CLASSES)
"""Names of the 35 classes; the position is the id, 0 to 34.

License plates, which the data set numbers -1, are the last, as ids in a file are not negative.

>>> CITYSCAPES_NAMES[26]
'car'
"""

CITYSCAPES_COLORS: tuple[tuple[int, int, int], ...] = tuple(color for _, color in _CLASSES)
"""The color of each of the 35 classes, R, G, B of 0 to 255; the position is the id.

>>> CITYSCAPES_COLORS[26]
(0, 0, 142)
"""

CITYSCAPES_FOREGROUND: tuple[int, ...] = tuple(range(24, 34))
"""Ids of people and vehicles, the foreground of Wang et al. 2018, Eq. 9.

See `arXiv:1808.06601 <https://arxiv.org/abs/1808.06601>`__.

>>> [CITYSCAPES_NAMES[label] for label in CITYSCAPES_FOREGROUND][:3]
['person', 'rider', 'car']
"""

CITYSCAPES_TRAIN_IDS: tuple[int, ...] = (
    *(7, 8, 11, 12, 13, 17),
    *range(19, 29),
    *(31, 32, 33),
)
"""Ids of the 19 classes that segmentation networks are trained on; the position is the training id.

>>> CITYSCAPES_NAMES[CITYSCAPES_TRAIN_IDS[13]]
'car'
"""
