"""Do pose and looks part, and do moved joints go where they are put?

    python projects/disentangling/measure.py CONFIG CHECKPOINT --move JOINT [JOINT ...] [--by 0.1] [--out DIR]

CHECKPOINT is a full one of a KeypointGAN, trained with CONFIG. 256 frame pairs of the config's validation
clips are drawn (seed 0). Frame i lends its pose p_i, a frame of another clip j its looks; Psi draws them
together, and Phi and eta read the drawing. Printed, means over the pairs, distances in percent of the side:

- pose: from p_i to the keypoints of the drawing; of the pose of j to them; from p_i to those of j;
  and from p_i to what Phi and eta read in frame i with its background filled, as Psi is asked for it;
- colour on the body, grey levels: between the drawing and the looks of j, the drawing and frame i, both frames;
- geometry: the JOINTs are moved together by ``--by`` sides in a random direction, drawn in the looks of
  frame i's own clip and read again: how far they lie from where they were put, from where they
  were, and the share of the way that they followed.

``grid.png``: five looks (columns) in six poses (rows).
"""
import argparse
from pathlib import Path

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)

import cv2
import numpy as np
import torch
from mmengine.dataset import default_collate
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS
from torch.nn import functional as F

from ikp_mm.command_line import run_tool, tool_parser
from ikp_mm.inference.checkpoints import load_strictly, read_checkpoint
from ikp_mm.io.config_file import read_config
from ikp_mm.io.pictures import write_image

PAIRS, BATCH = 256, 32
POSES, LOOKS = 6, 5


def parse_args() -> argparse.Namespace:
    parser = tool_parser(__doc__)
    parser.add_argument('config', type=Path)
    parser.add_argument('checkpoint', type=Path)
    parser.add_argument('--move', nargs='+', required=True, metavar='JOINT')
    parser.add_argument('--by', type=float, default=0.1, help='fraction of the side (0.1)')
    parser.add_argument('--out', type=Path, default=Path('work_dirs/disentangling'))
    return parser.parse_args()


@torch.no_grad()
def read(model, images: torch.Tensor) -> torch.Tensor:
    """Normalised images (N, 3, W, W) -> keypoints (N, K, 2), unit coordinates."""
    return model.head.keypoints(model.extract_feat(images)[-1])


@torch.no_grad()
def body_colour(model, images: torch.Tensor, keypoints: torch.Tensor) -> torch.Tensor:
    """Mean RGB (N, 3), 0-255, under beta's drawing of the keypoints."""
    drawn = (model.head.render(keypoints) + 1) / 2
    weight = F.interpolate(drawn, images.shape[-2:], mode='bilinear', align_corners=False)
    return ((model.to_rgb(images) * weight).sum(dim=(2, 3))
            / weight.sum(dim=(2, 3)).clamp(min=1e-6))


