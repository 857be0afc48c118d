# The supervised twin of projects/pushups/ikp_pushups.py: Phi and eta with the labels.
_base_ = [
    '_base_/single_stage_runtime.py', '_base_/supervised.py', '_base_/labelled_pushups.py']
model = dict(head=dict(skeleton='coco17'))
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
model_wrapper_cfg = None
# As many images as ours sees.
train_cfg = dict(max_iters=2000, val_interval=500)
param_scheduler = [dict(_base_.param_scheduler[0], begin=1000, end=2000, T_max=1000)]
