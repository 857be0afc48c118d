"""What painting figures costs on one core: seconds for a batch of 16, best of ten.

    python projects/figure_cost.py
"""
import time

import torch

import ikp_mm  # noqa: F401
from ikp_mm.models.drawers import FigureDrawer
from ikp_mm.skeletons import get_skeleton

BATCH, SIDE = 16, 64


def main() -> None:
    torch.set_num_threads(1)
    for name in ('mouse4', 'h36m17', 'coco17', 'face68'):
        drawer = FigureDrawer(name, SIDE, oval_trunk=name == 'mouse4')
        keypoints = torch.rand(BATCH, get_skeleton(name).num_joints, 2) * 1.2 - 0.6
        visible = torch.ones(keypoints.shape[:2], dtype=torch.bool)
        scenes, colours = torch.rand(BATCH, 3, SIDE, SIDE) * 255, torch.rand(BATCH, 8, 3) * 255
        best = float('inf')
        for _ in range(10):
            begun = time.perf_counter()
            drawer(keypoints, visible, scenes, colours)
            best = min(best, time.perf_counter() - begun)
        print(f'{name}: {best:.3f} s')


if __name__ == '__main__':
    main()
