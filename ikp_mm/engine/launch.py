"""What the command-line tools change in a config before a Runner is built from it."""
from __future__ import annotations

import argparse
import inspect
import os
from datetime import timedelta
from pathlib import Path
from typing import Optional

import torch
import torch.distributed as torch_dist
from mmengine.config import Config, DictAction
from mmengine.runner import Runner
from mmpose.registry import METRICS

from ikp_mm.io.config_file import read_config

# What MMEngine's runner and builders and our tools look up in a config beside runner's arguments.
LOOKED_UP = {'model_wrapper_cfg', 'sync_bn', 'find_unused_parameters', 'detect_anomalous_params',
             'compile', 'activation_checkpointing', 'efficient_conv_bn_eval', 'custom_imports',
             'auto_scale_lr', 'regression_dataloader'}


def add_launch_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments that training and testing share; see ``launched_config``."""
    parser.add_argument('config', help='config file')
    parser.add_argument('--work-dir', help='where logs and what training writes go')
    parser.add_argument('--show-dir', help='where the sheets of pictures go')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        help='override config entries')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none',
                        help='job launcher')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


def launched_config(args: argparse.Namespace) -> Config:
    """The configuration of a run, read and changed as the shared arguments say. Work directory:
    command line before config before ``./work_dirs/<config name>``, as in MMPose.

    Raises: see ``read_config``, ``merge_options``, ``prepare_launch``, ``set_show_dir``.
    """
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = read_config(args.config)
    merge_options(cfg, args.cfg_options)
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / Path(args.config).stem)
    prepare_launch(cfg, args.launcher)
    if args.show_dir is not None:
        set_show_dir(cfg, args.show_dir)
    return cfg


def is_first_process() -> bool:
    """Whether this is rank 0, by what torchrun, Slurm or Open MPI say, before torch is asked."""
    ranks = (os.environ.get(name) for name in ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK'))
    return int(next((rank for rank in ranks if rank is not None), 0)) == 0


def merge_options(cfg: Config, options: Optional[dict]) -> None:
    """Override entries of a config by ``--cfg-options``.

    Raises:
        ValueError: a name is overridden that nobody reads, or only the config's other lines
            (``clips``, ``prior``, ``codec``): it has had its effect when the file was evaluated.
    """
    if options is None:
        return
    read = set(inspect.signature(Runner.__init__).parameters) | LOOKED_UP
    for key in options:
        name = key.split('.')[0]
        if name not in read:
            why = ('is read while the config is evaluated, overriding it afterwards'
                   if name in cfg else 'is read by nobody, setting it')
            raise ValueError(
                f'--cfg-options {key}: {name} {why} changes nothing. Edit the file, or name the '
                'entry that it ends up in (train_dataloader.dataset. ..., model.head. ...)')
    cfg.merge_from_dict(options)


def set_amp(cfg: Config, dtype: str = 'float16') -> None:
    """Make every entry of ``optim_wrapper`` a mixed-precision one: ``'float16'``, with losses
    scaled, or ``'bfloat16'``.

    Raises:
        RuntimeError: float16 without a GPU, which MMEngine's ``AmpOptimWrapper`` needs.
    """
    if dtype == 'float16' and not torch.cuda.is_available():
        raise RuntimeError("--amp needs a GPU: MMEngine's AmpOptimWrapper runs on no CPU "
                           '(--amp-dtype bfloat16 does, slower than float32 on most)')
    entries = [cfg.optim_wrapper]  # a single one, as of a supervised network
    if 'optimizer' not in cfg.optim_wrapper:
        entries = [entry for entry in cfg.optim_wrapper.values() if isinstance(entry, dict)]
    for entry in entries:
        entry['type'] = ('AllReduceBFloat16OptimWrapper' if dtype == 'bfloat16'
                         else 'AllReduceAmpOptimWrapper')
        if dtype != 'bfloat16':
            entry.setdefault('loss_scale', 'dynamic')


def set_show_dir(cfg: Config, show_dir: str) -> None:
    """Send the sheets of :class:`PredictionSheetHook` to ``show_dir``; ValueError without one."""
    hooks = [h for h in cfg.get('custom_hooks', []) if h['type'] == 'PredictionSheetHook']
    if not hooks:
        raise ValueError('--show-dir: the config has no PredictionSheetHook in custom_hooks')
    for hook in hooks:
        hook['out_dir'] = show_dir


def set_result_file(cfg: Config) -> None:
    """Let each metric of the test that has tables, and no file of its own, save them.

    Its ``out_file`` is ``<work_dir>/<prefix>.json`` (``keypoint_distance.json``,
    ``confidence.json`` by default), its ``picture_file``, if it draws one, ``<prefix>.png``.
    """
    evaluators = cfg.test_evaluator
    for evaluator in evaluators if isinstance(evaluators, list) else [evaluators]:
        metric = METRICS.get(evaluator['type'])
        if metric is None:  # the Runner names it
            continue
        taken = inspect.signature(metric).parameters
        stem = Path(cfg.work_dir) / (evaluator.get('prefix') or metric.default_prefix or '')
        for key, suffix in (('out_file', 'json'), ('picture_file', 'png')):
            if key in taken:
                evaluator.setdefault(key, f'{stem}.{suffix}')


def prepare_launch(cfg: Config, launcher: str) -> None:
    """Set the launcher; on a machine without a GPU start gloo here.

    MMEngine's ``init_dist`` asks torch for a CUDA device whatever the backend.

    Raises:
        RuntimeError: without a GPU, a launcher other than ``'pytorch'``.
        ValueError: without a GPU, ``sync_bn``, whose layers refuse CPU tensors.
    """
    cfg.launcher = launcher
    if launcher == 'none' or torch.cuda.is_available():
        return
    if launcher != 'pytorch':
        raise RuntimeError(f"launcher '{launcher}' needs a GPU for each process, and torch sees "
                           'none on this machine. On CPUs use torchrun: tools/dist_train.sh')
    if cfg.get('sync_bn') is not None:
        raise ValueError(f'sync_bn={cfg.sync_bn!r} needs a GPU, and torch sees none on this '
                         'machine: set sync_bn=None (each rank normalises its own images)')
    timeout = cfg.env_cfg.get('dist_cfg', {}).get('timeout')
    if not torch_dist.is_initialized():
        torch_dist.init_process_group(
            'gloo', **({} if timeout is None else dict(timeout=timedelta(seconds=timeout))))
    cfg.env_cfg.dist_cfg = dict(backend='gloo', timeout=timeout)
