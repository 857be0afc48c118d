"""What a KeypointGAN tells of itself on frame pairs, without a label."""
from __future__ import annotations

import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from torch import Tensor

from ...ops import inside_frame, transform_images, transform_points
from ...structures import FramePairs, PriorPoses

# What images are moved by: 12 degrees, 0.92 times, some pixels; a mirror.
KNOWN_MOVE = [[0.9, -0.19, 0.06], [0.19, 0.9, -0.04]]
KNOWN_MIRROR = [[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


def label_free_samples(model, data: dict) -> list[PoseDataSample]:
    """The field ``label_free`` of one sample a frame pair, a dict for ``LabelFreeScore``.

    - ``agreement``: mean squared difference of y and the drawing of its keypoints;
    - ``reconstruction``: mean squared error of the reconstruction in [0, 1] intensities,
      foreground-weighted;
    - ``other_pose``, from stage two on: the same with the skeleton image of another sample, larger
      where the reconstruction needs y;
    - ``moved``: see :func:`moved_error`;
    - ``keypoints`` (K, 2) in unit coordinates, and ``neighbour_keypoints`` of the neighbouring
      frame if the batch holds it;
    - ``painted``, if the batch holds prior poses and figures are painted: see
      :func:`painted_error`.

    Args:
        model (KeypointGAN): the model.
        data: a collated batch of ``FramePairDataset``.
    """
    pairs = model.prepare_pairs(data)
    out = model.translate(pairs.images, pairs.appearances)
    figures = dict(
        agreement=(out.skeletons - out.rendered).square().mean(dim=(1, 2, 3)),
        reconstruction=foreground_error(model, out.reconstructions, pairs),
        moved=moved_error(model, pairs.images, out.keypoints),
        keypoints=out.keypoints)
    if model.head_is_frozen:  # before stage two Psi has learnt nothing
        exchanged = model.generator(out.rendered.roll(1, dims=0), pairs.appearances)
        figures['other_pose'] = foreground_error(model, exchanged, pairs)
    if 'neighbour' in data:
        figures['neighbour_keypoints'] = model.head.keypoints(
            model.extract_feat(model.normalise(data['neighbour']))[-1])
    if model.figures is not None and 'pose' in data:
        poses = dict(keypoints=data['pose'], visible=data['pose_visible'])
        figures['painted'] = painted_error(
            model, model.prepare_prior(poses), pairs, seed=int(data['draw'][0]))
    arrays = {name: values.cpu().numpy() for name, values in figures.items()}
    samples = []
    for row in range(len(pairs)):
        sample = PoseDataSample(pred_instances=InstanceData())
        sample.set_field({name: values[row] for name, values in arrays.items()}, 'label_free')
        samples.append(sample)
    return samples


def foreground_error(model, reconstructions: Tensor, pairs: FramePairs) -> Tensor:
    """(N,) mean squared error in [0, 1] intensities, foreground-weighted."""
    squared = ((model.to_rgb(reconstructions) - model.to_rgb(pairs.targets)) / 255).square()
    total = pairs.weights.sum(dim=(1, 2, 3)).clamp(min=1e-6)
    return (squared.mean(dim=1, keepdim=True) * pairs.weights).sum(dim=(1, 2, 3)) / total


def moved_error(model, images: Tensor, keypoints: Tensor) -> Tensor:
    """(N,) ``mean_k |eta(Phi(T x)) - T p|``, fraction of the side: how far the keypoints of the
    moved image lie from the moved keypoints, over a fixed similarity and a mirror."""
    errors = []
    for matrix, partners in ((KNOWN_MOVE, slice(None)), (KNOWN_MIRROR, model.head.swap)):
        transforms = images.new_tensor(matrix).expand(len(images), -1, -1)
        warped = transform_images(images, transforms).contiguous(
            memory_format=model.memory_format)
        found = model.head.keypoints(model.extract_feat(warped)[-1])
        expected = transform_points(keypoints, transforms)[:, partners]
        errors.append((found - expected).norm(dim=-1).mean(dim=1) / 2)
    return torch.stack(errors).mean(dim=0)


def painted_error(model, prior: PriorPoses, pairs: FramePairs, seed: int) -> Tensor:
    """(N,) mean distance, fraction of the side, of the keypoints found in painted figures from
    their poses, over the joints in the frame; painted alike for one seed. By the nearer names where
    either side counts (``loss_prior.either_side_from``)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        images, keypoints, visible = model.painted(prior, pairs)
    asked = visible & inside_frame(keypoints)
    found = model.head.keypoints(model.extract_feat(images)[-1])
    namings = [slice(None)]
    if model.loss_prior.either_side_from is not None:
        namings.append(model.head.swap)
    errors = []
    for names in namings:
        distance = (found - keypoints[:, names]).norm(dim=-1) / 2 * asked[:, names]
        errors.append(distance.sum(dim=1) / asked.sum(dim=1).clamp(min=1))
    return torch.stack(errors).min(dim=0).values
