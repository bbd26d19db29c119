"""Writing files and folders whole or not at all."""

from vidgan.files.folders import atomic_entries, atomic_folder, make_folder
from vidgan.files.single_file import atomic_file

__all__ = ["atomic_entries", "atomic_file", "atomic_folder", "make_folder"]
