"""The styles of instances: fitted, sampled, saved."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tests.assertions import rand
from vidgan.styles import StyleBank

pytest.importorskip("sklearn")

RED, BLUE = torch.tensor([0.8, -0.5, -0.5]), torch.tensor([-0.5, -0.5, 0.8])


def cloud(center: torch.Tensor, count: int, *, seed: int = 0, spread: float = 0.02):
    return center + spread * torch.randn(count, 3, generator=torch.Generator().manual_seed(seed))


def street() -> tuple[torch.Tensor, torch.Tensor]:
    """Labels and instances of a frame: road (0), cars 26001 and 26002 (class 26), sky (3)."""
    labels = torch.zeros(1, 1, 8, 12, dtype=torch.int64)
    instances = torch.zeros(1, 1, 8, 12, dtype=torch.int64)
    labels[..., :2, :], instances[..., :2, :] = 3, 3
    labels[..., 4:7, 1:4], instances[..., 4:7, 1:4] = 26, 26001
    labels[..., 4:7, 6:10], instances[..., 4:7, 6:10] = 26, 26002
    return labels, instances


@pytest.fixture(scope="module")
def bank() -> StyleBank:
    """Cars are red or blue, roads and skies have one style each."""
    cars = torch.cat([cloud(RED, 30), cloud(BLUE, 30, seed=1)])
    return StyleBank.fit(
        {0: cloud(torch.zeros(3), 20), 3: torch.full((4, 3), 0.5), 26: cars}, components=2
    )


def style_of(features: torch.Tensor, instances: torch.Tensor, instance: int) -> torch.Tensor:
    """The one vector that all pixels of an instance have."""
    vectors = features[0][:, instances[0, 0] == instance].unique(dim=1)
    assert vectors.shape[1] == 1
    return vectors[:, 0]


def test_mixture_finds_the_styles(bank: StyleBank) -> None:
    cars = bank.mixtures[26]

    order = cars.means[:, 0].argsort()
    torch.testing.assert_close(cars.means[order], torch.stack([BLUE, RED]), rtol=0, atol=0.02)
    torch.testing.assert_close(cars.weights, torch.tensor([0.5, 0.5]))
    torch.testing.assert_close(cars.center, (RED + BLUE) / 2, rtol=0, atol=0.02)
    deviations = (cars.factors @ cars.factors.mT).diagonal(dim1=1, dim2=2).sqrt()
    torch.testing.assert_close(deviations, torch.full((2, 3), 0.02), rtol=0.4, atol=0)


def test_samples_follow_the_mixture(bank: StyleBank) -> None:
    labels = torch.full((1, 1, 20, 20), 26)
    instances = torch.arange(400).view(1, 1, 20, 20)

    sampled = bank.sample(labels, instances, seed=0)[0].flatten(1).T

    red = (sampled - RED).norm(dim=1) < 0.2
    blue = (sampled - BLUE).norm(dim=1) < 0.2
    assert bool((red | blue).all())
    assert 150 < int(red.sum()) < 250
    assert float(sampled[red].std(0).mean()) == pytest.approx(0.02, rel=0.3)


def test_a_style_stays_whatever_else_there_is(bank: StyleBank) -> None:
    labels, instances = street()
    first = bank.sample(labels, instances, seed=7)

    moved = bank.sample(labels.flip(3), instances.flip(3), seed=7)
    one = torch.full_like(instances, 26002)
    alone = bank.sample(torch.full_like(labels, 26), one, seed=7)

    assert first.shape == (1, 3, 8, 12)
    assert torch.equal(moved, first.flip(3))
    assert torch.equal(style_of(alone, one, 26002), style_of(first, instances, 26002))
    assert not torch.equal(style_of(first, instances, 26001), style_of(first, instances, 26002))
    other = bank.sample(labels, instances, seed=8)
    assert not torch.equal(style_of(first, instances, 26001), style_of(other, instances, 26001))


def test_negative_ids_are_instances_too(bank: StyleBank) -> None:
    labels = torch.full((1, 1, 4, 6), 26)

    features = bank.sample(labels, torch.full_like(labels, -5), seed=0)

    assert torch.equal(features, features[:, :, :1, :1].expand_as(features))


def test_average_style(bank: StyleBank) -> None:
    labels, instances = street()

    features = bank.mean(labels, instances)

    torch.testing.assert_close(style_of(features, instances, 3), torch.full((3,), 0.5))
    for car in (26001, 26002):
        torch.testing.assert_close(style_of(features, instances, car), bank.mixtures[26].center)


def test_style_of_a_frame(bank: StyleBank) -> None:
    labels, instances = street()
    frame_labels, frame_instances = labels.clone(), instances.clone()
    frame_labels[labels == 3], frame_instances[labels == 3] = 0, 0  # a frame without sky
    frame = (rand(1, 3, 8, 12), frame_labels, frame_instances)
    instances[instances == 26001] = 26009  # a car that is not in the frame

    features = bank.copy_from(labels, instances, frame=frame)

    cars = {car: frame[0][0][:, frame_instances[0, 0] == car].mean(1) for car in (26001, 26002)}
    torch.testing.assert_close(style_of(features, instances, 26002), cars[26002])
    new = style_of(features, instances, 26009)
    assert any(torch.allclose(new, known) for known in cars.values())
    torch.testing.assert_close(style_of(features, instances, 3), bank.mixtures[3].center)
    assert torch.equal(features, bank.copy_from(labels, instances, frame=frame))


def test_few_instances_have_few_components() -> None:
    vectors = {1: rand(1, 3), 2: rand(2, 3), 5: rand(3, 3)[[0, 1, 1, 0, 0]]}

    bank = StyleBank.fit(vectors, components=4)

    assert {label: len(mixture.weights) for label, mixture in bank.mixtures.items()} == {
        1: 1,
        2: 2,
        5: 2,
    }
    labels = torch.ones(1, 1, 4, 6, dtype=torch.int64)
    only = bank.sample(labels, labels, seed=0)
    torch.testing.assert_close(only[0, :, 0, 0], vectors[1][0])


def test_one_component_of_many_instances_has_their_spread() -> None:
    bank = StyleBank.fit({0: cloud(RED, 500)}, components=1)

    torch.testing.assert_close(
        bank.mixtures[0].factors[0], 0.02 * torch.eye(3), rtol=0.1, atol=0.003
    )


def test_unknown_class_takes_the_mean_of_all_and_says_so(bank: StyleBank) -> None:
    labels = torch.full((1, 1, 4, 6), 11)
    fresh = StyleBank(bank.mixtures)
    message = "class 11 is not in the bank; its instances take the mean over all classes"

    with pytest.warns(UserWarning, match=message):
        features = fresh.sample(labels, labels, seed=0)
    again = fresh.mean(labels, labels)  # says it once

    # 20 roads, 4 skies, 60 cars
    centers = [fresh.mixtures[label].center for label in (0, 3, 26)]
    expected = (20 * centers[0] + 4 * centers[1] + 60 * centers[2]) / 84
    torch.testing.assert_close(features[0, :, 0, 0], expected)
    torch.testing.assert_close(again, features)


def test_saved_and_loaded(bank: StyleBank, tmp_path: Path) -> None:
    file = tmp_path / "styles.safetensors"
    bank.save(file)
    bank.save(file)  # in place of the old one

    loaded = StyleBank.load(file)

    assert [path.name for path in tmp_path.iterdir()] == ["styles.safetensors"]
    assert loaded.mixtures.keys() == bank.mixtures.keys()
    torch.testing.assert_close(loaded.mixtures, bank.mixtures, rtol=0, atol=0)
    labels, instances = street()
    assert torch.equal(
        loaded.sample(labels, instances, seed=3), bank.sample(labels, instances, seed=3)
    )


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such file"):
        StyleBank.load(tmp_path / "nothing.safetensors")
    (tmp_path / "text.safetensors").write_text("these are no styles")
    with pytest.raises(ValueError, match="is damaged or no style bank"):
        StyleBank.load(tmp_path / "text.safetensors")
    save_file({"weight": torch.zeros(3)}, tmp_path / "weights.safetensors")
    with pytest.raises(ValueError, match="is no style bank"):
        StyleBank.load(tmp_path / "weights.safetensors")
    part = {"3.weights": torch.ones(1)}
    save_file(part, tmp_path / "part.safetensors", metadata={"format": "vidgan styles 1"})
    with pytest.raises(ValueError, match="is damaged or no style bank"):
        StyleBank.load(tmp_path / "part.safetensors")


def test_failed_save_leaves_nothing(bank: StyleBank, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="styles"):
        bank.save(tmp_path / "missing" / "styles.safetensors")
    assert not any(tmp_path.iterdir())


def test_wrong_inputs_raise(bank: StyleBank) -> None:
    labels, instances = street()
    for wrong in (instances[..., :-1], instances[..., :-1, :], instances[0]):
        with pytest.raises(ValueError, match=r"must have the same shape \(1, 1, H, W\), got \(1, "):
            bank.sample(labels, wrong, seed=0)
    with pytest.raises(ValueError, match="labels must be class ids from 0 on"):
        bank.mean(labels - 1, instances)
    with pytest.raises(ValueError, match="mixtures must hold at least one class, got none"):
        StyleBank({})
