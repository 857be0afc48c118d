"""A run's report from hand-made logs."""
import json

import pytest
import torch

from ikp_mm.evaluation.functional.keypoint_distance import UNIT_NAMES
from ikp_mm.evaluation.run_report import (RESULTS, gather_scalars, label_free_correlation,
                                          write_report)
from ikp_mm.io.sessions import note_session


def _session(work_dir, name, lines):
    folder = work_dir / name / 'vis_data'
    folder.mkdir(parents=True)
    (folder / 'scalars.json').write_text(''.join(json.dumps(line) + '\n' for line in lines))


def _train(step):
    return dict(step=step, loss_prior=1 / step, d_real=0.6, d_fake=0.4, loss_gan=1.0)


def _val(step, score, error):
    return {'step': step, 'label_free/score': score, 'keypoint_distance/direct': error,
            'keypoint_distance/mean_pose': 9.0}


@pytest.fixture
def run(tmp_path):
    _session(tmp_path, '20260101_000000', [_train(1), _val(2, -1.0, 8.0), _val(4, -2.0, 7.0)])
    # Resumed from iteration 2: iteration 4 was validated again.
    _session(tmp_path, '20260101_000100', [_train(3), _val(4, 1.0, 6.0), _val(6, 2.0, 5.0)])
    _session(tmp_path, '20260101_000200', [])  # the test
    torch.save(dict(meta=dict(seed=7, iter=6),
                    message_hub=dict(runtime_info=dict(train_seconds=90.0))),
               tmp_path / 'iter_6.pth')
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'iter_6.pth'))
    (tmp_path / 'metrics.json').write_text(json.dumps(
        {f'keypoint_distance/{name}': index + 0.5 for index, name in enumerate(RESULTS)}))
    (tmp_path / 'keypoint_distance.json').write_text(json.dumps(dict(unit=UNIT_NAMES['image_side'])))
    return tmp_path


def test_a_later_session_replaces_what_it_ran_again(run):
    lines = [json.loads(line) for line in gather_scalars(run).read_text().splitlines()]
    assert [line['step'] for line in lines] == [1, 2, 3, 4, 6]
    assert lines[3]['keypoint_distance/direct'] == 6.0


def test_sessions_are_in_the_order_in_which_they_were_noted(run):
    # The clock was put back before the run was resumed from iteration 6.
    for folder in ('20260101_000000', '20260101_000100', '20251231_235900'):
        note_session(run, folder)
    _session(run, '20251231_235900', [_train(7), _val(8, 3.0, 4.0)])
    lines = [json.loads(line) for line in gather_scalars(run).read_text().splitlines()]
    assert [line['step'] for line in lines] == [1, 2, 3, 4, 6, 7, 8]


def test_a_damaged_log_is_named(run):
    _session(run, '20260101_000300', [])
    scalars = run / '20260101_000300/vis_data/scalars.json'
    scalars.write_text('{"step": 7, "loss_gan": 1.0}\n{"step": 8, "loss":')  # killed while writing
    assert json.loads(gather_scalars(run).read_text().splitlines()[-1])['step'] == 7
    scalars.write_text('{"step": 7, "loss":\n')
    with pytest.raises(ValueError, match='000300/vis_data/scalars.json holds a line that is'):
        gather_scalars(run)


def test_report(run):
    text = '\n'.join(write_report(run, run / 'metrics.json'))
    result = json.loads((run / 'result.json').read_text())
    assert [result[name] for name in RESULTS] == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert result['unit'] == UNIT_NAMES['image_side']
    assert result['minutes'] == 1.5
    assert result['seed'] == 7
    assert result['iterations'] == 6
    # Scores -1, 1, 2 against errors 8, 6, 5: the same order.
    assert result['label_free_rank_correlation'] == 1.0
    assert 'direct' in text and '1.00' in text
    assert (run / 'curves.png').stat().st_size > 1000


def test_a_score_in_the_opposite_order(run):
    _session(run, '20260101_000300', [_val(1, 3.0, 8.0), _val(2, 2.0, 7.0), _val(3, 1.0, 6.0)])
    assert label_free_correlation(gather_scalars(run)) == (pytest.approx(-1), 3)


def test_two_validations_have_no_rank_correlation(run):
    _session(run, '20260101_000300', [_val(1, 3.0, 8.0), _val(2, 2.0, 7.0)])
    assert label_free_correlation(gather_scalars(run)) is None


def test_what_is_missing_is_named(run):
    with pytest.raises(FileNotFoundError, match='other.json'):
        write_report(run, run / 'other.json')
    (run / 'last_checkpoint').unlink()
    with pytest.raises(FileNotFoundError, match='last_checkpoint'):
        write_report(run, run / 'metrics.json')


def test_the_unit_is_the_metrics_own(run):
    (run / 'keypoint_distance.json').write_text(json.dumps(dict(unit=UNIT_NAMES['pixels'])))
    assert UNIT_NAMES['pixels'] in write_report(run, run / 'metrics.json')[0]


def test_a_run_without_labels(run):
    (run / 'metrics.json').write_text(json.dumps({'label_free/score': 2.5,
                                                  'label_free/spread': 0.75}))
    lines = write_report(run, run / 'metrics.json')
    result = json.loads((run / 'result.json').read_text())
    assert (result['score'], result['spread']) == (2.5, 0.75)
    assert 'direct' not in result
    assert any('label_free/score' in line for line in lines)
    (run / 'metrics.json').write_text('{"PCK": 1.0}')
    with pytest.raises(KeyError, match='PCK'):
        write_report(run, run / 'metrics.json')
