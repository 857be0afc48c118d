"""A tiny trained run on disk, as its user finds it; labelled images; the stock tools."""
import importlib.metadata
import itertools
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import cv2
import mmengine
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from ikp_mm.synthetic import SyntheticClips
from tiny_run import ROOT, tiny_config, train

_numbers = itertools.count()


class TinyRun(NamedTuple):
    """Files of a trained KeypointGAN: 2 iterations of stage one, 2 of stage two."""

    config: Path
    checkpoint: Path
    log: Path
    work_dir: Path


@pytest.fixture(scope='session')
def tiny_run(tmp_path_factory) -> TinyRun:
    """A validation follows the second and the last iteration."""
    init_default_scope('mmpose')
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp('tiny_run')
    cfg = tiny_config(folder / 'work', 2, 4, validate=True)
    cfg.dump(folder / 'tiny.py')
    # As its user starts it: a dumped file has its keys in another order.
    train(Config.fromfile(folder / 'tiny.py', format_python_code=False))
    logs = list(folder.glob('work/*/vis_data/scalars.json'))
    assert len(logs) == 1
    return TinyRun(folder / 'tiny.py', folder / 'work/iter_4.pth', logs[0], folder / 'work')


@pytest.fixture(scope='session')
def images(tmp_path_factory) -> Path:
    """A folder of four frames of two synthetic people, 32 px; ``labels.npz`` lies beside it.

    Not in it: MMPoseInferencer stops at a file whose kind its name does not tell.
    """
    folder = tmp_path_factory.mktemp('labelled') / 'images'
    folder.mkdir()
    clips = SyntheticClips(num_clips=2, frames_per_clip=2, image_size=32, split='test')
    names, labels = [], []
    for clip, t in itertools.product(range(2), range(2)):
        names.append(f'{clip}{t}.png')
        assert cv2.imwrite(str(folder / names[-1]), clips.frame(clip, t))
        labels.append(clips.keypoints(clip)[t] / 32)
    np.savez(folder.parent / 'labels.npz', keypoints=np.array(labels),
             files=np.array([f'images/{name}' for name in names]))
    return folder


@pytest.fixture(scope='session')
def file_config(tiny_run, images) -> Path:
    """The tiny run's configuration, tested on image files, with MMPose's visualization hook."""
    cfg = Config.fromfile(tiny_run.config)
    frames = cfg.test_dataloader.dataset
    cfg.test_dataloader.dataset = dict(
        type='LabelledFramesDataset', data_root=str(images.parent), ann_file='labels.npz',
        skeleton='h36m17', pipeline=frames.pipeline)
    cfg.default_hooks.visualization = dict(type='PoseVisualizationHook', enable=False)
    path = tiny_run.config.with_name('tiny_files.py')
    Config(cfg.to_dict(), format_python_code=False).dump(path)
    return path


@pytest.fixture
def stock_tool(monkeypatch):
    """``tools/mmpose_tool.py TOOL ARGUMENTS [--cfg-options ...]`` in this process."""
    def run(tool: str, *arguments, options=None) -> None:
        # Unformatted, see tiny_run.tiny_config.
        monkeypatch.setattr(mmengine.config.config, 'FormatCode', lambda text, **_: (text, True))
        argv = ['mmpose_tool.py', tool, *map(str, arguments)]
        if options is not None:
            name = f'stock_{next(_numbers)}'
            argv += ['--cfg-options', f'experiment_name={name}', f'visualizer.name={name}',
                     *options]
        monkeypatch.setattr(sys, 'argv', argv)
        runpy.run_path(str(ROOT / 'tools/mmpose_tool.py'), run_name='__main__')
    return run


@pytest.fixture
def mim():
    """Runs ``mim ARGUMENTS`` as a process of its own and gives what it printed."""
    try:
        importlib.metadata.version('openmim')
    except importlib.metadata.PackageNotFoundError:
        pytest.skip('no mim here: make extras')

    def run(*arguments, cwd: Path) -> str:
        environment = dict(os.environ, OMP_NUM_THREADS='1', MPLBACKEND='agg',
                           PYTHONPATH=str(ROOT))
        command = [sys.executable, '-W', 'ignore', '-c', 'from mim.cli import cli; cli()']
        done = subprocess.run([*command, *map(str, arguments)], cwd=cwd, env=environment,
                              text=True, capture_output=True, timeout=600, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
        return done.stdout + done.stderr
    return run
