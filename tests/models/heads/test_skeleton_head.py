import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from torch import nn

from ikp_mm.models import SkeletonHead, SkeletonRenderer
from ikp_mm.skeletons import H36M17

HANDS = dict(name='hands', joints=['left_hand', 'right_hand', 'head'],
             edges=[('left_hand', 'head'), ('right_hand', 'head')])
SWAP = [1, 0, 2]
DECODER = dict(type='RegressionLabel', input_size=(64, 64))


def head(skeleton=HANDS, **options):
    return SkeletonHead(**{**dict(skeleton=skeleton, skeleton_size=16, heatmap_size=4,
                                  base_channels=4, decoder=DECODER), **options})


def heatmap_head(**options):
    """A head that takes heatmaps (N, K, H, W) for its feature map: what comes out is known."""
    made = head(**options)
    made.encoder = nn.Identity()
    return made


def peaks(*places, size=9):
    """(1, K, size, size) heatmaps, each with one overwhelming peak at (column, row)."""
    heatmaps = torch.zeros(1, len(places), size, size)
    for joint, (column, row) in enumerate(places):
        heatmaps[0, joint, row, column] = 1e4
    return heatmaps


def sample(labels=None, weights=None):
    made = PoseDataSample(metainfo=dict(flip_indices=SWAP, input_size=(64, 64)))
    if labels is not None:
        made.gt_instance_labels = InstanceData(
            keypoint_labels=torch.tensor([labels]), keypoint_weights=torch.tensor([weights]))
    return made


# ------------------------------------------------------------------ forward

def test_forward_is_one_tensor_in_zero_to_one():
    feats = (torch.randn(2, 1, 16, 16), )
    keypoints = head()(feats)
    assert keypoints.shape == (2, 3, 2)
    assert keypoints.min() > 0 and keypoints.max() < 1


def test_forward_reads_the_last_feature_map_and_spans_the_frame():
    feats = (None, peaks((0, 0), (8, 8), (4, 2)))
    # 9 bins over [-1, 1]: bin 4 is 0, bin 2 is -1/2; in [0, 1]: 1/2, 1/4
    assert heatmap_head()(feats).tolist() == [[[0, 0], [1, 1], [0.5, 0.25]]]


def test_keypoints_are_forward_in_unit_coordinates():
    made, skeletons = head(), torch.randn(2, 1, 16, 16)
    torch.testing.assert_close(made.keypoints(skeletons), 2 * made((skeletons, )) - 1)


def test_a_peak_at_a_pixel_of_the_skeleton_image_moves_the_keypoint_there():
    # Identity encoder: nothing is learnt, so a blob's mean column and row decide.
    left, right = peaks((1, 4)), peaks((7, 4))
    made = heatmap_head()
    assert made.keypoints(left)[0, 0, 0] < 0 < made.keypoints(right)[0, 0, 0]


# ------------------------------------------------------------------ beta

def test_renders_with_its_own_topology_and_options():
    made = head(renderer=dict(sigma=0.3, falloff='gaussian'))
    keypoints = torch.rand(2, 3, 2) * 2 - 1
    expected = SkeletonRenderer([(0, 2), (1, 2)], 16, sigma=0.3, falloff='gaussian')
    assert torch.equal(made.render(keypoints), expected(keypoints))
    visible = torch.tensor([[True, False, True], [False, False, True]])
    drawn = made.render(keypoints, visible)
    assert torch.equal(drawn, expected(keypoints, visible))
    assert (drawn[1] == -1).all()


def test_a_left_right_swap_cannot_be_seen_in_the_rendering():
    keypoints = torch.rand(1, 17, 2) * 2 - 1
    made = head('h36m17')
    torch.testing.assert_close(made.render(keypoints[:, H36M17.swap_indices]),
                               made.render(keypoints))


# ------------------------------------------------------------------ predict

def located(*points):
    """An eta that finds the same (x, y), fractions of the frame, in every image."""
    return lambda skeletons: 2 * torch.tensor(points).expand(len(skeletons), -1, -1) - 1


