"""The detector crop, with a stand-in for the model; the real one needs compiled mmcv ops."""
import importlib.util

import numpy as np
import pytest

from ikp_mm.preparation.croppers import DetectorCropper, detector

FRAME = np.zeros((120, 160, 3), np.uint8)
LEFT, RIGHT = (10, 10, 50, 60), (90, 10, 130, 60)


@pytest.fixture
def detections(monkeypatch):
    """The queue of what the detector says: (box, score, class) of each."""
    queue = []

    def mmdet_detector(config, checkpoint, device):
        assert (config, checkpoint, device) == ('c.py', 'c.pth', 'cpu')

        def detect(frame):
            found = queue.pop(0)
            return (np.array([box for box, _, _ in found], float).reshape(-1, 4),
                    np.array([score for _, score, _ in found]),
                    np.array([label for _, _, label in found]))
        return detect

    monkeypatch.setattr(detector, 'mmdet_detector', mmdet_detector)
    return queue


def test_the_highest_score_first_then_the_same_figure(detections):
    detections += [[(LEFT, 0.5, 0), (RIGHT, 0.9, 0)], [(LEFT, 0.9, 0), (RIGHT, 0.4, 0)], [],
                   [(LEFT, 0.9, 0)]]
    boxes = DetectorCropper('c.py', 'c.pth').boxes([FRAME] * 4)
    np.testing.assert_array_equal(boxes, [RIGHT, RIGHT, [np.nan] * 4, LEFT])


def test_other_classes_low_scores_and_empty_boxes_do_not_count(detections):
    detections += [[(LEFT, 0.9, 0), (RIGHT, 0.7, 16)], [(RIGHT, 0.5, 16)],
                   [((5, 5, 5, 9), 0.9, 16)]]
    boxes = DetectorCropper('c.py', 'c.pth', classes=[16, 17], min_score=0.6).boxes([FRAME] * 3)
    np.testing.assert_array_equal(boxes, [RIGHT, [np.nan] * 4, [np.nan] * 4])


def test_one_class_may_be_a_number(detections):
    detections += [[(LEFT, 0.9, 0), (RIGHT, 0.7, 16)]]
    np.testing.assert_array_equal(DetectorCropper('c.py', 'c.pth', classes=16).boxes([FRAME]),
                                  [RIGHT])


def test_refusals():
    with pytest.raises(ValueError, match='config=FILE checkpoint=FILE'):
        DetectorCropper(config='c.py')
    with pytest.raises(ValueError, match='min_score'):
        DetectorCropper('c.py', 'c.pth', min_score=2)


def test_without_compiled_ops_it_says_what_to_install():
    if importlib.util.find_spec('mmcv._ext').loader is not None:
        pytest.skip('mmcv here has compiled ops')
    with pytest.raises(ImportError, match='pip install mmcv==2.1.0 mmdet==3.3.0'):
        DetectorCropper('c.py', 'c.pth')
