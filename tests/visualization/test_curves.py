"""Curves: what is read, how stages are told apart, what is drawn."""
import json

import cv2
import numpy as np
import pytest
from matplotlib.axes import Axes

from ikp_mm.visualization import plot_curves, plot_failure_prediction
from ikp_mm.visualization.curves import read_scalars, split_stages


def write(path, rows):
    path.write_text(''.join(json.dumps(row) + '\n' for row in rows))
    return path


ROWS = [
    dict(lr=1e-3, loss_prior=0.4, loss=0.4, iter=10, step=10),
    dict(lr=1e-3, loss_prior=0.3, loss=0.3, iter=20, step=20),
    {'keypoint_distance/direct': 8.0, 'keypoint_distance/mean_pose': 9.5, 'time': 1., 'step': 20},
    # 'loss' is no longer updated, but MMEngine still writes its last value.
    dict(loss=0.3, loss_gan=1.0, loss_prior=0.2, d_real=0.8, d_fake=0.3, step=30),
    dict(loss=0.3, loss_gan=1.5, loss_prior=0.1, d_real=0.7, d_fake=0.4, step=40),
    {'keypoint_distance/direct': 5.0, 'keypoint_distance/mean_pose': 9.5,
     'label_free/score': -1.0, 'step': 40},
]


def test_read_scalars(tmp_path):
    series = read_scalars(write(tmp_path / 'scalars.json', ROWS))
    assert series['d_real'] == ([30, 40], [0.8, 0.7])
    assert series['keypoint_distance/direct'] == ([20, 40], [8.0, 5.0])
    assert 'step' not in series


def test_values_that_are_not_numbers_are_left_out(tmp_path):
    path = tmp_path / 'scalars.json'
    path.write_text('{"loss": NaN, "stage": "gan", "step": 1}\n{"loss": 2, "step": 2}\n')
    assert read_scalars(path) == {'loss': ([2], [2])}


def test_split_stages(tmp_path):
    prior, gan = split_stages(read_scalars(write(tmp_path / 'scalars.json', ROWS)))
    assert prior == {'loss_prior': ([10, 20], [0.4, 0.3]), 'loss': ([10, 20], [0.4, 0.3])}
    assert gan == {'loss_prior': ([30, 40], [0.2, 0.1]), 'loss_gan': ([30, 40], [1.0, 1.5])}


def test_run_without_gan_stage(tmp_path):
    series = read_scalars(write(tmp_path / 'scalars.json', ROWS[:2]))
    assert split_stages(series)[1] == {}
    plot_curves(tmp_path / 'scalars.json', tmp_path / 'curves.png')


def test_plot_curves_draws_a_panel_for_each_kind(tmp_path, monkeypatch):
    titles = []
    set_title = Axes.set_title
    monkeypatch.setattr(Axes, 'set_title', lambda axes, title, **options: (
        titles.append(title), set_title(axes, title, **options))[1])
    out = tmp_path / 'new' / 'curves.png'
    plot_curves(write(tmp_path / 'scalars.json', ROWS), out)
    assert titles == ['Losses, stage one: η on the prior', 'Losses, stage two: GAN',
                      'Discriminator scores', 'Validation: keypoint distance',
                      'Label-free score (higher is better)']
    picture = cv2.imread(str(out))
    assert picture.shape[1] > picture.shape[0] > 400


def test_nothing_to_draw(tmp_path):
    path = write(tmp_path / 'scalars.json', [dict(lr=1, step=1)])
    with pytest.raises(ValueError, match='its keys: lr'):
        plot_curves(path, tmp_path / 'curves.png')


def test_draws_filled_bins_and_both_curves(tmp_path, monkeypatch):
    drawn = {}
    plot = Axes.plot
    monkeypatch.setattr(Axes, 'plot', lambda axes, x, y, **options: (
        drawn.update({options['label']: (np.asarray(x).tolist(), np.asarray(y).tolist())}),
        plot(axes, x, y, **options))[1])
    out = tmp_path / 'new' / 'confidence.png'
    plot_failure_prediction(
        out, '2 images, 3 joints', 5.0,
        (np.array([0., 0.5, 1.]), np.array([0, 3]), np.array([np.nan, 0.9]), np.array([np.nan, 0.6])),
        np.array([1 / 3, 2 / 3, 1]), np.array([1., 2., 3.]), np.array([0.5, 1., 3.]))
    # The empty bin has no point.
    assert drawn['right'] == ([0.9], [0.6])
    assert drawn['surest by score'][1] == [1, 2, 3]
    assert drawn['smallest true errors (oracle)'][1] == [0.5, 1, 3]
    np.testing.assert_allclose(drawn['surest by score'][0], [100 / 3, 200 / 3, 100])
    picture = cv2.imread(str(out))
    assert picture.shape == (484, 1254, 3) and picture.std() > 5
