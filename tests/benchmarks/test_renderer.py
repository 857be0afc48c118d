import pytest
import torch

from benchmarks.renderer import ReferenceRenderer, measure_renderer
from ikp_mm.models import SkeletonRenderer
from ikp_mm.skeletons import get_skeleton


@pytest.mark.parametrize('falloff, sigma', [('exponential', 0.2), ('gaussian', 0.15)])
@pytest.mark.parametrize('name', ['h36m17', 'face68'])
def test_draws_what_the_renderer_draws_with_its_gradient(name, falloff, sigma):
    skeleton = get_skeleton(name)
    keypoints = (torch.rand(3, skeleton.num_joints, 2, dtype=torch.float64) * 2.4 - 1.2)
    keypoints[0, 1] = keypoints[0, 0]  # two joints in one place
    visible = torch.rand(3, skeleton.num_joints) < 0.8
    visible[1], visible[2] = True, False
    weights = torch.rand(3, 1, 20, 20, dtype=torch.float64)
    results = []
    for kind in (ReferenceRenderer, SkeletonRenderer):
        leaf = keypoints.clone().requires_grad_()
        image = kind(skeleton.edges, 20, sigma, falloff)(leaf, visible)
        results.append((image.detach(), torch.autograd.grad(image, leaf, weights)[0]))
    torch.testing.assert_close(*results, rtol=1e-9, atol=1e-11)
    assert (results[0][0][2] == -1).all()  # no joint, no line


def test_defaults_are_the_renderers():
    keypoints = torch.rand(2, 4, 2) * 2 - 1
    drawn = [kind([(0, 1), (1, 3)], 8)(keypoints)
             for kind in (ReferenceRenderer, SkeletonRenderer)]
    torch.testing.assert_close(*drawn, rtol=1e-5, atol=1e-6)


def test_a_row_per_size_number_of_edges_and_renderer():
    rows = measure_renderer('cpu', sizes=(8, 64), edges=(40, ), seconds=0)
    assert [(row['px'], row['edges'], row['renderer']) for row in rows] == [
        (8, 40, 'reference'), (8, 40, 'ours'), (64, 40, 'reference'), (64, 40, 'ours')]
    reference, ours = rows[2:]
    assert reference['times as fast'] == 1
    assert ours['times as fast'] == reference['ms'] / ours['ms']
    # One (N, E, S, S, 2) tensor of the reference is 5.2 MB; ours has no (N, E, S, S) of 2.6 MB.
    assert reference['peak MB'] > 4 * 40 * 64**2 * 2 * 4 / 1e6
    assert ours['peak MB'] < 4 * 40 * 64**2 * 4 / 1e6
