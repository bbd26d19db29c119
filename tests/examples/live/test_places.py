"""Where runs are found, and the small one that is trained where there is none."""

from __future__ import annotations

import shutil

import pytest

from examples.labels_to_street.task import LabelsToStreet
from examples.live.places import QUICK, Place, Quick, find_place
from examples.vid2vid.networks import check_fit
from vidgan.data import open_data_folder


@pytest.fixture
def quick(tmp_path, street):
    """A training of two steps on a folder that is rendered already."""
    return Quick(
        LabelsToStreet,
        tmp_path / "demo",
        lambda folder: shutil.copytree(street, folder),
        "street-small",
        2,
    )


def put(place, source):
    """Put a run and its data where a demo writes them."""
    shutil.copytree(source.run, place.run)
    shutil.copytree(source.data, place.data)


def test_a_given_run_goes_first(tmp_path, quick, street_place):
    put(Place(quick.demo / "vid2vid", quick.demo / "data"), street_place)
    given = street_place.run
    assert find_place("street", given, street_place.data, tmp_path, quick=quick) == street_place
    file = next((given / "checkpoints").glob("*.pt"))
    assert find_place("street", file, street_place.data, tmp_path, quick=quick).run == file


def test_then_that_of_the_demo_on_its_unseen_drives(tmp_path, quick, street_place):
    place = Place(quick.demo / "vid2vid", quick.demo / "data")
    put(place, street_place)
    assert find_place("street", None, None, tmp_path, quick=quick) == place
    shutil.copytree(street_place.data, quick.demo / "unseen")
    unseen = Place(place.run, quick.demo / "unseen")
    assert find_place("street", None, None, tmp_path, quick=quick) == unseen
    file = next((place.run / "checkpoints").glob("*.pt"))
    assert find_place("street", file, None, tmp_path, quick=quick).data == unseen.data


def test_missing_runs_and_data(tmp_path, quick, street_place):
    with pytest.raises(FileNotFoundError, match=r"no file or folder .*nowhere"):
        find_place("street", tmp_path / "nowhere", None, tmp_path, quick=quick)
    alone = tmp_path / "alone" / "run"
    shutil.copytree(street_place.run, alone)
    with pytest.raises(FileNotFoundError, match=r"dataset.json; name .* with --street-data"):
        find_place("street", alone, None, tmp_path, quick=quick)


@pytest.mark.slow
def test_where_there_is_none_a_small_one_is_trained_once(tmp_path, quick, capsys):
    for module in ("filelock", "stlpips_pytorch", "tensorboard", "tqdm"):
        pytest.importorskip(module)
    place = find_place("street", None, None, tmp_path / "live", quick=quick)

    assert place == Place(tmp_path / "live/street/vid2vid", tmp_path / "live/street/data")
    printed = capsys.readouterr().err
    assert "a small one is trained for 2 steps" in printed
    assert "python -m examples.labels_to_street demo trains a better one" in printed

    assert find_place("street", None, None, tmp_path / "live", quick=quick) == place
    assert "trained" not in capsys.readouterr().err


@pytest.mark.parametrize("tab", QUICK)
def test_small_settings_are_bounded_by_steps_and_fit(tab, street):
    config = QUICK[tab].config()
    assert config.minutes == 0
    assert config.steps == QUICK[tab].steps <= 500
    check_fit(config.model, open_data_folder(street)._replace(size=(96, 96)))
