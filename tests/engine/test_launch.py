from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from ikp_mm.engine import launch
from ikp_mm.engine.launch import (latest_checkpoint, prepare_launch, set_amp, set_result_file,
                                  set_show_dir, set_work_dir)


@pytest.mark.parametrize(('flag', 'in_config', 'expected'), [
    ('flag', 'config', 'flag'), (None, 'config', 'config'), (None, None, 'work_dirs/ikp_own'),
    ('flag', None, 'flag')])
def test_work_dir_flag_then_config_then_the_configs_name(flag, in_config, expected):
    cfg = Config(dict(work_dir=in_config) if in_config else {})
    set_work_dir(cfg, flag, Path('configs/ikp_own.py'))
    assert Path(cfg.work_dir) == Path(expected)


def optim_config():
    return Config(dict(optim_wrapper=dict(
        constructor='NamedOptimWrapperConstructor',
        translator=dict(modules=['backbone'], type='AllReduceOptimWrapper'),
        head=dict(modules=['head'], loss_scale=512.0))))


def test_amp_without_a_gpu_says_so(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(RuntimeError, match='--amp needs a GPU'):
        set_amp(optim_config())


def test_amp_edits_every_entry(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    cfg = optim_config()
    set_amp(cfg)
    assert cfg.optim_wrapper.to_dict() == dict(
        constructor='NamedOptimWrapperConstructor',
        translator=dict(modules=['backbone'], type='AllReduceAmpOptimWrapper',
                        loss_scale='dynamic'),
        head=dict(modules=['head'], type='AllReduceAmpOptimWrapper', loss_scale=512.0))


def test_show_dir_goes_to_the_sheet_hook():
    cfg = Config(dict(custom_hooks=[dict(type='KeypointEMAHook'),
                                    dict(type='PredictionSheetHook', out_dir='before')]))
    set_show_dir(cfg, 'sheets')
    assert cfg.custom_hooks[1].out_dir == 'sheets' and 'out_dir' not in cfg.custom_hooks[0]


@pytest.mark.parametrize('hooks', [{}, dict(custom_hooks=[dict(type='KeypointEMAHook')])])
def test_show_dir_without_a_sheet_hook_is_refused(hooks):
    with pytest.raises(ValueError, match='--show-dir: .* no PredictionSheetHook'):
        set_show_dir(Config(hooks), 'sheets')


@pytest.mark.parametrize('as_list', [True, False])
def test_result_file_for_the_metrics_that_have_none(as_list):
    metric = dict(type='KeypointDistanceMetric')
    evaluators = [metric, dict(metric, out_file='own.json'), dict(type='PCKAccuracy')]
    cfg = Config(dict(work_dir='there', test_evaluator=evaluators if as_list else metric))
    set_result_file(cfg)
    if not as_list:
        cfg.test_evaluator = [cfg.test_evaluator, *evaluators[1:]]
    files = [evaluator.get('out_file') for evaluator in cfg.test_evaluator]
    assert files == [str(Path('there/keypoint_distance.json')), 'own.json', None]


def test_confidence_table_and_picture_go_to_the_work_dir_unless_named():
    cfg = Config(dict(work_dir='there', test_evaluator=[
        dict(type='FailurePredictionMetric'),
        dict(type='FailurePredictionMetric', prefix='sure', out_file='own.json')]))
    set_result_file(cfg)
    first, second = cfg.test_evaluator
    assert (first.out_file, first.picture_file) == (
        str(Path('there/confidence.json')), str(Path('there/confidence.png')))
    assert (second.out_file, second.picture_file) == ('own.json', str(Path('there/sure.png')))


def test_last_checkpoint_is_followed(tmp_path):
    pointer = tmp_path / 'last_checkpoint'
    pointer.write_text('work_dirs/demo/iter_7.pth\n')
    assert latest_checkpoint(str(pointer)) == 'work_dirs/demo/iter_7.pth'
    assert latest_checkpoint('some/iter_3.pth') == 'some/iter_3.pth'


@pytest.mark.parametrize(('launcher', 'gpu', 'running', 'started'), [
    ('none', False, False, []), ('pytorch', False, False, ['gloo']),
    ('pytorch', False, True, []), ('pytorch', True, False, [])])
def test_gloo_is_started_where_there_is_no_gpu(monkeypatch, launcher, gpu, running, started):
    calls = []
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: gpu)
    monkeypatch.setattr(launch.torch_dist, 'is_initialized', lambda: running)
    monkeypatch.setattr(launch.torch_dist, 'init_process_group', calls.append)
    cfg = Config(dict(env_cfg=dict(dist_cfg=dict(backend='nccl'))))
    prepare_launch(cfg, launcher)
    assert calls == started and cfg.launcher == launcher
    on_cpu = launcher == 'pytorch' and not gpu
    assert cfg.env_cfg.dist_cfg.backend == ('gloo' if on_cpu else 'nccl')
