"""IMM and Zhang2018 at 16 px, and clips of one bright square that moves over grey."""
import torch
from mmengine.optim import OptimWrapper
from mmpose.registry import MODELS

from projects.comparison import models  # noqa: F401  (registers them)

PREPROCESSOR = dict(type='PoseDataPreprocessor', mean=[100, 110, 120], std=[50, 60, 70],
                    bgr_to_rgb=True)
BACKBONE = dict(type='ImageEncoder', image_size=16, feature_size=8, base_channels=8)
HEAD = dict(type='GaussianPointHead', in_channels=16, num_points=2, map_size=8, sigma=0.3,
            decoder=dict(type='RegressionLabel', input_size=(16, 16)))
TINY_IMM = dict(
    type='IMM', data_preprocessor=PREPROCESSOR, backbone=BACKBONE, head=HEAD,
    generator=dict(type='ConditionalImageGenerator', image_size=16, skeleton_size=8,
                   feature_size=8, base_channels=4, skeleton_channels=2),
    loss_reconstruction=dict(type='PerceptualLoss', features='random', channels=(4, 8)))
TINY_ZHANG = dict(
    type='Zhang2018', data_preprocessor=PREPROCESSOR, backbone=BACKBONE,
    head=dict(HEAD, normalisation='spatial'),
    image_decoder=dict(type='DescriptorImageDecoder', num_points=2, in_channels=16, image_size=16,
                       map_size=8, base_channels=4),
    loss_reconstruction=dict(type='MSELoss', loss_weight=10.),
    loss_concentration=dict(type='ConcentrationLoss', loss_weight=0.01),
    loss_separation=dict(type='SeparationLoss', loss_weight=0.002),
    loss_equivariance=dict(type='PointEquivarianceLoss'),
    warp=dict(rotate_deg=20, scale=(0.9, 1.1), shift=0.1))


def build(config, **options):
    return MODELS.build({**config, **options})


def square_frames(num: int):
    """``num`` frames (num, 3, 16, 16) uint8 and their squares' centres in unit coordinates."""
    corners = torch.randint(0, 13, (num, 2))
    frames = torch.full((num, 3, 16, 16), 100, dtype=torch.uint8)
    for frame, (x, y) in zip(frames, corners.tolist()):
        frame[:, y:y + 4, x:x + 4] = torch.tensor([250, 30, 200], dtype=torch.uint8)[:, None, None]
    return frames, 2 * (corners + 1.5) / 16 - 1


def square_pairs(num: int):
    """A collated batch as FramePairDataset lays it out, and the centres in x."""
    frames, centres = square_frames(num)
    return dict(image=frames, target=frames, appearance=square_frames(num)[0],
                weight=torch.ones(num, 1, 16, 16), draw=torch.arange(num)), centres


def train(model, iterations: int, lr: float = 5e-3) -> list[dict]:
    """What each step logs."""
    model.init_weights()
    model.train()
    wrapper = OptimWrapper(torch.optim.Adam(model.parameters(), lr=lr))
    return [model.train_step(square_pairs(8)[0], wrapper) for _ in range(iterations)]


def unexplained(points, centres) -> float:
    """Share of the squares' motion that no linear map of the points explains."""
    design = torch.cat([points.flatten(1), torch.ones(len(points), 1)], dim=1)
    solution = torch.linalg.lstsq(design, centres).solution
    left = (design @ solution - centres).square().sum()
    return float(left / (centres - centres.mean(dim=0)).square().sum())
