# `face` with the lines that all studies on faces were run with; its own are thinner
# (ikp_faces_thin.py).
_base_ = ['../../configs/_base_/stands/face.py']
model = dict(head=dict(renderer=dict(sigma=0.1)))
