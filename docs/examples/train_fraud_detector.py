"""Trains the sample fleet's `models/risk/artifacts/fraud-detector/model.pickle`.

Needs what the model server's image holds, the versions of MLServer 1.7.1's poetry.lock:
scikit-learn 1.5.2, numpy 1.26.4, scipy 1.13.1, joblib 1.4.2. The payments are made up; the same
file comes out of every run.
"""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

TARGET = Path(__file__).parents[2] / "models/risk/artifacts/fraud-detector/model.pickle"
FEATURES = ("amount_eur", "hour", "minutes_since_last", "distance_km")
PAYMENTS = 2_000


class TextPickler(pickle.Pickler):
    """Writes arrays as lists of numbers, so that protocol 0 stays ASCII and a diff is readable."""

    def reducer_override(self, obj: Any) -> Any:
        """The array or number as a call with plain arguments; the default for all else."""
        if isinstance(obj, np.ndarray):
            return np.array, (obj.tolist(), str(obj.dtype))
        if isinstance(obj, np.generic):
            return type(obj), (obj.item(),)
        return NotImplemented


def payments() -> tuple[np.ndarray, np.ndarray]:
    """Payments, one a row, and whether each was fraud: large, at night, in haste, far away."""
    chance = np.random.default_rng(2026)
    amount = chance.lognormal(3.6, 1.0, PAYMENTS).round(2)
    hour = chance.integers(24, size=PAYMENTS)
    minutes = chance.exponential(600, PAYMENTS).round()
    distance = chance.exponential(40, PAYMENTS).round(1)
    signs = np.stack((amount > 150, hour < 6, minutes < 60, distance > 100))
    fraud = signs.sum(axis=0) + chance.normal(0, 0.4, PAYMENTS) > 1.7
    return np.column_stack((amount, hour, minutes, distance)), fraud.astype(int)


def train() -> Pipeline:
    """The model, its numbers rounded so that another processor's last bit changes nothing."""
    model = Pipeline([("scale", StandardScaler()), ("classify", LogisticRegression())])
    model.fit(*payments())
    scale, classify = model["scale"], model["classify"]
    for part, names in ((scale, ("mean_", "scale_", "var_")), (classify, ("coef_", "intercept_"))):
        for name in names:
            setattr(part, name, np.round(getattr(part, name), 4))
    return model


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with TARGET.open("wb") as file:
        TextPickler(file, protocol=0).dump(train())
        file.write(b"\n")
