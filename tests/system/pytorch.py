"""Nets trained in PyTorch and exported with torch.onnx, opsets 11 to 16, run unchanged."""

import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
import foreign_models

if __name__ == "__main__":
    foreign_models.main("pytorch_nets.py", "torch")
