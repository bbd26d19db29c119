"""The segmenter that labels generated streets, and evaluation on streets not trained on."""

import json

import pytest
import torch

from examples.labels_to_street import metrics
from examples.labels_to_street.metrics import LabelMetric, Segmenter
from examples.labels_to_street.task import LabelsToStreet
from examples.synthetic.street.data_folder import StreetConfig, make_street
from examples.vid2vid import evaluate as command
from examples.vid2vid.evaluate import REAL, evaluate
from examples.vid2vid.metrics import Metrics
from examples.vid2vid.sequences import DrivingSequence
from vidgan.video import to_uint8

for module in ("tqdm", "tyro"):
    pytest.importorskip(module)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two small data folders: several drives, and one through another street."""
    root = tmp_path_factory.mktemp("worlds")
    sizes = {"height": 32, "width": 64}
    seen = make_street(StreetConfig(root / "seen", sequences=3, frames=8, **sizes))
    unseen = make_street(StreetConfig(root / "unseen", sequences=1, frames=8, seed=1, **sizes))
    return LabelsToStreet.open(seen), LabelsToStreet.open(unseen)


def sample(task, indices=range(8)):
    sequence = DrivingSequence(task, next(iter(task.data.sequences)))
    return to_uint8(sequence.real_frames(indices)), sequence.annotations(indices)


@pytest.fixture(scope="module")
def metric(folders):
    return LabelMetric(folders[0].data, 14, None, steps=60)


@pytest.mark.parametrize("size", [(32, 48), (33, 61), (16, 16)])
def test_segmenter_keeps_the_size(size):
    assert Segmenter(5, channels=4)(torch.zeros(2, 3, *size)).shape == (2, 5, *size)


def test_real_frames_are_seen_better_than_others(metric, folders):
    frames, annotations = sample(folders[1])
    real = metric(frames, annotations)["label accuracy"]
    assert real > 0.6
    noise = torch.randint(256, frames.shape, dtype=torch.uint8)
    for wrong in (noise, frames.flip(-2), torch.full_like(frames, 128)):
        assert metric(wrong, annotations)["label accuracy"] < 0.8 * real


def test_accuracy_by_hand():
    metric = LabelMetric.__new__(LabelMetric)
    metric.num_classes = 3
    logits = torch.tensor([0.0, 1.0, 0.0]).view(1, 3, 1, 1).expand(1, 3, 2, 2)
    metric.network = lambda _: logits
    labels = torch.tensor([[1, 1], [0, 2]]).view(1, 1, 2, 2).repeat(2, 1, 1, 1)
    labels[1, 0, 1] = 255  # no class: not counted
    frames = torch.zeros(2, 3, 2, 2, dtype=torch.uint8)
    assert metric(frames, {"labels": labels}) == {"label accuracy": 4 / 6}


def test_same_seed_same_network_and_the_global_random_state_is_kept(folders):
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first, second = (LabelMetric(folders[0].data, 14, 2, steps=3) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    for one, other in zip(
        first.network.state_dict().values(), second.network.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)


def test_metric_learns_only_from_the_frames_it_may(folders, monkeypatch):
    read = []
    for kind in ("frame", "labels"):
        original = getattr(metrics, f"read_{kind}")
        monkeypatch.setattr(
            metrics,
            f"read_{kind}",
            lambda path, original=original: read.append(path) or original(path),
        )
    LabelMetric(folders[0].data, 14, 3, steps=1)
    assert {path.stem for path in read} == {"00000", "00001", "00002"}
    assert {path.parent.name for path in read} == set(folders[0].data.sequences)
    assert len(read) == 2 * 9


def test_no_frames_to_learn_from(folders):
    with pytest.raises(ValueError, match=r"needs real frames .* none before frame 0; begin later"):
        folders[0].metric(0)


@pytest.fixture
def quick(monkeypatch):
    """Makes evaluation quick: no networks; records what the task's metric may learn from."""
    asked = []

    class Own:
        legend = "- own"

        def __call__(self, *_):
            return {"label accuracy": 0.5}

    def metric(self, num_train_frames):
        asked.append((self.data.path, num_train_frames))
        return Own()

    def compare(frames, real, last_real, annotations, own):
        assert len(frames) == len(real) == len(annotations["labels"])
        return Metrics(0.0, 0.0, 0.0, 0.0, own({}, annotations), len(frames))

    monkeypatch.setattr(LabelsToStreet, "metric", metric)
    monkeypatch.setattr(command, "build_metric_networks", lambda own, _lpips: own)
    monkeypatch.setattr(command, "describe_metrics", lambda own: own.legend)
    monkeypatch.setattr(command, "evaluate_frames", compare)
    draw = LabelsToStreet.draw
    monkeypatch.setattr(
        LabelsToStreet,
        "draw",
        lambda self, labels: draw(self, labels)._replace(foreground_masks=None),
    )
    return asked


def evaluated(run):
    """First frame and number of frames of each sequence that was evaluated."""
    facts = json.loads((run / "evaluation.json").read_text())
    return [(part["start"], part["frames"]) for part in facts["sequences"].values()]


def test_metric_learns_from_the_frames_before_those_generated(folders, quick, make_run):
    run = make_run(condition_channels=15, task="labels_to_street", num_train_frames=5)
    text = evaluate(LabelsToStreet, run, folders[1].data.path)
    assert quick == [(folders[1].data.path, 5)]
    assert "Note:" not in text
    assert evaluated(run) == [(5, 3)]


def test_metric_learns_from_the_folder_trained_on(folders, quick, make_run):
    run = make_run(condition_channels=15, task="labels_to_street", num_train_frames=None)
    text = evaluate(LabelsToStreet, run, folders[1].data.path, train_data=folders[0].data.path)
    assert quick == [(folders[0].data.path, None)]
    assert "Note:" not in text  # all frames of the other folder are unseen
    assert REAL in text
    assert evaluated(run) == [(2, 6)]
    # Without the other folder, these frames count as trained on.
    assert "Note: run was trained on some of these frames" in evaluate(
        LabelsToStreet, run, folders[1].data.path
    )


def test_frames_left_out_of_training_are_no_start_in_another_folder(folders, quick, make_run):
    run = make_run(condition_channels=15, task="labels_to_street", num_train_frames=5)
    evaluate(LabelsToStreet, run, folders[1].data.path, train_data=folders[0].data.path)
    assert evaluated(run) == [(2, 6)]


def test_folder_of_another_task(folders, quick, make_run, make_data):
    run = make_run(condition_channels=15, task="labels_to_street")
    faces = make_data()
    with pytest.raises(ValueError, match="task must be 'labels_to_street', got 'edges_to_face'"):
        evaluate(LabelsToStreet, run, folders[1].data.path, train_data=faces)
    assert [file.name for file in run.iterdir()] == ["checkpoints"]
