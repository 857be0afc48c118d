"""What tools leave in a folder is theirs, and nothing else is touched."""
import json

import pytest

from ikp_mm.inference.output_files import earlier_record


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
