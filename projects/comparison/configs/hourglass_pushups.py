# MMPose's stacked hourglass on the labelled frames of projects/pushups.
_base_ = [
    '_base_/single_stage_runtime.py', '_base_/hourglass.py', '_base_/labelled_pushups.py']
model = dict(head=dict(out_channels=17))
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
model_wrapper_cfg = None
# As many images as ours sees.
train_cfg = dict(max_iters=2000, val_interval=500)
param_scheduler = [dict(_base_.param_scheduler[0], begin=1000, end=2000, T_max=1000)]
