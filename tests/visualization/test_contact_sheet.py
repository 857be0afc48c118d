"""Contact sheets: a row a clip, its first and last frame at the ends, pages."""
import cv2
import numpy as np
import pytest

from ikp_mm.visualization.contact_sheet import CELL, write_contact_sheets
from ikp_mm.visualization.sheet import GAP, MARGIN


def write_clip(folder, count):
    folder.mkdir()
    for t in range(count):
        cv2.imwrite(str(folder / f'{t:04d}.png'), np.full((8, 8, 3), 10 * t, np.uint8))
    return sorted(folder.iterdir())


def test_rows_run_from_the_first_to_the_last_frame(tmp_path):
    files = write_clip(tmp_path / 'a', 19)
    page, = write_contact_sheets([('a', files)], tmp_path)
    sheet = cv2.imread(str(page))
    y = sheet.shape[0] - MARGIN - CELL // 2
    centres = [sheet.shape[1] - MARGIN - CELL // 2 - k * (CELL + GAP) for k in range(10)]
    # Every second of 19 frames, the last at the right.
    np.testing.assert_allclose([sheet[y, x, 0] for x in centres],
                               [180 - 20 * k for k in range(10)], atol=4)


def test_pages_of_twenty_and_no_stale_page(tmp_path):
    files = write_clip(tmp_path / 'a', 2)
    clips = [(f'clip {i}', files) for i in range(21)]
    assert [page.name for page in write_contact_sheets(clips, tmp_path)] == [
        'contact_sheet_00.jpg', 'contact_sheet_01.jpg']
    write_contact_sheets(clips[:1], tmp_path)
    assert [path.name for path in tmp_path.glob('contact_sheet*')] == ['contact_sheet_00.jpg']
    assert write_contact_sheets([], tmp_path) == []


def test_refuses(tmp_path):
    (tmp_path / 'no.jpg').touch()
    with pytest.raises(OSError, match='no.jpg'):
        write_contact_sheets([('x', [tmp_path / 'no.jpg'])], tmp_path)
