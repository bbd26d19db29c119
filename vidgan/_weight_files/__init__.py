"""The one reader of weight files: every file is checked before anything in it is built.

`archive` checks the zip files of ``torch.save``, `stream` the format before torch 1.6, `program`
the pickles in both, and `tensors` the headers of safetensors files. Only what passes is handed to
``torch.load(weights_only=True)`` or to safetensors.
"""

from vidgan._weight_files.hashes import check_known, sha256
from vidgan._weight_files.reading import check_torch_archive, read_torch_archive, read_weights
from vidgan._weight_files.stand_ins import CodeInFileError, RefusedFileError
from vidgan._weight_files.tensors import read_safetensors, tensor_shapes, write_safetensors

__all__ = [
    "CodeInFileError",
    "RefusedFileError",
    "check_known",
    "check_torch_archive",
    "read_safetensors",
    "read_torch_archive",
    "read_weights",
    "sha256",
    "tensor_shapes",
    "write_safetensors",
]
