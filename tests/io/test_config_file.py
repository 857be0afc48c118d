import pytest

from ikp_mm.io.config_file import read_config


def test_a_file_is_run(tmp_path):
    (tmp_path / 'a.py').write_text('sizes = [2 * k for k in range(3)]')
    assert read_config(tmp_path / 'a.py').sizes == [0, 2, 4]


@pytest.mark.parametrize(('text', 'reason'), [
    ('a = (', 'SyntaxError'), ('a = b', "NameError: name 'b' is not defined"),
    ('a = dict()["b"]', "KeyError: 'b'"),
    ("_base_ = ['none.py']", 'none.py')])
def test_a_faulty_file_is_named(tmp_path, text, reason):
    (tmp_path / 'faulty.py').write_text(text)
    with pytest.raises((ValueError, OSError), match=reason) as caught:
        read_config(tmp_path / 'faulty.py')
    assert 'faulty.py' in str(caught.value) or 'none.py' in str(caught.value)


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError, match='absent.py does not exist'):
        read_config(tmp_path / 'absent.py')
