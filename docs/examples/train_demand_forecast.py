"""Trains the sample fleet's `models/supply/artifacts/demand-forecast/model.bst`.

Needs what the model server's image holds, the versions of MLServer 1.7.1's poetry.lock:
lightgbm 4.6.0, numpy 1.26.4, scipy 1.13.1. The sales are made up; the same file comes out of every
run.
"""

import random
from pathlib import Path

import lightgbm as lgb
import numpy as np

TARGET = Path(__file__).parents[2] / "models/supply/artifacts/demand-forecast/model.bst"
FEATURES = ["weekday", "week", "discount_percent", "sold_last_week"]
DAYS = 2_000
ROUNDS = 12
PARAMETERS = {
    "objective": "regression",
    "num_leaves": 8,
    "learning_rate": 0.3,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "seed": 2026,
    "verbosity": -1,
}


def sales() -> tuple[np.ndarray, np.ndarray]:
    """Days of one article, one a row, and the pieces sold: more at weekends, in sales, in winter."""
    chance = random.Random(2026)
    rows: list[tuple[float, ...]] = []
    sold: list[float] = []
    for _ in range(DAYS):
        weekday, week = chance.randrange(7), 1 + chance.randrange(52)
        discount = chance.choice((0, 0, 0, 10, 20, 30))
        last = chance.randrange(40, 160)
        pieces = last / 7 + 6 * (weekday >= 5) + 8 * (week >= 47) + discount / 2
        rows.append((weekday, week, discount, last))
        sold.append(max(0.0, round(pieces + chance.gauss(0, 2))))
    return np.array(rows, dtype=np.float64), np.array(sold)


def train() -> lgb.Booster:
    """The model."""
    rows, sold = sales()
    data = lgb.Dataset(rows, sold, feature_name=FEATURES)
    return lgb.train(PARAMETERS, data, num_boost_round=ROUNDS)


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(train().model_to_string(), encoding="ascii")
