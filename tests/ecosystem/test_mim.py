"""mim, as a process of its own: it finds MMPose's packaged tools."""
import json

import cv2
import pytest

from tiny_run import load

pytestmark = pytest.mark.slow


def test_train_then_test(tiny_run, mim, tmp_path):
    """mim hands the flags it does not know to MMPose's train.py and test.py."""
    said = mim('train', 'mmpose', tiny_run.config, '--work-dir', tmp_path / 'work', cwd=tmp_path)
    assert 'Training finished successfully' in said
    assert load(tmp_path / 'work/iter_4.pth')['meta']['iter'] == 4
    said = mim('test', 'mmpose', tiny_run.config, '--checkpoint', tmp_path / 'work/iter_4.pth',
               '--work-dir', tmp_path / 'tested', '--out', tmp_path / 'metrics.json', cwd=tmp_path)
    assert 'Testing finished successfully' in said
    assert 0 < json.loads((tmp_path / 'metrics.json').read_text())[
        'keypoint_distance/direct'] < 100


def test_run(tiny_run, file_config, mim, images, tmp_path):
    """Tools that leave imports to the configuration; the others: tools/mmpose_tool.py."""
    said = mim('run', 'mmpose', 'print_config', tiny_run.config, cwd=tmp_path)
    assert "type='KeypointGAN'" in said
    mim('run', 'mmpose', 'test', file_config, tiny_run.checkpoint, '--show-dir',
        tmp_path / 'shown', '--work-dir', tmp_path / 'work', cwd=tmp_path)
    assert len(list((tmp_path / 'shown').iterdir())) == len(list(images.glob('*.png')))
    assert cv2.imread(str(tmp_path / 'shown/00_0.png')) is not None
