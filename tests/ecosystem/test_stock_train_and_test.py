"""MMPose's own train.py, test.py and publish_model.py on our configuration and checkpoint."""
import hashlib
import json
import pickle
import time

import cv2
import numpy as np
import pytest
import torch

from tiny_run import assert_identical, load, training_state


# MMPose's visualizer takes int() of an array of one number, which numpy 2.4 refuses.
drawn_by_host = pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) >= '2.4.0',
                                   reason="MMPose's own drawing fails with numpy 2.4")


@pytest.mark.parametrize('resume', ['file', 'auto'])
def test_resume_equals_an_unbroken_run(tiny_run, stock_tool, tmp_path, resume):
    if resume == 'file':
        flags = ['--resume', tiny_run.work_dir / 'iter_2.pth']
    else:
        torch.save(load(tiny_run.work_dir / 'iter_2.pth'), tmp_path / 'iter_2.pth')
        (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'iter_2.pth'))
        flags = ['--resume']
    stock_tool('train.py', tiny_run.config, '--work-dir', tmp_path, *flags, options=[])
    assert_identical(training_state(load(tmp_path / 'iter_4.pth')),
                     training_state(load(tiny_run.checkpoint)))


def test_no_validate_trains_to_the_end(tiny_run, stock_tool, tmp_path):
    """save_best stays in the config; it waits for a validation that does not come."""
    stock_tool('train.py', tiny_run.config, '--work-dir', tmp_path, '--no-validate', options=[])
    assert load(tmp_path / 'iter_4.pth')['meta']['iter'] == 4
    assert not list(tmp_path.glob('best_*'))


def test_auto_scale_lr(tiny_run, stock_tool, tmp_path):
    """Rates are those of batch 16; the tiny batch is 2."""
    stock_tool('train.py', tiny_run.config, '--work-dir', tmp_path, '--auto-scale-lr',
               options=['train_cfg.max_iters=2', 'train_cfg.val_interval=9'])
    scaled, plain = (load(path)['optimizer']['head']['param_groups'][0]['lr']
                     for path in (tmp_path / 'iter_2.pth', tiny_run.work_dir / 'iter_2.pth'))
    assert scaled == pytest.approx(plain * 2 / 16)


def test_out_and_dump(tiny_run, stock_tool, tmp_path):
    """The run itself validated on the same number of frames of other subjects."""
    stock_tool('test.py', tiny_run.config, tiny_run.checkpoint, '--work-dir', tmp_path, '--out',
               tmp_path / 'metrics.json', '--dump', tmp_path / 'predictions.pkl', options=[])
    metrics = json.loads((tmp_path / 'metrics.json').read_text())
    with open(tmp_path / 'predictions.pkl', 'rb') as file:
        predictions = pickle.load(file)
    errors = []
    for sample in predictions:
        found, true = sample['pred_instances'], sample['gt_instances']
        errors.append(np.linalg.norm(np.asarray(found['keypoints'])
                                     - np.asarray(true['keypoints']), axis=-1))
    assert len(predictions) == 4
    # Per cent of the 32 px side.
    assert metrics['keypoint_distance/direct'] == pytest.approx(np.mean(errors) / 32 * 100,
                                                                rel=1e-5)


@drawn_by_host
def test_show_dir_draws_image_files(file_config, tiny_run, stock_tool, images, tmp_path):
    shown = tmp_path / 'shown'
    stock_tool('test.py', file_config, tiny_run.checkpoint, '--work-dir', tmp_path, '--show-dir',
               shown, options=['default_hooks.visualization.kpt_thr=0.0'])
    assert sorted(path.name for path in shown.iterdir()) == [
        f'{name}_0.png' for name in ('00', '01', '10', '11')]
    for path in shown.iterdir():
        drawn, plain = cv2.imread(str(path)), cv2.imread(str(images / f'{path.stem[:2]}.png'))
        assert drawn.shape == plain.shape and (drawn != plain).any()


def test_show_dir_wants_the_hook(tiny_run, stock_tool, tmp_path):
    with pytest.raises(SystemExit, match='PoseVisualizationHook is not set'):
        stock_tool('test.py', tiny_run.config, tiny_run.checkpoint, '--work-dir', tmp_path,
                   '--show-dir', tmp_path, options=[])


def test_publish_model(tiny_run, stock_tool, tmp_path):
    """Weights and meta, with everything that trains them; tools/publish_model.py is smaller."""
    stock_tool('misc/publish_model.py', tiny_run.checkpoint, tmp_path / 'published.pth')
    for _ in range(100):  # the tool does not wait for its `mv`
        found = list(tmp_path.glob('published-*.pth'))
        if found and not (tmp_path / 'published.pth').exists():
            break
        time.sleep(0.1)
    assert len(found) == 1
    digest = hashlib.sha256(found[0].read_bytes()).hexdigest()
    assert found[0].name.split('-')[1].startswith(digest[:8])
    published, whole = load(found[0]), load(tiny_run.checkpoint)
    assert set(published) == {'meta', 'state_dict'}
    assert_identical(dict(published['state_dict']), dict(whole['state_dict']))
    assert published['meta']['dataset_meta'] == whole['meta']['dataset_meta']


def test_an_unknown_tool_lists_those_there_are(stock_tool, capsys):
    with pytest.raises(SystemExit):
        stock_tool('analysis_tools/flops.py')
    assert 'it has analysis_tools/analyze_logs.py, ' in capsys.readouterr().err


def test_amp_points_to_ours(tiny_run, stock_tool, tmp_path):
    with pytest.raises(SystemExit, match='use tools/train.py --amp'):
        stock_tool('train.py', tiny_run.config, '--work-dir', tmp_path, '--amp', options=[])
