import pytest
import torch

from examples.preparation.video_pieces import (
    Piece,
    VideoFrames,
    files_of_video,
    find_videos,
    scan_videos,
    video_notes,
)
from vidgan.video import read_video, write_video

for module in ("av", "cv2", "scenedetect", "tqdm"):
    pytest.importorskip(module)


def scan(path, **options):
    (video,) = scan_videos({path.stem: path}, **options)
    return video


def bounds(video):
    return [(piece.name, piece.start, piece.stop) for piece in video.pieces()]


def test_a_video_without_cuts_keeps_its_name(pan, tmp_path):
    write_video(tmp_path / "walk.mp4", pan(10), fps=20)

    video = scan(tmp_path / "walk.mp4")

    assert video.pieces() == [Piece("walk", "walk.mp4", 0, 10)]
    assert (video.size, video.fps, video.note()) == ((72, 96), 20, "")


def test_a_video_is_split_at_its_cut(pan, tmp_path):
    write_video(tmp_path / "film.mp4", torch.cat([pan(10), pan(14, seed=1)]), fps=20)

    video = scan(tmp_path / "film.mp4")

    assert bounds(video) == [("film_000", 0, 10), ("film_001", 10, 24)]
    assert video.pieces()[1].source == "film.mp4 from 0.50 to 1.15 s"
    assert video.note() == "film.mp4: 1 cut (before 0.50 s): 2 pieces"
    assert bounds(scan(tmp_path / "film.mp4", cuts=False)) == [("film", 0, 24)]
    assert bounds(scan(tmp_path / "film.mp4", max_frames=9)) == [("film", 0, 9)]


def test_a_video_is_split_where_the_recording_paused(pan, tmp_path, write_timed_video):
    times = [40 * t for t in range(12)] + [3000 + 40 * t for t in range(8)]
    path = write_timed_video(tmp_path / "walk.mp4", pan(20), times)

    video = scan(path)

    assert bounds(video) == [("walk_000", 0, 12), ("walk_001", 12, 20)]
    assert video.fps == pytest.approx(25)
    assert video.note() == "walk.mp4: 1 pause (before 3.00 s): 2 pieces"
    assert bounds(scan(path, cuts=False)) == bounds(video)


def test_cuts_and_pauses_together(pan, tmp_path, write_timed_video):
    times = [40 * t for t in range(20)] + [4000 + 40 * t for t in range(8)]
    video = torch.cat([pan(10), pan(18, seed=1)])

    found = scan(write_timed_video(tmp_path / "a.mp4", video, times))

    assert [(start, stop) for _, start, stop in bounds(found)] == [(0, 10), (10, 20), (20, 28)]
    assert found.note() == "a.mp4: 1 cut (before 0.40 s) and 1 pause (before 4.00 s): 3 pieces"


def test_parts_are_the_frames_of_the_video(pan, tmp_path):
    write_video(tmp_path / "a.mp4", pan(12), fps=25)
    whole = read_video(tmp_path / "a.mp4").frames

    frames = VideoFrames(tmp_path / "a.mp4")

    for start, stop in ((0, 4), (4, 6), (8, 12), (3, 5), (0, 12)):  # the last two start again
        part = torch.stack(list(frames.part(Piece("", "", start, stop))))
        assert torch.equal(part, whole[start:stop])


def test_videos_of_a_folder(tmp_path):
    for name in ("b.mp4", "a.MOV", "deep/c/01.avi", ".hidden.mp4", "notes.txt", "deep/._d.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    found = find_videos(tmp_path, unless="images")

    assert {name: str(path.relative_to(tmp_path)) for name, path in found.items()} == {
        "a": "a.MOV",
        "b": "b.mp4",
        "deep_c_01": "deep/c/01.avi",
    }
    (tmp_path / "images").mkdir()
    assert find_videos(tmp_path, unless="images") == {}


def test_videos_of_one_name_are_refused(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("a/b.mp4", "a_b.mp4"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match="two sequences would have the name a_b; rename one"):
        find_videos(tmp_path, unless="images")


def test_pieces_of_one_name_are_refused(pan, tmp_path):
    write_video(tmp_path / "a.mp4", torch.cat([pan(8), pan(8, seed=1)]), fps=25)
    write_video(tmp_path / "a_001.mp4", pan(4), fps=25)
    with pytest.raises(ValueError, match="two sequences would have the name a_001; rename one"):
        scan_videos(find_videos(tmp_path, unless="images"))


def test_other_frame_rates_are_noted(pan, tmp_path):
    for name, fps in (("a", 25), ("b", 25), ("c", 30)):
        write_video(tmp_path / f"{name}.mp4", pan(4), fps=fps)

    (note,) = video_notes(scan_videos(find_videos(tmp_path, unless="images")))

    assert "frame rates than a.mp4 (25 frames per second): c.mp4 (30); the data folder has" in note


@pytest.fixture
def video(pan, tmp_path):
    write_video(tmp_path / "walk.mp4", pan(4), fps=25)
    return scan(tmp_path / "walk.mp4")


def fill(folder, names):
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()


OPENPOSE = [f"walk_{t:012d}_keypoints.json" for t in range(4)]


@pytest.mark.parametrize("place", ["", "walk"])
def test_files_of_a_video(video, tmp_path, place):
    others = [f"run_{t:012d}_keypoints.json" for t in range(7)]
    fill(tmp_path / "points" / place, [*others, *OPENPOSE, "walk.txt"])

    found = files_of_video(tmp_path / "points", video, (".json",))

    assert [file.name for file in found] == OPENPOSE


def test_files_of_other_names_count_if_none_has_the_name_of_the_video(video, tmp_path):
    fill(tmp_path / "points", ["3.json", "1.json", "2.json", "4.json"])

    found = files_of_video(tmp_path / "points", video, (".json",))

    assert [file.name for file in found] == ["1.json", "2.json", "3.json", "4.json"]


def test_number_of_files_must_be_that_of_the_frames(video, tmp_path):
    fill(tmp_path / "few", OPENPOSE[:3])
    fill(tmp_path / "many", [*OPENPOSE, "walk_000000000004_keypoints.json"])
    fill(tmp_path / "gap", [*OPENPOSE[:2], *OPENPOSE[3:], "walk_000000000004_keypoints.json"])
    with pytest.raises(ValueError, match=r"each frame of walk\.mp4, got 3 files and 4 frames"):
        files_of_video(tmp_path / "few", video, (".json",))
    with pytest.raises(ValueError, match=r"each frame of walk\.mp4, got 5 files and 4 frames"):
        files_of_video(tmp_path / "many", video, (".json",))
    assert len(files_of_video(tmp_path / "many", video, (".json",), whole=False)) == 4
    with pytest.raises(ValueError, match="one is missing after walk_000000000001_keypoints"):
        files_of_video(tmp_path / "gap", video, (".json",))
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*none"):
        files_of_video(tmp_path / "none", video, (".json",))
