"""Swaps of the whole solution are found and named."""
import numpy as np
import pytest

from ikp_mm.evaluation.functional import (best_symmetry, resemblance_to_prior,
                                          symmetry_candidates)

# snout, leftear, rightear, tailbase
SWAP = [0, 2, 1, 3]


def _poses(count=6):
    rng = np.random.default_rng(0)
    body = np.array([[0., 20.], [-6., 8.], [6., 8.], [0., -20.]])
    angle = rng.uniform(0, 2 * np.pi, count)
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], 1)
    return np.einsum('nij,kj->nki', turn.reshape(-1, 2, 2), body) + 50


def _diagnose(predicted, truth):
    shape = truth.shape[:2]
    return best_symmetry(predicted, truth, np.ones(shape, dtype=bool), np.ones(len(truth)),
                         symmetry_candidates(SWAP))


def test_a_right_solution_has_no_symmetry_to_name():
    truth = _poses()
    diagnosis = _diagnose(truth + 0.1, truth)
    assert diagnosis.best == 'identity'
    assert not diagnosis.whole_swap
    assert 'no symmetry' in diagnosis.sentence()


def test_left_right_swap_of_all_images():
    truth = _poses()
    diagnosis = _diagnose(truth[:, SWAP], truth)
    assert diagnosis.best == 'left_right_swap'
    assert diagnosis.errors['left_right_swap'] == pytest.approx(0)
    # Two of four joints are 12 pixels off.
    assert diagnosis.errors['identity'] == pytest.approx(6)
    assert diagnosis.fraction_nearer == 1
    assert diagnosis.whole_swap
    assert 'SWAPPED AS A WHOLE by "left_right_swap"' in diagnosis.sentence()


def test_half_turn_about_the_centre_of_the_box():
    # 4 x 2 box around (2, 1): (x, y) -> (4 - x, 2 - y).
    predicted = np.array([[[0., 0.], [4., 1.], [1., 2.], [2., 0.]]])
    truth = np.array([[[4., 2.], [0., 1.], [3., 0.], [2., 2.]]])
    diagnosis = _diagnose(predicted, truth)
    assert diagnosis.best == 'half_turn'
    assert diagnosis.errors['half_turn'] == pytest.approx(0)


def test_a_swap_of_half_the_images_is_no_swap_of_the_whole():
    truth = _poses()
    predicted = truth.copy()
    predicted[:3] = predicted[:3][:, SWAP]
    diagnosis = _diagnose(predicted, truth)
    assert diagnosis.errors['left_right_swap'] == pytest.approx(diagnosis.errors['identity'])
    assert diagnosis.best == 'identity'
    assert not diagnosis.whole_swap


def test_candidates():
    assert set(symmetry_candidates([0, 1])) == {'identity', 'half_turn'}
    assert set(symmetry_candidates(SWAP)) == {
        'identity', 'half_turn', 'left_right_swap', 'half_turn_and_left_right_swap'}
    assert next(iter(symmetry_candidates(SWAP))) == 'identity'  # the first of equals is named


# Unit coordinates: heading up, the box 0.2 by 1.2 about (0, 0.2).
MEAN = np.array([[0., -0.4], [-0.1, -0.2], [0.1, -0.2], [0., 0.8]])


def test_resemblance_to_prior_names_a_reversal_without_labels():
    shifts = np.array([[[0.3, 0.1]], [[-0.2, 0.4]]])
    turned = resemblance_to_prior(-MEAN + shifts, MEAN, symmetry_candidates(SWAP))
    assert turned.best == 'half_turn'
    assert turned.whole_swap
    assert turned.errors['half_turn'] == pytest.approx(0)
    # Boxes centred, joints lie at -+0.6, (-+0.1, -+0.4) twice, +-0.6: the distances are twice
    # their lengths; a side is two units.
    distances = [1.2, 2 * np.hypot(0.1, 0.4), 2 * np.hypot(0.1, 0.4), 1.2]
    assert turned.errors['identity'] == pytest.approx(np.mean(distances) / 0.02)
    right = resemblance_to_prior(MEAN + shifts, MEAN, symmetry_candidates(SWAP))
    assert right.best == 'identity'
    assert right.errors['identity'] == pytest.approx(0)


def test_resemblance_to_prior_finds_nothing_when_figures_face_every_way():
    poses = (_poses(64) - 50) / 25
    found = resemblance_to_prior(poses, poses.mean(axis=0), symmetry_candidates(SWAP))
    assert not found.whole_swap
