"""What a checkpoint holds, and the detector (Phi and eta) in it, loaded strictly.

MMEngine's own loading only warns when weights are missing and leaves random numbers in their
place; here nothing of a detector may be missing, superfluous or of another shape.
"""
from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import MODELS
from torch import Tensor, nn

from ikp_mm.datasets.area_topdown_affine import AREA, with_crop_step
from ikp_mm.io.checkpoint_file import latest_checkpoint, load_plain
from ikp_mm.io.config_file import read_config
from ikp_mm.skeletons import Skeleton

from .held_config import REMEDY, held_config

# What of a KeypointGAN finds keypoints; the rest only trains it, and may need files to be built.
DETECTOR_PARTS = ('backbone', 'neck', 'head')
DETECTOR_KEYS = (*DETECTOR_PARTS, 'data_preprocessor', 'test_cfg')
NAMED_KEYS = 4


@dataclass
class Checkpoint:
    """A checkpoint file in memory."""

    path: Path
    state: dict[str, Tensor]  # parameter name -> tensor, on the CPU
    config: Config  # of the run, or the one given in its place
    meta: dict  # what the file says of itself; ``dataset_meta`` is MMPose's, parsed

    @property
    def skeleton(self) -> Skeleton | None:
        """What the file says it was trained for, None when it says nothing; ValueError when that
        is no skeleton."""
        described = self.meta.get('dataset_meta')
        if not described:
            return None
        try:
            return skeleton_of_meta(described)
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise ValueError(f"{self.path} describes no skeleton in meta['dataset_meta']: "
                             f'{type(error).__name__} {error}') from error


@dataclass
class Detector:
    """A model that finds keypoints, in evaluation mode, with ``cfg`` and ``dataset_meta`` set as
    MMPose's ``init_model`` sets them, so that MMPose's ``inference_topdown`` takes it too."""

    model: nn.Module
    config: Config
    skeleton: Skeleton


def read_checkpoint(path: str | Path, config: str | Path | Config | None = None) -> Checkpoint:
    """Read a checkpoint of MMEngine, or the one that a ``last_checkpoint`` file names.

    Nothing that the file holds is run. ``config`` None takes the configuration that it holds
    (:func:`.held_config`).

    Raises:
        FileNotFoundError: no such file, or no such configuration file.
        ValueError: no checkpoint, or one that holds more than weights and plain values; no weights
            in it; no configuration in it, or one that is refused, and none given.
    """
    path = Path(latest_checkpoint(path))
    content = load_plain(path)
    state = content.get('state_dict') if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping):
        raise ValueError(f"{path} is no checkpoint of MMEngine: it has no 'state_dict'")
    for key, value in state.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise ValueError(f"{path} is no checkpoint of MMEngine: its 'state_dict' has a "
                             f'{type(value).__name__} at {key!r}, not a weight')
    meta = content.get('meta') or {}
    if not isinstance(meta, Mapping):
        raise ValueError(f"{path} is no checkpoint of MMEngine: its 'meta' is a "
                         f'{type(meta).__name__}')
    if config is None:
        config = held_config(meta, path)
    elif not isinstance(config, Config):
        config = read_config(config)
    return Checkpoint(path, dict(state), copy.deepcopy(config), dict(meta))


def skeleton_of_meta(meta: Mapping) -> Skeleton:
    """The skeleton in a meta dictionary as MMPose parses it (``keypoint_id2name``, ...)."""
    names = [meta['keypoint_id2name'][k] for k in range(meta['num_keypoints'])]
    swaps = {names[k]: names[other] for k, other in enumerate(meta['flip_indices'])}
    edges = [(names[i], names[j]) for i, j in meta['skeleton_links']]
    return Skeleton(meta['dataset_name'], names, edges, swaps)


def detector_config(config: Config) -> dict:
    """Model configuration of the detector alone.

    A ``KeypointGAN`` becomes MMPose's ``TopdownPoseEstimator`` of the same backbone, neck and
    head; any other model is built as it is.
    """
    model = copy.deepcopy(config.model.to_dict())
    if model['type'] == 'KeypointGAN':
        model = dict(type='TopdownPoseEstimator',
                     **{key: model[key] for key in DETECTOR_KEYS if model.get(key) is not None})
    # The checkpoint has all weights: what they began from need not be there any more.
    if 'init_cfg' in model['backbone']:
        model['backbone']['init_cfg'] = None
    return model


