"""Flow of KITTI, NumPy and PFM files, against bytes written by hand."""

from __future__ import annotations

import io
import math
import struct
import zlib

import numpy as np
import pytest
import torch

from vidgan.video.flow_files import one_format, read_flow, read_flow_size, write_flow

NAN = math.nan
# 3 wide, 2 high; known but at (0, 2) and (1, 0), which are NaN in both channels.
X = [[1.0, -2.5, NAN], [NAN, 0.0, 100.0]]
Y = [[0.25, 4.0, NAN], [NAN, -0.015625, -7.0]]
FLOW = torch.tensor([X, Y])


def png(rows, bits=16, color=2, *, width=3, filters=None, interlace=0):
    """A PNG file of rows of channel values; ``filters`` are the filter types of the rows."""
    size, step = (2, 6) if bits == 16 else (1, 3)
    raw = [b"".join(v.to_bytes(size, "big") for v in row) for row in rows]
    filters = filters or [0] * len(rows)
    lines = []
    for index, (row, kind) in enumerate(zip(raw, filters, strict=True)):
        above = raw[index - 1] if index else bytes(len(row))
        line = bytearray(row)
        for i in range(len(row)):
            left = row[i - step] if i >= step else 0
            corner = above[i - step] if i >= step else 0
            guess = left + above[i] - corner
            near = min((left, above[i], corner), key=lambda value: abs(guess - value))
            line[i] = (row[i] - [0, left, above[i], (left + above[i]) // 2, near][kind]) % 256
        lines.append(bytes([kind]) + bytes(line))
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, len(rows), bits, color, 0, 0, interlace)),
        (b"IDAT", zlib.compress(b"".join(lines))),
        (b"IEND", b""),
    ]
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def kitti_rows(known=1):
    """The rows of FLOW as KITTI encodes them: 64 a pixel above 2**15, and whether it is known."""
    return [
        [
            v
            for x, y in zip(xs, ys, strict=True)
            for v in (
                (0, 0, 0) if math.isnan(x) else (int(x * 64) + 2**15, int(y * 64) + 2**15, known)
            )
        ]
        for xs, ys in zip(X, Y, strict=True)
    ]


def pfm(order="<", header="PF\n3 2\n{}\n"):
    """A PFM file of FLOW: rows from the last to the first, three channels, NaN where unknown."""
    start = header.format("-1.0" if order == "<" else "1.0").encode()
    rows = [(x, y, 0.0) for row in (1, 0) for x, y in zip(X[row], Y[row], strict=True)]
    return start + b"".join(struct.pack(f"{order}3f", *pixel) for pixel in rows)


