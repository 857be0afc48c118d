"""Every configuration of configs/backbones: builds, steps, predicts, flips, loads in the host.

The networks are those of the configuration, whole; batches are of 2 random frames.
"""
import copy
import functools

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.structures import InstanceData
from mmpose.registry import MODELS, OPTIM_WRAPPER_CONSTRUCTORS
from mmpose.structures import PoseDataSample

from ikp_mm.skeletons import get_skeleton
from tiny_run import ROOT

CONFIGS = sorted((ROOT / 'configs/backbones').glob('ikp_synthetic_*.py'))
TRAINED = ('backbone', 'neck', 'generator', 'discriminator', 'head')
SHIPPED = ('backbone', 'neck', 'head')
SIZE = 64


def test_all_shipped_configurations_are_here():
    assert {path.stem.removeprefix('ikp_synthetic_') for path in CONFIGS} == {
        'cspnext', 'hourglass', 'hrnet', 'resnet18', 'vit'}


@pytest.fixture(params=CONFIGS, ids=lambda path: path.stem)
def path(request):
    if request.param.stem == 'ikp_synthetic_vit':
        pytest.importorskip('mmpretrain', reason='pip install as docs/extending.md says')
    return request.param


@pytest.fixture
def cfg(path):
    return Config.fromfile(path)


@pytest.fixture
def stepped(path):
    return take_steps(path)


@functools.lru_cache(maxsize=None)
def take_steps(path):
    """The model after two steps of stage two, its weights before, and what the second logs."""
    cfg = Config.fromfile(path)
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    model.init_weights()
    entries = cfg.optim_wrapper.to_dict()
    wrappers = OPTIM_WRAPPER_CONSTRUCTORS.build(dict(
        type=entries.pop('constructor'), optim_wrapper_cfg=entries, paramwise_cfg=None))(model)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}

    def frames():
        return torch.randint(0, 256, (2, 3, SIZE, SIZE), dtype=torch.uint8)

    pairs = dict(image=frames(), target=frames(), appearance=frames(),
                 weight=torch.rand(2, 1, SIZE, SIZE))
    prior = dict(keypoints=torch.rand(2, 17, 2) * 1.6 - 0.8,
                 visible=torch.ones(2, 17, dtype=torch.bool))
    model.train()
    # Two steps: ResNet's residual branches end in a norm of weight 0, which the first step moves.
    for _ in range(2):
        logs = model.train_step(dict(stage='gan', pairs=pairs, prior=prior), wrappers)
    return model, before, logs


def samples(num):
    made = []
    for _ in range(num):
        one = PoseDataSample(metainfo=dict(
            input_center=np.full(2, SIZE / 2), input_scale=np.full(2, float(SIZE)),
            input_size=(SIZE, SIZE), flip_indices=get_skeleton('h36m17').swap_indices))
        one.gt_instances = InstanceData(bboxes=np.zeros((1, 4)), bbox_scores=np.ones(1))
        made.append(one)
    return made


@torch.no_grad()
def keypoints(model, images):
    """(N, 17, 2) pixels of the frame."""
    found = model.eval().predict(images, samples(len(images)))
    return np.stack([sample.pred_instances.keypoints[0] for sample in found])


def test_steps_move_every_weight(stepped):
    model, before, logs = stepped
    assert all(torch.isfinite(value) for value in logs.values())
    after = dict(model.named_parameters())
    assert {name.split('.')[0] for name in after} == {*TRAINED, 'frozen_head'}
    still = [name for name in after
             if name.split('.')[0] in TRAINED and torch.equal(after[name], before[name])]
    assert still == []


def test_y_starts_unsaturated(cfg):
    """Before any step, on noise: |y| stays where tanh passes at least a quarter of a gradient."""
    torch.manual_seed(1)
    model = MODELS.build(cfg.model)
    model.init_weights()
    with torch.no_grad():
        y = model.train().extract_feat(torch.rand(2, 3, SIZE, SIZE) * 2 - 1)[-1]
    assert y.shape == (2, 1, 32, 32)
    assert (y.abs() < 0.75**0.5).float().mean() > 0.98 and y.std() > 0.02


def test_flip_test_mirrors(stepped):
    model = stepped[0]
    images = torch.randn(2, 3, SIZE, SIZE)
    model.test_cfg['flip_test'] = True
    found, mirrored = keypoints(model, images), keypoints(model, images.flip(-1))
    model.test_cfg['flip_test'] = False
    expected = np.stack([SIZE - 1 - found[..., 0], found[..., 1]], axis=-1)
    swap = list(get_skeleton('h36m17').swap_indices)
    np.testing.assert_allclose(mirrored, expected[:, swap], atol=1e-3)


def test_checkpoint_loads_strictly_in_a_stock_estimator(cfg, stepped):
    model = stepped[0]
    state = {key: value for key, value in model.state_dict().items()
             if key.split('.')[0] in SHIPPED}
    parts = copy.deepcopy({name: cfg.model[name] for name in (*SHIPPED, 'data_preprocessor')})
    stock = MODELS.build(dict(type='TopdownPoseEstimator', test_cfg=cfg.model.test_cfg, **parts))
    stock.load_state_dict(state, strict=True)
    images = torch.randn(2, 3, SIZE, SIZE)
    ours, theirs = keypoints(model, images), keypoints(stock, images)
    # Ours is channels-last, which sums in another order.
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
    assert ours.std(axis=0).max() > 0  # two images, two answers