def build_detector(checkpoint: Checkpoint, device: str = 'cpu') -> Detector:
    """Build the detector of a checkpoint and load its weights. Its test pipeline cuts boxes out by
    ``AreaTopdownAffine`` also where the configuration says ``TopdownAffine``, which aliases.

    Raises:
        ValueError: the weights are not those of the configuration; the checkpoint was trained for
            another skeleton; the configuration has no test pipeline; a model without named
            joints; a device that is not there.
    """
    _check_device(device)
    config = copy.deepcopy(checkpoint.config)
    init_default_scope(config.get('default_scope', 'mmpose'))
    model = MODELS.build(detector_config(config))
    skeleton = _skeleton(model, checkpoint)
    parts = (*DETECTOR_PARTS, *(name for name, _ in model.named_children()))
    load_strictly(model, {key: value for key, value in checkpoint.state.items()
                          if key.split('.')[0] in parts}, checkpoint, skeleton)
    theirs = checkpoint.skeleton
    if theirs is not None and theirs.joints != skeleton.joints:  # they fit by their number alone
        raise ValueError(f'{checkpoint.path} was trained for {theirs} with joints '
                         f'{list(theirs.joints)}, but the configuration is of {skeleton} with '
                         f'joints {list(skeleton.joints)}')
    dataset = (config.get('test_dataloader') or {}).get('dataset') or {}
    if not dataset.get('pipeline'):
        raise ValueError(f'the configuration of {checkpoint.path} has no '
                         'test_dataloader.dataset.pipeline: how images are read is not known. Add '
                         f'one, as configs/ikp_frames.py has it, and {REMEDY}')
    dataset['pipeline'] = with_crop_step(dataset['pipeline'], AREA)
    model.cfg = config
    model.dataset_meta = parse_pose_metainfo(skeleton.to_metainfo())
    if config.model.get('channels_last', False):
        model.to(memory_format=torch.channels_last)
    return Detector(model.to(device).eval(), config, skeleton)


def load_strictly(module: nn.Module, state: Mapping[str, Tensor], checkpoint: Checkpoint,
                  skeleton: Skeleton | None = None) -> None:
    """Load all of a module's weights and nothing else; half precision becomes the module's own.

    Raises:
        ValueError: names weights that are missing, superfluous or of another shape, the checkpoint
            and, where they differ, its skeleton and the configuration's (``skeleton``).
    """
    expected = module.state_dict()
    problems = {
        'missing': [key for key in expected if key not in state],
        'superfluous': [key for key in state if key not in expected],
        'of another shape': [
            f'{key} {tuple(state[key].shape)} in place of {tuple(expected[key].shape)}'
            for key in expected if key in state and state[key].shape != expected[key].shape]}
    found = [f"{kind}: {', '.join(keys[:NAMED_KEYS])}"
             + (f' and {len(keys) - NAMED_KEYS} more' if len(keys) > NAMED_KEYS else '')
             for kind, keys in problems.items() if keys]
    if found:
        theirs = checkpoint.skeleton
        differ = '' if None in (theirs, skeleton) or theirs.joints == skeleton.joints else (
            f' The checkpoint is of {theirs}, the configuration of {skeleton}.')
        raise ValueError(f'the weights of {checkpoint.path} are not those of the configuration.'
                         f"{differ} Weights {'; '.join(found)}")
    module.load_state_dict(state)


def _check_device(name: str) -> None:
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device '{name}' is none: cpu, cuda, cuda:0, ...") from error
    if device.type == 'cuda' and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"device '{name}': torch sees {torch.cuda.device_count()} GPUs here")


def _skeleton(model: nn.Module, checkpoint: Checkpoint) -> Skeleton:
    """The head's own; of stock heads, which know no names, the checkpoint's."""
    head = getattr(model, 'head', None)
    if hasattr(head, 'skeleton'):
        return head.skeleton
    if checkpoint.skeleton is None:
        raise ValueError(f'{checkpoint.path} does not name the joints that {type(head).__name__} '
                         "finds: it has no meta['dataset_meta']")
    return checkpoint.skeleton
