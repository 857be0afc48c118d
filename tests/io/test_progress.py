from ikp_mm.io.progress import Progress


def lines_of(total, steps):
    """Lines said when ``done`` are done at ``seconds``."""
    lines, now = [], [0.0]
    progress = Progress(total, 'frames', lines.append, lambda: now[0])
    for now[0], done in steps:
        progress.at(done)
    return lines


def test_says_every_ten_seconds_how_much_is_done_and_left():
    assert lines_of(1000, [(3, 50), (10, 100), (15, 150), (100, 500)]) == [
        '100 of 1000 frames, about 1 min 30 s to go', '500 of 1000 frames, about 1 min 40 s to go']
    assert lines_of(100, [(7200, 50)]) == ['50 of 100 frames, about 2 h 0 min to go']
    assert lines_of(80, [(20, 60)]) == ['60 of 80 frames, about 7 s to go']


def test_too_little_is_done_to_tell():
    assert lines_of(1000, [(12, 0), (14, 9), (24, 10)]) == [
        '9 of 1000 frames', '10 of 1000 frames, about 39 min 36 s to go']


def test_of_an_unknown_number_or_more_than_expected():
    assert lines_of(0, [(20, 7)]) == ['7 frames']
    assert lines_of(5, [(20, 7)]) == ['7 frames']


def test_nobody_is_told():
    Progress(8, 'parts', None, iter([0, 99]).__next__).at(1)
