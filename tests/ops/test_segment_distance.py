import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck
from torch.utils._python_dispatch import TorchDispatchMode

from ikp_mm.ops import nearest_segment_distance, segment_distance, squared_segment_distance
from ikp_mm.ops.coords import pixel_grid
from ikp_mm.skeletons import get_skeleton

DOUBLE = torch.float64


# ------------------------------------------------------------------ the distance to each

def distance(start, end, size=4):
    def segment(point):
        return torch.tensor([[point]], dtype=torch.float64)
    return squared_segment_distance(segment(start), segment(end), size)[0][0, 0]


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
    torch.testing.assert_close(squared_segment_distance(starts, ends, 6)[0], expected)


def test_gradcheck_of_each():
    starts = (torch.rand(1, 3, 2, dtype=torch.float64) * 2 - 1).requires_grad_()
    ends = (torch.rand(1, 3, 2, dtype=torch.float64) * 2 - 1).requires_grad_()
    assert gradcheck(lambda a, b: squared_segment_distance(a, b, 5)[0], (starts, ends))


def test_gradients_of_a_point_are_finite():
    point = torch.zeros(1, 1, 2, requires_grad=True)
    squared_segment_distance(point, point, 4)[0].sum().backward()
    assert torch.isfinite(point.grad).all()


def test_refuses_other_shapes_of_each():
    with pytest.raises(ValueError, match=r'\(1, 2, 2\) and \(1, 3, 2\)'):
        squared_segment_distance(torch.zeros(1, 2, 2), torch.zeros(1, 3, 2), 4)
    with pytest.raises(ValueError, match='must both be'):
        squared_segment_distance(torch.zeros(1, 2, 3), torch.zeros(1, 2, 3), 4)


# ------------------------------------------------------------------ the nearest: values

def slow(starts, ends, size, included=None):
    """A plane per edge, the minimum by autograd: what the fast one is held to."""
    squared = squared_segment_distance(starts, ends, size)[0]
    if included is not None:
        squared = squared.masked_fill(~included[..., None, None], torch.finfo(squared.dtype).max)
    return squared.amin(dim=1, keepdim=True)


def segments(images, edges, dtype=DOUBLE, reach=1.2):
    """Random segments without a joint in common: no two are exactly as near."""
    return (torch.rand(2, images, edges, 2, dtype=dtype) * 2 - 1) * reach


def segment(start, end):
    return (torch.tensor([[point]], dtype=DOUBLE, requires_grad=True) for point in (start, end))


def test_each_pixel_has_its_nearest_segment():
    # One along the row y = 0 from x = -1/2 to 1/2, one along the column x = -1, all of it.
    starts = torch.tensor([[[-0.5, 0.], [-1., -1.]]])
    ends = torch.tensor([[[0.5, 0.], [-1., 0.5]]])
    # Row y = -1: on the second; 1/2 from it; 1 from either; 1 from the first.
    # Row y = -1/2: at x = -1/2 both are 1/2 away; then the first is.
    expected = [[0, 0.25, 1, 1], [0, 0.25, 0.25, 0.25], [0, 0, 0, 0], [0, 0.25, 0.25, 0.25]]
    assert nearest_segment_distance(starts, ends, 4)[0, 0].tolist() == expected


@pytest.mark.parametrize('length', [0, 1e-22, 1e-19, 1e-10])  # some have no square in float32
def test_a_segment_of_no_length_is_a_point(length):
    # Point (0, 0): columns and rows 1, 1/2, 0, 1/2 away.
    point = torch.zeros(1, 1, 2, requires_grad=True)
    squares = torch.tensor([1, 0.25, 0, 0.25])
    squared = nearest_segment_distance(point, point + length, 4)
    torch.testing.assert_close(squared[0, 0], squares[:, None] + squares)
    # d|u - a|^2 / da = -2 (u - a), summed over 16 pixels of mean -1/4.
    assert torch.autograd.grad(squared.sum(), point)[0].tolist() == [[pytest.approx([8, 8])]]


