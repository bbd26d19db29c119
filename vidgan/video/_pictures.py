"""Opening PNG and JPEG files: whatever goes wrong, one error names the file."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from struct import error as StructError  # noqa: N812 - an exception class

from PIL import Image, UnidentifiedImageError

from vidgan.files import existing_file
from vidgan.video._limits import MAX_PIXELS, check_pixels
from vidgan.video._png_chunks import check_checksums

_EXIF_ORIENTATION = 0x0112
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_IHDR_DEPTH = 24  # the byte of a PNG file that says how many bits a sample has
# The chunks that pixels and orientation depend on. The others are text and color profiles, which
# may be larger than Pillow accepts, or broken, in a picture that every viewer shows.
_ESSENTIAL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"IDAT", b"IEND")
_BROKEN_EXIF = (
    ArithmeticError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,
    StructError,
)

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_picture(
    path: str | os.PathLike[str],
    function: str,
    *,
    max_pixels: int = MAX_PIXELS,
    checksums: bool = False,
) -> Image.Image:
    """Open a PNG or JPEG file; its pixels are not decoded yet.

    Args:
        path: the file.
        function: name of the caller, the first word of the message.
        max_pixels: maximum number of pixels; Pillow has a limit of its own, 178,956,970.
        checksums: whether to compare those of a PNG.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no PNG or JPEG, cannot be read, or has too many pixels.
    """
    path = existing_file(path, function)
    if checksums:
        check_checksums(path, function)
    image = _open(path, function)
    try:
        check_pixels(image.height, image.width, max_pixels, f"{function}: {path}")
    except ValueError:
        image.close()
        raise
    return image


def _open(path: Path, function: str) -> Image.Image:
    try:
        try:
            return Image.open(path, formats=("PNG", "JPEG"))
        except Image.DecompressionBombError:
            raise
        except Exception:
            if not _is_png(path):
                raise
            return _open_essential(path)
    except Exception as error:  # Pillow raises many types for files that are damaged
        raise _refusal(path, function, error) from error


def load_picture(image: Image.Image, path: str | os.PathLike[str], function: str) -> Image.Image:
    """Decode the pixels of an opened picture; they are not turned yet.

    Raises:
        ValueError: the file is cut short or damaged.
    """
    try:
        try:
            image.load()
        except Exception:
            if image.format != "PNG":
                raise
            image = _open_essential(Path(path))
            image.load()
    except Exception as error:
        raise _refusal(Path(path), function, error) from error
    return image


def orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where there is none that can be read.

    A PNG without EXIF data in front of its pixels must be loaded first.
    """
    try:
        value = image.getexif().get(_EXIF_ORIENTATION)
    except _BROKEN_EXIF:  # viewers pass over it
        return 1
    return value if isinstance(value, int) and value in _TURNS else 1


def upright(image: Image.Image) -> Image.Image:
    """Turn and mirror a loaded picture as its EXIF orientation says."""
    turn = _TURNS.get(orientation(image))
    return image if turn is None else image.transpose(turn)


def bit_depth(path: str | os.PathLike[str]) -> int:
    """Read how many bits a sample has in a PNG file; 8 for any other file.

    Pillow's mode does not say: it opens RGB of 16 bits as RGB of 8, and gray of 2 bits as 8.
    """
    with Path(path).open("rb") as file:
        head = file.read(_IHDR_DEPTH + 1)
    is_png = head.startswith(_PNG_SIGNATURE) and len(head) > _IHDR_DEPTH
    return head[_IHDR_DEPTH] if is_png else 8


def _is_png(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_PNG_SIGNATURE)) == _PNG_SIGNATURE


def _open_essential(path: Path) -> Image.Image:
    """Open a PNG file without its texts and color profiles."""
    data = path.read_bytes()
    start = len(_PNG_SIGNATURE)
    kept = [data[:start]]
    while start + 8 <= len(data):
        end = start + 12 + int.from_bytes(data[start : start + 4], "big")  # length, kind, checksum
        if data[start + 4 : start + 8] in _ESSENTIAL_CHUNKS:
            kept.append(data[start:end])
        start = end
    return Image.open(BytesIO(b"".join(kept)), formats=("PNG",))


def _refusal(path: Path, function: str, error: Exception) -> Exception:
    subject = f"{function}: {path}"
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return ValueError(f"{subject} has too many pixels; downsample or crop it first ({error})")
    if isinstance(error, UnidentifiedImageError):
        return ValueError(f"{subject} is not a PNG or JPEG file, or cut short")
    if isinstance(error, MemoryError):
        return MemoryError(f"{subject} does not fit into memory; downsample or crop it first")
    if isinstance(error, OSError) and error.errno is not None:
        return ValueError(f"{subject} cannot be read ({error.strerror})")
    return ValueError(f"{subject} is cut short or damaged ({error})")
