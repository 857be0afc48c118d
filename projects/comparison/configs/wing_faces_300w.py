# Wing loss (Feng et al. 2018) through MMPose: a ResNet-18 regresses the labelled faces.
_base_ = [
    '_base_/single_stage_runtime.py', '_base_/wing.py', '_base_/labelled_faces.py']
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
model_wrapper_cfg = None
# As many images as ours sees.
train_cfg = dict(max_iters=2000, val_interval=500)
param_scheduler = [dict(_base_.param_scheduler[0], begin=1000, end=2000, T_max=1000)]
