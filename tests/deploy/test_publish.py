"""Slim checkpoints."""
import hashlib
import re
import subprocess

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpose.apis import init_model
from mmpose.models.pose_estimators import TopdownPoseEstimator

from ikp_mm.deploy.crops import Crops
from ikp_mm.deploy.publish import (check_half_precision, git_commit, slim_checkpoint,
                                   write_slim)
from ikp_mm.inference import build_detector, load_predictor, read_checkpoint
from tiny_export import PROVENANCE, inputs, people_config, save_people


@pytest.fixture
def full(tmp_path):
    return save_people(tmp_path / 'full.pth')


def changed(path, change):
    """The checkpoint with its content changed."""
    content = torch.load(path, weights_only=True)
    change(content)
    torch.save(content, path)
    return path


def test_keeps_phi_and_eta_in_half_precision(full, tmp_path):
    slim = write_slim(slim_checkpoint(full, PROVENANCE), tmp_path / 'zoo', 'people')
    content = torch.load(slim, weights_only=True)
    state = content['state_dict']
    assert {key.split('.')[0] for key in state} == {'backbone', 'head'}
    assert {value.dtype for value in state.values()} == {torch.float16, torch.int64}
    whole = torch.load(full, weights_only=True)['state_dict']
    for key, value in state.items():
        assert torch.equal(value, whole[key].half() if value.is_floating_point() else whole[key])
    assert slim.stat().st_size < full.stat().st_size / 2


def test_says_where_it_comes_from(full):
    meta = slim_checkpoint(full, PROVENANCE)['meta']
    assert meta['skeleton']['joints'][0] == 'root' and len(meta['skeleton']['edges']) == 16
    assert meta['training_command'] == 'python tools/train.py tiny.py'
    assert meta['result'] == dict(direct=12.5) and meta['code_version'] == '0123abc'
    assert (meta['iter'], meta['seed'], meta['date']) == (7, 3, '20261122_222929')
    assert (meta['licence'], meta['precision']) == ('Apache-2.0', 'float16')
    config = Config.fromstring(meta['cfg'], '.py')
    assert config.model.type == 'TopdownPoseEstimator'
    assert config.test_dataloader.dataset.pipeline[1].padding == 1.0


def test_the_name_holds_the_hash_and_equal_content_gives_an_equal_file(full, tmp_path):
    first = write_slim(slim_checkpoint(full, PROVENANCE), tmp_path / 'a', 'people')
    second = write_slim(slim_checkpoint(full, PROVENANCE), tmp_path / 'b', 'people')
    digest = hashlib.sha256(first.read_bytes()).hexdigest()
    assert first.name == second.name == f'people-{digest[:8]}.pth'


def test_mmposes_own_loader_builds_the_stock_estimator(full, tmp_path):
    slim = write_slim(slim_checkpoint(full, PROVENANCE), tmp_path, 'people')
    config = Config.fromstring(torch.load(slim, weights_only=True)['meta']['cfg'], '.py')
    model = init_model(config, str(slim), device='cpu')
    assert type(model) is TopdownPoseEstimator
    assert {value.dtype for value in model.parameters()} == {torch.float32}
    ours = build_detector(read_checkpoint(slim)).model
    with torch.no_grad():
        found = [each.head(each.extract_feat(inputs())) for each in (model, ours)]
    torch.testing.assert_close(*found)
    assert load_predictor(slim).skeleton.num_joints == 17


def test_refuses_a_checkpoint_without_a_head(full):
    def behead(content):
        content['state_dict'] = {key: value for key, value in content['state_dict'].items()
                                 if 'head' not in key}
    with pytest.raises(ValueError, match="has no weights of the head, only of .'backbone'"):
        slim_checkpoint(changed(full, behead), PROVENANCE)


@pytest.mark.parametrize('value, says', [(float('nan'), 'is not finite'),
                                         (float('inf'), 'is not finite'),
                                         (1e5, 'reaches 1e.05, half precision ends at 65504')])
def test_refuses_weights_that_are_no_numbers_or_too_large(full, value, says):
    def spoil(content):
        content['state_dict']['backbone.output.bias'][0] = value
    with pytest.raises(ValueError, match=f"'backbone.output.bias' {says}"):
        slim_checkpoint(changed(full, spoil), PROVENANCE)


def test_refuses_to_overwrite_and_to_grow(full, tmp_path):
    content = slim_checkpoint(full, PROVENANCE)
    path = write_slim(content, tmp_path / 'zoo', 'people')
    with pytest.raises(FileExistsError, match=path.name):
        write_slim(content, tmp_path / 'zoo', 'people')
    with pytest.raises(ValueError, match='MB, more than 0.001 MB'):
        write_slim(content, tmp_path / 'small', 'people', max_megabytes=0.001)
    assert not (tmp_path / 'small').exists()


def test_a_checkpoint_of_another_skeleton_names_both(full):
    config = people_config()
    config.model.head.skeleton = 'mouse4'
    with pytest.raises(ValueError, match='h36m17.*17 joints.*mouse4.*4 joints'):
        slim_checkpoint(full, PROVENANCE, config)


def test_what_is_no_checkpoint_is_named(tmp_path):
    path = tmp_path / 'note.pth'
    path.write_text('no checkpoint')
    with pytest.raises(ValueError, match='note.pth'):
        slim_checkpoint(path, PROVENANCE)


def test_measures_what_half_precision_adds(full, tmp_path):
    slim = write_slim(slim_checkpoint(full, PROVENANCE), tmp_path, 'people')
    line = check_half_precision(full, slim, frames=8)
    pixels, percent, before, after = (
        float(number) for number in re.findall(r'\d+\.\d+', line))
    assert 0 < pixels < 0.5
    assert abs(after - before) <= percent + 1e-3
    assert '8 of the 16 frames' in line
    assert 'at most 0.0000 px' in check_half_precision(slim, slim, frames=4)


def test_without_labels_half_precision_has_no_error(full, tmp_path, monkeypatch):
    monkeypatch.setattr('ikp_mm.deploy.publish.test_set_crops',
                        lambda detector, number: Crops(inputs(), None, '5 frames of the clips'))
    slim = write_slim(slim_checkpoint(full, PROVENANCE), tmp_path, 'people')
    line = check_half_precision(full, slim, frames=5)
    assert 'nan' not in line and line.endswith('average) on 5 frames of the clips')


def test_git_commit_says_whether_files_differ(tmp_path):
    def git(*arguments):
        subprocess.run(['git', '-C', str(tmp_path), '-c', 'user.name=a', '-c', 'user.email=a@b',
                        *arguments], check=True, capture_output=True)
    with pytest.raises(RuntimeError, match='no git checkout.*--code-version'):
        git_commit(tmp_path)
    git('init')
    (tmp_path / 'a').write_text('1')
    git('add', 'a')
    git('commit', '-m', 'a')
    commit = git_commit(tmp_path)
    assert len(commit) == 40
    (tmp_path / 'a').write_text('2')
    assert git_commit(tmp_path) == f'{commit}-dirty'


def test_half_precision_of_finite_numbers_is_exact_to_eleven_bits(full):
    state = slim_checkpoint(full, PROVENANCE)['state_dict']
    whole = torch.load(full, weights_only=True)['state_dict']
    key = 'backbone.output.weight'
    np.testing.assert_allclose(state[key].float(), whole[key], rtol=2**-11, atol=2**-25)
