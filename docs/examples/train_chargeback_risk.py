"""Trains the sample fleet's `models/risk/artifacts/chargeback-risk/model.json`.

Needs what the model server's image holds, the versions of MLServer 1.7.1's poetry.lock:
xgboost 2.1.2, numpy 1.26.4, scikit-learn 1.5.2. The orders are made up; the same file comes out of
every run.
"""

import random
from pathlib import Path

import numpy as np
from xgboost import XGBClassifier

TARGET = Path(__file__).parents[2] / "models/risk/artifacts/chargeback-risk/model.json"
FEATURES = ("order_eur", "items", "account_days", "past_chargebacks")
ORDERS = 2_000


def orders() -> tuple[np.ndarray, np.ndarray]:
    """Orders, one a row, and whether each was charged back: new accounts with dear orders."""
    chance = random.Random(2026)
    rows: list[tuple[float, ...]] = []
    charged: list[int] = []
    for _ in range(ORDERS):
        value = round(chance.lognormvariate(4.2, 0.8), 2)
        items = 1 + chance.randrange(6)
        days = round(chance.expovariate(1 / 400))
        past = chance.choices((0, 1, 2), (90, 8, 2))[0]
        score = value / 200 + past - min(days, 365) / 365 + items / 12 + chance.gauss(0, 0.2)
        rows.append((value, items, days, past))
        charged.append(int(score > 0.6))
    return np.array(rows), np.array(charged)


def train() -> XGBClassifier:
    """The model: few and shallow trees, on one thread, so that the sums have one order."""
    model = XGBClassifier(
        n_estimators=8, max_depth=3, learning_rate=0.5, tree_method="exact", n_jobs=1
    )
    return model.fit(*orders())


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    train().save_model(TARGET)
    with TARGET.open("a", encoding="ascii") as file:
        file.write("\n")
