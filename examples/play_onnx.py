"""Play an exported model without torch: python examples/play_onnx.py model.onnx LABELS --out OUT.

LABELS is a folder of label maps (PNG, a pixel's value is its class), with instance ids in INSTANCES
where the model was trained with them; or a file .npy of condition maps (T, C, H, W).
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

parser = argparse.ArgumentParser(description=__doc__)
for name, kind in {"model": Path, "labels": Path, "--instances": Path, "--out": Path}.items():
    parser.add_argument(name, type=kind)
args = parser.parse_args()
if not (card_file := args.model.with_suffix(".json")).is_file() or not args.model.is_file():
    sys.exit(f"error: {args.model} and {card_file.name} beside it must exist: export writes both")
card = json.loads(card_file.read_text())
channels, multiple, past = (card[k] for k in ("condition_channels", "size_multiple", "past_frames"))
if "first" not in card["inputs"] or "foreground_mask" in card["inputs"]:
    sys.exit("error: the model has several scales or a foreground, which this script does not play")
is_file = args.labels.suffix == ".npy" and args.labels.is_file()
if not is_file and not (files := sorted(args.labels.glob("*.png"))):
    sys.exit(f"error: {args.labels} must be a folder of PNG label maps or a file .npy")
if not is_file and card["instances"] and args.instances is None:
    sys.exit("error: the model was trained with instance ids; give their folder with --instances")


def maps_of(file: Path) -> np.ndarray:
    labels = np.array(Image.open(file)).astype(np.int64)
    if unknown := sorted({*np.unique(labels)} - {*range(len(card["classes"])), card["ignore"]}):
        sys.exit(f"error: {file} has the label {unknown[0]}, which is no class of the model")
    maps = [labels == label for label in range(len(card["classes"]))]
    if card["instances"]:
        ids = np.array(Image.open(args.instances / file.name)).astype(np.int64)
        wide = np.pad(ids, 1, mode="edge")
        beside = wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:]
        maps.append(np.any([ids != other for other in beside], 0))
    return np.stack(maps).astype(np.float32)


stream = np.load(args.labels) if is_file else map(maps_of, files)
session = onnxruntime.InferenceSession(args.model, providers=["CPUExecutionProvider"])
names, state = [each.name for each in session.get_outputs()], {}
(args.out or Path("frames")).mkdir(parents=True, exist_ok=True)
for index, maps in enumerate(stream):
    if maps.shape[0] != channels or maps.shape[1] % multiple or maps.shape[2] % multiple:
        rule = f"({channels}, H, W) with H and W multiples of {multiple}"
        sys.exit(f"error: the model takes condition maps {rule}, got {maps.shape}")
    zeros = np.zeros((1, past, 3, *maps.shape[1:]), np.float32)
    conditions = np.repeat(maps[None, None], past, 1).astype(np.float32)
    state = state or {"past_frames": zeros, "past_conditions": conditions}
    first = np.full(1, index == 0, np.float32)
    condition = maps[None].astype(np.float32)
    output = session.run(None, {"condition": condition, "first": first, **state})
    state = {name[5:]: value for name, value in zip(names[1:], output[1:], strict=True)}  # next_
    pixels = ((output[0][0].transpose(1, 2, 0) + 1) * 127.5).round().clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save((args.out or Path("frames")) / f"{index:05d}.png")
