"""Pseudo-labels of tiny sources by a predictor whose answers are known."""
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from ikp_mm.inference.sources import SourceArguments
from ikp_mm.inference.coco_labels import CocoSettings
from ikp_mm.inference.deeplabcut_labels import DeepLabCutProject
from ikp_mm.inference.predictor import Keypoints
from ikp_mm.inference.pseudo_labels import PseudoLabelSettings, write_pseudo_labels
from ikp_mm.inference.temporal_filter import TemporalFilter
from ikp_mm.skeletons import Skeleton

from tiny_videos import moving_square, truncate, write_frames, write_video

# The tables that are written beside the json, by default.
pd = pytest.importorskip('pandas')
pytest.importorskip('tables')

SKELETON = Skeleton('worm', ['head', 'tail'], [('head', 'tail')])


class SquareFinder:
    """Finds the bright square of ``tiny_videos``: head and tail are two of its corners."""

    skeleton, has_scores = SKELETON, True

    def __init__(self, tail_scores=(1.0,)):
        self.tail_scores, self.count = tail_scores, 0

    def predict(self, images, squares):
        keypoints, scores = [], []
        for image in images:
            y, x = np.argwhere(image[..., 0] > 90).min(axis=0)
            keypoints.append([[x, y], [x + 20, y + 20]])
            scores.append([0.9, self.tail_scores[self.count % len(self.tail_scores)]])
            self.count += 1
        return Keypoints(np.array(keypoints, float).reshape(-1, 2, 2),
                         np.array(scores, np.float32).reshape(-1, 2))


@pytest.fixture
def model(tmp_path):
    (tmp_path / 'net.pth').write_bytes(b'abc')
    return tmp_path / 'net.pth'


def label(model, inputs, out, predictor=None, arguments=(), **settings):
    return write_pseudo_labels(
        predictor or SquareFinder(), model,
        SourceArguments([str(path) for path in inputs], 'whole', **dict(arguments)),
        PseudoLabelSettings(out, **settings), 'the command', lambda line: None)


def test_folders(tmp_path, model):
    for name in 'ab':
        write_frames(tmp_path / 'clips' / name, moving_square(3))
    report = label(model, [tmp_path / 'clips'], tmp_path / 'out', SquareFinder((1.0, 0.25)),
                   coco=CocoSettings(min_score=0.5))
    content = json.loads((tmp_path / 'out/keypoints.json').read_text())
    assert [image['file_name'] for image in content['images']] == [
        'a/0.png', 'a/1.png', 'a/2.png', 'b/0.png', 'b/1.png', 'b/2.png']
    assert content['annotations'][0]['keypoints'] == [10, 10, 2, 30, 30, 2]
    assert content['annotations'][1]['keypoints'] == [12, 11, 2, 0, 0, 0]
    # sha256 of 'abc' is in every text book.
    assert content['info']['model_sha256'].startswith('ba7816bf8f01cfea')
    assert content['info']['command'] == 'the command'
    assert Path(content['info']['image_root']) == tmp_path / 'clips'
    assert report['coco'] == dict(images=6, images_dropped=0, joints=9, joints_unsure=3,
                                  joints_outside=0, boxes_beyond_image=0)
    table = pd.read_hdf(tmp_path / 'out/deeplabcut/bikpmm_net_ba7816bf.h5')
    assert table['ikpmm_net_ba7816bf']['tail']['x'].tolist() == [30, 32, 34]
    assert (tmp_path / 'out' / report['files'][0]).is_file()


def test_a_broken_image_keeps_the_numbers_of_the_others(tmp_path, model):
    folder = write_frames(tmp_path / 'a', moving_square(4))
    truncate(folder / '1.png', 0.5)
    report = label(model, [folder], tmp_path / 'out',
                   temporal=TemporalFilter('median', window=3))
    content = json.loads((tmp_path / 'out/keypoints.json').read_text())
    assert [image['file_name'] for image in content['images']] == ['0.png', '2.png', '3.png']
    assert '1 images left out' in report['sources'][0]['problem']
    table = pd.read_hdf(tmp_path / 'out/deeplabcut/aikpmm_net_ba7816bf_filtered.h5')
    # The square walks on at a constant speed; the missing frame is none that was looked at.
    np.testing.assert_allclose(table['ikpmm_net_ba7816bf']['head']['x'], [10, np.nan, 14, 16])


def test_videos(tmp_path, model):
    video = write_video(tmp_path / 'walk.avi', moving_square(5))
    with pytest.raises(ValueError, match="'walk' is a video.*--frames-out"):
        label(model, [video], tmp_path / 'out')
    assert not (tmp_path / 'out').exists()
    label(model, [video], tmp_path / 'out', frames_out=tmp_path / 'frames',
          arguments=dict(step=2))
    content = json.loads((tmp_path / 'out/keypoints.json').read_text())
    assert [(image['file_name'], image['frame']) for image in content['images']] == [
        ('walk/000000.png', 0), ('walk/000002.png', 2), ('walk/000004.png', 4)]
    assert cv2.imread(str(tmp_path / 'frames/walk/000004.png')).shape == (64, 96, 3)
    table = pd.read_csv(tmp_path / 'out/deeplabcut/walkikpmm_net_ba7816bf.csv',
                        header=[0, 1, 2], index_col=0)
    assert table.xs('likelihood', axis=1, level=2).iloc[:, 0].tolist() == pytest.approx(
        [.9, 0, .9, 0, .9])
    label(model, [video], tmp_path / 'dlc_only', formats=['dlc'])
    assert not (tmp_path / 'dlc_only/keypoints.json').exists()


