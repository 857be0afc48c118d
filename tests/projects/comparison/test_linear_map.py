import numpy as np
import pytest

from projects.comparison.linear_map import RIDGES, choose_ridge, fit_linear_map, regressed

ALL = np.ones((20, 2), dtype=bool)


def test_fit_recovers_a_linear_map_of_any_number_of_points():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(20, 3, 2))  # three points, two joints
    matrix, intercept = rng.normal(size=(6, 4)), rng.normal(size=4)
    truth = (points.reshape(20, 6) @ matrix + intercept).reshape(20, 2, 2)
    fitted = fit_linear_map(points, truth, ALL)
    np.testing.assert_allclose(fitted.weights, matrix.reshape(6, 2, 2), atol=1e-10)
    np.testing.assert_allclose(fitted.intercept, intercept.reshape(2, 2), atol=1e-10)
    assert fitted.ranks.tolist() == [6, 6]
    new = rng.normal(size=(4, 3, 2))
    np.testing.assert_allclose(
        fitted(new), (new.reshape(4, 6) @ matrix + intercept).reshape(4, 2, 2), atol=1e-10)


def test_fewer_images_than_unknowns_give_the_least_norm_with_a_free_intercept():
    # Two images, one point that moves from (0, 0) to (1, 1); the joint's x moves from 5 to 6.
    points = np.array([[[0., 0.]], [[1., 1.]]])
    truth = np.array([[[5., 3.]], [[6., 3.]]])
    fitted = fit_linear_map(points, truth, np.ones((2, 1), dtype=bool))
    # x = 5 + a px + b py with a + b = 1: least norm a = b = 1/2; the constant y needs no weight.
    np.testing.assert_allclose(fitted.weights[:, 0], [[0.5, 0.], [0.5, 0.]], atol=1e-12)
    np.testing.assert_allclose(fitted.intercept, [[5., 3.]], atol=1e-12)
    assert fitted.ranks.tolist() == [1]


def test_one_image_gives_its_own_label_everywhere():
    fitted = fit_linear_map(np.ones((1, 4, 2)), np.array([[[2., 7.]]]), np.ones((1, 1), bool))
    np.testing.assert_allclose(fitted(np.zeros((1, 4, 2))), [[[2., 7.]]])
    assert fitted.ranks.tolist() == [0]


def test_ridge_by_hand():
    # Centred points -1, 1 in x; centred labels -1, 1. (s^2 + ridge n) w = s^2 with s^2 = n = 2.
    points = np.array([[[-1., 0.]], [[1., 0.]]])
    truth = np.array([[[9., 0.]], [[11., 0.]]])
    visible = np.ones((2, 1), dtype=bool)
    fitted = fit_linear_map(points, truth, visible, ridge=3.)
    np.testing.assert_allclose(fitted.weights[0, 0], [1 / 4, 0.])
    # y spans nothing, but a ridge leaves no choice.
    assert fitted.ranks.tolist() == [1] and fitted.determined
    assert not fit_linear_map(points, truth, visible).determined
    # The intercept is not shrunk.
    np.testing.assert_allclose(fitted.intercept, [[10., 0.]])


def test_a_collapsed_point_counts_for_nothing():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(20, 2, 2))
    points[:, 1] = 0.5 + 1e-7 * rng.normal(size=(20, 2))  # as float32 leaves it
    fitted = fit_linear_map(points, points[:, :1].repeat(2, axis=1), ALL)
    assert fitted.ranks.tolist() == [2, 2]
    assert np.abs(fitted.weights[2:]).max() < 1e-4
    # Nor does it when it is the only one.
    alone = fit_linear_map(points[:, 1:], points, ALL)
    assert alone.ranks.tolist() == [0, 0] and (alone.weights == 0).all()


def test_fit_refusals():
    points, truth = np.zeros((20, 3, 2)), np.zeros((20, 2, 2))
    with pytest.raises(ValueError, match='joint 1 has no label among the 20 images'):
        fit_linear_map(points, truth, ALL & [True, False])
    with pytest.raises(ValueError, match='must both be'):
        fit_linear_map(points[:5], truth, ALL)
    with pytest.raises(ValueError, match='visible must be bool'):
        fit_linear_map(points, truth, np.ones((20, 3), dtype=bool))
    with pytest.raises(ValueError, match='no image to fit'):
        fit_linear_map(points[:0], truth[:0], ALL[:0])
    with pytest.raises(ValueError, match='prediction of image 3 is not finite'):
        fit_linear_map(np.where(np.arange(20)[:, None, None] == 3, np.nan, points), truth, ALL)
    with pytest.raises(ValueError, match='image 2, joint 1 is marked visible'):
        bad = truth.copy()
        bad[2, 1] = np.inf
        fit_linear_map(points, bad, ALL)
    with pytest.raises(ValueError, match='ridge'):
        fit_linear_map(points, truth, ALL, ridge=-1)


