"""Training processes that are killed, and what they must end with all the same.

A run is ``tools/train.py`` on a tiny configuration in a process forked after the imports. Its end is
compared with that of an undisturbed run bit for bit: weights, optimizers, pools, the best
checkpoint, the log of metrics.
"""
from __future__ import annotations

import itertools
import os
import runpy
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import mmengine
import numpy as np
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from ikp_mm.evaluation.run_report import gather_scalars, validation_series
from ikp_mm.synthetic import SyntheticClips, generate_poses
from tiny_run import ROOT, assert_identical, load, shrink_model, training_state

ITERS = 8
VALIDATED = ('keypoint_distance/direct', 'label_free/score', 'label_free/moved')
SIDE = 32
CONFIG = """
_base_ = [{base!r}]
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips={clips!r}, poses={poses!r}, skeleton='h36m17', labels='labels.npz',
        labels_root={root!r})
"""


def write_footage(folder: Path) -> None:
    """Three clips of six frames, 60 poses and four labelled frames in ``folder``."""
    clips = SyntheticClips(num_clips=3, frames_per_clip=6, image_size=SIDE, seed=0)
    files, keypoints = [], []
    for clip in range(len(clips)):
        (folder / 'clips' / str(clip)).mkdir(parents=True)
        for t in range(clips.num_frames(clip)):
            file = f'clips/{clip}/{t:04d}.png'
            cv2.imwrite(str(folder / file), clips.frame(clip, t))
            if t < 2:
                files.append(file)
                keypoints.append(clips.keypoints(clip)[t] / SIDE)
    np.savez(folder / 'labels.npz', files=files, keypoints=np.array(keypoints, np.float32))
    np.savez(folder / 'poses.npz', keypoints=generate_poses(1, 60))


def write_config(folder: Path) -> Path:
    """Footage and a config of a run on it, networks as small as can be: three iterations of stage
    one, five of stage two; a checkpoint and a validation every second one."""
    write_footage(folder)
    (folder / 'own.py').write_text(CONFIG.format(
        base=str(ROOT / 'configs/_base_/stands/upright.py'), clips=str(folder / 'clips'),
        poses=str(folder / 'poses.npz'), root=str(folder)))
    cfg = Config.fromfile(folder / 'own.py', format_python_code=False)
    shrink_model(cfg.model)
    cfg.model.pool_size = 3
    pairs = cfg.val_cfg.pairs_dataloader
    for loader in (cfg.train_dataloader, cfg.train_cfg.prior_dataloader, pairs):
        loader.batch_size = 2
    for dataset in (cfg.train_dataloader.dataset, pairs.dataset):
        dataset.update(image_size=SIDE, gap=(1, 3))
    pairs.num_batch_per_epoch = 2
    for step in cfg.test_pipeline:
        if 'input_size' in step:
            step.input_size = (SIDE, SIDE)
    for loader in (cfg.val_dataloader, cfg.test_dataloader):
        loader.dataset.pipeline = cfg.test_pipeline
    cfg.train_cfg.update(pretrain_iters=3, warm_up_iters=1, max_iters=ITERS, val_interval=2,
                         val_begin=1)
    cfg.pop('param_scheduler')
    cfg.default_hooks.logger.interval = 1
    cfg.default_hooks.checkpoint.update(interval=2, max_keep_ckpts=2)
    cfg.custom_hooks = [dict(type='KeypointEMAHook', momentum=0.05)]
    path = folder / 'tiny.py'
    cfg.dump(path)
    return path


