import json
import shutil
import sys
from types import SimpleNamespace

import pytest
import torch
from torchvision.transforms.v2.functional import resize

from examples.pose_to_body import prepare as recipe
from examples.pose_to_body.crop import crop_keypoints, person_crop
from examples.pose_to_body.people import MediapipePeople, Person
from examples.pose_to_body.person_track import fill_pose_gaps, smooth_keypoints, track_person
from examples.pose_to_body.prepare import PrepareConfig, prepare
from examples.pose_to_body.task import PoseToBody
from examples.preparation.preprocessing import Crop
from examples.synthetic.dancer.keypoints import dancer_densepose, dancer_keypoints
from examples.synthetic.dancer.render import Dancer
from examples.vid2vid.command_line import run_task
from vidgan.conditions import pose_skeleton, read_openpose, write_openpose
from vidgan.data import SyntheticVideo
from vidgan.video import (
    read_frame,
    read_frames,
    read_labels,
    to_uint8,
    write_frame,
    write_frames,
    write_video,
)

for module in ("av", "cv2", "tqdm", "tyro"):
    pytest.importorskip(module)


def files(folder):
    return sorted(file.name for file in folder.iterdir())


@pytest.fixture(scope="module")
def dance():
    dancer = Dancer((120, 160), seed=1)
    motion = dancer.dance(0)
    return [dancer.render(motion.pose(t)) for t in range(6)]


@pytest.fixture
def source(dance, tmp_path_factory):
    """Folders in the published layout: 6 frames of one sequence, with OpenPose and DensePose."""
    folder = tmp_path_factory.mktemp("source") / "published"
    write_frames(folder / "images" / "walk", [picture.frame * 2 - 1 for picture in dance])
    write_frames(folder / "densepose" / "walk", [dancer_densepose(picture) for picture in dance])
    (folder / "openpose" / "walk").mkdir(parents=True)
    for t, picture in enumerate(dance):
        write_openpose(openpose(folder, t), dancer_keypoints(picture))
    return folder


def openpose(folder, t):
    return folder / "openpose" / "walk" / f"{t:05d}_keypoints.json"


@pytest.fixture(scope="module")
def real(shared, tmp_path_factory):
    out = tmp_path_factory.mktemp("real") / "new" / "data"
    config = PrepareConfig(shared / "realdata" / "pose", out, height=384, width=256)
    return prepare(config)


def test_real_folders(real, shared):
    every = [f"{t:05d}" for t in range(5)]
    assert files(real.folder.parent) == ["data"]  # no temporary folder is left
    for kind in ("images", "conditions", "densepose", "instances"):
        assert files(real.folder / kind / "seq0001") == [f"{t}.png" for t in every]
    assert files(real.folder / "keypoints" / "seq0001") == [f"{t}.json" for t in every]
    assert files(real.folder / "flow") == ["stride1", "stride3"]  # no two of 5 frames are 9 apart
    assert files(real.folder / "flow/stride3/seq0001") == ["00003.flo", "00004.flo"]
    assert read_frames(real.folder / "images" / "seq0001").shape == (5, 3, 384, 256)
    description = json.loads((real.folder / "dataset.json").read_text())
    sequence = description.pop("sequences")["seq0001"]
    assert description == {
        "format": 1,
        "task": "pose_to_body",
        "fps": 25.0,
        "size": [384, 256],
        "detector": "openpose files",
        "flow": "dis",
        "annotations": ["keypoints", "densepose", "instances"],
        "strides": [1, 3],
        "densepose": True,
    }
    assert (sequence["frames"], sequence["detected"], sequence["others"]) == (5, 5, 0)


