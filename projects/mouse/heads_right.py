"""On which share of the test frames do the points lie head first, as the labels do?

    python tools/test.py projects/mouse/ikp_mouse.py work_dirs/ikp_mouse/seed_0/last_checkpoint \
        --dump work_dirs/ikp_mouse/seed_0/predictions.pkl
    python projects/mouse/heads_right.py work_dirs/ikp_mouse/seed_0/predictions.pkl

Right is a frame in which the line from tail base to snout, found, points within 90 degrees of the labelled
one.
"""
import argparse

import mmengine
import numpy as np

from ikp_mm.skeletons import get_skeleton


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('predictions', help='what tools/test.py --dump wrote')
    args = parser.parse_args()
    rear, front = get_skeleton('mouse4').heading
    right = []
    for sample in mmengine.load(args.predictions):
        found, labelled = (np.asarray(sample[key]['keypoints'])[0]
                           for key in ('pred_instances', 'gt_instances'))
        right.append(float((found[front] - found[rear]) @ (labelled[front] - labelled[rear])) > 0)
    print(f'head first on {sum(right)} of {len(right)} frames')


if __name__ == '__main__':
    main()
