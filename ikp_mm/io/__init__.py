"""Files in: the finder, the decoders, the crop, and the formats that labels and poses come in."""
