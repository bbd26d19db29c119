"""Writes the sequences of a data set into a data folder, a frame at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from examples.labels_to_street.frame_files import FrameFiles
from examples.labels_to_street.reading import VOID, FrameReader
from examples.preparation.contact_sheet import ContactSheet
from examples.preparation.flow_writer import FlowWriter
from examples.preparation.label_maps import SequenceWriter
from vidgan.extras import import_extra
from vidgan.protocols import FlowEstimator
from vidgan.video import write_frame


class Written(NamedTuple):
    """What the label maps contained.

    Attributes:
        largest_instance: the largest instance id, 0 if there are none.
        has_void: whether the id 255 occurs, and is no class.
    """

    largest_instance: int
    has_void: bool


def write_sequences(
    folder: Path,
    sequences: Mapping[str, Sequence[FrameFiles]],
    reader: FrameReader,
    estimate: FlowEstimator,
    strides: Sequence[int],
) -> Written:
    """Write frames, maps and reference flow of all sequences, and the contact sheet of the first.

    The memory does not grow with the length of a sequence.
    """
    largest, has_void = 0, False
    bar = import_extra("tqdm", "examples").tqdm(
        total=sum(map(len, sequences.values())), desc="prepare", disable=None
    )
    for number, (name, files) in enumerate(sequences.items()):
        writer = SequenceWriter(folder, name, len(reader.classes.names))
        flows = FlowWriter(folder, name, estimate, strides)
        sheet = ContactSheet(len(files))
        for time, file in enumerate(files):
            frame = reader.image(file)
            labels, instances = reader.maps(file)
            if instances is not None:
                largest = max(largest, int(instances.max()))
            has_void |= len(reader.classes.names) <= VOID and bool((labels == VOID).any())
            colored = writer.write(frame, labels, instances)
            flow = flows.write(frame)
            if number == 0:
                sheet.add(time, frame, colored, flow)
            bar.update()
        if number == 0:
            write_frame(folder / "contact_sheet.png", sheet.image())
    bar.close()
    return Written(largest, has_void)
