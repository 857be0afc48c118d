"""Files that are made to harm: each is refused in one line, and nothing of it is run."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch

from bench import Bench, fault
from ikp_mm.io.formats.bvh import read_bvh
from ikp_mm.io.formats.coco import load_coco
from ikp_mm.io.formats.npz import read_npz
from ikp_mm.clips import FolderClips
from runs import ROOT
from tiny_hostile import Runs, claiming


def refuses(error: type[Exception], read, *says: str) -> None:
    """``read()`` raises ``error`` in one line that says all of ``says``."""
    try:
        read()
    except error as raised:
        message = str(raised)
        assert '\n' not in message, message
        for text in says:
            assert text in message, f'"{text}" is not in: {message}'
        return
    raise AssertionError('the file was read')


def payload(bench: Bench, number: int) -> tuple[str, object, Path]:
    """What a spoilt checkpoint holds: its kind, the object, the file that shows that it was run."""
    ran = bench.folder / f'ran_{number}'
    return [('a pickle that calls os.system', Runs(os.system, f'touch {ran}'), ran),
            ('a pickle that calls getattr', Runs(getattr, 'text', 'join'), ran),
            ('configuration text that is code', f'import os; os.system("touch {ran}")', ran)][number]


@fault('A checkpoint that holds code (pickle of os.system, of getattr, Python as its config)',
       tries=3)
def checkpoint(bench, number):
    kind, content, ran = payload(bench, number)
    path = bench.folder / f'evil_{number}.pth'
    meta = dict(cfg=content) if isinstance(content, str) else dict(a=content)
    torch.save(dict(state_dict={}, meta=meta), path)
    found = subprocess.run(
        [sys.executable, '-W', 'ignore', str(ROOT / 'tools/demo.py'), str(path),
         str(bench.folder / 'clips/0'), '--out', str(bench.folder / f'demo_{number}')],
        capture_output=True, text=True, timeout=120)
    assert found.returncode == 1 and path.name in found.stderr, found.stderr[-400:]
    assert 'Traceback' not in found.stderr, found.stderr[-400:]
    assert not ran.exists(), f'{kind} was run'


@fault('Poses as pickled objects, of 24 PB by their header, with flipped bits', tries=3)
def poses(bench, number):
    path, ran = bench.folder / f'evil_{number}.npz', bench.folder / 'ran_npz'
    np.savez(path, keypoints=np.array([Runs(os.system, f'touch {ran}')], object) if number == 0
             else np.zeros(3))
    if number == 1:  # with the checksum of what it claims
        with zipfile.ZipFile(path) as archive:
            content = archive.read('keypoints.npy')
        with zipfile.ZipFile(path, 'w') as archive:
            archive.writestr('keypoints.npy', claiming(content))
    elif number == 2:
        path.write_bytes(claiming(path.read_bytes()))
    refuses(ValueError, lambda: read_npz(path, ['keypoints'], ''), path.name)
    assert not ran.exists()


@fault('A COCO json nested 100,000 deep')
def deep_json(bench, number):
    path = bench.folder / 'deep.json'
    path.write_text('{"images": ' + '[' * 100_000)
    refuses(ValueError, lambda: load_coco(path, ''), 'deep.json')


@fault('A BVH that says it has 10^9 frames')
def bvh(bench, number):
    path = bench.folder / 'long.bvh'
    path.write_text('HIERARCHY\nROOT hip\n{\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition '
                    'Zposition\nEnd Site\n{\nOFFSET 0 1 0\n}\n}\nMOTION\nFrames: 1000000000\n'
                    'Frame Time: 0.01\n0 0 0\n')
    refuses(ValueError, lambda: read_bvh(path), 'long.bvh', '1000000000')


@fault('A list of clips, and labels, that leave their folder', tries=2)
def outside(bench, number):
    if number:
        path = bench.folder / 'outside.npz'
        np.savez(path, files=['clips/../../x.png'], keypoints=np.zeros((1, 17, 2)))
        from ikp_mm.datasets import LabelledFramesDataset
        refuses(ValueError, lambda: LabelledFramesDataset(
            path.name, str(bench.folder), skeleton='h36m17', pipeline=[]), 'not below')
        return
    path = bench.folder / 'list.txt'
    path.write_text('0\n1/../../../etc\n')
    refuses(ValueError, lambda: FolderClips(str(bench.folder / 'clips'), 32, list_file=str(path)),
            'line 2')


@fault('A log of metrics cut within its last line')
def cut_scalars(bench, number):
    from ikp_mm.evaluation.run_report import gather_scalars
    session = bench.folder / 'cut' / 'now' / 'vis_data'
    session.mkdir(parents=True)
    (session / 'scalars.json').write_text(json.dumps(dict(loss=1.0, step=1)) + '\n{"loss": 2')
    assert gather_scalars(bench.folder / 'cut').read_text() == '{"loss": 1.0, "step": 1}\n'
