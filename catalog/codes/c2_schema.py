"""2xx: the schema."""

from catalog.codes.code import Code

CODES = (
    Code(
        "SLW201",
        "No schema version",
        "The version says how a file is to be read, also by a later release.",
        "deployments: …",
        'version: "1"\ndeployments: …',
    ),
    Code(
        "SLW202",
        "An unknown schema version",
        'This release reads version "1", as text. A number without quotes is another value, and '
        "a newer version may mean other things by the same words.",
        "version: 1",
        'version: "1"',
    ),
    Code(
        "SLW203",
        "A setting is missing",
        "It has no default that would be right for everyone.",
        "fraud-detector:\n  model: ./artifacts/fraud/\n  framework: sklearn",
        "fraud-detector:\n  model: ./artifacts/fraud/\n  framework: sklearn\n  tier: staging",
    ),
    Code(
        "SLW204",
        "An unknown setting",
        "It would be ignored without a word, and the endpoint would not be what its file says. "
        "`slipway schema` writes a schema with which editors complete names.",
        "scaling: {minReplicas: 1}",
        "scaling: {min: 1}",
    ),
    Code(
        "SLW205",
        "A setting in the wrong place",
        "The setting exists, but at another level.",
        "gpu: 1",
        "resources:\n  gpu: 1",
    ),
    Code(
        "SLW206",
        "A setting of a later version",
        'Version "1" of the schema does not have it: an option is there only when it does what it '
        "says.",
        "rollout: {strategy: canary}",
        "# nothing",
    ),
    Code(
        "SLW207",
        "The wrong kind of value",
        "Values are never converted: text stays text and numbers stay numbers, so that `'3'`, "
        "`3.0` and `true` are never silently three or one.",
        "gpu: '3'",
        "gpu: 3",
    ),
    Code(
        "SLW208",
        "A word that is not one of the allowed",
        "The setting takes one of a few words, which the message lists.",
        "framework: scikit-learn",
        "framework: sklearn",
    ),
    Code(
        "SLW209",
        "A number out of range",
        "Outside its range a value is a mistake or would be refused by the cluster.",
        "scaling: {max: 100000}",
        "scaling: {max: 10}",
    ),
    Code(
        "SLW210",
        "Text that has not the right form",
        "The setting is text of a form that the message describes.",
        "llm: {parameters: seven billion}",
        "llm: {parameters: 7B}",
    ),
    Code(
        "SLW211",
        "Too long or too short",
        "A text, a list or a map has more or fewer parts than allowed.",
        "deployments: {}",
        "deployments:\n  fraud-detector: …",
    ),
    Code(
        "SLW212",
        "A name that cannot be used",
        "Names become Kubernetes Services and host names, which are DNS labels (RFC 1035): "
        "lower-case letters, digits and hyphens, a letter first, no hyphen last, at most 63 "
        "characters.",
        "deployments:\n  Fraud_Detector: …",
        "deployments:\n  fraud-detector: …",
    ),
    Code(
        "SLW213",
        "A quantity that cannot be read",
        "CPU is cores (2, 0.5) or millicores (500m); memory is a whole number with a unit (512Mi, "
        "2Gi). Kubernetes knows more spellings, and people misread them: m of memory is a "
        "thousandth of a byte.",
        "memory: 1g",
        "memory: 1Gi",
    ),
    Code(
        "SLW214",
        "A duration that cannot be read",
        "A duration is a whole number and one unit: ms, s, m or h.",
        "timeout: 30",
        "timeout: 30s",
    ),
    Code(
        "SLW215",
        "An image without registry or digest",
        "A tag can be moved after the review. With its digest, the image that was reviewed is the "
        "image that runs.",
        "image: ranker:latest",
        "image: registry.example.com/ml/ranker@sha256:…",
    ),
    Code(
        "SLW216",
        "Both forms in one file",
        "A project file holds deployments: in the standard form, or model: in the short form for "
        "a single model.",
        "model: {name: a, …}\ndeployments:\n  b: …",
        "deployments:\n  a: …\n  b: …",
    ),
)
