"""Tiny runs in two gloo processes: how they are started, and what they run."""
from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import ikp_mm  # noqa: F401  before any mmpose module that imports mmcv's compiled ops

import torch
import torch.distributed as torch_dist
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmpose.registry import HOOKS, MODELS

from ikp_mm.engine.launch import prepare_launch
from ikp_mm.models import KeypointGAN

from tiny_run import BATCH, ROOT, build_runner, tiny_config

PRETRAIN, LAST = 3, 8
INSTANCE = dict(type='IN', affine=True)
# Options of each run; what draws at random within a step is off: it differs by rank.
CASES = dict(
    no_batch_statistics=dict(model__backbone__norm_cfg=INSTANCE,
                             model__generator__norm_cfg=INSTANCE, model__foreground_gain=3.0),
    batch_statistics={})


@MODELS.register_module()
class DoubleKeypointGAN(KeypointGAN):
    """Float64, in which sums in another order differ by 1e-16 and not by 1e-7."""

    def __init__(self, **options):
        super().__init__(**options)
        self.double()

    def prepare_pairs(self, batch):
        pairs = super().prepare_pairs(batch)
        return type(pairs)(*(tensor.double() for tensor in (
            pairs.images, pairs.targets, pairs.appearances, pairs.weights)))

    def prepare_prior(self, batch):
        prior = super().prepare_prior(batch)
        # Every third pose lacks a joint: ranks see different numbers of joints and whole poses.
        visible = prior.visible.clone()
        visible[batch['draw'] % 3 == 0, 0] = False
        return type(prior)(prior.keypoints.double(), visible)


@HOOKS.register_module()
class DieHook(Hook):
    """Rank 1 raises, is killed or hangs after some iterations; when, is noted in ``died_at``."""

    def __init__(self, how: str, iterations: int = 3) -> None:
        self.how, self.iterations = how, iterations

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        if get_rank() != 1 or runner.iter + 1 != self.iterations:
            return
        (Path(runner.work_dir) / 'died_at').write_text(str(time.time()))
        if self.how == 'raise':
            raise ValueError('clip_000017.mp4 holds no frame')
        if self.how == 'kill':
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(600)


def case_config(folder, name: str, batch: int):
    """The configuration of a case with ``batch`` samples a process."""
    return tiny_config(folder, PRETRAIN, LAST, model__type='DoubleKeypointGAN',
                       model__figures=None, model__pool_size=0,
                       train_dataloader__batch_size=batch,
                       train_cfg__prior_dataloader__batch_size=batch,
                       default_hooks__checkpoint__interval=LAST, **CASES[name])


def environment(**variables) -> dict:
    """One thread a process, no GPU (two ranks cannot share one); the tests' modules importable."""
    return dict(os.environ, OMP_NUM_THREADS='1', CUDA_VISIBLE_DEVICES='', PYTHON=sys.executable,
                PYTHONPATH=os.pathsep.join([str(ROOT), str(ROOT / 'tests')]), **variables)


def run_ranks(*command, timeout: float = 300, **variables) -> subprocess.CompletedProcess:
    """Run a command and keep what it prints, both streams in one text."""
    return subprocess.run([str(part) for part in command], env=environment(**variables),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=timeout, check=False)


def _run_cases(rank: int, folder: Path, cases: list[str]) -> None:
    torch_dist.init_process_group('gloo', init_method=f'file://{folder}/meet', rank=rank,
                                  world_size=2)
    os.environ['LOCAL_RANK'] = str(rank)
    for name in cases:
        cfg = case_config(folder / name, name, BATCH)
        prepare_launch(cfg, 'pytorch')
        runner = build_runner(cfg)
        runner.train()
        torch.save(dict(runner.model.module.state_dict()), folder / name / f'rank_{rank}.pth')


def train_cases(folder: Path, cases) -> None:
    """Train the cases one after the other in two forks of this process: nothing to import.

    Each rank leaves its model's state, ``FOLDER/CASE/rank_R.pth``.
    """
    context = multiprocessing.get_context('fork')
    ranks = [context.Process(target=_run_cases, args=(rank, folder, list(cases)))
             for rank in (0, 1)]
    for rank in ranks:
        rank.start()
    for rank in ranks:
        rank.join(timeout=120)
        if rank.is_alive():
            rank.kill()
    assert [rank.exitcode for rank in ranks] == [0, 0]
