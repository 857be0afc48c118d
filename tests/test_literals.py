from pathlib import Path

import mmpose
import pytest
from mmengine.config import Config

from ikp_mm.literals import read_assignments

META_FILES = Path(mmpose.__file__).parent / '.mim/configs/_base_/datasets'


def test_literals_and_dict_calls():
    text = '''"""A text that stands alone."""
model = dict(type='Head', sizes=(1, -2.5), swaps={'left': 'right'}, none=None)  # a comment
names = ['a', 'b']
kept = {1, 2}
weights = [1.] * 3
summed = [1] + [2] + [3] * 2
names = ['c']
'''
    assert read_assignments(text, 'x') == dict(
        model=dict(type='Head', sizes=(1, -2.5), swaps={'left': 'right'}, none=None), kept={1, 2},
        weights=[1.0, 1.0, 1.0], summed=[1, 2, 3, 3], names=['c'])


def test_what_a_configuration_is_written_as_comes_back():
    config = Config(dict(model=dict(type='A', sizes=(1, 2), deep=[dict(b='it\'s "so"')]),
                         numbers={0: 'nose', 1: 'eye'}, nothing=None, small=1e-06, below=-3))
    assert read_assignments(config.pretty_text, 'x') == config.to_dict()


@pytest.mark.parametrize('text', [
    'import os', 'a = __import__("os").system("true")', 'a = open("x")', 'a = b', 'a = (1).real',
    'a = dict(b=dict(c=eval("1")))', 'a = dict([(1, 2)])', 'a = dict(**{"b": 1})', 'a = {**{1: 2}}',
    'a = [x for x in (1, 2)]', 'a = lambda: 1', 'a = f"{1}"', 'a = 1 if True else 2', 'a[0] = 1',
    'def f(): pass', 'a = b = 1', 'a: int = 1', 'a = 2 ** 9', 'a = "b" * 9', 'a = dict.fromkeys("b")',
    'print(1)', 'a = "b".format(1)', 'if True:\n    a = 1'])
def test_anything_else_is_refused_and_not_run(text):
    with pytest.raises(ValueError, match=r'm.pth, line \d+: '):
        read_assignments(f'first = 1\n{text}\n', 'm.pth')


@pytest.mark.parametrize('text', [
    'a = (', 'a = ' + '(' * 3000 + ')' * 3000, 'a = ' + '-' * 100000 + '1', 'a = "\0"',
    'a = {[]: 1}', 'a = [0] * 1000000000', 'a = [[0] * 9000] * 9000', 'a = (1,) + [1]'])
def test_broken_and_bloated_text_is_refused(text):
    with pytest.raises(ValueError, match='^m.pth'):
        read_assignments(text, 'm.pth')


def test_mmposes_own_meta_files_are_plain():
    files = sorted(META_FILES.glob('*.py'))
    assert len(files) > 20
    for file in files:
        if file.name == 'deepfashion2.py':  # the only one that computes
            continue
        assert read_assignments(file.read_text(encoding='utf-8'), file.name)['dataset_info'] == (
            Config.fromfile(file).dataset_info.to_dict()), file.name
