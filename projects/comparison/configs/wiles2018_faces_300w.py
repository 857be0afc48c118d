# Wiles et al. 2018 (FAb-Net) on the clips of projects/faces_300w: an embedding of 256, no prior.
_base_ = [
    '_base_/single_stage_runtime.py', '_base_/wiles2018.py', '_base_/unnamed_faces.py']
# As many images as ours sees.
train_cfg = dict(max_iters=2000, val_interval=500)
param_scheduler = [dict(_base_.param_scheduler[0], begin=1000, end=2000, T_max=1000)]
# 257 unknowns, more than there are test faces: while training, 1,000 labelled training faces fit the map
# and the others are scored; the test's own map has a ridge. regress.py's figures count.
val_dataloader = dict(dataset=dict(ann_file='train.npz'))
val_evaluator = [dict(_base_.val_evaluator[0], n_regress=1000)]
test_evaluator = [dict(_base_.test_evaluator[0], ridge=0.001)]
