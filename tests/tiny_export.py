"""A tiny detector of people whose keypoints depend visibly on the image, to export."""
from __future__ import annotations

import copy
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from ikp_mm.deploy.export import load_detector
from ikp_mm.deploy.publish import plain_meta
from ikp_mm.inference import Detector
from ikp_mm.skeletons import get_skeleton
from tiny_checkpoint import PIPELINE, tiny_config
from tiny_model import TINY_GAN

ROOT = Path(__file__).resolve().parents[1]
DATASET = dict(type='SyntheticPeopleDataset', split='test', num_clips=4, frames_per_clip=4,
               image_size=16, pipeline=PIPELINE)
PROVENANCE = dict(training_command='python tools/train.py tiny.py', result=dict(direct=12.5),
                  code_version='0123abc', licence='Apache-2.0')


def people_config(**model) -> Config:
    """Configuration of a tiny KeypointGAN of people with its test set, joints as h36m17."""
    config = tiny_config(head=dict(copy.deepcopy(TINY_GAN['head']), skeleton='h36m17'), **model)
    config.test_dataloader = dict(batch_size=4, dataset=copy.deepcopy(DATASET))
    config.codec = dict(type='RegressionLabel', input_size=(16, 16))
    config.custom_imports = dict(imports=['ikp_mm'], allow_failed_imports=False)
    return config


def sharpened(model: torch.nn.Module) -> torch.nn.Module:
    """Weights as they start answer almost alike to every image; larger ones do not."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.split('.')[0] in ('backbone', 'head') and parameter.ndim == 4:
                fan_in = parameter[0].numel()
                parameter.copy_(torch.randn_like(parameter) * (2 / fan_in)**0.5)
        last = [p for n, p in model.head.encoder.named_parameters() if p.ndim == 4][-1]
        last.mul_(8)
    return model


def save_people(path: Path, **meta) -> Path:
    """A checkpoint of a tiny KeypointGAN, with what a training leaves in ``meta``."""
    init_default_scope('mmpose')  # also for fixtures of a session, which come before conftest's
    config = people_config()
    model = sharpened(MODELS.build(copy.deepcopy(config.model.to_dict())))
    told = dict(cfg=config.pretty_text, dataset_meta=plain_meta(get_skeleton('h36m17')), iter=7,
                seed=3, time='20261122_222929', mmengine_version='0.10.7', **meta)
    torch.save(dict(meta=told, state_dict=model.state_dict()), path)
    return path


def people_detector(folder: Path) -> Detector:
    """The detector of :func:`save_people`."""
    return load_detector(save_people(folder / 'people.pth'))


def deploy_config(name: str) -> Config:
    """A file of ``configs/deploy``."""
    return Config.fromfile(ROOT / 'configs/deploy' / f'{name}.py')


def picture(height: int = 44, width: int = 52) -> np.ndarray:
    """A smooth coloured picture (H, W, 3) uint8."""
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)


def inputs(number: int = 5) -> torch.Tensor:
    """Normalised inputs (N, 3, 16, 16)."""
    return torch.randn(number, 3, 16, 16, generator=torch.Generator().manual_seed(1))
