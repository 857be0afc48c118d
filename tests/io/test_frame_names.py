import numpy as np
import pytest

from ikp_mm.io.frame_names import decode_name, decode_names, encode_names


def there_and_back(names):
    entry = encode_names(names)
    view = np.frombuffer(entry, np.uint8)
    assert decode_names(view, len(names)) == names
    assert decode_name(view, len(names) - 1) == names[-1]
    return len(entry)


HEADER = 1 + 8 + 8 + 2 + 2


@pytest.mark.parametrize('names, text_bytes', [
    ([f'frame_{t:04d}.jpg' for t in range(500)], 6 + 4),
    ([f'{t}.png' for t in range(8, 120)], 4),  # no zeros in front
    ([f'{t:02d}.png' for t in range(90, 130)], 4),  # outgrows its digits
    ([f'a1_{t:06d}_rgb2.png' for t in range(7, 9000, 15)], 3 + 9),
    (['Ü1.jpg', 'Ü2.jpg'], 2 + 4),
])
def test_regular_names_take_a_few_bytes_whatever_their_number(names, text_bytes):
    assert there_and_back(names) == HEADER + text_bytes


@pytest.mark.parametrize('names', [
    ['only.png'], ['1.png', '2.png', '4.png'], ['a.png', 'b.png'], ['1.png', '2.jpg'],
    ['1.png', '01.png'], ['1_1.png', '2_2.png'], ['001.png', '2.png'], ['x\udcff.png', 'y1.png'],
    ['٣.png', '٤.png'],  # digits of another script are not counted up
    [f'{2**63 + t}.png' for t in range(3)], [f'{t:0300d}.png' for t in range(3)],
    ['0.png', '1.png', '1.png'],
])
def test_other_names_come_back_too(names):
    widest = max(len(name.encode('utf-8', 'surrogateescape')) for name in names)
    assert there_and_back(names) == HEADER + len(names) * widest


def test_random_lists():
    rng = np.random.default_rng(0)
    for _ in range(300):
        count, width = int(rng.integers(1, 12)), int(rng.integers(1, 5))
        numbers = np.cumsum(rng.integers(1, 3, count)) + int(rng.integers(0, 200))
        there_and_back([f'v{int(rng.integers(2)) or ""}_{n:0{width}d}.jpg' for n in numbers])
