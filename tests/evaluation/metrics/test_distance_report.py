"""The printed tables say what was measured, and how."""
import math

import numpy as np

from ikp_mm.evaluation.functional import Score
from ikp_mm.evaluation.metrics.distance_report import format_report, scores_to_plain

JOINTS = ('root', 'left', 'right')


def _score(mean, per_group):
    return Score(mean, per_group, np.array([1., 2.25, math.nan]), np.array([mean]))


def test_report_text():
    scores = dict(direct=_score(5, {'sit': 4., 'walk': 6.}),
                  regressed=_score(3, {'sit': 3., 'walk': 3.}))
    text = format_report('title', scores, JOINTS, ['a remark'])
    assert text.splitlines() == [
        'title',
        '  direct        5.00  no label used',
        '  regressed     3.00  a linear map fitted on labelled images',
        '  a remark',
        '  per group  direct  regressed',
        '  sit          4.00       3.00',
        '  walk         6.00       3.00',
        '  per joint  direct  regressed',
        '  root         1.00       1.00',
        '  left         2.25       2.25',
    ]


def test_one_group_needs_no_table():
    assert 'per group' not in format_report('title', dict(direct=_score(5, {'all': 5.})), JOINTS,
                                            [])


def test_plain_values_have_no_nan():
    plain = scores_to_plain(dict(direct=_score(5, {'all': 5.})), JOINTS)
    assert plain['results'] == {'direct': 5}
    assert plain['per_joint'] == {'direct': {'root': 1., 'left': 2.25, 'right': None}}
