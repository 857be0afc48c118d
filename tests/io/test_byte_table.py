import numpy as np
import pytest

from ikp_mm.io import byte_table
from ikp_mm.io.byte_table import ByteTable


def test_strings_come_back():
    table = ByteTable.of([b'abc', b'', b'\0x'])
    assert len(table) == 3 and [table[i] for i in range(3)] == [b'abc', b'', b'\0x']
    assert table.data.tolist() == [97, 98, 99, 0, 120] and table.ends.tolist() == [3, 3, 5]


def test_texts_of_any_file_name_in_chunks(monkeypatch):
    texts = ['a/b', 'Übung', 'broken\udcff', 'd']  # the third is no valid UTF-8 on disk
    table = ByteTable.of_texts(texts)
    assert [table.text(i) for i in range(4)] == texts and table[2] == b'broken\xff'
    monkeypatch.setattr(byte_table, 'CHUNK', 3)
    assert list(table.texts()) == [(0, texts[:3]), (3, texts[3:])]


def test_views_read_nothing():
    table = ByteTable.of([b'abc', b'de'])
    assert np.shares_memory(table.view(1), table.data) and table.view(1).tobytes() == b'de'


def test_ends_must_fit():
    with pytest.raises(ValueError, match='2 strings of int64 ends do not fit 4 values of uint8'):
        ByteTable(np.zeros(4, np.uint8), np.array([1, 3]))
