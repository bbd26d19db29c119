"""SHA-256 sums: of any file, and of the weight files that vidgan knows."""

from __future__ import annotations

import hashlib
from pathlib import Path

from vidgan._weight_files.stand_ins import RefusedFileError

# By name and last folder, or by name alone. A short sum is the start of one, as torchvision puts
# it into the names of its files.
_KNOWN = {
    "v0.1/alex.pth": "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0",
    "v0.1/squeeze.pth": "4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76",
    "v0.1/vgg.pth": "a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
    "vST0.0/alex_shift_tolerant.pth": (
        "b356b382f96010f77d085ee8343ecd9fd322d0a56e8de2b2d0549fafcad8b9ee"
    ),
    "vST0.0/vgg_shift_tolerant.pth": (
        "44597da68f49c1837c100ff52299050f274d102eb102e5837178c79be6f0e250"
    ),
    "alexnet-owt-7be5be79.pth": "7be5be79",
    "raft_large_C_T_SKHT_V2-ff5fadd5.pth": "ff5fadd5",
    "raft_small_C_T_V2-01064c6d.pth": "01064c6d",
    "squeezenet1_1-b8a52dc0.pth": "b8a52dc0",
    "vgg16-397923af.pth": "397923af",
    "vgg19-dcbb9e9d.pth": "dcbb9e9d",
}


def sha256(path: Path) -> str:
    """Compute the SHA-256 sum of a file, in lower-case hexadecimal digits."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            total.update(chunk)
    return total.hexdigest()


def check_known(path: Path) -> None:
    """Raise RefusedFileError if a file has the name of one that vidgan knows, but other bytes."""
    names = (f"{path.parent.name}/{path.name}", path.name)
    wanted = next((_KNOWN[name] for name in names if name in _KNOWN), None)
    if wanted is not None and not sha256(path).startswith(wanted):
        raise RefusedFileError(f"its SHA-256 sum is not the published one, {wanted[:8]}...")