@pytest.mark.parametrize('size', [1, 5, 16])
@pytest.mark.parametrize('edges', [1, 2, 9])
def test_agrees_with_a_plane_per_edge(size, edges):
    starts, ends = segments(3, edges, reach=2)
    torch.testing.assert_close(nearest_segment_distance(starts, ends, size),
                               slow(starts, ends, size), rtol=1e-12, atol=1e-14)


def test_agrees_in_single_precision():
    starts, ends = segments(3, 9, torch.float32)
    exact = slow(starts.double(), ends.double(), 32)
    included = nearest_segment_distance(starts, ends, 32)
    assert included.dtype == torch.float32
    # A distance is a sum of numbers of about 1: a few of their roundings (6e-8).
    torch.testing.assert_close(included.double().sqrt(), exact.sqrt(), rtol=1e-6, atol=1e-6)


def test_joints_far_outside_the_frame():
    starts, ends = segments(4, 3, reach=50)
    torch.testing.assert_close(nearest_segment_distance(starts, ends, 8), slow(starts, ends, 8),
                               rtol=1e-10, atol=1e-12)


def test_a_shorter_segment_than_the_slow_way_can_tell_is_exact():
    # From (0, 0) to (2e-4, 0): the pixel (1/2, 0) is 1/2 - 2e-4 away.
    start, end = segment((0., 0.), (2e-4, 0.))
    fast, approximate = (way(start, end, 4)[0, 0, 2, 3].item() for way in
                         (nearest_segment_distance, slow))
    assert fast == pytest.approx((0.5 - 2e-4)**2, rel=1e-12)
    assert approximate**0.5 == pytest.approx(fast**0.5, abs=2e-4)  # stated: within its length


@pytest.mark.parametrize('edges', [7, 300])  # numbers in bytes, and in int32
@pytest.mark.parametrize('planes', [1, 36, 100, 3 * 36 * 2, 2**26])
@pytest.mark.parametrize('together', [False, True])
def test_chunks_of_any_size_and_either_fold_agree(edges, planes, together):
    size, (starts, ends) = 6, segments(3, edges)
    squared, index = segment_distance._minimum_over_edges(
        starts, ends, size, None, True, planes, together)
    planes_of_edges = squared_segment_distance(starts, ends, size)[0]
    torch.testing.assert_close(squared[:, 0], planes_of_edges.amin(dim=1), rtol=1e-12, atol=1e-14)
    assert torch.equal(index[:, 0].long(), planes_of_edges.argmin(dim=1))
    without = segment_distance._minimum_over_edges(starts, ends, size, None, False, planes, together)
    assert torch.equal(without[0], squared) and without[1] is None


def test_a_missing_coordinate_is_not_hidden():
    starts, ends = segments(2, 3)
    starts[1, 2, 0] = torch.nan
    included = nearest_segment_distance(starts, ends, 4)
    assert included[1].isnan().all() and included[0].isfinite().all()


# ------------------------------------------------------------------ gradients

def test_the_gradient_of_one_pixel():
    # The limb runs from (-1/2, 0) to (1/2, 0).
    start, end = segment((-0.5, 0.), (0.5, 0.))
    squared = nearest_segment_distance(start, end, 4)[0, 0]
    # Pixel (0, 1/2): t = 1/2, r - t e = (0, 1/2): both ends get -2 * 1/2 * 1/2.
    halfway = torch.autograd.grad(squared[3, 2], (start, end), retain_graph=True)
    assert [g.tolist() for g in halfway] == [[[[0, -0.5]]]] * 2
    # Pixel (-1, 0) lies before the start: t = 0, r = (-1/2, 0): only the start, -2 * -1/2.
    before = torch.autograd.grad(squared[2, 0], (start, end))
    assert [g.tolist() for g in before] == [[[[1, 0]]], [[[0, 0]]]]


