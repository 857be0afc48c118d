"""Random faces of a 3D model: projects/faces_300w/make_ict_faces.py."""
import numpy as np

from projects.faces_300w.make_ict_faces import PRESENT, random_faces

NAMES = np.array(['jawOpen', 'mouthClose', 'mouthSmile_L', 'mouthSmile_R'])


def displacements(num, axis):
    """Displacement i moves point i alone, by 1 along the axis."""
    moved = np.zeros((num, 68, 3))
    moved[range(num), range(num), axis] = 1
    return moved


def test_identity_is_standard_normal_and_expressions_are_rare_and_of_both_sides():
    mean = np.random.default_rng(0).normal(size=(68, 3))
    faces = random_faces(mean, displacements(5, 0), displacements(4, 1), NAMES, 4000, 0) - mean
    np.testing.assert_allclose(faces[:, :5, 0].std(axis=0), 1, atol=0.05)
    strength = faces[:, :4, 1]
    assert (strength[:, 1] == 0).all()  # mouthClose
    np.testing.assert_allclose(strength[:, 2], strength[:, 3], atol=1e-12)
    for kind in (0, 2):
        present = strength[:, kind] > 1e-9
        assert abs(present.mean() - PRESENT) < 0.02
        np.testing.assert_allclose(strength[present, kind].mean(), 0.5, atol=0.05)
    assert np.abs(faces[..., 2]).max() < 1e-12 and np.abs(faces[:, 5:]).max() < 1e-12


def test_a_seed_gives_the_same_faces():
    first, again, other = (
        random_faces(np.zeros((68, 3)), displacements(5, 0), displacements(4, 1), NAMES, 3, seed)
        for seed in (0, 0, 1))
    assert (first == again).all() and (first != other).any()
