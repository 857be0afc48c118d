# ikp_pushups.py with the labelled frames of its prior, for projects/comparison/regress.py.
_base_ = ['ikp_pushups.py']
regression_dataloader = dict(_base_.test_dataloader, dataset=dict(
    _base_.test_dataloader.dataset, ann_file='train.npz'))
