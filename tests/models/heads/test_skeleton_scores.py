"""Scores of SkeletonHead: what lowers them, and what does not."""
import pytest
import torch
from mmpose.structures import PoseDataSample

from ikp_mm.models import SkeletonHead
from ikp_mm.ops.skeleton_confidence import HALF, STEADY

# Two limbs far from each other, and a joint that no line ends in.
LIMBS = dict(name='limbs', joints=['left_hand', 'left_foot', 'right_hand', 'right_foot', 'tag'],
             edges=[('left_hand', 'left_foot'), ('right_hand', 'right_foot')])
SWAP = [2, 3, 0, 1, 4]
POINTS = torch.tensor([[[0.1, 0.2], [0.1, 0.8], [0.9, 0.2], [0.9, 0.8], [0.5, 0.5]]])
PIXEL = 1 / 32


def head(**options):
    return SkeletonHead(**{**dict(
        skeleton=LIMBS, skeleton_size=32, heatmap_size=8, base_channels=4,
        renderer=dict(sigma=0.1, falloff='gaussian'),
        decoder=dict(type='RegressionLabel', input_size=(64, 64))), **options})


def reading(found, drawn=None, right=None):
    """An eta by script. Arguments are fractions of the frame: what it finds in y, in the drawing
    (the same), and in y moved by one pixel to the right; moved otherwise, as it should be."""
    drawn = found if drawn is None else drawn
    right = found + torch.tensor([PIXEL, 0.]) if right is None else right
    others = [found + PIXEL * torch.tensor(to) for to in ((-1., 0.), (0., 1.), (0., -1.))]

    def keypoints(skeletons):
        answers = torch.cat([drawn, right, *others]) if len(skeletons) == 5 else found
        return 2 * answers - 1
    return keypoints


def scripted(*answers, **options):
    made = head(**options)
    made.keypoints = reading(*answers)
    return made


def drawing(made, visible=None):
    return made.render(2 * POINTS - 1, visible)


# ------------------------------------------------------------------ what lowers them

def test_a_perfect_drawing_read_steadily_is_sure():
    made = scripted(POINTS)
    assert made.scores(drawing(made)).tolist() == [pytest.approx([1] * 5)]


def test_an_erased_limb_lowers_its_joints_and_not_the_far_ones():
    made = scripted(POINTS)
    without_left = torch.tensor([[False, False, True, True, True]])
    left_hand, left_foot, right_hand, right_foot, tag = made.scores(
        drawing(made, without_left))[0].tolist()
    # Nothing of the left limb's drawing is there: r = 1, at eta's usual wobble.
    assert left_hand == pytest.approx(1 / (1 + (STEADY / HALF)**2), abs=1e-3)
    assert left_foot == pytest.approx(left_hand, abs=1e-3)
    assert right_hand > 0.999 and right_foot > 0.999
    # Half of the drawing is missing: sum (a - b)^2 / sum (a^2 + b^2) = 1 / 3 over the whole image.
    assert tag == pytest.approx(1 / (1 + (STEADY / HALF)**2 / 3), abs=0.01)


def test_ink_that_is_not_drawn_lowers_what_is_near():
    made = scripted(POINTS)
    y = drawing(made)
    y[0, 0, 5:8, 3:12] = 1  # a bar to the right of the left hand, which lies at pixel (3.2, 6.4)
    scores = made.scores(y)[0]
    assert scores[0] < 0.8
    assert (scores[2:4] > 0.999).all()


def test_unsteadiness_by_hand():
    # The drawing's left hand is found 5 % of the side off, the shifted images' as they should be:
    # d = 1 % on average. y is an even grey of ink 1/2 and nothing is drawn: r = 1.
    drawn = POINTS.clone()
    drawn[0, 0] += torch.tensor([0.03, 0.04])
    made = scripted(POINTS, drawn)
    made.render = lambda keypoints: -torch.ones(len(keypoints), 1, 32, 32)
    scores = made.scores(torch.zeros(1, 1, 32, 32))[0].tolist()
    steady = 1 / (1 + (STEADY / HALF)**2)
    assert scores == pytest.approx([1 / (1 + ((STEADY + 0.01) / HALF)**2)] + [steady] * 4,
                                   rel=1e-4)


def test_a_joint_that_does_not_follow_a_shift_is_unsure():
    # Shifted right by one pixel, every joint is found where it was: d = PIXEL / 5.
    made = scripted(POINTS, None, POINTS)
    made.render = lambda keypoints: -torch.ones(len(keypoints), 1, 32, 32)
    expected = 1 / (1 + ((STEADY + PIXEL / 5) / HALF)**2)
    assert made.scores(torch.zeros(1, 1, 32, 32))[0].tolist() == pytest.approx([expected] * 5,
                                                                              rel=1e-3)


