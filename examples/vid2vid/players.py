"""Plays an exported step frame by frame, in ONNX Runtime or as a program of torch.export."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vidgan.extras import import_extra

Player = Callable[[list[Tensor]], list[Tensor]]
"""From the inputs of a step to its outputs."""


def open_player(model: Path, provider: str = "CPUExecutionProvider") -> Player:
    """Open an exported model.

    Args:
        model: the file, ``.onnx`` or ``.pt2``.
        provider: where ONNX Runtime computes.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is neither, is damaged, or this ONNX Runtime cannot run it there.
    """
    if not model.is_file():
        raise FileNotFoundError(f"open_player: {model} does not exist; write it with export")
    if model.suffix == ".pt2":
        try:
            module = torch.export.load(model).module()
        except (RuntimeError, OSError, KeyError) as error:
            raise ValueError(f"open_player: {model} is no program of torch.export") from error

        def run_program(inputs: list[Tensor]) -> list[Tensor]:
            with torch.no_grad():
                return list(module(*inputs))

        return run_program
    if model.suffix != ".onnx":
        raise ValueError(f"open_player: model must be an .onnx or .pt2 file, got {model.name}")
    session = open_session(model, provider)
    names = [each.name for each in session.get_inputs()]

    def run_session(inputs: list[Tensor]) -> list[Tensor]:
        arrays = [each.contiguous().numpy() for each in inputs]
        return [
            torch.from_numpy(each)
            for each in session.run(None, dict(zip(names, arrays, strict=True)))
        ]

    return run_session


def open_session(model: Path, provider: str) -> Any:
    """Open a session of ONNX Runtime.

    Raises:
        ValueError: it lacks the provider, or the operators of the model, or the file is damaged.
    """
    runtime = import_extra("onnxruntime", "export")
    available = runtime.get_available_providers()
    if provider not in available:
        raise ValueError(
            f"open_player: provider must be one that this ONNX Runtime has "
            f"({', '.join(available)}), got {provider}"
        )
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # what is wrong is raised
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        return runtime.InferenceSession(str(model), options, providers=[provider])
    except Exception as error:  # noqa: BLE001 -- its errors have no common class
        text = " ".join(str(error).split())
        raise ValueError(
            f"open_player: ONNX Runtime {runtime.__version__} cannot run {model}: {text}; "
            "export it again, with another --opset if it names operators"
        ) from None


def read_card(model: Path) -> dict[str, Any]:
    """Read the model card beside an exported model.

    Raises:
        ValueError: there is none, or it cannot be read.
    """
    path = model.with_suffix(".json")
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"read_card: {path} must be the card of {model.name}: {error}") from error
    return card
