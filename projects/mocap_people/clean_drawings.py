"""How well does eta read clean drawings? ``python projects/mocap_people/clean_drawings.py CHECKPOINT``

Draws poses by beta and reads them by the checkpoint's eta: no image, no Phi. Printed, in percent of the
side: the mean distance, and the same by the nearer naming of each pose, for 512 prior poses and for
the poses of the test frames.
"""
import sys

import ikp_mm  # noqa: F401  (before torch, and mmpose modules that want compiled ops)
import numpy as np
import torch

from ikp_mm.inference.checkpoints import build_detector, read_checkpoint
from ikp_mm.ops import frame_to_unit

ROOT = 'data/mocap_people'


def main() -> None:
    head = build_detector(read_checkpoint(sys.argv[1])).model.head
    prior, tested = (np.load(f'{ROOT}/{name}.npz')['keypoints'] for name in ('prior', 'test'))
    some = np.random.default_rng(0).choice(len(prior), 512)
    for name, poses in (('prior poses', prior[some]), ('test poses', tested)):
        wanted = frame_to_unit(torch.as_tensor(poses, dtype=torch.float32))
        with torch.no_grad():
            found = head.keypoints(head.render(wanted))
        errors = torch.stack([(found - each).norm(dim=-1).mean(dim=1) / 2
                              for each in (wanted, wanted[:, head.swap])])
        print(f'{name}: {100 * errors[0].mean():.2f}, by the nearer naming '
              f'{100 * errors.min(dim=0).values.mean():.2f}')


if __name__ == '__main__':
    main()