def test_filtered_labels_are_what_the_json_holds(tmp_path, model):
    class Jumpy(SquareFinder):
        def predict(self, images, squares):
            start = self.count
            found = super().predict(images, squares)
            if start <= 3 < self.count:
                found.keypoints[3 - start, 1, 0] += 40
            return found

    folder = write_frames(tmp_path / 'a', moving_square(7))
    label(model, [folder], tmp_path / 'raw', Jumpy())
    label(model, [folder], tmp_path / 'steady', Jumpy(), temporal=TemporalFilter('median'))
    for out, expected in (('raw', 36 + 40), ('steady', 36)):
        content = json.loads((tmp_path / out / 'keypoints.json').read_text())
        np.testing.assert_allclose(content['annotations'][3]['keypoints'][3], expected)
    raw = pd.read_hdf(tmp_path / 'steady/deeplabcut/aikpmm_net_ba7816bf.h5')
    assert raw.loc[3, ('ikpmm_net_ba7816bf', 'tail', 'x')] == 76  # both are written


def test_a_deeplabcut_project_gets_labelled_frames(tmp_path, model):
    folder = write_frames(tmp_path / 'a', moving_square(9))
    project = DeepLabCutProject(tmp_path / 'project', 'anna', num_frames=3)
    # The tail is unsure in every second frame, which leaves frames 0, 2, 4, 6, 8 with both joints.
    report = label(model, [folder], tmp_path / 'out', SquareFinder((1.0, 0.25)), project=project,
                   coco=CocoSettings(min_score=0.5, min_joints=2))
    data = tmp_path / 'project/labeled-data/a'
    assert sorted(path.name for path in data.glob('*.png')) == [
        'img0000.png', 'img0004.png', 'img0008.png']
    table = pd.read_hdf(data / 'CollectedData_anna.h5')
    assert table.loc[('labeled-data', 'a', 'img0004.png'), ('anna', 'head', 'x')] == 18
    np.testing.assert_array_equal(cv2.imread(str(data / 'img0004.png')), moving_square(9)[4])
    assert report['sources'][0]['labelled_frames'] == 3
    with pytest.raises(FileExistsError, match='may hold labels by people'):
        label(model, [folder], tmp_path / 'again', project=project)


def test_nothing_is_overwritten_unasked(tmp_path, model):
    folder = write_frames(tmp_path / 'a', moving_square(3))
    out = tmp_path / 'out'
    label(model, [folder], out, temporal=TemporalFilter('median', 3))
    with pytest.raises(FileExistsError, match='is there already'):
        label(model, [folder], out)
    label(model, [folder], out, overwrite=True)
    assert not list(out.glob('deeplabcut/*_filtered.*'))  # of the earlier call
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'mine/notes.txt').write_text('precious')
    with pytest.raises(FileExistsError, match='in the way: it was not made by'):
        label(model, [folder], tmp_path / 'mine', overwrite=True)
    (tmp_path / 'frames/a').mkdir(parents=True)
    with pytest.raises(FileExistsError, match='choose another --frames-out'):
        label(model, [folder], tmp_path / 'new', frames_out=tmp_path / 'frames', overwrite=True)
    for overwrite in (False, True):  # its own frames it does replace
        label(model, [folder], tmp_path / 'new', frames_out=tmp_path / 'own', overwrite=overwrite)


def test_unreadable_sources_are_named_and_the_rest_goes_on(tmp_path, model):
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in/bad.mp4').write_bytes(b'no video')
    write_frames(tmp_path / 'in/good', moving_square(2))
    report = label(model, [tmp_path / 'in'], tmp_path / 'out', frames_out=tmp_path / 'frames')
    assert list(report['failed']) == ['bad'] and 'cannot be opened' in report['failed']['bad']
    assert report['coco']['images'] == 2


def test_constant_scores_cannot_decide(tmp_path, model):
    finder = SquareFinder()
    finder.has_scores = False
    folder = write_frames(tmp_path / 'a', moving_square(2))
    with pytest.raises(ValueError, match='constant and say nothing'):
        label(model, [folder], tmp_path / 'out', finder, coco=CocoSettings(min_score=0.1))


def test_unknown_format(tmp_path, model):
    folder = write_frames(tmp_path / 'a', moving_square(2))
    with pytest.raises(ValueError, match="formats must be some of .*got \\['sleap'\\]"):
        label(model, [folder], tmp_path / 'out', formats=['sleap'])
