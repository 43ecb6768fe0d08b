"""What the deployments of the synthetic fleet look like: from three lines to everything at once.

`$name`, `$place` (its ending), `$tier`, `$prefix` (the project's own part of its bucket), `$other`
(another team), `$number` and `$digest` are filled in by `tests/bench/fleet.py`.
"""

from typing import Final

MINIMAL: Final = """\
    model: $prefix/$name/v$number
    framework: sklearn
    tier: $tier
"""

XGBOOST: Final = """\
    model: $prefix/$name/v$number
    framework: xgboost
    tier: $tier
    resources: {cpu: 500m, memory: 2Gi}
"""

LIGHTGBM: Final = """\
    description: Ranks what a customer sees first
    model: $prefix/$name/v$number
    framework: lightgbm
    tier: $tier
    batching: {max_size: 32, max_delay: 10ms}
    scaling: {min: 1, max: 3, target: 20}
    slo: {availability: 99.9, latency: 250ms}
"""

MLFLOW: Final = """\
    model: mlflow://$name/$number
    framework: mlflow
    tier: $tier
    lineage: {commit: 9f2c1ab, data: "dvc:2026-07-01", run: "mlflow:8c1f"}
"""

PROMOTED: Final = """\
    description: The same model in staging and in production
    model: mlflow://$name/$number
    framework: mlflow
    tier:
      staging:
      production:
        scaling: {min: 2, max: 6}
        slo: {availability: 99.9}
"""

ONNX_GRPC: Final = """\
    model: $prefix/$name/v$number
    framework: onnx
    tier: $tier
    protocol: grpc
    timeout: 30s
"""

ONNX_GPU: Final = """\
    model: $prefix/$name/v$number
    framework: onnx
    tier: $tier
    resources: {cpu: "3", memory: 8Gi, gpu: 1, accelerator: t4}
    batching: {max_size: 16}
    scaling: {min: 1, max: 2}
    access: {teams: [$other]}
"""

PYTORCH: Final = """\
    model: $prefix/$name/v$number
    framework: pytorch
    tier: $tier
    env: {OMP_NUM_THREADS: "2"}
"""

TENSORFLOW: Final = """\
    model: $prefix/$name/v$number
    framework: tensorflow
    tier: $tier
    serving: standard
    scaling: {min: 1, max: 4, metric: cpu, target: 60}
"""

HUGGINGFACE: Final = """\
    description: Sorts messages by what they are about
    model: hf://distilbert/distilbert-base-uncased-finetuned-sst-2-english@714eb0fa89d2f80546fda750413ed43d93601a13
    framework: huggingface
    tier: $tier
    resources: {cpu: "2", memory: 6Gi}
    access: {teams: [$other], clients: [svc-inbox, svc-search]}
    limits: {requests: 600}
"""

LLM_AWAKE: Final = """\
    description: Answers customers, always awake
    model: hf://Qwen/Qwen2.5-7B-Instruct@a09a35458c702b33eeacc393d103063234e8bc28
    framework: vllm
    tier: $tier
    llm: {parameters: 7.6B, context: 8192, concurrency: 8}
    resources: {cpu: "3", memory: 24Gi, gpu: 1, accelerator: l40s}
    scaling: {min: 1, max: 2}
    secrets: {HF_TOKEN: huggingface/token}
"""

LLM_ASLEEP: Final = """\
    model: hf://Qwen/Qwen2.5-7B-Instruct-AWQ@b25037543e9394b818fdfca67ab2a00ecc7dd641
    framework: vllm
    tier: $tier
    llm: {parameters: 7.6B, quantization: awq, dtype: float16, concurrency: 4}
    resources: {accelerator: t4}
    scaling: {min: 0, max: 1}
    timeout: 15m
"""

CUSTOM: Final = """\
    model: $prefix/$name/v$number
    framework: custom
    tier: $tier
    container:
      image: registry.example.com/ml/ranker@$digest
      args: [--workers=2]
      port: 8080
    resources: {cpu: "1", memory: 2Gi}
"""

