"""Generation from landmarks alone: what the network sees, and what is written."""

from __future__ import annotations

import json
import weakref
from dataclasses import replace

import pytest
import torch

from examples.edges_to_face.task import EdgesToFace
from examples.vid2vid.checkpoint import find_checkpoint
from examples.vid2vid.command_line import run_task
from examples.vid2vid.config import ModelConfig, TrainConfig
from examples.vid2vid.first_frames import start_video
from examples.vid2vid.generate import GenerateOptions, generate, generate_frames
from examples.vid2vid.runs import load_run
from examples.vid2vid.sequences import DrivingSequence, frame_range
from examples.vid2vid.visualization import GeneratedFrame, contact_sheet, write_video_and_sheet
from vidgan.conditions import face_condition_maps
from vidgan.video import (
    image_size,
    list_frames,
    read_frame,
    read_frames,
    read_video,
    to_float,
    to_uint8,
    write_frames,
)

pytest.importorskip("av")
pytest.importorskip("tqdm")

TINY = ModelConfig(base_channels=4, num_downsamplings=1, num_blocks=2)


def _generate(run, data, start, count, **options):
    driving = DrivingSequence(EdgesToFace.open(data))
    generator = load_run(run, driving.task).generator
    return torch.stack(
        [step.frame for step in generate_frames(generator, driving, start, count, **options)]
    )


def _everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_frames_are_those_of_single_steps_of_the_network(make_data, make_run):
    data, run = make_data(), make_run()
    generator = load_run(run, EdgesToFace.open(data)).generator
    past = list(to_float(read_frames(data / "images" / "walk"))[2:4])
    points = [json.loads(file.read_text()) for file in sorted((data / "landmarks").rglob("*"))[1:]]
    maps = face_condition_maps(torch.tensor(points), (48, 64), oversampling=8)
    for t in range(4, 7):
        window = torch.stack(past[-2:])[None]
        past.append(generator(maps[None, t - 2 : t + 1], window).frame[0])
    assert torch.allclose(_generate(run, data, 4, 3), torch.stack(past[2:]), atol=1e-5)


def test_later_real_frames_are_never_seen(make_data, make_run):
    data, run = make_data(), make_run()
    expected = _generate(run, data, 4, 4)
    files = list_frames(data / "images" / "walk")
    for file in files[4:]:
        file.unlink()
    write_frames(data / "images" / "walk", [read_frame(files[3])] * 2)  # 0 and 1
    assert torch.equal(_generate(run, data, 4, 4), expected)
    write_frames(data / "images" / "walk", [read_frame(files[3])] * 4)
    assert not torch.equal(_generate(run, data, 4, 4), expected)


def test_first_frames_of_another_folder(make_data, make_run):
    data, run = make_data(), make_run()
    blind = make_data("blind", images=False)
    expected = _generate(run, data, 2, 3)
    given = (DrivingSequence(EdgesToFace.open(data)), 0)
    first = start_video(DrivingSequence(EdgesToFace.open(blind)), 2, 2, given=given)
    assert torch.equal(_generate(run, blind, 2, 3, first=first), expected)
    own = _generate(run, blind, 2, 3)
    assert own.shape == expected.shape
    assert not torch.allclose(own, expected)


def test_bfloat16_stays_near_float32(make_data, make_run):
    data, run = make_data(), make_run()
    exact = _generate(run, data, 2, 2)
    rounded = _generate(run, data, 2, 2, precision="bfloat16")
    assert rounded.dtype == torch.float32
    assert not torch.equal(rounded, exact)
    assert (rounded - exact).abs().mean() < 0.05