def distance(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """(N,) mean distance of keypoints, percent of the side (two units)."""
    return 50 * (first - second).norm(dim=-1).mean(dim=1)


def grey_levels(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """(N,) mean absolute difference of two colours."""
    return (first - second).abs().mean(dim=1)


@torch.no_grad()
def exchanged(model, pairs, poses: torch.Tensor, partners: torch.Tensor
              ) -> dict[str, torch.Tensor]:
    """Each frame's pose in the looks of its partner's clip."""
    looks = pairs.appearances[partners]
    drawing = model.generator(model.head.render(poses), looks)
    found = read(model, drawing)
    own = body_colour(model, pairs.targets, poses)
    theirs = body_colour(model, pairs.targets[partners], poses[partners])
    made = body_colour(model, drawing, poses)
    return {
        'pose of the drawing from the pose asked for': distance(found, poses),
        'pose of the drawing from the pose of the looks': distance(found, poses[partners]),
        'both poses': distance(poses, poses[partners]),
        'read with the background filled': distance(read(model, pairs.targets), poses),
        'colour of the drawing from the looks': grey_levels(made, theirs),
        "colour of the drawing from the pose's frame": grey_levels(made, own),
        'both colours': grey_levels(own, theirs)}


@torch.no_grad()
def moved(model, pairs, poses: torch.Tensor, joints: list[int], by: float
          ) -> dict[str, torch.Tensor]:
    """The joints put elsewhere, in the looks of their own clip."""
    angle = 2 * np.pi * torch.rand(len(poses))
    way = 2 * by * torch.stack([angle.cos(), angle.sin()], dim=1)  # a side spans two units
    asked = poses.clone()
    asked[:, joints] += way[:, None]
    before, after = (read(model, model.generator(model.head.render(each), pairs.appearances))
                     for each in (poses, asked))
    gone = (after - before)[:, joints].mean(dim=1)
    rest = [k for k in range(poses.shape[1]) if k not in joints]
    return {
        'moved joints from where they were put': distance(after[:, joints], asked[:, joints]),
        'moved joints from where they were': distance(after[:, joints], poses[:, joints]),
        'the same joints, not moved, from where they were put': distance(
            before[:, joints], poses[:, joints]),
        'percent of the way followed': 100 * (gone * way).sum(dim=1) / way.square().sum(dim=1),
        'other joints from where they were drawn before': distance(after[:, rest],
                                                                   before[:, rest])}


@torch.no_grad()
def grid(model, pairs, poses: torch.Tensor, partners: torch.Tensor) -> np.ndarray:
    """BGR picture: looks in the first row, poses in the first column."""
    looks, frames = pairs.appearances[partners[:LOOKS]], pairs.images[:POSES]
    drawings = model.head.render(poses[:POSES])
    rows = [torch.cat([torch.zeros_like(looks[:1]), looks])]
    for frame, drawing in zip(frames, drawings):
        rows.append(torch.cat([frame[None], model.generator(
            drawing.expand(len(looks), -1, -1, -1), looks)]))
    pixels = torch.stack([model.to_rgb(row).clamp(0, 255) for row in rows]).byte()
    high, wide, _, side, _ = pixels.shape
    image = pixels.permute(0, 3, 1, 4, 2).reshape(high * side, wide * side, 3).numpy()
    return cv2.resize(image[..., ::-1], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)


def main(args: argparse.Namespace) -> None:
    config, checkpoint = read_config(args.config), read_checkpoint(args.checkpoint)
    init_default_scope('mmpose')
    model = MODELS.build(config.model)
    load_strictly(model, checkpoint.state, checkpoint)
    model.eval()
    loader = config.val_cfg.get('pairs_dataloader') or config.val_dataloader
    dataset = DATASETS.build(dict(loader.dataset, seed=0))
    joints = [model.head.skeleton.index(name) for name in args.move]
    torch.manual_seed(0)
    draws = range(PAIRS)
    clips = np.array([dataset.pair_of(draw)[0] for draw in draws])
    figures: dict[str, list[torch.Tensor]] = {}
    for begin in range(0, PAIRS, BATCH):
        part = range(begin, begin + BATCH)
        pairs = model.prepare_pairs(default_collate([dataset[draw] for draw in part]))
        poses = read(model, pairs.images)
        here = clips[begin:begin + BATCH]
        partners = torch.tensor([next(
            other for other in (np.arange(BATCH) + row + 1) % BATCH
            if here[other] != here[row]) for row in range(BATCH)])
        if begin == 0:
            write_image(args.out / 'grid.png', grid(model, pairs, poses, partners))
        for name, values in {**exchanged(model, pairs, poses, partners),
                             **moved(model, pairs, poses, joints, args.by)}.items():
            figures.setdefault(name, []).append(values)
    print('| | mean |\n|---|---|')
    for name, values in figures.items():
        print(f'| {name} | {torch.cat(values).mean():.2f} |')
    print(args.out / 'grid.png')


if __name__ == '__main__':
    run_tool(main, parse_args())
