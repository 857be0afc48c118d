import argparse
from datetime import timedelta
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from ikp_mm.engine import launch
from ikp_mm.engine.launch import (add_launch_arguments, is_first_process, launched_config,
                                  merge_options, prepare_launch, set_amp, set_result_file,
                                  set_show_dir)


@pytest.mark.parametrize(('flag', 'in_config', 'expected'), [
    ('flag', 'config', 'flag'), (None, 'config', 'config'), (None, None, 'work_dirs/ikp_own'),
    ('flag', None, 'flag')])
def test_work_dir_flag_then_config_then_the_configs_name(tmp_path, monkeypatch, flag,
                                                         in_config, expected):
    path = tmp_path / 'ikp_own.py'
    path.write_text(f'work_dir = {in_config!r}\n' if in_config else '')
    parser = argparse.ArgumentParser()
    add_launch_arguments(parser)
    args = parser.parse_args([str(path), *(['--work-dir', flag] if flag else [])])
    monkeypatch.setenv('LOCAL_RANK', '0')
    assert Path(launched_config(args).work_dir) == Path(expected)


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


def test_a_metric_that_is_not_registered_is_left_to_the_runner():
    cfg = Config(dict(work_dir='there', test_evaluator=dict(type='Mistyped')))
    set_result_file(cfg)
    assert cfg.test_evaluator == dict(type='Mistyped')


def test_confidence_table_and_picture_go_to_the_work_dir_unless_named():
    cfg = Config(dict(work_dir='there', test_evaluator=[
        dict(type='FailurePredictionMetric'),
        dict(type='FailurePredictionMetric', prefix='sure', out_file='own.json')]))
    set_result_file(cfg)
    first, second = cfg.test_evaluator
    assert (first.out_file, first.picture_file) == (
        str(Path('there/confidence.json')), str(Path('there/confidence.png')))
    assert (second.out_file, second.picture_file) == ('own.json', str(Path('there/sure.png')))


@pytest.fixture
def groups(monkeypatch):
    """Process groups that are started: (backend, timeout); no GPU, none running."""
    started = []
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    monkeypatch.setattr(launch.torch_dist, 'is_initialized', lambda: False)
    monkeypatch.setattr(launch.torch_dist, 'init_process_group',
                        lambda backend, timeout=None: started.append((backend, timeout)))
    return started


def launch_config(**options):
    return Config(dict(env_cfg=dict(dist_cfg=dict(backend='nccl')),
                       model_wrapper_cfg=dict(type='mmpose.BroadcastModelWrapper'), **options))


@pytest.mark.parametrize(('launcher', 'gpu', 'running', 'started'), [
    ('none', False, False, []), ('pytorch', False, False, [('gloo', None)]),
    ('pytorch', False, True, []), ('pytorch', True, False, []), ('slurm', True, False, [])])
def test_gloo_is_started_where_there_is_no_gpu(monkeypatch, groups, launcher, gpu, running,
                                               started):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: gpu)
    monkeypatch.setattr(launch.torch_dist, 'is_initialized', lambda: running)
    cfg = launch_config()
    prepare_launch(cfg, launcher)
    assert groups == started and cfg.launcher == launcher
    on_cpu = launcher == 'pytorch' and not gpu
    assert cfg.env_cfg.dist_cfg.backend == ('gloo' if on_cpu else 'nccl')


def test_the_configs_timeout_is_the_groups(groups):
    cfg = launch_config()
    cfg.env_cfg.dist_cfg.timeout = 90
    prepare_launch(cfg, 'pytorch')
    assert groups == [('gloo', timedelta(seconds=90))] and cfg.env_cfg.dist_cfg.timeout == 90


@pytest.mark.parametrize('launcher', ['slurm', 'mpi'])
def test_launchers_that_need_a_gpu_say_so(groups, launcher):
    with pytest.raises(RuntimeError, match=f"'{launcher}' needs a GPU .* tools/dist_train.sh"):
        prepare_launch(launch_config(), launcher)


def test_sync_bn_is_the_hosts_and_needs_a_gpu(monkeypatch, groups):
    with pytest.raises(ValueError, match="sync_bn='torch' needs a GPU.* set sync_bn=None"):
        prepare_launch(launch_config(sync_bn='torch'), 'pytorch')
    assert groups == []  # refused before the ranks wait for each other
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    cfg = launch_config(sync_bn='torch')
    prepare_launch(cfg, 'pytorch')
    assert cfg.sync_bn == 'torch'


def test_bfloat16_needs_no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    cfg = optim_config()
    set_amp(cfg, 'bfloat16')
    assert cfg.optim_wrapper.translator.type == 'AllReduceBFloat16OptimWrapper'
    assert cfg.optim_wrapper.head.type == 'AllReduceBFloat16OptimWrapper'
    assert 'loss_scale' not in cfg.optim_wrapper.translator


def test_bfloat16_of_a_single_optimizer():
    cfg = Config(dict(optim_wrapper=dict(
        type='AllReduceOptimWrapper', optimizer=dict(type='Adam', lr=1e-3),
        clip_grad=dict(max_norm=1.0))))
    set_amp(cfg, 'bfloat16')
    assert cfg.optim_wrapper.to_dict() == dict(
        type='AllReduceBFloat16OptimWrapper', optimizer=dict(type='Adam', lr=1e-3),
        clip_grad=dict(max_norm=1.0))


def test_options_override_what_is_read_afterwards():
    cfg = Config(dict(clips='here', model=dict(head=dict(size=1)), randomness=dict(seed=0)))
    merge_options(cfg, None)
    merge_options(cfg, {'model.head.size': 2, 'randomness.seed': 3, 'sync_bn': 'torch'})
    assert (cfg.model.head.size, cfg.randomness.seed, cfg.sync_bn) == (2, 3, 'torch')


@pytest.mark.parametrize('key', ['clips', 'prior.poses', 'poses', 'modle.head.size'])
def test_options_that_would_change_nothing_are_refused(key):
    cfg = Config(dict(clips='here', prior=dict(poses='a.npz'), train_dataloader=dict()))
    with pytest.raises(ValueError, match=f'{key}: .* changes nothing. Edit the file'):
        merge_options(cfg, {key: 'there'})
    assert cfg.clips == 'here' and cfg.prior.poses == 'a.npz'


@pytest.mark.parametrize('name', ['RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK'])
def test_the_first_process_is_known_before_torch_is_asked(monkeypatch, name):
    for other in ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK'):
        monkeypatch.delenv(other, raising=False)
    assert is_first_process()
    for rank in (0, 1):
        monkeypatch.setenv(name, str(rank))
        assert is_first_process() == (rank == 0)