def test_real_keypoints_maps_and_frames_belong_together(real):
    for t in range(5):
        keypoints = read_openpose(real.folder / f"keypoints/seq0001/{t:05d}.json").keypoints
        maps = read_frame(real.folder / f"densepose/seq0001/{t:05d}.png")
        body = keypoints[:15]
        assert (body[:, 2] > 0).all()
        x, y = body[:, :2].round().long().T
        assert ((x >= 0) & (x < 256) & (y >= 0) & (y < 384)).all()
        assert (maps[2, y, x] > 0).double().mean() > 0.9  # every joint is on the body
        assert maps[2].max() <= 24
        skeleton = read_frame(real.folder / f"conditions/seq0001/{t:05d}.png")
        again = pose_skeleton(keypoints, (384, 256))  # from keypoints rounded to hundredths
        assert (skeleton != again).any(0).sum() < 0.02 * (skeleton > 0).any(0).sum()
        assert read_labels(real.folder / f"instances/seq0001/{t:05d}.png").unique().tolist() == [0]
        # She is in a white dress before a white window, in black boots.
        frame = read_frame(real.folder / f"images/seq0001/{t:05d}.png").double().mean(0)
        assert frame[y[[10, 13]] + 25, x[[10, 13]]].max() < 90
        assert frame.mean() > 150


def test_real_crop_stands_still_and_fills_the_frame(real):
    tall = []
    for t in range(5):
        keypoints = read_openpose(real.folder / f"keypoints/seq0001/{t:05d}.json").keypoints
        seen = keypoints[keypoints[:, 2] > 0]
        tall.append(float(seen[:, 1].max() - seen[:, 1].min()) / 384)
    assert min(tall) > 0.7
    frames = read_frames(real.folder / "images" / "seq0001").double()
    corner = frames[:, :, :60, :40]
    assert (corner - corner[:1]).abs().mean() < 3


def test_mediapipe_agrees_with_openpose_on_real_frames(shared):
    pytest.importorskip("mediapipe", reason="the extra 'pose' is not installed")
    find = MediapipePeople(face=True)
    folder = shared / "realdata" / "pose"
    for frame in ("frame000100", "frame000104"):
        people = find(read_frame(folder / "images" / "seq0001" / f"{frame}.jpg"))
        found = people[0].keypoints  # the largest; a toy bear may be taken for another person
        wanted = read_openpose(folder / "openpose" / "seq0001" / f"{frame}.json").keypoints
        error = (found[:, :2] - wanted[:, :2]).norm(dim=1)
        joints = [1, 2, 5, 8, 9, 10, 11, 12, 13, 14]
        torso = (wanted[1, :2] - wanted[8, :2]).norm()
        assert error[joints].mean() < 0.06 * torso
        assert (found[25:95, 2] > 0).all()
        eyes = (wanted[25 + 68, :2] - wanted[25 + 69, :2]).norm()
        assert error[25 + 17 : 95].mean() < 0.3 * eyes


def test_video(dance, tmp_path, monkeypatch, capsys):
    pytest.importorskip("mediapipe", reason="the extra 'pose' is not installed")
    frames = [picture.frame * 2 - 1 for picture in dance]
    frames[2] = torch.zeros_like(frames[2])
    write_video(tmp_path / "dance.mp4", torch.stack(frames), fps=30)
    arguments = [tmp_path / "dance.mp4", "--out", tmp_path / "out", "--height", 96, "--width", 64]
    monkeypatch.setattr(sys, "argv", ["examples", "prepare", *map(str, arguments)])
    run_task(PoseToBody)
    text = "dance: 6 frames; person found in 5, interpolated in 1; 0 frames dropped"
    assert text in capsys.readouterr().out
    description = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert (description["detector"], description["fps"]) == ("mediapipe", 30.0)
    crop = Crop(*description["sequences"]["dance"]["crop"])
    for t in (0, 2, 5):
        found = read_openpose(tmp_path / f"out/keypoints/dance/{t:05d}.json").keypoints
        wanted = dancer_keypoints(dance[t])
        places = (wanted[:, :2] + 0.5 - torch.tensor([crop.left, crop.top])) * (96 / crop.height)
        torso = (places[1] - places[8]).norm()
        assert (found[1:15, :2] - places[1:15] + 0.5).norm(dim=1).median() < 0.1 * torso


def test_two_people_in_a_frame(shared):
    pytest.importorskip("mediapipe", reason="the extra 'pose' is not installed")
    image = read_frame(shared / "realdata" / "pose" / "images" / "seq0001" / "frame000100.jpg")
    large = image[:, :, 700:1250]
    both = torch.zeros(3, 1080, 950, dtype=torch.uint8)
    both[:, :, :550] = large
    both[:, 310:1066, 560:945] = resize(large, [756, 385])
    people = MediapipePeople()(both)
    assert len(people) == 2
    assert people[0].box[2] < 550
    assert people[1].box[0] > 560
    assert MediapipePeople()(torch.full((3, 96, 128), 127, dtype=torch.uint8)) == []


