# Faces that fill the frame. No background can be told from them and none is removed: what moves in
# a clip only weighs more. The crop puts every face in one place, where the mean pose already fits:
# pairs and prior are moved alike. Lines are thin: lips lie close to one another.
_base_ = ['../frames_64.py']
model = dict(
    head=dict(renderer=dict(sigma=0.06)),
    figures=dict(
        weight=5.0, keypoint_weight=10.0, head_weight=10.0,
        augment=dict(rotate_deg=12, scale=(0.85, 1.15), shift=0.08, flip=0.5)),
    foreground_gain=10.0,
    generator=dict(feature_size=16),
    loss_gan=dict(loss_weight=1.0),
    equivariance=dict(weight=2.0, rotate_deg=15, scale=(0.9, 1.1), shift=0.05))
moved = dict(flip=0.5, rotate_deg=10, scale=(0.9, 1.1), shift=0.06)
pairs = dict(
    background=dict(source='clip_median', threshold=16.0, softness=12.0, blur=0.7), mask=[])
train_dataloader = dict(
    dataset=dict(pairs, augment=moved, appearance_warp=dict(points=3, strength=0.06)))
val_cfg = dict(pairs_dataloader=dict(dataset=pairs))
train_cfg = dict(prior_dataloader=dict(dataset=dict(jitter=moved)))
