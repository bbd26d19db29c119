"""The card of an exported model: what goes in, what comes out, and where it is from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from examples.vid2vid.frame_step import Format, FrameStep
from examples.vid2vid.runs import Run
from examples.vid2vid.task import Task


class Parity(NamedTuple):
    """The largest difference between an exported model and PyTorch over a stream.

    Attributes:
        size: (H, W) of the frames.
        difference: of frames in [-1, 1].
    """

    size: tuple[int, int]
    difference: float


def write_card(
    folder: Path,
    step: FrameStep,
    run: Run,
    task: Task,
    kind: Format,
    multiple: int,
    parities: Sequence[Parity],
) -> None:
    """Write ``model.json`` and ``model.md``."""
    model = run.config.model
    channels = task.condition_channels + model.feature_channels
    card: dict[str, Any] = {
        "format": kind,
        "task": task.name,
        "inputs": {name: _describe(name, channels, model.past_frames) for name in step.input_names},
        "outputs": {
            name: _describe(name.removeprefix("next_"), channels, model.past_frames)
            for name in step.output_names
        },
        "condition_channels": channels,
        "past_frames": model.past_frames,
        "size_multiple": multiple,
        "trained_size": list(task.data.size),
        "normalization": "RGB frames in [-1, 1]: pixel / 127.5 - 1",
        "classes": task.data.facts.get("classes"),
        "ignore": task.data.facts.get("ignore"),
        "instances": bool(task.data.facts.get("instances")),
        "foreground": task.data.facts.get("foreground"),
        "license": "not stated: that of the data it was trained on applies",
        "steps": run.step,
        "parity": [{"size": list(each.size), "difference": each.difference} for each in parities],
        "training": asdict(run.config),
    }
    (folder / "model.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    (folder / "model.md").write_text(_markdown(card), encoding="utf-8")


def _describe(name: str, channels: int, past: int) -> str:
    if name.startswith("coarser_"):
        factor = 2 ** int(name.rpartition("_")[2])
        return (
            f"(B, {past}, 3, H/{factor}, W/{factor}), the past frames of a coarser scale; at first "
            "those of the next finer one averaged over 3x3 pixels with stride 2, without the border"
        )
    return {
        "condition": f"(B, {channels}, H, W), condition maps of the frame",
        "frame": "(B, 3, H, W), RGB in [-1, 1]",
        "past_frames": f"(B, {past}, 3, H, W), the last frames, oldest first; at first real ones, "
        "or zeros",
        "past_conditions": f"(B, {past}, {channels}, H, W), their condition maps; at first those "
        "of the real frames, or the first ones repeated",
        "first": "(B,), 1 for the first frame after zeros, where nothing can be warped; else 0",
        "foreground_mask": "(B, 1, H, W), 1 = foreground",
    }[name]


def _markdown(card: dict[str, Any]) -> str:
    lines = [f"# A generator of {card['task']}, one frame per call", "", "All tensors are float32."]
    lines += [f"H and W are multiples of {card['size_multiple']}; B is free.", ""]
    for title in ("inputs", "outputs"):
        lines += [f"## {title.capitalize()}", ""]
        lines += [f"- `{name}`: {text}" for name, text in card[title].items()] + [""]
    height, width = card["trained_size"]
    lines += [
        "What is returned as `next_NAME` is the input `NAME` of the next frame.",
        "",
        "## Data",
        "",
        f"- normalization: {card['normalization']}",
        f"- trained at {height}x{width} (HxW) for {card['steps']} steps",
        f"- classes: {', '.join(card['classes']) if card['classes'] else 'none'}",
        f"- license: {card['license']}",
        "",
        "## Compared with PyTorch over a stream of 30 frames",
        "",
    ]
    for each in card["parity"]:
        height, width = each["size"]
        lines.append(f"- {height}x{width}: largest difference {each['difference']:.1e}")
    model = f"model.{card['format']}"
    run = f"python examples/play_onnx.py {model} LABELS --out frames"
    if card["format"] == "pt2":
        run = f"torch.export.load({model!r}).module()(*inputs)"
    lines += ["", "## Run", "", "```", run, "```", "", "## Training", "", "```json"]
    return "\n".join([*lines, json.dumps(card["training"], indent=2), "```", ""])
