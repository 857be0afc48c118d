"""Phi as a stock backbone and a neck; and the flip test, with a neck and without."""
import copy

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS, OPTIM_WRAPPER_CONSTRUCTORS
from mmpose.structures import PoseDataSample
from tiny_model import TINY_GAN, batch, build

RESNET = dict(type='ResNet', depth=18, stem_channels=4, base_channels=4, out_indices=(0, 1))
NECK = dict(type='SkeletonNeck', in_channels=(4, 8), map_size=4, skeleton_size=8, channels=4)
PHI = dict(backbone=RESNET, neck=NECK)
# mouse4: the second and the third joint are each other's mirror.
SWAP = [0, 2, 1, 3]


def constructed(model, modules):
    adam = dict(type='Adam', lr=1e-2)
    return OPTIM_WRAPPER_CONSTRUCTORS.build(dict(
        type='NamedOptimWrapperConstructor', paramwise_cfg=None, optim_wrapper_cfg=dict(
            translator=dict(modules=modules, optimizer=adam),
            discriminator=dict(modules=['discriminator'], optimizer=adam),
            head=dict(modules=['head'], optimizer=adam))))(model)


def test_without_a_neck_there_is_none():
    model = build()
    assert not model.with_neck and not any(
        key.startswith('neck.') for key in model.state_dict())


def test_a_step_moves_the_neck_with_phi():
    model = build(**PHI)
    before = copy.deepcopy(model.state_dict())
    wrappers = constructed(model, ['backbone', 'neck', 'generator'])
    model.train_step(batch('prior'), wrappers)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items()
               if key.startswith(('backbone.', 'neck.')))
    model.train_step(batch('gan'), wrappers)
    for name, parameter in model.named_parameters():
        # ResNet builds all its stages; out_indices ends at the second.
        if not name.startswith(('frozen_head', 'backbone.layer3', 'backbone.layer4')):
            assert not torch.equal(parameter, before[name]), name
    # What the optimizer was not given would stay random: refused.
    with pytest.raises(ValueError, match=r"no optim_wrapper entry trains the modules \['neck'\]"):
        constructed(model, ['backbone', 'generator'])


def test_the_equivariance_term_goes_through_the_neck():
    model = build(**PHI, equivariance=dict(weight=1.0, rotate_deg=0, scale=(1, 1), shift=0))
    model.eval()  # the same statistics for both passes
    images = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        y = model.extract_feat(images)[-1]
        keypoints = model.head.keypoints(y)
        error = model._equivariance_error(images, keypoints)
    assert y.shape == (2, 1, 8, 8)
    # The similarity that moves nothing: the error is y's distance from its rendering.
    assert error.item() == pytest.approx(
        (y - model.head.render(keypoints)).square().mean().item(), rel=1e-4)


def test_checkpoint_loads_strictly_in_a_stock_estimator():
    model = build(**PHI)
    state = {key: value for key, value in model.state_dict().items()
             if key.startswith(('backbone.', 'neck.', 'head.'))}
    stock = MODELS.build(dict(
        type='TopdownPoseEstimator', head=TINY_GAN['head'], **PHI,
        data_preprocessor=TINY_GAN['data_preprocessor']))
    stock.load_state_dict(state, strict=True)
    images = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(model.eval()._forward(images), stock.eval()._forward(images))


# ------------------------------------------------------------------ flip test

def samples(num):
    made = []
    for _ in range(num):
        one = PoseDataSample(metainfo=dict(
            input_center=np.array([8., 8.]), input_scale=np.array([16., 16.]),
            input_size=(16, 16), flip_indices=SWAP))
        one.gt_instances = InstanceData(bboxes=np.zeros((1, 4)), bbox_scores=np.ones(1))
        made.append(one)
    return made


def keypoints(model, images):
    with torch.no_grad():
        found = model.predict(images, samples(len(images)))
    return np.stack([sample.pred_instances.keypoints[0] for sample in found])


@pytest.mark.parametrize('phi', [{}, PHI], ids=['backbone', 'neck'])
def test_keypoints_of_a_mirrored_image_are_mirrored(phi):
    images = torch.randn(3, 3, 16, 16)
    for flip_test in (True, False):
        model = build(**phi, test_cfg=dict(flip_test=flip_test)).eval()
        found, mirrored = keypoints(model, images), keypoints(model, images.flip(-1))
        # Pixel x goes to 15 - x, and joints exchange their sides.
        expected = np.stack([15 - found[..., 0], found[..., 1]], axis=-1)[:, SWAP]
        difference = np.abs(mirrored - expected).max()
        assert difference < 1e-4 if flip_test else difference > 1e-2


def test_a_pixel_and_its_mirror_are_one_place():
    """Mirroring takes column 5 of 16 to column 10; the average is column 5, not a fraction off."""
    model = build(test_cfg=dict(flip_test=True)).eval()

    def column_as_grey(images):  # y = unit coordinate 2 x / W - 1 of the bright column
        unit = 2 * images[:, 0, 0].argmax(dim=-1) / images.shape[-1] - 1
        return (unit[:, None, None, None].expand(-1, 1, 8, 8), )

    def from_grey(y):
        x = y.mean(dim=(1, 2, 3))
        return torch.stack([x, 0 * x], dim=-1)[:, None].expand(-1, 4, 2)

    model.extract_feat, model.head.keypoints = column_as_grey, from_grey
    image = torch.zeros(1, 3, 16, 16)
    image[..., 5] = 1
    assert keypoints(model, image).tolist() == [[[5, 8]] * 4]
