import json
import pickle

import numpy as np
import pytest

from ikp_mm.io.byte_table import ByteTable
from ikp_mm.clips.clip_index import ClipIndex, StaleIndexError, index_command, open_or_make

OPTIONS = dict(suffixes=['.jpg', '.png'], background_suffix=None)


def made(names=('a', 'b/c', 'd'), unreadable=()):
    count = len(names)
    return ClipIndex('folders', '/data/my clips', dict(OPTIONS), ByteTable.of_texts(names),
                     np.arange(2, 2 + count, dtype=np.int32), np.arange(count) + 10**18,
                     ByteTable.of([b'x' * i for i in range(1, count + 1)]), list(unreadable))


def assert_same(one, other):
    assert (one.kind, one.root, one.options, one.unreadable) == (
        other.kind, other.root, other.options, other.unreadable)
    for name, array in one._arrays().items():
        assert np.array_equal(array, other._arrays()[name]), name


def test_written_and_opened(tmp_path):
    index = made(unreadable=['x/y.mp4: no video', 'odd\udcff.mp4: no video'])
    index.write(tmp_path / 'deep' / 'index')
    opened = ClipIndex.open(tmp_path / 'deep' / 'index')
    assert_same(opened, index)
    assert opened.path == tmp_path / 'deep' / 'index' and len(opened) == 3
    assert isinstance(opened.frame_counts.base, np.memmap)  # mapped, not read
    assert opened.names.text(1) == 'b/c' and opened.entries[2] == b'xxx'
    about = json.loads((tmp_path / 'deep' / 'index' / 'index.json').read_text())
    assert (about['clips'], about['frames'], about['unreadable']) == (3, 2 + 3 + 4, 2)
    assert [path.name for path in (tmp_path / 'deep').iterdir()] == ['index']  # nothing partial


def test_a_copy_for_another_process_maps_the_same_files(tmp_path):
    made().write(tmp_path / 'index')
    opened = ClipIndex.open(tmp_path / 'index')
    data = pickle.dumps(opened)
    assert len(data) < 300
    assert_same(pickle.loads(data), opened)
    assert_same(pickle.loads(pickle.dumps(made())), made())  # in memory: all of it


def test_choose():
    index = made(['a1', 'a2', 'b1', 'b2'])
    assert index.names.choose(None, ()).tolist() == [0, 1, 2, 3]
    assert index.names.choose(['a*', 'b2'], ['*1']).tolist() == [1, 3]
    assert index.names.choose(['z'], ()).tolist() == []


def test_command():
    assert index_command('folders', '/data/my clips', 'x', OPTIONS) == (
        "python tools/index_clips.py '/data/my clips' --out x --kind folders --suffixes .jpg .png "
        "--background-suffix '' --overwrite")


def test_nothing_is_overwritten_unasked(tmp_path):
    path = tmp_path / 'index'
    made().write(path)
    with pytest.raises(FileExistsError, match='give --overwrite'):
        made().write(path)
    made(['only']).write(path, overwrite=True)
    assert len(ClipIndex.open(path)) == 1 and len(list(tmp_path.iterdir())) == 1


def test_a_failed_writing_leaves_nothing(tmp_path, monkeypatch):
    def full(*args):
        raise OSError('disk full')

    monkeypatch.setattr(np, 'save', full)
    with pytest.raises(OSError, match='disk full'):
        made().write(tmp_path / 'index')
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_index(tmp_path):
    with pytest.raises(StaleIndexError, match=r'is no clip index: .*tools/index_clips.py ROOT'):
        ClipIndex.open(tmp_path)
    made().write(tmp_path / 'index')
    about = json.loads((tmp_path / 'index/index.json').read_text())
    (tmp_path / 'index/index.json').write_text(json.dumps({**about, 'version': 7}))
    with pytest.raises(StaleIndexError, match='version 7, this program reads .* version 1'):
        ClipIndex.open(tmp_path / 'index')


def test_damage_is_found_when_it_is_opened(tmp_path):
    made().write(tmp_path / 'index')
    counts = tmp_path / 'index/frame_counts.npy'
    whole = counts.read_bytes()
    counts.write_bytes(whole[:-1])
    with pytest.raises(StaleIndexError, match=r'frame_counts.npy cannot be read(?s:.*)--overwrite'):
        ClipIndex.open(tmp_path / 'index')
    np.save(counts, np.arange(4, dtype=np.int32))
    with pytest.raises(StaleIndexError, match=r'it states 3 clips, its arrays have \[3, 4\]'):
        ClipIndex.open(tmp_path / 'index')
    np.save(counts, np.arange(3, dtype=np.int64))
    with pytest.raises(StaleIndexError, match=r'holds int64 \(3,\), not int32'):
        ClipIndex.open(tmp_path / 'index')
    counts.write_bytes(whole)
    np.save(tmp_path / 'index/names.npy', np.zeros(2, np.uint8))  # of another copy
    with pytest.raises(StaleIndexError, match=r'index is damaged: .*2 values(?s:.*)--overwrite'):
        ClipIndex.open(tmp_path / 'index')


def test_made_for():
    made().check_made_for('folders', OPTIONS)
    with pytest.raises(StaleIndexError, match='is an index of folders, not of videos'):
        made().check_made_for('videos', {})
    with pytest.raises(StaleIndexError, match=r"made with suffixes=\['.jpg', '.png'\], not "
                       r"\['.bmp'\](?s:.*)--suffixes .bmp --background-suffix '' --overwrite"):
        made().check_made_for('folders', {**OPTIONS, 'suffixes': ['.bmp']})


def test_made_once_by_whoever_comes_first(tmp_path):
    path, calls = tmp_path / 'index', []

    def make():
        calls.append(1)
        if len(calls) == 1:
            made(['the', 'other', 'rank', 'was faster']).write(path)
        return made()

    for _ in range(2):
        assert len(open_or_make(path, 'folders', OPTIONS, make)) == 4
    assert len(calls) == 1 and [p.name for p in tmp_path.iterdir()] == ['index']
