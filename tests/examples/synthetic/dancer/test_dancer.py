import json
import sys

import pytest
import torch

from examples.synthetic.dancer import data_folder as recipe
from examples.synthetic.dancer.data_folder import DancerConfig, make_dancer
from examples.synthetic.dancer.keypoints import dancer_densepose, dancer_keypoints
from examples.synthetic.dancer.motion import FOREARM, SHANK, THIGH, UPPER_ARM, Dance
from examples.synthetic.dancer.render import Dancer, true_flow
from examples.vid2vid.command_line import run_cli
from vidgan.conditions import pose_face_boxes, pose_skeleton
from vidgan.functional import flow_warp
from vidgan.video import read_flow, read_frame, read_frames, read_mask, to_float

pytest.importorskip("tqdm")
pytest.importorskip("tyro")

SIZE = (96, 80)


@pytest.fixture(scope="module")
def pictures():
    dancer = Dancer(SIZE, seed=2)
    dance = dancer.dance(5)
    return [dancer.render(dance.pose(t)) for t in range(40)]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "new" / "dancer"
    config = DancerConfig(out, frames=11, sequences=2, size=SIZE, densepose=True)
    make_dancer(config)
    return out


def files(folder):
    return sorted(file.name for file in folder.iterdir())


def smooth(part):
    """Return the same part with a low-frequency texture, which a bilinear warp reproduces well."""

    def texture(s, a):
        return torch.stack([0.5 + 0.4 * torch.sin(6 * s + k) * torch.cos(a - k) for k in range(3)],
                           dim=-1)  # fmt: skip

    return part._replace(texture=texture)


@pytest.mark.parametrize("stride", [1, 3, 9])
def test_true_flow_carries_the_earlier_frame_onto_the_later(stride):
    dancer = Dancer((192, 160), seed=0)
    dancer.parts = tuple(smooth(part) for part in dancer.parts)
    dance = dancer.dance(1)
    for t in (9, 30, 47, 111):
        now, before = dancer.render(dance.pose(t)), dancer.render(dance.pose(t - stride))
        flow, confidence = true_flow(now, before)
        warped = flow_warp(before.frame[None], flow[None])[0]
        error = (warped - now.frame).abs() * confidence
        assert error.max() < 0.02
        assert confidence.mean() > 0.8
        dancing = confidence[0].bool() & (now.top >= 0)
        assert dancing.sum() > 0.4 * (now.top >= 0).sum()
        still = (before.frame - now.frame).abs()
        assert error[:, dancing].mean() < 0.1 * still[:, dancing].mean()


def test_true_flow_holds_in_the_dancer_s_own_clothes(pictures):
    for t in range(1, 40, 4):
        flow, confidence = true_flow(pictures[t], pictures[t - 1])
        warped = flow_warp(pictures[t - 1].frame[None], flow[None])[0]
        error = (warped - pictures[t].frame).abs()
        assert (error * confidence).sum() / confidence.sum() / 3 < 0.004


def test_confidence_is_none_where_something_is_uncovered(pictures):
    for t in range(1, 40, 4):
        now, before = pictures[t], pictures[t - 1]
        confidence = true_flow(now, before)[1][0]
        uncovered = (now.top == -1) & (before.top >= 0)
        assert uncovered.any()
        assert confidence[uncovered].max() == 0
        assert confidence[~now.solid].max() == 0


def test_a_frame_flows_to_itself_by_nothing(pictures):
    flow, confidence = true_flow(pictures[7], pictures[7])
    assert flow.abs().max() < 1e-4
    assert set(confidence.unique().tolist()) == {0.0, 1.0}


def test_background_stands_still(pictures):
    stage = torch.stack([(p.top == -1) & p.solid for p in pictures]).all(0)
    frames = torch.stack([picture.frame for picture in pictures])
    assert stage.double().mean() > 0.4
    assert torch.equal(frames[:, :, stage].amin(0), frames[:, :, stage].amax(0))


def test_keypoints_lie_on_their_parts(pictures):
    names = [part.part.name for part in pictures[0].parts]
    for picture in pictures[::5]:
        keypoints = dancer_keypoints(picture)
        assert keypoints[:15, 2].min() > 0.5
        x, y = keypoints[[0, 11, 14], :2].round().long().T
        tops = [names[i] for i in picture.top[y, x]]
        assert tops[0] in {"head", "l_hand", "r_hand", "l_forearm", "r_forearm"}
        assert tops[1] in {"r_shank", "r_foot", "l_shank", "l_foot"}
        assert tops[2] in {"l_shank", "l_foot", "r_shank", "r_foot"}


def test_face_box_holds_the_head(pictures):
    for picture in pictures[::5]:
        left, top, right, bottom = pose_face_boxes(dancer_keypoints(picture)).tolist()
        y, x = (picture.top == 3).nonzero(as_tuple=True)
        assert picture.parts[3].part.name == "head"
        inside = (x > left) & (x < right) & (y > top) & (y < bottom)
        assert inside.double().mean() > 0.8
        assert (right - left) < 0.4 * SIZE[0]


def test_skeleton_lies_on_the_dancer(pictures):
    for picture in pictures[::5]:
        drawn = pose_skeleton(dancer_keypoints(picture), SIZE, limb_width=1).amax(0) > 0
        assert (picture.top[drawn] >= 0).double().mean() > 0.9


def test_densepose_tells_left_from_right(pictures):
    maps = dancer_densepose(pictures[0])
    assert maps.shape == (3, *SIZE)
    assert torch.equal(maps[2] > 0, pictures[0].top >= 0)
    x = torch.arange(SIZE[1]).expand(SIZE)
    assert x[maps[2] == 9].double().mean() < x[maps[2] == 10].double().mean()  # right, left thigh