def test_predict_decodes_to_pixels_of_the_input_frame():
    made = head()
    made.keypoints = located([0., 0.], [1., 1.], [0.5, 0.25])
    prediction, = made.predict((made.render(made.keypoints([0])), ), [sample()])
    assert prediction.keypoints.tolist() == [[[0, 0], [64, 64], [32, 16]]]


def test_mirrored_output_gives_mirrored_keypoints_with_swapped_joints():
    heatmaps = torch.randn(1, 3, 9, 9)
    made = heatmap_head()
    keypoints = made((heatmaps, ))
    mirrored = made((heatmaps.flip(-1)[:, SWAP], ))
    expected = torch.stack([1 - keypoints[..., 0], keypoints[..., 1]], dim=-1)[:, SWAP]
    torch.testing.assert_close(mirrored, expected)


@pytest.fixture
def marked_head():
    """An eta that knows the answer by the image's mark, the value of its first pixel."""
    made = head()

    def keypoints(skeletons):
        return torch.stack([made.answers[image[0, 0, 0].item()] for image in skeletons])
    made.keypoints = keypoints
    return made


def flipped_answers(made, pixels, mirrored):
    """Let eta answer ``pixels`` to an image of zeros and ``mirrored`` to one of ones."""
    made.answers = {0.: 2 * pixels[0] / 64 - 1, 1.: 2 * mirrored[0] / 64 - 1}
    # Drawings are marked by their background, -1, and answered as the direct image.
    made.answers[-1.] = made.answers[0.]
    made.render = lambda keypoints: -torch.ones(len(keypoints), 1, 16, 16)
    feats = [(torch.zeros(1, 1, 16, 16), ), (torch.ones(1, 1, 16, 16), )]
    return made.predict(feats, [sample()], test_cfg=dict(flip_test=True))[0]


def test_flip_test_of_an_exactly_mirrored_answer_changes_nothing(marked_head):
    pixels = torch.tensor([[[10., 20.], [50., 24.], [31., 8.]]])
    # Mirroring a 64 px image takes pixel x to 63 - x, and left to right.
    mirrored = torch.tensor([[[13., 24.], [53., 20.], [32., 8.]]])
    prediction = flipped_answers(marked_head, pixels, mirrored)
    assert torch.from_numpy(prediction.keypoints).tolist() == pixels.tolist()


def test_flip_test_is_the_mean_of_both_answers(marked_head):
    pixels = torch.tensor([[[10., 20.], [50., 24.], [31., 8.]]])
    # The mirrored pass sees the left hand 4 px further right, so 4 px further left once mirrored,
    # and the head 2 px lower: the means move by 2 and 1 px.
    mirrored = torch.tensor([[[13., 24.], [57., 20.], [32., 10.]]])
    prediction = flipped_answers(marked_head, pixels, mirrored)
    assert prediction.keypoints.tolist() == [[[8, 20], [50, 24], [31, 9]]]


def test_flip_test_of_the_mirrored_image_mirrors_the_answer():
    # Swapping the two feature maps is what mirroring the image does.
    made, a, b = head(), (torch.randn(1, 1, 16, 16), ), (torch.randn(1, 1, 16, 16), )
    flip_test = dict(flip_test=True)
    with torch.no_grad():
        answer, = made.predict([a, b], [sample()], flip_test)
        of_mirrored, = made.predict([b, a], [sample()], flip_test)
    expected = answer.keypoints[:, SWAP]
    expected[..., 0] = 63 - expected[..., 0]
    torch.testing.assert_close(of_mirrored.keypoints, expected, atol=1e-4, rtol=0)


def test_predict_without_a_codec_is_refused():
    with pytest.raises(RuntimeError, match='decoder'):
        head(decoder=None).predict((torch.zeros(1, 1, 16, 16), ), [sample()])


# ------------------------------------------------------------------ supervised loss

