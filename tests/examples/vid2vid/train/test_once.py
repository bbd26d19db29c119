"""Within a training nothing is read, drawn or computed twice."""

from collections import Counter
from dataclasses import replace

import pytest
import torch
from torch import nn

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid import train as recipe
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.training_clips import TrainingClips
from tests.examples.vid2vid import survival
from vidgan.data import ClipDataset, FlowStream, ImageStream, MaskStream, folder_streams
from vidgan.losses import PerceptualLoss

for module in ("tensorboard", "filelock"):
    pytest.importorskip(module)

pytestmark = pytest.mark.slow

PAST, CHUNK = 2, 2
CONFIG = TrainConfig(
    model=ModelConfig(
        base_channels=4, num_downsamplings=1, num_blocks=1, discriminator_channels=4, num_rates=2
    ),
    objective=ObjectiveConfig(perceptual="none", temporal_weight=1.0),
    steps=6,
    clip_length=4,
    first_clip_length=4,
    chunk_length=CHUNK,
    precision="float32",
    visualize_every=1,
)


@pytest.fixture
def calls(monkeypatch):
    """Counts of every file read, of frames drawn and of clips loaded, filled as they happen."""
    counts = Counter()

    def count(owner, name, key):
        function = getattr(owner, name)

        def counted(*arguments, **options):
            counts[key(*arguments)] += 1
            return function(*arguments, **options)

        monkeypatch.setattr(owner, name, counted)

    for stream in (ImageStream, FlowStream, MaskStream):
        kind = stream.__name__
        count(
            stream, "load", lambda me, *where, kind=kind: (kind, getattr(me, "missing", 0), *where)
        )
    count(EdgesToFace, "draw", lambda _, part: ("draw", *part["landmarks"].shape[:1]))
    count(TrainingClips, "load", lambda *_: "clip")
    return counts


class Layers(nn.Module):
    """Two layers of features; it notes which frames it has seen."""

    def __init__(self):
        super().__init__()
        self.real, self.fake = [], []

    def forward(self, images):
        (self.fake if images.requires_grad else self.real).append(images.detach())
        return images, images.abs()


def test_a_clip_is_read_and_drawn_once(data, tmp_path, calls):
    """Every frame, flow and confidence that is in use, once a clip, and one drawing."""
    config = replace(CONFIG, clip_length=8, first_clip_length=8)
    with TrainingClips(EdgesToFace.open(data), config) as clips:
        clips.load(0, clips.schedule.at(0.0))
    assert clips.strides == [1, 3]
    assert calls.pop("clip") == 1
    assert calls.pop(("draw", PAST + 8)) == 1
    assert set(calls.values()) == {1}
    per_kind = Counter((kind, missing) for kind, missing, *_ in calls)
    assert per_kind == {
        ("ImageStream", 0): PAST + 8,
        ("FlowStream", 1): 8,  # into every generated frame
        ("FlowStream", 3): 8 - 3,  # from one of them
        ("MaskStream", 1): 8,
    }


def test_files_of_no_use_are_not_opened(data, calls, monkeypatch):
    """Flow and confidence into the given frames; what is read is that of the whole clip."""
    opened = []
    for name in ("read_flow", "read_mask"):
        read = getattr(folder_streams, name)
        monkeypatch.setattr(
            folder_streams, name, lambda file, read=read: opened.append(file) or read(file)
        )
    config = replace(CONFIG, clip_length=8, first_clip_length=8)
    with TrainingClips(EdgesToFace.open(data), config) as clips:
        clip = clips.load(0, clips.schedule.at(0.0))
        reading = clips._plan(0, clips.schedule.at(0.0))
    assert len(opened) == len(set(opened)) == 8 + 5 + 8
    whole = clips.dataset.part(reading.indices[0], reading.frames)
    for stride, first in ((1, PAST), (3, PAST + 3)):
        flow = clip.flows[stride][0]
        assert torch.equal(flow[first:], whole[f"flow{stride}"][first:])
        assert flow[:first].count_nonzero() == 0
    assert torch.equal(clip.confidence[0, PAST:], whole["confidence"][PAST:])


def test_unused_flow_changes_nothing(data, tmp_path, monkeypatch):
    """A training that reads all of it has the same weights, bit for bit."""
    config = replace(CONFIG, clip_length=8, first_clip_length=8, precision="bfloat16")
    recipe.train(EdgesToFace, data, tmp_path / "run", config)
    part = ClipDataset.part
    monkeypatch.setattr(
        ClipDataset, "part", lambda self, index, positions, unread: part(self, index, positions)
    )
    recipe.train(EdgesToFace, data, tmp_path / "whole", config)
    survival.check_same(tmp_path / "run", tmp_path / "whole")


def test_steps_share_what_their_clip_has(data, tmp_path, calls):
    """Flow is read and maps are drawn once per clip of several steps, never by a step."""
    recipe.train(EdgesToFace, data, tmp_path / "run", CONFIG)
    clips = CONFIG.steps * CHUNK // CONFIG.clip_length
    assert calls["clip"] == clips
    assert calls["draw", PAST + CONFIG.clip_length] == clips
    read = sum(number for key, number in calls.items() if key[0] == "ImageStream")
    assert read == clips * (PAST + CONFIG.clip_length)


@pytest.mark.parametrize("hallucinated", ["none", "reconstruction"])
def test_features_of_real_frames_are_computed_once(data, tmp_path, monkeypatch, hallucinated):
    """Once per step, whatever number of generated frames they are compared with."""
    layers, build = Layers(), recipe.build_objective

    def with_layers(*arguments):
        objective = build(*arguments)
        objective.perceptual = PerceptualLoss(layers)
        return objective

    monkeypatch.setattr(recipe, "build_objective", with_layers)
    objective = replace(CONFIG.objective, hallucinated_losses=hallucinated)
    recipe.train(EdgesToFace, data, tmp_path / "run", replace(CONFIG, objective=objective))
    assert [len(images) for images in layers.real] == [CHUNK] * CONFIG.steps
    takes = 1 if hallucinated == "none" else 2
    assert [len(images) for images in layers.fake] == [CHUNK] * takes * CONFIG.steps
