"""Within a training nothing is read, drawn or computed twice."""

from collections import Counter
from dataclasses import replace

import pytest
from torch import nn

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid import train as recipe
from examples.vid2vid.config import ModelConfig, ObjectiveConfig, TrainConfig
from examples.vid2vid.training_clips import TrainingClips
from vidgan.data import FlowStream, ImageStream, MaskStream
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
    """Every frame, flow and confidence once a clip, only frames of the clip, and one drawing."""
    with TrainingClips(EdgesToFace.open(data), CONFIG) as clips:
        clips.load(0, clips.schedule.at(0.0))
    frames = PAST + CONFIG.clip_length
    assert calls.pop("clip") == 1
    assert calls.pop(("draw", frames)) == 1
    assert set(calls.values()) == {1}
    per_kind = Counter(kind for kind, *_ in calls)
    assert per_kind == {
        "ImageStream": frames,
        "FlowStream": frames * len(clips.strides),
        "MaskStream": frames,
    }


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
