"""Networks as folders of files that travel safely: weights, description and checksums."""

from vidgan.weights.hub import from_pretrained, push_to_hub, save_pretrained
from vidgan.weights.loading import load_model
from vidgan.weights.saving import save_model

__all__ = ["from_pretrained", "load_model", "push_to_hub", "save_model", "save_pretrained"]