def test_gradcheck():
    starts, ends = (s.requires_grad_() for s in segments(2, 4))
    included = torch.tensor([[True] * 4, [True, False, True, False]])
    assert gradcheck(lambda a, b: nearest_segment_distance(a, b, 5, included), (starts, ends))


@pytest.mark.parametrize('way', ['cached', 'small blocks', 'together'])
@pytest.mark.parametrize('name', ['h36m17', 'face68'])
@pytest.mark.parametrize('dtype, tolerance', [(DOUBLE, 1e-10), (torch.float32, 1e-4)])
def test_gradients_of_poses_agree_with_autograd(monkeypatch, name, dtype, tolerance, way):
    size, skeleton = 24, get_skeleton(name)
    if way == 'small blocks':  # of two images, and one edge
        monkeypatch.setattr(segment_distance, 'CACHED_PLANES', 2 * size**2)
    elif way == 'together':  # as on a GPU
        monkeypatch.setattr(segment_distance, '_chunking', lambda tensor: (2**26, True))
    keypoints = (torch.rand(5, skeleton.num_joints, 2, dtype=dtype) * 2.4 - 1.2)
    keypoints.requires_grad_()
    weights = torch.rand(5, 1, size, size, dtype=dtype) - 0.5
    starts, ends = (keypoints[:, list(side)] for side in zip(*skeleton.edges))
    fast, plain = (torch.autograd.grad(way(starts, ends, size), keypoints, weights,
                                       retain_graph=True)[0]
                   for way in (nearest_segment_distance, slow))
    torch.testing.assert_close(fast, plain, rtol=tolerance,
                               atol=tolerance * plain.abs().max().item())


def test_two_segments_in_one_place_give_one_of_them_the_gradient():
    starts = torch.tensor([[[-0.5, 0.1]] * 2], dtype=DOUBLE, requires_grad=True)
    ends = torch.tensor([[[0.6, 0.3]] * 2], dtype=DOUBLE)
    fast, plain = (torch.autograd.grad(way(starts, ends, 6).sum(), starts)[0]
                   for way in (nearest_segment_distance, slow))
    torch.testing.assert_close(plain[:, 0], plain[:, 1])  # amin: half each
    torch.testing.assert_close(fast.sum(dim=1), plain.sum(dim=1))
    assert (fast[:, 1] == 0).all()


@pytest.mark.parametrize('side', [0, 1])
def test_one_side_alone_may_want_a_gradient(side):
    pair = segments(2, 3).unbind()
    pair[side].requires_grad_()
    fast, plain = (torch.autograd.grad(way(*pair, 6).sum(), pair[side])[0]
                   for way in (nearest_segment_distance, slow))
    torch.testing.assert_close(fast, plain)


def test_second_derivatives():
    starts, ends = (s.requires_grad_() for s in segments(1, 3))
    assert gradgradcheck(lambda a, b: nearest_segment_distance(a, b, 4), (starts, ends))


# ------------------------------------------------------------------ edges left out

def test_edges_left_out():
    starts, ends = segments(3, 4)
    included = torch.tensor([[True] * 4, [False, True, False, True], [False] * 4])
    squared = nearest_segment_distance(starts, ends, 6, included)
    torch.testing.assert_close(squared[:2], slow(starts, ends, 6, included)[:2])
    assert (squared[2] == torch.finfo(DOUBLE).max).all()


def test_what_stands_in_for_a_missing_joint_is_never_looked_at():
    starts, ends = segments(2, 3)
    included = torch.tensor([[True, False, True], [False] * 3])
    starts[~included] = torch.nan
    starts.requires_grad_()
    squared = nearest_segment_distance(starts, ends, 6, included)
    squared[0].sum().backward()
    assert squared.isfinite().all()
    assert (starts.grad[~included] == 0).all() and (starts.grad[included] != 0).all()


# ------------------------------------------------------------------ how it is called

