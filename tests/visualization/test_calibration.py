"""The picture of keypoint scores: what is drawn where."""
import cv2
import numpy as np
from matplotlib.axes import Axes

from ikp_mm.visualization import plot_failure_prediction

NAN = float('nan')


def test_draws_filled_bins_and_both_curves(tmp_path, monkeypatch):
    drawn = {}
    plot = Axes.plot
    monkeypatch.setattr(Axes, 'plot', lambda axes, x, y, **options: (
        drawn.update({options['label']: (np.asarray(x).tolist(), np.asarray(y).tolist())}),
        plot(axes, x, y, **options))[1])
    out = tmp_path / 'new' / 'confidence.png'
    plot_failure_prediction(
        out, '2 images, 3 joints', 5.0,
        (np.array([0., 0.5, 1.]), np.array([0, 3]), np.array([NAN, 0.9]), np.array([NAN, 0.6])),
        np.array([1 / 3, 2 / 3, 1]), np.array([1., 2., 3.]), np.array([0.5, 1., 3.]))
    # The empty bin has no point.
    assert drawn['right'] == ([0.9], [0.6])
    assert drawn['surest by score'][1] == [1, 2, 3]
    assert drawn['smallest true errors (oracle)'][1] == [0.5, 1, 3]
    np.testing.assert_allclose(drawn['surest by score'][0], [100 / 3, 200 / 3, 100])
    picture = cv2.imread(str(out))
    assert picture.shape == (484, 1254, 3) and picture.std() > 5
