"""Trains the sample fleet's `models/risk/artifacts/chargeback-risk/model.json`.

Needs what the model server's image holds, the versions of MLServer 1.7.1's poetry.lock:
xgboost 2.1.2, numpy 1.26.4, scikit-learn 1.5.2. The orders are made up; the same file comes out of
every run.
"""

from pathlib import Path

import numpy as np
from xgboost import XGBClassifier

TARGET = Path(__file__).parents[2] / "models/risk/artifacts/chargeback-risk/model.json"
FEATURES = ("order_eur", "items", "account_days", "past_chargebacks")
ORDERS = 2_000


def orders() -> tuple[np.ndarray, np.ndarray]:
    """Orders, one a row, and whether each was charged back: new accounts with dear orders."""
    chance = np.random.default_rng(2026)
    value = chance.lognormal(4.2, 0.8, ORDERS).round(2)
    items = chance.integers(1, 7, size=ORDERS)
    days = chance.exponential(400, ORDERS).round()
    past = chance.choice(3, size=ORDERS, p=(0.9, 0.08, 0.02))
    score = value / 200 + past - days.clip(max=365) / 365 + items / 12
    charged = score + chance.normal(0, 0.2, ORDERS) > 0.6
    return np.column_stack((value, items, days, past)), charged.astype(int)


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
