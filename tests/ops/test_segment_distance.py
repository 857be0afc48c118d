import pytest
import torch
from torch.autograd import gradcheck

from ikp_mm.ops import squared_segment_distance
from ikp_mm.ops.coords import pixel_grid


def distance(start, end, size=4):
    def segment(point):
        return torch.tensor([[point]], dtype=torch.float64)
    return squared_segment_distance(segment(start), segment(end), size)[0, 0]


def table(across, along):
    """Sums of a squared distance per row (y) and one per column (x)."""
    return torch.tensor(along, dtype=torch.float64)[:, None] + torch.tensor(across)


# Pixels of a 4 px image lie at -1, -1/2, 0, 1/2 on each axis.

def test_horizontal_segment():
    # From (-1/2, 0) to (1/2, 0): the column x = -1 lies 1/2 before the start; the rows lie 1,
    # 1/2, 0, 1/2 away.
    expected = table([0.25, 0, 0, 0], [1, 0.25, 0, 0.25])
    torch.testing.assert_close(distance((-0.5, 0.), (0.5, 0.)), expected)


def test_vertical_segment_beyond_its_end():
    # From (0, -2) to (0, -1/2): the rows y = 0, 1/2 lie 1/2, 1 past the end.
    expected = table([1, 0.25, 0, 0.25], [0, 0, 0.25, 1])
    torch.testing.assert_close(distance((0., -2.), (0., -0.5)), expected)


def test_diagonal_segment():
    # From (-1, -1) to (0, 0); pixel (0, -1) is sqrt(2)/2 from its middle, (1/2, 1/2) is sqrt(2)/2
    # past its end, (-1, 1/2) projects to t = 3/4: |(0, 3/2) - (3/4, 3/4)|^2 = 9/8.
    squared = distance((-1., -1.), (0., 0.))
    assert squared[0, 2].item() == pytest.approx(0.5)
    assert squared[3, 3].item() == pytest.approx(0.5)
    assert squared[3, 0].item() == pytest.approx(9 / 8)
    assert squared.diagonal()[:3].abs().max() < 1e-12


def test_both_ends_in_one_place_is_the_distance_to_the_point():
    # Point (1/2, -1/2): columns 3/2, 1, 1/2, 0 away, rows 1/2, 0, 1/2, 1.
    expected = table([2.25, 1, 0.25, 0], [0.25, 0, 0.25, 1])
    torch.testing.assert_close(distance((0.5, -0.5), (0.5, -0.5)), expected)


def test_far_outside_the_frame():
    # Nearest end (3, 0): pixel (1/2, 0) is 5/2 away.
    assert distance((3., 0.), (5., 0.))[2, 3].item() == pytest.approx(6.25)


def test_direction_does_not_matter():
    there, back = distance((-0.8, 0.3), (0.6, -0.9)), distance((0.6, -0.9), (-0.8, 0.3))
    torch.testing.assert_close(there, back)


def test_agrees_with_the_plain_formula():
    starts, ends = torch.rand(2, 3, 5, 2, dtype=torch.float64) * 3 - 1.5
    ys, xs = torch.meshgrid([pixel_grid(6, dtype=torch.float64)] * 2, indexing='ij')
    pixels = torch.stack([xs, ys], dim=-1)  # (S, S, 2)
    a, e = starts[:, :, None, None], (ends - starts)[:, :, None, None]
    t = (((pixels - a) * e).sum(-1) / e.square().sum(-1)).clamp(0, 1)
    expected = (pixels - a - t[..., None] * e).square().sum(-1)
    torch.testing.assert_close(squared_segment_distance(starts, ends, 6), expected)


def test_gradcheck():
    starts = (torch.rand(1, 3, 2, dtype=torch.float64) * 2 - 1).requires_grad_()
    ends = (torch.rand(1, 3, 2, dtype=torch.float64) * 2 - 1).requires_grad_()
    assert gradcheck(lambda a, b: squared_segment_distance(a, b, 5), (starts, ends))


def test_gradients_of_a_point_are_finite():
    point = torch.zeros(1, 1, 2, requires_grad=True)
    squared_segment_distance(point, point, 4).sum().backward()
    assert torch.isfinite(point.grad).all()


def test_refuses_other_shapes():
    with pytest.raises(ValueError, match=r'\(1, 2, 2\) and \(1, 3, 2\)'):
        squared_segment_distance(torch.zeros(1, 2, 2), torch.zeros(1, 3, 2), 4)
    with pytest.raises(ValueError, match='must both be'):
        squared_segment_distance(torch.zeros(1, 2, 3), torch.zeros(1, 2, 3), 4)
