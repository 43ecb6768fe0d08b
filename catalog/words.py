"""The words of the schema: what stands where a choice, a count or a pattern is wanted."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Version: TypeAlias = Literal["1"]
Tier: TypeAlias = Literal["dev", "staging", "production"]
TierList: TypeAlias = Annotated[tuple[Tier, ...], Field(strict=False, max_length=3)]
Framework: TypeAlias = Literal[
    "sklearn", "xgboost", "lightgbm", "pytorch", "tensorflow", "onnx",
    "huggingface", "vllm", "triton", "mlflow", "custom",
]  # fmt: skip
Serving: TypeAlias = Literal["knative", "standard"]
Protocol: TypeAlias = Literal["rest", "grpc", "both"]
AcceleratorName: TypeAlias = Literal[
    "t4", "a10g", "l4", "l40s", "a100-40gb", "a100-80gb", "h100", "h200"
]
Metric: TypeAlias = Literal["concurrency", "rps", "cpu", "memory"]

PARAMETERS = r"^([1-9][0-9]{0,4}(\.[0-9]{1,3})?|0\.([1-9][0-9]{0,2}|0[1-9][0-9]?|00[1-9]))[MB]$"
"""Millions or billions, to the thousandth, and not none."""

SecretKey: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*/[A-Za-z0-9_.-]+$")]


def _cron_field(number: str) -> str:
    one = rf"(\*|({number})(-({number}))?)(/[1-9][0-9]?)?"
    return f"{one}(,{one})*"


CRON = "^{}$".format(
    " ".join(
        _cron_field(number)
        for number in (
            "[1-5]?[0-9]",
            "1?[0-9]|2[0-3]",
            "[1-9]|[12][0-9]|3[01]",
            "[1-9]|1[0-2]",
            "[0-6]",
        )
    )
)
"""Minute, hour, day, month and weekday in numbers, as robfig/cron reads them for KEDA."""

Count: TypeAlias = Annotated[int, Field(ge=0, le=1000)]
Positive: TypeAlias = Annotated[int, Field(ge=1, le=100_000)]


class Strict(BaseModel):
    """Frozen, exact: an unknown field or a value of another type is an error, never dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)