def test_regressed_recovers_a_linear_map_and_leaves_out_the_fit_set():
    rng = np.random.default_rng(0)
    predicted = rng.normal(size=(20, 2, 2))
    matrix, intercept = rng.normal(size=(4, 4)), rng.normal(size=4)
    truth = (predicted.reshape(20, 4) @ matrix + intercept).reshape(20, 2, 2)
    mapped, fitted = regressed(predicted, truth, ALL, 8)
    assert mapped.shape == (12, 2, 2) and fitted.determined
    np.testing.assert_allclose(mapped, truth[8:], atol=1e-10)


def test_regressed_does_not_read_labels_it_scores():
    rng = np.random.default_rng(0)
    predicted, truth = rng.normal(size=(2, 12, 2, 2))
    mapped, _ = regressed(predicted, truth, ALL[:12], 8)
    truth[8:] = 1e6
    np.testing.assert_array_equal(regressed(predicted, truth, ALL[:12], 8)[0], mapped)


def test_regressed_fits_each_joint_on_the_images_that_label_it():
    rng = np.random.default_rng(1)
    predicted = rng.normal(size=(20, 2, 2))
    truth = 2 * predicted + 1
    visible = ALL.copy()
    visible[:3, 1] = False
    truth[:3, 1] = 1e6
    np.testing.assert_allclose(regressed(predicted, truth, visible, 10)[0],
                               2 * predicted[10:] + 1, atol=1e-10)


def test_regressed_refuses_too_few_labels_and_tells_collapsed_points():
    rng = np.random.default_rng(0)
    predicted = rng.normal(size=(20, 2, 2))
    with pytest.raises(ValueError, match='has 4 labels among the first 4 images.*5 unknowns'):
        regressed(predicted, predicted, ALL, 4)
    with pytest.raises(ValueError, match='leave images to score'):
        regressed(predicted, predicted, ALL, 20)
    predicted[:, 1] = 0.5  # a collapsed joint: 2 numbers and the intercept remain
    mapped, fitted = regressed(predicted, predicted, ALL, 10)
    assert fitted.ranks.tolist() == [2, 2] and not fitted.determined
    np.testing.assert_allclose(mapped, predicted[10:], atol=1e-10)


def test_regressed_takes_any_number_of_points():
    rng = np.random.default_rng(0)
    predicted = rng.normal(size=(20, 3, 2))
    truth = np.stack([predicted.mean(axis=1), predicted[:, 0] - 2 * predicted[:, 2] + 1], axis=1)
    np.testing.assert_allclose(regressed(predicted, truth, ALL, 8)[0], truth[8:], atol=1e-10)


def test_a_ridge_maps_with_fewer_labels_than_unknowns():
    rng = np.random.default_rng(0)
    points, visible = rng.normal(size=(30, 20, 2)), np.ones((30, 4), bool)
    truth = points[:, :4] / 2
    with pytest.raises(ValueError, match='has 20 labels .*41 unknowns: .* or give a ridge'):
        regressed(points, truth, visible, 20)
    mapped, fitted = regressed(points, truth, visible, 20, ridge=0.1)
    expected = fit_linear_map(points[:20], truth[:20], visible[:20], 0.1)
    np.testing.assert_array_equal(mapped, expected(points[20:]))
    assert fitted.determined


def test_a_correction_of_named_points_shrinks_towards_the_points():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(20, 2, 2))
    truth = points + [0.3, -0.1]
    fitted = fit_linear_map(points, truth, ALL, ridge=1e9, named=True)
    new = rng.normal(size=(3, 2, 2))
    # The intercept is free, the weights are the identity.
    np.testing.assert_allclose(fitted(new), new + [0.3, -0.1], atol=1e-6)
    # Plain least squares are the same either way.
    turned = points[:, ::-1] @ np.array([[0., 1.], [-1., 0.]])
    plain, named = (fit_linear_map(points, turned, ALL, named=kind) for kind in (False, True))
    np.testing.assert_allclose(plain(new), named(new), atol=1e-9)


def clips(num, noise):
    """Two points that tell one joint, and a third that stands elsewhere in each of ``num`` clips of
    ten images and follows nothing."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(10 * num, 3, 2))
    points[:, 2] = np.repeat(100 * rng.normal(size=(num, 2)), 10, axis=0)
    truth = points[:, :1] + points[:, 1:2] + noise * np.repeat(rng.normal(size=(num, 1, 2)), 10, 0)
    return points, truth, np.ones((10 * num, 1), bool), np.repeat(np.arange(num), 10)


def test_ridge_chosen_by_hand():
    """An exact linear law wants the least ridge; labels that follow nothing the largest."""
    points, truth, visible, groups = clips(6, 0.)
    assert choose_ridge(points, truth, visible, groups) == RIDGES[0]
    truth = np.random.default_rng(1).normal(size=truth.shape)
    assert choose_ridge(points, truth, visible, groups) == RIDGES[-1]


def test_images_of_a_clip_are_never_apart():
    """Within its clip the third point tells the label's offset; in other clips it does not."""
    points, truth, visible, groups = clips(6, 3.)
    by_clip = choose_ridge(points, truth, visible, groups)
    by_image = choose_ridge(points, truth, visible, np.arange(len(points)))
    assert by_image < by_clip
    with pytest.raises(ValueError, match='all 60 labelled images are of one group'):
        choose_ridge(points, truth, visible, np.zeros(60))
