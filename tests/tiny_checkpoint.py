"""Checkpoints of the tiny model of ``tiny_model.py``, without a training."""
from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import MODELS

from ikp_mm.skeletons import get_skeleton
from tiny_model import TINY_GAN

PIPELINE = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='AreaTopdownAffine', input_size=(16, 16)),
    dict(type='PackPoseInputs', meta_keys=('input_size', 'input_center', 'input_scale',
                                           'flip_indices')),
]


def tiny_config(**model) -> Config:
    """Configuration of a tiny KeypointGAN of mice, with entries of the model replaced."""
    return Config(dict(
        default_scope='mmpose', model={**copy.deepcopy(TINY_GAN), **model},
        test_dataloader=dict(dataset=dict(type='SyntheticPeopleDataset', pipeline=PIPELINE))),
        format_python_code=False)


def save_tiny(path: Path, config: Config | None = None, skeleton: str | None = 'mouse4',
              with_config: bool = True, detector_only: bool = False) -> Path:
    """A checkpoint of random weights.

    Args:
        skeleton: what it says it was trained for; None says nothing.
        with_config: hold the configuration, as text.
        detector_only: leave out what only trains it.
    """
    config = config or tiny_config()
    init_default_scope('mmpose')  # also for fixtures of a module, which come before conftest's
    model = MODELS.build(copy.deepcopy(config.model.to_dict()))
    state = {key: value for key, value in model.state_dict().items()
             if not detector_only or key.split('.')[0] in ('backbone', 'head')}
    meta = dict(cfg=config.pretty_text) if with_config else {}
    if skeleton is not None:
        parsed = parse_pose_metainfo(get_skeleton(skeleton).to_metainfo())
        # As TrainingStateHook writes it: without arrays, which torch would refuse to read.
        meta['dataset_meta'] = {key: value.tolist() if isinstance(value, np.ndarray) else value
                                for key, value in parsed.items()}
    torch.save(dict(state_dict=state, meta=meta), path)
    return path
