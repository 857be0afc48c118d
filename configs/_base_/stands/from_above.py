# Animals seen from above, which face any way.
_base_ = ['../frames_64.py']
turned = dict(rotate_deg=180, scale=(0.85, 1.15), shift=0.1, flip=0.5)
model = dict(
    figures=dict(weight=5.0, keypoint_weight=5.0, augment=turned, oval_trunk=True),
    equivariance=dict(weight=10.0, rotate_deg=180, scale=(0.9, 1.1), shift=0.1, flip=0.5),
    heading=dict(weight=2.0),
    # The mean of two opposite readings would be a point.
    test_cfg=dict(flip_test=False),
    head_augment=turned)
background = dict(source='auto', threshold=16.0, softness=8.0, blur=1.0, fill=127)
pairs = dict(dataset=dict(background=background))
train_dataloader = pairs
val_cfg = dict(pairs_dataloader=pairs)
train_cfg = dict(
    prior_dataloader=dict(
        dataset=dict(jitter=dict(flip=0.5, rotate_deg=180, scale=(0.9, 1.1), shift=0.08))))
