"""Kubernetes quantities: CPU as whole millicores, memory as whole bytes, and the way back.

Only the canonical notations of the Kubernetes documentation are read, no exponents (`1e3`), no
fractional memory (`1.5Gi`), no sub-byte units. What has no exact whole value is rounded up, as
`Quantity.ScaledValue` does in k8s.io/apimachinery `pkg/api/resource/quantity.go`.
"""

import re
from decimal import ROUND_CEILING, Decimal

MILLICORES_PER_CORE = 1000
LARGEST = 2**63 - 1
"""Kubernetes keeps a quantity in 64 signed bits."""

_UNITS = {
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
    "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
}  # fmt: skip
_CPU = re.compile(r"(?P<millicores>[0-9]{1,22})m|(?P<cores>[0-9]{1,19}(\.[0-9]{1,19})?)")
_MEMORY = re.compile(r"(?P<number>[0-9]{1,19})(?P<unit>Ki|Mi|Gi|Ti|k|M|G|T)?")


def parse_cpu(text: str) -> int:
    """Millicores of `500m`, `2` or `0.5`, rounded up to the next whole one."""
    match = _CPU.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a CPU quantity such as 500m, 2 or 0.5")
    if match["millicores"] is not None:
        return _bounded(int(match["millicores"]), text)
    cores = Decimal(match["cores"]).scaleb(3).to_integral_value(ROUND_CEILING)
    return _bounded(int(cores), text)


def parse_memory(text: str) -> int:
    """Bytes of `512Mi` or `2G`. The unit is a must: a bare `2` is a mistake, never two bytes."""
    match = _MEMORY.fullmatch(text)
    if match is None or match["unit"] is None:
        raise ValueError(f"{text!r} is not a memory quantity such as 512Mi or 2Gi")
    return _bounded(int(match["number"]) * _UNITS[match["unit"]], text)


def parse_bytes(text: str) -> int:
    """Bytes of memory as an object may hold it, where a bare number of bytes has its place."""
    match = _MEMORY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a memory quantity such as 512Mi, 2Gi or 1025")
    return _bounded(int(match["number"]) * _UNITS.get(match["unit"], 1), text)


def format_cpu(millicores: int) -> str:
    """The canonical text that `parse_cpu` reads back: whole cores where they are whole."""
    _bounded(millicores, str(millicores))
    cores, rest = divmod(millicores, MILLICORES_PER_CORE)
    return f"{millicores}m" if rest else str(cores)


def format_memory(size: int) -> str:
    """The shortest text that `parse_bytes` reads back; binary units where it is a draw."""
    _bounded(size, str(size))
    texts = [f"{size // unit}{name}" for name, unit in _UNITS.items() if size and size % unit == 0]
    return min([*texts, str(size)], key=len)


def _bounded(value: int, text: str) -> int:
    if not 0 <= value <= LARGEST:
        raise ValueError(f"{text!r} is outside what Kubernetes can count: 0 to {LARGEST}")
    return value
