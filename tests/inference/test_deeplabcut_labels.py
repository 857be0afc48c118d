"""DeepLabCut's layouts, read back as DeepLabCut reads them."""
import sys

import numpy as np
import pytest

from ikp_mm.inference.deeplabcut_labels import write_labelled, write_predictions
from ikp_mm.skeletons import Skeleton

pd = pytest.importorskip('pandas')
pytest.importorskip('tables')

NAN = np.nan
SKELETON = Skeleton('worm', ['head', 'tail'], [('head', 'tail')])
KEYPOINTS = np.array([[[1.5, 2], [3, 4]], [[NAN, NAN], [5, 6]]])
SCORES = np.array([[.9, .8], [0, .25]])


def test_predictions_text(tmp_path):
    csv, h5 = write_predictions(tmp_path / 'new', 'walk.2', 'me', SKELETON, np.array([0, 2]), 3,
                                KEYPOINTS, SCORES)
    assert (csv.name, h5.name) == ('walk.2me.csv', 'walk.2me.h5')
    assert csv.read_text().splitlines() == [
        'scorer,me,me,me,me,me,me',
        'bodyparts,head,head,head,tail,tail,tail',
        'coords,x,y,likelihood,x,y,likelihood',
        '0,1.5,2.0,0.9,3.0,4.0,0.8',
        '1,,,0.0,,,0.0',  # stepped over
        '2,,,0.0,5.0,6.0,0.25']


def test_predictions_read_back(tmp_path):
    csv, h5 = write_predictions(tmp_path, 'walk', 'me', SKELETON, np.array([0, 2]), 3, KEYPOINTS,
                                SCORES, filtered=True)
    assert (csv.name, h5.name) == ('walkme_filtered.csv', 'walkme_filtered.h5')
    for table in (pd.read_hdf(h5), pd.read_csv(csv, header=[0, 1, 2], index_col=0)):
        assert table.columns.names == ['scorer', 'bodyparts', 'coords']
        assert table['me']['tail']['x'].tolist()[::2] == [3, 5]
        assert table.loc[2, ('me', 'tail', 'likelihood')] == 0.25
        assert np.isnan(table.loc[1, ('me', 'head', 'x')])
        assert list(table.index) == [0, 1, 2]


def test_h5_is_as_deeplabcut_stores_it(tmp_path):
    _, h5 = write_predictions(tmp_path, 'walk', 'me', SKELETON, np.array([0, 2]), 3, KEYPOINTS,
                              SCORES)
    with pd.HDFStore(h5, 'r') as store:
        assert store.keys() == ['/df_with_missing']
        assert store.get_storer('df_with_missing').is_table


def test_labelled_frames(tmp_path):
    csv, h5 = write_labelled(tmp_path, 'walk', 'me', SKELETON, ['img0000.png', 'img0007.png'],
                             KEYPOINTS)
    assert csv == tmp_path / 'labeled-data/walk/CollectedData_me.csv'
    assert csv.read_text().splitlines() == [
        'scorer,,,me,me,me,me',
        'bodyparts,,,head,head,tail,tail',
        'coords,,,x,y,x,y',
        'labeled-data,walk,img0000.png,1.5,2.0,3.0,4.0',
        'labeled-data,walk,img0007.png,,,5.0,6.0']
    # Its convertcsv2h5 takes three index columns where a row begins with labeled-data.
    for table in (pd.read_hdf(h5), pd.read_csv(csv, header=[0, 1, 2], index_col=[0, 1, 2])):
        assert table.index[1] == ('labeled-data', 'walk', 'img0007.png')
        assert table.iloc[1][('me', 'tail', 'y')] == 6
        assert np.isnan(table.iloc[1][('me', 'head', 'x')])


def test_68_joints_fit_a_table(tmp_path):
    joints = [f'p{i}' for i in range(68)]
    skeleton = Skeleton('face', joints, [])
    _, h5 = write_predictions(tmp_path, 'v', 'me', skeleton, np.arange(2), 2,
                              np.ones((2, 68, 2)), np.ones((2, 68)))
    assert pd.read_hdf(h5).shape == (2, 204)


@pytest.mark.parametrize('absent', ['pandas', 'tables'])
def test_absent_packages_are_named(tmp_path, monkeypatch, absent):
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(ImportError, match='pip install pandas tables h5py'):
        write_labelled(tmp_path, 'walk', 'me', SKELETON, ['a.png', 'b.png'], KEYPOINTS)
