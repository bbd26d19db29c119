"""Files and folders: written whole or not at all, listed without hidden ones, read as text."""

from vidgan.files.existing import existing_file
from vidgan.files.folders import atomic_entries, atomic_folder, make_folder
from vidgan.files.listing import (
    is_hidden,
    natural_order,
    visible_entries,
    visible_files,
    visible_folders,
)
from vidgan.files.reading import read_json, read_text
from vidgan.files.single_file import atomic_file, remove_leftovers

__all__ = [
    "atomic_entries",
    "atomic_file",
    "atomic_folder",
    "existing_file",
    "is_hidden",
    "make_folder",
    "natural_order",
    "read_json",
    "read_text",
    "remove_leftovers",
    "visible_entries",
    "visible_files",
    "visible_folders",
]
