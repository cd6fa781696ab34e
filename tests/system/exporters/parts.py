"""Parts of a milling line, made up: what the nets of the exporters learn from. Columns are as they come,
unscaled: from thousandths to thousands."""

import numpy

COLUMNS = ["air_k", "process_k", "speed_rpm", "torque_nm", "wear_min", "runout_mm"]


def table(count=1500, seed=1):
    """(rows, is defective, class): class 0 good, 1 worn tool, 2 too hot."""
    rng = numpy.random.default_rng(seed)
    x = numpy.column_stack([
        rng.normal(300, 2, count), rng.normal(310, 1.5, count), rng.normal(1540, 180, count),
        rng.normal(40, 10, count), rng.uniform(0, 250, count), rng.normal(0.004, 0.001, count)])
    worn = x[:, 3] * (100 + x[:, 4]) + rng.normal(0, 600, count) > 12000
    hot = x[:, 0] - x[:, 2] / 500 + rng.normal(0, 0.3, count) > 299
    kind = numpy.where(worn, 1, numpy.where(hot, 2, 0))
    return x, kind > 0, kind


def rows_to_score(count=20):
    """New parts; the last is far from everything that was learnt from. As short decimals, which are
    what a message holds."""
    x = table(count, seed=7)[0]
    x[-1] += 8 * x.std(axis=0)
    return [[float(f"{v:.6g}") for v in row] for row in x]


def inputs():
    """What `defectctl model import --inputs` is told: the columns in order, with their statistics."""
    x = table()[0]
    return [dict(name=name, **{"from": name}, mean=float(c.mean()), sd=float(c.std()), min=float(c.min()),
                 max=float(c.max())) for name, c in zip(COLUMNS, x.T)]
