"""The shipped checkpoints are what their table says."""
import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from ikp_mm.synthetic import SyntheticClips
from ikp_mm.inference import load_predictor

ZOO = Path(__file__).resolve().parents[3] / 'projects/model_zoo'
FILES = sorted(ZOO.glob('*.pth'))


def test_something_is_shipped():
    assert FILES


@pytest.mark.parametrize('path', FILES, ids=lambda path: path.stem)
def test_name_size_and_meta(path):
    content = path.read_bytes()
    assert len(content) <= 5e6
    name, digits = path.stem.rsplit('-', 1)
    assert digits == hashlib.sha256(content).hexdigest()[:8]
    assert (ZOO / f'{name}.py').is_file()
    assert f'`{path.name}`' in (ZOO / 'README.md').read_text(encoding='utf-8')
    saved = torch.load(path, weights_only=True)
    assert {key.split('.')[0] for key in saved['state_dict']} <= {'backbone', 'neck', 'head'}
    assert all(value.dtype == torch.float16 for value in saved['state_dict'].values()
               if value.is_floating_point())
    assert f'projects/model_zoo/{name}.py' in saved['meta']['training_command']
    assert f"{saved['meta']['result']['direct']:.2f}" in (ZOO / 'README.md').read_text('utf-8')


def test_the_people_model_finds_held_out_people():
    predictor = load_predictor(next(path for path in FILES if path.name.startswith('ikp_people_')))
    clips = SyntheticClips(split='test', num_clips=8, frames_per_clip=4)
    frames = [clips.frame(clip, t) for clip in range(8) for t in range(4)]
    truth = np.concatenate([clips.keypoints(clip) for clip in range(8)])
    found = predictor.predict(frames, np.tile([32.0, 32.0, 64.0], (len(frames), 1)))
    error = 100 * np.linalg.norm(found.keypoints - truth, axis=2).mean() / 64
    # 3.28 on all 400 test frames; the mean pose fitted to the true box errs by 5.79.
    assert error < 5
