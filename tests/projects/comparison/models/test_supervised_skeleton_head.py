import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from ikp_mm.models import SkeletonHead
from projects.comparison.models import SupervisedSkeletonHead

OPTIONS = dict(skeleton='mouse4', skeleton_size=8, heatmap_size=4, base_channels=4)


def labelled(keypoints, weights):
    sample = PoseDataSample()
    sample.gt_instance_labels = InstanceData(keypoint_labels=keypoints[None],
                                             keypoint_weights=weights[None])
    return sample


def test_second_term_compares_y_with_the_drawing_of_the_labels():
    head = SupervisedSkeletonHead(drawing_weight=3., **OPTIONS)
    labels, seen = torch.rand(4, 2), torch.ones(4)
    drawn = head.render(2 * labels[None] - 1)
    losses = head.loss((drawn, ), [labelled(labels, seen)])
    assert losses['loss_drawing'] == pytest.approx(0, abs=1e-10)
    # Half a unit off everywhere: 3 * 1/4.
    losses = head.loss((drawn + 0.5, ), [labelled(labels, seen)])
    assert float(losses['loss_drawing']) == pytest.approx(0.75, rel=1e-5)
    # The first terms are the parent's.
    plain = SkeletonHead(**OPTIONS)
    plain.load_state_dict(head.state_dict())
    expected = plain.loss((drawn + 0.5, ), [labelled(labels, seen)])
    assert set(losses) == {*expected, 'loss_drawing'}
    assert losses['loss_kpt'] == expected['loss_kpt']


def test_a_joint_without_a_label_is_not_drawn():
    head = SupervisedSkeletonHead(**OPTIONS)
    labels, seen = torch.rand(4, 2), torch.tensor([1., 1., 1., 0.])
    without = head.render(2 * labels[None] - 1, seen[None] > 0)
    assert head.loss((without, ), [labelled(labels, seen)])['loss_drawing'] == 0
