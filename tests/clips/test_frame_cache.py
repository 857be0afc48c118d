import pickle

import numpy as np
import pytest

from ikp_mm.clips.frame_cache import FrameCache, read_bytes_option


def test_options():
    assert read_bytes_option(True, 'cache') == 2 * 1024**3
    assert read_bytes_option(False, 'cache') == 0
    assert read_bytes_option(1, 'cache') == 1
    assert read_bytes_option('512MiB', 'cache') == 512 * 1024**2
    assert read_bytes_option('1.5 KiB', 'cache') == 1536 and read_bytes_option('7B', 'cache') == 7


@pytest.mark.parametrize('value', ['2GB', '2', '', -1, 2.5, None, 'GiB'])
def test_what_is_no_size(value):
    with pytest.raises(ValueError, match="frames must be True, False, .* got "):
        read_bytes_option(value, 'frames')


def test_those_not_asked_for_the_longest_make_room():
    cache = FrameCache(10)
    for key in range(3):
        cache.put(key, np.full(3, key, np.uint8))  # 9 bytes
    assert cache.get(0).tolist() == [0, 0, 0]
    cache.put('new', np.zeros(4, np.uint8))  # 13 bytes: 1 goes, 10 are left
    assert (cache.nbytes, len(cache)) == (10, 3) and cache.get(1) is None
    assert cache.get(0) is not None and cache.get(2) is not None
    cache.put('large', np.zeros(11, np.uint8))  # would drive out all the others and not stay
    assert cache.get('large') is None and len(cache) == 3


def test_an_array_put_again_counts_once():
    cache = FrameCache(10)
    for _ in range(5):
        cache.put('a', np.zeros(6, np.uint8))
    assert (cache.nbytes, len(cache)) == (6, 1)


def test_no_budget_keeps_nothing():
    cache = FrameCache(0)
    cache.put('a', np.zeros(1, np.uint8))
    assert cache.get('a') is None and cache.nbytes == 0


def test_a_copy_for_another_process_starts_empty():
    cache = FrameCache(10)
    cache.put('a', np.zeros(6, np.uint8))
    copy = pickle.loads(pickle.dumps(cache))
    assert (copy.budget, copy.nbytes, len(copy)) == (10, 0, 0)
