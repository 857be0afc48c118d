# projects/faces_300w/ikp_faces_300w.py with the thinner lines of `face` (README.md).
_base_ = ['ikp_faces_300w.py']
model = dict(head=dict(renderer=dict(sigma=0.06)))