def test_limbs_keep_their_lengths():
    dance = Dance(3)
    for t in range(0, 200, 7):
        pose = dance.pose(t)
        for start, end, length in (
            ("r_shoulder", "r_elbow", UPPER_ARM), ("l_elbow", "l_wrist", FOREARM),
            ("r_hip", "r_knee", THIGH), ("l_knee", "l_ankle", SHANK),
        ):  # fmt: skip
            flat = pose.joints[start] - pose.joints[end]
            depth = pose.depths[start] - pose.depths[end]
            assert float(flat.square().sum()) + depth**2 == pytest.approx(length**2, rel=1e-6)


def test_dance_stays_in_the_picture_and_goes_on_and_on():
    for size in (SIZE, (64, 128), (128, 64)):
        dancer = Dancer(size)
        for t in range(0, 6000, 151):
            keypoints = dancer_keypoints(dancer.render(dancer.dance(4).pose(t)))
            body = keypoints[:15]
            assert (body[:, 1] > 0).all()
            assert (body[:, 1] < size[0]).all()
            assert (body[[0, 1, 8, 11, 14], 0] > 0).all()
            assert (body[[0, 1, 8, 11, 14], 0] < size[1]).all()


@pytest.mark.parametrize("start", [0, 16 * 256 - 50, 32 * 256 - 50])  # steps and arms start again
def test_dance_is_smooth_and_lively(start):
    dance = Dance(6)
    places = torch.stack(
        [torch.stack([*dance.pose(start + t).joints.values()]) for t in range(300)]
    )  # (T, J, 2)
    steps = (places[1:] - places[:-1]).norm(dim=-1)
    assert steps.max() < 0.08  # of a body height per frame
    assert (places[2:] - 2 * places[1:-1] + places[:-2]).norm(dim=-1).max() < 0.03
    assert (places.amax(0) - places.amin(0)).norm(dim=-1).amax() > 0.5


def test_seeds_decide(pictures):
    again = Dancer(SIZE, seed=2)
    assert torch.equal(again.render(again.dance(5).pose(3)).frame, pictures[3].frame)
    assert not torch.equal(again.render(again.dance(6).pose(3)).frame, pictures[3].frame)
    assert not torch.equal(Dancer(SIZE, seed=3).background, again.background)


def test_folder_is_laid_out_as_prepare_does(data):
    every = [f"{t:05d}" for t in range(11)]
    assert files(data.parent) == ["dancer"]
    for name in ("dance0", "dance1"):
        for kind in ("images", "conditions", "densepose"):
            assert files(data / kind / name) == [f"{t}.png" for t in every]
        assert files(data / "keypoints" / name) == [f"{t}.json" for t in every]
        for stride in (1, 3, 9):
            assert files(data / f"flow/stride{stride}" / name) == [
                f"{t}.flo" for t in every[stride:]
            ]
            assert len(files(data / f"confidence/stride{stride}" / name)) == 11 - stride
    assert read_frame(data / "contact_sheet.png").shape == (3, 3 * 98 + 2, 8 * 82 + 2)
    description = json.loads((data / "dataset.json").read_text())
    assert (description["task"], description["size"]) == ("pose_to_body", list(SIZE))
    assert {name: about["frames"] for name, about in description["sequences"].items()} == {
        "dance0": 11,
        "dance1": 11,
    }


def test_sequences_show_one_dancer_in_different_dances(data):
    first, second = (read_frames(data / "images" / name) for name in ("dance0", "dance1"))
    same = (first == second).all(1)
    assert 0.3 < same.double().mean() < 0.99  # the stage


def test_flow_on_disk_belongs_to_its_frames(data):
    images = to_float(read_frames(data / "images" / "dance1"))
    for stride in (1, 3, 9):
        flow = read_flow(data / f"flow/stride{stride}/dance1/00010.flo")[None]
        mask = read_mask(data / f"confidence/stride{stride}/dance1/00010.png")
        error = (flow_warp(images[10 - stride, None], flow)[0] - images[10]).abs() * mask
        assert error.sum() / mask.sum() / 3 < 0.02


# Wrong input, from the command line: one line on stderr, exit code 2, nothing left behind.


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--frames", "2"], "frames must be at least 3, got 2"),
        (["--sequences", "0"], "sequences must be at least 1, got 0"),
        (["--size", "64", "32"], "size must be (height, width) of at least 64 each, got (64, 32)"),
        (["--size", "32", "64"], "size must be (height, width) of at least 64 each, got (32, 64)"),
        (["--fps", "0"], "fps must be above 0, got 0.0"),
        (["--strides", "3"], "strides must be positive and contain 1, got (3,)"),
    ],
)
def test_wrong_option(tmp_path, monkeypatch, capsys, options, text):
    arguments = ["dancer", "--out", str(tmp_path / "deep" / "out"), *options]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as stop:
        run_cli(recipe.main)
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert text in error
    assert files(tmp_path) == []


def test_command(tmp_path, monkeypatch, capsys):
    arguments = ["dancer", "--out", str(tmp_path / "out"), "--frames", "4", "--size", "64", "64"]
    monkeypatch.setattr(sys, "argv", arguments)
    run_cli(recipe.main)
    assert "1 sequence(s) of 4 frames" in capsys.readouterr().out
    assert not (tmp_path / "out" / "densepose").exists()
    assert files(tmp_path / "out" / "flow") == ["stride1", "stride3"]
