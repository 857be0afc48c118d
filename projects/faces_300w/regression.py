# ikp_faces_300w.py with labelled training faces, for projects/comparison/regress.py (README.md).
_base_ = ['ikp_faces_300w.py']
regression_dataloader = dict(_base_.test_dataloader, dataset=dict(
    _base_.test_dataloader.dataset, ann_file='train.npz'))
