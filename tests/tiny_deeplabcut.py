"""Tiny DeepLabCut files in the layouts of the real ones. Tests of them need what reads them."""
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip('pandas')
pytest.importorskip('tables')

# Two body parts on four frames; img002 is not labelled at all, the tail of img010 is hidden.
OLD = '''scorer,Ann,Ann,Ann,Ann
bodyparts,nose,nose,tail,tail
coords,x,y,x,y
labeled-data/m1/img002.png,,,,
labeled-data/m1/img010.png,50,20,,
labeled-data/m1/img001.png,10,20,30,60
labeled-data/m1/img003.png,40,40,20,60
'''
# The same with the image in three columns, short and empty lines as programs leave them.
NEW = '''scorer,,,Ann,Ann,Ann,Ann
bodyparts,,,nose,nose,tail,tail
coords,,,x,y,x,y
labeled-data,m1,img002.png,,
labeled-data,m1,img010.png,50,20,,
labeled-data,m1,img001.png,10,20,30,60
labeled-data,m1,img003.png,40,40,20,60

'''
PREDICTED = '''scorer,net,net,net,net,net,net
bodyparts,nose,nose,nose,tail,tail,tail
coords,x,y,likelihood,x,y,likelihood
0,10,20,0.9,30,60,0.8
1,40,40,0.95,20,60,0.1
2,1,2,0.05,3,4,0.02
'''
ANIMALS = '''scorer,,,Ann,Ann,Ann,Ann,Ann,Ann,Ann,Ann,Ann,Ann
individuals,,,a,a,a,a,b,b,b,b,single,single
bodyparts,,,nose,nose,tail,tail,nose,nose,tail,tail,corner,corner
coords,,,x,y,x,y,x,y,x,y,x,y
labeled-data,m1,img001.png,10,20,30,60,40,40,20,60,1,1
labeled-data,m1,img003.png,12,20,30,60,,,,,1,1
'''


def project(root: Path, text: str = OLD, video: str = 'm1') -> Path:
    """A project folder with one video's labels; returns the label file."""
    file = root / 'labeled-data' / video / 'CollectedData_Ann.csv'
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.replace('/m1/', f'/{video}/'))
    return file


def images(folder: Path, *names: str) -> None:
    """Black images of 8 x 8 pixels."""
    for name in names:
        cv2.imwrite(str(folder / name), np.zeros((8, 8, 3), np.uint8))
