# Synthetic people for points without names. They are scored regressed: the first images fit the
# map and are not scored (regress.py fits on images apart from the test set).
_base_ = ['../../../../configs/_base_/datasets/synthetic_people_64.py']
val_cfg = dict(_delete_=True, type='ValLoop')
val_evaluator = [
    dict(metric, type='RegressedDistanceMetric', n_regress=128) for metric in _base_.val_evaluator
    if metric['type'] == 'KeypointDistanceMetric'
]
test_evaluator = [dict(metric, n_regress=200) for metric in val_evaluator]