@pytest.mark.parametrize(
    ("num_train_frames", "images", "start", "frames", "expected"),
    [
        (5, True, None, None, (5, 3)),  # the first frame that was not trained on
        (8, True, None, None, (2, 6)),  # all were trained on: all that can be generated
        (None, True, None, None, (2, 6)),
        (1, True, None, None, (2, 6)),  # two frames must be given
        (5, True, 3, None, (3, 5)),
        (5, True, None, 2, (5, 2)),
        (5, False, None, None, (0, 8)),  # nothing can be given
    ],
)
def test_range(make_data, num_train_frames, images, start, frames, expected):
    driving = DrivingSequence(EdgesToFace.open(make_data(images=images)))
    config = TrainConfig(num_train_frames=num_train_frames)
    assert frame_range(driving, config, start, frames) == expected


@pytest.mark.parametrize(("start", "frames"), [(1, None), (8, None), (3, 6), (3, 0), (-1, 2)])
def test_range_outside_the_sequence(make_data, start, frames):
    driving = DrivingSequence(EdgesToFace.open(make_data()))
    message = "frames 0 to 7, the first 2 of which must be given; cannot generate"
    with pytest.raises(ValueError, match=message):
        frame_range(driving, TrainConfig(), start, frames)


def test_folder_of_results(make_data, make_run, tmp_path):
    data, run, out = make_data(), make_run(), tmp_path / "new" / "out"
    report = generate(EdgesToFace, run, data, out=out)
    assert _everything(out) == [
        "frames",
        "frames/walk",
        *(f"frames/walk/0000{t}.png" for t in (5, 6, 7)),
        "walk.mp4",
        "walk.png",
    ]
    assert (report.video, report.sheet, report.num_frames) == (
        out / "walk.mp4",
        out / "walk.png",
        3,
    )
    frames = read_frames(report.frames)
    assert torch.equal(frames, to_uint8(_generate(run, data, 5, 3)))
    video = read_video(report.video)
    assert video.frames.shape == (3, 3, 96, 3 * 128)  # doubled; conditions, generated, real
    assert video.fps == pytest.approx(25)
    # After compression the panels still show the generated frames, in the right place.
    middle = video.frames[..., 128:256].float()[..., ::2, ::2].mean((0, 1))
    right = video.frames[..., 256:].float()[..., ::2, ::2].mean((0, 1))
    real = read_frames(data / "images" / "walk")[5:].float().mean((0, 1))
    assert (middle - frames.float().mean((0, 1))).abs().mean() < 15
    assert (right - real).abs().mean() < 15


def test_name_of_a_video(make_data, make_run, tmp_path):
    report = generate(
        EdgesToFace,
        make_run(),
        make_data(),
        out=tmp_path / "face.mp4",
        options=GenerateOptions(start=6, frames=1),
    )
    assert report[:3] == (
        tmp_path / "face.mp4",
        tmp_path / "face.png",
        tmp_path / "frames" / "walk",
    )
    assert [file.name for file in list_frames(report.frames)] == ["00006.png"]


def test_driving_data_without_real_frames(make_data, make_run, tmp_path, capsys):
    blind = make_data("blind", images=False)
    report = generate(EdgesToFace, make_run(), blind, out=tmp_path / "out")
    assert read_video(report.video).frames.shape == (8, 3, 96, 2 * 128)
    note = capsys.readouterr().err
    assert "has no real frames before frame 0" in note
    assert "--first-frames" in note
    generate(
        EdgesToFace,
        make_run(),
        blind,
        out=tmp_path / "out2",
        options=GenerateOptions(first_frames=make_data()),
    )
    assert "note" not in capsys.readouterr().err


def test_frame_by_frame_network_has_no_flow_rows(make_data, make_run, tmp_path):
    plain = make_run(model=replace(TINY, recurrent=False, flow=False))
    sheets = [
        generate(EdgesToFace, run, make_data(), out=tmp_path / f"out{number}").sheet
        for number, run in enumerate((plain, make_run("full")))
    ]
    heights = [image_size(sheet)[0] for sheet in sheets]
    assert heights[1] - heights[0] == 2 * (96 + 4)  # flow and mask


