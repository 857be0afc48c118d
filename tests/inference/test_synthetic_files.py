"""Synthetic clips as files: what the readers of the package and of MMPose make of them."""
import json

import cv2
import numpy as np
import pytest

from ikp_mm.clips import FolderClips
from ikp_mm.datasets import LabelledFramesDataset
from ikp_mm.preparation import find_sources
from ikp_mm.synthetic import SyntheticClips
from ikp_mm.inference.synthetic_files import write_synthetic

SIZES = dict(split='test', num_clips=2, frames_per_clip=3, image_size=32)


def test_truth_stands_beside_the_frames(tmp_path):
    counts = write_synthetic(tmp_path / 'new', say=lambda line: None, **SIZES)
    assert counts == dict(clips=2, images=6, videos=0)
    dataset = LabelledFramesDataset('truth.npz', str(tmp_path / 'new'), skeleton='h36m17')
    assert len(dataset) == 6 and dataset[4]['img_path'].endswith('clips/001/0001.png')
    content = json.loads((tmp_path / 'new/truth.json').read_text())
    labelled = np.array(content['annotations'][4]['keypoints']).reshape(17, 3)
    seen = labelled[:, 2] > 0
    np.testing.assert_allclose(labelled[seen, :2], dataset[4]['keypoints'][0, seen], atol=1e-3)
    assert content['images'][4]['file_name'] == '001/0001.png'
    assert content['annotations'][4]['bbox'] == [0, 0, 32, 32]


def test_frames_are_those_of_the_split(tmp_path):
    write_synthetic(tmp_path, say=lambda line: None, **SIZES)
    clips = SyntheticClips(**SIZES)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / 'clips/001/0002.png')),
                                  clips.frame(1, 2))
    folder = FolderClips(str(tmp_path / 'clips'), image_size=32)
    assert [folder.name(i) for i in range(len(folder))] == ['000', '001']


def test_videos(tmp_path):
    write_synthetic(tmp_path, videos=True, say=lambda line: None, **SIZES)
    [first, second] = find_sources([tmp_path / 'videos'])
    assert first.name == '000' and len(list(first)) == 3


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / 'a.txt').write_text('mine')
    with pytest.raises(FileExistsError, match='is not empty: choose another --out'):
        write_synthetic(tmp_path, **SIZES)
