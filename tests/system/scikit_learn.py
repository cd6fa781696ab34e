"""MLPs trained in scikit-learn and written the way skl2onnx writes them run unchanged."""

import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
import foreign_models

if __name__ == "__main__":
    foreign_models.main("sklearn_nets.py", "sklearn", "onnx")
