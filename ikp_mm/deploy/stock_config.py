"""Configurations of Phi and eta alone, their model of MMPose's own type."""
from __future__ import annotations

import copy

from mmengine.config import Config

from ikp_mm.datasets.area_topdown_affine import STOCK, crop_step, with_crop_step
from ikp_mm.inference import Detector
from ikp_mm.inference.checkpoints import detector_config
from ikp_mm.inference.held_config import USED
from ikp_mm.skeletons import SKELETONS, Skeleton

# What MMPose's init_model, inference_topdown and tools/test.py read, besides the model.
KEPT = ('custom_imports', 'default_scope', *USED)
STOCK_TYPE, STOCK_PREPROCESSOR = 'TopdownPoseEstimator', 'PoseDataPreprocessor'


def skeleton_spec(skeleton: Skeleton) -> str | dict:
    """What a config says of a skeleton: its name where the package knows it, else all of it (the
    path of a meta file would not survive a move to another machine)."""
    known = SKELETONS.get(skeleton.name) == skeleton
    return skeleton.name if known else written_out(skeleton)


def written_out(skeleton: Skeleton) -> dict:
    """All of a skeleton in plain words: ``name``, ``joints``, ``edges`` by name, ``swaps``."""
    joints = skeleton.joints
    return dict(
        name=skeleton.name, joints=list(joints),
        edges=[[joints[i], joints[j]] for i, j in skeleton.edges],
        swaps={joints[k]: joints[other] for k, other in enumerate(skeleton.swap_indices)})


def stock_config(config: Config, skeleton: Skeleton) -> Config:
    """The configuration of the detector alone, ``TopdownPoseEstimator`` and the test set, from
    that of a KeypointGAN, or of Phi and eta trained in another way; ``skeleton`` is the head's.

    Raises:
        ValueError: a model that is no top-down estimator of backbone and head, another data
            preprocessor, or a configuration without a test pipeline.
    """
    model = detector_config(config)
    if model['type'] != STOCK_TYPE:
        raise ValueError(f"a model of type '{model['type']}' is no backbone and head that "
                         f"MMPose's {STOCK_TYPE} could run")
    preprocessor = (model.get('data_preprocessor') or {}).get('type')
    if preprocessor != STOCK_PREPROCESSOR:
        raise ValueError(f'model.data_preprocessor must be a {STOCK_PREPROCESSOR}, which is what '
                         f'MMDeploy reads mean and std from, got {preprocessor}')
    if 'skeleton' in model['head']:
        model['head']['skeleton'] = skeleton_spec(skeleton)
    model['test_cfg'] = dict(model.get('test_cfg') or {}, flip_test=False)
    pipeline_of(config)
    kept = {key: copy.deepcopy(config[key]) for key in KEPT if config.get(key) is not None}
    if 'codec' not in kept:  # MMDeploy reads it at the top level
        kept['codec'] = copy.deepcopy(model['head']['decoder'])
    return Config(dict(kept, model=model))


def pipeline_of(config: Config) -> list[dict]:
    """The test pipeline; ValueError where there is none, or it lacks a step that says how boxes
    are cut out."""
    dataset = (config.get('test_dataloader') or {}).get('dataset') or {}
    pipeline = dataset.get('pipeline', [])
    crop_step(pipeline)
    missing = {'GetBBoxCenterScale', 'PackPoseInputs'} - {step['type'] for step in pipeline}
    if missing:
        raise ValueError('the configuration has no test_dataloader.dataset.pipeline of a top-down '
                         f'model: it lacks {sorted(missing)}')
    return pipeline


def box_padding(config: Config) -> float:
    """``padding`` of the test pipeline's GetBBoxCenterScale (MMPose's default: 1.25)."""
    step = next(step for step in pipeline_of(config) if step['type'] == 'GetBBoxCenterScale')
    return float(step.get('padding', 1.25))


def input_size(config: Config) -> tuple[int, int]:
    """(W, H) of the network's input."""
    width, height = crop_step(pipeline_of(config))['input_size']
    return int(width), int(height)


def mmdeploy_config(detector: Detector) -> Config:
    """What MMDeploy's ``PoseDetection`` task reads: the stock model, the pipeline, the joints.

    The dataset is a stock one that carries the joints in its ``metainfo``: MMDeploy asks the
    dataset's class for them and knows nothing of ``skeleton=``. It is never built. Boxes are cut
    out by the stock ``TopdownAffine``, the one that MMDeploy knows.
    """
    config = stock_config(detector.config, detector.skeleton)
    loader = dict(dataset=dict(
        type='CocoDataset', metainfo=detector.skeleton.to_metainfo(),
        pipeline=with_crop_step(copy.deepcopy(pipeline_of(config)), STOCK)))
    kept = {key: config[key] for key in ('custom_imports', 'default_scope', 'codec', 'model')
            if key in config}
    return Config(dict(kept, test_dataloader=loader))