def box_person(left, top, right, bottom):
    keypoints = torch.zeros(137, 3)
    keypoints[0] = torch.tensor([left, top, 1.0])
    keypoints[1] = torch.tensor([right, bottom, 1.0])
    return Person(keypoints, (left, top, right, bottom))


def test_track_stays_with_the_largest_person():
    adult, child = box_person(0.0, 0.0, 20.0, 100.0), box_person(60.0, 60.0, 80.0, 100.0)
    moved = box_person(15.0, 0.0, 35.0, 100.0)
    back = box_person(70.0, 0.0, 90.0, 110.0)
    giant = box_person(60.0, 0.0, 90.0, 300.0)
    seen = [[], [adult, child], [giant, moved], [child], [back]]
    track = track_person([torch.zeros(3, 4, 4)] * 5, lambda _: seen.pop(0))
    assert track.found.tolist() == [False, True, True, False, True]
    assert track.others.tolist() == [False, True, True, True, False]
    assert track.keypoints[:, 0, 0].tolist() == [0, 0, 15, 0, 70]


def test_gaps_are_filled_where_a_point_counts_at_both_ends():
    keypoints = torch.zeros(5, 137, 3)
    keypoints[0, :2] = torch.tensor([[10.0, 0.0, 0.8], [10.0, 0.0, 0.8]])
    keypoints[4, 0] = torch.tensor([18.0, 4.0, 0.4])
    found = torch.tensor([True, False, False, False, True])
    filled = fill_pose_gaps(keypoints, found)
    assert filled[2, 0].tolist() == pytest.approx([14, 2, 0.6])
    assert filled[1:, 1].abs().max() == 0


def test_smoothing_leaves_points_without_neighbors():
    keypoints = torch.ones(4, 137, 3)
    keypoints[:, :, 0] = torch.tensor([3.0, 0.0, 6.0, 9.0])[:, None]
    keypoints[0, 7, 2] = 0
    smooth = smooth_keypoints(keypoints)
    assert smooth[:, 5, 0].tolist() == [3, 3, 5, 9]
    assert smooth[:, 7, 0].tolist() == [3, 0, 5, 9]
    assert torch.equal(smooth[..., 2], keypoints[..., 2])


def corners(left, top, right, bottom):
    return box_person(left, top, right, bottom).keypoints[None]


def test_crop_by_hand():
    # Height 100 and 8 of hair, 10 + 10 of margin (0.1 of 108, rounded with the rest): 129.6.
    crop = person_crop(corners(100.0, 100.0, 130.0, 200.0), (400, 500), (128, 128), margin=0.1)
    assert crop == Crop(left=50, top=81, height=130, width=130)
    tall = person_crop(corners(100.0, 100.0, 130.0, 200.0), (400, 500), (128, 64), margin=0.1)
    assert (tall.height, tall.width) == (130, 65)
    wide = person_crop(corners(50.0, 100.0, 250.0, 150.0), (400, 500), (64, 128), margin=0.0)
    assert (wide.height, wide.width) == (106, 212)  # 200 wide, 1.06 at least


def test_crop_is_moved_into_the_frame_and_shrunk_to_fit():
    crop = person_crop(corners(0.0, 20.0, 30.0, 120.0), (140, 200), (96, 96))
    assert crop == Crop(left=0, top=1, height=130, width=130)
    crop = person_crop(corners(10.0, 10.0, 60.0, 110.0), (120, 200), (96, 96), margin=0.5)
    assert crop == Crop(left=0, top=0, height=120, width=120)


def test_crop_of_a_person_who_fills_the_frame_reaches_beyond():
    crop = person_crop(corners(0.0, 0.0, 80.0, 119.0), (120, 90), (96, 96))
    assert crop.height == crop.width > 120
    assert crop.left < 0


