import math

import pytest
import torch
from torch.autograd import gradcheck

from ikp_mm.ops import marginal_soft_argmax

LN2, LN3 = math.log(2), math.log(3)


def one(rows):
    return marginal_soft_argmax(torch.tensor([[rows]], dtype=torch.float64))


def test_two_bins():
    # Column means (0, ln 3) -> probabilities (1/4, 3/4) at -1 and 1: x = 1/2. Row means
    # (ln 3 / 2, ln 3 / 2) -> (1/2, 1/2): y = 0.
    keypoints = one([[0, LN3], [0, LN3]])
    assert keypoints.tolist() == [[pytest.approx([0.5, 0])]]


def test_marginals_are_means_and_x_comes_first():
    # Column means (0, ln 3), row means (ln 3, 0); sums would give 1/10 and 9/10, so +-0.8.
    keypoints = one([[0, 2 * LN3], [0, 0]])
    assert keypoints.tolist() == [[pytest.approx([0.5, -0.5])]]


def test_support_spans_minus_one_to_one_on_each_axis():
    # Columns (0, 0, ln 2) -> (1/4, 1/4, 1/2) at (-1, 0, 1): x = 1/4; two equal rows: y = 0.
    assert one([[0, 0, LN2], [0, 0, LN2]]).tolist() == [[pytest.approx([0.25, 0])]]


@pytest.mark.parametrize('row, column, corner', [
    (0, 0, (-1, -1)), (0, 7, (1, -1)), (7, 0, (-1, 1)), (7, 7, (1, 1))])
def test_corners_are_reached(row, column, corner):
    heatmap = torch.zeros(1, 1, 8, 8)
    heatmap[0, 0, row, column] = 1e4
    keypoints = marginal_soft_argmax(heatmap)
    assert tuple(keypoints[0, 0].tolist()) == corner


def test_flat_heatmap_is_the_centre():
    keypoints = marginal_soft_argmax(torch.full((1, 2, 4, 4), 7.))
    assert keypoints.abs().max() < 1e-6


def test_each_sample_and_joint_on_its_own():
    heatmaps = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    together = marginal_soft_argmax(heatmaps)
    assert together.shape == (2, 3, 2)
    for n in range(2):
        for k in range(3):
            alone = marginal_soft_argmax(heatmaps[n:n + 1, k:k + 1])
            torch.testing.assert_close(together[n, k], alone[0, 0])


def test_mirrored_heatmap_mirrors_x():
    heatmaps = torch.randn(1, 1, 6, 6, dtype=torch.float64)
    expected = marginal_soft_argmax(heatmaps) * torch.tensor([-1, 1])
    torch.testing.assert_close(marginal_soft_argmax(heatmaps.flip(-1)), expected)


def test_gradcheck():
    heatmaps = torch.randn(2, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(marginal_soft_argmax, heatmaps)


def test_refuses_other_shapes():
    with pytest.raises(ValueError, match=r'\(2, 4, 4\)'):
        marginal_soft_argmax(torch.zeros(2, 4, 4))


def test_half_precision_is_averaged_in_float32():
    # As test_two_bins, with logits that bfloat16 holds exactly: (0, 1) -> (1, e) / (1 + e).
    heatmap = torch.tensor([[[[0, 1], [0, 1]]]], dtype=torch.bfloat16)
    keypoints = marginal_soft_argmax(heatmap)
    assert keypoints.dtype == torch.float32
    assert keypoints[0, 0].tolist() == [pytest.approx((math.e - 1) / (math.e + 1)), 0]
