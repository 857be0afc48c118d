"""PoseLocalVisualizer and browse_dataset.py. (The hook: test_stock_train_and_test.py.)"""
import cv2
import numpy as np
import pytest
from mmengine.structures import InstanceData
from mmpose.apis import init_model
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.structures import PoseDataSample
from mmpose.visualization import PoseLocalVisualizer

from ikp_mm.skeletons import H36M17

# int() of an array of one element, in MMEngine 0.10.7's draw_circles.
draws_circles = pytest.mark.skipif(
    tuple(map(int, np.__version__.split('.')[:2])) >= (2, 4),
    reason='MMEngine 0.10.7 draws no circles with numpy 2.4 or later')


def spread_out() -> np.ndarray:
    """17 joints on a circle of radius 40 about the middle of a 100 px image, whole pixels."""
    angles = 2 * np.pi * np.arange(17) / 17
    return np.round(50 + 40 * np.stack([np.cos(angles), np.sin(angles)], axis=1))


def draw(meta: dict, scores: np.ndarray, **options) -> np.ndarray:
    """The RGB picture of a result on black."""
    sample = PoseDataSample()
    sample.pred_instances = InstanceData(keypoints=spread_out()[None], keypoint_scores=scores[None],
                                         keypoints_visible=scores[None])
    visualizer = PoseLocalVisualizer(radius=2, line_width=1)
    visualizer.set_dataset_meta(meta)
    visualizer.add_datasample('drawn', np.zeros((100, 100, 3), np.uint8), sample, draw_gt=False,
                              draw_bbox=False, **options)
    return visualizer.get_image()


@draws_circles
def test_joints_and_links_in_the_skeletons_colours(tiny_run):
    """With the meta that a checkpoint holds, which is lists."""
    meta = init_model(str(tiny_run.config), str(tiny_run.checkpoint), device='cpu').dataset_meta
    picture = draw(meta, np.ones(17))
    parsed = H36M17.to_metainfo()
    for joint, (x, y) in enumerate(spread_out().astype(int)):
        assert picture[y, x].tolist() == parsed['keypoint_info'][joint]['color']
    # A link that is no neighbour on the circle and is crossed by none near its first quarter.
    start, end = (spread_out()[H36M17.joints.index(name)] for name in ('thorax', 'left_shoulder'))
    edge = H36M17.edges.index((8, 11))
    x, y = np.round(start + (end - start) * 0.5).astype(int)
    near = picture[y - 1:y + 2, x - 1:x + 2].reshape(-1, 3).tolist()
    assert list(parsed['skeleton_info'][edge]['color']) in near


@draws_circles
def test_unsure_joints_are_left_out():
    """Below ``kpt_thr`` (0.3 unless said otherwise) MMPose draws neither joint nor link."""
    scores = np.ones(17)
    scores[H36M17.joints.index('head')] = 0.2
    meta = parse_pose_metainfo(H36M17.to_metainfo())
    x, y = spread_out()[H36M17.joints.index('head')].astype(int)
    assert not draw(meta, scores)[y, x].any()
    assert draw(meta, scores, kpt_thr=0.1)[y, x].any()


@draws_circles
@pytest.mark.parametrize('mode', ['original', 'transformed'])
def test_browse_dataset(file_config, images, stock_tool, tmp_path, mode):
    """Frames of files: those drawn in memory have no name to save under."""
    stock_tool('misc/browse_dataset.py', file_config, '--phase', 'test', '--mode', mode,
               '--not-show', '--output-dir', tmp_path / 'shown', '--max-item-per-dataset', 2)
    shown = sorted((tmp_path / 'shown').iterdir())
    assert [path.name for path in shown] == ['00.png', '01.png']
    for path in shown:
        drawn, plain = cv2.imread(str(path)), cv2.imread(str(images / path.name))
        assert drawn.shape == plain.shape and (drawn != plain).any()


def test_browse_dataset_of_pairs_is_refused(tiny_run, stock_tool, tmp_path):
    """Training pairs have no MMPose pipeline: tools/browse_dataset.py shows them."""
    with pytest.raises(AttributeError, match='pipeline'):
        stock_tool('misc/browse_dataset.py', tiny_run.config, '--phase', 'train', '--not-show',
                   '--output-dir', tmp_path)
