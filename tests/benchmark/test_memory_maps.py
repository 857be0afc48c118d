import mmap
import os
from multiprocessing import get_context

import numpy as np
import pytest

from ikp_mm.benchmark.memory_maps import drop_from_page_cache, process_memory, touch

SIZE = 64 * 2**20


def child(array, pipe):
    before = process_memory().private
    touch(array)
    after_reading = process_memory().private
    array[::1024] = 1
    pipe.send((after_reading - before, process_memory().private - before))
    pipe.close()


def test_forked_memory_is_shared_until_it_is_written_to():
    array = np.ones(SIZE, np.uint8)
    receiver, sender = get_context('fork').Pipe(duplex=False)
    process = get_context('fork').Process(target=child, args=(array, sender))
    process.start()
    read, written = receiver.recv()
    process.join()
    assert read < 0.2 * SIZE and 0.9 * SIZE < written < 1.2 * SIZE


def test_own_memory_is_private():
    before = process_memory()
    array = np.ones(SIZE, np.uint8)
    after = process_memory(os.getpid())
    assert array[0] == 1 and 0.9 * SIZE < after.private - before.private < 1.2 * SIZE
    assert 0.9 * SIZE < after.proportional - before.proportional < 1.2 * SIZE


def test_touched_pages_of_a_file_are_in_memory(tmp_path):
    np.save(tmp_path / 'a.npy', np.ones(SIZE, np.uint8))
    drop_from_page_cache(tmp_path)
    array = np.load(tmp_path / 'a.npy', mmap_mode='r')
    before = process_memory().proportional
    touch(array)
    assert process_memory().proportional - before > 0.9 * SIZE
    assert isinstance(array.base, mmap.mmap)


def test_no_such_process():
    with pytest.raises(FileNotFoundError):
        process_memory(2**30)