TRANSFORMED: Final = """\
    model: $prefix/$name/v$number
    framework: onnx
    tier: $tier
    transformer:
      image: registry.example.com/ml/tokenizer@$digest
      args: [--max-length=256]
      env: {TOKENIZERS_PARALLELISM: "false"}
      cpu: 250m
      memory: 256Mi
"""

EXPLAINED: Final = """\
    model: $prefix/$name/v$number
    framework: sklearn
    tier: $tier
    serving: standard
    scaling: {min: 1, max: 3}
    explainer:
      image: registry.example.com/ml/shap@$digest
      memory: 1Gi
"""

SCHEDULED: Final = """\
    model: $prefix/$name/v$number
    framework: xgboost
    tier: $tier
    serving: standard
    scaling:
      min: 1
      max: 6
      schedule:
        - {start: "0 8 * * 1-5", end: "0 18 * * 1-5", timezone: Europe/Berlin, replicas: 3}
    slo: {availability: 99.5}
"""

BY_RATE: Final = """\
    model: $prefix/$name/v$number
    framework: onnx
    tier: $tier
    serving: standard
    protocol: both
    scaling: {min: 2, max: 8, metric: rps, target: 40, window: 2m}
"""

EVERYTHING: Final = """\
    description: Whether a payment is what it seems, with every option that fits
    owner: on-call
    model: $prefix/$name/v$number
    framework: sklearn
    tier: $tier
    protocol: rest
    resources: {cpu: 750m, memory: 1536Mi}
    scaling: {min: 1, max: 4, metric: rps, target: 25, window: 90s}
    batching: {max_size: 64, max_delay: 5ms}
    access: {teams: [$other], clients: [svc-checkout, svc-refunds]}
    limits: {requests: 1200}
    slo: {availability: 99.9, latency: 100ms, latency_percent: 95}
    timeout: 20s
    env: {LOG_LEVEL: info, FEATURE_SET: v$number}
    secrets: {FEATURE_STORE_TOKEN: feature-store/token}
    logging: {payload: request}
    lineage: {commit: 4d8c0f2, data: "snapshot:2026-06-30"}
    labels: {use-case: payments, data-class: personal}
    examples:
      - name: small-amount
        request:
          inputs: [{name: x, shape: [1, 4], datatype: FP64, data: [12.5, 0, 1, 3]}]
        expect:
          outputs: [{name: predict, shape: [1, 1], datatype: INT64, data: [0]}]
        tolerance: 0
"""

GRAPH: Final = """\
    description: First the one, then the other
    tier: $tier
    graph:
      type: sequence
      steps:
        - {deployment: price-$place}
        - {deployment: stock-$place, data: response}
"""

RECIPES: Final[tuple[tuple[str, str], ...]] = (
    ("churn", MINIMAL),
    ("uplift", MINIMAL),
    ("basket", MINIMAL),
    ("returns", MINIMAL),
    ("demand", XGBOOST),
    ("margin", XGBOOST),
    ("ranking", LIGHTGBM),
    ("matching", LIGHTGBM),
    ("forecast", MLFLOW),
    ("stock", PROMOTED),
    ("price", PROMOTED),
    ("vectors", ONNX_GRPC),
    ("photos", ONNX_GPU),
    ("speech", PYTORCH),
    ("routes", TENSORFLOW),
    ("topics", HUGGINGFACE),
    ("assistant", LLM_AWAKE),
    ("drafts", LLM_ASLEEP),
    ("auctions", CUSTOM),
    ("language", TRANSFORMED),
    ("credit", EXPLAINED),
    ("staffing", SCHEDULED),
    ("offers", BY_RATE),
    ("payments", EVERYTHING),
    ("triage", GRAPH),
)
"""Twenty-five kinds of deployment, each with the name that it goes by."""
