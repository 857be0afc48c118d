import sys

import pytest

from ikp_mm.io.optional import optional


def test_a_package_that_is_there_is_imported():
    assert optional('os.path', 'unused').join is sys.modules['os'].path.join


def test_one_that_is_absent_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, 'absent', None)
    with pytest.raises(ImportError, match='^reading tea leaves needs absent$'):
        optional('absent', 'reading tea leaves needs absent')
