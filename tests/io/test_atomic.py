import json

import pytest

from ikp_mm.io.atomic import (atomic_file, atomic_folder, earlier_record, refuse_existing,
                              remove_partial)


def written(path, overwrite=True):
    return atomic_folder(path, 'index.json', 'clip index', overwrite)


def left(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*'))


def test_a_file_is_there_when_the_block_ends(tmp_path):
    for text in ('first', 'second'):
        with atomic_file(tmp_path / 'new/config.py') as partial:
            partial.write_text(text)
            assert partial.suffix == '.py' and partial.name.startswith('.')
            assert text == 'second' or not (tmp_path / 'new/config.py').exists()
        assert (tmp_path / 'new/config.py').read_text() == text
    assert left(tmp_path) == ['new', 'new/config.py']


@pytest.mark.parametrize('error', [ValueError, KeyboardInterrupt])
def test_a_block_that_fails_leaves_the_older_file(tmp_path, error):
    (tmp_path / 'a.txt').write_text('older')
    with pytest.raises(error):
        with atomic_file(tmp_path / 'a.txt') as partial:
            partial.write_text('newer')
            raise error
    assert left(tmp_path) == ['a.txt'] and (tmp_path / 'a.txt').read_text() == 'older'


def test_it_is_there_when_the_block_ends(tmp_path):
    with written(tmp_path / 'a/index') as partial:
        (partial / 'x').write_text('new')
        assert not (tmp_path / 'a/index').exists()
    assert left(tmp_path) == ['a', 'a/index', 'a/index/x']


def test_an_older_one_is_replaced_whole(tmp_path):
    (tmp_path / 'index').mkdir()
    (tmp_path / 'index/index.json').touch()
    with written(tmp_path / 'index') as partial:
        (partial / 'x').touch()
    assert left(tmp_path) == ['index', 'index/x']


@pytest.mark.parametrize('error', [ValueError, KeyboardInterrupt])
def test_a_block_that_fails_leaves_what_was(tmp_path, error):
    (tmp_path / 'index').mkdir()
    (tmp_path / 'index/index.json').touch()
    with pytest.raises(error):
        with written(tmp_path / 'index') as partial:
            (partial / 'x').touch()
            raise error
    assert left(tmp_path) == ['index', 'index/index.json']


def test_a_swap_that_fails_puts_the_older_one_back(tmp_path):
    (tmp_path / 'index').mkdir()
    (tmp_path / 'index/index.json').touch()
    with pytest.raises(FileNotFoundError):
        with written(tmp_path / 'index') as partial:
            partial.rmdir()  # the second renaming cannot succeed
    assert left(tmp_path) == ['index', 'index/index.json']


@pytest.mark.parametrize('overwrite', [True, False])
def test_what_has_appeared_meanwhile_stays(tmp_path, overwrite):
    with pytest.raises(FileExistsError, match='give --overwrite' if not overwrite else 'in the way'):
        with written(tmp_path / 'index', overwrite) as partial:
            (partial / 'x').touch()
            (tmp_path / 'index').mkdir()
            (tmp_path / 'index/thesis.txt').touch()
    assert left(tmp_path) == ['index', 'index/thesis.txt']


def test_of_two_at_once_the_first_to_end_stays(tmp_path):
    with pytest.raises(FileExistsError, match='exists'):
        with written(tmp_path / 'index', overwrite=False) as late:
            (late / 'late').touch()
            with written(tmp_path / 'index', overwrite=False) as early:
                (early / 'early').touch()
    assert left(tmp_path) == ['index', 'index/early']


def test_what_must_not_be_replaced(tmp_path):
    refuse_existing(tmp_path / 'none', 'index.json', 'clip index', False)
    with pytest.raises(FileExistsError, match='give --overwrite'):
        refuse_existing(tmp_path, 'index.json', 'clip index', False)
    with pytest.raises(FileExistsError, match='holds no index.json, so it is no clip index'):
        refuse_existing(tmp_path, 'index.json', 'clip index', True)
    (tmp_path / 'index.json').touch()
    refuse_existing(tmp_path, 'index.json', 'clip index', True)


def test_what_dead_processes_left_is_removed(tmp_path):
    (tmp_path / '.index.partial-01234567').mkdir()
    (tmp_path / '.index.partial-01234567/x').touch()
    (tmp_path / '.a.partial-01234567.txt').touch()
    (tmp_path / '.other').touch()
    remove_partial(tmp_path)
    assert left(tmp_path) == ['.other']


def test_a_record_of_the_same_tool_comes_back_when_it_may_be_replaced(tmp_path):
    assert earlier_record(tmp_path / 'none', 'a.json', 'tools/a.py', overwrite=False) is None
    record = dict(made_by='tools/a.py', files=['b'])
    (tmp_path / 'a.json').write_text(json.dumps(record))
    assert earlier_record(tmp_path, 'a.json', 'tools/a.py', overwrite=True) == record
    with pytest.raises(FileExistsError, match='is there already: .*--overwrite'):
        earlier_record(tmp_path, 'a.json', 'tools/a.py', overwrite=False)


def test_what_another_made_is_in_the_way_whatever_the_user_says(tmp_path):
    with pytest.raises(FileExistsError, match='was not made by tools/a.py'):
        earlier_record(tmp_path, 'a.json', 'tools/a.py', overwrite=True)
    (tmp_path / 'a.json').write_text('{"made_by": "tools/b.py"}')
    with pytest.raises(FileExistsError, match='was not made by tools/a.py'):
        earlier_record(tmp_path, 'a.json', 'tools/a.py', overwrite=True)
