import pytest

from ikp_mm.clips.sequences import check_interval, half_of, pieces_of


@pytest.mark.parametrize('count, first, second', [
    (4, [0, 1], [2, 3]), (5, [0, 1], [2, 3, 4]), (1, [], [0]), (0, [], [])])
def test_halves_share_no_frame_and_leave_none_out(count, first, second):
    frames = list(range(count))
    assert frames[half_of(count, 'first')] == first
    assert frames[half_of(count, 'second')] == second
    assert frames[half_of(count, None)] == frames


def test_pieces():
    def cut(count, length):
        return [list(range(count))[piece] for piece in pieces_of(count, length)]
    assert cut(5, 2) == [[0, 1], [2, 3, 4]]  # the rest joins the last piece
    assert cut(6, 2) == [[0, 1], [2, 3], [4, 5]]
    assert cut(3, 5) == cut(3, None) == [[0, 1, 2]]


def test_bad_arguments():
    with pytest.raises(ValueError, match="'first', 'second' or None, got 'third'"):
        half_of(4, 'third')
    with pytest.raises(ValueError, match='frames_per_clip must be positive or None, got 0'):
        pieces_of(4, 0)
    with pytest.raises(ValueError, match='interval must be at least 1, got 0'):
        check_interval(0)
