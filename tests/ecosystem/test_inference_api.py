"""init_model, inference_topdown and MMPoseInferencer on our configuration and checkpoint."""
import json

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpose.apis import MMPoseInferencer, inference_topdown, init_model
from mmpose.registry import DATASETS

from ikp_mm.skeletons import H36M17
from tiny_run import ROOT


# MMPose's visualizer takes int() of an array of one number, which numpy 2.4 refuses.
drawn_by_host = pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) >= '2.4.0',
                                   reason="MMPose's own drawing fails with numpy 2.4")


@pytest.fixture
def model(tiny_run):
    return init_model(str(tiny_run.config), str(tiny_run.checkpoint), device='cpu')


@pytest.fixture
def inferencer(tiny_run):
    return MMPoseInferencer(pose2d=str(tiny_run.config), pose2d_weights=str(tiny_run.checkpoint),
                            det_model='whole_image', device='cpu')


def by_hand(model, image: np.ndarray) -> np.ndarray:
    """Keypoints (17, 2) in pixels of a 32 px image: Phi and eta without MMPose around them."""
    rgb = torch.from_numpy(image[..., ::-1].copy()).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        found = model.head(model.backbone((rgb - 127.5) / 127.5))
    return found[0].numpy() * 32


def read(images) -> dict[str, np.ndarray]:
    return {path.stem: cv2.imread(str(path)) for path in sorted(images.glob('*.png'))}


def test_inference_topdown_equals_the_networks(model, images):
    for image in read(images).values():
        result = inference_topdown(model, image)[0].pred_instances
        np.testing.assert_allclose(result.keypoints[0], by_hand(model, image), atol=1e-4)
        assert ((0 <= result.keypoint_scores) & (result.keypoint_scores <= 1)).all()


def test_a_box_is_the_networks_frame(model, images):
    """The frame pasted into a larger picture, and its box given: the same, moved."""
    image = read(images)['00']
    picture = np.zeros((80, 90, 3), np.uint8)
    picture[30:62, 20:52] = image
    result = inference_topdown(model, picture, np.array([[20, 30, 52, 62]]))[0].pred_instances
    np.testing.assert_allclose(result.keypoints[0], by_hand(model, image) + [20, 30], atol=1e-4)


def test_names_and_links_come_from_the_checkpoint(model, inferencer):
    names = [model.dataset_meta['keypoint_id2name'][i] for i in range(17)]
    assert names == list(H36M17.joints) and names[14] == 'right_shoulder'
    assert model.dataset_meta['skeleton_links'] == [list(edge) for edge in H36M17.edges]
    assert inferencer.inferencer.visualizer.skeleton == [list(edge) for edge in H36M17.edges]


@drawn_by_host
def test_folder(inferencer, model, images, tmp_path):
    list(inferencer(str(images), out_dir=str(tmp_path), batch_size=3, kpt_thr=0.0))
    pictures = read(images)
    assert {path.stem for path in (tmp_path / 'predictions').iterdir()} == set(pictures)
    for name, image in pictures.items():
        figures = json.loads((tmp_path / f'predictions/{name}.json').read_text())
        assert len(figures) == 1 and figures[0]['bbox'] == [[0.0, 0.0, 32.0, 32.0]]
        np.testing.assert_allclose(figures[0]['keypoints'], by_hand(model, image), atol=1e-3)
        assert len(figures[0]['keypoint_scores']) == 17
        drawn = cv2.imread(str(tmp_path / f'visualizations/{name}.png'))
        assert drawn.shape == image.shape and (drawn != image).any()


def test_video(inferencer, model, images, tmp_path):
    path = tmp_path / 'clip.mp4'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), 5, (32, 32))
    for image in read(images).values():
        writer.write(image)
    writer.release()
    list(inferencer(str(path), out_dir=str(tmp_path)))
    frames = json.loads((tmp_path / 'predictions/clip.json').read_text())
    assert [frame['frame_id'] for frame in frames] == [0, 1, 2, 3]
    for video, drawn in ((cv2.VideoCapture(str(path)), False),
                         (cv2.VideoCapture(str(tmp_path / 'visualizations/clip.mp4')), True)):
        for frame in frames:  # what the codec left of the frames
            ok, image = video.read()
            assert ok
            if not drawn:
                np.testing.assert_allclose(frame['instances'][0]['keypoints'],
                                           by_hand(model, image), atol=1e-3)
        assert not video.read()[0]


def shipped():
    return sorted(path.relative_to(ROOT) for folder in ('configs', 'configs/backbones',
                                                         'projects/comparison/configs')
                  for path in (ROOT / folder).glob('*.py'))


@pytest.mark.parametrize('name', shipped(), ids=str)
def test_every_config_says_what_the_inferencer_reads(name):
    """MMPoseInferencer asks for these; a data set of ours has no default detector to download."""
    cfg = Config.fromfile(ROOT / name)
    assert cfg.data_mode == 'topdown'
    module = DATASETS.get(cfg.dataset_type).__module__
    assert module.startswith('ikp_mm.datasets')
    steps = [step['type'] for step in cfg.test_dataloader.dataset.pipeline]
    assert steps[0] == 'LoadImage' and steps[-1] == 'PackPoseInputs'
    assert cfg.visualizer.type == 'PoseLocalVisualizer'
