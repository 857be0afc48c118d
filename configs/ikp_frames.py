# Your own clips and poses: edit these lines, then tools/train.py configs/ikp_frames.py
clips = 'data/mouse/clips'  # one folder of images a clip: clips/000/0000.jpg ...
poses = 'data/mouse/prior.npz'  # `keypoints` (N, K, 2), (x, y) as fractions of the frame
skeleton = 'mouse4'  # a name, or dict(name=..., joints=[...], edges=[...])
_base_ = ['_base_/stands/from_above.py']  # how figures stand: upright, from_above or face
size = 64  # side of the network's images: 64 for a CPU, 96 or 128 for a GPU
# To score, never to train, if you have any: labels = 'test_labels.npz', with `files` (N,) below the
# folder `labels_root` and `keypoints` (N, K, 2), fractions of the image.
labels = None
labels_root = ''

# ---------------------------------------------------------------- nothing to edit from here on
from ikp_mm.own_frames import fill_in

fill_in(_base_, clips=clips, poses=poses, skeleton=skeleton, size=size, labels=labels,
        labels_root=labels_root)
