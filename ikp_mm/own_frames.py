"""Fills clips, poses and labels into a config (``configs/ikp_frames.py`` and its kin).

MMEngine evaluates a base config before the config that inherits from it, so what several entries
of a base need (a skeleton, a prior, a size) cannot be set once by the config that knows it.
:func:`fill_in` sets it in all of them. The resolved config, which is saved beside a run, is read
without this module.
"""
from __future__ import annotations

import inspect
from typing import Mapping

from mmpose.registry import DATASETS

PRIOR_OPTIONS = {'allow_missing', 'max_poses', 'key'}


def fill_in(base, *, clips: str | Mapping, poses, skeleton, size: int | None = None,
            labels: str | Mapping | None = None, labels_root: str = '', padding: float = 1.0,
            pairs: Mapping | None = None, prior: Mapping | None = None) -> None:
    """Change ``_base_`` of a config in place: one of ``configs/_base_/stands``, or
    ``configs/_base_/frames_128.py``, the released reference's recipe.

    MMEngine merges the config's own entries over the result, whether they stand before the call or
    after it. The import must stand below ``_base_ = [...]``: above it, MMEngine would take the
    file for one of its "pure Python" configs.

    Args:
        base (ConfigDict): the name ``_base_`` of the config.
        clips: folder with one folder of images a clip, or a clip source (``dict(type=...)``).
        poses: path of an npz with ``keypoints`` (N, K, 2), fractions of the frame, or another
            source of poses (``dict(type=...)``, or a mix of them; docs/priors.md).
        skeleton: anything ``get_skeleton`` reads.
        size: side of the network's images in pixels, skeleton images with half of it, for
            ``stands``; None keeps the base's. The networks refuse sizes that they cannot halve
            often enough (multiples of 16 from 48 on will do).
        labels: None (the label-free score alone is computed), the path of an npz below
            ``labels_root`` with ``files`` (N,) and ``keypoints`` (N, K, 2), or another labelled
            dataset (``dict(type=...)``), which is given the test pipeline and, unless it knows its
            own or states its ``metainfo``, the skeleton.
        labels_root: folder of the labelled images, for a path.
        padding: what boxes of labelled images are enlarged by.
        pairs: options of ``FramePairDataset``, for training and validation, in place of the base's
            (the config's own entries would be merged into those).
        prior: options of ``PosePriorDataset`` wherever the poses are read, in training, validation
            and test: ``allow_missing``, ``max_poses`` or ``key``.

    Raises:
        ValueError: ``labels_root`` without such a path; another option of ``prior``.
    """
    if labels_root and not isinstance(labels, str):
        raise ValueError(f'labels_root={labels_root!r} is the folder of the images that an npz of '
                         f'labels names, but labels is {labels!r}')
    options = dict(prior or {})
    unknown = sorted(options.keys() - PRIOR_OPTIONS)
    if unknown:
        raise ValueError(f'prior={options}: {unknown[0]!r} is none of {sorted(PRIOR_OPTIONS)}, '
                         'which hold wherever the poses are read')
    # Fractions of the frame, as the clips are framed; a source of poses knows its own coordinates.
    framed = dict(frame='image') if isinstance(poses, str) else {}
    prior = dict(type='PosePriorDataset', poses=poses, skeleton=skeleton, **framed, **options)
    if size is not None:
        _set_size(base, size)
    for step in base.test_pipeline:
        if step.type == 'GetBBoxCenterScale':
            step.padding = padding
    base.model.head.skeleton = skeleton
    base.train_cfg.prior_dataloader.dataset.update(prior)
    validation = base.val_cfg.pairs_dataloader
    for dataset in (base.train_dataloader.dataset, validation.dataset):
        dataset.update(skeleton=skeleton, prior=prior)
        for key, value in (pairs or {}).items():
            dataset[key] = value  # update would merge dictionaries
        if isinstance(clips, str):
            dataset.clips.root = clips
        else:
            dataset.clips = dict(clips)
    validation.dataset.pipeline = base.test_pipeline
    score = dict(type='LabelFreeScore', prior=prior)
    if labels is None:
        base.val_dataloader = base.test_dataloader = validation
        base.val_evaluator = base.test_evaluator = score
        base.val_cfg = dict(type='ValLoop')
        return
    if isinstance(labels, str):
        labels = dict(type=base.dataset_type, data_root=labels_root, ann_file=labels)
    base.dataset_type = labels['type']
    kind = DATASETS.get(labels['type'])  # None: of a module that custom_imports is still to import
    takes = kind is None or 'skeleton' in inspect.signature(kind).parameters
    known = dict(skeleton=skeleton) if takes and 'metainfo' not in labels else {}
    for loader in (base.val_dataloader, base.test_dataloader):
        loader.dataset = dict(labels, **known, pipeline=base.test_pipeline)
    base.val_evaluator = base.test_evaluator = dict(type='KeypointDistanceMetric', prior=prior)
    base.val_cfg.pairs_evaluator = score


def _set_size(base, size: int) -> None:
    """Networks and test pipeline of 64 px bases for another size."""
    model, skeleton_size = base.model, size // 2
    base.codec.input_size = (size, size)
    for loader in (base.train_dataloader, base.val_cfg.pairs_dataloader):
        loader.dataset.image_size = size
    model.head.update(
        skeleton_size=skeleton_size, heatmap_size=size // 8, decoder=base.codec)
    for network in (model.backbone, model.generator):
        network.update(image_size=size, skeleton_size=skeleton_size)
    model.generator.feature_size = model.generator.feature_size * size // 64
    model.discriminator.skeleton_size = skeleton_size
    for step in base.test_pipeline:
        if 'input_size' in step:
            step.input_size = (size, size)
