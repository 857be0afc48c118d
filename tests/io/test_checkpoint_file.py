import os
import pathlib
import shutil

import mmpose.apis
import pytest
import torch
from mmengine.runner import CheckpointLoader
from torch import nn

from ikp_mm.io.checkpoint_file import (last_whole_checkpoint, latest_checkpoint,
                                       load_plain)
from ikp_mm.models.pretrained import check_pretrained
from tiny_checkpoint import tiny_config
from tiny_hostile import Runs


@pytest.fixture(params=['zip', 'legacy'])
def save(request, tmp_path):
    def write(content):
        path = tmp_path / 'evil.pth'
        torch.save(content, path, _use_new_zipfile_serialization=request.param == 'zip')
        return path
    return write


def test_tensors_and_plain_values(save):
    content = dict(a=torch.arange(3.), b=dict(c=(1, 2.5, None, 'text', True), d=[{3: 'x'}]))
    found = load_plain(save(content))
    assert torch.equal(found['a'], content['a']) and found['b'] == content['b']


def payloads(folder):
    ran = str(folder / 'ran')
    return [('system', Runs(os.system, f'touch {ran}')), ('getattr', Runs(getattr, 'text', 'join')),
            ('eval', Runs(eval, f'open({ran!r}, "w")')), ('PosixPath', pathlib.Path('x'))]


@pytest.mark.parametrize('number', range(4))
@pytest.mark.parametrize('read', [
    load_plain, CheckpointLoader.load_checkpoint,
    lambda path: mmpose.apis.init_model(tiny_config(), str(path), device='cpu')])
def test_a_pickle_is_refused_and_not_run(save, tmp_path, monkeypatch, number, read):
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    monkeypatch.delenv('TORCH_FORCE_WEIGHTS_ONLY_LOAD', raising=False)
    name, payload = payloads(tmp_path)[number]
    path = save(dict(state_dict=dict(w=torch.ones(1)), meta=dict(a=payload)))
    with pytest.raises(ValueError, match=f'evil.pth is refused: it holds .*{name}, not') as caught:
        read(str(path))
    assert '\n' not in str(caught.value) and not (tmp_path / 'ran').exists()


def test_init_cfg_reads_by_the_same_way(save, tmp_path):
    layer = nn.Linear(1, 1)
    layer.init_cfg = dict(type='Pretrained', checkpoint=str(save(payloads(tmp_path)[0][1])))
    with pytest.raises(ValueError, match='evil.pth is refused'):
        check_pretrained(layer)
    assert not (tmp_path / 'ran').exists()


def test_the_environment_makes_torch_careful_of_addresses_too():
    # torch.hub, which reads what MMEngine downloads, asks for pickles by name.
    assert os.environ['TORCH_FORCE_WEIGHTS_ONLY_LOAD'] == '1'


@pytest.mark.parametrize('size', [0, 10, 400, -1])
def test_a_file_that_is_cut_off_is_one_line(save, size):
    path = save(dict(w=torch.rand(100)))
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match='evil.pth cannot be read as a checkpoint') as caught:
        load_plain(path)
    assert '\n' not in str(caught.value)


def test_other_files(tmp_path):
    with pytest.raises(FileNotFoundError, match='none.pth does not exist'):
        load_plain(tmp_path / 'none.pth')
    (tmp_path / 'text.pth').write_text('not a checkpoint')
    with pytest.raises(ValueError, match='text.pth cannot be read as a checkpoint'):
        load_plain(tmp_path / 'text.pth')
    shutil.make_archive(str(tmp_path / 'other'), 'zip', tmp_path, 'text.pth')
    with pytest.raises(ValueError, match='other.zip cannot be read as a checkpoint'):
        load_plain(tmp_path / 'other.zip')


def test_last_checkpoint_is_followed(tmp_path):
    pointer = tmp_path / 'last_checkpoint'
    pointer.write_text('work_dirs/demo/iter_7.pth\n')
    assert latest_checkpoint(str(pointer)) == 'work_dirs/demo/iter_7.pth'
    assert latest_checkpoint('some/iter_3.pth') == 'some/iter_3.pth'
    with pytest.raises(FileNotFoundError, match='other/last_checkpoint does not exist: was'):
        latest_checkpoint(tmp_path / 'other' / 'last_checkpoint')


def test_flipped_bits_are_seen_by_the_checksum(tmp_path):
    path = tmp_path / 'iter_1.pth'
    torch.save(dict(w=torch.zeros(1000)), path)
    content = bytearray(path.read_bytes())
    place = content.index(bytes(1000))  # inside the tensor
    content[place + 500] ^= 1
    path.write_bytes(content)
    assert torch.load(path, weights_only=True)['w'].any()  # torch does not see it
    with pytest.raises(ValueError, match=r'iter_1.pth cannot be read .*\(checksum of .*data/0\)'):
        load_plain(path)


def checkpoints(folder, *names):
    for name in names:
        torch.save(dict(name=name), folder / name)


def test_the_last_whole_checkpoint(tmp_path):
    assert last_whole_checkpoint(tmp_path) == (None, [])
    checkpoints(tmp_path, 'iter_900.pth', 'iter_1000.pth', 'best_score_iter_1000.pth', 'iter_x.pth')
    assert last_whole_checkpoint(tmp_path) == (str(tmp_path / 'iter_1000.pth'), [])
    # The named one comes first; its folder may have moved.
    (tmp_path / 'last_checkpoint').write_text('/elsewhere/iter_900.pth')
    assert last_whole_checkpoint(tmp_path) == (str(tmp_path / 'iter_900.pth'), [])
    (tmp_path / 'last_checkpoint').write_text('')
    (tmp_path / 'iter_1000.pth').write_bytes(b'')
    found, (reason,) = last_whole_checkpoint(tmp_path)
    assert found == str(tmp_path / 'iter_900.pth') and 'iter_1000.pth cannot be read' in reason
    (tmp_path / 'iter_900.pth').write_bytes(b'')
    with pytest.raises(ValueError, match='none of the checkpoints in .* can be read'):
        last_whole_checkpoint(tmp_path)
