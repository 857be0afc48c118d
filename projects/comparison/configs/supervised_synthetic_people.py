# The supervised twin of configs/ikp_synthetic_without_figures.py.
_base_ = [
    '_base_/single_stage_runtime.py', '_base_/supervised.py', '_base_/labelled_people.py']
model = dict(head=dict(skeleton='h36m17'))
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
# MMDistributedDataParallel will do: one optimizer, MMPose's own step.
model_wrapper_cfg = None
