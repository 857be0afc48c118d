"""From a trained checkpoint to what others run: slim checkpoints, ONNX files, MMDeploy."""