def test_shuffled_pixels_are_unsure():
    made = scripted(POINTS)
    y = drawing(made)
    shuffled = y.flatten()[torch.randperm(y.numel())].view_as(y)
    assert (made.scores(shuffled) < 0.6).all() and (made.scores(y) > 0.999).all()


def test_an_image_does_not_change_the_score_of_another():
    made = head().eval()
    y = torch.rand(3, 1, 32, 32) * 2 - 1
    alone = torch.cat([made.scores(image[None]) for image in y])
    torch.testing.assert_close(made.scores(y), alone, atol=1e-5, rtol=0)
    assert alone.shape == (3, 5) and (alone >= 0).all() and (alone <= 1).all()


# ------------------------------------------------------------------ predict

def sample():
    return PoseDataSample(metainfo=dict(flip_indices=SWAP, input_size=(64, 64)))


def test_predict_carries_the_scores():
    made, y = head().eval(), torch.rand(2, 1, 32, 32) * 2 - 1
    predictions = made.predict((None, y), [sample(), sample()])
    keypoints, scores = made.forward_with_scores((None, y))
    assert torch.equal(keypoints, made((None, y)))
    for prediction, expected in zip(predictions, scores):
        assert prediction.keypoint_scores.shape == (1, 5)
        assert prediction.keypoint_scores.dtype.name == 'float32'
        assert prediction.keypoint_scores[0].tolist() == expected.tolist()


def test_flip_test_joins_both_passes_by_hand():
    # Direct: all steady, and as drawn. Mirrored: nothing of the drawing is there (r = 1), and its
    # right hand, the left one of the image, is found 11 % of the side too low.
    mirrored = POINTS[:, SWAP].clone()
    mirrored[..., 0] = 1 - 1 / 64 - mirrored[..., 0]
    mirrored[0, SWAP[0], 1] += 0.11
    made = head()
    blank = -torch.ones(1, 1, 32, 32)
    answers = [reading(POINTS), reading(mirrored)]
    calls = []

    def keypoints(skeletons):  # eta is called twice a pass
        calls.append(len(skeletons))
        return answers[(len(calls) - 1) // 2](skeletons)
    made.keypoints = keypoints
    prediction, = made.predict([(drawing(made), ), (blank, )], [sample()], dict(flip_test=True))
    assert calls == [1, 5, 1, 5]
    assert prediction.keypoints[0, 1:] == pytest.approx(64 * POINTS[0, 1:].numpy(), abs=1e-4)
    assert prediction.keypoints[0, 0].tolist() == pytest.approx([6.4, 64 * (0.2 + 0.055)])
    # r = (0 + 1) / 2; d = 11 % / 11 probes for the left hand, 0 for the others.
    moved, still = (1 / (1 + ((STEADY + d) / HALF)**2 / 2) for d in (0.01, 0.))
    assert prediction.keypoint_scores[0].tolist() == pytest.approx([moved] + [still] * 4, rel=1e-2)


def test_checkpoints_have_no_new_keys():
    assert all(key.startswith('encoder.') for key in head().state_dict())


def test_several_channels_have_no_drawing_to_compare_with():
    with pytest.raises(ValueError, match='in_channels=2'):
        head(in_channels=2).scores(torch.zeros(1, 2, 32, 32))


@pytest.mark.parametrize('opset', [11, 17])
def test_exports_with_scores(tmp_path, opset):
    onnxruntime = pytest.importorskip('onnxruntime')
    made = head().eval()

    class WithScores(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.head = made

        def forward(self, y):
            return self.head.forward_with_scores((y, ))

    path = str(tmp_path / 'head.onnx')
    torch.onnx.export(WithScores(), torch.rand(1, 1, 32, 32), path, opset_version=opset,
                      input_names=['y'], output_names=['keypoints', 'scores'],
                      dynamic_axes={name: {0: 'n'} for name in ('y', 'keypoints', 'scores')},
                      dynamo=False)
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    y = torch.rand(3, 1, 32, 32) * 2 - 1
    keypoints, scores = session.run(None, {'y': y.numpy()})
    with torch.no_grad():
        expected = made.forward_with_scores((y, ))
    torch.testing.assert_close(torch.from_numpy(keypoints), expected[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.from_numpy(scores), expected[1], atol=1e-4, rtol=0)
