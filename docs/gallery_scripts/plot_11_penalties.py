"""
What the regularizers of a discriminator do
===========================================

A generator and a discriminator that follow their gradients need not come to rest. The
smallest example is the Dirac-GAN (Mescheder et al. 2018): all real samples are 0, the
generator makes the one sample theta, the discriminator is D(x) = psi x. Both should end
at 0; the loss here is the linear one, ``"wasserstein"``. This page trains it with each
of the regularizers, and looks at how well finite differences estimate the exact
penalty.
"""

import matplotlib.pyplot as plt
import torch

from vidgan.losses import (
    AdversarialLoss,
    FiniteDifferencePenalty,
    GradientPenalty,
    LeCamLoss,
)
from vidgan.models import multiscale_discriminator

# %%
# The Dirac-GAN
# -------------
#
# Without a regularizer the pair circles, and each step leads a little further out. R1
# pulls psi, the slope of D, toward 0 and the spiral inward. Its estimate from a noisy
# copy does the same, with fluctuations. LeCam pulls the scores of real and generated
# samples toward running means of the other side's. The real sample 0 always scores 0,
# so that here it limits how far the generated one's score gets from it.

STEPS, RATE = 400, 0.05


def train(regularize):
    """Train by simultaneous gradient steps; return the path of (theta, psi)."""
    torch.manual_seed(0)
    theta = torch.ones(1, 1, requires_grad=True)
    psi = torch.ones(1, 1, requires_grad=True)
    loss, path = AdversarialLoss("wasserstein"), []
    for _ in range(STEPS):
        path.append((theta.item(), psi.item()))
        real = torch.zeros(1, 1, requires_grad=True)
        on_real, on_fake = real * psi, theta.detach() * psi
        d_loss = loss.discriminator(on_real, on_fake)
        d_loss = d_loss + regularize(psi, real, on_real, on_fake)
        (g_step,) = torch.autograd.grad(loss(theta * psi.detach()), theta)
        (d_step,) = torch.autograd.grad(d_loss, psi)
        with torch.no_grad():
            theta -= RATE * g_step
            psi -= RATE * d_step
    return torch.tensor(path)


r1, lecam = GradientPenalty(gamma=1.0), LeCamLoss(weight=1.0, decay=0.9)
fd = FiniteDifferencePenalty(gamma=1.0, sigma=0.1)
regularizers = {
    "no regularizer": lambda *_: 0.0,
    "exact R1": lambda _psi, real, on_real, _: r1(real, on_real),
    "finite differences": lambda psi, real, *_: fd(lambda x: x * psi, real),
    "LeCam": lambda _psi, _real, on_real, on_fake: lecam(on_real, on_fake),
}
paths = {name: train(regularize) for name, regularize in regularizers.items()}

figure, axes = plt.subplots(1, 4, figsize=(10, 2.9), layout="constrained", sharey=True)
for axis, (name, path) in zip(axes, paths.items(), strict=True):
    axis.plot(*path.T, color="tab:blue", linewidth=0.8)
    axis.plot(*path[-1], "o", color="tab:red")
    axis.set(title=name, xlabel="theta", xlim=(-2.6, 2.6), ylim=(-2.6, 2.6))
    axis.axhline(0, color="black", linewidth=0.4)
    axis.axvline(0, color="black", linewidth=0.4)
    print(f"{name}: distance from rest {path[-1].norm():.3f} after {STEPS} steps")
axes[0].set_ylabel("psi")

# %%
# How good is the estimate?
# -------------------------
#
# The ratio of the estimate to exact R1 for a small discriminator of images: the mean
# over draws of the noise, by sigma and by precision. In float64 the estimate approaches
# the exact penalty as sigma falls. In bfloat16, numbers near 1 are 0.008 apart, and the
# rounding of the logits, divided by a small sigma, takes over; 0.1 is safe. With a
# large sigma it measures the slope over a longer way, which here is larger. Each
# precision draws other noise, so that the curves also differ by what 100 draws leave to
# chance, a few percent.

torch.manual_seed(0)
discriminator = multiscale_discriminator(
    3, base_channels=8, num_layers=2, norm="none"
).double()
images = torch.rand(8, 3, 32, 32, dtype=torch.float64) * 2 - 1
for weight in discriminator.parameters():
    if weight.dim() > 1:
        weight.data *= 8  # logits of the size that training gives them
leaf = images.clone().requires_grad_()
exact = GradientPenalty()(leaf, discriminator(leaf)).item()

sigmas = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
styles = {torch.float64: "o-", torch.float32: "x--", torch.bfloat16: "s:"}
for dtype, style in styles.items():
    network, inputs = discriminator.to(dtype), images.to(dtype)
    ratios = []
    for sigma in sigmas:
        penalty = FiniteDifferencePenalty(sigma=sigma)
        noise = torch.Generator().manual_seed(0)
        with torch.no_grad():
            draws = [penalty(network, inputs, generator=noise) for _ in range(100)]
        ratios.append(torch.stack(draws).double().mean().item() / exact)
    name = str(dtype).removeprefix("torch.")
    axis.plot(sigmas, ratios, style, label=name)
    print(name, " ".join(f"{ratio:.3g}" for ratio in ratios))
    discriminator = discriminator.double()
axis.axhline(1, color="black", linewidth=0.6)
axis.set(xscale="log", yscale="log", xlabel="sigma", ylabel="estimate / exact R1")
axis.legend()
plt.show()