def test_crop_leaves_out_what_lies_outside_the_frame():
    crop = person_crop(corners(-300.0, 20.0, 60.0, 120.0), (140, 200), (96, 96), margin=0.0)
    assert crop.width < 140


def test_keypoints_follow_the_crop_and_far_ones_are_dropped():
    keypoints = torch.zeros(1, 137, 3)
    keypoints[0, :4, 2] = 0.5
    keypoints[0, :4, :2] = torch.tensor([[20.0, 30.0], [-9.0, 30.0], [-30.0, 30.0], [20.0, 99.0]])
    moved = crop_keypoints(keypoints, Crop(left=10, top=20, height=40, width=50), (80, 100))
    # (20 + 0.5 - 10) * 2 - 0.5 = 20.5; half of 100 or 80 pixels outside is the limit.
    assert moved[0, 0].tolist() == [20.5, 20.5, 0.5]
    assert moved[0, 1].tolist() == [-37.5, 20.5, 0.5]
    assert not moved[0, 2:].any()


def test_hand_is_taken_where_it_is_at_its_wrist(monkeypatch):
    pytest.importorskip("mediapipe", reason="the extra 'pose' is not installed")
    find = MediapipePeople(hands=True)

    def hand(share):
        mark = SimpleNamespace(x=share, y=0.5, visibility=0.0)
        return SimpleNamespace(multi_hand_landmarks=[SimpleNamespace(landmark=[mark] * 21)])

    keypoints = torch.zeros(137, 3)
    keypoints[3:5] = torch.tensor([[50.0, 40.0, 1.0], [90.0, 40.0, 1.0]])  # the right forearm
    frame = torch.zeros(3, 100, 200, dtype=torch.uint8)
    # Seen: a square of 56 pixels about (102, 40), that is x 74 to 130.
    for share, taken in ((0.25, True), (0.9, False)):
        monkeypatch.setattr(find, "_hands", SimpleNamespace(process=lambda _, s=share: hand(s)))
        found = keypoints.clone()
        find._add_hands(found, frame)
        assert not found[95:116].any()
        assert bool(found[116:].any()) == taken
        if taken:
            assert found[120].tolist() == pytest.approx([74 + 14 - 0.5, 12 + 28 - 0.5, 0.99])


# Folders, and what may be wrong with them: one line on stderr, exit code 2, nothing left behind.


def run(monkeypatch, capsys, *arguments):
    """Run the command; return its exit code and what it wrote to stderr."""
    monkeypatch.setattr(sys, "argv", ["examples", "prepare", *map(str, arguments)])
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        run_task(PoseToBody)
    return stop.value.code, capsys.readouterr().err


def check_failure(result, text, folder, left=()):
    code, error = result
    assert code == 2
    assert text in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert files(folder) == sorted(left)


def test_folders_with_missing_people_and_crowds(source, tmp_path):
    openpose(source, 1).write_text('{"people": []}')
    content = json.loads(openpose(source, 3).read_text())
    content["people"].append({"pose_keypoints_2d": [1.0, 1.0, 1.0] * 25})
    openpose(source, 3).write_text(json.dumps(content))
    config = PrepareConfig(source, tmp_path / "out", height=64, width=96)
    report = prepare(config).sequences[0]
    assert report[2:7] == (6, 5, 1, 0, 1)
    config.missing, config.overwrite = "drop", True
    report = prepare(config).sequences[0]
    assert report[2:7] == (4, 4, 0, 2, 1)  # frame 0 has no neighbor left
    assert len(files(tmp_path / "out" / "densepose" / "walk")) == 4
    for new, old in ((0, 2), (3, 5)):
        kept = read_openpose(tmp_path / f"out/keypoints/walk/{new:05d}.json")[0]
        assert len(kept) == 137
        assert kept[0, 2] == read_openpose(openpose(source, old))[0][0, 2]


def test_densepose_is_optional(source, tmp_path):
    shutil.rmtree(source / "densepose")
    prepare(PrepareConfig(source, tmp_path / "out", height=64, width=64))
    assert not (tmp_path / "out" / "densepose").exists()
    assert not json.loads((tmp_path / "out" / "dataset.json").read_text())["densepose"]


