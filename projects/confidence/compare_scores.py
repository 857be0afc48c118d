#!/usr/bin/env python
"""What predicts a wrong joint? ``compare_scores.py CONFIG CHECKPOINT [--split val|test]``.

Prints, for each candidate, the AUROC of "error > 5 % of the image side" over the labelled joints of
a split. docs/using_a_model.md says what came of it.
"""
import argparse

import ikp_mm  # noqa: F401  (before any mmpose module that wants compiled ops)
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmengine.runner.checkpoint import load_checkpoint
from mmpose.registry import MODELS

from ikp_mm.evaluation.functional import failure_auroc
from ikp_mm.io.checkpoint_file import latest_checkpoint
from ikp_mm.ops import joint_scores

THRESHOLD = 0.05  # of the side


def candidates(model, inputs) -> dict[str, torch.Tensor]:
    """Name -> (N, K), higher is worse."""
    head = model.head
    skeletons = model.extract_feat(inputs)[-1]
    probe = head.probe(skeletons)
    unsteady = probe.displacements.mean(dim=0)
    heatmaps = head.encoder(skeletons)
    marginals = [heatmaps.mean(dim=dim).softmax(dim=-1) for dim in (2, 3)]
    support = torch.linspace(-1, 1, heatmaps.shape[-1])
    variance = sum((m * support**2).sum(-1) - (m * support).sum(-1)**2 for m in marginals)
    rendered = head.render(2 * probe.keypoints - 1)
    whole = (skeletons - rendered).square().mean(dim=(1, 2, 3))
    keypoints, flip_scores = head.flip_test(
        (skeletons, ), model.extract_feat(inputs.flip(-1)), head.skeleton.swap_indices,
        inputs.shape[-1])
    return {
        'variance of the heatmap': variance,
        'y against its drawing, whole image': whole[:, None].expand_as(unsteady),
        'y against its drawing, at the joint': probe.disagreement,
        'eta(beta(eta(y))) moves': probe.displacements[0],
        'eta of shifted y moves': probe.displacements[1:].mean(dim=0),
        'all five move': unsteady,
        'keypoint_scores': -joint_scores(probe.disagreement, unsteady),
        # Needs a second pass of Phi.
        'eta(Phi(mirrored image)) moves': (keypoints - probe.keypoints).norm(dim=-1),
        'scores of the flip test': -flip_scores,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config')
    parser.add_argument('checkpoint', help='checkpoint, or a last_checkpoint file')
    parser.add_argument('--split', choices=['val', 'test'], default='val')
    args = parser.parse_args()
    cfg = Config.fromfile(args.config)
    init_default_scope('mmpose')
    model = MODELS.build(cfg.model)
    load_checkpoint(model, latest_checkpoint(args.checkpoint), map_location='cpu')
    model.eval()
    values, failed = {}, []
    for batch in Runner.build_dataloader(cfg[f'{args.split}_dataloader']):
        data = model.data_preprocessor(batch, False)
        with torch.no_grad():
            found = candidates(model, data['inputs'])
            predicted = 2 * model.head(model.extract_feat(data['inputs'])) - 1
        samples = data['data_samples']
        truth = torch.stack([2 * torch.as_tensor(
            (s.gt_instances.keypoints[0] - s.metainfo['input_center'])
            / s.metainfo['input_scale']) for s in samples])
        visible = torch.stack([torch.as_tensor(s.gt_instances.keypoints_visible).reshape(-1) > 0
                               for s in samples])
        failed.append(((predicted - truth).norm(dim=-1) / 2 > THRESHOLD)[visible])
        for name, value in found.items():
            values.setdefault(name, []).append(value[visible])
    failed = torch.cat(failed).numpy()
    print(f'{args.split} set: {len(failed)} joints, {100 * failed.mean():.1f} % wrong by more than '
          f'{100 * THRESHOLD:g} % of the side; AUROC')
    if failed.all() or not failed.any():
        raise SystemExit('nothing to tell apart')
    for name, value in values.items():
        print(f'  {name:38s}{failure_auroc(-torch.cat(value).numpy(), failed):.3f}')


if __name__ == '__main__':
    main()