def test_loss_is_zero_when_equal():
    losses = heatmap_head().loss((peaks((0, 0), (8, 8), (4, 2)), ), [
        sample([[0., 0.], [1., 1.], [0.5, 0.25]], [1., 1., 1.])])
    assert sorted(losses) == ['error_percent', 'loss_kpt']
    assert losses['loss_kpt'] == 0 and losses['error_percent'] == 0


def test_loss_by_hand():
    # Joint 0 is off by (0.03, 0.04), joint 1 unlabelled and far off, joint 2 right. Smooth L1
    # below 1 is d^2 / 2, averaged over all 6 coordinates; the distance 0.05 over 2 joints is 2.5 %.
    losses = heatmap_head().loss((peaks((0, 0), (8, 8), (4, 2)), ), [
        sample([[0.03, 0.04], [0., 0.], [0.5, 0.25]], [1., 0., 1.])])
    assert losses['loss_kpt'].item() == pytest.approx((0.0009 + 0.0016) / 2 / 6)
    assert losses['error_percent'].item() == pytest.approx(2.5)


def test_loss_option():
    l1 = heatmap_head(loss=dict(type='L1Loss', use_target_weight=True))
    losses = l1.loss((peaks((0, 0), (8, 8), (4, 2)), ), [
        sample([[0.03, 0.04], [0., 0.], [0.5, 0.25]], [1., 0., 1.])])
    assert losses['loss_kpt'].item() == pytest.approx((0.03 + 0.04) / 6)


def test_loss_grows_with_the_error_and_trains_the_encoder():
    made, feats = head(), (torch.randn(1, 1, 16, 16), )
    labels = made(feats)[0].detach()
    losses = [made.loss(feats, [sample((labels + off).tolist(), [1.] * 3)])['loss_kpt'].item()
              for off in (0., 0.1, 0.2)]
    assert losses[0] == pytest.approx(0, abs=1e-10)
    assert losses[0] < losses[1] < losses[2]
    made.loss(feats, [sample((labels + 0.1).tolist(), [1.] * 3)])['loss_kpt'].backward()
    assert all(p.grad is not None for p in made.parameters())


# ------------------------------------------------------------------ options

def test_parameter_count_at_the_reference_size():
    # eta of the reference: 32 joints, 128 px skeletons, 1.2 M parameters.
    joints = [f'joint{i}' for i in range(32)]
    reference = SkeletonHead(dict(name='h36m32', joints=joints, edges=[joints[:2]]))
    assert sum(p.numel() for p in reference.parameters()) == pytest.approx(1.2e6, rel=0.03)


def test_one_heatmap_a_joint_of_the_chosen_size():
    for heatmap_size in (2, 8, 16):
        heatmaps = head(heatmap_size=heatmap_size).encoder(torch.zeros(1, 1, 16, 16))
        assert heatmaps.shape == (1, 3, heatmap_size, heatmap_size)
    assert head('h36m17').encoder(torch.zeros(1, 1, 16, 16)).shape[1] == 17
    assert head(in_channels=2).keypoints(torch.zeros(1, 2, 16, 16)).shape == (1, 3, 2)


def test_width_and_norm_are_options():
    def count(**options):
        return sum(p.numel() for p in head(**options).parameters())
    assert count(base_channels=8) > count()
    assert count(norm_cfg=dict(type='BN')) > count()  # InstanceNorm has no affine part


def test_refuses_sizes_that_halving_cannot_connect():
    with pytest.raises(ValueError, match='skeleton_size to heatmap_size: 16 cannot'):
        head(heatmap_size=5)


def test_starts_from_a_checkpoint_of_the_whole_model(tmp_path):
    trained = head()
    path = str(tmp_path / 'stage_one.pth')
    torch.save({f'head.{k}': v for k, v in trained.state_dict().items()}, path)
    fresh = head(init_cfg=dict(type='Pretrained', checkpoint=path, prefix='head.'))
    fresh.init_weights()
    for name, weight in fresh.state_dict().items():
        assert torch.equal(weight, trained.state_dict()[name]), name
