"""Pictures: what a viewer shows, and what is refused."""
import pickle
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from ikp_mm.io.pictures import (UnreadableFrameError, image_size, over_white, read_image,
                                write_image)

NOISE = np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8)


def columns(image):
    return image[0, :, 0].tolist()


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_truncated_files_are_unreadable(tmp_path, suffix):
    rng = np.random.default_rng(0)
    path = tmp_path / f'whole{suffix}'
    cv2.imwrite(str(path), rng.integers(0, 256, (32, 32, 3), np.uint8))
    assert read_image(path).shape == (32, 32, 3)
    data = path.read_bytes()
    # OpenCV alone decodes either file into a partly grey picture.
    path.write_bytes(data[:len(data) * 3 // 4])
    with pytest.raises(UnreadableFrameError, match=f'whole{suffix}: truncated') as caught:
        read_image(path)
    assert caught.value.path == str(path)


def test_a_thumbnails_end_does_not_make_a_truncated_jpeg_whole(tmp_path):
    data = cv2.imencode('.jpg', np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8))
    data = data[1].tobytes()
    thumbnail = b'\xff\xe1\x00\x0a' + b'\xff\xda\x00\x00' + b'\xff\xd9\x00\x00'
    path = tmp_path / 'a.jpg'
    path.write_bytes(data[:2] + thumbnail + data[2:])
    assert read_image(path).shape == (32, 32, 3)
    path.write_bytes(data[:2] + thumbnail + data[2:-40])
    with pytest.raises(UnreadableFrameError, match='truncated JPEG'):
        read_image(path)


@pytest.mark.parametrize('content, message', [(b'', 'decode'), (b'no image', 'decode')])
def test_what_is_no_image(tmp_path, content, message):
    path = tmp_path / 'a.jpg'
    path.write_bytes(content)
    with pytest.raises(UnreadableFrameError, match=message):
        read_image(path)
    with pytest.raises(UnreadableFrameError, match='No such file'):
        read_image(tmp_path / 'b.jpg')


def test_the_error_crosses_process_borders():
    error = pickle.loads(pickle.dumps(UnreadableFrameError('a/b.jpg', 'truncated JPEG')))
    assert (error.path, str(error)) == ('a/b.jpg', 'a/b.jpg: truncated JPEG')


def encoded(suffix, image=NOISE):
    return cv2.imencode(suffix, image)[1].tobytes()


def saved(path, picture, **options):
    picture.save(path, **options)
    return read_image(path)


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.tif', '.bmp', '.webp'])
def test_bytes_behind_the_end_are_ignored(tmp_path, suffix):
    """Phones append a second picture or a video; a JPEG's scan marker in it is none of ours."""
    path = tmp_path / f'a{suffix}'
    path.write_bytes(encoded(suffix))
    expected = read_image(path)
    for appended in (b'\xff\xda\x00\x08 not the end', encoded('.jpg')[:-2], bytes(100)):
        path.write_bytes(encoded(suffix) + appended)
        assert np.array_equal(read_image(path), expected)


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.tif', '.bmp', '.webp'])
def test_what_follows_a_truncated_file_does_not_make_it_whole(tmp_path, suffix):
    data = encoded(suffix)
    path = tmp_path / f'a{suffix}'
    for fraction in (0.3, 0.98):
        path.write_bytes(data[:int(len(data) * fraction)])
        with pytest.raises(UnreadableFrameError, match='a' + suffix):
            read_image(path)
    if suffix in ('.jpg', '.png'):  # a card's empty blocks
        path.write_bytes(data[:len(data) // 2] + bytes(len(data)))
        with pytest.raises(UnreadableFrameError, match='truncated'):
            read_image(path)


def test_a_progressive_jpeg_has_many_scans(tmp_path):
    path = tmp_path / 'a.jpg'
    picture = Image.fromarray(NOISE)
    assert saved(path, picture, progressive=True).shape == (32, 48, 3)
    data = path.read_bytes()
    path.write_bytes(data[:data.rfind(b'\xff\xda') + 10])
    with pytest.raises(UnreadableFrameError, match='truncated JPEG'):
        read_image(path)


@pytest.mark.parametrize('suffix', ['.png', '.tif'])
@pytest.mark.parametrize('bits', [10, 12, 14])
def test_fewer_bits_in_sixteen_are_refused(tmp_path, suffix, bits):
    path = tmp_path / f'a{suffix}'
    grey = np.linspace(0, 2**bits - 1, 4096).astype(np.uint16).reshape(64, 64)
    cv2.imwrite(str(path), grey)
    with pytest.raises(UnreadableFrameError, match=f'16-bit values that end at {2**bits - 1}, as '
                       f'of a camera of {bits} bits'):
        read_image(path)


@pytest.mark.parametrize('suffix', ['.png', '.tif'])
def test_sixteen_bits_are_brought_to_eight(tmp_path, suffix):
    path = tmp_path / f'a{suffix}'
    grey = np.linspace(0, 65535, 4096).astype(np.uint16).reshape(64, 64)
    cv2.imwrite(str(path), grey)
    assert np.abs(read_image(path)[..., 1] - grey / 257).max() <= 1
    # Eight bits written as sixteen: dark, yet nothing is in doubt.
    cv2.imwrite(str(path), np.full((4, 4), 20 * 257, np.uint16))
    assert (read_image(path) == 20).all()


def test_values_that_are_no_grey_levels_are_refused(tmp_path):
    cv2.imwrite(str(tmp_path / 'a.tif'), np.ones((4, 4), np.float32))
    with pytest.raises(UnreadableFrameError, match='float32 values'):
        read_image(tmp_path / 'a.tif')


def test_a_stack_of_pictures_is_refused(tmp_path):
    pages = [Image.fromarray(NOISE), Image.fromarray(255 - NOISE)]
    for name in ('a.tif', 'b.webp'):
        pages[0].save(tmp_path / name, save_all=True, append_images=pages[1:])
        with pytest.raises(UnreadableFrameError, match='holds 2 pictures'):
            read_image(tmp_path / name)
    pages[0].save(tmp_path / 'c.png', save_all=True, append_images=pages[1:])
    with pytest.raises(UnreadableFrameError, match='c.png: is animated'):
        read_image(tmp_path / 'c.png')


@pytest.mark.parametrize('suffix, options', [('.png', {}), ('.tif', {}),
                                             ('.webp', dict(lossless=True, exact=True))])
def test_alpha_is_composed_over_white(tmp_path, suffix, options):
    """Red: there, half there (128 of 255 red, the rest white) and not there, over black."""
    pixels = np.array([[[200, 0, 0, 255], [200, 0, 0, 128], [0, 0, 0, 0]]], np.uint8)
    image = saved(tmp_path / f'a{suffix}', Image.fromarray(pixels), **options)
    assert image[0].tolist() == [[0, 0, 200], [127, 127, 227], [255, 255, 255]]
    pixels[..., 3] = 255
    image = saved(tmp_path / f'a{suffix}', Image.fromarray(pixels), **options)
    assert np.array_equal(image, pixels[..., 2::-1])


def test_other_ways_to_be_transparent(tmp_path):
    grey = np.array([[[100, 255], [0, 0]]], np.uint8)
    assert saved(tmp_path / 'la.png', Image.fromarray(grey))[0, :, 0].tolist() == [100, 255]
    palette = Image.new('P', (2, 1))
    palette.putpalette([10, 20, 30, 1, 2, 3])
    palette.putpixel((1, 0), 1)
    assert saved(tmp_path / 'p.png', palette, transparency=1)[0].tolist() == [
        [30, 20, 10], [255, 255, 255]]
    key = Image.fromarray(np.array([[7, 50]], np.uint8))
    assert saved(tmp_path / 'l.png', key, transparency=7)[0, :, 0].tolist() == [255, 50]
    assert over_white(np.array([[[9, 8, 7, 255]]], np.uint8)).tolist() == [[[9, 8, 7]]]


def test_sixteen_bits_with_alpha(tmp_path):
    pixels = np.full((2, 2, 4), 3000, np.uint16)
    pixels[0, 0, 3] = 65535  # alpha does not say that the colours fill the range
    cv2.imwrite(str(tmp_path / 'a.png'), pixels)
    with pytest.raises(UnreadableFrameError, match='end at 3000, as of a camera of 12 bits'):
        read_image(tmp_path / 'a.png')


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.tif', '.webp'])
@pytest.mark.parametrize('orientation', [1, 3, 6])
def test_exif_turns_and_the_size_follows(tmp_path, suffix, orientation):
    """A dark left half of 32 x 16: after 6 (clockwise) it is the upper half, after 3 right."""
    pixels = np.full((16, 32, 3), 250, np.uint8)
    pixels[:, :16] = 10
    exif = Image.Exif()
    exif[0x112] = orientation
    path = tmp_path / f'a{suffix}'
    image = saved(path, Image.fromarray(pixels), exif=exif)
    dark = {1: image[:, :14], 3: image[:, -14:], 6: image[:14]}[orientation]
    assert image.shape == ((32, 16, 3) if orientation == 6 else (16, 32, 3))
    assert dark.max() < 60 and (image < 60).mean() < 0.6
    assert image_size(path) == image.shape[1::-1]


def test_the_size_of_what_is_no_image(tmp_path):
    (tmp_path / 'a.png').write_text('no image')
    for name in ('a.png', 'b.png'):
        with pytest.raises(UnreadableFrameError, match=name):
            image_size(tmp_path / name)


def test_a_damaged_png_is_refused(tmp_path):
    data = bytearray(encoded('.png'))
    data[len(data) // 2] ^= 0x55
    (tmp_path / 'a.png').write_bytes(data)
    with pytest.raises(UnreadableFrameError, match='a.png'):
        read_image(tmp_path / 'a.png')
    ihdr = struct.pack('>II5B', 1, 1, 8, 2, 0, 0, 0)
    chunk = struct.pack('>I', 0) + b'IEND' + struct.pack('>I', zlib.crc32(b'IEND'))
    for content in (b'\x89PNG\r\n\x1a\n' + chunk, b'\x89PNG\r\n\x1a\n' + struct.pack(
            '>I', 13) + b'IHDR' + ihdr + struct.pack('>I', zlib.crc32(b'IHDR' + ihdr)) + chunk):
        (tmp_path / 'a.png').write_bytes(content)
        with pytest.raises(UnreadableFrameError, match='a.png'):
            read_image(tmp_path / 'a.png')


def test_an_image_that_cannot_be_written_is_named(tmp_path):
    write_image(tmp_path / 'new/a.png', np.zeros((2, 2, 3), np.uint8))
    assert (tmp_path / 'new/a.png').is_file()
    (tmp_path / 'b.png').mkdir()
    with pytest.raises(OSError, match='b.png cannot be written'):
        write_image(tmp_path / 'b.png', np.zeros((2, 2, 3), np.uint8))