def test_memory_does_not_grow_with_the_video(tmp_path):
    alive = weakref.WeakSet()
    most = 0

    def steps():
        nonlocal most
        for t in range(40):
            frame = torch.zeros(3, 32, 48)
            alive.add(frame)
            most = max(most, len(alive))
            yield GeneratedFrame(t, frame, torch.zeros(3, 32, 48))

    write_video_and_sheet(
        steps(), count=40, fps=25, video=tmp_path / "a.mp4", sheet=tmp_path / "a.png", columns=4
    )
    assert most <= 4 + 2
    assert len(read_video(tmp_path / "a.mp4").frames) == 40


def test_contact_sheet_shows_every_row_in_its_place():
    step = GeneratedFrame(
        7,
        torch.full((3, 32, 48), -1.0),
        torch.ones(3, 32, 48),
        torch.full((3, 32, 48), 0.0),
        torch.zeros(2, 32, 48),
        torch.full((1, 32, 48), 0.2),
    )
    sheet = contact_sheet([step, step])
    left, top, tile = 150 + 48, 24 + 32, 64 + 4
    pixels = [sheet.getpixel((left + 96 + 4, top + row * tile)) for row in range(5)]
    assert pixels == [(255,) * 3, (0,) * 3, (128,) * 3, (255,) * 3, (51,) * 3]
    assert sheet.size == (150 + 2 * 100, 24 + 5 * tile)


def test_large_frames_are_not_enlarged():
    step = GeneratedFrame(0, torch.zeros(3, 200, 204), torch.zeros(3, 200, 204))
    assert contact_sheet([step]).size == (150 + 208, 24 + 2 * 204)


def test_results_are_replaced_on_request_only(make_data, make_run, tmp_path):
    data, run, out = make_data(), make_run(), tmp_path / "out"
    generate(EdgesToFace, run, data, out=out, options=GenerateOptions(start=3))
    with pytest.raises(FileExistsError, match=r"walk\.mp4 exists; .* or --overwrite"):
        generate(EdgesToFace, run, data, out=out, options=GenerateOptions(start=6))
    generate(EdgesToFace, run, data, out=out, options=GenerateOptions(start=6, overwrite=True))
    assert [file.name for file in list_frames(out / "frames" / "walk")] == [
        "00006.png",
        "00007.png",
    ]


def test_nothing_is_left_of_a_failure(make_data, make_run, tmp_path):
    data, run, out = make_data(), make_run(), tmp_path / "deep" / "out"
    whole = generate(EdgesToFace, run, data, out=tmp_path / "whole")
    before = whole.video.read_bytes()
    (data / "landmarks" / "walk" / "00007.json").write_text(json.dumps([[500.0, 3.0]] * 68))
    with pytest.raises(ValueError, match="landmarks of frame 7 of 'walk': face_condition_maps"):
        generate(EdgesToFace, run, data, out=out)
    assert not out.parent.exists()
    with pytest.raises(ValueError, match="landmarks of frame 7"):
        generate(
            EdgesToFace, run, data, out=tmp_path / "whole", options=GenerateOptions(overwrite=True)
        )
    assert whole.video.read_bytes() == before
    assert len(_everything(tmp_path / "whole")) == 7


def _size_no_network_takes(make_data, make_run, tmp_path):
    return [make_run(), make_data(size=(49, 64))], "height 48 or 50 would work"


def _no_run(make_data, make_run, tmp_path):
    return [tmp_path / "none", make_data()], "there is no file"


def _damaged(make_data, make_run, tmp_path):
    find_checkpoint(make_run()).write_bytes(b"PK no checkpoint")
    return [tmp_path / "run", make_data()], "has no whole checkpoint"


def _other_conditions(make_data, make_run, tmp_path):
    return [make_run(condition_channels=6), make_data()], "does not fit its configuration"


def _not_finite(make_data, make_run, tmp_path):
    state = load_run(make_run(), EdgesToFace.open(make_data())).generator.state_dict()
    broken = {f"module.{name}": value * torch.nan for name, value in state.items()}
    return [make_run(averaged_weights=broken), make_data()], "NaN"


def _no_data(make_data, make_run, tmp_path):
    return [make_run(), tmp_path], "it has no dataset.json; run prepare"


