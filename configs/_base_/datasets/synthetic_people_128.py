# The synthetic people of synthetic_people_64.py at 128 px, with more clips.
_base_ = ['synthetic_people_64.py']
background = dict(blur=1.0)  # pixels: twice as many a limb
sizes = dict(image_size=128, background=background)
train_dataloader = dict(dataset=dict(sizes, clips=dict(num_clips=400)))
val_pairs = sizes
val_cfg = dict(pairs_dataloader=dict(dataset=sizes))
test_pipeline = [
    dict(step, input_size=(128, 128)) if 'input_size' in step else step
    for step in _base_.test_pipeline
]
frames = dict(dataset=dict(image_size=128, pipeline=test_pipeline))
val_dataloader = frames
test_dataloader = frames
regression_dataloader = frames
