"""Trains the sample fleet's `models/supply/artifacts/demand-forecast/model.bst`.

Needs what the model server's image holds, the versions of MLServer 1.7.1's poetry.lock:
lightgbm 4.6.0, numpy 1.26.4, scipy 1.13.1. The sales are made up; the same file comes out of every
run.
"""

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
    """Days of one article, one a row, and the pieces sold: more at weekends and in winter."""
    chance = np.random.default_rng(2026)
    weekday = chance.integers(7, size=DAYS)
    week = chance.integers(1, 53, size=DAYS)
    discount = chance.choice((0, 0, 0, 10, 20, 30), size=DAYS)
    last = chance.integers(40, 160, size=DAYS)
    pieces = last / 7 + 6 * (weekday >= 5) + 8 * (week >= 47) + discount / 2
    sold = (pieces + chance.normal(0, 2, DAYS)).round().clip(min=0)
    return np.column_stack((weekday, week, discount, last)).astype(np.float64), sold


def train() -> lgb.Booster:
    """The model."""
    rows, sold = sales()
    data = lgb.Dataset(rows, sold, feature_name=FEATURES)
    return lgb.train(PARAMETERS, data, num_boost_round=ROUNDS)


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(train().model_to_string(), encoding="ascii")
