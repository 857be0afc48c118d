import os

import numpy as np
import pytest

from ikp_mm.clips import clip_list
from ikp_mm.clips.clip_list import choose, listed_clips, name_array


def listed(tmp_path, text=None, find=('b/2', 'b/10', 'a'), there=True, header=None):
    path = tmp_path / 'lists/clips.txt'
    if text is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text)
    names = listed_clips(path, tmp_path / 'clips', lambda: name_array(find),
                         lambda name: there is True or name in there, header)
    return [os.fsdecode(name) for name in names]


def test_a_list_is_made_once_and_read_again(tmp_path):
    assert listed(tmp_path) == ['b/2', 'b/10', 'a']
    path = tmp_path / 'lists/clips.txt'
    assert path.read_bytes() == b'b/2\nb/10\na\n' and os.listdir(path.parent) == ['clips.txt']
    assert listed(tmp_path, find=('another', )) == ['b/2', 'b/10', 'a']


def test_the_order_of_the_list_is_that_of_the_clips(tmp_path):
    assert listed(tmp_path, b'b10\r\nb2\n\xc3\xbc \xff\n\n') == ['b10', 'b2', 'ü \udcff']


def test_a_header_must_fit(tmp_path):
    assert listed(tmp_path, header='# of dev') == ['b/2', 'b/10', 'a']
    assert (tmp_path / 'lists/clips.txt').read_text() == '# of dev\nb/2\nb/10\na\n'
    assert listed(tmp_path, header='# of dev') == ['b/2', 'b/10', 'a']
    with pytest.raises(ValueError, match="clips.txt does not fit .*clips: it begins with "
                       "b'# of dev', expected '# of test'; mend it, or delete it"):
        listed(tmp_path, header='# of test')


@pytest.mark.parametrize('text, message', [
    (b'', 'lists no clip'), (b'\n\n', 'lists no clip'), (b'a\n\nb\n', "line 2: '' is no path"),
    (b'a\n/data/b\n', "line 2: '/data/b' is no path below"), (b'./a\n', "line 1: './a'"),
    (b'a/../../b\n', "line 1: 'a/../../b' is no path below"), (b'a\nb\na\n', 'lists a twice')])
def test_lists_that_are_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        listed(tmp_path, text)


def test_clips_that_are_not_there(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match='clips.txt lists b, which is not below .*clips; .*delete'):
        listed(tmp_path, b'a\nb\nc\n', there={'a', 'c'})
    monkeypatch.setattr(clip_list, 'SPOT_CHECKS', 2)  # the first and the last
    assert listed(tmp_path, b'a\nb\nc\n', there={'a', 'c'}) == ['a', 'b', 'c']


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(ValueError, match=r"'a\\nb' has a line break in its name"):
        listed(tmp_path, find=('a\nb', ))
    (tmp_path / 'lists').touch()
    with pytest.raises(OSError, match=r'the list .*clips.txt cannot be written .*set list_file'):
        listed(tmp_path)


def test_choosing():
    names = name_array(['actor0/wave', 'actor0/bend', 'ü/wave', 'actor7/wave'])
    assert choose(names, None, [], 'here').tolist() == [0, 1, 2, 3]
    assert choose(names, ['*/wave'], ['actor[1-9]/*'], 'here').tolist() == [0, 2]
    assert choose(names, ['ü*', 'a*7*', '[!a]*'], ['x', '*.'], 'here').tolist() == [2, 3]
    assert choose(names, None, ['*/wav'], 'here').tolist() == [0, 1, 2, 3]  # the whole name
    with pytest.raises(FileNotFoundError, match=r"include=\[\]"):
        choose(names, [], [], 'here')
    with pytest.raises(FileNotFoundError, match=r"none of the 4 clips here \(e.g. .*'actor0/bend'.*"
                       r"include=\['x'\], exclude=\[\]"):
        choose(names, ['x'], [], 'here')


def test_a_hundred_thousand_names_take_their_bytes(tmp_path):
    find = [f'dev/id{i // 200:05d}/{i // 10:011d}/{i:05d}' for i in range(100_000)]
    listed(tmp_path, find=find)
    names = listed_clips(tmp_path / 'lists/clips.txt', tmp_path, list, lambda name: True)
    assert names.dtype == np.dtype('S29') and names.nbytes == 29 * 100_000
    assert os.fsdecode(names[54321]) == find[54321]
