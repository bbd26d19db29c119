"""The released networks, written from the description of their layers alone.

Names of parts and places in sequences are those of the released weights. They compute what they
must, in the plainest way, as an oracle for networks of any width and depth.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from vidgan.functional import flow_warp


def norm(kind: str, width: int) -> nn.Module:
    if kind == "batch":
        return nn.BatchNorm2d(width)
    return nn.InstanceNorm2d(width, affine=False, track_running_stats=kind == "instance_tracked")


class Block(nn.Module):
    def __init__(self, width: int, kind: str) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            norm(kind, width),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3),
            norm(kind, width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


def down(channels: int, g: int, d: int, kind: str, most: int = 10**6) -> list[nn.Module]:
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(channels, g, 7), norm(kind, g), nn.ReLU()]
    for i in range(d):
        a, b = min(g * 2**i, most), min(g * 2 ** (i + 1), most)
        layers += [nn.Conv2d(a, b, 3, stride=2, padding=1), norm(kind, b), nn.ReLU()]
    return layers


def up(g: int, d: int, kind: str, most: int = 10**6, extra: int = 0) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for i in reversed(range(d)):
        a, b = min(g * 2 ** (i + 1), most), min(g * 2**i, most)
        a += extra if i == d - 1 else 0
        layers += [nn.ConvTranspose2d(a, b, 3, 2, 1, output_padding=1), norm(kind, b), nn.ReLU()]
    return layers


def blocks(width: int, n: int, kind: str) -> list[nn.Module]:
    return [Block(width, kind) for _ in range(n)]


def final(channels: int, out: int, last: nn.Module | None) -> nn.Sequential:
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(channels, out, 7)]
    return nn.Sequential(*layers, *([] if last is None else [last]))


class Scale(nn.Module):
    """One scale of the frame generator: the coarsest for ``scale`` 0, finer ones above."""

    def __init__(
        self,
        maps: int,
        *,
        scale: int = 0,
        g: int = 4,
        d: int = 2,
        n: int = 3,
        past: int = 2,
        kind: str = "batch",
        flow: bool = True,
        foreground: bool = False,
    ) -> None:
        super().__init__()
        narrow = (g // 2 if d > 2 else g) // 2**scale
        g = g // 2**scale
        self.scale, self.flow, self.foreground = scale, flow, foreground
        if scale:
            d, first, middle, parts = 1, 0, 0, ["img", *["flow"] * flow]
        else:
            first, middle, parts = n - n // 2, n // 2, ["img", *["flow"] * flow]
        wide = g * 2**d
        for name, channels in (("seg", (past + 1) * maps), ("img", 3 * past)):
            layers = down(channels, g, d, kind) + blocks(wide, first, kind)
            setattr(self, f"model_down_{name}", nn.Sequential(*layers))
        for name in parts:
            if scale:
                layers = blocks(wide, n, kind) + up(g, d, kind)
            else:
                setattr(self, f"model_res_{name}", nn.Sequential(*blocks(wide, middle, kind)))
                layers = up(g, d, kind)
            setattr(self, f"model_up_{name}", nn.Sequential(*layers))
        self.model_final_img = final(g, 3, nn.Tanh())
        if flow:
            self.model_final_flow = final(g, 2, None)
            self.model_final_w = final(g, 1, nn.Sigmoid())
        if foreground:
            self.indv_down = nn.Sequential(*down((past + 1) * maps, narrow, d, kind))
            inner = blocks(narrow * 2**d, n, kind)
            if scale:
                self.indv_up = nn.Sequential(*inner, *up(narrow, d, kind))
            else:
                self.indv_res = nn.Sequential(*inner)
                self.indv_up = nn.Sequential(*up(narrow, d, kind))
            self.indv_final = final(narrow, 3, nn.Tanh())

    def trunk(self, name: str, x: Tensor) -> Tensor:
        prefix = "indv" if name == "indv" else "model"
        suffix = "" if name == "indv" else f"_{name}"
        if not self.scale:
            x = getattr(self, f"{prefix}_res{suffix}")(x)
        return getattr(self, f"{prefix}_up{suffix}")(x)

    def forward(
        self, maps: Tensor, past: Tensor, mask: Tensor | None, coarse: dict[str, Tensor]
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        encoded = self.model_down_seg(maps) + self.model_down_img(past)
        full = {"img": self.trunk("img", encoded + coarse.get("img", 0))}
        raw = self.model_final_img(full["img"])
        frame = raw
        if self.flow:
            full["flow"] = self.trunk("flow", encoded + coarse.get("flow", 0))
            flow = self.model_final_flow(full["flow"]) * 20 * 2**self.scale
            weight = self.model_final_w(full["flow"])
            frame = weight * raw + (1 - weight) * flow_warp(past[:, -3:], flow)
        if self.foreground:
            full["indv"] = self.trunk("indv", self.indv_down(maps) + coarse.get("indv", 0))
            foreground = self.indv_final(full["indv"])
            frame = mask * foreground + (1 - mask) * frame
            raw = mask * foreground + (1 - mask) * raw
        return frame, raw, full


def pooled(x: Tensor, times: int) -> Tensor:
    for _ in range(times):
        x = avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
    return x


def frame_of(scales: list[Scale], maps: Tensor, past: Tensor, mask: Tensor | None) -> Tensor:
    full: dict[str, Tensor] = {}
    for i, scale in enumerate(scales):
        times = len(scales) - 1 - i
        level = None if mask is None else pooled(mask, times)
        frame, _, full = scale(pooled(maps, times), pooled(past, times), level, full)
    return frame


class Discriminator(nn.Module):
    """Several patch discriminators; the last one sees the finest input."""

    def __init__(
        self, channels: int, *, f: int = 4, scales: int = 2, n: int = 3, kind: str
    ) -> None:
        super().__init__()
        self.scales, self.n = scales, n
        for scale in range(scales):
            width = min(64, f * 2 ** (scales - 1 - scale))
            layers = [[nn.Conv2d(channels, width, 4, 2, 2), nn.LeakyReLU(0.2)]]
            for i in range(1, n + 1):
                wider = min(512, 2 * width)
                conv = nn.Conv2d(width, wider, 4, 2 if i < n else 1, 2)
                layers.append([conv, norm(kind, wider), nn.LeakyReLU(0.2)])
                width = wider
            layers.append([nn.Conv2d(width, 1, 4, 1, 2)])
            for j, layer in enumerate(layers):
                setattr(self, f"scale{scale}_layer{j}", nn.Sequential(*layer))

    def forward(self, x: Tensor) -> list[Tensor]:
        logits = []
        for times in range(self.scales):
            y = pooled(x, times)
            for layer in range(self.n + 2):
                y = getattr(self, f"scale{self.scales - 1 - times}_layer{layer}")(y)
            logits.append(y)
        return logits


class Global(nn.Module):
    def __init__(self, maps: int, *, g: int, d: int, n: int, kind: str, out: int = 3) -> None:
        super().__init__()
        most = 1024
        layers = down(maps, g, d, kind, most) + blocks(min(g * 2**d, most), n, kind)
        layers += up(g, d, kind, most)
        self.model = nn.Sequential(*layers, *final(g, out, nn.Tanh()))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class GlobalFeatures(nn.Module):
    def __init__(self, maps: int, *, z: int, g: int, d: int, n: int, kind: str) -> None:
        super().__init__()
        most, self.d = 1024, d
        self.model_downsample = nn.Sequential(*down(maps + z, g, d, kind, most))
        self.model_resnet = nn.Sequential(*blocks(min(g * 2**d, most) + z, n, kind))
        self.model_upsample = nn.Sequential(*up(g, d, kind, most, 2 * z))
        self.model_upsample_conv = final(g + z, 3, nn.Tanh())

    def features(self, x: Tensor, z: Tensor) -> Tensor:
        small = pooled(z, self.d)
        y = self.model_downsample(torch.cat([x, z], 1))
        y = self.model_resnet(torch.cat([y, small], 1))
        return self.model_upsample(torch.cat([y, small], 1))

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        return self.model_upsample_conv(torch.cat([self.features(x, z), z], 1))


class Local(nn.Module):
    def __init__(
        self, maps: int, *, g: int, d: int, n: int, kind: str, local: int, number: int = 1
    ) -> None:
        super().__init__()
        self.number = number
        self.model = Global(maps, g=g * 2**number, d=d, n=n, kind=kind).model[:-3]
        for i in range(1, number + 1):
            width = g * 2 ** (number - i)
            setattr(self, f"model{i}_1", nn.Sequential(*down(maps, width, 1, kind)))
            layers = blocks(2 * width, local, kind) + up(width, 1, kind)
            head = final(g, 3, nn.Tanh()) if i == number else []
            setattr(self, f"model{i}_2", nn.Sequential(*layers, *head))

    def forward(self, x: Tensor) -> Tensor:
        y = self.model(pooled(x, self.number))
        for i in range(1, self.number + 1):
            level = pooled(x, self.number - i)
            y = getattr(self, f"model{i}_2")(getattr(self, f"model{i}_1")(level) + y)
        return y
