"""Pure tensor functions: the math of vidgan."""

from vidgan.functional.adversarial import (
    ADVERSARIAL_MODES,
    AdversarialMode,
    discriminator_loss,
    fake_loss,
    generator_loss,
    real_loss,
)
from vidgan.functional.augment import Augmentation, diff_augment
from vidgan.functional.balancing import adaptive_weight
from vidgan.functional.color import flow_to_color
from vidgan.functional.composite import (
    foreground_composite,
    layered_composite,
    occlusion_composite,
)
from vidgan.functional.convex_upsample import convex_upsample
from vidgan.functional.drift import color_drift, identity_drift
from vidgan.functional.flow import (
    end_point_error,
    forward_backward_confidence,
    photometric_confidence,
    resize_flow,
)
from vidgan.functional.frechet import frechet_distance, frechet_distance_from_moments
from vidgan.functional.kernel_distance import polynomial_mmd
from vidgan.functional.label_conv import label_conv2d
from vidgan.functional.labels import instance_edges, one_hot_labels, region_mask
from vidgan.functional.matching import feature_matching, masked_l1
from vidgan.functional.motion import compose_flows, warp_features
from vidgan.functional.penalties import finite_difference_penalty, gradient_penalty_r1
from vidgan.functional.perceptual import lpips_distance
from vidgan.functional.pooling import instance_features, instance_mean
from vidgan.functional.pyramid import average_pyramid
from vidgan.functional.reconstruction import (
    charbonnier,
    haar_wavelet_3d,
    ping_pong,
    wavelet_l1,
)
from vidgan.functional.regions import crop_regions
from vidgan.functional.scores import PatchReduction, sample_scores
from vidgan.functional.stabilizers import lecam, logit_centering
from vidgan.functional.temporal_groups import (
    temporal_context,
    temporal_group_indices,
    temporal_group_inputs,
    temporal_groups,
)
from vidgan.functional.temporal_metrics import (
    WarpingNormalization,
    flicker,
    tlp,
    tof,
    warping_error,
)
from vidgan.functional.unknown import known_flow
from vidgan.functional.warp import PaddingMode, flow_warp, pixel_grid

__all__ = [
    "ADVERSARIAL_MODES",
    "AdversarialMode",
    "Augmentation",
    "PaddingMode",
    "PatchReduction",
    "WarpingNormalization",
    "adaptive_weight",
    "average_pyramid",
    "charbonnier",
    "color_drift",
    "compose_flows",
    "convex_upsample",
    "crop_regions",
    "diff_augment",
    "discriminator_loss",
    "end_point_error",
    "fake_loss",
    "feature_matching",
    "finite_difference_penalty",
    "flicker",
    "flow_to_color",
    "flow_warp",
    "foreground_composite",
    "forward_backward_confidence",
    "frechet_distance",
    "frechet_distance_from_moments",
    "generator_loss",
    "gradient_penalty_r1",
    "haar_wavelet_3d",
    "identity_drift",
    "instance_edges",
    "instance_features",
    "instance_mean",
    "known_flow",
    "label_conv2d",
    "layered_composite",
    "lecam",
    "logit_centering",
    "lpips_distance",
    "masked_l1",
    "occlusion_composite",
    "one_hot_labels",
    "photometric_confidence",
    "ping_pong",
    "pixel_grid",
    "polynomial_mmd",
    "real_loss",
    "region_mask",
    "resize_flow",
    "sample_scores",
    "temporal_context",
    "temporal_group_indices",
    "temporal_group_inputs",
    "temporal_groups",
    "tlp",
    "tof",
    "warp_features",
    "warping_error",
    "wavelet_l1",
]
