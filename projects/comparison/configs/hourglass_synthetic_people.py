# MMPose's stacked hourglass on the synthetic people, trained with the training clips' labels.
_base_ = [
    '_base_/single_stage_runtime.py', '_base_/hourglass.py', '_base_/labelled_people.py']
model = dict(head=dict(out_channels=17))
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
# MMDistributedDataParallel will do: one optimizer, MMPose's own step.
model_wrapper_cfg = None