def test_max_frames(source, tmp_path):
    config = PrepareConfig(source, tmp_path / "out", height=64, width=64, max_frames=4)
    assert prepare(config).sequences[0].frames == 4


def test_a_missing_frame_splits_a_sequence(source, tmp_path):
    for t in range(6, 10):  # 12 to 15; 6 to 11 are missing
        images = source / "images" / "walk"
        shutil.copy(images / f"{t - 6:05d}.png", images / f"{t + 6:05d}.png")
        shutil.copy(openpose(source, t - 6), openpose(source, t + 6))
    shutil.rmtree(source / "densepose")

    report = prepare(PrepareConfig(source, tmp_path / "out", height=64, width=64, strides=(1,)))

    found = [(sequence.name, sequence.frames) for sequence in report.sequences]
    assert found == [("walk_000", 6), ("walk_001", 4)]
    assert files(tmp_path / "out" / "flow/stride1/walk_001") == [f"{t:05d}.flo" for t in (1, 2, 3)]


@pytest.fixture
def filmed(dance, pan, tmp_path):
    """A video of the dance, then of something else after a cut, with its OpenPose files."""
    dancing = torch.stack([to_uint8(picture.frame * 2 - 1) for picture in dance])
    film = torch.cat([dancing, pan(5, seed=1, size=(120, 160))])
    write_video(tmp_path / "film.mp4", film, fps=30)
    (tmp_path / "points").mkdir()
    for t in range(11):
        file = tmp_path / "points" / f"film_{t:012d}_keypoints.json"
        if t < 6:
            write_openpose(file, dancer_keypoints(dance[t]))
        else:
            file.write_text('{"people": []}')
    return tmp_path


def test_a_video_with_its_openpose_files(filmed):
    config = PrepareConfig(filmed / "film.mp4", filmed / "out", height=64, width=64, strides=(1,))
    config.keypoints = filmed / "points"

    report = prepare(config)

    assert [(found.name, found.frames) for found in report.sequences] == [("film_000", 6)]
    assert report.notes[0] == "film.mp4: 1 cut (before 0.20 s): 2 pieces"
    assert report.notes[1].startswith("left out: film.mp4 from 0.20 to 0.33 s must show a person")
    description = json.loads((filmed / "out" / "dataset.json").read_text())
    assert (description["detector"], description["fps"]) == ("openpose files", 30)


def test_openpose_files_that_do_not_fit_a_video(filmed, monkeypatch, capsys):
    (filmed / "points" / "film_000000000010_keypoints.json").unlink()
    arguments = [filmed / "film.mp4", "--keypoints", filmed / "points", "--out", filmed / "out"]
    result = run(monkeypatch, capsys, *arguments)
    text = "points must have one file for each frame of film.mp4, got 10 files and 11 frames"
    check_failure(result, text, filmed, ["film.mp4", "points"])


def test_keypoints_are_for_videos(source, tmp_path, monkeypatch, capsys):
    result = run(monkeypatch, capsys, source, "--keypoints", source, "--out", tmp_path / "out")
    check_failure(result, "keypoints is for videos", tmp_path)


def break_unpaired(source):
    openpose(source, 2).unlink()


def break_unpaired_densepose(source):
    write_frame(source / "densepose" / "walk" / "00009.png", torch.zeros(3, 120, 160))


def break_sequences(source):
    shutil.copytree(source / "images" / "walk", source / "images" / "run")


def break_size(source):
    write_frame(source / "images" / "walk" / "00004.png", torch.zeros(3, 118, 160))


def break_densepose_size(source):
    write_frame(source / "densepose" / "walk" / "00001.png", torch.zeros(3, 120, 161))


def break_json(source):
    openpose(source, 5).write_text('{"people": [{"pose_keypoints_2d": [1, 2')


def break_points(source):
    openpose(source, 5).write_text('{"people": [{"pose_keypoints_2d": [1, 2, 3]}]}')


def break_people(source):
    for t in range(4):
        openpose(source, t).write_text('{"people": []}')


def break_openpose(source):
    shutil.rmtree(source / "openpose")


def break_images(source):
    shutil.rmtree(source / "images")


def break_picture(source):
    (source / "images" / "walk" / "00003.png").write_bytes(b"no picture")