def start(config: Path, work_dir: Path, *options: str, resume: bool = False,
          plant: Callable[[], None] | None = None, into: Path | None = None) -> int:
    """Fork a process that trains in ``into`` (``work_dir`` by default) and prints into
    ``work_dir/output.txt``; returns its number. ``plant`` is called in it before."""
    work_dir.mkdir(parents=True, exist_ok=True)
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        with open(work_dir / 'output.txt', 'a', encoding='utf-8') as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        # Unformatted: yapf takes half a second each time a checkpoint stores the configuration.
        mmengine.config.config.FormatCode = lambda text, **_: (text, True)
        if plant is not None:
            plant()
        sys.argv = ['tools/train.py', str(config), '--work-dir', str(into or work_dir),
                    *(['--resume'] if resume else []),
                    *(['--cfg-options', *options] if options else [])]
        runpy.run_path(str(ROOT / 'tools/train.py'), run_name='__main__')
        status = 0
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        status = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def end(process: int, limit: float = 120.0) -> int:
    """Wait for a process: its exit status, or minus the signal that killed it.

    Raises:
        AssertionError: it has not ended after ``limit`` seconds (and is killed).
    """
    before = time.monotonic()
    while True:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() - before > limit:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            raise AssertionError(f'the process had not ended after {limit:.0f} s')
        time.sleep(0.01)


def finish(config: Path, work_dir: Path, *options: str) -> None:
    """Resume a run to its end.

    Raises:
        AssertionError: it does not end well.
    """
    status = end(start(config, work_dir, *options, resume=True))
    assert status == 0, f'the resumed run ended with {status}: {output(work_dir)[-400:]}'


def output(work_dir: Path) -> str:
    """What the processes of a work directory have printed."""
    return (work_dir / 'output.txt').read_text(encoding='utf-8')


def outcome(work_dir: Path) -> dict:
    """What a run has ended with: state, best checkpoint, metrics of each validation."""
    state = training_state(load(work_dir / f'iter_{ITERS}.pth'))
    best, = work_dir.glob('best_*.pth')
    scalars = gather_scalars(work_dir)
    return dict(state=state, best=best.name, best_weights=dict(load(best)['state_dict']),
                metrics={name: validation_series(scalars, name) for name in VALIDATED})


def assert_same_end(work_dir: Path, undisturbed: dict) -> None:
    """Raises AssertionError, naming the first thing that differs."""
    assert_identical(undisturbed, outcome(work_dir), where='outcome')
    assert not list(work_dir.glob('.*.partial-*')), 'a half-written file is left'


# ------------------------------------------------------------------ where a process is killed

def die() -> None:
    """Killed, as by the out-of-memory killer."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_while_writing(number: int) -> Callable[[], None]:
    """Killed with half of the ``number``-th checkpoint written."""
    def plant() -> None:
        from ikp_mm.engine.file_backend import AtomicLocalBackend
        from ikp_mm.io.atomic import atomic_file
        left = [number]
        whole = AtomicLocalBackend.put

        def put(self, obj, filepath):
            left[0] -= 1
            if left[0]:
                return whole(self, obj, filepath)
            with atomic_file(Path(filepath)) as partial:
                partial.write_bytes(obj[:len(obj) // 2])
                die()

        AtomicLocalBackend.put = put
    return plant


def at_point(name: str, act: Callable[[Runner], None], number: int | None = 1,
             before: bool = False) -> Callable[[], None]:
    """A plant that calls ``act(runner)`` the ``number``-th time (None: every time) that hooks are
    called at the point ``name``, after them or ``before`` them."""
    def plant() -> None:
        whole, times = Runner.call_hook, itertools.count(1)

        def call_hook(self, point, **arguments):
            now = point == name and number in (None, next(times))
            if now and before:
                act(self)
            whole(self, point, **arguments)
            if now and not before:
                act(self)

        Runner.call_hook = call_hook
    return plant


def die_in_hook(name: str, number: int) -> Callable[[], None]:
    """Killed when hooks have been called the ``number``-th time at the point ``name``."""
    return at_point(name, lambda runner: die(), number)


def signalled_in_hook(name: str, number: int, sent: int, to_group: bool = False
                      ) -> Callable[[], None]:
    """Sends itself, or its whole group of processes, a signal at the ``number``-th time of the point
    ``name``."""
    return at_point(name, lambda runner: os.kill(0 if to_group else os.getpid(), sent), number,
                    before=True)


torch.set_num_threads(1)
