"""Single image files: frames, label maps and masks as tensors."""

from __future__ import annotations

import os

import torch
from PIL import Image
from torch import Tensor

from vidgan._checks import check_finite, check_shapes
from vidgan.files import atomic_file
from vidgan.video._limits import MAX_PIXELS
from vidgan.video._paths import suffix_of
from vidgan.video._pictures import bit_depth, load_picture, open_picture, orientation, upright

# torchvision.io is deprecated for images since torchvision 0.29, so Pillow (a requirement of
# torchvision) reads and writes them.
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
_JPEG_QUALITY = 95


def to_float(frames: Tensor) -> Tensor:
    """Map 8-bit frames to [-1, 1]: x / 127.5 - 1.

    Args:
        frames: uint8, any shape.

    Returns:
        float32 of the same shape in [-1, 1].

    Raises:
        TypeError: ``frames`` is not uint8.

    Example:
        >>> to_float(torch.tensor([0, 255], dtype=torch.uint8))
        tensor([-1.,  1.])
    """
    check_shapes("to_float", frames=(frames, "uint8 ..."))
    return frames.float() / 127.5 - 1


def to_uint8(frames: Tensor) -> Tensor:
    """Map frames in [-1, 1] to 8 bits: round((x + 1) * 127.5); values outside are clamped.

    Args:
        frames: floating-point in [-1, 1], any shape; uint8 passes through unchanged.

    Returns:
        uint8 of the same shape.

    Raises:
        TypeError: ``frames`` is neither uint8 nor floating-point.
        ValueError: ``frames`` contains NaN or infinity.

    Example:
        >>> to_uint8(torch.tensor([-2.0, -1.0, 0.0, 1.0]))
        tensor([  0,   0, 128, 255], dtype=torch.uint8)
    """
    check_shapes("to_uint8", frames=(frames, "any ..."))
    if frames.dtype == torch.uint8:
        return frames
    if not frames.is_floating_point():
        raise TypeError(
            f"to_uint8: frames must be uint8, or floating-point in [-1, 1], got {frames.dtype}"
        )
    check_finite(frames, "to_uint8", "frames")
    return ((frames.detach().float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def image_size(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Read the size (H, W) of a PNG or JPEG file, EXIF orientation applied.

    Args:
        path: the file.
        max_pixels: maximum number of pixels, checked before any is decoded.

    Returns:
        (H, W) in pixels.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not a PNG or JPEG, or a PNG that is cut short (whose orientation may
            stand behind its pixels).

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "0.png"
        >>> write_frame(path, torch.zeros(3, 4, 6))
        >>> image_size(path)
        (4, 6)
    """
    with open_picture(path, "image_size", max_pixels=max_pixels) as image:
        loaded = load_picture(image, path, "image_size") if image.format == "PNG" else image
        turned = orientation(loaded) >= 5  # 5 to 8 swap the sides
        return (image.width, image.height) if turned else (image.height, image.width)


def read_frame(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Tensor:
    """Read one PNG or JPEG frame as RGB, with its EXIF orientation applied.

    Args:
        path: the file; gray and palette images become RGB, alpha is dropped.
        max_pixels: maximum number of pixels, checked before any is decoded.

    Returns:
        uint8 (3, H, W).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not a PNG or JPEG, is cut short, has 16 bits per channel (in the
            file, whether gray or RGB), or has too many pixels.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "0.png"
        >>> write_frame(path, torch.zeros(3, 4, 6))
        >>> read_frame(path).shape
        torch.Size([3, 4, 6])
    """
    with open_picture(path, "read_frame", max_pixels=max_pixels) as image:
        depth = bit_depth(path)
        if depth > 8:
            raise ValueError(
                f"read_frame: {path} must have 8 bits per channel, got {image.mode} of {depth} "
                "bits; convert it to 8 bits first"
            )
        rgb = upright(load_picture(image, path, "read_frame"))
        if rgb.mode != "RGB":  # a conversion to the same mode copies
            rgb = rgb.convert("RGB")
        values = torch.frombuffer(bytearray(rgb.tobytes()), dtype=torch.uint8)
        return values.view(rgb.height, rgb.width, 3).permute(2, 0, 1).contiguous()


def read_labels(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Tensor:
    """Read one PNG of class or instance ids as stored, EXIF orientation applied.

    Args:
        path: the file, gray of 1, 2, 4, 8 or 16 bits; a palette image gives its indices.
        max_pixels: maximum number of pixels, checked before any is decoded.

    Returns:
        int64 (1, H, W).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no whole PNG, has a wrong checksum, more than one channel or too
            many pixels.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "0.png"
        >>> write_frame(path, torch.full((1, 4, 6), 7, dtype=torch.uint8))
        >>> read_labels(path).shape, read_labels(path).unique()
        (torch.Size([1, 4, 6]), tensor([7]))
    """
    with open_picture(path, "read_labels", max_pixels=max_pixels, checksums=True) as image:
        if image.format != "PNG" or image.mode not in ("1", "L", "P", "I;16", "I"):
            raise ValueError(
                f"read_labels: {path} must be a PNG with one channel of ids, got a "
                f"{image.format} of mode {image.mode}"
            )
        ids = _gray(upright(load_picture(image, path, "read_labels"))).long()
        depth = bit_depth(path)
        # Pillow stretches gray of fewer bits to 0 to 255.
        return ids // (255 // (2**depth - 1)) if depth < 8 and image.mode != "P" else ids


def read_mask(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Tensor:
    """Read one gray image, up to 16 bit, as values in [0, 1], EXIF orientation applied.

    Args:
        path: the file.
        max_pixels: maximum number of pixels, checked before any is decoded.

    Returns:
        float32 (1, H, W).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no whole PNG or JPEG, has a wrong checksum, more than one channel or
            too many pixels.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "0.png"
        >>> write_frame(path, torch.full((1, 4, 6), 51, dtype=torch.uint8))
        >>> read_mask(path).unique()
        tensor([0.2000])
    """
    with open_picture(path, "read_mask", max_pixels=max_pixels, checksums=True) as image:
        if image.mode not in ("1", "L", "I;16", "I"):
            raise ValueError(f"read_mask: {path} must be gray, got mode {image.mode}")
        wide = image.mode[0] == "I"
        gray = _gray(upright(load_picture(image, path, "read_mask")))
        return gray.float() / (65535 if wide else 255)


def write_frame(path: str | os.PathLike[str], frame: Tensor) -> None:
    """Write one frame as PNG, or as JPEG of quality 95, by the ending of ``path``.

    Args:
        path: the file; its folder must exist. It is replaced only once the new one is whole.
        frame: (3, H, W) RGB or (1, H, W) gray; uint8, or floating-point in [-1, 1].

    Raises:
        TypeError: ``frame`` is neither uint8 nor floating-point.
        ValueError: ``frame`` has another shape or contains NaN, or the ending is unknown.
        OSError: the folder does not exist or cannot be written to.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "0.png"
        >>> write_frame(path, torch.zeros(3, 4, 6))
        >>> int(read_frame(path).max())
        128
    """
    suffix = suffix_of(path, IMAGE_SUFFIXES, "write_frame")
    check_shapes("write_frame", frame=(frame, "any ..."))
    if frame.dim() != 3 or frame.shape[0] not in (1, 3) or 0 in frame.shape:
        raise ValueError(
            f"write_frame: frame must have shape (3, H, W) or (1, H, W), got {tuple(frame.shape)}"
        )
    values = to_uint8(frame).cpu().permute(1, 2, 0).contiguous()  # (H, W, C)
    mode, size = ("RGB" if values.shape[2] == 3 else "L"), (values.shape[1], values.shape[0])
    image = Image.frombytes(mode, size, values.numpy().tobytes())
    with atomic_file(path, function="write_frame") as temporary:
        if suffix == ".png":
            image.save(temporary, "PNG")
        else:
            image.save(temporary, "JPEG", quality=_JPEG_QUALITY)


def _gray(image: Image.Image) -> Tensor:
    if image.mode[0] == "I":
        wide = image.convert("I").tobytes()
        return torch.frombuffer(bytearray(wide), dtype=torch.int32).view(1, image.height, -1)
    narrow = image if image.mode in ("L", "P") else image.convert("L")
    return torch.frombuffer(bytearray(narrow.tobytes()), dtype=torch.uint8).view(
        1, image.height, -1
    )