def _start(make_data, make_run, tmp_path):
    return [make_run(), make_data(), "--start", "8"], "has the frames 0 to 7"


def _unknown_sequence(make_data, make_run, tmp_path):
    return [make_run(), make_data(), "--sequence", "run"], "has no sequence 'run'; it has walk"


def _several_sequences(make_data, make_run, tmp_path):
    return [make_run(), make_data(sequences=("a", "b"))], "name one with --sequence: a, b"


def _missing_landmarks(make_data, make_run, tmp_path):
    data = make_data()
    (data / "landmarks" / "walk" / "00003.json").unlink()
    return [make_run(), data], "one file per frame, 8 as in dataset.json, got 7"


def _resized_frame(make_data, make_run, tmp_path):
    data = make_data()
    write_frames(data / "images" / "walk", torch.zeros(8, 3, 48, 62))
    return [make_run(), data], "must have the size (H, W) = (48, 64) of dataset.json, got (48, 62)"


def _first_frames_of_another_size(make_data, make_run, tmp_path):
    other = make_data("other", size=(64, 64))
    return [make_run(), make_data(), "--first-frames", other], "prepare both at the same size"


def _first_frames_for_a_generated_one(make_data, make_run, tmp_path):
    options = ["--first-frames", make_data("other"), "--first-frame", "generated"]
    return [make_run(), make_data(), *options], "leave out --first-frame"


def _no_first_frames(make_data, make_run, tmp_path):
    other = make_data("other", images=False)
    return [make_run(), make_data(), "--first-frames", other], "must contain the real frames 0 to 1"


def _driven_by_another_task(make_data, make_run, tmp_path):
    other = make_data("other")
    description = (other / "dataset.json").read_text()
    (other / "dataset.json").write_text(description.replace("edges_to_face", "pose_to_body"))
    return [make_run(), make_data(), "--drive", other], "task must be 'edges_to_face'"


@pytest.mark.parametrize(
    "case",
    [
        _size_no_network_takes,
        _no_run,
        _damaged,
        _other_conditions,
        _not_finite,
        _no_data,
        _start,
        _unknown_sequence,
        _several_sequences,
        _missing_landmarks,
        _resized_frame,
        _first_frames_of_another_size,
        _first_frames_for_a_generated_one,
        _no_first_frames,
        _driven_by_another_task,
    ],
)
def test_bad_input_on_the_command_line(case, make_data, make_run, tmp_path, capsys):
    pytest.importorskip("tyro")
    arguments, message = case(make_data, make_run, tmp_path)
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as stopped:
        run_task(EdgesToFace, ["generate", *map(str, arguments), "--out", str(out)])
    printed = capsys.readouterr()
    assert stopped.value.code == 2
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert message in printed.err
    assert not out.exists()


def test_unwritable_output(make_data, make_run, tmp_path):
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "out", tmp_path / "file" / "a.mp4"):
        with pytest.raises(OSError, match="cannot write to the folder"):
            generate(EdgesToFace, make_run(), make_data(), out=out)


def test_command_line(make_data, make_run, tmp_path, capsys):
    pytest.importorskip("tyro")
    arguments = [make_run(), make_data(), "--out", tmp_path / "out", "--frames", 2, "--weights"]
    run_task(EdgesToFace, ["generate", *map(str, arguments), "last"])
    assert capsys.readouterr().out.startswith("wrote 2 frames: ")
    folder = EdgesToFace.open(tmp_path / "data")
    last = load_run(tmp_path / "run", folder, weights="last").generator
    first = next(generate_frames(last, DrivingSequence(folder), 5, 1)).frame
    assert torch.equal(read_frame(tmp_path / "out/frames/walk/00005.png"), to_uint8(first))


def test_generator_with_one_past_frame(make_data, make_run):
    run = make_run(model=replace(TINY, past_frames=1))
    assert _generate(run, make_data(), 1, 2).shape == (2, 3, 48, 64)
