import os

import pytest
import torch
from mmengine.fileio import get_file_backend
from mmengine.runner import CheckpointLoader

from ikp_mm.engine import AtomicLocalBackend
from tiny_checkpoint import save_tiny


@pytest.fixture
def backend():
    """As ``CheckpointHook(backend_args=dict(backend='atomic_local'))`` gets it."""
    return get_file_backend(backend_args=dict(backend='atomic_local'))


def test_writes_and_replaces(tmp_path, backend):
    assert isinstance(backend, AtomicLocalBackend)
    path = tmp_path / 'new' / 'folder' / 'iter_1.pth'
    for content in (b'first', b'second'):
        backend.put(content, str(path))
        assert backend.get(path) == content
    assert [file.name for file in path.parent.iterdir()] == ['iter_1.pth']


@pytest.mark.parametrize('call', ['fsync', 'replace'])
def test_a_death_on_the_way_leaves_the_good_file(tmp_path, backend, monkeypatch, call):
    path = tmp_path / 'iter_1.pth'
    backend.put(b'good', path)

    def dies(*arguments):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, call, dies)
    with pytest.raises(OSError, match='No space'):
        backend.put(b'newer', path)
    assert path.read_bytes() == b'good'
    monkeypatch.undo()
    backend.put(b'newest', path)
    assert path.read_bytes() == b'newest' and os.listdir(tmp_path) == ['iter_1.pth']


def test_the_file_appears_under_its_name_only_when_whole(tmp_path, backend, monkeypatch):
    seen = []
    rename = os.replace

    def watching(source, target):
        seen.append((os.path.exists(target), open(source, 'rb').read()))
        rename(source, target)

    monkeypatch.setattr(os, 'replace', watching)
    backend.put(b'whole', tmp_path / 'iter_1.pth')
    assert seen == [(False, b'whole')]


def test_the_text_that_a_resume_would_run_is_left_out(tmp_path):
    path = save_tiny(tmp_path / 'old.pth')
    content = torch.load(path, weights_only=True)
    content['meta']['config'] = 'import os'
    torch.save(content, path)
    loaded = CheckpointLoader.load_checkpoint(str(path))
    assert 'config' not in loaded['meta'] and loaded['meta']['cfg'] == content['meta']['cfg']