def test_no_tensor_has_a_plane_per_edge(monkeypatch):
    class Largest(TorchDispatchMode):
        numel = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            result = function(*args, **(kwargs or {}))
            for tensor in result if isinstance(result, (tuple, list)) else [result]:
                if isinstance(tensor, torch.Tensor):
                    self.numel = max(self.numel, tensor.untyped_storage().nbytes() // 4)
            return result

    images, edges, size = 2, 40, 64
    monkeypatch.setattr(segment_distance, 'CACHED_PLANES', images * size**2)
    starts, ends = (s.requires_grad_() for s in segments(images, edges, torch.float32))
    with Largest() as largest:
        nearest_segment_distance(starts, ends, size).sum().backward()
    # The two planes it works in; what counts pixels in int64 is no larger.
    assert largest.numel == 2 * images * size**2


@pytest.mark.parametrize('context', [torch.no_grad, torch.inference_mode])
def test_without_a_gradient(context):
    starts, ends = (s.requires_grad_() for s in segments(2, 3))
    with context():
        squared = nearest_segment_distance(starts, ends, 6)
    assert not squared.requires_grad
    torch.testing.assert_close(squared, slow(starts, ends, 6).detach())


def test_no_image():
    starts = torch.zeros(0, 3, 2, requires_grad=True)
    squared = nearest_segment_distance(starts, torch.ones(0, 3, 2), 4)
    squared.sum().backward()
    assert squared.shape == (0, 1, 4, 4) and starts.grad.shape == (0, 3, 2)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_single(dtype):
    starts, ends = (s.to(dtype).requires_grad_() for s in segments(2, 3))
    with torch.autocast('cpu', dtype=torch.bfloat16):
        squared = nearest_segment_distance(starts, ends, 16)
    assert squared.dtype == torch.float32
    assert torch.equal(squared, nearest_segment_distance(starts.float(), ends.float(), 16))
    squared.sum().backward()
    assert starts.grad.dtype == dtype and starts.grad.abs().sum() > 0


@pytest.mark.parametrize('backend', [
    'aot_eager', pytest.param('inductor', marks=pytest.mark.slow)])  # compiles C++: 20 s
def test_compiled_in_one_graph(backend):
    starts, ends = segments(2, 3, torch.float32)
    starts.requires_grad_()
    included = torch.tensor([[True] * 3, [True, False, True]])

    def both(way):
        squared = way(starts, ends, 8, included)
        return squared.detach(), torch.autograd.grad(squared.sqrt().sum(), starts)[0]

    compiled = torch.compile(nearest_segment_distance, backend=backend, fullgraph=True)
    torch.testing.assert_close(both(compiled), both(nearest_segment_distance),
                               rtol=1e-5, atol=1e-5)


def test_traced_it_holds_for_other_inputs():
    included = torch.tensor([[True, False, True]] * 2)
    first, second = segments(2, 3), segments(2, 3)
    traced = torch.jit.trace(
        lambda a, b, d: nearest_segment_distance(a, b, 6, d), (*first, included))
    torch.testing.assert_close(traced(*second, ~included),
                               nearest_segment_distance(*second, 6, ~included))


@pytest.mark.parametrize('starts, ends, included, message', [
    (torch.zeros(1, 2, 2), torch.zeros(1, 3, 2), None, r'\(1, 2, 2\) and \(1, 3, 2\)'),
    (torch.zeros(1, 2, 3), torch.zeros(1, 2, 3), None, r'must both be \(N, E, 2\)'),
    (torch.zeros(1, 0, 2), torch.zeros(1, 0, 2), None, 'no segment'),
    (torch.zeros(1, 2, 2), torch.zeros(1, 2, 2).double(), None, 'float32 and torch.float64'),
    (torch.zeros(1, 2, 2), torch.zeros(1, 2, 2), torch.ones(1, 3).bool(), r'\(1, 3\) torch.bool'),
    (torch.zeros(1, 2, 2), torch.zeros(1, 2, 2), torch.ones(1, 2), r'\(1, 2\) torch.float32'),
])
def test_refusals(starts, ends, included, message):
    with pytest.raises(ValueError, match=message):
        nearest_segment_distance(starts, ends, 4, included)