def saved(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npy_by_hand(order="<"):
    """Bytes of a .npy file of FLOW, (2, 3, 2), as NumPy's format description asks for."""
    text = f"{{'descr': '{order}f4', 'fortran_order': False, 'shape': (2, 3, 2), }}"
    text = text.ljust(117) + "\n"
    values = [v for xs, ys in zip(X, Y, strict=True) for xy in zip(xs, ys, strict=True) for v in xy]
    start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()
    return start + struct.pack(f"{order}12f", *values)


HWC = FLOW.permute(1, 2, 0).numpy()
FILES = {
    "kitti.png": png(kitti_rows()),
    "sub_and_up.png": png(kitti_rows(), filters=[1, 2]),
    "average_and_paeth.PNG": png(kitti_rows(), filters=[3, 4]),
    "little.pfm": pfm("<"),
    "big.pfm": pfm(">"),
    "lines.pfm": pfm("<", "PF\r\n3 2\r\n{}\r\n"),
    "spaces.PFM": pfm("<", "PF 3 2 {} "),
    "by_hand.npy": npy_by_hand(),
    "big_endian.npy": npy_by_hand(">"),
    "channels_first.npy": npy(FLOW.numpy()),
    "fortran.npy": npy(np.asfortranarray(HWC)),
    "batch_of_one.npy": npy(FLOW[None].numpy()),
    "double.npy": npy(HWC.astype(np.float64)),
    "alone.npz": saved(whatever=HWC),
    "named.npz": saved(flow=FLOW.numpy(), other=np.zeros(3)),
    "valid.npz": saved(flow=np.nan_to_num(HWC, nan=5.0), valid=~np.isnan(HWC[..., 0])),
    "channel.npz": saved(flow=HWC.astype(np.float16), valid=np.ones((1, 2, 3))),
    "middlebury.flo": struct.pack(
        "<fii12f", 202021.25, 3, 2, *np.nan_to_num(HWC, nan=1e9).flatten().tolist()
    ),
    "middlebury10.flo": struct.pack(
        "<fii12f", 202021.25, 3, 2, *np.nan_to_num(HWC, nan=1e10).flatten().tolist()
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_reads_every_format(tmp_path, name):
    (tmp_path / name).write_bytes(FILES[name])

    flow = read_flow(tmp_path / name)

    assert flow.dtype == torch.float32
    assert flow.is_contiguous()
    torch.testing.assert_close(flow, FLOW, rtol=0, atol=0, equal_nan=True)
    assert read_flow_size(tmp_path / name) == (2, 3)


def test_no_flipped_bit_changes_a_kitti_flow(tmp_path):
    """Every bit of the file: it is refused, or gives what the whole file gives."""
    file, content = tmp_path / "a.png", png(kitti_rows())
    file.write_bytes(content)
    expected, refused = read_flow(file), 0
    for bit in range(8 * len(content)):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        file.write_bytes(changed)
        try:
            assert torch.equal(read_flow(file).nan_to_num(9e9), expected.nan_to_num(9e9)), bit
        except ValueError as error:
            refused += str(file) in str(error)
    assert refused == 8 * len(content)


def test_extremes_of_kitti(tmp_path):
    (tmp_path / "a.png").write_bytes(png([[0, 65535, 1]], width=1))

    assert read_flow(tmp_path / "a.png").flatten().tolist() == [-512, 32767 / 64]


def test_size_of_a_large_array_without_reading_it(tmp_path):
    content = bytearray(saved(flow=np.full((100, 120, 2), 2.5, dtype=np.float32)))
    content[80_000] ^= 255  # its checksum is wrong now
    (tmp_path / "a.npz").write_bytes(content)

    assert read_flow_size(tmp_path / "a.npz") == (100, 120)
    with pytest.raises(
        ValueError, match=r"a\.npz is not a NumPy array of numbers, or is cut short"
    ):
        read_flow(tmp_path / "a.npz")


BAD = {
    "picture.png": (png([[1, 2, 3] * 3], bits=8), "16-bit RGB, as KITTI encodes flow, got 8-bit R"),
    "gray.png": (png([[1, 2, 3]], color=0), "got 16-bit gray"),
    "virtual.png": (png(kitti_rows(65535)), r"must have 0 or 1 .* got 65535; convert"),
    "cut.png": (FILES["kitti.png"][:70], r"cut\.png is cut short or damaged"),
    "text.png": (b"hello world, hello world, hello", "is not a PNG file"),
    "empty.png": (b"", "is not a PNG file"),
    "disparity.pfm": (pfm(header="Pf\n3 2\n{}\n"), "three channels .* got one channel"),
    "text.pfm": (b"hello", "three channels .* got another file"),
    "cut.pfm": (FILES["little.pfm"][:-1], "must have 84 bytes .* got 83; the file is cut short"),
    "long.pfm": (FILES["little.pfm"] + b"1", "must have 84 bytes .* got 85; the file is too long"),
    "none.pfm": (b"PF\n0 2\n-1\n", "a width and height of 1 to 99999, got 0 x 2"),
    "empty.npy": (b"", "is not a NumPy array of numbers, or is cut short"),
    "text.npy": (b"hello world", "is not a NumPy array of numbers, or is cut short"),
    "cut.npy": (FILES["by_hand.npy"][:-4], "is not a NumPy array of numbers, or is cut short"),
    "cut.npz": (FILES["alone.npz"][:-30], "is not a NumPy array of numbers, or is cut short"),
    "objects.npy": (npy(np.full((2, 3, 2), {}, dtype=object)), "is not a NumPy array of numbers"),
    "words.npy": (npy(np.full((2, 3, 2), "a")), "must contain real numbers, got <U1"),
    "complex.npy": (npy(HWC.astype(complex)), "must contain real numbers, got complex128"),
    "gray.npy": (npy(HWC[..., 0]), r"the shape \(H, W, 2\) or \(2, H, W\), got \(2, 3\)"),
    "batch.npy": (npy(np.stack([HWC, HWC])), r"\(2, H, W\), got \(2, 2, 3, 2\)"),
    "three.npy": (npy(np.zeros((4, 3, 3))), r"\(2, H, W\), got \(4, 3, 3\)"),
    "empty.npz": (saved(), "must have one array, or one named 'flow' .* got none"),
    "many.npz": (saved(u=HWC, v=HWC), "must have one array, or one named 'flow' .* got 'u', 'v'"),
    "mask.npz": (saved(flow=HWC, valid=np.ones(6)), r"'valid' of the size .*\(2, 3\), got \(6,\)"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_named_in_one_line(tmp_path, name):
    content, text = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=text) as caught:
        read_flow(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_vectors_are_written_as_middlebury_marks_them(tmp_path):
    flow = torch.tensor([[[1.0, NAN, 3.0]], [[2.0, 5.0, math.inf]]])

    write_flow(tmp_path / "a.flo", flow)

    values = struct.unpack("<6f", (tmp_path / "a.flo").read_bytes()[12:])
    assert values == (1, 2, 1e10, 1e10, 1e10, 1e10)
    assert read_flow(tmp_path / "a.flo").isnan().tolist() == [[[False, True, True]]] * 2


def test_other_formats_are_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"write_flow: path must end in \.flo, got 'a\.png'"):
        write_flow(tmp_path / "a.png", FLOW)
    assert list(tmp_path.iterdir()) == []


def test_files_of_one_format(tmp_path):
    files = [tmp_path / name for name in ("0.npy", "0.png", "1.npy", "1.png")]

    assert one_format(files) == files[::2]
    assert one_format(files[1::2]) == files[1::2]
    assert one_format([]) == []
