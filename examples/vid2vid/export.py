"""Writes a trained run for use without the recipe: as folders of vidgan, as ONNX, as a program."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from torch import Tensor, nn

from examples.vid2vid.checkpoint import averaged_weights, find_checkpoint, read_config, read_run
from examples.vid2vid.config import ImageConfig, TrainConfig
from examples.vid2vid.networks import build_encoder, build_generator, build_image_generator
from examples.vid2vid.task import Task
from vidgan.weights import save_model


def export_run(
    task: type[Task],
    run: Path,
    /,
    *,
    out: Path,
    format: Literal["folder", "onnx", "pt2"] = "folder",  # noqa: A002 -- --format
    data: Path | None = None,
    kind: Literal["video", "image"] = "video",
    weights: Literal["averaged", "last"] = "averaged",
    opset: int = 20,
    overwrite: bool = False,
) -> str:
    """Write the generator of a run for use without the recipe.

    Args:
        task: the task of the run.
        run: the folder of the run, or a checkpoint file.
        out: the folder to write.
        format: folders for vidgan.load_model; or one step as model.onnx or model.pt2
            (torch.export), compared with PyTorch over 30 frames of DATA, with a model card.
        data: prepared data folder, for onnx and pt2.
        kind: what the run generates.
        weights: those averaged over the training, or the last ones.
        opset: version of the ONNX operators.
        overwrite: replace what was written there before.
    """
    if format == "folder":
        written = export(run, out=out, kind=kind, weights=weights, overwrite=overwrite)
        return f"wrote {', '.join(map(str, written))}"
    if data is None or kind != "video":
        raise ValueError(
            f"--format {format} needs --data DATA, a data folder whose frames the model is "
            "compared on, and a run of a video generator"
        )
    from examples.vid2vid.export_step import export_step

    report = export_step(
        task.open(data), run, out, format, weights=weights, opset=opset, overwrite=overwrite
    )
    differences = " and ".join(
        f"{each.difference:.1e} at {each.size[0]}x{each.size[1]}" for each in report.parities
    )
    return (
        f"wrote {report.model}: over 30 frames it differs from PyTorch by at most {differences} "
        "(HxW; the second was not traced)"
    )


def export(
    run: Path,
    /,
    *,
    out: Path,
    kind: Literal["video", "image"] = "video",
    weights: Literal["averaged", "last"] = "averaged",
    overwrite: bool = False,
) -> list[Path]:
    """Write the networks of a run as folders for vidgan.load_model.

    Args:
        run: the folder of the run, or a checkpoint file.
        out: the folder to write: ``generator``, and ``encoder`` where the run has one, go into it.
        kind: what the run generates.
        weights: those averaged over the training, or the last ones.
        overwrite: replace networks that were written there before.

    Raises:
        FileNotFoundError: the run has no checkpoint.
        FileExistsError: the folders exist, and are not to be replaced.
        ValueError: the checkpoint is damaged, of another kind, or of a frame-by-frame baseline.
    """
    checkpoint = find_checkpoint(run, kind)
    saved = read_run(checkpoint, kind)
    state = saved["modules"]["generator"] if weights == "last" else averaged_weights(saved)
    networks: dict[str, nn.Module] = {}
    if kind == "image":
        image = read_config(saved["config"], ImageConfig)
        channels = _in_channels(state, "scales.0.encoder", checkpoint)
        networks["generator"] = build_image_generator(image, channels)
    else:
        model = read_config(saved["config"], TrainConfig).model
        if not model.recurrent:
            raise ValueError(
                f"export: {checkpoint} is of a frame-by-frame baseline, whose generator sees zeros "
                "in place of past frames: that is part of the recipe, not of the network"
            )
        part = "condition_encoder" if model.num_scales == 1 else "generators.0.condition_encoder"
        window = model.past_frames + 1
        channels = _in_channels(state, part, checkpoint) // window - model.feature_channels
        networks["generator"] = build_generator(model, channels)
        encoder = build_encoder(model)
        if encoder is not None:
            _load(encoder, saved["modules"]["encoder"], checkpoint)
            networks["encoder"] = encoder
    _load(networks["generator"], state, checkpoint)
    for name, network in networks.items():
        save_model(network, out / name, overwrite=overwrite)
    return [out / name for name in networks]


def _in_channels(state: Mapping[str, Any], encoder: str, checkpoint: Path) -> int:
    weight = state.get(f"{encoder}.stem.conv.weight")
    if not isinstance(weight, Tensor) or weight.dim() != 4:
        raise ValueError(f"export: {checkpoint} does not fit its configuration: no {encoder}")
    return weight.shape[1]


def _load(network: nn.Module, state: Mapping[str, Any], checkpoint: Path) -> None:
    try:
        network.load_state_dict(state, strict=True)
    except RuntimeError as error:
        text = " ".join(str(error).split())
        raise ValueError(f"export: {checkpoint} does not fit its configuration: {text}") from error
