"""get_skeleton reads what a config may hold."""
from pathlib import Path

import pytest
from mmengine.config import ConfigDict

from ikp_mm.skeletons import H36M17, MOUSE4, Skeleton, get_skeleton

FISH = dict(name='fish', joints=['mouth', 'left_fin', 'right_fin'], edges=[['mouth', 'left_fin']])


def test_names_and_skeletons():
    assert get_skeleton('h36m17') is H36M17
    assert get_skeleton(MOUSE4) is MOUSE4


def test_dictionaries_as_a_config_holds_them():
    expected = Skeleton(**FISH)
    assert get_skeleton(FISH) == expected
    assert get_skeleton(ConfigDict(FISH)) == expected
    assert get_skeleton(expected.to_metainfo()) == expected


def test_meta_file(tmp_path):
    path = tmp_path / 'fish.py'
    path.write_text(f'dataset_info = {Skeleton(**FISH).to_metainfo()!r}\n')
    assert get_skeleton(str(path)) == Skeleton(**FISH)
    assert get_skeleton(path) == Skeleton(**FISH)


def test_refusals(tmp_path):
    with pytest.raises(ValueError, match="unknown skeleton 'horse'.*h36m17"):
        get_skeleton('horse')
    with pytest.raises(ValueError, match="missing keys \\['edges'\\], unknown keys \\['limbs'\\]"):
        get_skeleton(dict(name='a', joints=['b'], limbs=[]))
    with pytest.raises(FileNotFoundError, match='nowhere.py'):
        get_skeleton('nowhere.py')
    empty = tmp_path / 'empty.py'
    empty.write_text('x = 1\n')
    with pytest.raises(ValueError, match="no 'dataset_info'"):
        get_skeleton(Path(empty))
    with pytest.raises(TypeError, match='int'):
        get_skeleton(17)


def test_a_meta_file_is_not_run(tmp_path):
    path = tmp_path / 'fish.py'
    path.write_text(f'open({str(tmp_path / "ran")!r}, "w")\n'
                    f'dataset_info = {Skeleton(**FISH).to_metainfo()!r}\n')
    with pytest.raises(ValueError, match='fish.py, line 1: open.* is no "name = value"'):
        get_skeleton(path)
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize('changes', [dict(swaps=True), dict(colors=[1]), dict(parts=3),
                                     dict(parts=[dict(shape='oval')]), dict(edges=[3])])
def test_what_is_of_another_kind_is_one_line_that_names_the_skeleton(changes):
    spec = {**dict(name='beast', joints=['a', 'b'], edges=[['a', 'b']]), **changes}
    with pytest.raises(ValueError, match="skeleton dictionary 'beast': .*edges a list of pairs"):
        get_skeleton(spec)