def break_length(source):
    for t in range(2, 6):
        for file in source.glob(f"*/walk/{t:05d}*"):
            file.unlink()


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (
            break_unpaired,
            "must have one file for each frame, got 5 and 6; 00002 is in images alone",
        ),
        (break_unpaired_densepose, "got 7 and 6; 00009 is in densepose alone"),
        (break_sequences, "must have the same sequences; only one of them has run"),
        (break_size, "00004.png must have the size (H, W) = (120, 160) of"),
        (break_densepose_size, "00001.png must have the size (H, W) = (120, 160) of"),
        (break_json, "00005_keypoints.json is no JSON"),
        (break_points, "pose_keypoints_2d must hold 75 numbers (x, y, confidence of 25 points)"),
        (break_people, "walk must show a person: one was found in 2 of 6 frames"),
        (break_openpose, "it has no openpose"),
        (break_images, "it has no images"),
        (break_picture, "00003.png"),
        (break_length, "walk must have at least 3 frames, got 2"),
    ],
)
def test_damaged_folders(source, tmp_path, monkeypatch, capsys, damage, text):
    damage(source)
    result = run(monkeypatch, capsys, source, "--out", tmp_path / "deep" / "out")
    check_failure(result, text, tmp_path)


def test_densepose_with_an_impossible_part(source, tmp_path, monkeypatch, capsys):
    wrong = torch.full((3, 120, 160), 200, dtype=torch.uint8)
    write_frame(source / "densepose" / "walk" / "00002.png", wrong)
    result = run(monkeypatch, capsys, source, "--out", tmp_path / "out")
    check_failure(result, "00002.png must contain part indices of 0 to 24, got 200", tmp_path)


def test_video_without_a_person(tmp_path, monkeypatch, capsys):
    pytest.importorskip("mediapipe", reason="the extra 'pose' is not installed")
    write_video(tmp_path / "shapes.mp4", SyntheticVideo((48, 64)).render(4).frames, fps=25)
    result = run(monkeypatch, capsys, tmp_path / "shapes.mp4", "--out", tmp_path / "deep" / "out")
    text = "shapes.mp4 must show a person: one was found in 0 of 4 frames"
    check_failure(result, text, tmp_path, ["shapes.mp4"])


def test_no_such_source(tmp_path, monkeypatch, capsys):
    pytest.importorskip("mediapipe", reason="the extra 'pose' is not installed")
    result = run(monkeypatch, capsys, tmp_path / "none.mp4", "--out", tmp_path / "out")
    check_failure(result, "no such file", tmp_path)


def test_missing_detector(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    result = run(monkeypatch, capsys, tmp_path / "none.mp4", "--out", tmp_path / "out")
    text = "mediapipe is needed here; install it with: pip install 'vidgan[pose]'"
    check_failure(result, text, tmp_path)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--height", "16"], "height must be at least 32, got 16"),
        (["--width", "31"], "width must be at least 32, got 31"),
        (["--strides", "3", "9"], "strides must be positive and contain 1, got (3, 9)"),
        (["--margin", "-1"], "margin must be at least 0, got -1.0"),
        (["--max-frames", "0"], "max_frames must be at least 3, got 0"),
        (["--fps", "0"], "fps must be above 0, got 0.0"),
    ],
)
def test_wrong_option(source, tmp_path, monkeypatch, capsys, options, text):
    result = run(monkeypatch, capsys, source, "--out", tmp_path / "out", *options)
    check_failure(result, text, tmp_path)


def test_existing_output_is_kept(source, tmp_path, monkeypatch, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes").touch()
    result = run(monkeypatch, capsys, source, "--out", tmp_path / "out")
    check_failure(result, "exists already; choose another --out", tmp_path, ["out"])


def test_interrupt_leaves_nothing(source, tmp_path, monkeypatch, capsys):
    def interrupt(*frames):
        raise KeyboardInterrupt

    monkeypatch.setitem(recipe.ESTIMATORS, "dis", lambda: interrupt)
    code, error = run(monkeypatch, capsys, source, "--out", tmp_path / "new" / "out")
    assert (code, error) == (130, "interrupted\n")
    assert files(tmp_path) == []
