# Faces that fill the frame. No background can be told from them and none is removed: what moves in
# a clip only weighs more. The crop puts every face in one place, where the mean pose already fits:
# pairs and prior are moved alike.
_base_ = ['../frames_64.py']
moved = dict(rotate_deg=12, scale=(0.85, 1.15), shift=0.08, flip=0.5)
model = dict(
    loss_prior=dict(either_side=True),
    figures=dict(weight=5.0, keypoint_weight=10.0, augment=moved),
    foreground_gain=10.0,
    generator=dict(feature_size=16),
    loss_gan=dict(loss_weight=1.0),
    equivariance=dict(weight=2.0, rotate_deg=15, scale=(0.9, 1.1), shift=0.05))
background = dict(source='clip_median', threshold=16.0, softness=12.0, blur=0.7)
mask = []
augment = dict(flip=0.5, rotate_deg=10, scale=(0.9, 1.1), shift=0.06)
prior_jitter = augment
appearance_warp = dict(points=3, strength=0.06)
