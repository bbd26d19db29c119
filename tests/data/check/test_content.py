"""Ids and sizes over all files."""

import pytest
import torch
from PIL import Image

from tests.data.check.folders import SIZE, change_facts, only_problem, warning_of, write_folder
from vidgan.data import check_data
from vidgan.video import write_frame
from vidgan.video.flow_files import write_flow

H, W = SIZE


def check(folder, **options):
    return check_data(folder, clip_length=3, **options)


def write_ids(file, ids):
    write_frame(file, torch.tensor(ids, dtype=torch.uint8).expand(1, H, W).contiguous())


def test_id_out_of_range_with_its_file(folder):
    write_ids(folder / "labels/walk/00003.png", 2)
    problem = only_problem(check(folder))
    assert (problem.code, problem.message) == ("ids_out_of_range", "labels: ids must be 0 to 1")
    assert problem.examples == ("labels/walk/00003.png (ids 2)",)
    assert only_problem(check(folder, num_classes=2)) == problem
    assert check(folder, num_classes=3).is_good
    assert check(folder, quick=True).is_good


def test_id_to_ignore_is_no_class(folder):
    change_facts(folder, ignore=255)
    write_ids(folder / "labels/walk/00003.png", 255)
    report = check(folder)
    assert report.is_good
    assert report.histogram[255] == pytest.approx(1 / 5)
    write_ids(folder / "labels/walk/00003.png", 254)
    assert only_problem(check(folder)).message == "labels: ids must be 0 to 1 or 255"


def test_ids_of_16_bits_and_of_a_palette(folder):
    Image.new("I;16", (W, H), 700).save(folder / "labels/walk/00000.png")
    palette = Image.new("P", (W, H), 1)
    palette.putpalette([0, 0, 0, 200, 100, 50])
    palette.save(folder / "labels/walk/00001.png")
    report = check(folder)
    assert only_problem(report).examples == ("labels/walk/00000.png (ids 700)",)
    assert report.histogram == pytest.approx({0: 3 / 5 * 0.75, 1: 1 / 5 + 3 / 5 / 4, 700: 1 / 5})


def test_number_of_classes_unknown(folder):
    (folder / "dataset.json").unlink()
    warning = warning_of(check(folder), "ids_unchecked")
    assert warning.message.startswith("labels: the number of classes is unknown")


def test_instances_of_zeros(folder):
    write_ids(folder / "instances/walk/00002.png", 0)
    warning = warning_of(check(folder), "no_instances")
    assert warning.examples == ("instances/walk/00002.png",)


@pytest.mark.parametrize("size", [(H, W + 1), (H + 1, W)])
@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("kind", ["images", "labels", "instances", "confidence/stride3"])
def test_size_as_in_the_description(folder, kind, size, quick):
    channels = 3 if kind == "images" else 1
    pixels = torch.ones(channels, *size, dtype=torch.uint8)
    write_frame(folder / kind / "walk/00004.png", pixels)
    problem = only_problem(check(folder, quick=quick))
    assert problem.code == "size_mismatch"
    assert problem.message == f"{kind}: the size (H, W) must be {SIZE} as in dataset.json"
    assert problem.examples == (f"{kind}/walk/00004.png ({size})",)


@pytest.mark.parametrize("size", [(H, W + 1), (H + 1, W)])
@pytest.mark.parametrize("quick", [False, True])
def test_size_of_flow(folder, size, quick):
    write_flow(folder / "flow/stride1/walk/00002.flo", torch.zeros(2, *size))
    problem = only_problem(check(folder, quick=quick))
    assert problem.examples == (f"flow/stride1/walk/00002.flo ({size})",)


def test_size_as_the_first_image_of_a_raw_sequence(folder):
    (folder / "dataset.json").unlink()
    write_frame(folder / "labels/walk/00000.png", torch.zeros(1, H, W + 2, dtype=torch.uint8))
    problem = only_problem(check(folder, num_classes=2))
    assert problem.message == "labels: the size (H, W) must be that of the sequence's first image"
    assert problem.examples == (f"labels/walk/00000.png ({(H, W + 2)}, not {SIZE})",)


def test_raw_sequences_of_different_sizes(tmp_path):
    path = write_folder(tmp_path, "edges_to_face", {"run": 5, "walk": 5}, ())
    (path / "dataset.json").unlink()
    for t in range(5):
        write_frame(path / f"images/walk/{t:05d}.png", torch.zeros(3, H, W + 4))
    warning = warning_of(check(path), "sizes_differ")
    assert warning.message.endswith(f"different sizes (H x W): {H} x {W}, {H} x {W + 4}")
